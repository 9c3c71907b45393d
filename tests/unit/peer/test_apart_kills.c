/* Setting apart, killed at each append of either journal, before it is durable and after: it goes
 * on, and comes to the one result that it comes to undisturbed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "apart_case.h"
#include "peer/pair.h"
#include "wire/messages.h"

/* Large. */
static struct apart_case room;
static struct apart_case *const c = &room;

/* Where a journal fails. */
struct crash {
    unsigned index;
    int append; /* from 0; -1: nowhere */
    bool is_after;
};

static struct crash crash;
static bool has_crashed;

/* The process that failed is gone, and comes again. */
static bool revive(void)
{
    struct faulty_journal *journal = &apart_brand(c, crash.index)->journal;
    if (crash.append < 0 || has_crashed || journal->failures_before + journal->failures_after > 0) {
        return false;
    }
    has_crashed = true;
    brand_kill(apart_brand(c, crash.index));
    brand_open(apart_brand(c, crash.index));
    return true;
}

static void arm(void)
{
    struct faulty_journal *journal = &apart_brand(c, crash.index)->journal;
    has_crashed = false;
    if (crash.append >= 0) {
        journal->sound_before = crash.append;
        *(crash.is_after ? &journal->failures_after : &journal->failures_before) = 1;
    }
}

/* What a node's session does about a period that differs, as far as it comes. */
static void mend_as_session(void)
{
    struct note note = {""};
    if (street_ask_apart(&c->street, OCTOBER, &note) == ERR_OK || revive()) {
        return;
    }
    if (street_compare(&c->street, 0, STREAM_OUT, OCTOBER, &c->comparison, NULL, &note) == ERR_OK &&
        c->comparison.search.stage == RECONCILE_DIFFERENT) {
        (void)!street_set_apart(&c->street, &c->comparison, OCTOBER, false, &note);
    }
    comparison_close(&c->comparison);
    (void)revive();
}

static bool is_matched(unsigned index)
{
    struct pair_row row = street_pair(&c->street, index, OCTOBER);
    bool is_so = row.pair.state == PAIR_MATCHED;
    pair_row_fini(&row);
    return is_so;
}

static bool is_cleared(unsigned index)
{
    struct stream out = brand_stream(apart_brand(c, index), STREAM_OUT, apart_brand(c, 1 - index));
    return out.receipted_number == out.last_number;
}

static void take_round(void)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        struct note note = {""};
        if (!is_matched(0) || !is_matched(1)) {
            mend_as_session();
            (void)!street_exchange(&c->street, i, OCTOBER, false, &note);
            (void)revive();
        }
        (void)!shop_try_clear(&c->street, i, &note);
        (void)revive();
        while (engine_keep_time(apart_brand(c, i)->engine)) {
        }
        (void)revive();
    }
}

struct result {
    struct dispute disputes[BRANDS];
    int64_t available;
    uint64_t sent[BRANDS];
};

static bool is_finished(uint64_t number)
{
    bool is_so = is_matched(0) && is_matched(1) && is_cleared(0) && is_cleared(1);
    for (unsigned i = 0; i < BRANDS; i++) {
        is_so = is_so && apart_dispute_at(c, i, number).state == DISPUTE_ADJUSTED;
    }
    return is_so;
}

static void run_killed(enum fault fault, struct result *out_result)
{
    struct brand copy;
    uint64_t number = apart_expected[fault].number;
    unsigned rounds = 0;
    bool has_waited = false;
    apart_seed(c, STAGE_DIFFERING, fault, &copy);
    arm();
    while (!is_finished(number)) {
        assert_true(rounds++ < 40);
        take_round();
        if (!has_waited && is_matched(0) && is_matched(1)) {
            has_waited = true;
            for (unsigned i = 0; i < BRANDS; i++) {
                brand_wait(apart_brand(c, i), 10 * WEEK_MS);
            }
        }
    }
    for (unsigned i = 0; i < BRANDS; i++) {
        out_result->disputes[i] = apart_dispute_at(c, i, number);
        out_result->sent[i] =
            brand_stream(apart_brand(c, i), STREAM_OUT, apart_brand(c, 1 - i)).last_number;
    }
    out_result->available = apart_available(c);
    street_assert_agrees(&c->street);
    apart_check_rows(c);
    street_fini(&c->street);
}

static void expect_result(enum fault fault, const struct result *was, const struct result *is)
{
    bool is_same = was->available == is->available;
    for (unsigned i = 0; i < BRANDS; i++) {
        is_same = is_same && was->sent[i] == is->sent[i] &&
                  was->disputes[i].outcome == is->disputes[i].outcome &&
                  was->disputes[i].is_silent == is->disputes[i].is_silent &&
                  was->disputes[i].claim.minor == is->disputes[i].claim.minor;
    }
    if (!is_same) {
        fail_msg("%s, killed shop %u at append %d %s: %lld points, not %lld; sent %llu and %llu",
                 fault_name(fault), crash.index, crash.append, crash.is_after ? "after" : "before",
                 (long long)is->available, (long long)was->available,
                 (unsigned long long)is->sent[0], (unsigned long long)is->sent[1]);
    }
}

static void test_one_result_under_kills(void **state)
{
    (void)state;
    static const enum fault faults[] = {FAULT_DROPPED, FAULT_AMOUNT};
    for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++) {
        struct result undisturbed;
        unsigned kills = 0;
        crash = (struct crash){.append = -1};
        run_killed(faults[f], &undisturbed);
        for (unsigned variant = 0; variant < 2 * BRANDS; variant++) {
            crash = (struct crash){.index = variant / 2, .append = 0, .is_after = variant % 2};
            do {
                struct result result;
                run_killed(faults[f], &result);
                expect_result(faults[f], &undisturbed, &result);
                kills += has_crashed;
                crash.append++;
            } while (has_crashed);
        }
        print_message("%s: %u kills\n", fault_name(faults[f]), kills);
        assert_true(kills > 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_result_under_kills),
    };
    if (access("/dev/shm", W_OK) == 0) { /* a kill of a process loses no page */
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
