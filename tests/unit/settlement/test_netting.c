/* Partners that say and hear what they would net, in any order: two sets that count never have one
 * of them in common, and when all hear all, everybody ends with the same. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "settlement/netting.h"

#define PARTNERS 5u
#define RUNS     400u

static const struct period october = {202610};
static const struct partner_id ids[PARTNERS] = {
    {"bakery"}, {"fuel"}, {"grocer"}, {"hotel"}, {"kiosk"}};

struct world {
    struct arena arena;
    struct netting_table tables[PARTNERS];
    uint64_t random;
};

static uint64_t draw(struct world *w, uint64_t below)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (w->random >> 33) % below;
}

static struct pair_statement statement_of(size_t a, size_t b, int64_t net)
{
    struct pair_statement s = {.coalition = "demo", .charter_epoch = 1, .period = october};
    s.halves[0] = (struct statement_half){
        .sender = ids[a], .receiver = ids[b], .first_number = 1, .last_number = a + 2};
    s.halves[1] = (struct statement_half){
        .sender = ids[b], .receiver = ids[a], .first_number = 1, .last_number = b + 2};
    if (net != 0) {
        s.debtor = ids[net > 0 ? a : b];
        s.creditor = ids[net > 0 ? b : a];
    }
    s.net = money_of(net < 0 ? -net : net);
    memcpy(s.currency, "EUR", 4);
    return s;
}

static void world_init(struct world *w, uint64_t seed)
{
    *w = (struct world){.random = seed};
    arena_init(&w->arena, 64u << 20);
    for (size_t i = 0; i < PARTNERS; i++) {
        assert_int_equal(
            netting_table_make("demo", october, ids, PARTNERS, &ids[i], &w->arena, &w->tables[i]),
            ERR_OK);
    }
}

static void see_pair(struct world *w, size_t who, size_t a, size_t b)
{
    struct pair_statement s = statement_of(a, b, (int64_t)(a * 100) - (int64_t)(b * 37));
    assert_int_equal(netting_add_statement(&w->tables[who], &s), ERR_OK);
}

/* What the other holds comes over whole. */
static void hear(struct world *w, size_t who, size_t from)
{
    for (size_t i = 0; i < PARTNERS; i++) {
        const struct netting_word *word = &w->tables[from].words[i];
        struct partner_id left_out[PARTNERS];
        struct netting_set set = {
            .coalition = "demo", .period = october, .number = word->number, .set = word->set};
        set.left_out = left_out;
        for (size_t k = 0; k < PARTNERS; k++) {
            if (partner_set_has(&word->left_out, k)) {
                left_out[set.left_out_count++] = ids[k];
            }
        }
        if (word->is_there && i != who) {
            assert_int_equal(netting_add_word(&w->tables[who], &ids[i], &set, word->is_commitment),
                             ERR_OK);
        }
    }
    for (size_t b = 0; b < PARTNERS; b++) {
        for (size_t a = 0; a < b; a++) {
            if ((a == from || b == from) && netting_pair_of(&w->tables[from], a, b)->is_there) {
                see_pair(w, who, a, b);
            }
        }
    }
}

static enum netting_step act(struct world *w, size_t who, bool is_past_grace)
{
    struct netting_table *table = &w->tables[who];
    struct netting_word word;
    struct note note = {""};
    enum netting_step step = netting_decide(table, is_past_grace, is_past_grace, &word, &note);
    if (step == NETTING_PROPOSES || step == NETTING_COMMITS) {
        assert_false(table->words[who].is_commitment); /* once, and for ever */
        word.is_commitment = step == NETTING_COMMITS;
        table->words[who] = word;
    }
    return step;
}

/* Sets that all in them committed to: nobody is in two. Each commits once, so it is enough that who
 * believes that its set counts is right. */
static void check_counted(struct world *w)
{
    for (size_t i = 0; i < PARTNERS; i++) {
        struct netting_word word;
        struct note note;
        if (netting_decide(&w->tables[i], false, false, &word, &note) != NETTING_COUNTS) {
            continue;
        }
        for (size_t k = 0; k < PARTNERS; k++) {
            if (!partner_set_has(&word.left_out, k)) {
                assert_true(w->tables[k].words[k].is_commitment);
                assert_true(hash_equal(&w->tables[k].words[k].set, &word.set));
            }
        }
    }
}

static void test_all_are_there(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    for (size_t b = 0; b < PARTNERS; b++) {
        for (size_t a = 0; a < b; a++) {
            see_pair(&w, a, a, b);
            see_pair(&w, b, a, b);
        }
    }
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < PARTNERS; i++) {
            for (size_t k = 0; k < PARTNERS; k++) {
                hear(&w, i, k);
            }
            act(&w, i, false);
        }
    }
    for (size_t i = 0; i < PARTNERS; i++) {
        struct netting_word word;
        struct note note;
        struct payment *payments;
        size_t count;
        int64_t owed[PARTNERS] = {0};
        hear(&w, i, (i + 1) % PARTNERS);
        assert_int_equal(netting_decide(&w.tables[i], false, false, &word, &note), NETTING_COUNTS);
        assert_int_equal(
            netting_payments(&w.tables[i], &word.left_out, &w.arena, &payments, &count), ERR_OK);
        assert_true(count < PARTNERS);
        for (size_t k = 0; k < count; k++) {
            owed[netting_place(&w.tables[i], &payments[k].debtor)] += payments[k].amount.minor;
            owed[netting_place(&w.tables[i], &payments[k].creditor)] -= payments[k].amount.minor;
        }
        for (size_t b = 0; b < PARTNERS; b++) { /* to the last unit what the pairs say */
            for (size_t a = 0; a < b; a++) {
                int64_t net = (int64_t)(a * 100) - (int64_t)(b * 37);
                owed[a] -= net;
                owed[b] += net;
            }
        }
        for (size_t k = 0; k < PARTNERS; k++) {
            assert_int_equal(owed[k], 0);
        }
    }
    arena_fini(&w.arena);
}

static void one_run(uint64_t seed)
{
    struct world w;
    bool has[PARTNERS][PARTNERS] = {{false}};
    world_init(&w, seed);
    for (size_t b = 0; b < PARTNERS; b++) {
        for (size_t a = 0; a < b; a++) {
            has[a][b] = draw(&w, 5) > 0; /* some never agree */
        }
    }
    for (int step = 0; step < 300; step++) {
        size_t who = draw(&w, PARTNERS);
        size_t other = draw(&w, PARTNERS);
        if (who != other && has[who < other ? who : other][who < other ? other : who]) {
            see_pair(&w, who, who < other ? who : other, who < other ? other : who);
        }
        hear(&w, who, other);
        act(&w, who, step > 150 && draw(&w, 3) == 0);
        check_counted(&w);
    }
    /* Everybody hears everybody: those who are not apart are in one set that counts, or wait for
     * somebody who committed with others. */
    for (int round = 0; round < 12; round++) {
        for (size_t i = 0; i < PARTNERS; i++) {
            for (size_t k = 0; k < PARTNERS; k++) {
                hear(&w, i, k);
            }
            act(&w, i, true);
        }
        check_counted(&w);
    }
    for (size_t i = 0; i < PARTNERS; i++) {
        if (!w.tables[i].words[i].is_commitment) {
            (void)fprintf(stderr, "seed %" PRIu64 ": %s committed to nothing\n", seed, ids[i].text);
        }
        for (size_t k = 0; k < PARTNERS; k++) {
            bool is_same = hash_equal(&w.tables[i].words[i].set, &w.tables[k].words[k].set);
            assert_true(i == k || is_same || netting_is_apart(&w.tables[i], i, k));
        }
    }
    arena_fini(&w.arena);
}

static void test_any_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        one_run(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_are_there),
                                       cmocka_unit_test(test_any_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
