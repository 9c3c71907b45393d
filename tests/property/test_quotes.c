/* Random programmes, members and times: what a quote promises is what its confirmation does,
 * whatever happened in between (sales, other quotes, releases, another version of the programme),
 * and what is counted afterwards is what a model reckons that has only a list of what happened. In
 * every second programme there are returns, merges and their undoing, moves from home to home,
 * blocks and erasure as well; it counts no days then.
 *
 * TALEA_SEED names the first programme's seed, TALEA_PROGRAMMES how many there are. With one
 * programme each step is printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/judging_groups.h"
#include "node/judging_quote.h"
#include "quote_run.h"
#include "sanitized.h"
#include "steps.h"

#define PROGRAMMES   (IS_SANITIZED ? 200 : 1000)
#define SEED_DEFAULT UINT64_C(20261130)

/* ---- The history ---- */

static size_t find_past(const struct run *run, unsigned promise)
{
    size_t at = 0;
    while (at < run->past_count && run->past[at].promise != promise) {
        at++;
    }
    assert_true(at < run->past_count);
    return at;
}

static void forget(struct run *run, unsigned promise)
{
    size_t at = find_past(run, promise);
    run->past_count--;
    memmove(&run->past[at], &run->past[at + 1], (run->past_count - at) * sizeof run->past[0]);
}

/* A sale that took place, or an event. */
static void add_past(struct run *run, struct happened one, const struct judging_case *judged)
{
    one.sale = judged->id;
    one.whole = judged->commands[0].earn.amount.minor;
    quote_run_count(run, &one);
    run->past[run->past_count++] = one;
}

/* What was promised takes place: behind all that has by now. It is counted of whom it was held, as
 * long as there is one. */
static void take_place(struct run *run, unsigned promise, unsigned member,
                       const struct judging_case *judged)
{
    struct happened one = run->past[find_past(run, promise)];
    forget(run, promise);
    one.is_held = false;
    one.is_promise = true;
    one.is_merged = false;
    one.member = run->persons[one.member].is_gone ? run->persons[member].at : one.member;
    add_past(run, one, judged);
}

static void say(const struct run *run, const char *what, unsigned member, int64_t number)
{
    if (run->is_loud) {
        printf("%" PRId64 " %s, member %u: %" PRId64 "\n", run->shop->desk.now.ms, what, member,
               number);
    }
}

/* ---- What is judged ---- */

static void print_rules(const struct run *run, const struct happened *now,
                        const struct judgement *judgement)
{
    for (size_t r = 0; r < run->drawn->text.rule_count; r++) {
        const struct rule *rule = &run->drawn->text.rules[r];
        int64_t given = 0;
        for (size_t a = 0; a < judgement->award_count; a++) {
            given = judgement->awards[a].rule == r ? judgement->awards[a].given : given;
        }
        printf("%s %s, priority %d, group %s: the model gives %" PRId64 ", the judge %" PRId64 "\n",
               rule->name, gives_name(rule->gift.gives), rule->priority,
               rule->group == NULL ? "none" : rule->group, now->given[r], given);
    }
}

static void compare(const struct run *run, const struct happened *now,
                    const struct judgement *judgement, const char *what)
{
    bool is_same = now->points == judgement->points.minor && now->refund == judgement->refund.minor;
    size_t fired = 0;
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        is_same = is_same && now->off[i] == judgement->line_discounts[i].minor;
    }
    for (size_t r = 0; r < RULES_MAX; r++) {
        fired += now->given[r] > 0 ? 1 : 0;
    }
    is_same = is_same && fired == judgement->award_count;
    for (size_t a = 0; is_same && a < judgement->award_count; a++) {
        is_same = now->given[judgement->awards[a].rule] == judgement->awards[a].given;
    }
    if (!is_same) {
        print_rules(run, now, judgement);
        fail_msg("seed %" PRIu64 ", a %s: the model gives %" PRId64
                 " points by %zu rules, the judge %" PRId64 " by %zu",
                 run->seed, what, now->points, fired, judgement->points.minor,
                 judgement->award_count);
    }
}

/* Draws what happens now, and has it judged by both. False: it is refused. */
static bool happen(struct run *run, struct happened *now, struct judging_case *judged)
{
    struct note note = {""};
    memset(now, 0, sizeof *now);
    unsigned member = (unsigned)draw_below(&run->random, SHOP_MEMBERS);
    now->member = run->persons[member].at;
    run->shown = member;
    if (!quote_run_is_there(run, member)) {
        return false;
    }
    do {
        draw_occasion(now, run->shop->desk.now.ms, &run->random);
    } while (judged->purpose == JUDGING_QUOTE && now->occasion.kind != OCCASION_SALE);
    enum judging_purpose purpose = judged->purpose;
    shop_begin(run->shop, member, judged);
    judged->purpose = purpose;
    judged->occasion = now->occasion;
    judged->quote_id = purpose == JUDGING_QUOTE ? judged->id : judged->quote_id;
    judged->until.ms = run->shop->desk.now.ms + 1 + (int64_t)draw_below(&run->random, 3 * DAY_MS);
    judged->said = judging_said(&judged->occasion);
    enum err err = shop_judge(run->shop, judged, &note);
    now->occasion.shopper = judged->occasion.shopper;
    struct model model = quote_run_model(run, now);
    bool is_good = model_judge(&model);
    if (err == ERR_INPUT && strncmp(note.text, "the programme ", 14) == 0) {
        run->refused++;
        return false; /* more than fits into one record */
    }
    if (err != (is_good ? ERR_OK : ERR_RANGE)) {
        fail_msg("seed %" PRIu64 ": %s: %s", run->seed, err_name(err), note.text);
    }
    if (is_good && run->is_troubled) {
        quote_run_keep(run, now, &judged->occasion.shopper);
    }
    if (is_good) {
        compare(run, now, &judged->judgement, purpose == JUDGING_QUOTE ? "quote" : "sale");
        run->fired += judged->judgement.award_count;
    }
    return is_good;
}

static void must_be(const struct run *run, enum verdict verdict, enum verdict expected,
                    const char *what)
{
    if (verdict != expected) {
        fail_msg("seed %" PRIu64 ": %s: %s", run->seed, what, verdict_describe(verdict)->name);
    }
}

static void sell(struct run *run)
{
    struct judging_case judged = {.purpose = JUDGING_SALE};
    struct happened *now = &run->past[run->past_count];
    if (happen(run, now, &judged)) {
        must_be(run, shop_tell(run->shop, &judged), VERDICT_OK, "a sale");
        say(run, "a sale", now->member, now->points);
        add_past(run, *now, &judged);
    }
    judging_fini(&judged);
}

/* ---- Promises ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* 37.5 percent of what is left to pay, at 0.50 for 3 points, from 5 points on. */
static void check_payable(const struct run *run, const struct happened *now,
                          const struct judging_case *judged)
{
    const struct judgement *judgement = &judged->judgement;
    int64_t most = (judgement->gross.minor - judgement->discount.minor) * 375 / 1000;
    int64_t points = most * 3 / 50;
    if (run->shop->is_own[now->member]) {
        points = least(points, shop_balance(run->shop, now->member));
    }
    int64_t money = points * 50 / 3;
    bool is_enough = points >= 5 && money > 0;
    assert_int_equal(judgement->spent.minor + judgement->due.minor + judgement->refund.minor, 0);
    assert_int_equal(judged->quote.spendable.minor, is_enough ? points : 0);
    assert_int_equal(judged->quote.payable.minor, is_enough ? money : 0);
}

static struct promise *free_promise(struct run *run)
{
    struct promise *promise = run->promises;
    while (promise->number != 0) {
        promise++;
    }
    return promise;
}

static void quote(struct run *run)
{
    struct judging_case judged = {.purpose = JUDGING_QUOTE};
    struct happened *now = &run->past[run->past_count];
    if (happen(run, now, &judged)) {
        check_payable(run, now, &judged);
        must_be(run, shop_tell(run->shop, &judged), VERDICT_OK, "a quote");
        struct promise *promise = free_promise(run);
        *promise = (struct promise){.number = ++run->promise_count,
                                    .member = run->shown,
                                    .id = judged.quote_id,
                                    .until = judged.until,
                                    .points = now->points,
                                    .discount = judged.judgement.discount.minor};
        if (!judging_groups_owner(buffer_slice(&judged.groups), &promise->held_by)) {
            promise->held_by.kind = 0;
        }
        write_bytes(&promise->evidence, judged.evidence.at, judged.evidence.length);
        say(run, "a quote", now->member, now->points);
        now->is_held = true;
        now->promise = promise->number;
        run->past_count++;
    }
    judging_fini(&judged);
}

static void end_promise(struct promise *promise)
{
    buffer_fini(&promise->evidence);
    *promise = (struct promise){.number = 0};
}

/* One that is open; NULL: there is none. */
static struct promise *pick(struct run *run)
{
    size_t first = draw_below(&run->random, STEPS);
    for (size_t i = 0; i < STEPS; i++) {
        struct promise *promise = &run->promises[(first + i) % STEPS];
        if (promise->number != 0) {
            return promise;
        }
    }
    return NULL;
}

/* Everything that the quote said is what its sale gets. */
static void check_kept(const struct run *run, const struct promise *promise,
                       const struct kept_quote *kept, const struct kept_case *promised,
                       const struct judging_case *judged)
{
    const struct judgement *got = &judged->judgement;
    bool is_kept =
        got->points.minor == promise->points && got->discount.minor == promise->discount &&
        promised->points.minor == promise->points && got->award_count == promised->award_count &&
        judged->kept.item_count == promised->item_count &&
        judged->commands[0].earn.fixed_points.minor == promise->points &&
        judged->commands[0].earn.amount.minor == promised->gross.minor - promise->discount;
    for (size_t a = 0; is_kept && a < got->award_count; a++) {
        is_kept = got->awards[a].rule == promised->awards[a].rule &&
                  got->awards[a].given == promised->awards[a].given;
    }
    for (size_t i = 0; is_kept && i < promised->occasion.line_count; i++) {
        is_kept = got->line_discounts[i].minor == kept->line_discounts[i].minor;
    }
    for (size_t i = 0; is_kept && i < promised->occasion.code_count; i++) {
        is_kept = got->codes[i].reason == promised->codes[i].reason;
    }
    for (size_t i = 0; is_kept && i < promised->item_count; i++) {
        const struct kept_item *item = &judged->kept.items[i];
        is_kept = slice_equal(item->name, promised->items[i].name) &&
                  item->count == promised->items[i].count &&
                  item->until_day == promised->items[i].until_day;
    }
    if (!is_kept) {
        fail_msg("seed %" PRIu64 ": the quote promised %" PRId64 " points, its sale gets %" PRId64,
                 run->seed, promise->points, got->points.minor);
    }
}

/* Gives what it was refused for. With `takes_place` it is the first time. */
static enum verdict confirm(struct run *run, const struct promise *promise, bool takes_place)
{
    struct arena arena;
    struct judging_case judged;
    struct kept_quote kept;
    struct kept_case promised;
    struct note note = {""};
    unsigned member = run->persons[promise->member].at;
    bool is_own = run->shop->is_own[member];
    int64_t before = is_own ? shop_net(run->shop, member) : 0;
    arena_init(&arena, 1u << 20);
    assert_int_equal(kept_quote_decode(buffer_slice(&promise->evidence), &arena, &kept), ERR_OK);
    assert_int_equal(kept_case_decode(kept.judged, &arena, &promised), ERR_OK);
    shop_begin(run->shop, promise->member, &judged);
    judging_begin_confirm(&judged, &run->shop->versions[promised.programme - 1], &kept, &promised);
    judged.quote_id = promise->id;
    judged.until = promise->until;
    judged.held_by = promise->held_by;
    if (shop_judge(run->shop, &judged, &note) != ERR_OK) {
        fail_msg("seed %" PRIu64 ": what was promised can't be kept: %s", run->seed, note.text);
    }
    if (quote_run_is_there(run, promise->member)) {
        check_kept(run, promise, &kept, &promised, &judged);
    }
    enum verdict verdict = shop_tell(run->shop, &judged);
    if (verdict == VERDICT_OK && is_own) {
        assert_int_equal(shop_net(run->shop, member), before + promise->points);
    }
    if (verdict == VERDICT_OK && takes_place) {
        take_place(run, promise->number, promise->member, &judged);
    }
    judging_fini(&judged);
    arena_fini(&arena);
    return verdict;
}

static void keep(struct run *run, struct promise *promise)
{
    say(run, "confirmed", promise->member, promise->points);
    if (!quote_run_is_there(run, promise->member)) {
        assert_int_not_equal(confirm(run, promise, false), VERDICT_OK);
        run->turned_away++;
        return;
    }
    if (run->shop->desk.now.ms >= promise->until.ms) {
        must_be(run, confirm(run, promise, false), VERDICT_OCCASION_ENDED, "a quote that is over");
        return;
    }
    must_be(run, confirm(run, promise, true), VERDICT_OK, "a confirmation");
    must_be(run, confirm(run, promise, false), VERDICT_OCCASION_ENDED, "one more");
    run->kept++;
    end_promise(promise);
}

static void give_up(struct run *run, struct promise *promise)
{
    say(run, "given up", promise->member, promise->points);
    must_be(run, shop_release(run->shop, &promise->id), VERDICT_OK, "a release");
    if (quote_run_is_there(run, promise->member)) {
        must_be(run, confirm(run, promise, false), VERDICT_OCCASION_ENDED, "one that was given up");
    }
    forget(run, promise->number);
    end_promise(promise);
}

/* Those whose time is over; now and then the node is late. */
static void expire(struct run *run)
{
    for (size_t i = 0; i < STEPS; i++) {
        struct promise *promise = &run->promises[i];
        bool is_over = promise->number != 0 && promise->until.ms <= run->shop->desk.now.ms;
        if (is_over && !draw_one_in(&run->random, 4)) {
            say(run, "over", promise->member, promise->points);
            shop_expire(run->shop, &promise->id, promise->until);
            forget(run, promise->number);
            end_promise(promise);
        }
    }
}

/* ---- Runs ---- */

/* Seconds as a rule, and days now and then. */
static void wait_a_while(struct run *run)
{
    uint64_t most = draw_one_in(&run->random, 10)  ? 40 * DAY_MS
                    : draw_one_in(&run->random, 4) ? DAY_MS
                                                   : 60000;
    run->shop->desk.now.ms += (int64_t)draw_below(&run->random, most);
}

static void step(struct run *run)
{
    struct promise *promise = pick(run);
    wait_a_while(run);
    expire(run);
    if (draw_one_in(&run->random, STEPS / 2)) {
        shop_activate(run->shop);
    }
    promise = promise != NULL && promise->number == 0 ? NULL : promise;
    if (run->is_troubled && draw_one_in(&run->random, 3)) {
        quote_run_trouble(run);
        return;
    }
    switch (draw_below(&run->random, 6)) {
    case 0:
    case 1:
        quote(run);
        break;
    case 2:
        if (promise != NULL) {
            give_up(run, promise);
        }
        break;
    case 3:
    case 4:
        if (promise != NULL) {
            keep(run, promise);
        }
        break;
    default:
        sell(run);
        break;
    }
}

/* More things and events than one record has room for. */
static void give_plenty(struct run *run)
{
    bool is_item = draw_one_in(&run->random, 2);
    bool is_code = draw_one_in(&run->random, 2);
    run->drawn->text.rule_count = RULES_MAX;
    for (size_t r = 0; r < RULES_MAX; r++) {
        struct rule *rule = &run->drawn->rules[r];
        *rule = (struct rule){.name = run->drawn->names[r],
                              .when = {.from_day = INT64_MIN,
                                       .until_day = INT64_MAX,
                                       .purchases = NO_METRIC,
                                       .is_referred = !is_item},
                              .gift = {.gives = is_item ? GIVES_ITEM : GIVES_EVENT,
                                       .item = slice_of(is_code ? "c1" : "thing", is_code ? 2 : 5),
                                       .items = 1 + (unsigned)draw_below(&run->random, 2),
                                       .term = {.days = 30},
                                       .event = slice_of("review", 6)}};
        rule->when.basket_minor = (int64_t)draw_below(&run->random, 5000);
        (void)snprintf(run->drawn->names[r], sizeof run->drawn->names[r], "r%zu", r);
    }
}

/* Without what only other tests are about: what is taken of what is left of days long ago. */
static void draw(struct run *run)
{
    draw_programme(run->drawn, &run->random);
    for (size_t r = 0; r < RULES_MAX; r++) {
        struct rule *rule = &run->drawn->rules[r];
        if (rule->gift.gives == GIVES_ITEM && draw_one_in(&run->random, 3)) {
            rule->gift.item = slice_of("c1", 2); /* a code of that coupon */
        }
    }
    if (draw_one_in(&run->random, 16)) {
        give_plenty(run);
    }
    run->drawn->metrics[METRIC_AT_GIVEN].window = (struct window){WINDOW_EVER, 0};
    run->is_troubled = draw_one_in(&run->random, 2);
    if (run->is_troubled) {
        quote_run_tame(run);
    }
}

static void begin(struct run *run, uint64_t seed)
{
    run->seed = seed;
    run->random = seed;
    run->past_count = 0;
    run->promise_count = 0;
    run->merge = (struct uid){{0}};
    for (unsigned m = 0; m < SHOP_MEMBERS; m++) {
        run->persons[m] = (struct person){.at = m};
        run->sure[m] = 0;
    }
}

static void run_programme(struct run *run, struct node *node, uint64_t seed)
{
    begin(run, seed);
    draw(run);
    shop_open(run->shop, node, run->drawn);
    for (size_t s = 0; s < STEPS; s++) {
        step(run);
    }
    for (size_t i = 0; i < STEPS; i++) {
        if (run->promises[i].number != 0) {
            give_up(run, &run->promises[i]);
        }
    }
    quote_run_reckon(run);
    quote_run_forget(run);
    shop_close(run->shop);
}

static const char *const troubles[TROUBLE_COUNT] = {
    [TROUBLE_RETURN] = "returns", [TROUBLE_LINES] = "by line",      [TROUBLE_MERGE] = "merges",
    [TROUBLE_UNDO] = "undone",    [TROUBLE_MOVE_OUT] = "moved out", [TROUBLE_MOVE_IN] = "moved in",
    [TROUBLE_BLOCK] = "blocked",  [TROUBLE_UNBLOCK] = "unblocked",  [TROUBLE_ERASE] = "erased",
};

static void test_promises_are_kept(void **state)
{
    uint64_t seed = environment_number("TALEA_SEED", SEED_DEFAULT);
    uint64_t programmes = environment_number("TALEA_PROGRAMMES", PROGRAMMES);
    struct node *node = calloc(1, sizeof *node);
    struct run *run = calloc(1, sizeof *run);
    char folder[] = "/tmp/talea-quotes-XXXXXX";
    struct note note = {""};
    (void)state;
    assert_non_null(node);
    assert_non_null(run);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(pthread_mutex_init(&node->return_lock, NULL), 0);
    assert_int_equal(vault_open(folder, VAULT_CREATE, &node->vault, &note), ERR_OK);
    run->drawn = malloc(sizeof *run->drawn);
    run->shop = malloc(sizeof *run->shop);
    assert_non_null(run->drawn);
    assert_non_null(run->shop);
    run->is_loud = programmes == 1;
    printf("seeds from %" PRIu64 "\n", seed);
    for (uint64_t i = 0; i < programmes; i++) {
        run_programme(run, node, seed + i);
    }
    printf("%" PRIu64 " programmes: %" PRIu64 " times a rule gave something, %" PRIu64
           " promises were kept, %" PRIu64 " not to who was gone or blocked, %" PRIu64
           " were too much\n",
           programmes, run->fired, run->kept, run->turned_away, run->refused);
    for (size_t t = 0; t < TROUBLE_COUNT; t++) {
        printf("%s%" PRIu64 " %s", t == 0 ? "" : ", ", run->troubles[t], troubles[t]);
    }
    printf("\n");
    vault_close(node->vault);
    free(run->shop);
    free(run->drawn);
    free(run);
    free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_promises_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
