/* Finds the entries in which two halves differ, by their trees.
 *
 *   root -> equal                              one question, whatever the size
 *     `---> descent -> ... -> different        the numbers that differ, lowest first
 *   any --> refused                            the answers contradict themselves, or go too far
 *
 * One side asks; the other answers each question with the hashes of the places that it names. The
 * asker goes down from each subtree that differs, several levels at once and all subtrees in one
 * question, as far as a question may grow: about k log n hashes in (log n) / 4 questions for k
 * differences among n entries. What the other side says of a subtree must be what it said of the
 * one above: answers that are not are refused, so each question brings the search down.
 * A state machine over values; pure but for the reader of our own tree.
 */
#ifndef SETTLEMENT_RECONCILE_H
#define SETTLEMENT_RECONCILE_H

#include "clearing/entry.h"
#include "settlement/tree.h"

#define RECONCILE_PLACES      1024u /* in one question */
#define RECONCILE_STEP_LEVELS 4u    /* that one question goes down at most */
#define RECONCILE_DIFFERENCES 256u  /* that are looked for; the first ones */

enum reconcile_stage {
    RECONCILE_ROOT = 0,
    RECONCILE_DESCENT,
    RECONCILE_EQUAL,
    RECONCILE_DIFFERENT,
    RECONCILE_REFUSED
};

struct reconcile_node {
    uint64_t index;
    struct hash theirs; /* zeros: the other side has no leaf there */
};

/* Large; its fields are its own, but for reading: `stage`, `nodes` of RECONCILE_DIFFERENT (each a
 * leaf; the entry's number is first_number + index), `is_cut`, `their_first`, `their_count`,
 * `rounds` and `hashes`. */
struct reconcile {
    struct tree_reader ours;
    uint64_t first_number;
    enum reconcile_stage stage;
    uint64_t their_first;
    uint64_t their_count;
    unsigned level; /* of the nodes */
    size_t node_count;
    struct reconcile_node nodes[RECONCILE_DIFFERENCES];
    bool is_cut; /* there are more differences; these are the first */
    unsigned step;
    size_t place_count;
    struct tree_place places[RECONCILE_PLACES];
    uint32_t rounds; /* questions that were answered */
    uint64_t hashes; /* that were asked for */
};

/* What the other side has, and a hash for each place that was asked for: zeros where it has no
 * leaf. */
struct reconcile_answer {
    uint64_t first_number;
    uint64_t count; /* of leaves */
    const struct hash *hashes;
    size_t hash_count;
};

/* `ours` is borrowed until the end. */
void reconcile_begin(struct reconcile *reconcile, const struct tree_reader *ours,
                     uint64_t first_number);
static inline bool reconcile_is_over(const struct reconcile *reconcile)
{
    return reconcile->stage >= RECONCILE_EQUAL;
}
/* The places to ask for; borrowed until the answer. Not when it is over. */
const struct tree_place *reconcile_ask(struct reconcile *reconcile, size_t *out_count);
/* ERR_OK also when that ends it. ERR_DISAGREE with a note: refused. Other errors are our reader's.
 */
MUST_USE enum err reconcile_take(struct reconcile *reconcile, const struct reconcile_answer *answer,
                                 struct note *note);
/* What the side that is asked says: one hash for each place. ERR_INPUT for too many of them. */
MUST_USE enum err reconcile_answer_places(const struct tree_reader *tree,
                                          const struct tree_place *places, size_t count,
                                          struct hash *out_hashes);

/* In what the two halves differ at one number. Numbers are those of talea.v1.DifferenceKind. */
enum difference_kind {
    DIFFERENCE_MISSING_HERE = 1,
    DIFFERENCE_MISSING_THERE = 2,
    DIFFERENCE_BODY = 3,
    DIFFERENCE_PERIOD = 4,
    DIFFERENCE_TARIFF = 5,
    DIFFERENCE_KIND_END
};

/* "missing-here", ...; "unknown" for none. */
const char *difference_kind_name(enum difference_kind kind);

/* What each side has under one number. */
struct entry_pair {
    uint64_t number;
    bool has_ours;
    bool has_theirs;
    struct clearing_entry ours;
    struct clearing_entry theirs;
};

struct difference {
    uint64_t number;
    enum difference_kind kind;
    size_t pair; /* which of the pairs it is about */
};

/* Do both sides say the same, wherever it stands? */
bool entries_alike(const struct clearing_entry *a, const struct clearing_entry *b);

/* Classifies the pairs, which are sorted by number and differ. An entry that one side has and the
 * other has not moves all those behind it to other numbers: they are no differences by themselves.
 * Two entries that changed places are two different bodies. `is_cut`: more pairs differ than are
 * given. `out_differences` has room for `count`. */
size_t differences_classify(const struct entry_pair *pairs, size_t count, bool is_cut,
                            struct difference *out_differences);

#endif
