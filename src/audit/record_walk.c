/* One record: is it well-formed and next, does it repeat anything, and what does it add up to. All
 * of this is looked at before the record is applied, while the derived tables are as the node had
 * them when it decided. */
#include <inttypes.h>
#include <stdlib.h>

#include "audit/rooms.h"
#include "ledger/apply.h"

static enum err add_account(struct audit *audit, uint64_t row, const struct account_ref *account,
                            int64_t debit, int64_t credit)
{
    struct ledger_key key;
    key_account(account, &key);
    enum err err = sums_add(&audit->accounts, &key, debit, credit, row);
    if (err == ERR_RANGE) {
        return audit_found(audit, row, "invariant 1: debits equal credits",
                           "row %" PRIu64 ": the %s account's sum overflows", row,
                           account_kind_name(account->kind));
    }
    return err;
}

/* A member's account counts by itself and in the sum over all members. */
static enum err add_side(struct audit *audit, uint64_t row, struct account_ref account,
                         int64_t debit, int64_t credit)
{
    TRY(add_account(audit, row, &account, debit, credit));
    if (!account_kind_is_member(account.kind)) {
        return ERR_OK;
    }
    account.member = (struct uid){{0}};
    return add_account(audit, row, &account, debit, credit);
}

static bool accounts_equal(const struct account_ref *a, const struct account_ref *b)
{
    return a->kind == b->kind && uid_equal(&a->member, &b->member) &&
           partner_id_equal(&a->partner, &b->partner) && a->period.code == b->period.code;
}

static enum err walk_post(struct audit *audit, uint64_t row, const struct effect_post *post)
{
    if (post->points.minor <= 0 || accounts_equal(&post->debit, &post->credit)) {
        return audit_found(audit, row, "invariant 1: debits equal credits",
                           "row %" PRIu64 ": a posting of %" PRId64 " points from %s to %s", row,
                           post->points.minor, account_kind_name(post->debit.kind),
                           account_kind_name(post->credit.kind));
    }
    TRY(add_side(audit, row, post->debit, post->points.minor, 0));
    TRY(add_side(audit, row, post->credit, 0, post->points.minor));
    for (size_t i = 0; i < 2 && audit->is_forced; i++) {
        const struct account_ref *side = i == 0 ? &post->debit : &post->credit;
        if (side->kind == ACCOUNT_SUSPENSE) {
            TRY(audit_pair_loose(audit, side));
        }
    }
    audit->summary->postings++;
    return ERR_OK;
}

static struct stream_fold *find_stream(const struct audit *audit, enum stream_direction direction,
                                       const struct partner_id *partner)
{
    for (size_t i = 0; i < audit->stream_count; i++) {
        struct stream_fold *fold = &audit->streams[i];
        if (fold->direction == direction && partner_id_equal(&fold->partner, partner)) {
            return fold;
        }
    }
    return NULL;
}

const struct stream_fold *audit_stream(const struct audit *audit, enum stream_direction direction,
                                       const struct partner_id *partner)
{
    return find_stream(audit, direction, partner);
}

static enum err add_total(struct audit *audit, uint64_t row, const struct effect_total *total,
                          struct period period)
{
    struct ledger_key key;
    key_total(total->direction, &total->partner, period, total->kind, total->tariff, &key);
    enum err err = sums_add(&audit->totals, &key, total->count_delta, total->points_delta, row);
    return err == ERR_RANGE ? audit_found(audit, row, "invariant 3: stream totals",
                                          "row %" PRIu64 ": a total overflows", row)
                            : err;
}

/* Over all periods, as receipts have it. */
static bool has_total(const struct audit *audit, const struct effect_total *total)
{
    struct ledger_key key;
    key_total(total->direction, &total->partner, (struct period){0}, total->kind, total->tariff,
              &key);
    const struct sum *sum = sums_find(&audit->totals, slice_of(key.bytes, key.length));
    return sum != NULL && sum->first != 0;
}

static enum err walk_total(struct audit *audit, uint64_t row, const struct effect_total *total)
{
    struct stream_fold *fold = find_stream(audit, total->direction, &total->partner);
    bool is_new = !has_total(audit, total);
    TRY(add_total(audit, row, total, total->period));
    TRY(add_total(audit, row, total, (struct period){0}));
    if (fold != NULL && is_new && has_total(audit, total)) {
        fold->total_lines++;
    } else if (fold != NULL && !is_new && !has_total(audit, total)) {
        fold->total_lines--;
    }
    return ERR_OK;
}

/* The stream's fold, made when this is its first entry; NULL without memory. */
static struct stream_fold *stream_of(struct audit *audit, enum stream_direction direction,
                                     const struct partner_id *partner, struct period period)
{
    struct stream_fold *known = find_stream(audit, direction, partner);
    if (known != NULL) {
        return known;
    }
    if (audit->stream_count == audit->stream_capacity) {
        size_t capacity = audit->stream_capacity * 2 + 8;
        struct stream_fold *streams = realloc(audit->streams, capacity * sizeof streams[0]);
        if (streams == NULL) {
            return NULL;
        }
        audit->streams = streams;
        audit->stream_capacity = capacity;
    }
    struct stream_fold *fold = &audit->streams[audit->stream_count++];
    *fold = (struct stream_fold){.direction = direction, .partner = *partner, .period = period};
    return fold;
}

/* What an entry must be, whoever sent it; `decoded` may be NULL where its inside is not known. */
struct entry_step {
    enum stream_direction direction;
    const struct partner_id *partner;
    uint64_t number;
    enum entry_kind kind;
    struct period period;
    struct period after; /* of the entries behind it */
    struct slice bytes;
    struct hash hash;
    const struct clearing_entry *decoded;
};

static enum err found_in_stream(struct audit *audit, uint64_t row, const struct entry_step *step,
                                const char *what)
{
    return audit_found(audit, row, "invariant 3: stream entries",
                       "row %" PRIu64 ": entry %" PRIu64 " %s %s: %s", row, step->number,
                       step->direction == STREAM_OUT ? "to" : "from", step->partner->text, what);
}

static enum err walk_stream(struct audit *audit, uint64_t row, const struct entry_step *step)
{
    struct stream_fold *fold = stream_of(audit, step->direction, step->partner, step->period);
    if (fold == NULL) {
        return ERR_RESOURCE;
    }
    if (step->number != fold->last_number + 1) {
        return found_in_stream(audit, row, step, "its number does not follow on");
    }
    if (step->period.code != fold->period.code) {
        return found_in_stream(audit, row, step, "it is not of the open period");
    }
    struct hash hash = entry_hash(step->bytes);
    if (!hash_equal(&hash, &step->hash)) {
        return found_in_stream(audit, row, step, "its hash is not that of its bytes");
    }
    const struct clearing_entry *decoded = step->decoded;
    if (decoded != NULL && !hash_equal(&decoded->previous_hash, &fold->last_hash)) {
        return found_in_stream(audit, row, step, "it is not linked to the entry before");
    }
    if (decoded != NULL && (decoded->number != step->number || decoded->kind != step->kind ||
                            !period_equal(decoded->period, step->period) ||
                            !period_equal(entry_period_after(decoded), step->after))) {
        return found_in_stream(audit, row, step, "its bytes say something else");
    }
    fold->last_number = step->number;
    fold->last_hash = hash;
    fold->bytes += step->bytes.length;
    fold->last_row = row;
    if (step->kind == ENTRY_PERIOD_MARK) {
        fold->period = step->after;
    }
    return ERR_OK;
}

static enum err walk_entry(struct audit *audit, uint64_t row, const struct effect_entry *effect)
{
    const struct audit_options *options = audit->options;
    struct clearing_entry decoded;
    struct entry_step step = {.direction = STREAM_OUT,
                              .partner = &effect->partner,
                              .number = effect->entry.number,
                              .kind = effect->entry.kind,
                              .period = effect->entry.period,
                              .after = entry_period_after(&effect->entry),
                              .bytes = effect->bytes,
                              .hash = effect->hash};
    if (options->decode_entry != NULL) {
        if (options->decode_entry(options->context, effect->bytes, &decoded) != ERR_OK) {
            return found_in_stream(audit, row, &step, "its bytes can't be read");
        }
        step.decoded = &decoded;
    }
    audit->summary->entries++;
    TRY(walk_stream(audit, row, &step));
    return step.decoded == NULL ? ERR_OK : audit_pair_sent(audit, row, &effect->partner, &decoded);
}

static enum err walk_taken_entry(struct audit *audit, uint64_t row, bool is_applied,
                                 const struct command_take_entry *taken)
{
    struct entry_step step = {.direction = STREAM_IN,
                              .partner = &taken->sender,
                              .number = taken->entry.number,
                              .kind = taken->entry.kind,
                              .period = taken->entry.period,
                              .after = entry_period_after(&taken->entry),
                              .bytes = taken->bytes,
                              .hash = entry_hash(taken->bytes),
                              .decoded = &taken->entry};
    audit->summary->entries_received++;
    TRY(walk_stream(audit, row, &step));
    return is_applied ? audit_pair_applied(audit, row, &taken->sender, &taken->entry) : ERR_OK;
}

static enum err found_in_hold(struct audit *audit, uint64_t row, const char *what)
{
    return audit_found(audit, row, "invariant 4: a hold ends exactly once", "row %" PRIu64 ": %s",
                       row, what);
}

/* Between the row a home's hold has and the one it gets: it ends once, and what is taken stays so.
 */
static enum err check_hold_step(struct audit *audit, uint64_t row, const struct hold *before,
                                const struct hold *after)
{
    const char *what = NULL;
    if (before->role != HOLD_HOME) {
        return ERR_OK; /* a partner's refusal of a capture takes it back */
    }
    /* Our receipt stands, or what both agreed to, whatever became of the hold in the meantime. */
    if (audit->is_forced || audit->is_corrected) {
        return after->captured.minor >= before->captured.minor
                   ? ERR_OK
                   : found_in_hold(audit, row, "what was captured shrinks");
    }
    if (after->stood_in.minor != before->stood_in.minor) {
        return audit_stood_in(audit, row, before, after);
    }
    if (after->granted.minor != before->granted.minor || after->role != before->role ||
        !uid_equal(&after->member, &before->member)) {
        what = "it becomes another hold";
    } else if (after->captured.minor < before->captured.minor ||
               after->voided.minor < before->voided.minor ||
               after->returned.minor < before->returned.minor) {
        what = "what was captured, given back or returned shrinks";
    } else if (before->state != HOLD_OPEN &&
               (after->state != before->state || after->captured.minor != before->captured.minor ||
                after->voided.minor != before->voided.minor)) {
        what = "it had ended already";
    }
    return what == NULL ? ERR_OK : found_in_hold(audit, row, what);
}

/* A hold that was not there: it is a grant, and nothing was taken of it yet; or it will not be
 * granted; or it was captured under a mandate. */
static enum err check_new_hold(struct audit *audit, uint64_t row, const struct hold *hold)
{
    bool is_untouched =
        hold->captured.minor == 0 && hold->voided.minor == 0 && hold->returned.minor == 0;
    bool is_grant = hold->state == HOLD_OPEN && uid_is_nil(&hold->mandate);
    bool is_void = hold->state == HOLD_VOIDED && hold->granted.minor == 0;
    if (audit->is_forced || audit->is_corrected) {
        return ERR_OK;
    }
    if (hold->role == HOLD_HOME && hold->stood_in.minor != 0) {
        return audit_stood_in(audit, row, NULL, hold);
    }
    return hold->role != HOLD_HOME || (is_untouched && (is_grant || is_void))
               ? ERR_OK
               : found_in_hold(audit, row, "it was taken from before it was granted");
}

static enum err check_lost_hold(struct audit *audit, uint64_t row, const struct hold *hold)
{
    bool is_open = hold->role == HOLD_HOME && hold->state == HOLD_OPEN;
    return is_open ? found_in_hold(audit, row, "it is lost before it ended") : ERR_OK;
}

static enum err walk_hold(struct audit *audit, uint64_t row, const struct effect_row *effect)
{
    struct hold before;
    struct hold after;
    struct slice value;
    const struct ledger_view *view = &audit->store.view;
    enum err err = view->get(view->context, TABLE_HOLD, effect->key, &value);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    bool has_before = err == ERR_OK && hold_decode(value, &before) == ERR_OK;
    if (effect->is_deleted) {
        return has_before ? check_lost_hold(audit, row, &before) : ERR_OK;
    }
    if (hold_decode(effect->value, &after) != ERR_OK) {
        return audit_found(audit, row, "journal record", "row %" PRIu64 ": a hold is malformed",
                           row);
    }
    TRY(has_before ? check_hold_step(audit, row, &before, &after)
                   : check_new_hold(audit, row, &after));
    const char *problem = audit_hold_problem(&after);
    return problem == NULL ? ERR_OK : found_in_hold(audit, row, problem);
}

static enum err walk_effect(struct audit *audit, uint64_t row, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_POST:
        return walk_post(audit, row, &effect->post);
    case EFFECT_ENTRY:
        return walk_entry(audit, row, &effect->entry);
    case EFFECT_TOTAL:
        return walk_total(audit, row, &effect->total);
    case EFFECT_ROW:
        return effect->row.table == TABLE_HOLD      ? walk_hold(audit, row, &effect->row)
               : effect->row.table == TABLE_MANDATE ? audit_mandate(audit, row, &effect->row)
               : effect->row.table == TABLE_DISPUTE ? audit_dispute(audit, row, &effect->row)
               : effect->row.table == TABLE_RECEIPT ? audit_receipt(audit, row, &effect->row)
                                                    : ERR_OK;
    case EFFECT_LOT:
    case EFFECT_HISTORY:
    case EFFECT_MARK:
    case EFFECT_KIND_END:
        break;
    }
    return ERR_OK;
}

static enum err walk_effects(struct audit *audit, const struct record *record)
{
    struct reader in = record_effects(record);
    struct effect effect;
    for (uint32_t i = 0; i < record->effect_count; i++) {
        effect_read(&in, &effect);
        if (in.err != ERR_OK) {
            return audit_found(audit, record->row, "journal record",
                               "row %" PRIu64 ": effect %" PRIu32 " is malformed", record->row,
                               i + 1);
        }
        TRY(walk_effect(audit, record->row, &effect));
    }
    return ERR_OK;
}

/* Is it next in number and time? */
static enum err check_place(struct audit *audit, uint64_t row, const struct record *record)
{
    if (record->row != row) {
        return audit_found(audit, row, "journal row numbers",
                           "the record in the place of row %" PRIu64 " says it is row %" PRIu64,
                           row, record->row);
    }
    if (record->time.ms < audit->record_time.ms || record->time.ms > audit->batch_time.ms) {
        return audit_found(audit, row, "journal time",
                           "row %" PRIu64 " is older than the row before it, or newer than its "
                           "batch",
                           row);
    }
    return ERR_OK;
}

static enum err check_not_applied(struct audit *audit, const struct record *record)
{
    struct ledger_key key;
    struct slice value;
    char id[UID_TEXT_MAX];
    if (!command_is_idempotent(record->kind)) {
        return ERR_OK;
    }
    key_origin(&record->origin, &record->transaction_id, &key);
    enum err err = view_get(&audit->store.view, TABLE_TRANSACTION, &key, &value);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    return audit_found(audit, record->row, "invariant 5: no command is applied twice",
                       "row %" PRIu64 ": transaction %s of %s is there already", record->row,
                       uid_format(&record->transaction_id, id), record->origin.text);
}

static enum err decode_apart(const struct audit *audit, const struct slice *bytes, size_t count,
                             struct clearing_entry *out_entries)
{
    const struct audit_options *options = audit->options;
    for (size_t i = 0; i < count; i++) {
        TRY(options->decode_entry(options->context, bytes[i], &out_entries[i]));
    }
    return ERR_OK;
}

/* What stands in another period with its sender counts there. */
static enum err walk_commons(struct audit *audit, uint64_t row, const struct partner_id *partner,
                             const struct apart_half *half)
{
    struct clearing_entry sent[LIMIT_APART_ENTRIES];
    struct clearing_entry received[LIMIT_APART_ENTRIES];
    struct apart_outcome outcome;
    struct note note;
    if (audit->options->decode_entry == NULL) {
        return ERR_OK;
    }
    if (decode_apart(audit, half->sent, half->sent_count, sent) != ERR_OK ||
        decode_apart(audit, half->received, half->received_count, received) != ERR_OK ||
        apart_decide((struct apart_list){sent, half->sent_count, half->sent_refused},
                     (struct apart_list){received, half->received_count, half->received_refused},
                     &outcome, &note) != ERR_OK) {
        return audit_found(audit, row, "journal record",
                           "row %" PRIu64 ": entries that are set apart can't be read", row);
    }
    for (size_t i = 0; i < outcome.common_count; i++) {
        const struct apart_common *common = &outcome.commons[i];
        const struct clearing_entry *ours = &received[common->received];
        struct period to = sent[common->sent].period;
        if (!period_equal(ours->period, to)) {
            TRY(audit_pair_moved(audit, row, partner, ours, to, common->points));
        }
    }
    return ERR_OK;
}

/* The receiver goes on behind what both signed as the half's end. */
static enum err walk_apart(struct audit *audit, const struct record *record,
                           const struct command_apart *told)
{
    struct apart_half half;
    struct stream_fold *fold = find_stream(audit, told->direction, &told->partner);
    if (apart_half_decode(told->apart.terms, &half) != ERR_OK || fold == NULL) {
        return audit_found(audit, record->row, "journal record",
                           "row %" PRIu64 ": what is set apart is malformed", record->row);
    }
    if (told->direction == STREAM_IN && record->effect_count > 0) {
        fold->last_number = half.last_number;
        fold->last_hash = half.last_hash;
        fold->last_row = record->row;
        return walk_commons(audit, record->row, &told->partner, &half);
    }
    return ERR_OK;
}

/* A dispute ends with the correction that one side takes, with its receipt at the other, or, when
 * nothing is paid, by itself. */
static bool is_correction(const struct command *command)
{
    enum entry_kind kind =
        command->kind == COMMAND_TAKE_ENTRY ? command->take_entry.entry.kind : ENTRY_KIND_END;
    return kind == ENTRY_ADJUSTMENT || kind == ENTRY_BURN_ADJUSTMENT ||
           command->kind == COMMAND_TAKE_RECEIPT || command->kind == COMMAND_DISPUTE_DUE;
}

static enum err walk_command(struct audit *audit, const struct record *record)
{
    struct command command;
    if (record_command(record, &command) != ERR_OK) {
        return audit_found(audit, record->row, "journal record",
                           "row %" PRIu64 ": the command (%s) is malformed", record->row,
                           command_kind_name(record->kind));
    }
    if (record->kind == COMMAND_SET_APART) {
        return walk_apart(audit, record, &command.apart);
    }
    audit->is_forced = record->kind == COMMAND_RECOVER_TAKEN;
    audit->is_corrected = is_correction(&command);
    bool is_applied =
        audit->is_forced ? command.take_entry.verdict == VERDICT_OK : record->verdict == VERDICT_OK;
    return record->kind == COMMAND_TAKE_ENTRY || audit->is_forced
               ? walk_taken_entry(audit, record->row, is_applied, &command.take_entry)
               : ERR_OK;
}

enum err audit_record(struct audit *audit, uint64_t row, const struct record *record)
{
    struct note why = {{0}};
    TRY(check_place(audit, row, record));
    TRY(check_not_applied(audit, record));
    TRY(walk_command(audit, record));
    TRY(walk_effects(audit, record));
    enum err err = ledger_apply(&audit->store, record, &why);
    if (err == ERR_CORRUPT) {
        return audit_found(audit, row, "journal record applies", "%s", why.text);
    }
    TRY(err);
    audit->record_time = record->time;
    *(record->verdict == VERDICT_OK ? &audit->summary->commands_ok
                                    : &audit->summary->commands_refused) += 1;
    return ERR_OK;
}
