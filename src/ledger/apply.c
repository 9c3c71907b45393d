#include "ledger/apply.h"

#include <inttypes.h>

#include "ledger/lots.h"

/* What one record's application carries along. The member row that is being worked on is kept
 * decoded, and written back when another member comes or the record ends. */
struct applier {
    const struct ledger_store *store;
    const struct record *record;
    struct note *note;
    uint32_t effect; /* the one being applied, from 1; 0 for what comes after them */
    struct buffer scratch;
    bool has_member;
    struct uid member_id;
    struct member member;
};

static void applier_fini(struct applier *a)
{
    buffer_fini(&a->scratch);
}

static enum err corrupt(const struct applier *a, const char *what)
{
    return note_set(a->note, ERR_CORRUPT, "row %" PRIu64 ", effect %" PRIu32 ": %s", a->record->row,
                    a->effect, what);
}

static struct slice key_slice(const struct ledger_key *key)
{
    return slice_of(key->bytes, key->length);
}

static enum err get(const struct applier *a, enum ledger_table table, const struct ledger_key *key,
                    struct slice *out_value)
{
    return view_get(&a->store->view, table, key, out_value);
}

/* Puts what was encoded into the scratch buffer. */
static enum err put_scratch(struct applier *a, enum ledger_table table,
                            const struct ledger_key *key)
{
    TRY(a->scratch.err);
    return a->store->put(a->store->context, table, key_slice(key), buffer_slice(&a->scratch));
}

static enum err member_write_back(struct applier *a)
{
    struct note why = {{0}};
    struct ledger_key key;
    if (!a->has_member) {
        return ERR_OK;
    }
    if (member_check(&a->member, &why) != ERR_OK) {
        return corrupt(a, why.text);
    }
    key_member(&a->member_id, &key);
    buffer_clear(&a->scratch);
    member_encode(&a->member, &a->scratch);
    TRY(put_scratch(a, TABLE_MEMBER, &key));
    a->has_member = false;
    return ERR_OK;
}

static enum err member_take(struct applier *a, const struct uid *id)
{
    struct ledger_key key;
    struct slice value;
    if (a->has_member && uid_equal(&a->member_id, id)) {
        return ERR_OK;
    }
    TRY(member_write_back(a));
    key_member(id, &key);
    enum err err = get(a, TABLE_MEMBER, &key, &value);
    if (err == ERR_NOT_FOUND) {
        return corrupt(a, "there is no such member");
    }
    TRY(err);
    if (member_decode(value, &a->member) != ERR_OK) {
        return corrupt(a, "the member's row is damaged");
    }
    a->member_id = *id;
    a->has_member = true;
    return ERR_OK;
}

/* A member's row that a decision wrote whole: enrolment. */
static enum err member_put(struct applier *a, const struct effect_row *row)
{
    struct uid id;
    struct ledger_key key;
    struct slice value;
    struct reader in = reader_of(row->key);
    read_copy(&in, id.bytes, sizeof id.bytes);
    if (row->is_deleted || reader_finish(&in) != ERR_OK) {
        return corrupt(a, "a member's row can't be deleted, and its key is a member's id");
    }
    TRY(member_write_back(a));
    key_member(&id, &key);
    enum err err = get(a, TABLE_MEMBER, &key, &value);
    if (err == ERR_OK) {
        return corrupt(a, "the member is there already");
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (member_decode(row->value, &a->member) != ERR_OK) {
        return corrupt(a, "the new member's row is malformed");
    }
    a->member_id = id;
    a->has_member = true;
    return ERR_OK;
}

/* The balance of an account kind in the member's row; debt is counted on the debit side. */
static struct points *member_balance(struct member *member, enum account_kind kind)
{
    switch (kind) {
    case ACCOUNT_AVAILABLE:
        return &member->available;
    case ACCOUNT_PENDING:
        return &member->pending;
    case ACCOUNT_HELD:
        return &member->held;
    case ACCOUNT_DEBT:
        return &member->debt;
    case ACCOUNT_RECEIVABLE:
    case ACCOUNT_PAYABLE:
    case ACCOUNT_SUSPENSE:
    case ACCOUNT_ISSUED:
    case ACCOUNT_REDEEMED:
    case ACCOUNT_BREAKAGE:
    case ACCOUNT_ADJUSTMENT:
    case ACCOUNT_KIND_END:
        break;
    }
    return NULL;
}

enum side {
    SIDE_DEBIT,
    SIDE_CREDIT
};

static enum err post_to_member(struct applier *a, const struct account_ref *account, enum side side,
                               struct points points)
{
    TRY(member_take(a, &account->member));
    struct points *balance = member_balance(&a->member, account->kind);
    bool grows = (side == SIDE_CREDIT) != (account->kind == ACCOUNT_DEBT);
    int64_t after;
    if (int64_add(balance->minor, grows ? points.minor : -points.minor, &after) != ERR_OK) {
        return corrupt(a, "a posting overflows a member's balance");
    }
    if (after < 0) {
        return corrupt(a, "a posting takes a member's balance below zero");
    }
    balance->minor = after;
    return ERR_OK;
}

static enum err post_to_account(struct applier *a, struct account_ref account, enum side side,
                                struct points points)
{
    struct account sums = {0};
    struct ledger_key key;
    struct slice value;
    account.member = (struct uid){{0}}; /* of members, the sum over all */
    key_account(&account, &key);
    enum err err = get(a, TABLE_ACCOUNT, &key, &value);
    if (err == ERR_OK && account_decode(value, &sums) != ERR_OK) {
        return corrupt(a, "an account's row is damaged");
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    int64_t *sum = side == SIDE_DEBIT ? &sums.debit : &sums.credit;
    if (int64_add(*sum, points.minor, sum) != ERR_OK) {
        return corrupt(a, "a posting overflows an account");
    }
    buffer_clear(&a->scratch);
    account_encode(&sums, &a->scratch);
    return put_scratch(a, TABLE_ACCOUNT, &key);
}

static enum err post_side(struct applier *a, const struct account_ref *account, enum side side,
                          struct points points)
{
    if (account_kind_is_member(account->kind)) {
        TRY(post_to_member(a, account, side, points));
    }
    return post_to_account(a, *account, side, points);
}

static enum err apply_post(struct applier *a, const struct effect_post *post)
{
    TRY(post_side(a, &post->debit, SIDE_DEBIT, post->points));
    return post_side(a, &post->credit, SIDE_CREDIT, post->points);
}

static enum err apply_lot(struct applier *a, const struct effect_lot *lot)
{
    TRY(member_take(a, &lot->member));
    enum err err = lots_change(&a->member, &lot->key, lot->free_delta, lot->held_delta);
    if (err == ERR_RESOURCE) {
        return corrupt(a, "the member has no room for one more lot");
    }
    return err == ERR_OK ? ERR_OK : corrupt(a, "a lot falls below zero or overflows");
}

/* The outgoing stream; one that has no row begins with this entry. */
static enum err stream_out(struct applier *a, const struct effect_entry *effect,
                           const struct ledger_key *key, struct stream *out_stream)
{
    struct slice value;
    enum err err = get(a, TABLE_STREAM, key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_stream = stream_begin(effect->entry.period);
        return ERR_OK;
    }
    TRY(err);
    return stream_decode(value, out_stream) == ERR_OK ? ERR_OK
                                                      : corrupt(a, "a stream's row is damaged");
}

static enum err half_put(struct applier *a, const struct effect_entry *effect,
                         uint64_t first_number)
{
    struct half half = {.first_number = first_number,
                        .last_number = effect->entry.number,
                        .last_hash = effect->hash};
    struct ledger_key key;
    key_half(STREAM_OUT, &effect->partner, effect->entry.period, &key);
    buffer_clear(&a->scratch);
    half_encode(&half, &a->scratch);
    return put_scratch(a, TABLE_HALF, &key);
}

static enum err apply_entry(struct applier *a, const struct effect_entry *effect)
{
    struct ledger_key key;
    struct stream stream;
    key_stream(STREAM_OUT, &effect->partner, &key);
    TRY(stream_out(a, effect, &key, &stream));
    if (effect->entry.number != stream.last_number + 1) {
        return corrupt(a, "an entry does not follow on in its stream");
    }
    if (effect->entry.period.yyyymm != stream.period.yyyymm) {
        return corrupt(a, "an entry is not of its stream's open period");
    }
    uint64_t first_number = stream.period_first_number;
    stream_advance(&stream, &effect->entry, &effect->hash, effect->bytes.length);
    buffer_clear(&a->scratch);
    stream_encode(&stream, &a->scratch);
    TRY(put_scratch(a, TABLE_STREAM, &key));
    key_outbox(&effect->partner, effect->entry.number, &key);
    buffer_clear(&a->scratch);
    u64_encode(a->record->row, &a->scratch);
    TRY(put_scratch(a, TABLE_OUTBOX, &key));
    return effect->entry.kind == ENTRY_PERIOD_MARK ? half_put(a, effect, first_number) : ERR_OK;
}

static enum err total_change(struct applier *a, const struct effect_total *effect,
                             struct period period)
{
    struct entry_total total = {0};
    struct ledger_key key;
    struct slice value;
    key_total(effect->direction, &effect->partner, period, effect->kind, effect->tariff, &key);
    enum err err = get(a, TABLE_TOTAL, &key, &value);
    if (err == ERR_OK && entry_total_decode(value, &total) != ERR_OK) {
        return corrupt(a, "a total's row is damaged");
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    int64_t count;
    if (total.count > INT64_MAX ||
        int64_add((int64_t)total.count, effect->count_delta, &count) != ERR_OK || count < 0 ||
        int64_add(total.points, effect->points_delta, &total.points) != ERR_OK ||
        total.points < 0) {
        return corrupt(a, "a total falls below zero or overflows");
    }
    total.count = (uint64_t)count;
    buffer_clear(&a->scratch);
    entry_total_encode(&total, &a->scratch);
    return put_scratch(a, TABLE_TOTAL, &key);
}

static enum err apply_total(struct applier *a, const struct effect_total *effect)
{
    TRY(total_change(a, effect, effect->period));
    return total_change(a, effect, (struct period){0});
}

static enum err apply_row(struct applier *a, const struct effect_row *row)
{
    if (row->table == TABLE_MEMBER) {
        return member_put(a, row);
    }
    if (row->table == TABLE_ACCOUNT || row->table == TABLE_TOTAL) {
        return corrupt(a, "a row that only postings and totals may change");
    }
    return row->is_deleted ? a->store->del(a->store->context, row->table, row->key)
                           : a->store->put(a->store->context, row->table, row->key, row->value);
}

static enum err apply_history(struct applier *a, const struct effect_history *history)
{
    TRY(member_take(a, &history->member));
    if (a->member.last_row != history->previous_row) {
        return corrupt(a, "a member's history does not follow on");
    }
    a->member.last_row = a->record->row;
    if (history->is_active) {
        a->member.active_at = a->record->time;
    }
    return ERR_OK;
}

static enum err apply_mark(struct applier *a, const struct effect_mark *mark)
{
    TRY(member_take(a, &mark->member));
    a->member.is_blocked = mark->is_blocked;
    a->member.is_pool = mark->is_pool;
    a->member.is_erased = mark->is_erased;
    a->member.is_merged = !uid_is_nil(&mark->merged_into);
    a->member.merged_into = mark->merged_into;
    a->member.active_at = mark->active_at;
    return ERR_OK;
}

static enum err apply_effect(struct applier *a, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_POST:
        return apply_post(a, &effect->post);
    case EFFECT_LOT:
        return apply_lot(a, &effect->lot);
    case EFFECT_ENTRY:
        return apply_entry(a, &effect->entry);
    case EFFECT_TOTAL:
        return apply_total(a, &effect->total);
    case EFFECT_ROW:
        return apply_row(a, &effect->row);
    case EFFECT_HISTORY:
        return apply_history(a, &effect->history);
    case EFFECT_MARK:
        return apply_mark(a, &effect->mark);
    case EFFECT_KIND_END:
        break;
    }
    return ERR_INTERNAL;
}

static enum err apply_effects(struct applier *a)
{
    struct reader in = reader_of(a->record->effects);
    struct effect effect;
    for (uint32_t i = 0; i < a->record->effect_count; i++) {
        a->effect = i + 1;
        effect_read(&in, &effect);
        if (in.err != ERR_OK) {
            return corrupt(a, "an effect is malformed");
        }
        TRY(apply_effect(a, &effect));
    }
    if (reader_finish(&in) != ERR_OK) {
        return corrupt(a, "bytes are left over behind the effects");
    }
    return ERR_OK;
}

static enum err transaction_put(struct applier *a)
{
    const struct record *record = a->record;
    struct transaction transaction = {.row = record->row};
    struct ledger_key key;
    key_origin(&record->origin, &record->transaction_id, &key);
    buffer_clear(&a->scratch);
    transaction_encode(&transaction, &a->scratch);
    return put_scratch(a, TABLE_TRANSACTION, &key);
}

enum err ledger_apply(const struct ledger_store *store, const struct record *record,
                      struct note *note)
{
    CLEANUP(applier_fini) struct applier a;
    a.store = store;
    a.record = record;
    a.note = note;
    a.effect = 0;
    a.scratch = (struct buffer){0};
    a.has_member = false;
    TRY(apply_effects(&a));
    TRY(member_write_back(&a));
    return command_is_idempotent(record->kind) ? transaction_put(&a) : ERR_OK;
}
