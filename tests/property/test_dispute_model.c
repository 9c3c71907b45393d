/* Two ledgers, a shop and its members' home, with disputes about whatever passes between them, in
 * any order: steps of either office, entries and receipts that take their time, periods that end,
 * days that go by. When all is delivered and every deadline is over, both say the same of each
 * dispute, nothing waits, and the books are what they would be if what was wrong had never been
 * booked. */
#include <stdlib.h>
#include <string.h>

#include "ledger_test.h"
#include "pair.h"

enum {
    STEPS = 300,
    RUNS = 40,
    ENTRY_POINTS_MAX = 60,
    HOLDS_MAX = 64
};

struct world {
    struct pair *pair;
    struct rng *rng;
    struct uid sales[HOLDS_MAX]; /* of the shop, the newest ones */
    size_t sale_count;
    struct uid holds[HOLDS_MAX];
    size_t hold_count;
};

static uint64_t below(struct world *w, uint64_t bound)
{
    return rng_below(w->rng, bound);
}

static void keep(struct uid ids[HOLDS_MAX], size_t *count, const struct uid *id)
{
    ids[*count % HOLDS_MAX] = *id;
    (*count)++;
}

static const struct uid *pick(struct world *w, const struct uid ids[HOLDS_MAX], size_t count)
{
    return &ids[below(w, count < HOLDS_MAX ? count : HOLDS_MAX)];
}

/* ---- The shop ---- */

static void earn(struct world *w)
{
    struct desk *alfa = &w->pair->alfa;
    struct command command = desk_command(alfa, COMMAND_EARN);
    command.earn =
        (struct command_earn){.card = w->pair->card,
                              .amount = money_of(100),
                              .currency = "EUR",
                              .is_fixed = true,
                              .fixed_points = points_of(1 + (int64_t)below(w, ENTRY_POINTS_MAX)),
                              .rate = {.per_minor = 1}};
    desk_do(alfa, &command);
    keep(w->sales, &w->sale_count, &command.transaction_id);
}

static void return_sale(struct world *w)
{
    struct command command = desk_command(&w->pair->alfa, COMMAND_RETURN_SALE);
    if (w->sale_count > 0) {
        command.return_sale.sale = *pick(w, w->sales, w->sale_count);
        command.return_sale.amount = money_of(1 + (int64_t)below(w, 60));
        (void)desk_tell(&w->pair->alfa, &command);
    }
}

/* Beta grants it, mostly; and alfa captures all of it. */
static void burn(struct world *w)
{
    struct pair *pair = w->pair;
    struct command hold = desk_command(&pair->alfa, COMMAND_FOREIGN_HOLD);
    hold.hold = (struct command_hold){.redeemer = pair->alfa.roster.self,
                                      .card = pair->card,
                                      .asked = pair->card,
                                      .points = points_of(1 + (int64_t)below(w, ENTRY_POINTS_MAX)),
                                      .capture_by = {pair->alfa.now.ms + 400 * DAY_MS},
                                      .deliver_by = {pair->alfa.now.ms + 401 * DAY_MS}};
    struct command granted = hold;
    granted.kind = COMMAND_HOLD;
    granted.origin = pair->alfa.roster.self;
    if (desk_tell(&pair->beta, &granted) != VERDICT_OK) {
        return;
    }
    desk_do(&pair->alfa, &hold);
    struct command capture = desk_command(&pair->alfa, COMMAND_CAPTURE);
    capture.use.hold = hold.transaction_id;
    desk_do(&pair->alfa, &capture);
    keep(w->holds, &w->hold_count, &hold.transaction_id);
}

static void return_burn(struct world *w)
{
    struct command command = desk_command(&w->pair->alfa, COMMAND_RETURN_BURN);
    if (w->hold_count > 0) {
        command.use.hold = *pick(w, w->holds, w->hold_count);
        command.use.points = points_of(1 + (int64_t)below(w, 30));
        (void)desk_tell(&w->pair->alfa, &command);
    }
}

/* ---- Offices, the post, the calendar ---- */

static struct desk *any_desk(struct world *w)
{
    return below(w, 2) ? &w->pair->alfa : &w->pair->beta;
}

/* What an office does with an entry; much of it is refused. */
static void dispute(struct world *w, enum command_kind kind)
{
    static const enum dispute_step steps[] = {STEP_ANSWER,      STEP_ACCEPT,        STEP_REJECT,
                                              STEP_REJECT,      STEP_ESCALATE,      STEP_CONCEDE,
                                              STEP_RULE_UPHELD, STEP_RULE_DISMISSED};
    struct desk *desk = any_desk(w);
    uint64_t count = w->pair->from_alfa.count;
    struct command command = desk_command(desk, kind);
    command.dispute =
        (struct command_dispute){.partner = pair_other(w->pair, desk)->roster.self,
                                 .direction = desk == &w->pair->alfa ? STREAM_OUT : STREAM_IN,
                                 .number = 1 + below(w, count + 1)};
    if (kind == COMMAND_OPEN_DISPUTE) {
        command.dispute.reason = DISPUTE_OTHER;
        command.dispute.points = points_of((int64_t)below(w, 20));
    } else {
        command.dispute.step = steps[below(w, sizeof steps / sizeof steps[0])];
    }
    (void)desk_tell(desk, &command);
}

/* Beta does not have the tariff for a moment, and refuses what comes. */
static void take_badly(struct world *w)
{
    w->pair->beta.tariff.id = 2;
    pair_take(w->pair, &w->pair->alfa);
    w->pair->beta.tariff.id = 1;
}

static void step(struct world *w)
{
    struct pair *pair = w->pair;
    switch (below(w, 20)) {
    case 0:
    case 1:
        earn(w);
        break;
    case 2:
        burn(w);
        break;
    case 3:
        return_sale(w);
        break;
    case 4:
        return_burn(w);
        break;
    case 5:
    case 6:
    case 7:
        dispute(w, COMMAND_OPEN_DISPUTE);
        break;
    case 8:
        pair_wait_days(pair, (int64_t)below(w, 5));
        break;
    case 9:
        take_badly(w);
        break;
    case 10:
    case 11:
        pair_take(pair, any_desk(w));
        break;
    case 12:
    case 13:
        pair_receipt(pair, any_desk(w));
        break;
    case 14:
        (void)pair_due(any_desk(w));
        break;
    case 15:
        if (below(w, 12) == 0) {
            pair_mark(any_desk(w));
        }
        break;
    default:
        dispute(w, COMMAND_STEP_DISPUTE);
    }
}

/* ---- The end ---- */

/* Both offices give in to what is still to be ruled on. */
static void rule_all(struct world *w)
{
    struct pair *pair = w->pair;
    for (uint64_t number = 1; number <= pair->from_alfa.count; number++) {
        for (int side = 0; side < 2; side++) {
            struct desk *desk = side == 0 ? &pair->alfa : &pair->beta;
            struct command command = desk_command(desk, COMMAND_STEP_DISPUTE);
            command.dispute = (struct command_dispute){
                .partner = pair_other(pair, desk)->roster.self,
                .direction = side == 0 ? STREAM_OUT : STREAM_IN,
                .number = number,
                .step = number % 2 ? STEP_RULE_UPHELD : STEP_RULE_DISMISSED};
            (void)desk_tell(desk, &command);
            pair_settle(pair);
        }
    }
}

static bool row_of(struct pair *pair, struct desk *desk, uint64_t number, struct dispute *out_row)
{
    struct partner_id partner = pair_other(pair, desk)->roster.self;
    enum err err = ledger_get_dispute(
        &desk->store.view, &partner, desk == &pair->alfa ? STREAM_OUT : STREAM_IN, number, out_row);
    assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
    return err == ERR_OK && out_row->is_open && out_row->state != DISPUTE_DECLINED;
}

/* How many points of the entry count in the end. */
static int64_t counts(struct pair *pair, uint64_t number, unsigned *out_disputes)
{
    const struct clearing_entry *entry = &pair->from_alfa.entries[number - 1];
    bool is_applied = pair->from_alfa.verdicts[number - 1] == VERDICT_OK;
    struct dispute ours;
    struct dispute theirs;
    bool has_ours = row_of(pair, &pair->alfa, number, &ours);
    assert_int_equal(has_ours, row_of(pair, &pair->beta, number, &theirs));
    if (!has_ours) {
        return is_applied ? entry->points.minor : 0;
    }
    (*out_disputes)++;
    assert_int_equal(ours.state, DISPUTE_ADJUSTED);
    assert_int_equal(theirs.state, DISPUTE_ADJUSTED);
    assert_int_equal(ours.outcome, theirs.outcome);
    assert_int_equal(ours.claim.minor, theirs.claim.minor);
    assert_int_equal(ours.is_suspended, theirs.is_suspended);
    assert_int_equal(ours.was_applied, is_applied);
    int64_t changed = ours.outcome == RULING_UPHELD ? ours.claim.minor : 0;
    return is_applied ? entry->points.minor - changed : changed;
}

static void check_end(struct world *w, unsigned *out_disputes)
{
    struct pair *pair = w->pair;
    int64_t issued = 0;
    int64_t redeemed = 0;
    struct member member;
    for (uint64_t number = 1; number <= pair->from_alfa.count; number++) {
        enum entry_kind kind = pair->from_alfa.entries[number - 1].kind;
        if (dispute_may_be_about(kind)) {
            int64_t points = counts(pair, number, out_disputes);
            issued += kind == ENTRY_EARN ? points : kind == ENTRY_EARN_RETURN ? -points : 0;
            redeemed += kind == ENTRY_CAPTURE ? points : kind == ENTRY_BURN_RETURN ? -points : 0;
        }
    }
    pair_assert_mirrored(pair);
    assert_int_equal(-desk_account(&pair->alfa, ACCOUNT_ISSUED), issued);
    assert_int_equal(desk_account(&pair->alfa, ACCOUNT_REDEEMED), redeemed);
    desk_member(&pair->beta, &pair->member, &member);
    int64_t bears = desk_account(&pair->beta, ACCOUNT_ADJUSTMENT); /* what no hold took back */
    assert_int_equal(member.available.minor + member.pending.minor + member.held.minor -
                         member.debt.minor + bears,
                     issued - redeemed);
    for (uint32_t month = 9; month <= 12; month++) {
        struct period period = {202600 + month};
        assert_int_equal(pair_account(&pair->alfa, ACCOUNT_SUSPENSE, period), 0);
        assert_int_equal(pair_account(&pair->beta, ACCOUNT_SUSPENSE, period), 0);
    }
}

static unsigned run(struct rng *rng)
{
    struct world w = {.pair = calloc(1, sizeof *w.pair), .rng = rng};
    unsigned disputes = 0;
    assert_non_null(w.pair);
    pair_init(w.pair);
    for (int i = 0; i < STEPS; i++) {
        step(&w);
    }
    pair_settle(w.pair);
    rule_all(&w);
    for (int i = 0; i < 4; i++) { /* answer, decide, escalate */
        pair_wait_days(w.pair, 15);
        pair_settle(w.pair);
        rule_all(&w);
    }
    check_end(&w, &disputes);
    pair_fini(w.pair);
    free(w.pair);
    return disputes;
}

static void test_both_ledgers_end_alike(void **state)
{
    struct rng rng = rng_of_run("disputes");
    unsigned disputes = 0;
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        disputes += run(&rng);
    }
    assert_true(disputes > RUNS); /* or nothing was looked at */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_ledgers_end_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
