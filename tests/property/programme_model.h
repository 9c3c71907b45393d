/* Random programmes and occasions, and what a simple model says about them: written from the
 * programme's README and not from its code. */
#ifndef TESTS_PROPERTY_PROGRAMME_MODEL_H
#define TESTS_PROPERTY_PROGRAMME_MODEL_H

#include "base/ident.h"
#include "programme/coupon.h"
#include "programme/judge.h"

#define RULES_MAX    12
#define SETS_MAX     4
#define MEMBERS_MAX  4
#define METRICS_MAX  8
#define TIERS_MAX    2
#define COUPONS_MAX  3
#define SEGMENTS_MAX 2
#define CODES_MAX    3 /* shown at once */
#define RATIOS_MAX   2
#define PAST_MAX     64
#define LINES_MAX    5
#define CAPS_MAX     2
#define FIRST_DAY    20700

/* One programme, in the caller's memory. */
struct drawn {
    struct goods_member members[SETS_MAX][MEMBERS_MAX];
    struct goods_set sets[SETS_MAX];
    struct metric metrics[METRICS_MAX];
    struct tier tiers[TIERS_MAX];
    struct rule rules[RULES_MAX];
    uint16_t receivers[RULES_MAX];
    struct around around[RULES_MAX];
    struct coupon coupons[COUPONS_MAX];
    uint16_t asked[RULES_MAX];
    struct take takes[RULES_MAX];
    struct price prices[RULES_MAX];
    struct segment segments[SEGMENTS_MAX];
    struct metric_bounds segment_bounds;
    uint16_t in[RULES_MAX];
    struct ratio_step steps[RULES_MAX][RATIOS_MAX];
    struct by_metric by[RULES_MAX];
    uint16_t goods[RULES_MAX][2];
    uint16_t except[RULES_MAX][1];
    struct cap caps[RULES_MAX][CAPS_MAX];
    struct hours hours[RULES_MAX];
    struct slice stores[RULES_MAX];
    struct metric_bounds bounds[RULES_MAX];
    char names[RULES_MAX][16];
    struct slice person; /* whose the personal code is */
    struct rules_text text;
};

/* What happened: the occasion, and what the model says each rule gave and each line cost. */
struct happened {
    unsigned member;
    unsigned promise; /* its number; 0: none was made */
    bool is_held;     /* promised, and not paid for yet */
    bool is_promise;  /* it was promised before it took place */
    bool is_merged;   /* whose it is was another one when it took place */
    bool is_back;     /* all of it has been returned */
    int64_t back;     /* so much money of it; of `whole` */
    int64_t whole;
    struct uid sale;
    const void *before; /* the test's: what it was judged on */
    /* Of one of which lines have come back: how much of each, and what is left of what rules gave,
     * and of what it added to metrics. */
    bool is_by_line;
    int64_t line_back[LINES_MAX]; /* thousandths, of it where it has no quantity */
    int64_t left_given[RULES_MAX];
    int64_t left_metric[METRICS_MAX];
    int64_t ends[TIERS_MAX]; /* of what was promised: where it would have ended */
    int64_t streak;          /* with it, as it was told */
    struct occasion occasion;
    struct basket_line lines[LINES_MAX];
    struct shown_code codes[CODES_MAX];
    struct slice used[RULES_MAX]; /* the code that the rule took; else empty */
    int64_t given[RULES_MAX];
    int64_t wanted[RULES_MAX];
    unsigned order[RULES_MAX]; /* of those that gave something, from 1 */
    unsigned fired;
    int64_t off[LINES_MAX];
    int64_t base[LINES_MAX];
    int64_t points;
    int64_t spent;
    int64_t due;
    int64_t refund;
};

/* The places of the metrics that are always there. */
enum {
    METRIC_AT_GIVEN = 2,
    METRIC_AT_UNTIL, /* TIERS_MAX of them */
    METRIC_AT_SINCE = METRIC_AT_UNTIL + TIERS_MAX,
    METRIC_AT_STREAK,
    METRIC_AT_VISITS
};

/* Up to `bound` - 1. */
uint64_t draw_below(uint64_t *random, uint64_t bound);
bool draw_one_in(uint64_t *random, uint64_t n);
void draw_programme(struct drawn *drawn, uint64_t *random);
/* What the codes that there are remember; the first ones are listed, or were issued by `draw_code`.
 */
#define CODE_COUNT 6
struct slice code_text(size_t code);
/* What changes when a code is issued; nothing for one that is listed or was not. */
MUST_USE enum err draw_code(const struct drawn *drawn, size_t code, struct arena *arena,
                            struct standing_changes *out_changes);
/* A sale or an event at that time on the brand's clock. The codes' standings are left empty. */
void draw_occasion(struct happened *happened, int64_t ms, uint64_t *random);

/* Looks at every rule and every line, compares texts, and counts metrics and caps over the history
 * instead of keeping numbers. What is held for a promise counts wherever something is bounded from
 * above, and nowhere else: nobody gets anything for what may never be paid. */
struct model {
    bool is_closed; /* by an exclusive rule, in this stage */
    int closed_at;
    const struct rules_text *text;
    const struct happened *past; /* as it took place; oldest first */
    size_t past_count;
    struct slice person;
    bool counts_held;
    const int64_t *sure; /* of each member what rules gave to their metric, without what is held;
                          * NULL: as the history has it */
    struct happened *now;
    int64_t paid[LINES_MAX];
};

/* Is the line among the rule's goods? */
bool model_is_for(const struct model *model, const struct rule *rule,
                  const struct basket_line *line);
/* Of what has happened. */
bool model_is_in_set(const struct goods_set *set, const struct basket_line *line);
/* Of a number to which the occasion added so much, what is left after its returns by amount. */
int64_t model_left(const struct happened *one, int64_t added);
/* What it added to the metric, and what is left of that, and of what a rule gave, after returns. */
int64_t model_added(const struct model *model, uint16_t number, const struct happened *one);
int64_t model_left_in_metric(const struct model *model, uint16_t number,
                             const struct happened *one);
int64_t model_left_given(const struct happened *one, size_t r);
/* What it gave to the metric of METRIC_GIVEN, less what it took from it. */
int64_t model_net_given(const struct model *model, const struct happened *one);
/* Does a past day count in a window as seen from a day? */
bool model_is_within(struct window window, int64_t past, int64_t day);
/* A metric as it was, or with what `now` has given so far; without what is held, and with it. */
int64_t model_metric(const struct model *model, uint16_t number, bool counts_this);
int64_t model_metric_most(const struct model *model, uint16_t number, bool counts_this);
bool model_is_within_bounds(const struct model *model, const struct metric_bounds *bounds);
/* The day on which what rules prolong is over. */
int64_t model_end(const struct model *model, uint16_t number, bool counts_this);
/* What was paid for its term, and for how many days, since it was last over or given back. */
void model_paid(const struct model *model, uint16_t number, int64_t *out_money, int64_t *out_days);
/* Does the member have what a rule asks for, but for metrics and codes? */
bool model_is_member(const struct model *model, const struct when *when);

/* How much, and how often, the rule has given in a cap's window; of a cap by code, to this one. */
void model_count_in_cap(const struct model *model, size_t r, const struct cap *cap,
                        struct slice code, int64_t *out_amount, int64_t *out_uses);

/* Fills in `now`. False where points would pay more than is left to pay. */
bool model_judge(struct model *model);

#endif
