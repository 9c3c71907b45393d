#include "settlement/reconcile.h"

#include <inttypes.h>
#include <string.h>

void reconcile_begin(struct reconcile *reconcile, const struct tree_reader *ours,
                     uint64_t first_number)
{
    memset(reconcile, 0, sizeof *reconcile);
    reconcile->ours = *ours;
    reconcile->first_number = first_number;
}

/* The leaves that either side has. */
static uint64_t width(const struct reconcile *r)
{
    return r->their_count > r->ours.count ? r->their_count : r->ours.count;
}

/* Subtrees of this level that either side has a leaf in. */
static uint64_t width_at(const struct reconcile *r, unsigned level)
{
    uint64_t leaves = width(r);
    return leaves == 0 ? 0 : ((leaves - 1) >> level) + 1;
}

/* The places below one node that are asked for: from its first one on. */
static size_t places_below(const struct reconcile *r, const struct reconcile_node *node)
{
    uint64_t first = node->index << r->step;
    uint64_t left = width_at(r, r->level - r->step) - first;
    uint64_t most = UINT64_C(1) << r->step;
    return (size_t)(left < most ? left : most);
}

const struct tree_place *reconcile_ask(struct reconcile *reconcile, size_t *out_count)
{
    struct reconcile *r = reconcile;
    ASSERT(!reconcile_is_over(r));
    r->place_count = 0;
    if (r->stage == RECONCILE_ROOT) {
        r->places[r->place_count++] = (struct tree_place){TREE_LEVELS, 0};
        *out_count = 1;
        return r->places;
    }
    r->step = r->level < RECONCILE_STEP_LEVELS ? r->level : RECONCILE_STEP_LEVELS;
    while (r->step > 1 && (r->node_count << r->step) > RECONCILE_PLACES) {
        r->step--;
    }
    for (size_t i = 0; i < r->node_count; i++) {
        size_t below = places_below(r, &r->nodes[i]);
        for (size_t j = 0; j < below; j++) {
            r->places[r->place_count++] =
                (struct tree_place){r->level - r->step, (r->nodes[i].index << r->step) + j};
        }
    }
    *out_count = r->place_count;
    return r->places;
}

static enum err our_hash(const struct reconcile *r, struct tree_place place, struct hash *out_hash)
{
    enum err err = tree_hash(&r->ours, place, out_hash);
    if (err == ERR_NOT_FOUND) {
        *out_hash = (struct hash){{0}};
        return ERR_OK;
    }
    return err;
}

static enum err refuse(struct reconcile *r, struct note *note, const char *why)
{
    r->stage = RECONCILE_REFUSED;
    return note_set(note, ERR_DISAGREE, "the partner's hashes can't be compared: %s", why);
}

static void end_different(struct reconcile *r)
{
    r->stage = RECONCILE_DIFFERENT;
    r->level = 0;
}

/* Halves that begin with another entry: those between the two beginnings are of one side's only. */
static void end_shifted(struct reconcile *r)
{
    uint64_t first = r->first_number < r->their_first ? r->first_number : r->their_first;
    uint64_t behind = r->first_number < r->their_first ? r->their_first : r->first_number;
    r->first_number = first; /* the indices of the nodes count from there */
    for (; first + r->node_count < behind && r->node_count < RECONCILE_DIFFERENCES;
         r->node_count++) {
        r->nodes[r->node_count] = (struct reconcile_node){.index = r->node_count};
    }
    r->is_cut = true;
    end_different(r);
}

static enum err take_root(struct reconcile *r, const struct reconcile_answer *answer,
                          struct note *note)
{
    struct hash ours;
    const struct hash *theirs = &answer->hashes[0];
    r->their_first = answer->first_number;
    r->their_count = answer->count;
    if (answer->first_number == 0 || answer->count >= UINT64_C(1) << TREE_LEVELS ||
        hash_is_zero(theirs) != (answer->count == 0)) {
        return refuse(r, note, "it has no such number of entries");
    }
    TRY(our_hash(r, r->places[0], &ours));
    if (r->their_first != r->first_number) {
        end_shifted(r);
        return ERR_OK;
    }
    if (r->their_count == r->ours.count && hash_equal(&ours, theirs)) {
        r->stage = RECONCILE_EQUAL;
        return ERR_OK;
    }
    r->stage = RECONCILE_DESCENT;
    while (r->level < TREE_LEVELS && UINT64_C(1) << r->level < width(r)) {
        r->level++;
    }
    r->nodes[0] = (struct reconcile_node){.index = 0, .theirs = *theirs};
    r->node_count = 1;
    if (r->level == 0) { /* one entry at most */
        end_different(r);
    }
    return ERR_OK;
}

/* Does the other side have leaves just where it says that it ends? */
static bool ends_where_it_says(const struct reconcile *r, struct tree_place place,
                               const struct hash *theirs)
{
    bool has_leaf = place.index << place.level < r->their_count;
    return hash_is_zero(theirs) != has_leaf;
}

/* Of the places below one node, those that differ, behind the `*kept` that are known already. */
static enum err take_below(struct reconcile *r, const struct reconcile_node *node,
                           const struct tree_place *places, const struct hash *hashes, size_t count,
                           struct reconcile_node *found, size_t *kept, struct note *note)
{
    struct hash folded[1u << RECONCILE_STEP_LEVELS];
    for (size_t i = 0; i < count; i++) {
        folded[i] = hashes[i];
        if (!ends_where_it_says(r, places[i], &hashes[i])) {
            return refuse(r, note, "it says otherwise where it ends");
        }
    }
    struct hash above = tree_fold(folded, count);
    if (!hash_equal(&above, &node->theirs)) {
        return refuse(r, note, "a subtree's hash is not that of its parts");
    }
    for (size_t i = 0; i < count; i++) {
        struct hash ours;
        TRY(our_hash(r, places[i], &ours));
        if (hash_equal(&ours, &hashes[i])) {
            continue;
        }
        if (*kept == RECONCILE_DIFFERENCES) {
            r->is_cut = true;
            return ERR_OK;
        }
        found[(*kept)++] = (struct reconcile_node){.index = places[i].index, .theirs = hashes[i]};
    }
    return ERR_OK;
}

static enum err take_descent(struct reconcile *r, const struct reconcile_answer *answer,
                             struct note *note)
{
    struct reconcile_node found[RECONCILE_DIFFERENCES];
    size_t kept = 0;
    size_t at = 0;
    if (answer->first_number != r->their_first || answer->count != r->their_count) {
        return refuse(r, note, "it became another half meanwhile");
    }
    for (size_t i = 0; i < r->node_count; i++) {
        size_t below = places_below(r, &r->nodes[i]);
        TRY(take_below(r, &r->nodes[i], &r->places[at], &answer->hashes[at], below, found, &kept,
                       note));
        at += below;
    }
    if (kept == 0) { /* each node differed: so must one below */
        return refuse(r, note, "a subtree differs in none of its parts");
    }
    memcpy(r->nodes, found, kept * sizeof found[0]);
    r->node_count = kept;
    r->level -= r->step;
    if (r->level == 0) {
        end_different(r);
    }
    return ERR_OK;
}

enum err reconcile_take(struct reconcile *reconcile, const struct reconcile_answer *answer,
                        struct note *note)
{
    ASSERT(!reconcile_is_over(reconcile));
    size_t asked = reconcile->place_count;
    if (answer->hash_count != asked) {
        return refuse(reconcile, note, "it is not one for each place");
    }
    reconcile->rounds++;
    reconcile->hashes += asked;
    return reconcile->stage == RECONCILE_ROOT ? take_root(reconcile, answer, note)
                                              : take_descent(reconcile, answer, note);
}

enum err reconcile_answer_places(const struct tree_reader *tree, const struct tree_place *places,
                                 size_t count, struct hash *out_hashes)
{
    if (count > RECONCILE_PLACES) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < count; i++) {
        enum err err = tree_hash(tree, places[i], &out_hashes[i]);
        if (err == ERR_NOT_FOUND) {
            out_hashes[i] = (struct hash){{0}};
        } else {
            TRY(err);
        }
    }
    return ERR_OK;
}
