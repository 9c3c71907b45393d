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
#define RUNS     500u

static const struct period october = {202610};
static const struct partner_id ids[PARTNERS] = {
    {"bakery"}, {"fuel"}, {"grocer"}, {"hotel"}, {"kiosk"}};

struct world {
    struct arena arena;
    struct netting_table tables[PARTNERS];
    struct netting_word counted[PARTNERS]; /* what each acted on */
    bool has_counted[PARTNERS];
    bool is_netted_apart[PARTNERS][PARTNERS];
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

static const struct netting_patience patient = {false, false, false};
static const struct netting_patience past_grace = {true, true, false};
static const struct netting_patience tired = {true, true, true};

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

static struct netting_set set_of(const struct partner_set *left_out, uint64_t number,
                                 const struct hash *hash, struct partner_id out_ids[PARTNERS])
{
    struct netting_set set = {.coalition = "demo", .period = october, .number = number};
    set.set = *hash;
    set.left_out = out_ids;
    for (size_t k = 0; k < PARTNERS; k++) {
        if (partner_set_has(left_out, k)) {
            out_ids[set.left_out_count++] = ids[k];
        }
    }
    return set;
}

static void hear_votes(struct world *w, size_t who, size_t from, size_t of)
{
    for (uint32_t round = 0; round < NETTING_ROUNDS_MAX; round++) {
        const struct netting_vote *vote = netting_vote_of(&w->tables[from], round, of);
        struct partner_id left_out[PARTNERS];
        struct netting_set set =
            set_of(&vote->left_out, netting_number(round, 1), &vote->set, left_out);
        set.is_against = !vote->is_for;
        if (vote->is_there && of != who) {
            assert_int_equal(netting_add_vote(&w->tables[who], &ids[of], &set), ERR_OK);
        }
    }
}

/* What the other holds comes over whole. */
static void hear(struct world *w, size_t who, size_t from)
{
    for (size_t i = 0; i < PARTNERS; i++) {
        const struct netting_word *word = &w->tables[from].words[i];
        struct partner_id left_out[PARTNERS];
        struct netting_set set = set_of(&word->left_out, word->number, &word->set, left_out);
        if (word->is_there && i != who) {
            assert_int_equal(netting_add_word(&w->tables[who], &ids[i], &set, word->is_commitment),
                             ERR_OK);
        }
        hear_votes(w, who, from, i);
    }
    for (size_t b = 0; b < PARTNERS; b++) {
        for (size_t a = 0; a < b; a++) {
            if ((a == from || b == from) && netting_pair_of(&w->tables[from], a, b)->is_there) {
                see_pair(w, who, a, b);
            }
        }
    }
}

static void vote(struct world *w, size_t who, const struct netting_word *word, bool is_for)
{
    struct partner_id left_out[PARTNERS];
    uint64_t number = netting_number((uint32_t)(word->number >> 32), 1);
    struct netting_set set = set_of(&word->left_out, number, &word->set, left_out);
    set.is_against = !is_for;
    assert_false(
        netting_vote_of(&w->tables[who], (uint32_t)(number >> 32), who)->is_there); /* once */
    assert_int_equal(netting_add_vote(&w->tables[who], &ids[who], &set), ERR_OK);
}

/* What a node does with what it may pay: a set that counts, and pairs by themselves. It stays. */
static void net(struct world *w, size_t who, enum netting_step step,
                const struct netting_word *word)
{
    struct netting_table *table = &w->tables[who];
    if (step == NETTING_COUNTS) {
        assert_true(!w->has_counted[who] || hash_equal(&w->counted[who].set, &word->set));
        w->has_counted[who] = true;
        w->counted[who] = *word;
    }
    for (size_t k = 0; k < PARTNERS; k++) {
        bool is_in_set = step == NETTING_COUNTS && !partner_set_has(&word->left_out, k);
        if (k != who && !is_in_set && netting_is_apart(table, k, who) &&
            netting_pair_of(table, k, who)->is_there) {
            w->is_netted_apart[who][k] = true;
            partner_set_add(&table->never, k); /* as the obligation says */
        }
    }
}

static enum netting_step act(struct world *w, size_t who, const struct netting_patience *patience)
{
    struct netting_table *table = &w->tables[who];
    struct netting_word *own = &table->words[who];
    struct netting_word word;
    struct note note = {""};
    enum netting_step step = netting_decide(table, patience, &word, &note);
    if (step == NETTING_PROPOSES || step == NETTING_COMMITS) {
        bool is_later = !own->is_there || word.number >> 32 > own->number >> 32;
        assert_true(is_later || !own->is_commitment); /* once in a round */
        assert_true(is_later || word.number == own->number + 1);
        word.is_commitment = step == NETTING_COMMITS;
        *own = word;
    } else if (step == NETTING_VOTES_FOR || step == NETTING_VOTES_AGAINST) {
        vote(w, who, &word, step == NETTING_VOTES_FOR);
    } else {
        net(w, who, step, &word);
    }
    return step;
}

/* Nobody pays twice: sets that count have nobody in common, and no pair of one is settled by itself
 * as well. */
static void check_counted(struct world *w)
{
    for (size_t i = 0; i < PARTNERS; i++) {
        for (size_t k = 0; w->has_counted[i] && k < PARTNERS; k++) {
            if (k == i || partner_set_has(&w->counted[i].left_out, k)) {
                continue;
            }
            assert_true(!w->has_counted[k] || hash_equal(&w->counted[i].set, &w->counted[k].set));
            assert_false(w->is_netted_apart[i][k]);
            assert_false(w->is_netted_apart[k][i]);
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
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < PARTNERS; i++) {
            for (size_t k = 0; k < PARTNERS; k++) {
                hear(&w, i, k);
            }
            act(&w, i, &patient);
        }
    }
    for (size_t i = 0; i < PARTNERS; i++) {
        struct netting_word word;
        struct note note;
        struct payment *payments;
        size_t count;
        int64_t owed[PARTNERS] = {0};
        hear(&w, i, (i + 1) % PARTNERS);
        assert_int_equal(netting_decide(&w.tables[i], &patient, &word, &note), NETTING_COUNTS);
        for (size_t k = 0; k < PARTNERS; k++) { /* whoever looks at it */
            assert_true(netting_counts(&w.tables[i], k));
        }
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
    /* Commitments alone are not enough: more than half of them vote. */
    size_t votes = 0;
    for (size_t k = PARTNERS; k > 0; k--) {
        struct netting_vote *vote = netting_vote_of(&w.tables[0], 0, k - 1);
        votes += vote->is_there;
        vote->is_there = votes <= PARTNERS / 2 && vote->is_there;
    }
    assert_true(votes > PARTNERS / 2);
    assert_false(netting_counts(&w.tables[0], 0));
    assert_true(netting_all_committed(&w.tables[0], 0));
    arena_fini(&w.arena);
}

static void all_hear_all(struct world *w, const bool is_gone[PARTNERS])
{
    for (size_t i = 0; i < PARTNERS; i++) {
        for (size_t k = 0; !is_gone[i] && k < PARTNERS; k++) {
            if (!is_gone[k]) {
                hear(w, i, k);
            }
        }
    }
}

/* Each says and does what there is to say, until nobody says anything more. */
static void settle_with(struct world *w, const bool is_gone[PARTNERS],
                        const struct netting_patience *patience)
{
    bool is_quiet = false;
    for (int round = 0; !is_quiet; round++) {
        is_quiet = true;
        assert_true(round < 100);
        for (size_t i = 0; i < PARTNERS; i++) {
            all_hear_all(w, is_gone);
            if (!is_gone[i]) {
                enum netting_step step = act(w, i, patience);
                is_quiet = is_quiet && (step == NETTING_COUNTS || step == NETTING_WAITS);
            }
            check_counted(w);
        }
    }
}

/* A grace begins when there is nothing more to hear. */
static void settle(struct world *w, const bool is_gone[PARTNERS])
{
    static const struct netting_patience late = {true, false, true};
    for (size_t i = 0; i < 3; i++) {
        settle_with(w, is_gone, &late);
        settle_with(w, is_gone, &tired);
    }
}

/* Each pair has been settled once: by itself, on both sides, or in one set that both are in. */
static void check_settled(struct world *w, uint64_t seed)
{
    for (size_t b = 0; b < PARTNERS; b++) {
        for (size_t a = 0; a < b; a++) {
            bool is_in_set = w->has_counted[a] && w->has_counted[b] &&
                             hash_equal(&w->counted[a].set, &w->counted[b].set);
            bool is_apart = w->is_netted_apart[a][b] && w->is_netted_apart[b][a];
            bool has_pair = netting_pair_of(&w->tables[a], a, b)->is_there;
            if (is_in_set == (is_apart || !has_pair)) {
                fail_msg("seed %" PRIu64 ": %s and %s are settled %s", seed, ids[a].text,
                         ids[b].text, is_in_set ? "twice" : "not at all");
            }
        }
    }
}

static void random_steps(struct world *w, bool has[PARTNERS][PARTNERS],
                         const bool is_gone[PARTNERS], int steps)
{
    for (int step = 0; step < steps; step++) {
        size_t who = draw(w, PARTNERS);
        size_t other = draw(w, PARTNERS);
        size_t low = who < other ? who : other;
        size_t high = who < other ? other : who;
        if (is_gone[who] || is_gone[other]) {
            continue;
        }
        if (who != other && has[low][high]) {
            see_pair(w, who, low, high);
        }
        if (who != other && has[low][high]) {
            see_pair(w, other, low, high);
        }
        hear(w, who, other);
        bool is_late = step > steps / 2;
        act(w, who,
            is_late && draw(w, 6) == 0   ? &tired
            : is_late && draw(w, 3) == 0 ? &past_grace
                                         : &patient);
        check_counted(w);
    }
}

/* One goes away at any moment of the protocol, and the others' graces pass; then it is back. */
static void one_run(uint64_t seed)
{
    static const bool nobody[PARTNERS] = {false};
    struct world w;
    bool has[PARTNERS][PARTNERS] = {{false}};
    bool is_gone[PARTNERS] = {false};
    world_init(&w, seed);
    for (size_t b = 0; b < PARTNERS; b++) {
        for (size_t a = 0; a < b; a++) {
            has[a][b] = draw(&w, 5) > 0; /* some never agree */
        }
    }
    random_steps(&w, has, is_gone, (int)draw(&w, 300));
    is_gone[draw(&w, PARTNERS)] = true;
    random_steps(&w, has, is_gone, 100);
    settle(&w, is_gone);
    settle(&w, nobody);
    check_settled(&w, seed);
    arena_fini(&w.arena);
}

static void test_any_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        one_run(seed);
    }
}

/* The last one proposes with the others, holds all commitments, votes, and is gone before anybody
 * has heard its commitment: the others net without it after their grace, and it has acted on
 * nothing when it comes back. */
static void test_one_vanishes_before_its_commitment(void **state)
{
    (void)state;
    static const bool nobody[PARTNERS] = {false};
    const size_t last = PARTNERS - 1;
    size_t voted_apart = 0;
    bool is_gone[PARTNERS] = {false};
    struct world w;
    world_init(&w, 1);
    for (size_t b = 0; b < PARTNERS; b++) {
        for (size_t a = 0; a < b; a++) {
            see_pair(&w, a, a, b);
            see_pair(&w, b, a, b);
        }
    }
    for (size_t i = 0; i < PARTNERS; i++) {
        all_hear_all(&w, nobody);
        assert_int_equal(act(&w, i, &patient), NETTING_PROPOSES);
    }
    for (size_t i = 0; i < PARTNERS; i++) {
        all_hear_all(&w, nobody);
        assert_int_equal(act(&w, i, &patient), NETTING_COMMITS);
    }
    assert_int_equal(act(&w, last, &patient), NETTING_VOTES_FOR);
    assert_int_equal(act(&w, last, &patient), NETTING_WAITS);
    is_gone[last] = true;
    settle_with(&w, is_gone, &patient);
    assert_false(w.has_counted[0]); /* in the grace it is waited for */
    settle(&w, is_gone);
    for (size_t i = 0; i < last; i++) {
        assert_true(w.has_counted[i]);
        assert_true(partner_set_has(&w.counted[i].left_out, last));
        assert_true(hash_equal(&w.counted[i].set, &w.counted[0].set));
        assert_true(w.is_netted_apart[i][last]);
        voted_apart += netting_voted_apart(&w.tables[0], i, last);
        assert_false(i > 0 && netting_voted_apart(&w.tables[0], 0, i));
    }
    assert_true(voted_apart > last / 2); /* or the set would not count */
    assert_false(w.has_counted[last]);
    settle(&w, nobody);
    check_settled(&w, 0);
    arena_fini(&w.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_are_there),
                                       cmocka_unit_test(test_one_vanishes_before_its_commitment),
                                       cmocka_unit_test(test_any_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
