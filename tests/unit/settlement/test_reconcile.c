/* The search for what differs: random trees with random differences, and answers that lie. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "settlement/reconcile.h"
#include "trees.h"

/* Large. */
static struct plain_tree ours;
static struct plain_tree theirs;
static struct reconcile reconcile;

static struct random_stream stream;

static uint64_t draw(uint64_t below)
{
    struct random_source source = random_seeded(&stream);
    uint64_t number;
    random_fill(&source, &number, sizeof number);
    return number % below;
}

static void fill(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t number = i;
        ours.leaves[i] = theirs.leaves[i] = tree_leaf(slice_of(&number, sizeof number));
    }
    ours.count = theirs.count = count;
}

/* Changes an answer on its way: how a partner lies. */
typedef void lie_fn(struct reconcile_answer *answer, struct hash *hashes);

static enum err step(lie_fn *lie, struct note *note)
{
    static struct hash hashes[RECONCILE_PLACES + 1];
    struct tree_reader reader = plain_reader(&theirs);
    size_t count;
    const struct tree_place *places = reconcile_ask(&reconcile, &count);
    assert_true(count >= 1 && count <= RECONCILE_PLACES);
    assert_int_equal(reconcile_answer_places(&reader, places, count, hashes), ERR_OK);
    struct reconcile_answer answer = {1, theirs.count, hashes, count};
    if (lie != NULL) {
        lie(&answer, hashes);
    }
    return reconcile_take(&reconcile, &answer, note);
}

static void begin(void)
{
    static struct tree_reader reader;
    reader = plain_reader(&ours);
    reconcile_begin(&reconcile, &reader, 1);
}

static void run(void)
{
    struct note note = {""};
    begin();
    while (!reconcile_is_over(&reconcile)) {
        assert_int_equal(step(NULL, &note), ERR_OK);
    }
}

static bool differs(size_t i)
{
    bool is_here = i < ours.count;
    bool is_there = i < theirs.count;
    return is_here != is_there || (is_here && !hash_equal(&ours.leaves[i], &theirs.leaves[i]));
}

/* Exactly those that differ, in order. */
static void expect_found(void)
{
    size_t found = 0;
    size_t most = ours.count > theirs.count ? ours.count : theirs.count;
    for (size_t i = 0; i < most; i++) {
        if (!differs(i)) {
            continue;
        }
        if (found == RECONCILE_DIFFERENCES) {
            assert_true(reconcile.is_cut);
            break;
        }
        assert_true(found < reconcile.node_count);
        assert_int_equal(reconcile.nodes[found].index, i);
        found++;
    }
    assert_int_equal(reconcile.node_count, found);
    assert_int_equal(reconcile.stage, found == 0 ? RECONCILE_EQUAL : RECONCILE_DIFFERENT);
}

static void test_equal_in_one_round(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 64, 1000, 8192};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fill(sizes[i]);
        run();
        assert_int_equal(reconcile.stage, RECONCILE_EQUAL);
        assert_int_equal(reconcile.rounds, 1);
        assert_int_equal(reconcile.hashes, 1);
    }
}

static void test_few_rounds(void **state)
{
    (void)state;
    fill(8192);
    theirs.leaves[17].bytes[0] ^= 1;
    theirs.leaves[4000].bytes[0] ^= 1;
    theirs.leaves[8191].bytes[0] ^= 1;
    run();
    expect_found();
    assert_int_equal(reconcile.node_count, 3);
    assert_int_equal(reconcile.rounds, 5);                /* the root, and 13 levels by fours */
    assert_true(reconcile.hashes <= 1 + 16 + 3 * 3 * 16); /* 3 differences */
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        stream = random_stream_of(seed);
        fill((size_t)draw(seed % 10 == 0 ? PLAIN_LEAVES_MAX : 700));
        uint64_t changes = draw(12);
        for (uint64_t i = 0; i < changes && theirs.count > 0; i++) {
            theirs.leaves[draw(theirs.count)].bytes[3] ^= 0x40;
        }
        if (draw(3) == 0) { /* the ends differ */
            struct plain_tree *shorter = draw(2) == 0 ? &ours : &theirs;
            shorter->count -= shorter->count == 0 ? 0 : draw(shorter->count < 9 ? 2 : 9);
        }
        run();
        expect_found();
    }
}

static void test_endless(void **state)
{
    (void)state;
    fill(8192);
    for (size_t i = 5; i < 8192; i++) {
        theirs.leaves[i].bytes[0] ^= 1;
    }
    run();
    expect_found();
    assert_true(reconcile.is_cut);
    assert_true(reconcile.rounds < 20);
}

static void test_another_beginning(void **state)
{
    (void)state;
    fill(40);
    static struct tree_reader reader;
    struct note note = {""};
    reader = plain_reader(&ours);
    reconcile_begin(&reconcile, &reader, 4); /* theirs begins with 1 */
    assert_int_equal(step(NULL, &note), ERR_OK);
    assert_int_equal(reconcile.stage, RECONCILE_DIFFERENT);
    assert_int_equal(reconcile.first_number, 1);
    assert_int_equal(reconcile.node_count, 3);
    assert_int_equal(reconcile.nodes[2].index, 2);
}

static void too_few(struct reconcile_answer *answer, struct hash *hashes)
{
    (void)hashes;
    answer->hash_count--;
}

static void one_more(struct reconcile_answer *answer, struct hash *hashes)
{
    (void)hashes;
    answer->count++;
}

static void another_first(struct reconcile_answer *answer, struct hash *hashes)
{
    (void)hashes;
    answer->first_number++;
}

static void another_hash(struct reconcile_answer *answer, struct hash *hashes)
{
    hashes[answer->hash_count - 1].bytes[9] ^= 1;
}

static void no_hash(struct reconcile_answer *answer, struct hash *hashes)
{
    hashes[answer->hash_count / 2] = (struct hash){{0}};
}

static void countless(struct reconcile_answer *answer, struct hash *hashes)
{
    (void)hashes;
    answer->count = UINT64_MAX;
}

static void from_nowhere(struct reconcile_answer *answer, struct hash *hashes)
{
    (void)hashes;
    answer->first_number = 0;
}

/* A lie is told at the `round`th answer. */
static void expect_refused(lie_fn *lie, unsigned round)
{
    struct note note = {""};
    fill(1000);
    theirs.leaves[500].bytes[0] ^= 1;
    begin();
    for (unsigned i = 0; i < round; i++) {
        assert_int_equal(step(NULL, &note), ERR_OK);
    }
    assert_int_equal(step(lie, &note), ERR_DISAGREE);
    assert_int_equal(reconcile.stage, RECONCILE_REFUSED);
    assert_true(reconcile_is_over(&reconcile));
    assert_int_not_equal(note.text[0], '\0');
}

static void test_lies(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 4; round++) {
        expect_refused(too_few, round);
    }
    for (unsigned round = 1; round < 4; round++) {
        expect_refused(one_more, round);
        expect_refused(another_first, round);
        expect_refused(another_hash, round);
        expect_refused(no_hash, round);
    }
    expect_refused(no_hash, 0);
    expect_refused(countless, 0);
    expect_refused(from_nowhere, 0);
}

/* Ours throughout, below a root that is not ours: its parts must be those of the root. */
static void ours_below(struct reconcile_answer *answer, struct hash *hashes)
{
    struct tree_reader reader = plain_reader(&ours);
    if (reconcile.stage != RECONCILE_ROOT) {
        assert_int_equal(
            reconcile_answer_places(&reader, reconcile.places, answer->hash_count, hashes), ERR_OK);
    }
}

static void test_no_parts(void **state)
{
    (void)state;
    expect_refused(ours_below, 1);
}

/* A half without an end is searched for its first differences only. */
static void test_huge(void **state)
{
    (void)state;
    struct note note = {""};
    fill(10);
    begin();
    size_t count;
    struct hash hash = {{7}};
    (void)reconcile_ask(&reconcile, &count);
    struct reconcile_answer answer = {1, (UINT64_C(1) << 39) + 5, &hash, 1};
    assert_int_equal(reconcile_take(&reconcile, &answer, &note), ERR_OK);
    (void)reconcile_ask(&reconcile, &count);
    assert_true(count <= 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_in_one_round),
        cmocka_unit_test(test_few_rounds),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_another_beginning),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_no_parts),
        cmocka_unit_test(test_huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
