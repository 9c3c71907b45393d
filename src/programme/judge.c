#include "programme/judge.h"

#include <string.h>

#include "programme/coupon.h"
#include "programme/judging.h"
#include "programme/share.h"

static void trace(struct judging *j, uint16_t rule, enum trace_reason reason, int64_t has,
                  int64_t wants)
{
    judging_trace(j, (struct trace_row){rule, reason, NO_METRIC, has, wants}, NO_CODE);
}

/* Rules, one stage after the other. */

/* A rule that applies, and what it would give. */
struct bid {
    uint16_t place;
    size_t code; /* that it takes; NO_CODE */
    int64_t wanted;
    int64_t given;
    int64_t *parts; /* of each line */
};

static enum err bid_of(struct judging *j, uint16_t place, size_t code, struct bid *out)
{
    const struct rule *rule = &j->text->rules[place];
    struct bid bid = {.place = place, .code = code};
    bid.parts = arena_alloc(j->arena, (j->occasion->line_count + 1) * sizeof bid.parts[0]);
    if (bid.parts == NULL) {
        return ERR_RESOURCE;
    }
    TRY(gift_wanted(j, rule, &bid.wanted, bid.parts));
    bid.given = caps_leave(j, place, code, bid.wanted);
    if (rule->price != NULL && bid.given < bid.wanted) {
        bid.given = 0; /* a part of it isn't worth its price */
    }
    *out = bid;
    return ERR_OK;
}

/* Adds shares of what was given to the lines' sums. */
static enum err give_to_lines(struct judging *j, const struct bid *bid, int64_t *sums)
{
    size_t count = j->occasion->line_count;
    int64_t *shares = arena_alloc(j->arena, (count + 1) * sizeof shares[0]);
    if (shares == NULL) {
        return ERR_RESOURCE;
    }
    TRY(share_out(bid->given, bid->parts, count, j->arena, shares));
    for (size_t i = 0; i < count; i++) {
        TRY(int64_add(sums[i], shares[i], &sums[i]));
    }
    return ERR_OK;
}

static enum err take_bid(struct judging *j, const struct bid *bid)
{
    const struct rule *rule = &j->text->rules[bid->place];
    enum stage stage = rule_stage(rule);
    if (stage == STAGE_DISCOUNT) {
        TRY(give_to_lines(j, bid, j->discounts));
    } else {
        TRY(gift_hand_out(j, rule, bid->given));
        if (stage == STAGE_BASE) {
            TRY(give_to_lines(j, bid, j->base_points));
        }
    }
    if (rule->price != NULL) {
        j->spent += rule->price->points_minor; /* no more than the balance */
        TRY(int64_add(j->due, rule->price->money_minor, &j->due));
    }
    if (rule->take != NULL) {
        TRY(metric_take(j, rule->take));
    }
    TRY(caps_count(j, bid->place, bid->code, bid->given));
    if (rule->when.purchase != 0) {
        TRY(purchase_have(j, bid->place));
    }
    j->awards[j->award_count++] = (struct award){bid->place, bid->wanted, bid->given};
    judging_trace(j,
                  (struct trace_row){bid->place, TRACE_FIRED, NO_METRIC, bid->given, bid->wanted},
                  bid->code);
    return ERR_OK;
}

/* Takes a bid that gives something, or says why it does not. */
static enum err settle_bid(struct judging *j, const struct bid *bid)
{
    if (bid->given > 0) {
        return take_bid(j, bid);
    }
    trace(j, bid->place, bid->wanted > 0 ? TRACE_CAP : TRACE_NOTHING, 0, bid->wanted);
    return ERR_OK;
}

static bool is_in_group(const struct judging *j, uint16_t place, const char *group)
{
    const char *own = j->text->rules[place].group;
    return own != NULL && strcmp(own, group) == 0;
}

/* The rules of a stage, and which of them are done with. */
struct round {
    const uint16_t *at;
    bool *is_done;
    size_t count;
    bool is_closed; /* by an exclusive rule, for those of a lower priority */
    int closed_at;
};

/* Traces one that an exclusive rule keeps out. */
static bool is_kept_out(struct judging *j, const struct round *round, size_t at)
{
    uint16_t place = round->at[at];
    if (round->is_closed && j->text->rules[place].priority < round->closed_at) {
        trace(j, place, TRACE_EXCLUDED, 0, 0);
        return true;
    }
    return false;
}

/* The rule's bid, where it applies and no exclusive rule keeps it out. */
static enum err look_at(struct judging *j, struct round *round, size_t at, bool *out_applies,
                        struct bid *out_bid)
{
    round->is_done[at] = true;
    *out_applies = false;
    if (is_kept_out(j, round, at)) {
        return ERR_OK;
    }
    size_t code;
    TRY(match_rule(j, round->at[at], out_applies, &code));
    return *out_applies ? bid_of(j, round->at[at], code, out_bid) : ERR_OK;
}

/* Of the rules of a group that apply, of which `first` is the first, the one that gives most, the
 * first of equals. */
static enum err settle_group(struct judging *j, struct round *round, size_t first, struct bid *best)
{
    const char *group = j->text->rules[round->at[first]].group;
    struct bid *bids = arena_alloc(j->arena, (round->count - first) * sizeof bids[0]);
    if (bids == NULL) {
        return ERR_RESOURCE;
    }
    size_t count = 0;
    bids[count++] = *best;
    for (size_t i = first + 1; i < round->count; i++) {
        if (!round->is_done[i] && is_in_group(j, round->at[i], group)) {
            bool applies;
            TRY(look_at(j, round, i, &applies, &bids[count]));
            count += applies ? 1 : 0;
        }
    }
    for (size_t i = 1; i < count; i++) {
        *best = bids[i].given > best->given ? bids[i] : *best;
    }
    for (size_t i = 0; i < count; i++) {
        if (bids[i].place != best->place) {
            trace(j, bids[i].place, TRACE_GROUP, bids[i].given, best->given);
        }
    }
    return ERR_OK;
}

/* A group has its turn where the first of its rules that applies has it. */
static enum err settle_next(struct judging *j, struct round *round, size_t at)
{
    struct bid bid;
    bool applies;
    TRY(look_at(j, round, at, &applies, &bid));
    if (!applies) {
        return ERR_OK;
    }
    if (j->text->rules[round->at[at]].group != NULL) {
        TRY(settle_group(j, round, at, &bid));
    }
    TRY(settle_bid(j, &bid));
    const struct rule *rule = &j->text->rules[bid.place];
    if (bid.given > 0 && rule->is_exclusive && !round->is_closed) {
        round->is_closed = true;
        round->closed_at = rule->priority;
    }
    return ERR_OK;
}

static enum err run_stage(struct judging *j, const uint16_t *at, size_t count)
{
    struct round round = {.at = at, .is_done = arena_alloc(j->arena, count + 1), .count = count};
    if (round.is_done == NULL) {
        return ERR_RESOURCE;
    }
    memset(round.is_done, 0, count);
    for (size_t i = 0; i < count; i++) {
        if (!round.is_done[i]) {
            TRY(settle_next(j, &round, i));
        }
    }
    return ERR_OK;
}

/* Shares out what points pay over what the lines cost after discounts. */
static enum err share_paid(struct judging *j)
{
    size_t count = j->occasion->line_count;
    int64_t *nets = arena_alloc(j->arena, (count + 1) * sizeof nets[0]);
    if (nets == NULL) {
        return ERR_RESOURCE;
    }
    int64_t net = 0;
    for (size_t i = 0; i < count; i++) {
        nets[i] = j->occasion->lines[i].amount.minor - j->discounts[i];
        net += nets[i];
    }
    if (j->occasion->paid_in_points.minor > net) {
        return note_set(j->note, ERR_RANGE,
                        "points pay more than the basket costs after discounts");
    }
    return share_out(j->occasion->paid_in_points.minor, nets, count, j->arena, j->paid);
}

static enum err run_rules(struct judging *j, struct rule_list list)
{
    size_t from = 0;
    for (unsigned stage = 0; stage < STAGE_COUNT; stage++) {
        size_t to = from;
        while (to < list.count && rule_stage(&j->text->rules[list.at[to]]) == (enum stage)stage) {
            to++;
        }
        TRY(run_stage(j, list.at + from, to - from));
        if (stage == STAGE_DISCOUNT) {
            TRY(share_paid(j));
        }
        from = to;
    }
    return ERR_OK;
}

/* The whole. */

static size_t count_caps(const struct judging *j, struct rule_list list)
{
    size_t caps = 0;
    for (size_t i = 0; i < list.count; i++) {
        caps += j->text->rules[list.at[i]].cap_count;
    }
    return caps;
}

/* For what all members claim, and for codes. */
static enum err reserve_claims(struct judging *j, struct rule_list list)
{
    size_t codes = j->occasion->code_count;
    j->claims = arena_alloc(j->arena, (2 * count_caps(j, list) + 1) * sizeof j->claims[0]);
    j->coupons = arena_alloc(j->arena, (codes + 1) * sizeof j->coupons[0]);
    j->verdicts = arena_alloc(j->arena, (codes + 1) * sizeof j->verdicts[0]);
    if (j->claims == NULL || j->coupons == NULL || j->verdicts == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < codes; i++) {
        j->coupons[i] = coupon_of_code(j->text, j->occasion->codes[i].text);
        j->verdicts[i] = (struct code_verdict){NO_RULE, TRACE_CODE_UNKNOWN};
    }
    return ERR_OK;
}

static enum err reserve(struct judging *j, size_t candidates, bool is_traced)
{
    size_t lines = j->occasion->line_count + 1;
    j->discounts = arena_alloc(j->arena, lines * sizeof j->discounts[0]);
    j->paid = arena_alloc(j->arena, lines * sizeof j->paid[0]);
    j->base_points = arena_alloc(j->arena, lines * sizeof j->base_points[0]);
    j->awards = arena_alloc(j->arena, (candidates + 1) * sizeof j->awards[0]);
    j->items = arena_alloc(j->arena, (candidates + 1) * sizeof j->items[0]);
    j->raised = arena_alloc(j->arena, (candidates + 1) * sizeof j->raised[0]);
    if (j->discounts == NULL || j->paid == NULL || j->base_points == NULL || j->awards == NULL ||
        j->raised == NULL || j->items == NULL) {
        return ERR_RESOURCE;
    }
    memset(j->discounts, 0, lines * sizeof j->discounts[0]);
    memset(j->paid, 0, lines * sizeof j->paid[0]);
    memset(j->base_points, 0, lines * sizeof j->base_points[0]);
    if (is_traced) {
        j->trace = arena_alloc(j->arena, (j->text->rule_count + 1) * sizeof j->trace[0]);
        return j->trace != NULL ? ERR_OK : ERR_RESOURCE;
    }
    return ERR_OK;
}

static enum err look_up_goods(struct judging *j)
{
    j->goods = arena_alloc(j->arena, (j->occasion->line_count + 1) * sizeof j->goods[0]);
    if (j->goods == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < j->occasion->line_count; i++) {
        TRY(goods_of_line(rules_goods(j->rules), &j->occasion->lines[i], j->arena, &j->goods[i]));
    }
    return ERR_OK;
}

static enum err conclude(struct judging *j, struct judgement *out)
{
    size_t lines = j->occasion->line_count;
    struct money *discounts = arena_alloc(j->arena, (lines + 1) * sizeof discounts[0]);
    struct points *base = arena_alloc(j->arena, (lines + 1) * sizeof base[0]);
    if (discounts == NULL || base == NULL) {
        return ERR_RESOURCE;
    }
    int64_t discount = 0;
    for (size_t i = 0; i < lines; i++) {
        discounts[i] = money_of(j->discounts[i]);
        base[i] = points_of(j->base_points[i]);
        discount += j->discounts[i];
    }
    *out = (struct judgement){
        .gross = j->total,
        .discount = money_of(discount),
        .line_discounts = discounts,
        .line_base_points = base,
        .points = points_of(j->points),
        .awards = j->awards,
        .award_count = j->award_count,
        .changes = j->changes,
        .claims = j->claims,
        .claim_count = j->claim_count,
        .codes = j->verdicts,
        .items = j->items,
        .item_count = j->item_count,
        .spent = points_of(j->spent),
        .due = money_of(j->due),
        .refund = money_of(j->refund),
        .raised = j->raised,
        .raised_count = j->raised_count,
        .trace = j->trace,
        .trace_count = j->trace_count,
    };
    return ERR_OK;
}

enum err judge(const struct rules *rules, const struct standing *standing,
               const struct occasion *occasion, bool is_traced, struct arena *arena,
               struct judgement *out_judgement, struct note *note)
{
    struct judging j = {.rules = rules,
                        .text = rules_text(rules),
                        .standing = standing,
                        .occasion = occasion,
                        .arena = arena,
                        .note = note,
                        .day = occasion_day(occasion)};
    TRY(occasion_check(occasion, &j.total, note));
    TRY(look_up_goods(&j));
    struct rule_list list = rules_all(rules);
    if (!is_traced) {
        TRY(rules_candidates(rules, occasion, j.goods, arena, &list));
    }
    TRY(reserve(&j, list.count, is_traced));
    TRY(reserve_claims(&j, list));
    TRY(run_rules(&j, list));
    TRY(metrics_grow(&j));
    return conclude(&j, out_judgement);
}
