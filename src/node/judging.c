#include "node/judging.h"

#include <string.h>

#include "crypto/random.h"
#include "engine/record_reader.h"
#include "node/former_members.h"
#include "node/given_items.h"
#include "node/judging_groups.h"
#include "node/judging_quote.h"
#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"
#include "node/shopper.h"
#include "programme/coupon.h"

#define TRY_BYTES (8u << 20)

bool judging_has_moved(enum verdict verdict)
{
    return verdict == VERDICT_STANDING_MOVED || verdict == VERDICT_STANDING_LIMIT;
}

void judging_fini(struct judging_case *judged)
{
    arena_fini(&judged->arena);
    buffer_fini(&judged->groups);
    buffer_fini(&judged->evidence);
}

struct unix_ms judging_local(struct node *node, const struct programme_version *version,
                             struct unix_ms time)
{
    struct unix_ms local = time;
    if (version->file.time_zone[0] != '\0' &&
        time_zone_local(&node->time_zones, version->file.time_zone, time, &local) != ERR_OK) {
        return time; /* checked when the file was read: the database is gone */
    }
    return local;
}

static void add_text(struct hasher *hasher, struct slice text)
{
    uint8_t length[8];
    put_u64_be(length, text.length);
    hasher_add(hasher, slice_of(length, sizeof length));
    hasher_add(hasher, text);
}

static void add_number(struct hasher *hasher, int64_t number)
{
    uint8_t bytes[8];
    put_u64_be(bytes, (uint64_t)number);
    hasher_add(hasher, slice_of(bytes, sizeof bytes));
}

struct hash judging_said(const struct occasion *occasion)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    add_number(&hasher, (int64_t)occasion->kind);
    add_text(&hasher, occasion->event);
    add_text(&hasher, occasion->store);
    add_text(&hasher, occasion->channel);
    add_number(&hasher, occasion->paid_in_points.minor);
    for (size_t i = 0; i < occasion->line_count; i++) {
        const struct basket_line *line = &occasion->lines[i];
        add_text(&hasher, line->product);
        add_text(&hasher, line->category);
        add_text(&hasher, line->brand);
        add_number(&hasher, line->quantity_milli);
        add_number(&hasher, line->amount.minor);
    }
    for (size_t i = 0; i < occasion->code_count; i++) {
        add_text(&hasher, occasion->codes[i].text);
    }
    return hasher_finish(&hasher);
}

enum err judging_find_owner(const struct ledger_view *view, struct judging_case *judged)
{
    const struct command_earn *earn = &judged->give.earn;
    if (judged->held_by.kind != 0) {
        enum err err =
            ledger_follow_owner(view, &judged->snapshot->roster, &judged->held_by, &judged->owner);
        judged->has_owner = err == ERR_OK;
        if (err != ERR_NOT_FOUND) {
            return err;
        }
    }
    struct standing_owner named = earn->card.digits[0] != '\0' ? standing_of_card(&earn->card)
                                                               : standing_of_member(&earn->member);
    enum err err = ledger_follow_owner(view, &judged->snapshot->roster, &named, &judged->owner);
    judged->has_owner = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err write_evidence(struct judging_case *judged, const struct standing *standing,
                               struct note *note)
{
    const struct judgement *judgement = &judged->judgement;
    struct kept_case *kept = &judged->kept;
    kept->programme = judged->version->number;
    kept->occasion = judged->occasion;
    kept->standing = *standing;
    kept->points = judgement->points;
    kept->gross = judgement->gross;
    kept->discount = judgement->discount;
    kept->awards = judgement->awards;
    kept->award_count = judgement->award_count;
    kept->codes = judgement->codes;
    kept->spent = judgement->spent;
    kept->due = judgement->due;
    kept->refund = judgement->refund;
    buffer_clear(&judged->evidence);
    kept_case_encode(kept, &judged->evidence);
    TRY(judged->evidence.err);
    return judged->evidence.length > LIMIT_JUDGED_BYTES
               ? note_set(note, ERR_INPUT, "the basket is too large to be kept: %zu bytes",
                          judged->evidence.length)
               : ERR_OK;
}

/* What it costs in points: of our own members held and taken at once; of others taken where their
 * home granted it. */
static void pay_in_points(const struct node *node, struct judging_case *judged)
{
    const struct partner_id *self = &node->config.partner;
    struct uid hold_id = standing_transaction(STANDING_ID_HOLD, self, &judged->id);
    struct uid capture_id = standing_transaction(STANDING_ID_CAPTURE, self, &judged->id);
    if (!judged->is_granted) {
        struct command *hold = &judged->commands[judged->command_count++];
        *hold = command_now(node, COMMAND_HOLD, &hold_id);
        hold->hold = (struct command_hold){
            .redeemer = *self, .card = judged->give.earn.card, .points = judged->judgement.spent};
        bool is_short = hold_times(node, hold->business_time, 0, &hold->hold);
        ASSERT(is_short); /* the node's own default */
    }
    struct command *capture = &judged->commands[judged->command_count++];
    *capture = command_now(node, COMMAND_CAPTURE, &capture_id);
    capture->use = (struct command_hold_use){.hold = hold_id, .points = judged->judgement.spent};
}

/* Also what gives no points is told: a repeat that would give some by now finds that it was. */
static void make_sale(const struct node *node, struct judging_case *judged)
{
    const struct judgement *judgement = &judged->judgement;
    struct uid change_id =
        standing_transaction(STANDING_ID_CHANGE, &node->config.partner, &judged->id);
    struct command *give = &judged->commands[0];
    *give = judged->give;
    give->earn.is_fixed = true;
    give->earn.is_judged = true;
    give->earn.fixed_points = judgement->points;
    give->earn.amount = money_of(judgement->gross.minor - judgement->discount.minor);
    memcpy(give->earn.basket, judged->said.bytes, sizeof give->earn.basket);
    judged->command_count = 1;
    if (judged->has_owner) {
        struct command *change = &judged->commands[judged->command_count++];
        *change = command_now(node, COMMAND_CHANGE_STANDING, &change_id);
        change->business_time = judged->give.business_time;
        change->is_dated = judged->give.is_dated;
        change->standing = (struct command_standing){.issuer = node->config.partner,
                                                     .occasion = judged->id,
                                                     .quote = judged->quote_id,
                                                     .said = judged->said,
                                                     .groups = buffer_slice(&judged->groups),
                                                     .evidence = buffer_slice(&judged->evidence)};
    }
    if (judged->fraud.has_alert) {
        judged->commands[judged->command_count++] = judged->fraud.alert;
    }
    if (judgement->spent.minor > 0 && !judged->is_known) {
        pay_in_points(node, judged);
    }
}

const struct outcome *judging_outcome(const struct outcome *outcomes, size_t count)
{
    for (size_t i = 0; i < count && outcomes[0].verdict == VERDICT_LINKED_REFUSED; i++) {
        if (outcomes[i].verdict != VERDICT_LINKED_REFUSED) {
            return &outcomes[i];
        }
    }
    return &outcomes[0];
}

/* A repeat pays nothing more, and isn't refused for what is another by now. */
static enum err find_known(const struct node *node, const struct ledger_view *view,
                           struct judging_case *judged)
{
    uint64_t row;
    enum err err = judged->purpose == JUDGING_QUOTE
                       ? judging_find_reserve(node, view, &judged->quote_id, &row)
                       : ledger_find_occasion(view, &judged->snapshot->roster,
                                              &node->config.partner, &judged->id, &row);
    judged->is_known = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A standing as the view has it, in the case's arena. */
static enum err load_row(const struct ledger_view *view, struct judging_case *judged,
                         const struct standing_owner *owner, struct standing_row **out_row)
{
    struct standing_row *row = arena_alloc(&judged->arena, sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    TRY(ledger_get_standing(view, &judged->snapshot->roster, owner, row));
    *out_row = row;
    return ERR_OK;
}

static enum err load(const struct ledger_view *view, struct judging_case *judged,
                     const struct standing_owner *owner, struct standing *out_standing)
{
    struct standing_row *row;
    TRY(load_row(view, judged, owner, &row));
    *out_standing = standing_of_row(row);
    return ERR_OK;
}

static enum err load_codes(const struct ledger_view *view, struct judging_case *judged)
{
    struct occasion *occasion = &judged->occasion;
    for (size_t i = 0; i < occasion->code_count && i < LIMIT_SHOWN_CODES; i++) {
        const struct rules_text *text = rules_text(judged->version->rules);
        struct slice code = coupon_code_settle(text, occasion->codes[i].text, judged->settled[i]);
        struct standing_owner owner = judging_code_owner(code);
        struct standing_row *row;
        TRY(load_row(view, judged, &owner, &row));
        TRY(former_members_take_code(view, text, &judged->owner, occasion->shopper.key, code, row));
        judged->codes[i].text = code;
        judged->codes[i].standing = standing_of_row(row);
    }
    if (occasion->code_count > 0 && occasion->code_count <= LIMIT_SHOWN_CODES) {
        occasion->codes = judged->codes;
    }
    return ERR_OK;
}

/* Codes that were promised, and were revoked meanwhile. */
static enum err find_revoked(const struct ledger_view *view, struct judging_case *judged)
{
    const struct occasion *occasion = &judged->occasion;
    const struct rules_text *text = rules_text(judged->version->rules);
    for (size_t i = 0; i < occasion->code_count && i < LIMIT_SHOWN_CODES; i++) {
        struct standing_owner owner = judging_code_owner(occasion->codes[i].text);
        uint16_t place = coupon_of_code(text, occasion->codes[i].text);
        struct standing code;
        TRY(load(view, judged, &owner, &code));
        judged->is_code_revoked[i] =
            place != NO_COUPON && coupon_is_revoked(&text->coupons[place], &code);
    }
    return ERR_OK;
}

/* What the occasion is judged on: what is known of the member, and its numbers, those of all, those
 * of its codes. What was promised is not judged again. */
static enum err load_standings(struct node *node, const struct ledger_view *view,
                               struct judging_case *judged, struct standing *out_before)
{
    struct standing_owner all = standing_of_programme();
    out_before->count = 0;
    if (!judged->has_owner) {
        return ERR_OK;
    }
    TRY(load(view, judged, &judged->owner, out_before));
    if (judged->purpose == JUDGING_CONFIRM) {
        return find_revoked(view, judged);
    }
    TRY(shopper_fill(node, view, judged->version, &judged->owner, out_before, &judged->arena,
                     &judged->occasion.shopper));
    if (judged->owner.kind != OWNER_MEMBER || judged->give.earn.card.digits[0] == '\0') {
        judged->occasion.shopper.balance = judged->balance; /* without a card nobody pays */
    }
    TRY(load(view, judged, &all, &judged->occasion.programme));
    return load_codes(view, judged);
}

static enum err judge_case(struct judging_case *judged, const struct standing *before,
                           struct standing *out_kept, struct note *note)
{
    const struct rules *rules = judged->version->rules;
    if (judged->purpose == JUDGING_CONFIRM) {
        *out_kept = judged->promised->standing;
        return judging_take_promise(judged, before);
    }
    TRY(rules_drop_passed(rules, before, occasion_day(&judged->occasion), &judged->arena,
                          out_kept));
    return judged->purpose == JUDGING_QUOTE
               ? judging_make_quote(judged, out_kept, note)
               : judge(rules, out_kept, &judged->occasion, judged->is_traced, &judged->arena,
                       &judged->judgement, note);
}

static void begin_try(struct judging_case *judged)
{
    if (judged->tried++ == 0) {
        struct random_source random = random_system();
        arena_init(&judged->arena, TRY_BYTES);
        random_fill(&random, judged->seed, sizeof judged->seed);
    }
    arena_reset(&judged->arena);
}

/* The groups of all that changes, as the command of the purpose has them, and what is kept. */
static enum err write_all(struct node *node, const struct ledger_view *view,
                          struct judging_case *judged, const struct standing *before,
                          const struct standing *kept, struct note *note)
{
    TRY(judging_write_groups(judged, before, kept, note));
    if (judged->purpose != JUDGING_QUOTE) {
        TRY(raised_write(node, judged, note));
        TRY(judged->has_owner ? given_write_cards(node, view, judged, note) : ERR_OK);
    }
    TRY(write_evidence(judged, kept, note));
    return standing_check_groups(buffer_slice(&judged->groups)) == ERR_OK
               ? ERR_OK
               : note_set(note, ERR_INPUT,
                          "the programme changes numbers of more than %u owners at once",
                          LIMIT_STANDING_OWNERS);
}

/* Nothing is promised that its sale could not write down. */
static enum err check_promise(struct node *node, const struct ledger_view *view,
                              struct judging_case *judged, const struct standing *before,
                              const struct standing *kept, struct note *note)
{
    judged->purpose = JUDGING_CONFIRM;
    enum err err = write_all(node, view, judged, before, kept, note);
    judged->purpose = JUDGING_QUOTE;
    return err;
}

/* Now that its points are known. */
static void hold_against_fraud_rules(struct node *node, struct judging_case *judged)
{
    enum fraud_giving giving =
        judged->purpose == JUDGING_CONFIRM ? FRAUD_GIVES_PROMISED : FRAUD_GIVES_JUDGED;
    if (judged->fraud.is_watched && !judged->is_known) {
        fraud_gate_count_points(node->fraud_gate, giving, judged->judgement.points.minor,
                                &judged->give, &judged->fraud);
    }
}

enum err judging_try(struct node *node, const struct ledger_view *view, struct judging_case *judged,
                     struct note *note)
{
    struct standing before = {.count = 0};
    struct standing kept = {.count = 0};
    begin_try(judged);
    TRY(find_known(node, view, judged));
    TRY(load_standings(node, view, judged, &before));
    TRY(judge_case(judged, &before, &kept, note));
    if (!judged->has_owner) {
        judged->judgement.points = points_of(0);
        judged->judgement.spent = points_of(0);
    }
    if (judged->purpose == JUDGING_QUOTE) {
        TRY(check_promise(node, view, judged, &before, &kept, note));
    }
    TRY(write_all(node, view, judged, &before, &kept, note));
    if (judged->purpose == JUDGING_QUOTE) {
        return judging_make_reserve(node, judged, note);
    }
    hold_against_fraud_rules(node, judged);
    make_sale(node, judged);
    return ERR_OK;
}

static enum err copy_slice(struct arena *arena, struct slice *slice)
{
    uint8_t *bytes = arena_alloc(arena, slice->length + 1);
    if (bytes == NULL) {
        return ERR_RESOURCE;
    }
    if (slice->length > 0) {
        memcpy(bytes, slice->at, slice->length);
    }
    *slice = slice_of(bytes, slice->length);
    return ERR_OK;
}

static enum err copy_command(struct arena *arena, struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_CHANGE_STANDING:
        TRY(copy_slice(arena, &command->standing.groups));
        return copy_slice(arena, &command->standing.evidence);
    case COMMAND_RESERVE:
        TRY(copy_slice(arena, &command->reserve.groups));
        return copy_slice(arena, &command->reserve.evidence);
    default:
        return ERR_CORRUPT;
    }
}

enum err judging_read_command(struct node *node, uint64_t row, struct arena *arena,
                              struct command *out_command)
{
    struct record_reader records;
    struct record record;
    record_reader_init(&records, &node->journal);
    enum err err = record_reader_get(&records, row, &record);
    if (err == ERR_OK) {
        err = record_command(&record, out_command);
    }
    if (err == ERR_OK) {
        err = copy_command(arena, out_command);
    }
    record_reader_fini(&records);
    return err;
}

static enum err find_change(struct node *node, const struct snapshot *snapshot,
                            const struct uid *id, uint64_t *out_row)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err =
        ledger_find_occasion(&view, &snapshot->roster, &node->config.partner, id, out_row);
    readers_give(node->readers, reader);
    return err;
}

bool judging_was_judged(struct node *node, const struct uid *id)
{
    uint64_t row;
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = find_change(node, snapshot, id, &row);
    snapshot_release(snapshot);
    return err == ERR_OK;
}

enum err judging_read_change(struct node *node, const struct snapshot *snapshot,
                             const struct uid *id, struct arena *arena,
                             struct command_standing *out_change)
{
    uint64_t row = 0;
    struct command command;
    TRY(find_change(node, snapshot, id, &row));
    TRY(judging_read_command(node, row, arena, &command));
    *out_change = command.standing;
    return command.kind == COMMAND_CHANGE_STANDING ? ERR_OK : ERR_CORRUPT;
}

enum err judging_read_case(struct node *node, const struct snapshot *snapshot, const struct uid *id,
                           struct arena *arena, struct kept_case *out_case)
{
    struct command_standing change;
    TRY(judging_read_change(node, snapshot, id, arena, &change));
    if (!kept_case_is(change.evidence)) {
        return ERR_NOT_FOUND; /* of another kind, as of codes that were issued */
    }
    return kept_case_decode(change.evidence, arena, out_case);
}
