#include "node/balance_past.h"

#include <stdlib.h>

#include "engine/record_reader.h"
#include "ledger/decide.h"
#include "ledger/lots.h"

static void undo_side(const struct uid *id, const struct account_ref *account, int64_t credited,
                      struct member *member)
{
    if (account_kind_is_member(account->kind) && uid_equal(&account->member, id) &&
        account->kind == ACCOUNT_DEBT) {
        member->debt.minor += credited;
    }
}

/* A walk back. */
struct past {
    const struct uid *id;
    struct member *member;
    struct record_reader records;
    size_t lot_count;
    struct effect_lot lots[LIMIT_EFFECTS_PER_RECORD]; /* of one record, in its order */
};

static enum err undo_effect(struct past *past, const struct effect *effect)
{
    if (effect->kind == EFFECT_POST) {
        undo_side(past->id, &effect->post.debit, -effect->post.points.minor, past->member);
        undo_side(past->id, &effect->post.credit, effect->post.points.minor, past->member);
    } else if (effect->kind == EFFECT_LOT && uid_equal(&effect->lot.member, past->id)) {
        if (past->lot_count == LIMIT_EFFECTS_PER_RECORD) {
            return ERR_CORRUPT;
        }
        past->lots[past->lot_count++] = effect->lot;
    }
    return ERR_OK;
}

/* Lots are undone from the last to the first: on the way none is ever below zero. They give all
 * balances but the debt. */
static enum err undo_record(struct past *past, const struct record *record,
                            uint64_t *out_previous_row)
{
    struct reader in = record_effects(record);
    bool is_of_member = false;
    past->lot_count = 0;
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        TRY(in.err);
        TRY(undo_effect(past, &effect));
        if (effect.kind == EFFECT_HISTORY && uid_equal(&effect.history.member, past->id)) {
            is_of_member = true;
            *out_previous_row = effect.history.previous_row;
        }
    }
    while (past->lot_count > 0) {
        const struct effect_lot *lot = &past->lots[--past->lot_count];
        if (lots_change(past->member, &lot->key, -lot->free_delta, -lot->held_delta) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return is_of_member && *out_previous_row < record->row ? ERR_OK : ERR_CORRUPT;
}

static enum err turn_back(struct past *past, struct unix_ms time)
{
    uint64_t row = past->member->last_row;
    for (unsigned i = 0; row != 0; i++) {
        struct record record;
        if (i == LIMIT_HISTORY_ROWS) {
            return ERR_RANGE;
        }
        TRY(record_reader_get(&past->records, row, &record));
        if (record.time.ms <= time.ms) {
            break;
        }
        TRY(undo_record(past, &record, &row));
    }
    return lots_sum_up(past->member);
}

/* Nothing happens to a merged account any more: its last row is the merge. One that the journal no
 * longer has was long ago. */
static enum err was_merged(struct record_reader *records, const struct member *member,
                           struct unix_ms time, bool *out_was)
{
    struct record record;
    if (!member->is_merged) {
        *out_was = false;
        return ERR_OK;
    }
    enum err err = record_reader_get(records, member->last_row, &record);
    *out_was = err == ERR_NOT_FOUND || (err == ERR_OK && record.time.ms <= time.ms);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err balance_find(const struct journal *journal, const struct ledger_view *view,
                      struct unix_ms time, struct uid *id, struct member *out_member)
{
    struct record_reader records;
    bool is_merged = true;
    record_reader_init(&records, journal);
    enum err err = ledger_get_member(view, id, out_member);
    for (unsigned hops = 0; err == ERR_OK && is_merged && hops <= LIMIT_MERGED_PER_MEMBER; hops++) {
        err = was_merged(&records, out_member, time, &is_merged);
        if (err == ERR_OK && is_merged) {
            *id = out_member->merged_into;
            err = ledger_get_member(view, id, out_member);
        }
    }
    record_reader_fini(&records);
    return err != ERR_OK || !is_merged ? err : ERR_CORRUPT;
}

enum err balance_turn_back(const struct journal *journal, const struct uid *id, struct unix_ms time,
                           struct member *member)
{
    if (member->enrolled.ms > time.ms) {
        return ERR_INPUT;
    }
    struct past *past = malloc(sizeof *past);
    if (past == NULL) {
        return ERR_RESOURCE;
    }
    past->id = id;
    past->member = member;
    record_reader_init(&past->records, journal);
    enum err err = turn_back(past, time);
    record_reader_fini(&past->records);
    free(past);
    return err;
}
