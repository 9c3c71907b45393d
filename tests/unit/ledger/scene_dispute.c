/* How disputes, and what a partner says of them, come to be refused. */
#include "scene.h"

#include <string.h>

static const struct partner_id *beta(const struct scene *s)
{
    return &s->desk.partners[1].id;
}

static uint64_t take(struct scene *s, enum entry_kind kind, const struct card_number *card,
                     int64_t points, enum verdict verdict, struct uid *out_id)
{
    struct command command = scene_entry(s, kind, points);
    command.take_entry.entry.card = *card;
    assert_int_equal(desk_tell(&s->desk, &command), verdict);
    *out_id = command.take_entry.entry.transaction_id;
    return command.take_entry.entry.number;
}

static void receipt(struct scene *s)
{
    struct command end = desk_command(&s->desk, COMMAND_TAKE_BATCH);
    end.take_batch.sender = *beta(s);
    end.take_batch.receipt_signed = slice_of("receipt", 7);
    desk_do(&s->desk, &end);
}

/* What beta says of a dispute about an entry of its own. */
static void be_step(struct scene *s, struct command *c, uint64_t number, enum dispute_step step)
{
    struct clearing_entry *entry = &c->take_entry.entry;
    (void)s;
    entry->kind = dispute_step_kind(step);
    entry->card = (struct card_number){""};
    entry->subject = entry->mandate = (struct uid){{0}};
    entry->points = points_of(step == STEP_OPEN ? 15 : 0);
    entry->dispute = (struct dispute_part){.number = number, .is_of_sender = true, .step = step};
    entry->dispute.reason = step == STEP_OPEN ? DISPUTE_OTHER : (enum dispute_reason)0;
}

/* Earns of beta: one that may be disputed, one that is, and beta rejected that; one that was
 * refused; and the news of a card. */
void scene_make_disputes(struct scene *s)
{
    struct desk *desk = &s->desk;
    struct uid id;
    s->refused = take(s, ENTRY_EARN, &s->no_card, 15, VERDICT_CARD_UNKNOWN, &id);
    s->news = take(s, ENTRY_CARD_UNBLOCK, &s->beta_blocked, 0, VERDICT_OK, &id);
    s->disputed = take(s, ENTRY_EARN, &s->rich_card, 25, VERDICT_OK, &id);
    s->disputable = take(s, ENTRY_EARN, &s->rich_card, 15, VERDICT_OK, &s->disputable_sale);
    receipt(s);
    struct command open = desk_command(desk, COMMAND_OPEN_DISPUTE);
    open.dispute = (struct command_dispute){.partner = *beta(s),
                                            .direction = STREAM_IN,
                                            .number = s->disputed,
                                            .points = points_of(10),
                                            .reason = DISPUTE_DOUBLED};
    desk_do(desk, &open);
    struct command reject = scene_entry(s, ENTRY_DISPUTE_ANSWERED, 0);
    be_step(s, &reject, s->disputed, STEP_REJECT);
    desk_do(desk, &reject);
    receipt(s);
}

void scene_fill_dispute(struct scene *s, struct command *c)
{
    c->dispute = (struct command_dispute){.partner = *beta(s), .direction = STREAM_IN};
    if (c->kind == COMMAND_OPEN_DISPUTE) {
        c->dispute.number = s->disputable;
        c->dispute.reason = DISPUTE_AMOUNT_WRONG;
        c->dispute.points = points_of(5);
    } else {
        c->dispute.number = s->disputed;
        c->dispute.step = STEP_ESCALATE;
    }
}

static void load(struct scene *s, struct dispute *out_row, struct ledger_key *out_key)
{
    key_dispute(beta(s), STREAM_IN, s->disputed, out_key);
    assert_int_equal(
        ledger_get_dispute(&s->desk.store.view, beta(s), STREAM_IN, s->disputed, out_row), ERR_OK);
}

static void put(struct scene *s, enum ledger_table table, const struct ledger_key *key,
                struct buffer *value)
{
    assert_int_equal(s->desk.store.put(s->desk.store.context, table,
                                       slice_of(key->bytes, key->length), buffer_slice(value)),
                     ERR_OK);
    buffer_fini(value);
}

static void change_dispute(struct scene *s, enum dispute_step pending, enum dispute_state state)
{
    struct dispute row;
    struct ledger_key key;
    struct buffer value = {0};
    load(s, &row, &key);
    row.pending = pending == 0 ? row.pending : pending;
    row.state = state == 0 ? row.state : state;
    dispute_encode(&row, &value);
    put(s, TABLE_DISPUTE, &key, &value);
}

/* All of the sale came back. */
static void take_all_back(struct scene *s)
{
    struct sale sale;
    struct ledger_key key;
    struct buffer value = {0};
    key_origin(beta(s), &s->disputable_sale, &key);
    assert_int_equal(ledger_get_sale(&s->desk.store.view, beta(s), &s->disputable_sale, &sale),
                     ERR_OK);
    sale.taken = sale.points;
    sale_encode(&sale, &value);
    put(s, TABLE_SALE, &key, &value);
}

static bool provoke_stream(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_PARTNER_UNKNOWN:
        c->dispute.partner = (struct partner_id){"nobody"};
        return true;
    case VERDICT_STREAM_FROZEN:
        scene_freeze(s);
        return true;
    case VERDICT_PARTNER_LEFT:
        scene_leave(s);
        return true;
    default:
        return false;
    }
}

static bool provoke_open(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_POINTS_NOT_POSITIVE:
        c->dispute.points = points_of(-1);
        return true;
    case VERDICT_DISPUTE_EXISTS:
        c->dispute.number = s->disputed;
        return true;
    case VERDICT_ENTRY_UNKNOWN:
        c->dispute.number = 99999;
        return true;
    case VERDICT_NOT_DISPUTABLE:
        c->dispute.number = s->news;
        return true;
    case VERDICT_CLAIM_TOO_LARGE:
        c->dispute.points = points_of(16);
        return true;
    case VERDICT_RETURN_EXCEEDS_SALE:
        take_all_back(s);
        return true;
    default:
        return provoke_stream(s, c, verdict);
    }
}

static bool provoke_step(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_DISPUTE_UNKNOWN:
        c->dispute.number = s->disputable;
        return true;
    case VERDICT_STEP_UNDER_WAY:
        change_dispute(s, STEP_CONCEDE, (enum dispute_state)0);
        return true;
    case VERDICT_DISPUTE_STATE:
        c->dispute.step = STEP_ANSWER;
        return true;
    case VERDICT_DISPUTE_LATE:
        s->desk.now.ms += 14 * DAY_MS;
        return true;
    default:
        return provoke_stream(s, c, verdict);
    }
}

bool provoke_dispute(struct scene *s, struct command *c, enum verdict verdict)
{
    return c->kind == COMMAND_OPEN_DISPUTE ? provoke_open(s, c, verdict)
                                           : provoke_step(s, c, verdict);
}

bool provoke_dispute_entry(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_DISPUTE_EXISTS:
        be_step(s, c, s->disputed, STEP_OPEN);
        return true;
    case VERDICT_ENTRY_UNKNOWN:
        be_step(s, c, 99999, STEP_OPEN);
        return true;
    case VERDICT_NOT_DISPUTABLE:
        be_step(s, c, s->disputable, STEP_OPEN);
        return true;
    case VERDICT_CLAIM_TOO_LARGE:
        be_step(s, c, s->refused, STEP_OPEN);
        c->take_entry.entry.points = points_of(16);
        return true;
    case VERDICT_DISPUTE_UNKNOWN:
        be_step(s, c, s->disputable, STEP_REJECT);
        return true;
    case VERDICT_DISPUTE_STATE:
        be_step(s, c, s->disputed, STEP_ACCEPT);
        return true;
    case VERDICT_RULING_DIFFERS:
        change_dispute(s, (enum dispute_step)0, DISPUTE_ESCALATED);
        be_step(s, c, s->disputed, STEP_CONFIRM_UPHELD);
        return true;
    default:
        return false;
    }
}
