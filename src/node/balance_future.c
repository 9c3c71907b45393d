#include "node/balance_future.h"

#include <stdlib.h>
#include <string.h>

#include "engine/record_reader.h"
#include "ledger/decide.h"

/* A hold as it was when the member's row was written: NULL when nothing is reserved any more. */
struct found_hold {
    struct ledger_key key;
    struct hold *hold;
};

struct walk {
    const struct uid *id;
    struct record_reader records;
    int64_t left; /* of what is on hold: not found yet */
    struct found_hold *found;
    size_t count;
    size_t capacity;
};

static bool is_known(const struct walk *walk, struct slice key)
{
    size_t i = 0;
    while (i < walk->count &&
           !slice_equal(key, slice_of(walk->found[i].key.bytes, walk->found[i].key.length))) {
        i++;
    }
    return i < walk->count;
}

static enum err make_room(struct walk *walk)
{
    if (walk->count < walk->capacity) {
        return ERR_OK;
    }
    size_t capacity = walk->capacity == 0 ? 8 : walk->capacity * 2;
    struct found_hold *found = realloc(walk->found, capacity * sizeof *found);
    if (found == NULL) {
        return ERR_RESOURCE;
    }
    walk->found = found;
    walk->capacity = capacity;
    return ERR_OK;
}

/* Keeps a hold that has points of the member reserved. */
static enum err keep_hold(struct walk *walk, const struct hold *hold, struct hold **out_hold)
{
    int64_t held = 0;
    for (size_t i = 0; i < hold->lot_count; i++) {
        held += hold->lots[i].held.minor;
    }
    if (hold->role != HOLD_HOME || !uid_equal(&hold->member, walk->id) || held == 0) {
        *out_hold = NULL;
        return ERR_OK;
    }
    struct hold *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        return ERR_RESOURCE;
    }
    *kept = *hold;
    *out_hold = kept;
    walk->left -= held;
    return ERR_OK;
}

/* The newest record says how a hold stands; what older ones say is over. */
static enum err note_hold(struct walk *walk, const struct effect_row *effect)
{
    struct hold hold;
    if (effect->is_deleted || effect->key.length > LEDGER_KEY_MAX || is_known(walk, effect->key)) {
        return ERR_OK;
    }
    TRY(make_room(walk));
    struct found_hold *found = &walk->found[walk->count];
    TRY(hold_decode(effect->value, &hold));
    TRY(keep_hold(walk, &hold, &found->hold));
    memcpy(found->key.bytes, effect->key.at, effect->key.length);
    found->key.length = effect->key.length;
    walk->count++;
    return ERR_OK;
}

static enum err look_at(struct walk *walk, const struct record *record, uint64_t *out_previous_row)
{
    struct reader in = record_effects(record);
    bool is_of_member = false;
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        TRY(in.err);
        if (effect.kind == EFFECT_ROW && effect.row.table == TABLE_HOLD) {
            TRY(note_hold(walk, &effect.row));
        } else if (effect.kind == EFFECT_HISTORY && uid_equal(&effect.history.member, walk->id)) {
            is_of_member = true;
            *out_previous_row = effect.history.previous_row;
        }
    }
    return is_of_member && *out_previous_row < record->row ? ERR_OK : ERR_CORRUPT;
}

static enum err find_holds(struct walk *walk, uint64_t row)
{
    for (unsigned i = 0; row != 0 && walk->left > 0; i++) {
        struct record record;
        if (i == LIMIT_HISTORY_ROWS) {
            return ERR_RANGE;
        }
        TRY(record_reader_get(&walk->records, row, &record));
        TRY(look_at(walk, &record, &row));
    }
    return walk->left == 0 ? ERR_OK : ERR_CORRUPT;
}

static int compare_ends(const void *left, const void *right)
{
    const struct hold *a = ((const struct found_hold *)left)->hold;
    const struct hold *b = ((const struct found_hold *)right)->hold;
    int64_t a_ms = a == NULL ? INT64_MAX : a->deliver_by.ms;
    int64_t b_ms = b == NULL ? INT64_MAX : b->deliver_by.ms;
    return a_ms < b_ms ? -1 : a_ms > b_ms;
}

/* In the order in which they expire: what repays a debt is taken when it comes back. */
static enum err release(struct walk *walk, struct unix_ms time, struct member *member)
{
    if (walk->count > 1) {
        qsort(walk->found, walk->count, sizeof *walk->found, compare_ends);
    }
    for (size_t i = 0; i < walk->count; i++) {
        const struct hold *hold = walk->found[i].hold;
        if (hold != NULL && hold->deliver_by.ms < time.ms) {
            TRY(member_release_view(member, hold));
        }
    }
    return ERR_OK;
}

static void walk_fini(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        free(walk->found[i].hold);
    }
    free(walk->found);
    record_reader_fini(&walk->records);
}

enum err balance_release_holds(const struct journal *journal, const struct uid *id,
                               struct unix_ms time, struct member *member)
{
    struct walk walk = {.id = id, .left = member->held.minor};
    record_reader_init(&walk.records, journal);
    enum err err = find_holds(&walk, member->last_row);
    err = err == ERR_OK ? release(&walk, time, member) : err;
    walk_fini(&walk);
    return err;
}
