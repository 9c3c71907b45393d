#include "node/judging.h"

#include <string.h>

#include "engine/record_reader.h"
#include "node/given_items.h"
#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"
#include "node/shopper.h"

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
    return hasher_finish(&hasher);
}

enum err judging_find_owner(const struct ledger_view *view, struct judging_case *judged)
{
    const struct command_earn *earn = &judged->give.earn;
    struct standing_owner named = earn->card.digits[0] != '\0' ? standing_of_card(&earn->card)
                                                               : standing_of_member(&earn->member);
    enum err err = ledger_follow_owner(view, &judged->snapshot->roster, &named, &judged->owner);
    judged->has_owner = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* What passed is dropped, unless this is judged by a version that is over: slots that a later one
 * has are none of its business. */
static enum err add_passed(const struct judging_case *judged, const struct standing *before,
                           const struct standing *kept, struct standing_step *steps, size_t *count)
{
    size_t k = 0;
    for (size_t i = 0; i < before->count && *count < LIMIT_STANDING_STEPS; i++) {
        const struct standing_number *number = &before->at[i];
        bool is_kept = k < kept->count && kept->at[k].slot == number->slot &&
                       kept->at[k].bucket == number->bucket;
        k += is_kept ? 1 : 0;
        if (!is_kept && number->bucket != STANDING_KEPT &&
            judged->version == judged->snapshot->version) {
            steps[(*count)++] = (struct standing_step){.how = STANDING_SET,
                                                       .slot = number->slot,
                                                       .bucket = number->bucket,
                                                       .before = number->value};
        }
    }
    return ERR_OK;
}

/* On numbers that all members share: added with their bounds, so that many may do so at once. */
static enum err write_claims(struct judging_case *judged, size_t room, struct standing_step *steps,
                             struct note *note)
{
    const struct judgement *judgement = &judged->judgement;
    struct standing_owner all = standing_of_programme();
    if (judgement->claim_count > room) {
        return note_set(note, ERR_INPUT, "the programme changes more than %u numbers at once",
                        LIMIT_STANDING_STEPS);
    }
    for (size_t i = 0; i < judgement->claim_count; i++) {
        const struct claim *claim = &judgement->claims[i];
        ASSERT(claim->of == CAP_OF_ALL); /* programmes with coupons are refused */
        steps[i] = (struct standing_step){.how = STANDING_ADD,
                                          .slot = claim->slot,
                                          .bucket = claim->bucket,
                                          .delta = claim->delta,
                                          .least = INT64_MIN,
                                          .most = claim->most};
    }
    if (judgement->claim_count > 0) {
        standing_write_group(&judged->groups, &all, steps, judgement->claim_count);
    }
    return judged->groups.err;
}

static enum err write_groups(struct judging_case *judged, const struct standing *before,
                             const struct standing *kept, struct note *note)
{
    const struct standing_changes *changes = &judged->judgement.changes;
    struct standing_step *steps = arena_alloc(&judged->arena, LIMIT_STANDING_STEPS * sizeof *steps);
    size_t count = 0;
    if (steps == NULL) {
        return ERR_RESOURCE;
    }
    if (changes->count > LIMIT_STANDING_STEPS) {
        return note_set(note, ERR_INPUT, "the programme changes more than %u numbers at once",
                        LIMIT_STANDING_STEPS);
    }
    for (size_t i = 0; i < changes->count; i++) {
        const struct standing_change *change = &changes->at[i];
        if (change->before != change->after) {
            steps[count++] = (struct standing_step){.how = STANDING_SET,
                                                    .slot = change->slot,
                                                    .bucket = change->bucket,
                                                    .before = change->before,
                                                    .after = change->after};
        }
    }
    TRY(add_passed(judged, before, kept, steps, &count));
    buffer_clear(&judged->groups);
    if (count > 0) {
        standing_write_group(&judged->groups, &judged->owner, steps, count);
    }
    return write_claims(judged, LIMIT_STANDING_STEPS - count, steps, note);
}

static enum err write_evidence(struct judging_case *judged, const struct standing *standing,
                               struct note *note)
{
    const struct judgement *judgement = &judged->judgement;
    struct kept_case kept = {.programme = judged->version->number,
                             .occasion = judged->occasion,
                             .standing = *standing,
                             .points = judgement->points,
                             .gross = judgement->gross,
                             .discount = judgement->discount,
                             .awards = judgement->awards,
                             .award_count = judgement->award_count,
                             .items = judgement->items,
                             .item_count = judgement->item_count,
                             .spent = judgement->spent,
                             .due = judgement->due,
                             .refund = judgement->refund};
    buffer_clear(&judged->evidence);
    kept_case_encode(&kept, &judged->evidence);
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
static void make_commands(const struct node *node, struct judging_case *judged)
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
                                                     .said = judged->said,
                                                     .groups = buffer_slice(&judged->groups),
                                                     .evidence = buffer_slice(&judged->evidence)};
    }
    if (judged->has_alert) {
        judged->commands[judged->command_count++] = judged->alert;
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

/* A repeat pays nothing more. */
static enum err find_known(const struct node *node, const struct ledger_view *view,
                           struct judging_case *judged)
{
    uint64_t row;
    enum err err = ledger_find_occasion(view, &judged->snapshot->roster, &node->config.partner,
                                        &judged->id, &row);
    judged->is_known = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err judging_try(struct node *node, const struct ledger_view *view, struct judging_case *judged,
                     struct note *note)
{
    const struct rules *rules = judged->version->rules;
    struct standing kept = {.count = 0};
    struct standing before = {.count = 0};
    if (judged->tried++ == 0) {
        arena_init(&judged->arena, TRY_BYTES);
    }
    arena_reset(&judged->arena);
    if (judged->has_owner) {
        struct standing_row *row = arena_alloc(&judged->arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        TRY(ledger_get_standing(view, &judged->snapshot->roster, &judged->owner, row));
        before = standing_of_row(row);
        TRY(shopper_fill(node, view, judged->version, &judged->owner, &before, &judged->arena,
                         &judged->occasion.shopper));
        if (judged->owner.kind != OWNER_MEMBER || judged->give.earn.card.digits[0] == '\0') {
            judged->occasion.shopper.balance = judged->balance; /* without a card nobody pays */
        }
        TRY(rules_drop_passed(rules, &before, occasion_day(&judged->occasion), &judged->arena,
                              &kept));
    }
    if (judged->has_owner) {
        struct standing_owner all = standing_of_programme();
        struct standing_row *row = arena_alloc(&judged->arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        TRY(ledger_get_standing(view, &judged->snapshot->roster, &all, row));
        judged->occasion.programme = standing_of_row(row);
    }
    TRY(find_known(node, view, judged));
    TRY(judge(rules, &kept, &judged->occasion, judged->is_traced, &judged->arena,
              &judged->judgement, note));
    if (!judged->has_owner) {
        judged->judgement.points = points_of(0);
        judged->judgement.spent = points_of(0);
    }
    TRY(write_groups(judged, &before, &kept, note));
    TRY(raised_write(node, judged, note));
    TRY(judged->has_owner ? given_write_cards(node, view, judged, note) : ERR_OK);
    TRY(write_evidence(judged, &kept, note));
    make_commands(node, judged);
    return ERR_OK;
}

/* The change that the record at this row made, copied. */
static enum err read_change(struct node *node, uint64_t row, struct arena *arena,
                            struct command_standing *out_change)
{
    struct record_reader records;
    struct record record;
    struct command command;
    record_reader_init(&records, engine_journal(node->engine));
    enum err err = record_reader_get(&records, row, &record);
    if (err == ERR_OK) {
        err = record_command(&record, &command);
    }
    if (err == ERR_OK && command.kind != COMMAND_CHANGE_STANDING) {
        err = ERR_CORRUPT;
    }
    if (err == ERR_OK) {
        struct command_standing change = command.standing;
        uint8_t *bytes = arena_alloc(arena, change.evidence.length + change.groups.length + 1);
        if (bytes == NULL) {
            err = ERR_RESOURCE;
        } else {
            memcpy(bytes, change.evidence.at, change.evidence.length);
            memcpy(bytes + change.evidence.length, change.groups.at, change.groups.length);
            change.groups = slice_of(bytes + change.evidence.length, change.groups.length);
            change.evidence = slice_of(bytes, change.evidence.length);
            *out_change = change;
        }
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
    TRY(find_change(node, snapshot, id, &row));
    return read_change(node, row, arena, out_change);
}

enum err judging_read_case(struct node *node, const struct snapshot *snapshot, const struct uid *id,
                           struct arena *arena, struct kept_case *out_case)
{
    struct command_standing change;
    TRY(judging_read_change(node, snapshot, id, arena, &change));
    return kept_case_is(change.evidence) ? kept_case_decode(change.evidence, arena, out_case)
                                         : ERR_NOT_FOUND; /* a gift card paid, and no sale */
}
