/* The hash trees over halves' entries, kept while many records are applied. */
#include <string.h>

#include "ledger/applier.h"

/* Peaks beyond those that count are no part of it. */
static void copy_tree(const struct half_tree *from, struct half_tree *out)
{
    out->first_number = from->first_number;
    out->frontier.count = from->frontier.count;
    memcpy(out->frontier.peaks, from->frontier.peaks,
           tree_peak_count(&from->frontier) * sizeof from->frontier.peaks[0]);
}

static bool is_tree(const struct applied_tree *tree, enum stream_direction direction,
                    const struct partner_id *partner, struct period period)
{
    return tree->direction == direction && tree->period.code == period.code &&
           partner_id_equal(&tree->partner, partner);
}

static struct applied_tree *find(struct ledger_applier *a, enum stream_direction direction,
                                 const struct partner_id *partner, struct period period)
{
    for (size_t i = 0; i < a->tree_count; i++) {
        if (is_tree(&a->trees[i], direction, partner, period)) {
            return &a->trees[i];
        }
    }
    return NULL;
}

static void tree_key(const struct applied_tree *tree, struct ledger_key *out_key)
{
    key_half_tree(tree->direction, &tree->partner, tree->period, out_key);
}

/* A half that has no row begins with entry `number`. */
static enum err load(const struct ledger_applier *a, struct applied_tree *tree, uint64_t number)
{
    struct ledger_key key;
    struct slice value;
    tree_key(tree, &key);
    enum err err = view_get(&a->store.view, TABLE_TREE, &key, &value);
    if (err == ERR_NOT_FOUND) {
        tree->tree.first_number = number;
        tree->tree.frontier.count = 0;
        return ERR_OK;
    }
    TRY(err);
    return half_tree_decode(value, &tree->tree) == ERR_OK
               ? ERR_OK
               : applier_corrupt(a, "a half's tree is damaged");
}

static enum err store(struct ledger_applier *a, const struct applied_tree *tree)
{
    struct ledger_key key;
    tree_key(tree, &key);
    buffer_clear(&a->scratch);
    half_tree_encode(&tree->tree, &a->scratch);
    return applier_put(a, TABLE_TREE, &key);
}

static void begin(struct applied_tree *tree, enum stream_direction direction,
                  const struct partner_id *partner, struct period period)
{
    tree->direction = direction;
    tree->partner = *partner;
    tree->period = period;
    tree->is_dirty = false;
    tree->mark = 0;
}

/* What a subtree that is whole is told with. */
struct growth {
    struct ledger_applier *a;
    const struct applied_tree *tree;
};

static enum err put_whole(void *context, struct tree_place place, const struct hash *hash)
{
    const struct growth *growth = context;
    const struct applied_tree *tree = growth->tree;
    struct ledger_key key;
    if (place.level % TREE_ROW_LEVELS != 0) {
        return ERR_OK;
    }
    key_tree(tree->direction, &tree->partner, tree->period, place, &key);
    if (applier_has(growth->a, TABLE_TREE, slice_of(key.bytes, key.length))) {
        return ERR_OK;
    }
    buffer_clear(&growth->a->scratch);
    tree_row_encode(hash, &growth->a->scratch);
    return applier_put(growth->a, TABLE_TREE, &key);
}

static enum err append(struct ledger_applier *a, struct applied_tree *tree, uint64_t number,
                       struct slice bytes)
{
    struct growth growth = {a, tree};
    struct hash leaf = tree_leaf(entry_body(bytes));
    if (number != tree->tree.first_number + tree->tree.frontier.count) {
        return applier_corrupt(a, "an entry does not follow on in its half's tree");
    }
    return tree_append(&tree->tree.frontier, &leaf, put_whole, &growth);
}

/* It is about to change. */
static void keep_before(const struct ledger_applier *a, struct applied_tree *tree)
{
    if (tree->mark != a->mark) {
        tree->mark = a->mark;
        tree->was_dirty = tree->is_dirty;
        copy_tree(&tree->tree, &tree->before);
    }
    tree->is_dirty = true;
}

static enum err append_kept(struct ledger_applier *a, struct applied_tree *tree, uint64_t number,
                            struct slice bytes)
{
    keep_before(a, tree);
    return append(a, tree, number, bytes);
}

enum err applier_grow(struct ledger_applier *a, enum stream_direction direction,
                      const struct partner_id *partner, struct period period, uint64_t number,
                      struct slice bytes)
{
    struct ledger_key key;
    struct applied_tree *tree = find(a, direction, partner, period);
    if (tree != NULL && a->store.has_applied == NULL) {
        return append_kept(a, tree, number, bytes);
    }
    key_half_tree(direction, partner, period, &key);
    if (applier_has(a, TABLE_TREE, slice_of(key.bytes, key.length))) {
        return ERR_OK;
    }
    if (tree == NULL && a->tree_count < APPLIER_TREES) {
        tree = &a->trees[a->tree_count];
        begin(tree, direction, partner, period);
        TRY(load(a, tree, number));
        a->tree_count++;
    }
    if (tree != NULL) {
        return append_kept(a, tree, number, bytes);
    }
    struct applied_tree alone;
    begin(&alone, direction, partner, period);
    TRY(load(a, &alone, number));
    TRY(append(a, &alone, number, bytes));
    return store(a, &alone);
}

enum err applier_trees_flush(struct ledger_applier *a)
{
    for (size_t i = 0; i < a->tree_count; i++) {
        if (a->trees[i].is_dirty) {
            TRY(store(a, &a->trees[i]));
            a->trees[i].is_dirty = false;
        }
    }
    if (a->tree_count == APPLIER_TREES) {
        a->tree_count = 0; /* so that places go to those in use */
    }
    return ERR_OK;
}

static struct applied_tree *find_by_key(struct ledger_applier *a, struct slice key)
{
    for (size_t i = 0; i < a->tree_count; i++) {
        struct ledger_key kept;
        tree_key(&a->trees[i], &kept);
        if (slice_equal(key, slice_of(kept.bytes, kept.length))) {
            return &a->trees[i];
        }
    }
    return NULL;
}

bool applier_keeps_tree(struct ledger_applier *a, struct slice key)
{
    return find_by_key(a, key) != NULL;
}

enum err applier_put_tree(struct ledger_applier *a, const struct effect_row *row)
{
    struct applied_tree *tree = find_by_key(a, row->key);
    ASSERT(tree != NULL);
    keep_before(a, tree);
    return half_tree_decode(row->value, &tree->tree) == ERR_OK
               ? ERR_OK
               : applier_corrupt(a, "a half's tree is damaged");
}

void applier_trees_undo(struct ledger_applier *a)
{
    for (size_t i = 0; i < a->tree_count; i++) {
        struct applied_tree *tree = &a->trees[i];
        if (tree->mark == a->mark) {
            copy_tree(&tree->before, &tree->tree);
            tree->is_dirty = tree->was_dirty;
        }
    }
}
