#include "settlement/tree.h"

static const uint8_t leaf_head = 0x00;
static const uint8_t node_head = 0x01;

struct hash tree_leaf(struct slice body)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_TREE_LEAF);
    hasher_add(&hasher, slice_of(&leaf_head, 1));
    hasher_add(&hasher, body);
    return hasher_finish(&hasher);
}

struct hash tree_node(const struct hash *left, const struct hash *right)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_TREE_NODE);
    hasher_add(&hasher, slice_of(&node_head, 1));
    hasher_add(&hasher, slice_of(left->bytes, sizeof left->bytes));
    hasher_add(&hasher, slice_of(right->bytes, sizeof right->bytes));
    return hasher_finish(&hasher);
}

size_t tree_peak_count(const struct tree_frontier *frontier)
{
    size_t count = 0;
    for (uint64_t left = frontier->count; left != 0; left &= left - 1) {
        count++;
    }
    return count;
}

enum err tree_append(struct tree_frontier *frontier, const struct hash *leaf,
                     tree_whole_fn *on_whole, void *context)
{
    struct hash hash = *leaf;
    size_t peaks = tree_peak_count(frontier);
    uint64_t number = frontier->count;
    struct tree_place place = {0, number};
    if (number + 1 >= UINT64_C(1) << TREE_LEVELS) {
        return ERR_RANGE;
    }
    while ((number >> place.level & 1) != 0) { /* a right child: its parent is whole with it */
        hash = tree_node(&frontier->peaks[--peaks], &hash);
        place.level++;
        place.index >>= 1;
        if (on_whole != NULL) {
            TRY(on_whole(context, place, &hash));
        }
    }
    frontier->peaks[peaks] = hash;
    frontier->count = number + 1;
    return ERR_OK;
}

struct hash tree_root(const struct tree_frontier *frontier)
{
    size_t peaks = tree_peak_count(frontier);
    struct hash root = {{0}};
    if (peaks > 0) {
        root = frontier->peaks[--peaks];
    }
    while (peaks > 0) {
        root = tree_node(&frontier->peaks[--peaks], &root);
    }
    return root;
}

/* The first leaf of a place; of one beyond any tree, a number beyond any leaf. */
static uint64_t first_leaf(struct tree_place place)
{
    bool is_beyond = place.level > TREE_LEVELS || place.index >> (TREE_LEVELS - place.level) != 0;
    return is_beyond ? UINT64_MAX : place.index << place.level;
}

static bool has_leaf(const struct tree_reader *reader, struct tree_place place)
{
    return first_leaf(place) < reader->count;
}

static bool is_whole(const struct tree_reader *reader, struct tree_place place)
{
    return reader->count - first_leaf(place) >= UINT64_C(1) << place.level;
}

/* Down the right edge, each step to the child that is not whole; what is whole is to its left. */
enum err tree_hash(const struct tree_reader *reader, struct tree_place place, struct hash *out_hash)
{
    struct hash whole[TREE_LEVELS];
    size_t count = 0;
    if (!has_leaf(reader, place)) {
        return ERR_NOT_FOUND;
    }
    while (!is_whole(reader, place)) {
        struct tree_place left = {place.level - 1, place.index * 2};
        struct tree_place right = {place.level - 1, place.index * 2 + 1};
        if (has_leaf(reader, right)) {
            TRY(reader->whole(reader->context, left, &whole[count++]));
            place = right;
        } else {
            place = left;
        }
    }
    struct hash hash;
    TRY(reader->whole(reader->context, place, &hash));
    while (count > 0) {
        hash = tree_node(&whole[--count], &hash);
    }
    *out_hash = hash;
    return ERR_OK;
}

struct hash tree_fold(struct hash *hashes, size_t count)
{
    while (count > 1) {
        size_t kept = 0;
        for (size_t i = 0; i < count; i += 2) {
            bool is_alone = i + 1 == count || hash_is_zero(&hashes[i + 1]);
            hashes[kept++] = is_alone ? hashes[i] : tree_node(&hashes[i], &hashes[i + 1]);
        }
        count = kept;
    }
    return count == 0 ? (struct hash){{0}} : hashes[0];
}

enum err tree_prove(const struct tree_reader *reader, uint64_t leaf,
                    struct hash out_path[TREE_LEVELS], size_t *out_length)
{
    size_t length = 0;
    struct tree_place place = {0, leaf};
    if (leaf >= reader->count) {
        return ERR_NOT_FOUND;
    }
    for (; UINT64_C(1) << place.level < reader->count; place.level++, place.index >>= 1) {
        struct tree_place beside = {place.level, place.index ^ 1};
        if (has_leaf(reader, beside)) { /* else the subtree's parent is itself */
            TRY(tree_hash(reader, beside, &out_path[length++]));
        }
    }
    *out_length = length;
    return ERR_OK;
}

bool tree_proof_holds(const struct hash *leaf_hash, uint64_t leaf, uint64_t count,
                      const struct hash *root, const struct hash *path, size_t length)
{
    struct hash hash = *leaf_hash;
    size_t used = 0;
    if (leaf >= count || count > UINT64_C(1) << TREE_LEVELS) {
        return false;
    }
    for (uint64_t last = count - 1; last > 0; last >>= 1, leaf >>= 1) {
        bool is_right = (leaf & 1) != 0;
        if (!is_right && leaf == last) {
            continue;
        }
        if (used == length) {
            return false;
        }
        hash = is_right ? tree_node(&path[used], &hash) : tree_node(&hash, &path[used]);
        used++;
    }
    return used == length && hash_equal(&hash, root);
}
