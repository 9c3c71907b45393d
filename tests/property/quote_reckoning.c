#include "quote_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/judging_groups.h"

struct model quote_run_model(struct run *run, struct happened *now)
{
    return (struct model){.text = shop_text(run->shop),
                          .past = run->past,
                          .past_count = run->past_count,
                          .now = now,
                          .person = run->persons[1].at == 1 ? run->drawn->person : run->person,
                          .sure = run->is_troubled ? run->sure : NULL};
}

static void check_value(const struct run *run, const char *what, int64_t kept, int64_t reckoned)
{
    if (kept != reckoned) {
        fail_msg("seed %" PRIu64 ": %s: %" PRId64 " is kept, %" PRId64 " reckoned", run->seed, what,
                 kept, reckoned);
    }
}

/* Nothing is promised any more, and nothing spent. */
static void check_marks(const struct run *run, const struct standing *standing, uint16_t metric)
{
    const struct rules *rules = run->shop->snapshot.version->rules;
    struct held_marks marks;
    assert_true(rules_is_held(rules, rules_metric_slot(rules, metric), &marks));
    for (size_t i = 0; i < standing->count; i++) {
        if (standing->at[i].slot == marks.promised || standing->at[i].slot == marks.withheld) {
            check_value(run, "a mark", standing->at[i].value, 0);
        }
    }
}

static void check_metrics(struct run *run, struct happened *now, const struct standing *standing)
{
    const struct rules *rules = run->shop->snapshot.version->rules;
    int64_t day = unix_day(now->occasion.local);
    struct model model = quote_run_model(run, now);
    for (uint16_t m = 0; m < run->drawn->text.metric_count; m++) {
        const struct metric *metric = &run->drawn->text.metrics[m];
        int64_t sum = 0;
        uint64_t slot = rules_metric_slot(rules, m);
        if (metric->of == METRIC_UNTIL) {
            int64_t end = standing_value(standing, slot, 0);
            check_value(run, metric->name, end > day ? end - day : 0,
                        model_metric(&model, m, false));
        } else if (metric->of != METRIC_SINCE && metric->of != METRIC_STREAK) {
            assert_int_equal(standing_sum(standing, slot, window_first_bucket(metric->window, day),
                                          window_bucket(metric->window, day), &sum),
                             ERR_OK);
            check_value(run, metric->name, sum, model_metric(&model, m, false));
            check_marks(run, standing, m);
        }
    }
}

static void check_caps(struct run *run, struct happened *now, const struct standing *standing,
                       enum cap_of of, struct slice code)
{
    const struct rules *rules = run->shop->snapshot.version->rules;
    int64_t day = unix_day(now->occasion.local);
    struct model model = quote_run_model(run, now);
    for (uint16_t r = 0; r < run->drawn->text.rule_count; r++) {
        const struct rule *rule = &run->drawn->text.rules[r];
        for (size_t c = 0; c < rule->cap_count; c++) {
            const struct cap *cap = &rule->caps[c];
            int64_t amount;
            int64_t uses = 0;
            int64_t sum = 0;
            if (cap->of != of || cap->is_per_receipt) {
                continue;
            }
            model_count_in_cap(&model, r, cap, code, &amount, &uses);
            assert_int_equal(standing_sum(standing, rules_cap_slot(rules, r, c, SLOT_CAP_AMOUNT),
                                          window_first_bucket(cap->window, day),
                                          window_bucket(cap->window, day), &sum),
                             ERR_OK);
            check_value(run, rule->name, sum, amount);
        }
    }
}

void quote_run_reckon(struct run *run)
{
    struct standing_row *row = malloc(sizeof *row);
    struct happened *now = &run->past[run->past_count];
    assert_non_null(row);
    memset(now, 0, sizeof *now);
    now->occasion.local = run->shop->desk.now;
    for (now->member = 0; now->member <= SHOP_MEMBERS; now->member++) {
        if (now->member < SHOP_MEMBERS &&
            (run->persons[now->member].is_gone || run->persons[now->member].at != now->member)) {
            continue;
        }
        struct standing_owner owner = shop_owner(run->shop, now->member);
        struct standing standing = shop_standing(run->shop, &owner, row);
        if (now->member < SHOP_MEMBERS) {
            check_metrics(run, now, &standing);
        }
        check_caps(run, now, &standing, now->member < SHOP_MEMBERS ? CAP_OF_MEMBER : CAP_OF_ALL,
                   slice_of(NULL, 0));
    }
    for (size_t c = 0; c < CODE_COUNT; c++) {
        struct standing_owner owner = judging_code_owner(code_text(c));
        struct standing standing = shop_standing(run->shop, &owner, row);
        check_caps(run, now, &standing, CAP_OF_CODE, code_text(c));
    }
    free(row);
}
