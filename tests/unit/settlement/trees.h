/* A tree kept in the simplest way: all leaves, and every hash by the definition (RFC 9162, section
 * 2.1.1), without a line of the module's own walks. */
#ifndef TESTS_SETTLEMENT_TREES_H
#define TESTS_SETTLEMENT_TREES_H

#include "settlement/tree.h"

#define PLAIN_LEAVES_MAX 8192u

struct plain_tree {
    size_t count;
    struct hash leaves[PLAIN_LEAVES_MAX];
};

static inline struct hash plain_hash(const struct hash *leaves, size_t count)
{
    if (count == 1) {
        return leaves[0];
    }
    size_t split = 1;
    while (split * 2 < count) {
        split *= 2;
    }
    struct hash left = plain_hash(leaves, split);
    struct hash right = plain_hash(leaves + split, count - split);
    return tree_node(&left, &right);
}

static inline enum err plain_whole(void *context, struct tree_place place, struct hash *out_hash)
{
    const struct plain_tree *tree = context;
    uint64_t first = place.index << place.level;
    if (first + (UINT64_C(1) << place.level) > tree->count) {
        return ERR_INTERNAL; /* it is not whole */
    }
    *out_hash = plain_hash(&tree->leaves[first], (size_t)1 << place.level);
    return ERR_OK;
}

static inline struct tree_reader plain_reader(struct plain_tree *tree)
{
    return (struct tree_reader){tree, tree->count, plain_whole};
}

#endif
