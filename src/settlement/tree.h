/* A hash tree over the entries of one half of a pair's period.
 *
 * As in RFC 9162, section 2.1, with BLAKE2b-256: a leaf is the hash of 0x00 and an entry's body
 * (clearing/entry.h), a node that of 0x01 and its two children, each under its own domain; a tree
 * of n leaves splits at the largest power of two below n. So what two leaves more or less change is
 * log n hashes. The leaf of entry `first + i` is number i: neither its number nor the hash of the
 * entry before is in a body, so that an entry that differs is one leaf that differs.
 *
 * A place is (level, index): the leaves from index << level on, 1 << level of them or as many as
 * there are. A subtree is whole when it has them all; then its hash never changes again. Pure.
 */
#ifndef SETTLEMENT_TREE_H
#define SETTLEMENT_TREE_H

#include "crypto/hash.h"

#define TREE_LEVELS                                                                                \
    40u /* at most 2^40 leaves; (TREE_LEVELS, 0) is the root's place in any tree                   \
         */

struct tree_place {
    unsigned level;
    uint64_t index;
};

struct hash tree_leaf(struct slice body);
struct hash tree_node(const struct hash *left, const struct hash *right);

/* What is needed to append: the whole subtrees that the leaves fall into, the largest first, one
 * for each bit of `count`. Zeroed is the empty tree. */
struct tree_frontier {
    uint64_t count;
    struct hash peaks[TREE_LEVELS];
};

size_t tree_peak_count(const struct tree_frontier *frontier);

/* Told of each whole subtree, leaves not included, when its last leaf comes. */
typedef enum err tree_whole_fn(void *context, struct tree_place place, const struct hash *hash);

/* One node's hash for each leaf on average. `on_whole` may be NULL; its error is returned, and the
 * frontier is of no use then. ERR_RANGE beyond 2^TREE_LEVELS - 1 leaves, with nothing changed. */
MUST_USE enum err tree_append(struct tree_frontier *frontier, const struct hash *leaf,
                              tree_whole_fn *on_whole, void *context);
/* Zeros for the empty tree. */
struct hash tree_root(const struct tree_frontier *frontier);

/* A tree as somebody keeps it. */
struct tree_reader {
    void *context;
    uint64_t count; /* leaves; may be fewer than are kept: the tree as it was then */
    /* Of a whole subtree. */
    enum err (*whole)(void *context, struct tree_place place, struct hash *out_hash);
};

/* Of any subtree. ERR_NOT_FOUND when it has no leaf. */
MUST_USE enum err tree_hash(const struct tree_reader *reader, struct tree_place place,
                            struct hash *out_hash);
/* The hash above `count` neighbouring subtrees, the first of them with an even index at each level
 * up to the one that spans them all. Uses up `hashes`; zeros stand for subtrees without a leaf, at
 * the end. Zeros when there is none. */
struct hash tree_fold(struct hash *hashes, size_t count);

/* That a leaf is in the tree of this root: the hashes beside its way up, lowest first (RFC 9162,
 * section 2.1.3). ERR_NOT_FOUND when there is no such leaf. */
MUST_USE enum err tree_prove(const struct tree_reader *reader, uint64_t leaf,
                             struct hash out_path[TREE_LEVELS], size_t *out_length);
bool tree_proof_holds(const struct hash *leaf_hash, uint64_t leaf, uint64_t count,
                      const struct hash *root, const struct hash *path, size_t length);

#endif
