#include "ledger/applier.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/decide.h"
#include "ledger/lots.h"

void applier_init(struct ledger_applier *a, const struct ledger_store *store)
{
    a->store = *store;
    a->scratch = (struct buffer){0};
    a->record = NULL;
    a->note = NULL;
    a->effect = 0;
    a->member_count = 0;
    a->sum_count = 0;
    a->tree_count = 0;
    a->mark = 1;
}

void applier_fini(struct ledger_applier *a)
{
    buffer_fini(&a->scratch);
}

enum err applier_corrupt(const struct ledger_applier *a, const char *what)
{
    return note_set(a->note, ERR_CORRUPT, "row %" PRIu64 ", effect %" PRIu32 ": %s", a->record->row,
                    a->effect, what);
}

static struct slice key_slice(const struct ledger_key *key)
{
    return slice_of(key->bytes, key->length);
}

bool applier_has(const struct ledger_applier *a, enum ledger_table table, struct slice key)
{
    return a->store.has_applied != NULL &&
           a->store.has_applied(a->store.context, table, key, a->record->row);
}

static enum err get(const struct ledger_applier *a, enum ledger_table table,
                    const struct ledger_key *key, struct slice *out_value)
{
    return view_get(&a->store.view, table, key, out_value);
}

enum err applier_put(struct ledger_applier *a, enum ledger_table table,
                     const struct ledger_key *key)
{
    TRY(a->scratch.err);
    return a->store.put(a->store.context, table, key_slice(key), buffer_slice(&a->scratch));
}

static enum err member_write_back(struct ledger_applier *a, const struct applied_member *member)
{
    struct note why;
    struct ledger_key key;
    if (member->is_applied) {
        return ERR_OK;
    }
    if (member_check(&member->row, &why) != ERR_OK) {
        return applier_corrupt(a, why.text);
    }
    key_member(&member->id, &key);
    buffer_clear(&a->scratch);
    member_encode(&member->row, &a->scratch);
    return applier_put(a, TABLE_MEMBER, &key);
}

static enum err members_write_back(struct ledger_applier *a)
{
    for (size_t i = 0; i < a->member_count; i++) {
        TRY(member_write_back(a, &a->members[i]));
    }
    a->member_count = 0;
    return ERR_OK;
}

static struct applied_member *member_find(struct ledger_applier *a, const struct uid *id)
{
    for (size_t i = 0; i < a->member_count; i++) {
        if (uid_equal(&a->members[i].id, id)) {
            return &a->members[i];
        }
    }
    return NULL;
}

/* A place for one more, whose row is not set yet. */
static enum err member_place(struct ledger_applier *a, const struct uid *id,
                             struct applied_member **out_member)
{
    if (a->member_count == APPLIER_MEMBERS) {
        TRY(members_write_back(a));
    }
    *out_member = &a->members[a->member_count];
    (*out_member)->id = *id;
    (*out_member)->is_applied = false;
    return ERR_OK;
}

/* The member's row, to be changed; NULL when the store has it already as it will be. */
static enum err member_take(struct ledger_applier *a, const struct uid *id, struct member **out_row)
{
    struct ledger_key key;
    struct applied_member *member = member_find(a, id);
    if (member == NULL) {
        TRY(member_place(a, id, &member));
        key_member(id, &key);
        member->is_applied = applier_has(a, TABLE_MEMBER, key_slice(&key));
        enum err err =
            member->is_applied ? ERR_OK : ledger_get_member(&a->store.view, id, &member->row);
        if (err == ERR_NOT_FOUND) {
            return applier_corrupt(a, "there is no such member");
        }
        if (err == ERR_CORRUPT) {
            return applier_corrupt(a, "the member's row is damaged");
        }
        TRY(err);
        a->member_count++;
    }
    *out_row = member->is_applied ? NULL : &member->row;
    return ERR_OK;
}

/* A member's row that a decision wrote whole: enrolment. */
static enum err member_put(struct ledger_applier *a, const struct effect_row *row)
{
    struct uid id;
    struct slice value;
    struct applied_member *member;
    struct reader in = reader_of(row->key);
    read_copy(&in, id.bytes, sizeof id.bytes);
    if (row->is_deleted || reader_finish(&in) != ERR_OK) {
        return applier_corrupt(a, "a member's row can't be deleted, and its key is a member's id");
    }
    TRY(members_write_back(a));
    TRY(member_place(a, &id, &member));
    member->is_applied = applier_has(a, TABLE_MEMBER, row->key);
    if (!member->is_applied) {
        enum err err = a->store.view.get(a->store.view.context, TABLE_MEMBER, row->key, &value);
        if (err == ERR_OK) {
            return applier_corrupt(a, "the member is there already");
        }
        if (err != ERR_NOT_FOUND) {
            return err;
        }
        if (member_decode(row->value, &member->row) != ERR_OK) {
            return applier_corrupt(a, "the new member's row is malformed");
        }
    }
    a->member_count++;
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

static enum err post_to_member(struct ledger_applier *a, const struct account_ref *account,
                               enum side side, struct points points)
{
    struct member *member;
    TRY(member_take(a, &account->member, &member));
    if (member == NULL) {
        return ERR_OK;
    }
    struct points *balance = member_balance(member, account->kind);
    bool grows = (side == SIDE_CREDIT) != (account->kind == ACCOUNT_DEBT);
    int64_t after;
    if (int64_add(balance->minor, grows ? points.minor : -points.minor, &after) != ERR_OK) {
        return applier_corrupt(a, "a posting overflows a member's balance");
    }
    if (after < 0) {
        return applier_corrupt(a, "a posting takes a member's balance below zero");
    }
    balance->minor = after;
    return ERR_OK;
}

static enum err post_side(struct ledger_applier *a, const struct account_ref *account,
                          enum side side, struct points points)
{
    if (account_kind_is_member(account->kind)) {
        TRY(post_to_member(a, account, side, points));
    }
    return applier_post(a, account, side, points);
}

static enum err apply_post(struct ledger_applier *a, const struct effect_post *post)
{
    TRY(post_side(a, &post->debit, SIDE_DEBIT, post->points));
    return post_side(a, &post->credit, SIDE_CREDIT, post->points);
}

static enum err apply_lot(struct ledger_applier *a, const struct effect_lot *lot)
{
    struct member *member;
    TRY(member_take(a, &lot->member, &member));
    if (member == NULL) {
        return ERR_OK;
    }
    enum err err = lots_change(member, &lot->key, lot->free_delta, lot->held_delta);
    if (err == ERR_RESOURCE) {
        return applier_corrupt(a, "the member has no room for one more lot");
    }
    return err == ERR_OK ? ERR_OK : applier_corrupt(a, "a lot falls below zero or overflows");
}

/* The outgoing stream; one that has no row begins with this entry. */
static enum err stream_out(struct ledger_applier *a, const struct effect_entry *effect,
                           const struct ledger_key *key, struct stream *out_stream)
{
    struct slice value;
    enum err err = get(a, TABLE_STREAM, key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_stream = stream_begin(effect->entry.period);
        return ERR_OK;
    }
    TRY(err);
    return stream_decode(value, out_stream) == ERR_OK
               ? ERR_OK
               : applier_corrupt(a, "a stream's row is damaged");
}

static enum err outbox_put(struct ledger_applier *a, const struct effect_entry *effect)
{
    struct ledger_key key;
    key_outbox(&effect->partner, effect->entry.number, &key);
    if (applier_has(a, TABLE_OUTBOX, key_slice(&key))) {
        return ERR_OK;
    }
    buffer_clear(&a->scratch);
    u64_encode(a->record->row, &a->scratch);
    return applier_put(a, TABLE_OUTBOX, &key);
}

static enum err apply_entry(struct ledger_applier *a, const struct effect_entry *effect)
{
    struct ledger_key key;
    struct stream stream;
    TRY(outbox_put(a, effect));
    TRY(applier_grow(a, STREAM_OUT, &effect->partner, effect->entry.period, effect->entry.number,
                     effect->bytes));
    key_stream(STREAM_OUT, &effect->partner, &key);
    if (applier_has(a, TABLE_STREAM, key_slice(&key))) {
        return ERR_OK;
    }
    TRY(stream_out(a, effect, &key, &stream));
    if (effect->entry.number != stream.last_number + 1) {
        return applier_corrupt(a, "an entry does not follow on in its stream");
    }
    if (effect->entry.period.code != stream.period.code) {
        return applier_corrupt(a, "an entry is not of its stream's open period");
    }
    stream_advance(&stream, &effect->entry, &effect->hash, effect->bytes.length);
    buffer_clear(&a->scratch);
    stream_encode(&stream, &a->scratch);
    return applier_put(a, TABLE_STREAM, &key);
}

static enum err total_change(struct ledger_applier *a, const struct effect_total *effect,
                             struct period period)
{
    struct entry_total total = {0};
    struct ledger_key key;
    struct slice value;
    key_total(effect->direction, &effect->partner, period, effect->kind, effect->tariff, &key);
    if (applier_has(a, TABLE_TOTAL, key_slice(&key))) {
        return ERR_OK;
    }
    enum err err = get(a, TABLE_TOTAL, &key, &value);
    if (err == ERR_OK && entry_total_decode(value, &total) != ERR_OK) {
        return applier_corrupt(a, "a total's row is damaged");
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    int64_t count;
    if (total.count > INT64_MAX ||
        int64_add((int64_t)total.count, effect->count_delta, &count) != ERR_OK || count < 0 ||
        int64_add(total.points, effect->points_delta, &total.points) != ERR_OK ||
        total.points < 0) {
        return applier_corrupt(a, "a total falls below zero or overflows");
    }
    total.count = (uint64_t)count;
    buffer_clear(&a->scratch);
    entry_total_encode(&total, &a->scratch);
    return applier_put(a, TABLE_TOTAL, &key);
}

static enum err apply_total(struct ledger_applier *a, const struct effect_total *effect)
{
    TRY(total_change(a, effect, effect->period));
    return total_change(a, effect, (struct period){0});
}

/* Where a receipt came from stays known when the receipt itself is forgotten. */
static enum err receipt_row_put(struct ledger_applier *a, const struct effect_row *receipt)
{
    struct ledger_key key = {.length = receipt->key.length};
    if (receipt->is_deleted || applier_has(a, TABLE_RECEIPT_ROW, receipt->key)) {
        return ERR_OK;
    }
    memcpy(key.bytes, receipt->key.at, receipt->key.length);
    buffer_clear(&a->scratch);
    u64_encode(a->record->row, &a->scratch);
    return applier_put(a, TABLE_RECEIPT_ROW, &key);
}

static enum err apply_row(struct ledger_applier *a, const struct effect_row *row)
{
    if (row->table == TABLE_MEMBER) {
        return member_put(a, row);
    }
    bool is_mended = a->record->kind == COMMAND_MEND_HALF;
    if (row->table == TABLE_ACCOUNT || (row->table == TABLE_TOTAL && !is_mended)) {
        return applier_corrupt(a, "a row that only postings and totals may change");
    }
    if (row->table == TABLE_RECEIPT) {
        TRY(receipt_row_put(a, row));
    }
    if (applier_has(a, row->table, row->key)) {
        return ERR_OK;
    }
    if (row->table == TABLE_TREE && !row->is_deleted && applier_keeps_tree(a, row->key)) {
        return applier_put_tree(a, row);
    }
    return row->is_deleted ? a->store.del(a->store.context, row->table, row->key)
                           : a->store.put(a->store.context, row->table, row->key, row->value);
}

static enum err apply_history(struct ledger_applier *a, const struct effect_history *history)
{
    struct member *member;
    TRY(member_take(a, &history->member, &member));
    if (member == NULL) {
        return ERR_OK;
    }
    if (member->last_row != history->previous_row) {
        return applier_corrupt(a, "a member's history does not follow on");
    }
    member->last_row = a->record->row;
    if (history->is_active) {
        member->active_at = a->record->time;
    }
    return ERR_OK;
}

static enum err apply_mark(struct ledger_applier *a, const struct effect_mark *mark)
{
    struct member *member;
    TRY(member_take(a, &mark->member, &member));
    if (member == NULL) {
        return ERR_OK;
    }
    member->is_blocked = mark->is_blocked;
    member->is_pool = mark->is_pool;
    member->is_erased = mark->is_erased;
    member->is_merged = !uid_is_nil(&mark->merged_into);
    member->merged_into = mark->merged_into;
    member->active_at = mark->active_at;
    return ERR_OK;
}

static enum err apply_effect(struct ledger_applier *a, const struct effect *effect)
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

static enum err apply_effects(struct ledger_applier *a)
{
    struct reader in = record_effects(a->record);
    struct effect effect;
    for (uint32_t i = 0; i < a->record->effect_count; i++) {
        a->effect = i + 1;
        effect_read(&in, &effect);
        if (in.err != ERR_OK) {
            return applier_corrupt(a, "an effect is malformed");
        }
        TRY(apply_effect(a, &effect));
    }
    if (reader_finish(&in) != ERR_OK) {
        return applier_corrupt(a, "bytes are left over behind the effects");
    }
    return ERR_OK;
}

/* One that is there as bytes only. */
static enum err apply_bytes(struct ledger_applier *a, size_t at)
{
    struct slice effects = a->record->effects;
    struct reader in = reader_of(slice_of(effects.at + at, effects.length - at));
    struct effect effect;
    in.names = &a->record->ids;
    effect_read(&in, &effect);
    return in.err != ERR_OK ? applier_corrupt(a, "an effect is malformed")
                            : apply_effect(a, &effect);
}

static enum err apply_step(struct ledger_applier *a, const struct plan_step *step)
{
    switch (step->kind) {
    case EFFECT_POST:
        return apply_post(a, &step->post);
    case EFFECT_LOT:
        return apply_lot(a, &step->lot);
    case EFFECT_HISTORY:
        return apply_history(a, &step->history);
    case EFFECT_ENTRY:
    case EFFECT_TOTAL:
    case EFFECT_ROW:
    case EFFECT_MARK:
    case EFFECT_KIND_END:
        break;
    }
    return apply_bytes(a, step->at);
}

static enum err apply_steps(struct ledger_applier *a, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->effect_count; i++) {
        a->effect = i + 1;
        TRY(apply_step(a, &plan->steps[i]));
    }
    return ERR_OK;
}

static enum err transaction_put(struct ledger_applier *a)
{
    const struct record *record = a->record;
    struct transaction transaction = {.row = record->row};
    struct ledger_key key;
    if (uid_is_nil(&record->transaction_id)) { /* a recovered entry about another command */
        return ERR_OK;
    }
    key_origin(&record->origin, &record->transaction_id, &key);
    if (applier_has(a, TABLE_TRANSACTION, key_slice(&key))) {
        return ERR_OK;
    }
    if (!command_is_idempotent(record->kind)) { /* the marks of one period have one id */
        struct slice known;
        enum err err = get(a, TABLE_TRANSACTION, &key, &known);
        if (err != ERR_NOT_FOUND) {
            return err;
        }
    }
    buffer_clear(&a->scratch);
    transaction_encode(&transaction, &a->scratch);
    return applier_put(a, TABLE_TRANSACTION, &key);
}

/* A partner's entry, applied or refused. */
static enum err grow_taken(struct ledger_applier *a)
{
    struct command command;
    if (record_command(a->record, &command) != ERR_OK) {
        return applier_corrupt(a, "a partner's entry can't be read");
    }
    const struct command_take_entry *take = &command.take_entry;
    return applier_grow(a, STREAM_IN, &take->sender, take->entry.period, take->entry.number,
                        take->bytes);
}

static void begin(struct ledger_applier *a, const struct record *record, struct note *note)
{
    a->record = record;
    a->note = note;
    a->effect = 0;
    a->member_count = 0;
}

/* What comes after the effects. */
static enum err finish(struct ledger_applier *a)
{
    const struct record *record = a->record;
    TRY(members_write_back(a));
    if (record->kind == COMMAND_TAKE_ENTRY || record->kind == COMMAND_RECOVER_TAKEN) {
        TRY(grow_taken(a));
    }
    return command_has_id(record->kind) ? transaction_put(a) : ERR_OK;
}

enum err ledger_applier_apply(struct ledger_applier *applier, const struct record *record,
                              struct note *note)
{
    begin(applier, record, note);
    TRY(apply_effects(applier));
    return finish(applier);
}

enum err ledger_applier_apply_plan(struct ledger_applier *applier, const struct record *record,
                                   const struct plan *plan, struct note *note)
{
    begin(applier, record, note);
    TRY(apply_steps(applier, plan));
    return finish(applier);
}

enum err ledger_applier_create(const struct ledger_store *store,
                               struct ledger_applier **out_applier)
{
    struct ledger_applier *applier = malloc(sizeof *applier);
    if (applier == NULL) {
        return ERR_RESOURCE;
    }
    applier_init(applier, store);
    *out_applier = applier;
    return ERR_OK;
}

void ledger_applier_destroy(struct ledger_applier *applier)
{
    if (applier != NULL) {
        applier_fini(applier);
        free(applier);
    }
}

enum err ledger_applier_flush(struct ledger_applier *applier)
{
    TRY(applier_sums_flush(applier));
    TRY(applier_trees_flush(applier));
    ledger_applier_mark(applier);
    return ERR_OK;
}

void ledger_applier_mark(struct ledger_applier *applier)
{
    applier->mark++;
}

void ledger_applier_undo_to_mark(struct ledger_applier *applier)
{
    applier_sums_undo(applier);
    applier_trees_undo(applier);
}

void ledger_applier_forget(struct ledger_applier *applier)
{
    applier->sum_count = 0;
    applier->tree_count = 0;
    applier->mark++;
}

enum err ledger_apply(const struct ledger_store *store, const struct record *record,
                      struct note *note)
{
    CLEANUP(applier_fini) struct ledger_applier applier;
    applier_init(&applier, store);
    TRY(ledger_applier_apply(&applier, record, note));
    return ledger_applier_flush(&applier);
}
