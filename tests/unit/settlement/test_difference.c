/* Faults put into one side's half: each must be found by the trees and called by its name. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "settlement/reconcile.h"
#include "trees.h"

#define ENTRIES 600u

/* One side's half: its entries, the first has number 1. */
struct side {
    size_t count;
    struct clearing_entry entries[ENTRIES + 2];
};

/* Large. */
static struct side ours;
static struct side theirs;
static struct plain_tree our_tree;
static struct plain_tree their_tree;
static struct reconcile reconcile;

static struct clearing_entry entry_of(unsigned number)
{
    struct clearing_entry entry = {.number = number,
                                   .period = {202610},
                                   .business_time = {1000 + number},
                                   .kind = ENTRY_EARN,
                                   .points = {10 + number % 7},
                                   .tariff = 1};
    put_u64_be(entry.transaction_id.bytes, number);
    assert_int_equal(card_number_parse("4539148803436467", &entry.card), ERR_OK);
    return entry;
}

static void fill(struct side *side)
{
    side->count = ENTRIES;
    for (unsigned i = 0; i < ENTRIES; i++) {
        side->entries[i] = entry_of(i + 1);
    }
}

/* A body for the tree: what two entries that are alike have in common. */
static struct hash leaf_of(const struct clearing_entry *entry)
{
    struct clearing_entry body = *entry;
    body.number = 0;
    body.previous_hash = (struct hash){{0}};
    return tree_leaf(slice_of(&body, sizeof body));
}

static void grow(const struct side *side, struct plain_tree *tree)
{
    tree->count = side->count;
    for (size_t i = 0; i < side->count; i++) {
        tree->leaves[i] = leaf_of(&side->entries[i]);
    }
}

static void search(void)
{
    static struct hash hashes[RECONCILE_PLACES];
    struct tree_reader our_reader = plain_reader(&our_tree);
    struct tree_reader their_reader = plain_reader(&their_tree);
    struct note note;
    reconcile_begin(&reconcile, &our_reader, 1);
    while (!reconcile_is_over(&reconcile)) {
        size_t count;
        const struct tree_place *places = reconcile_ask(&reconcile, &count);
        assert_int_equal(reconcile_answer_places(&their_reader, places, count, hashes), ERR_OK);
        struct reconcile_answer answer = {1, their_tree.count, hashes, count};
        assert_int_equal(reconcile_take(&reconcile, &answer, &note), ERR_OK);
    }
}

static size_t classify(struct difference *out)
{
    static struct entry_pair pairs[RECONCILE_DIFFERENCES];
    for (size_t i = 0; i < reconcile.node_count; i++) {
        uint64_t index = reconcile.nodes[i].index;
        pairs[i] = (struct entry_pair){.number = index + 1,
                                       .has_ours = index < ours.count,
                                       .has_theirs = index < theirs.count};
        if (pairs[i].has_ours) {
            pairs[i].ours = ours.entries[index];
        }
        if (pairs[i].has_theirs) {
            pairs[i].theirs = theirs.entries[index];
        }
    }
    return differences_classify(pairs, reconcile.node_count, reconcile.is_cut, out);
}

/* ---- The faults, put into `side` ---- */

static void nothing(struct side *side)
{
    (void)side;
}

/* Number 300 is gone, and those behind it moved up. */
static void dropped(struct side *side)
{
    memmove(&side->entries[299], &side->entries[300],
            (side->count - 300) * sizeof side->entries[0]);
    side->count--;
}

static void dropped_last(struct side *side)
{
    side->count--;
}

static void dropped_near_end(struct side *side)
{
    memmove(&side->entries[595], &side->entries[596],
            (side->count - 596) * sizeof side->entries[0]);
    side->count--;
}

static void doubled(struct side *side)
{
    memmove(&side->entries[300], &side->entries[299],
            (side->count - 299) * sizeof side->entries[0]);
    side->count++;
}

static void doubled_at_end(struct side *side)
{
    side->entries[side->count++] = side->entries[299];
}

static void amount(struct side *side)
{
    side->entries[299].points.minor += 5;
}

static void period(struct side *side)
{
    side->entries[299].period.code = 202611;
}

static void tariff(struct side *side)
{
    side->entries[299].tariff = 2;
}

static void tariff_and_period(struct side *side)
{
    tariff(side);
    period(side);
}

static void swapped(struct side *side)
{
    struct clearing_entry kept = side->entries[299];
    side->entries[299] = side->entries[400];
    side->entries[400] = kept;
}

/* Another story from number 300 on: three entries of it are others. */
static void forked(struct side *side)
{
    for (unsigned i = 299; i < 302; i++) {
        side->entries[i].transaction_id.bytes[0] = 0xEE;
    }
    for (size_t i = 300; i < side->count; i++) {
        side->entries[i].previous_hash.bytes[0] ^= 1;
    }
}

static void three_kinds(struct side *side)
{
    tariff(side);
    side->entries[99].points.minor++;
    side->entries[499].period.code = 202611;
}

struct expected {
    uint64_t number;
    enum difference_kind kind;
};

struct fault {
    const char *name;
    void (*put)(struct side *side);
    size_t count;
    struct expected when_theirs[3]; /* the fault is the partner's */
};

static const struct fault faults[] = {
    {"nothing", nothing, 0, {{0}}},
    {"dropped", dropped, 1, {{300, DIFFERENCE_MISSING_THERE}}},
    {"dropped, last", dropped_last, 1, {{600, DIFFERENCE_MISSING_THERE}}},
    {"dropped, near the end", dropped_near_end, 1, {{596, DIFFERENCE_MISSING_THERE}}},
    {"doubled", doubled, 1, {{301, DIFFERENCE_MISSING_HERE}}},
    {"doubled at the end", doubled_at_end, 1, {{601, DIFFERENCE_MISSING_HERE}}},
    {"altered amount", amount, 1, {{300, DIFFERENCE_BODY}}},
    {"altered period", period, 1, {{300, DIFFERENCE_PERIOD}}},
    {"altered tariff", tariff, 1, {{300, DIFFERENCE_TARIFF}}},
    {"tariff and period", tariff_and_period, 1, {{300, DIFFERENCE_BODY}}},
    {"swapped", swapped, 2, {{300, DIFFERENCE_BODY}, {401, DIFFERENCE_BODY}}},
    {"forked", forked, 3, {{300, DIFFERENCE_BODY}, {301, DIFFERENCE_BODY}, {302, DIFFERENCE_BODY}}},
    {"three of them",
     three_kinds,
     3,
     {{100, DIFFERENCE_BODY}, {300, DIFFERENCE_TARIFF}, {500, DIFFERENCE_PERIOD}}},
};

/* The same from the other side. */
static enum difference_kind mirrored(enum difference_kind kind)
{
    return kind == DIFFERENCE_MISSING_HERE    ? DIFFERENCE_MISSING_THERE
           : kind == DIFFERENCE_MISSING_THERE ? DIFFERENCE_MISSING_HERE
                                              : kind;
}

static void expect_fault(const struct fault *fault, bool is_ours)
{
    struct difference found[RECONCILE_DIFFERENCES];
    fill(&ours);
    fill(&theirs);
    fault->put(is_ours ? &ours : &theirs);
    grow(&ours, &our_tree);
    grow(&theirs, &their_tree);
    search();
    size_t count = classify(found);
    for (size_t i = 0; i < count && i < fault->count; i++) {
        enum difference_kind kind = fault->when_theirs[i].kind;
        kind = is_ours ? mirrored(kind) : kind;
        if (found[i].number != fault->when_theirs[i].number || found[i].kind != kind) {
            fail_msg("%s of %s: entry %" PRIu64 " is %s", fault->name, is_ours ? "ours" : "theirs",
                     found[i].number, difference_kind_name(found[i].kind));
        }
    }
    if (count != fault->count) {
        fail_msg("%s of %s: %zu differences", fault->name, is_ours ? "ours" : "theirs", count);
    }
}

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        expect_fault(&faults[i], false);
        expect_fault(&faults[i], true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
