/* A dispute between two shops, killed at each append of either side's journal, before it is durable
 * and after (so that each message is sent and not answered, or taken and not known to be): it goes
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

#include "comparing.h"

enum {
    SHOP = 0,
    HOME = 1, /* opens */
    ROUNDS_MAX = 40
};

#define WEEK_MS (7 * (int64_t)DAY_MS)

/* What an office says, or (step 0) that time goes by. */
struct move {
    unsigned who;
    enum dispute_step step;
    int64_t wait_ms;
};

/* The entry that is disputed. */
enum about {
    ABOUT_EARN = 0,
    ABOUT_CAPTURE,
    /* Delivered when the home had given the points back: refused. The home's machine says so; the
     * shop's can't know when it was delivered, so that people answer. */
    ABOUT_LATE_CAPTURE
};

struct script {
    const char *name;
    struct move moves[8];
    size_t count;
    enum dispute_ruling outcome;
    enum about about;
};

static const struct script scripts[] = {
    {"accepted",
     {{HOME, STEP_OPEN, 0}, {SHOP, STEP_ANSWER, 0}, {SHOP, STEP_ACCEPT, 0}},
     3,
     RULING_UPHELD,
     ABOUT_EARN},
    {"silently accepted",
     {{HOME, STEP_OPEN, 0}, {SHOP, (enum dispute_step)0, 10 * WEEK_MS}},
     2,
     RULING_UPHELD,
     ABOUT_EARN},
    {"conceded",
     {{HOME, STEP_OPEN, 0}, {SHOP, STEP_REJECT, 0}, {HOME, STEP_CONCEDE, 0}},
     3,
     RULING_DISMISSED,
     ABOUT_EARN},
    {"silently conceded",
     {{HOME, STEP_OPEN, 0}, {SHOP, STEP_REJECT, 0}, {HOME, (enum dispute_step)0, 10 * WEEK_MS}},
     3,
     RULING_DISMISSED,
     ABOUT_EARN},
    {"ruled upheld",
     {{HOME, STEP_OPEN, 0},
      {SHOP, STEP_ANSWER, 0},
      {SHOP, STEP_REJECT, 0},
      {HOME, STEP_ESCALATE, 0},
      {HOME, STEP_RULE_UPHELD, 0},
      {SHOP, STEP_RULE_UPHELD, 0}},
     6,
     RULING_UPHELD,
     ABOUT_EARN},
    {"ruled dismissed",
     {{HOME, STEP_OPEN, 0},
      {SHOP, STEP_REJECT, 0},
      {HOME, STEP_ESCALATE, 0},
      {HOME, STEP_RULE_UPHELD, 0},
      {SHOP, STEP_RULE_DISMISSED, 0},
      {HOME, STEP_RULE_DISMISSED, 0}},
     6,
     RULING_DISMISSED,
     ABOUT_EARN},
    {"a capture, by machine", {{HOME, STEP_OPEN, 0}}, 1, RULING_DISMISSED, ABOUT_CAPTURE},
    {"a late capture, silently accepted",
     {{SHOP, STEP_OPEN, 0}, {HOME, (enum dispute_step)0, 10 * WEEK_MS}},
     2,
     RULING_UPHELD,
     ABOUT_LATE_CAPTURE},
};

/* Where a journal fails. */
struct crash {
    unsigned index;
    int append; /* from 0; -1: nowhere */
    bool is_after;
};

/* What it comes to. */
struct result {
    struct dispute disputes[BRANDS];
    int64_t available;
    uint64_t sent[BRANDS];
};

static struct street street;
static struct crash crash;
static bool has_crashed;

static struct faulty_journal *journal_at(unsigned index)
{
    return &street.shops[index].brand.journal;
}

/* The process that failed is gone, and comes again; gives whether it was. */
static bool revive(void)
{
    struct faulty_journal *journal = journal_at(crash.index);
    if (crash.append < 0 || has_crashed || journal->failures_before + journal->failures_after > 0) {
        return false;
    }
    has_crashed = true;
    brand_kill(&street.shops[crash.index].brand);
    brand_open(&street.shops[crash.index].brand);
    return true;
}

static void arm(void)
{
    struct faulty_journal *journal = journal_at(crash.index);
    has_crashed = false;
    if (crash.append >= 0) {
        journal->sound_before = crash.append;
        *(crash.is_after ? &journal->failures_after : &journal->failures_before) = 1;
    }
}

static bool is_cleared(unsigned index)
{
    struct stream out =
        brand_stream(&street.shops[index].brand, STREAM_OUT, &street.shops[1 - index].brand);
    return out.receipted_number == out.last_number;
}

/* Until nothing is on its way and nothing is due. */
static void come_to_rest(void)
{
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        bool is_busy = false;
        for (unsigned i = 0; i < BRANDS; i++) {
            struct note note = {""};
            uint64_t row = engine_stats(street.shops[i].brand.engine).journal_row;
            enum err err = shop_try_clear(&street, i, &note);
            is_busy = revive() || is_busy;
            while (engine_keep_time(street.shops[i].brand.engine)) {
            }
            is_busy = revive() || is_busy || err != ERR_OK || !is_cleared(i) ||
                      engine_stats(street.shops[i].brand.engine).journal_row != row;
        }
        if (!is_busy) {
            return;
        }
    }
    fail_msg("it does not come to rest");
}

static struct command command_of(const struct move *move)
{
    struct brand *brand = &street.shops[move->who].brand;
    bool opens = move->step == STEP_OPEN;
    struct command command =
        brand_command(brand, opens ? COMMAND_OPEN_DISPUTE : COMMAND_STEP_DISPUTE, ++street.serial);
    command.dispute = (struct command_dispute){
        .partner = street.shops[1 - move->who].brand.id,
        .direction = move->who == SHOP ? STREAM_OUT : STREAM_IN,
        .number = 1,
        .reason = opens ? DISPUTE_PURCHASE_UNKNOWN : (enum dispute_reason)0,
        .step = opens ? (enum dispute_step)0 : move->step,
    };
    return command;
}

/* Told again under its id until it is answered. */
static void tell(const struct script *script, const struct move *move)
{
    struct command command = command_of(move);
    struct outcome outcome = {.err = ERR_STORAGE};
    for (unsigned i = 0; i < 3 && outcome.err != ERR_OK; i++) {
        outcome = engine_execute(street.shops[move->who].brand.engine, &command);
        (void)revive();
    }
    if (outcome.err != ERR_OK || outcome.verdict != VERDICT_OK) {
        fail_msg("%s, step %s, killed shop %u at %d %s: %s %s", script->name,
                 move->step == STEP_OPEN ? "open" : dispute_step_name(move->step), crash.index,
                 crash.append, crash.is_after ? "after" : "before", err_name(outcome.err),
                 verdict_describe(outcome.verdict)->name);
    }
}

static struct dispute dispute_at(unsigned index)
{
    struct shop_host host = shop_host(&street, index);
    struct dispute dispute;
    assert_int_equal(ledger_get_dispute(&host.host.view, &street.shops[1 - index].brand.id,
                                        index == SHOP ? STREAM_OUT : STREAM_IN, 1, &dispute),
                     ERR_OK);
    shop_host_end(&host);
    return dispute;
}

static void drive(void)
{
    for (unsigned i = 0; i < BRANDS; i++) {
        brand_close(&street.shops[i].brand);
        street.shops[i].brand.is_driven = true;
        brand_open(&street.shops[i].brand);
    }
}

/* Entry 1 of the shop's stream. */
static void make_entry(enum about about)
{
    struct brand *brands[BRANDS] = {&street.shops[SHOP].brand, &street.shops[HOME].brand};
    struct brand *earner = about == ABOUT_EARN ? brands[SHOP] : brands[HOME];
    assert_int_equal(brand_earn(earner, 9001, &street.shops[HOME].card, 5000).verdict, VERDICT_OK);
    if (about != ABOUT_EARN) {
        struct uid hold = shop_hold(&street, SHOP, 20);
        shop_capture(&street, SHOP, &hold);
    }
    for (unsigned i = 0; about == ABOUT_LATE_CAPTURE && i < BRANDS; i++) {
        brand_wait(brands[i], WEEK_MS);
        while (engine_keep_time(brands[i]->engine)) {
        }
    }
    shop_clear(&street, SHOP);
}

static void run(const struct script *script, struct result *out_result)
{
    street_init(&street, 1);
    drive();
    make_entry(script->about);
    arm();
    for (size_t i = 0; i < script->count; i++) {
        const struct move *move = &script->moves[i];
        if (move->step != (enum dispute_step)0) {
            tell(script, move);
        }
        for (unsigned k = 0; k < BRANDS; k++) {
            brand_wait(&street.shops[k].brand, move->wait_ms);
        }
        come_to_rest();
    }
    for (unsigned i = 0; i < BRANDS; i++) {
        out_result->disputes[i] = dispute_at(i);
        out_result->sent[i] =
            brand_stream(&street.shops[i].brand, STREAM_OUT, &street.shops[1 - i].brand)
                .last_number;
    }
    out_result->available =
        brand_member(&street.shops[HOME].brand, &street.shops[HOME].member).available.minor;
    street_assert_agrees(&street);
    for (unsigned i = 0; i < BRANDS; i++) {
        struct note note = {""};
        uint32_t mended;
        assert_int_equal(street_check(&street, i, (struct period){202610}, &mended, &note), ERR_OK);
        assert_int_equal(mended, 0);
    }
    street_fini(&street);
}

static void expect_result(const struct script *script, const struct result *was,
                          const struct result *is)
{
    bool is_same = was->available == is->available;
    for (unsigned i = 0; i < BRANDS; i++) {
        const struct dispute *a = &was->disputes[i];
        const struct dispute *b = &is->disputes[i];
        is_same = is_same && a->state == b->state && a->outcome == b->outcome &&
                  a->claim.minor == b->claim.minor && a->is_suspended == b->is_suspended &&
                  a->is_silent == b->is_silent && a->pending == b->pending &&
                  a->own_ruling == b->own_ruling && a->corrected_in.code == b->corrected_in.code &&
                  was->sent[i] == is->sent[i];
    }
    if (!is_same) {
        fail_msg("%s, killed shop %u at append %d, %s: %s and %s; %lld points, not %lld",
                 script->name, crash.index, crash.append, crash.is_after ? "after" : "before",
                 dispute_state_name(is->disputes[0].state),
                 dispute_state_name(is->disputes[1].state), (long long)is->available,
                 (long long)was->available);
    }
}

/* At each append until there is none any more. */
static unsigned kill_everywhere(const struct script *script, const struct result *undisturbed)
{
    unsigned kills = 0;
    for (unsigned variant = 0; variant < 2 * BRANDS; variant++) {
        crash = (struct crash){.index = variant / 2, .append = 0, .is_after = variant % 2};
        do {
            struct result result;
            run(script, &result);
            expect_result(script, undisturbed, &result);
            kills += has_crashed;
            crash.append++;
        } while (has_crashed);
    }
    return kills;
}

static void test_one_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct result undisturbed;
        crash = (struct crash){.append = -1};
        run(&scripts[i], &undisturbed);
        for (unsigned k = 0; k < BRANDS; k++) {
            assert_int_equal(undisturbed.disputes[k].state, DISPUTE_ADJUSTED);
            assert_int_equal(undisturbed.disputes[k].outcome, scripts[i].outcome);
        }
        unsigned kills = kill_everywhere(&scripts[i], &undisturbed);
        print_message("%s: %u kills\n", scripts[i].name, kills);
        assert_true(kills > 2 * scripts[i].count);
        for (unsigned k = 0; k < BRANDS; k++) {
            assert_int_equal(undisturbed.disputes[k].is_machine, scripts[i].about == ABOUT_CAPTURE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_result)};
    if (access("/dev/shm", W_OK) == 0) { /* a kill of a process loses no page */
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
