/* The ledger and its model are told the same and must say the same.
 *
 * TALEA_SEED names the first run's seed, TALEA_STEPS how many commands there are in all. A run is a
 * node's life of a few thousand commands; on a disagreement the run is repeated with commands left
 * out for as long as it still disagrees, and what is left is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "journal.h"
#include "ledger/apply.h"
#include "ledger/decide.h"
#include "ledger/memory_store.h"

enum {
    STEPS_DEFAULT = 200000,
    RUN_STEPS = 2000,
    ALL_EVERY = 100, /* steps between two looks at everything */
    AUDIT_EVERY = 10 /* runs */
};

#define START_MS INT64_C(1790000000000)

struct world {
    struct roster_partner partners[MODEL_PARTNERS];
    struct tariff tariffs[2];
    struct roster roster;
    struct ledger_terms terms;
    struct mood mood;
    struct model *model;
    struct memory_store *tables;
    struct ledger_store store;
    struct plan plan;
    struct buffer body;
    struct buffer record;
    struct buffer entry_bytes;
    struct command_room room;
    struct unix_ms now;
    uint64_t row;
    struct run_journal journal; /* of this run's records */
    bool is_audited;            /* at the run's end */
    bool is_loud;
    uint32_t reached[COMMAND_KIND_END][VERDICT_END]; /* answers that both agreed on */
    char complaint[512];                             /* of the step that disagreed */
};

static enum err encode_entry(void *context, const struct clearing_entry *entry, struct buffer *out)
{
    (void)context;
    write_u64(out, entry->number);
    write_bytes(out, entry->previous_hash.bytes, HASH_BYTES);
    write_u8(out, (uint8_t)entry->kind);
    write_i64(out, entry->points.minor);
    return out->err;
}

static void world_init(struct world *w)
{
    static const char *const names[MODEL_PARTNERS] = {"alfa", "beta", "gamma"};
    static const char *const prefixes[MODEL_PARTNERS] = {"100100", "200200", "300300"};
    *w = (struct world){0};
    for (int i = 0; i < MODEL_PARTNERS; i++) {
        assert_int_equal(partner_id_parse(names[i], &w->partners[i].id), ERR_OK);
        assert_int_equal(card_prefix_parse(prefixes[i], &w->partners[i].prefix), ERR_OK);
    }
    w->tariffs[0] = (struct tariff){1, money_of(2), money_of(1), points_of(1)};
    w->tariffs[1] = (struct tariff){2, money_of(3), money_of(2), points_of(1)};
    w->roster = (struct roster){.self = w->partners[0].id,
                                .epoch = 1,
                                .first_period = {202609},
                                .partners = w->partners,
                                .partner_count = MODEL_PARTNERS,
                                .tariffs = w->tariffs,
                                .tariff_count = 2};
    assert_int_equal(roster_prepare(&w->roster, NULL), ERR_OK);
    w->terms = (struct ledger_terms){&w->roster, {NULL, encode_entry}, 0, {INT64_MAX}};
    w->model = calloc(1, sizeof *w->model);
    assert_non_null(w->model);
    plan_init(&w->plan);
    run_journal_init(&w->journal);
}

static void world_fini(struct world *w)
{
    memory_store_destroy(w->tables);
    plan_fini(&w->plan);
    run_journal_fini(&w->journal);
    buffer_fini(&w->body);
    buffer_fini(&w->record);
    buffer_fini(&w->entry_bytes);
    free(w->model);
}

static void world_reset(struct world *w)
{
    memory_store_destroy(w->tables);
    w->tables = NULL;
    assert_int_equal(memory_store_create(&w->tables), ERR_OK);
    w->store = memory_store_port(w->tables);
    w->now.ms = START_MS;
    w->row = 1;
    w->complaint[0] = '\0';
    run_journal_begin(&w->journal);
    model_reset(w->model, &w->roster, w->terms.refund_grace_ms);
}

static bool complain(struct world *w, const char *what, int64_t ledger, int64_t model)
{
    (void)snprintf(w->complaint, sizeof w->complaint,
                   "%s: the ledger says %" PRId64 ", the model %" PRId64, what, ledger, model);
    return false;
}

/* What only the ledger knows: numbers and hashes of streams. */
static void fill_streams(struct world *w, struct command *command)
{
    struct stream stream;
    if (command->kind == COMMAND_TAKE_ENTRY) {
        struct clearing_entry *entry = &command->take_entry.entry;
        assert_int_equal(ledger_get_stream(&w->store.view, &w->roster, STREAM_IN,
                                           &command->take_entry.sender, &stream),
                         ERR_OK);
        entry->number = stream.last_number + 1;
        entry->previous_hash = stream.last_hash;
        assert_int_equal(entry_check(entry, NULL), ERR_OK);
        buffer_clear(&w->entry_bytes);
        assert_int_equal(encode_entry(NULL, entry, &w->entry_bytes), ERR_OK);
        command->take_entry.bytes = buffer_slice(&w->entry_bytes);
    } else if (command->kind == COMMAND_TAKE_RECEIPT) {
        assert_int_equal(ledger_get_stream(&w->store.view, &w->roster, STREAM_OUT,
                                           &command->take_receipt.receiver, &stream),
                         ERR_OK);
        command->take_receipt.receipt_number = stream.receipt_number + 1;
        command->take_receipt.receipt_hash = hash_of("test", slice_of("r", 1));
    }
}

static bool apply(struct world *w, const struct command *command)
{
    struct note note = {{0}};
    struct record record = {.row = w->row++,
                            .time = w->now,
                            .kind = command->kind,
                            .verdict = w->plan.verdict,
                            .origin = command->origin,
                            .transaction_id = command->transaction_id,
                            .business_time = command->business_time,
                            .answer = w->plan.answer,
                            .effect_count = w->plan.effect_count,
                            .effects = buffer_slice(&w->plan.effects)};
    buffer_clear(&w->body);
    command_encode(command, &w->body);
    record.body = buffer_slice(&w->body);
    record.is_dated = command->is_dated;
    buffer_clear(&w->record);
    record_encode(&record, &w->record);
    assert_int_equal(memory_store_keep_record(w->tables, record.row, buffer_slice(&w->record)),
                     ERR_OK);
    if (w->is_audited) {
        run_journal_add(&w->journal, &record);
    }
    enum err err = ledger_apply(&w->store, &record, &note);
    if (err != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "the plan does not apply: %.400s",
                       note.text);
    }
    return err == ERR_OK;
}

static bool answers_agree(struct world *w, const struct model_answer *answer, bool is_repeat)
{
    const struct plan *plan = &w->plan;
    if (plan->verdict != answer->verdict) {
        (void)snprintf(
            w->complaint, sizeof w->complaint, "verdict: the ledger says %s, the model %s",
            verdict_describe(plan->verdict)->name, verdict_describe(answer->verdict)->name);
        return false;
    }
    if (is_repeat != answer->is_repeat) {
        return complain(w, "is it a repeat", is_repeat, answer->is_repeat);
    }
    if (plan->answer.points.minor != answer->points) {
        return complain(w, "the answer's points", plan->answer.points.minor, answer->points);
    }
    if (plan->answer.left.minor != answer->left) {
        return complain(w, "the answer's points left", plan->answer.left.minor, answer->left);
    }
    if (plan->answer.debt.minor != answer->debt) {
        return complain(w, "the answer's debt", plan->answer.debt.minor, answer->debt);
    }
    if (answer->card.digits[0] != '\0' &&
        strcmp(answer->card.digits, plan->answer.card.digits) != 0) {
        return complain(w, "the answer's card", 0, 0);
    }
    return true;
}

/* `is_settled`: points have just moved, so that the row itself must be as at this time. */
static bool member_agrees(struct world *w, int index, bool is_settled)
{
    struct member member;
    struct model_balances sums = model_balances(w->model, index, w->now);
    if (ledger_get_member(&w->store.view, &w->model->members[index].id, &member) != ERR_OK) {
        return complain(w, "there is no such member", 0, index);
    }
    if (!is_settled) {
        member_settle_view(&member, w->now);
    }
    if (member.available.minor != sums.available) {
        return complain(w, "available", member.available.minor, sums.available);
    }
    if (member.pending.minor != sums.pending) {
        return complain(w, "pending", member.pending.minor, sums.pending);
    }
    if (member.held.minor != sums.held) {
        return complain(w, "held", member.held.minor, sums.held);
    }
    return member.debt.minor == sums.debt || complain(w, "debt", member.debt.minor, sums.debt);
}

static bool account_agrees(struct world *w, const struct model_account *account)
{
    struct account_ref ref = {.kind = account->kind, .period = {account->period}};
    struct account sums;
    if (account_kind_is_partner(account->kind)) {
        ref.partner = w->partners[account->partner].id;
    }
    assert_int_equal(ledger_get_account(&w->store.view, &ref, &sums), ERR_OK);
    const char *name = account_kind_name(account->kind);
    if (sums.debit - sums.credit != account->debit - account->credit) {
        return complain(w, name, sums.debit - sums.credit, account->debit - account->credit);
    }
    return true;
}

/* The accounts of all members together, from their rows. */
static bool members_account_agrees(struct world *w)
{
    static const enum account_kind kinds[] = {ACCOUNT_AVAILABLE, ACCOUNT_PENDING, ACCOUNT_HELD,
                                              ACCOUNT_DEBT};
    int64_t ledger = 0;
    int64_t model = 0;
    for (size_t i = 0; i < 4; i++) {
        struct account_ref ref = {.kind = kinds[i]};
        struct account sums;
        assert_int_equal(ledger_get_account(&w->store.view, &ref, &sums), ERR_OK);
        ledger += sums.credit - sums.debit;
    }
    for (size_t i = 0; i < w->model->member_count; i++) {
        struct model_balances sums = model_balances(w->model, (int)i, w->now);
        model += sums.available + sums.pending + sums.held - sums.debt;
    }
    return ledger == model || complain(w, "outstanding", ledger, model);
}

static bool tell(struct world *w, struct command *command)
{
    struct model_answer answer;
    bool is_repeat = false;
    fill_streams(w, command);
    if (w->is_loud) {
        command_print(command, w->now);
    }
    plan_reset(&w->plan);
    enum err err = ledger_decide(&w->store.view, &w->terms, command, w->now, &w->plan, &is_repeat);
    if (err != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "no decision: %s", err_name(err));
        return false;
    }
    if (!is_repeat && !apply(w, command)) {
        return false;
    }
    model_step(w->model, command, w->now, &answer);
    if (!answers_agree(w, &answer, is_repeat)) {
        return false;
    }
    w->reached[command->kind][answer.verdict]++;
    bool is_settled = answer.verdict == VERDICT_OK && command->kind != COMMAND_ISSUE_CARD;
    return w->model->touched < 0 || member_agrees(w, w->model->touched, is_settled);
}

/* Everybody is settled first, so that what expired is posted on both sides. */
static bool all_agree(struct world *w)
{
    for (size_t i = 0; i < w->model->member_count; i++) {
        struct command command = {
            .kind = COMMAND_SETTLE_MEMBER, .origin = w->roster.self, .business_time = w->now};
        command.due.id = w->model->members[i].id;
        if (!tell(w, &command)) {
            return false;
        }
    }
    for (size_t i = 0; i < w->model->account_count; i++) {
        const struct model_account *account = &w->model->accounts[i];
        if (!account_kind_is_member(account->kind) && !account_agrees(w, account)) {
            return false;
        }
    }
    return members_account_agrees(w);
}

static bool audit_agrees(struct world *w)
{
    struct note note = {{0}};
    enum err err = w->is_audited ? run_journal_audit(&w->journal, &w->roster.self, &note) : ERR_OK;
    if (err != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "%s: %.400s", err_name(err), note.text);
    }
    return err == ERR_OK;
}

/* Runs the steps on an empty node; gives the number of those that were run: fewer than `count` and
 * a complaint when the last one disagreed. */
static size_t run(struct world *w, const struct step *steps, size_t count)
{
    struct command command;
    world_reset(w);
    for (size_t i = 0; i < count; i++) {
        w->now = step_time(&steps[i], &w->mood, w->now);
        step_command(&steps[i], &w->mood, w->model, w->now, &w->room, &command);
        bool is_last = i + 1 == count;
        if (!tell(w, &command) || (((i + 1) % ALL_EVERY == 0 || is_last) && !all_agree(w)) ||
            (is_last && !audit_agrees(w))) {
            return i + 1;
        }
    }
    return count;
}

static bool disagrees(struct world *w, const struct step *steps, size_t count, size_t *out_count)
{
    *out_count = run(w, steps, count);
    return w->complaint[0] != '\0';
}

/* Leaves out ever smaller pieces for as long as the rest still disagrees. */
static size_t shrink(struct world *w, struct step *steps, size_t count)
{
    struct step *fewer = calloc(count, sizeof *fewer);
    assert_non_null(fewer);
    for (size_t piece = count / 2; piece > 0; piece /= 2) {
        for (size_t at = 0; at + piece <= count;) {
            size_t rest = count - at - piece;
            size_t ran;
            memcpy(fewer, steps, at * sizeof *steps);
            memcpy(fewer + at, steps + at + piece, rest * sizeof *steps);
            if (disagrees(w, fewer, at + rest, &ran)) {
                memcpy(steps, fewer, ran * sizeof *steps);
                count = ran;
            } else {
                at += piece;
            }
        }
    }
    free(fewer);
    return count;
}

/* Sebastiano Vigna's splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void draw(struct world *w, uint64_t seed, struct step *steps)
{
    /* In order: points come and go; few members and short lives; so many lots that they run out;
     * long pauses. */
    static const struct mood moods[] = {
        {.member_max = 20, .pause_hours = 60, .expiry_hours = 2000, .expiry_grain = 24},
        {.member_max = 3, .pause_hours = 8, .expiry_hours = 400, .expiry_grain = 1},
        {.member_max = 2,
         .pause_hours = 1,
         .expiry_hours = 20000,
         .expiry_grain = 1,
         .is_hoarding = true},
        {.member_max = 6, .pause_hours = 200, .expiry_hours = 5000, .expiry_grain = 12},
    };
    uint64_t state = seed;
    w->mood = moods[next_random(&state) % 4];
    w->terms.refund_grace_ms = next_random(&state) % 2 == 0 ? 0 : 5 * DAY_MS;
    for (size_t i = 0; i < RUN_STEPS; i++) {
        steps[i].serial = (uint32_t)i;
        for (size_t j = 0; j < STEP_NUMBERS; j++) {
            steps[i].numbers[j] = (uint32_t)(next_random(&state) >> 32);
        }
    }
}

static void report(struct world *w, uint64_t seed, struct step *steps, size_t count)
{
    (void)printf("TALEA_SEED=%" PRIu64 ": step %zu disagrees: %s\n", seed, count, w->complaint);
    count = shrink(w, steps, count);
    (void)printf("shrunk to %zu steps (grace %" PRId64 " ms):\n", count, w->terms.refund_grace_ms);
    w->is_loud = true;
    (void)run(w, steps, count);
    w->is_loud = false;
    fail_msg("seed %" PRIu64 ", %zu steps: %s", seed, count, w->complaint);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    char *end = NULL;
    if (text == NULL || *text == '\0') {
        return otherwise;
    }
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    assert_true(errno == 0 && *end == '\0');
    return value;
}

/* A comparison of what never happens proves nothing. */
static void expect_reached(const struct world *w)
{
    static const struct {
        enum command_kind kind;
        enum verdict verdict;
    } expected[] = {
        {COMMAND_ENROL, VERDICT_REFERENCE_EXISTS},
        {COMMAND_ISSUE_CARD, VERDICT_TOO_MANY_CARDS},
        {COMMAND_BLOCK_CARD, VERDICT_CARD_BLOCKED},
        {COMMAND_EARN, VERDICT_TRANSACTION_ID_REUSED},
        {COMMAND_EARN, VERDICT_PARTNER_UNKNOWN},
        {COMMAND_EARN, VERDICT_TOO_MANY_LOTS},
        {COMMAND_HOLD, VERDICT_INSUFFICIENT_POINTS},
        {COMMAND_HOLD, VERDICT_TOO_MANY_LOTS},
        {COMMAND_HOLD, VERDICT_CARD_BLOCKED},
        {COMMAND_FOREIGN_HOLD, VERDICT_OK},
        {COMMAND_CAPTURE, VERDICT_HOLD_ENDED},
        {COMMAND_CAPTURE, VERDICT_HOLD_EXCEEDED},
        {COMMAND_CAPTURE, VERDICT_CAPTURE_TOO_LATE},
        {COMMAND_VOID, VERDICT_HOLD_ENDED},
        {COMMAND_RETURN_SALE, VERDICT_RETURN_EXCEEDS_SALE},
        {COMMAND_RETURN_SALE, VERDICT_SALE_UNKNOWN},
        {COMMAND_RETURN_BURN, VERDICT_RETURN_EXCEEDS_SALE},
        {COMMAND_SETTLE_MEMBER, VERDICT_OK},
        {COMMAND_EXPIRE_HOLD, VERDICT_OK},
        {COMMAND_TAKE_ENTRY, VERDICT_SALE_EXISTS},
        {COMMAND_TAKE_ENTRY, VERDICT_RETURN_EXCEEDS_SALE},
        {COMMAND_TAKE_ENTRY, VERDICT_HOLD_EXCEEDED},
        {COMMAND_TAKE_ENTRY, VERDICT_HOLD_ENDED},
        {COMMAND_TAKE_ENTRY, VERDICT_CAPTURE_TOO_LATE},
        {COMMAND_TAKE_ENTRY, VERDICT_TOO_MANY_LOTS},
        {COMMAND_TAKE_ENTRY, VERDICT_TARIFF_UNKNOWN},
        {COMMAND_TAKE_ENTRY, VERDICT_NOT_AGREED},
        {COMMAND_TAKE_RECEIPT, VERDICT_OK},
        {COMMAND_CLOSE_PERIOD, VERDICT_PERIOD_NOT_OPEN},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (w->reached[expected[i].kind][expected[i].verdict] == 0) {
            fail_msg("no %s was answered %s", command_kind_name(expected[i].kind),
                     verdict_describe(expected[i].verdict)->name);
        }
    }
}

static void print_reached(const struct world *w)
{
    for (int kind = 1; kind < COMMAND_KIND_END; kind++) {
        for (unsigned verdict = 0; verdict < VERDICT_END; verdict++) {
            if (w->reached[kind][verdict] > 0) {
                (void)printf("%8" PRIu32 " %s %s\n", w->reached[kind][verdict],
                             command_kind_name((enum command_kind)kind),
                             verdict_describe((enum verdict)verdict)->name);
            }
        }
    }
}

static void test_ledger_and_model_agree(void **state)
{
    uint64_t seed = from_environment("TALEA_SEED", 1);
    uint64_t steps_wanted = from_environment("TALEA_STEPS", STEPS_DEFAULT);
    struct step *steps = calloc(RUN_STEPS, sizeof *steps);
    struct world *w = calloc(1, sizeof *w);
    (void)state;
    assert_non_null(steps);
    assert_non_null(w);
    world_init(w);
    (void)printf("seeds from %" PRIu64 ", %" PRIu64 " steps\n", seed, steps_wanted);
    for (uint64_t done = 0; done < steps_wanted; done += RUN_STEPS, seed++) {
        size_t ran;
        draw(w, seed, steps);
        w->is_audited = seed % AUDIT_EVERY == 0;
        if (disagrees(w, steps, RUN_STEPS, &ran)) {
            report(w, seed, steps, ran);
        }
    }
    print_reached(w);
    if (steps_wanted >= STEPS_DEFAULT) {
        expect_reached(w);
    }
    world_fini(w);
    free(w);
    free(steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ledger_and_model_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
