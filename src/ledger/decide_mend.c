/* Rows that say of a half what its entries don't: its hash tree, its totals, where it ends. They
 * follow from the journal, as all rows do; whoever found them wrong read the entries once more, and
 * tells what they give. Nothing else is changed by it: no entry, no posting, no stream. */
#include <string.h>

#include "ledger/decision.h"

static bool begins_with(struct slice key, const struct ledger_key *prefix, size_t length)
{
    return key.length > length && memcmp(key.at, prefix->bytes, length) == 0;
}

/* A row of this half, or of its stream's totals over all periods? */
static bool is_of_half(const struct command_mend *mend, const struct effect_row *row)
{
    struct ledger_key half;
    struct ledger_key stream;
    key_half(mend->direction, &mend->partner, mend->period, &half);
    key_half(mend->direction, &mend->partner, (struct period){0}, &stream);
    switch ((int)row->table) {
    case TABLE_HALF:
        return slice_equal(row->key, slice_of(half.bytes, half.length));
    case TABLE_TREE:
        return begins_with(row->key, &half, half.length);
    case TABLE_TOTAL:
        return begins_with(row->key, &half, half.length) ||
               begins_with(row->key, &stream, stream.length);
    default:
        return false;
    }
}

static enum err put_rows(struct decision *d)
{
    const struct command_mend *mend = &d->command->mend;
    struct reader in = reader_of(mend->rows);
    while (in.err == ERR_OK && in.at != in.end) {
        struct effect effect;
        struct ledger_key key;
        effect_read(&in, &effect);
        if (in.err != ERR_OK || effect.kind != EFFECT_ROW || !is_of_half(mend, &effect.row)) {
            return ERR_INPUT;
        }
        key.length = effect.row.key.length;
        memcpy(key.bytes, effect.row.key.at, key.length);
        if (effect.row.is_deleted) {
            plan_delete(d->plan, effect.row.table, &key);
        } else {
            plan_row(d->plan, effect.row.table, &key, effect.row.value);
        }
    }
    return in.err;
}

/* What was found is about the stream as it was then: ERR_CONFLICT when it went on since. */
enum err decide_mend_half(struct decision *d)
{
    const struct command_mend *mend = &d->command->mend;
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, mend->direction, &mend->partner, &stream));
    if (stream.last_number != mend->last_number ||
        stream.receipted_number != mend->receipted_number) {
        return ERR_CONFLICT;
    }
    return put_rows(d);
}
