/* What else becomes of members and their sales while quotes are open. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quote_run.h"

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool quote_run_is_there(const struct run *run, unsigned member)
{
    const struct person *person = &run->persons[run->persons[member].at];
    return !person->is_blocked && !person->is_gone;
}

static void say(const struct run *run, const char *what, unsigned member)
{
    if (run->is_loud) {
        printf("%" PRId64 " %s, member %u\n", run->shop->desk.now.ms, what, member);
    }
}

/* ---- The programme ---- */

static bool is_of_days(uint16_t metric)
{
    return metric >= METRIC_AT_UNTIL && metric <= METRIC_AT_STREAK;
}

/* Stamps: two rules that give some, and two that give something for some. */
static void give_stamps(struct run *run)
{
    struct drawn *drawn = run->drawn;
    for (size_t r = 0; r < 4; r++) {
        bool is_giving = r % 2 == 0;
        drawn->receivers[r] = METRIC_AT_GIVEN;
        drawn->takes[r] = (struct take){METRIC_AT_GIVEN, 1 + (int64_t)draw_below(&run->random, 12)};
        drawn->rules[r] =
            (struct rule){.name = drawn->names[r],
                          .priority = (int)draw_below(&run->random, 5) - 2,
                          .when = {.from_day = INT64_MIN,
                                   .until_day = INT64_MAX,
                                   .purchases = NO_METRIC,
                                   .basket_minor = (int64_t)draw_below(&run->random, 4000)},
                          .gift = {.gives = GIVES_POINTS,
                                   .points_minor = 1 + (int64_t)draw_below(&run->random, 12),
                                   .metric = is_giving ? &drawn->receivers[r] : NULL},
                          .take = is_giving ? NULL : &drawn->takes[r]};
        (void)snprintf(drawn->names[r], sizeof drawn->names[r], "r%zu", r);
    }
    drawn->text.rule_count = drawn->text.rule_count < 4 ? 4 : drawn->text.rule_count;
}

void quote_run_tame(struct run *run)
{
    for (size_t r = 0; r < RULES_MAX; r++) {
        struct rule *rule = &run->drawn->rules[r];
        struct when *when = &rule->when;
        if (rule->gift.gives == GIVES_UNTIL || rule->gift.gives == GIVES_REFUND) {
            rule->gift.gives = GIVES_POINTS;
            rule->gift.metric = draw_one_in(&run->random, 2) ? &run->drawn->receivers[r] : NULL;
            run->drawn->receivers[r] = METRIC_AT_GIVEN;
            rule->group = NULL;
        }
        if (rule->gift.gives == GIVES_POINTS && draw_one_in(&run->random, 2)) {
            run->drawn->receivers[r] = METRIC_AT_GIVEN;
            rule->gift.metric = &run->drawn->receivers[r];
            rule->group = NULL;
        } else if (rule->take == NULL && draw_one_in(&run->random, 3)) {
            run->drawn->takes[r] =
                (struct take){METRIC_AT_GIVEN, 1 + (int64_t)draw_below(&run->random, 25)};
            rule->take = &run->drawn->takes[r];
        }
        when->tiers = 0;
        when->metric_count =
            when->metric_count > 0 && is_of_days(when->metrics[0].metric) ? 0 : when->metric_count;
        if (rule->gift.by != NULL && is_of_days(rule->gift.by->metric)) {
            rule->gift.by = NULL;
        }
    }
    if (is_of_days(run->drawn->segment_bounds.metric)) {
        run->drawn->segment_bounds.metric = METRIC_AT_VISITS;
    }
    if (draw_one_in(&run->random, 2)) {
        give_stamps(run);
    }
}

/* ---- What is counted ---- */

static int64_t net_given(struct run *run, const struct happened *one)
{
    struct happened now = *one;
    struct model model = quote_run_model(run, &now);
    return model_net_given(&model, one);
}

/* No more than is there. */
static int64_t without(int64_t sure, int64_t part)
{
    return most(sure - part, least(sure, 0));
}

void quote_run_count(struct run *run, const struct happened *one)
{
    int64_t net = net_given(run, one);
    int64_t *sure = &run->sure[one->member];
    *sure = net < 0 ? without(*sure, -net) : *sure + net;
}

/* ---- Returns ---- */

/* What a sale was judged on, so that what is left of it can be judged again. */
struct judged_on {
    struct happened *past;
    size_t past_count;
    int64_t sure[SHOP_MEMBERS];
    const struct rules_text *text;
    char person[UID_TEXT_MAX];
    unsigned member;
    struct shopper shopper;
    struct slice lists[2]; /* "new" and "vip" at most */
    char key[UID_TEXT_MAX];
    char referrer[UID_TEXT_MAX];
    char list_names[2][8];
};

static struct slice copy(char *to, size_t room, struct slice text)
{
    assert_true(text.length < room);
    if (text.length > 0) {
        memcpy(to, text.at, text.length);
    }
    return slice_of(to, text.length);
}

static void copy_shopper(struct judged_on *on, const struct shopper *shopper)
{
    on->shopper = *shopper;
    on->shopper.key = copy(on->key, sizeof on->key, shopper->key);
    on->shopper.referrer = copy(on->referrer, sizeof on->referrer, shopper->referrer);
    assert_true(shopper->list_count <= 2);
    for (size_t i = 0; i < shopper->list_count; i++) {
        on->lists[i] = copy(on->list_names[i], sizeof on->list_names[i], shopper->lists[i]);
    }
    on->shopper.lists = on->lists;
}

void quote_run_keep(struct run *run, struct happened *now, const struct shopper *shopper)
{
    struct judged_on *on = calloc(1, sizeof *on);
    struct model model = quote_run_model(run, now);
    assert_non_null(on);
    assert_true(run->kept_on_count < STEPS);
    on->past = malloc((run->past_count + 1) * sizeof on->past[0]);
    assert_non_null(on->past);
    memcpy(on->past, run->past, run->past_count * sizeof on->past[0]);
    memcpy(on->sure, run->sure, sizeof on->sure);
    on->past_count = run->past_count;
    on->text = model.text;
    on->member = now->member;
    (void)copy(on->person, sizeof on->person, model.person);
    copy_shopper(on, shopper);
    run->kept_on[run->kept_on_count++] = on;
    now->before = on;
}

void quote_run_forget(struct run *run)
{
    while (run->kept_on_count > 0) {
        struct judged_on *on = run->kept_on[--run->kept_on_count];
        free(on->past);
        free(on);
    }
}

static struct happened *pick_sale(struct run *run, bool is_by_line)
{
    size_t first = run->past_count == 0 ? 0 : draw_below(&run->random, run->past_count);
    for (size_t i = 0; i < run->past_count; i++) {
        struct happened *one = &run->past[(first + i) % run->past_count];
        bool is_fit = !is_by_line || (one->back == 0 && one->occasion.line_count > 0);
        if (!one->is_held && !one->is_back && is_fit && one->occasion.kind == OCCASION_SALE) {
            return one;
        }
    }
    return NULL;
}

static int64_t left_of_stamps(struct run *run, const struct happened *one)
{
    struct happened now = *one;
    struct model model = quote_run_model(run, &now);
    return most(model_left_in_metric(&model, METRIC_AT_GIVEN, one), 0);
}

/* So many are not the member's any more. */
static void take_stamps(struct run *run, const struct happened *one, int64_t part)
{
    run->sure[one->member] = without(run->sure[one->member], part);
    for (unsigned m = 0; m < SHOP_MEMBERS; m++) {
        if (one->is_merged && run->persons[m].at != m) {
            run->persons[m].came = without(run->persons[m].came, part);
        }
    }
}

static void must_return(const struct run *run, const char *what, enum err err, enum verdict verdict,
                        const struct note *note)
{
    if (err != ERR_OK || verdict != VERDICT_OK) {
        fail_msg("seed %" PRIu64 ": a return %s: %s, %s, %s", run->seed, what, err_name(err),
                 verdict_describe(verdict)->name, note->text);
    }
}

static bool return_some(struct run *run)
{
    struct happened *one = pick_sale(run, false);
    struct note note = {""};
    enum verdict verdict;
    if (one == NULL) {
        return false;
    }
    int64_t left =
        one->is_by_line ? shop_money_left(run->shop, &one->sale) : one->whole - one->back;
    if (one->is_by_line && left == 0) {
        return false; /* lines that cost nothing come back by line */
    }
    int64_t amount = left == 0 || one->is_by_line || draw_one_in(&run->random, 2)
                         ? left
                         : 1 + (int64_t)draw_below(&run->random, (uint64_t)left);
    int64_t before = left_of_stamps(run, one);
    enum err err =
        shop_return(run->shop, &one->sale, amount == left ? 0 : amount, NULL, 0, &verdict, &note);
    must_return(run, "by amount", err, verdict, &note);
    say(run, amount == left ? "a return" : "a return of a part", one->member);
    one->back += amount;
    one->is_back = amount == left;
    take_stamps(run, one, before - left_of_stamps(run, one));
    return true;
}

/* ---- By line ---- */

static int64_t whole_of(const struct basket_line *line)
{
    return line->quantity_milli == 0 ? 1000 : line->quantity_milli;
}

/* The sale without what came back, as a sale of its own: of a line that is left its share. */
static void rest_of(const struct happened *one, struct happened *out_rest)
{
    const struct judged_on *on = one->before;
    int64_t cost = 0;
    int64_t left = 0;
    memset(out_rest, 0, sizeof *out_rest);
    out_rest->member = on->member;
    out_rest->occasion = one->occasion;
    out_rest->occasion.shopper = on->shopper;
    out_rest->occasion.line_count = 0;
    memcpy(out_rest->codes, one->codes, sizeof out_rest->codes);
    for (size_t i = 0; i < one->occasion.line_count; i++) {
        struct basket_line line = one->lines[i];
        int64_t whole = whole_of(&line);
        int64_t rest = whole - one->line_back[i];
        cost += line.amount.minor;
        line.amount.minor = (2 * line.amount.minor * rest + whole) / (2 * whole);
        line.quantity_milli = line.quantity_milli == 0 ? 0 : rest;
        left += line.amount.minor;
        if (rest > 0) {
            out_rest->lines[out_rest->occasion.line_count++] = line;
        }
    }
    out_rest->occasion.paid_in_points.minor =
        cost == 0 ? 0 : one->occasion.paid_in_points.minor * left / cost;
}

static void begin_lines(struct run *run, struct happened *one)
{
    struct happened now = *one;
    struct model model = quote_run_model(run, &now);
    if (one->is_by_line) {
        return;
    }
    for (size_t r = 0; r < RULES_MAX; r++) {
        one->left_given[r] = one->given[r];
    }
    for (uint16_t m = 0; m < METRICS_MAX; m++) {
        one->left_metric[m] = is_of_days(m) ? 0 : most(model_added(&model, m, one), 0);
    }
    one->is_by_line = true;
}

/* What the rest doesn't deserve goes; false: more would be paid in points than is left to pay. */
static bool leave_rest(struct happened *one)
{
    const struct judged_on *on = one->before;
    struct happened rest;
    rest_of(one, &rest);
    struct model model = {.text = on->text,
                          .past = on->past,
                          .past_count = on->past_count,
                          .person = slice_of(on->person, strlen(on->person)),
                          .sure = on->sure,
                          .now = &rest};
    if (!model_judge(&model)) {
        return false;
    }
    for (size_t r = 0; r < RULES_MAX; r++) {
        one->left_given[r] = least(one->left_given[r], rest.given[r]);
    }
    for (uint16_t m = 0; m < METRICS_MAX; m++) {
        int64_t added = is_of_days(m) ? 0 : model_added(&model, m, &rest);
        one->left_metric[m] = most(least(one->left_metric[m], added), 0);
    }
    return true;
}

/* All that is left of a line, or less. */
static size_t draw_lines(struct run *run, struct happened *one, struct line_back *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < one->occasion.line_count; i++) {
        int64_t left = whole_of(&one->lines[i]) - one->line_back[i];
        if (left == 0 || draw_one_in(&run->random, 2)) {
            continue;
        }
        bool is_all = draw_one_in(&run->random, 2);
        int64_t back = is_all ? left : 1 + (int64_t)draw_below(&run->random, (uint64_t)left);
        one->line_back[i] += back;
        lines[count++] = (struct line_back){(uint32_t)i + 1, is_all ? 0 : back};
    }
    return count;
}

static bool return_lines(struct run *run)
{
    struct happened *picked = pick_sale(run, true);
    struct line_back lines[LINES_MAX];
    struct note note = {""};
    enum verdict verdict;
    if (picked == NULL) {
        return false;
    }
    struct happened one = *picked;
    size_t count = draw_lines(run, &one, lines);
    if (count == 0) {
        return false;
    }
    int64_t before = left_of_stamps(run, &one);
    begin_lines(run, &one);
    one.is_back = true;
    for (size_t i = 0; i < one.occasion.line_count; i++) {
        one.is_back = one.is_back && one.line_back[i] == whole_of(&one.lines[i]);
    }
    bool is_good = one.is_back || leave_rest(&one);
    enum err err = shop_return(run->shop, &one.sale, 0, lines, count, &verdict, &note);
    if (!is_good) {
        assert_int_equal(err, ERR_RANGE);
        return false;
    }
    must_return(run, "by line", err, verdict, &note);
    say(run, "lines return", one.member);
    take_stamps(run, &one, before - left_of_stamps(run, &one));
    *picked = one;
    return true;
}

/* ---- Merges ---- */

static bool can_change(const struct run *run, unsigned member)
{
    return run->shop->is_own[member] && run->persons[member].at == member &&
           quote_run_is_there(run, member);
}

static bool is_merged_into(const struct run *run, unsigned member)
{
    bool is_so = false;
    for (unsigned m = 0; m < SHOP_MEMBERS; m++) {
        is_so = is_so || (m != member && run->persons[m].at == member);
    }
    return is_so;
}

/* Not of who came from another home: what returns of before then leaves what that brought, and not
 * what a merge keeps of it. */
static bool merge(struct run *run)
{
    struct desk *desk = &run->shop->desk;
    unsigned from = (unsigned)draw_below(&run->random, SHOP_MEMBERS);
    unsigned into = (unsigned)draw_below(&run->random, SHOP_MEMBERS);
    if (from == into || !uid_is_nil(&run->merge) || !can_change(run, from) ||
        run->persons[from].has_come || !can_change(run, into)) {
        return false;
    }
    struct command command = desk_command(desk, COMMAND_MERGE_MEMBERS);
    command.merge = (struct command_merge){run->shop->members[from], run->shop->members[into]};
    if (desk_tell(desk, &command) != VERDICT_OK) {
        return false; /* what is paid in points is held */
    }
    say(run, "merged", from);
    run->person = slice_of(run->into, strlen(uid_format(&run->shop->members[into], run->into)));
    run->merge = command.transaction_id;
    run->persons[from].at = into;
    run->persons[from].came = run->sure[from];
    run->sure[into] += run->sure[from];
    for (size_t h = 0; h < run->past_count; h++) {
        struct happened *one = &run->past[h];
        if (one->member == from) {
            one->member = into;
            one->is_merged = true;
        }
    }
    return true;
}

/* What quotes that stay where they are have spent. */
static int64_t spent_by_others(struct run *run, unsigned into)
{
    int64_t spent = 0;
    for (size_t h = 0; h < run->past_count; h++) {
        const struct happened *one = &run->past[h];
        bool is_other = one->is_held && !one->is_merged && one->member == into;
        spent += is_other ? most(-net_given(run, one), 0) : 0;
    }
    return spent;
}

static bool undo(struct run *run)
{
    struct desk *desk = &run->shop->desk;
    struct command command = desk_command(desk, COMMAND_UNMERGE_MEMBERS);
    unsigned from = 0;
    while (from < SHOP_MEMBERS && run->persons[from].at == from) {
        from++;
    }
    command.unmerge.merge = run->merge;
    if (from == SHOP_MEMBERS || uid_is_nil(&run->merge) || !quote_run_is_there(run, from) ||
        desk_tell(desk, &command) != VERDICT_OK) {
        return false;
    }
    say(run, "parted", from);
    unsigned into = run->persons[from].at;
    int64_t there = most(run->sure[into] - spent_by_others(run, into), 0);
    int64_t back = least(there, run->persons[from].came);
    run->sure[into] -= back;
    run->sure[from] = back;
    run->persons[from].at = from;
    run->merge = (struct uid){{0}};
    for (size_t h = 0; h < run->past_count; h++) {
        struct happened *one = &run->past[h];
        one->member = one->is_merged ? from : one->member;
        one->is_merged = false;
    }
    return true;
}

/* ---- Homes, blocks, erasure ---- */

static bool move_out(struct run *run, unsigned member)
{
    bool may_move = can_change(run, member) && !is_merged_into(run, member) &&
                    shop_move_out(run->shop, member) == VERDICT_OK;
    if (may_move) {
        say(run, "moved to the partner", member);
    }
    return may_move;
}

static bool move_in(struct run *run, unsigned member)
{
    if (run->shop->is_own[member] || run->persons[member].is_gone) {
        return false;
    }
    shop_move_in(run->shop, member);
    run->persons[member].has_come = true;
    say(run, "moved here", member);
    return true;
}

static bool block(struct run *run, unsigned member, bool is_blocked)
{
    struct desk *desk = &run->shop->desk;
    struct command command =
        desk_command(desk, is_blocked ? COMMAND_BLOCK_MEMBER : COMMAND_UNBLOCK_MEMBER);
    struct person *person = &run->persons[member];
    if (!run->shop->is_own[member] || person->at != member || person->is_gone ||
        person->is_blocked == is_blocked) {
        return false;
    }
    command.block = (struct command_block){.member = run->shop->members[member], .reason = "LOST"};
    desk_do(desk, &command);
    person->is_blocked = is_blocked;
    say(run, is_blocked ? "blocked" : "unblocked", member);
    return true;
}

static bool erase(struct run *run, unsigned member)
{
    struct command command = desk_command(&run->shop->desk, COMMAND_ERASE_MEMBER);
    command.erase.member = run->shop->members[member];
    if (!can_change(run, member) || !draw_one_in(&run->random, 6) ||
        desk_tell(&run->shop->desk, &command) != VERDICT_OK) {
        return false;
    }
    say(run, "erased", member);
    run->persons[member].is_gone = true;
    return true;
}

static bool happens(struct run *run, enum trouble trouble)
{
    unsigned member = (unsigned)draw_below(&run->random, SHOP_MEMBERS);
    switch (trouble) {
    case TROUBLE_RETURN:
        return return_some(run);
    case TROUBLE_LINES:
        return return_lines(run);
    case TROUBLE_MERGE:
        return merge(run);
    case TROUBLE_UNDO:
        return undo(run);
    case TROUBLE_MOVE_OUT:
        return move_out(run, member);
    case TROUBLE_MOVE_IN:
        return move_in(run, member);
    case TROUBLE_BLOCK:
        return block(run, member, true);
    case TROUBLE_UNBLOCK:
        return block(run, member, false);
    case TROUBLE_ERASE:
        return erase(run, member);
    case TROUBLE_COUNT:
        break;
    }
    return false;
}

void quote_run_trouble(struct run *run)
{
    static const enum trouble often[] = {
        TROUBLE_RETURN,   TROUBLE_RETURN,  TROUBLE_LINES,   TROUBLE_LINES,   TROUBLE_LINES,
        TROUBLE_MERGE,    TROUBLE_MERGE,   TROUBLE_MERGE,   TROUBLE_UNDO,    TROUBLE_UNDO,
        TROUBLE_MOVE_OUT, TROUBLE_MOVE_IN, TROUBLE_MOVE_IN, TROUBLE_MOVE_IN, TROUBLE_BLOCK,
        TROUBLE_UNBLOCK,  TROUBLE_UNBLOCK, TROUBLE_UNBLOCK, TROUBLE_UNBLOCK, TROUBLE_ERASE,
    };
    enum trouble trouble = often[draw_below(&run->random, sizeof often / sizeof often[0])];
    run->troubles[trouble] += happens(run, trouble) ? 1 : 0;
}
