/* One command of each kind that is OK in the scene. */
#include "scene.h"

static void fill_till(struct scene *s, struct command *c)
{
    switch ((int)c->kind) {
    case COMMAND_ENROL:
        c->enrol.member = desk_id(&s->desk);
        c->enrol.reference_tag[0] = 77;
        break;
    case COMMAND_ISSUE_CARD:
        c->card.member = s->rich;
        break;
    case COMMAND_BLOCK_CARD:
        c->card.card = s->rich_card;
        break;
    case COMMAND_EARN:
        c->earn = (struct command_earn){.card = s->rich_card,
                                        .amount = money_of(300),
                                        .currency = "EUR",
                                        .rate = {1, 100, ROUNDING_DOWN, 0}};
        break;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        c->hold = (struct command_hold){
            .redeemer = s->desk.roster.self,
            .card = c->kind == COMMAND_HOLD ? s->rich_card : s->beta_card,
            .asked = c->kind == COMMAND_HOLD ? (struct card_number){{0}} : s->beta_card,
            .points = points_of(5),
            .capture_by = {s->desk.now.ms + DAY_MS},
            .deliver_by = {s->desk.now.ms + 2 * DAY_MS}};
        break;
    case COMMAND_CAPTURE:
    case COMMAND_VOID:
        c->use.hold = s->hold;
        break;
    case COMMAND_RETURN_SALE:
        c->return_sale.sale = s->sale;
        break;
    case COMMAND_RETURN_BURN:
        c->use.hold = s->hold_ended;
        break;
    default:
        break;
    }
}

static void fill_steps(struct scene *s, struct command *c)
{
    const struct partner_id *beta = &s->desk.partners[1].id;
    switch ((int)c->kind) {
    case COMMAND_SETTLE_MEMBER:
        c->due.id = s->rich;
        break;
    case COMMAND_EXPIRE_HOLD:
        c->due = (struct command_due){s->hold, s->desk.roster.self, {s->desk.now.ms + 2 * DAY_MS}};
        break;
    case COMMAND_TAKE_BATCH:
        c->take_batch.sender = *beta;
        c->take_batch.receipt_signed = slice_of("receipt", 7);
        break;
    case COMMAND_TAKE_RECEIPT:
        c->take_receipt.receiver = *beta;
        c->take_receipt.receipt_number = 1;
        break;
    case COMMAND_CLOSE_PERIOD:
        c->close_period.period = (struct period){202609};
        break;
    case COMMAND_PUT_PAIR:
        c->put_pair =
            (struct command_put_pair){*beta, {202609}, {.state = PAIR_CLOSING, .detail = ""}};
        break;
    case COMMAND_FREEZE_STREAM:
        c->freeze.partner = *beta;
        c->freeze.direction = STREAM_OUT;
        break;
    default:
        break;
    }
}

static void fill_office(struct scene *s, struct command *c)
{
    switch ((int)c->kind) {
    case COMMAND_TRANSFER:
        c->transfer =
            (struct command_transfer){.from = s->rich, .to = s->poor, .points = points_of(30)};
        break;
    case COMMAND_OPEN_POOL:
        c->pool = (struct command_pool){.pool = desk_id(&s->desk), .member = s->poor};
        break;
    case COMMAND_JOIN_POOL:
        c->pool = (struct command_pool){.pool = s->pool, .member = s->poor};
        break;
    case COMMAND_LEAVE_POOL:
        c->pool = (struct command_pool){.pool = s->pool, .member = s->second};
        break;
    case COMMAND_PROPOSE_ADJUSTMENT:
        c->adjustment = (struct command_adjustment){
            .member = s->rich, .points = points_of(-7), .reason = "MISTAKE_1", .maker = "ann"};
        break;
    case COMMAND_RULE_ADJUSTMENT:
        c->ruling = (struct command_ruling){
            .adjustment = s->proposal, .is_approved = true, .checker = "bob"};
        break;
    case COMMAND_UNBLOCK_CARD:
        c->card.card = s->blocked_card;
        break;
    case COMMAND_BLOCK_MEMBER:
        c->block = (struct command_block){.member = s->rich, .reason = "STOLEN"};
        break;
    case COMMAND_UNBLOCK_MEMBER:
        c->block = (struct command_block){.member = s->blocked};
        break;
    case COMMAND_MERGE_MEMBERS:
        c->merge = (struct command_merge){s->spent, s->rich};
        break;
    case COMMAND_UNMERGE_MEMBERS:
        c->unmerge.merge = s->merge;
        break;
    case COMMAND_ERASE_MEMBER:
        c->erase.member = s->poor;
        break;
    case COMMAND_SET_PROFILE:
        c->profile = (struct command_profile){.member = s->rich,
                                              .replaces = desk_profile_hash(&s->desk, &s->rich),
                                              .sealed = slice_of("anew", 4)};
        break;
    case COMMAND_SET_REFERRER:
        c->referrer = (struct command_referrer){.member = s->poor, .referrer = s->rich};
        break;
    case COMMAND_AWAIT_MOVE:
        c->await = (struct command_await){s->beta_card, s->rich_card};
        break;
    case COMMAND_MOVE_MEMBER:
        c->move = (struct command_move){
            .card = s->spent_card, .to = s->desk.partners[1].id, .new_card = s->beta_card};
        break;
    default:
        break;
    }
}

/* Beta holds one entry of ours that the copy lacks, and one of its own that was taken. */
static struct command scene_recovery(struct scene *s, enum command_kind kind)
{
    struct desk *desk = &s->desk;
    struct command begin = desk_command(desk, COMMAND_RECOVERY);
    struct command lost = desk_command(desk, kind);
    struct stream stream;
    begin.recovery =
        (struct command_recovery){.partner = desk->partners[1].id, .step = RECOVERY_BEGIN};
    if (kind == COMMAND_RECOVERY) {
        return begin;
    }
    desk_do(desk, &begin);
    if (kind == COMMAND_RECOVER_HOLD) {
        lost.origin = desk->partners[1].id;
        lost.recover_hold =
            (struct command_recover_hold){.home = desk->roster.self,
                                          .redeemer = lost.origin,
                                          .card = s->rich_card,
                                          .points = points_of(5),
                                          .capture_by = {desk->now.ms + DAY_MS},
                                          .deliver_by = {desk->now.ms + 2 * DAY_MS}};
        return lost;
    }
    enum stream_direction direction = kind == COMMAND_RECOVER_ENTRY ? STREAM_OUT : STREAM_IN;
    assert_int_equal(ledger_get_stream(&desk->store.view, &desk->roster, direction,
                                       &desk->partners[1].id, &stream),
                     ERR_OK);
    struct command_take_entry taken = scene_entry(s, ENTRY_EARN, 5).take_entry;
    taken.entry.previous_hash = stream.last_hash;
    taken.entry.number = stream.last_number + 1;
    taken.entry.card = direction == STREAM_OUT ? s->beta_card : s->rich_card;
    if (direction == STREAM_IN) {
        lost.take_entry = taken;
    } else {
        lost.transaction_id = taken.entry.transaction_id;
        lost.recover_entry = (struct command_recover_entry){
            .receiver = taken.sender, .entry = taken.entry, .bytes = taken.bytes};
    }
    return lost;
}

/* Of our half, as it is. */
static void fill_mend(struct scene *s, struct command *c)
{
    struct stream stream;
    assert_int_equal(ledger_get_stream(&s->desk.store.view, &s->desk.roster, STREAM_OUT,
                                       &s->desk.partners[1].id, &stream),
                     ERR_OK);
    c->mend = (struct command_mend){.partner = s->desk.partners[1].id,
                                    .direction = STREAM_OUT,
                                    .period = stream.period,
                                    .last_number = stream.last_number,
                                    .receipted_number = stream.receipted_number};
}

static void put_row(struct scene *s, enum ledger_table table, const struct ledger_key *key,
                    struct buffer *value)
{
    assert_int_equal(s->desk.store.put(s->desk.store.context, table,
                                       slice_of(key->bytes, key->length), buffer_slice(value)),
                     ERR_OK);
    buffer_clear(value);
}

/* Of our half, as if it had ended here and all of it was receipted. */
static void fill_apart(struct scene *s, struct command *c, struct buffer *terms)
{
    const struct partner_id *partner = &s->desk.partners[1].id;
    CLEANUP(buffer_fini) struct buffer value = {0};
    struct ledger_key key;
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&s->desk.store.view, &s->desk.roster, STREAM_OUT, partner, &stream),
        ERR_OK);
    struct half ended = {stream.period_first_number, stream.last_number, stream.last_hash, {0}};
    struct apart_half half = {.coalition = "demo",
                              .period = stream.period,
                              .sender = s->desk.roster.self,
                              .receiver = *partner,
                              .first_number = ended.first_number,
                              .last_number = ended.last_number,
                              .last_hash = ended.last_hash,
                              .count = 1};
    key_half(STREAM_OUT, partner, stream.period, &key);
    half_encode(&ended, &value);
    put_row(s, TABLE_HALF, &key, &value);
    stream.receipted_number = stream.last_number;
    key_stream(STREAM_OUT, partner, &key);
    stream_encode(&stream, &value);
    put_row(s, TABLE_STREAM, &key, &value);
    apart_half_encode(&half, terms);
    c->apart = (struct command_apart){*partner, STREAM_OUT, {.terms = buffer_slice(terms)}};
}

static void fill_mandates(struct scene *s, struct command *c)
{
    switch ((int)c->kind) {
    case COMMAND_GRANT_MANDATE:
    case COMMAND_TAKE_MANDATE:
        c->mandate.mandate = c->kind == COMMAND_GRANT_MANDATE ? s->given_mandate : s->held_mandate;
        c->mandate.mandate.id = desk_id(&s->desk);
        c->mandate.mandate.valid_from = c->mandate.mandate.valid_until;
        c->mandate.mandate.valid_until.ms += DAY_MS / 2;
        break;
    case COMMAND_STAND_IN_HOLD:
    case COMMAND_GIVE_UP_HOLD:
        c->hold = (struct command_hold){.redeemer = s->desk.roster.self,
                                        .card = s->beta_card,
                                        .asked = s->beta_card,
                                        .points = points_of(5),
                                        .capture_by = {s->desk.now.ms + DAY_MS},
                                        .deliver_by = {s->desk.now.ms + 2 * DAY_MS}};
        c->hold.mandate = c->kind == COMMAND_STAND_IN_HOLD ? s->held_mandate.id : (struct uid){{0}};
        break;
    default:
        break;
    }
}

struct command scene_command(struct scene *s, enum command_kind kind)
{
    if (kind >= COMMAND_RECOVER_ENTRY && kind <= COMMAND_RECOVERY) {
        return scene_recovery(s, kind);
    }
    if (kind >= COMMAND_NET_PAYMENT && kind <= COMMAND_KEEP_NETTING) {
        return scene_payment(s, kind);
    }
    if (kind == COMMAND_CHANGE_STANDING || kind == COMMAND_RESERVE) {
        return scene_standing(s, kind);
    }
    if (kind == COMMAND_ACTIVATE_PROGRAMME) {
        return scene_programme(s);
    }
    if (kind >= COMMAND_SET_POOL_RIGHT && kind <= COMMAND_BEAR_CARD) {
        return scene_guard(s, kind);
    }
    if (kind == COMMAND_TAKE_ENTRY || kind == COMMAND_OPEN_DISPUTE ||
        kind == COMMAND_STEP_DISPUTE) {
        scene_make_disputes(s);
    }
    if (kind == COMMAND_TAKE_ENTRY) {
        struct command entry = scene_entry(s, ENTRY_EARN, 5);
        entry.take_entry.entry.card = s->rich_card;
        return entry;
    }
    struct command command = desk_command(&s->desk, kind);
    fill_till(s, &command);
    fill_steps(s, &command);
    fill_office(s, &command);
    fill_mandates(s, &command);
    if (kind == COMMAND_MEND_HALF) {
        fill_mend(s, &command);
    } else if (kind == COMMAND_SET_APART) {
        buffer_clear(&s->apart_terms);
        fill_apart(s, &command, &s->apart_terms);
    }
    if (kind == COMMAND_OPEN_DISPUTE || kind == COMMAND_STEP_DISPUTE) {
        scene_fill_dispute(s, &command);
    } else if (kind >= COMMAND_SELL_BLOCK && kind <= COMMAND_BLOCK_DUE) {
        scene_fill_block(s, &command);
    } else if (kind == COMMAND_TELL_FUNDING || kind == COMMAND_SEND_EARNS) {
        command.due.redeemer = s->desk.partners[1].id;
    } else if (kind == COMMAND_DISPUTE_DUE) {
        command.due = (struct command_due){
            dispute_due_id(STREAM_IN, 1), s->desk.partners[1].id, {s->desk.now.ms}};
    }
    return command;
}
