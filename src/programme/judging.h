/* What the parts of a judgement share while it is made. Internal to this module. */
#ifndef PROGRAMME_JUDGING_H
#define PROGRAMME_JUDGING_H

#include "programme/judge.h"

struct judging {
    const struct rules *rules;
    const struct rules_text *text;
    const struct standing *standing;
    const struct occasion *occasion;
    struct arena *arena;
    struct note *note;
    int64_t day;
    struct goods_list *goods; /* of each line */
    struct money total;       /* of the lines */
    int64_t *discounts;       /* of each line, so far */
    int64_t *paid;            /* of each line, what points pay */
    int64_t *base_points;     /* of each line, so far */
    int64_t points;           /* so far */
    struct standing_changes changes;
    struct award *awards; /* room for each candidate */
    size_t award_count;
    struct claim *claims; /* room for each cap of each candidate */
    size_t claim_count;
    uint16_t *coupons; /* of each code that was shown */
    struct code_verdict *verdicts;
    struct item *items; /* room for each candidate */
    size_t item_count;
    int64_t spent; /* points, so far */
    int64_t due;   /* money */
    int64_t refund;
    struct trace_row *segments; /* of each, whether the member is in it; NULL: not looked up yet */
    struct raised *raised;      /* room for each candidate */
    size_t raised_count;
    unsigned tier;           /* the bit of the one that the member has; 0: not looked up yet */
    struct trace_row *trace; /* NULL, or room for each rule */
    size_t trace_count;
};

/* Keeps the row where a trace was asked for, and what it says about codes. `code` is the place of
 * the one that a rule took; NO_CODE. */
void judging_trace(struct judging *j, struct trace_row row, size_t code);
#define NO_CODE SIZE_MAX

/* Is the line among the rule's goods? */
bool match_line(const struct judging *j, const struct rule *rule, size_t line);
/* Do the rule's conditions hold? Traces the first that does not. `out_code` is the code that it
 * would take, or NO_CODE. ERR_RANGE. */
MUST_USE enum err match_rule(struct judging *j, uint16_t place, bool *out_matches,
                             size_t *out_code);

/* A metric as it was before the occasion, and as it is with what was given so far: without what
 * quotes hold of it, as nobody gets anything for what may never be paid. ERR_RANGE. */
MUST_USE enum err metric_before(const struct judging *j, uint16_t metric, int64_t *out_value);
MUST_USE enum err metric_now(const struct judging *j, uint16_t metric, int64_t *out_value);
/* What they hold: it counts where the metric must stay below a bound. ERR_RANGE. */
MUST_USE enum err metric_held(const struct judging *j, uint16_t metric, int64_t *out_held);
/* Is the metric within its bounds? The number that is not, which may be with what is held.
 * ERR_RANGE.
 */
MUST_USE enum err metric_bounded(const struct judging *j, const struct metric_bounds *bounds,
                                 struct trace_row *out_row);
/* The first day on which the metric's end is behind, as rules have prolonged it so far; not before
 * the occasion's day. */
int64_t metric_end_now(const struct judging *j, uint16_t metric);
/* Looks up all segments, once. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err segments_look_up(struct judging *j);
/* Takes from what is there, the oldest first. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err metric_take(struct judging *j, const struct take *take);
/* Counts the occasion in all metrics. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err metrics_grow(struct judging *j);

/* What all caps leave of what a rule wants to give. */
int64_t caps_leave(const struct judging *j, uint16_t place, size_t code, int64_t wanted);
/* Has the code been used as often as the rule's caps let it be? */
bool caps_use_up(const struct judging *j, uint16_t place, size_t code);
/* ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err caps_count(struct judging *j, uint16_t place, size_t code, int64_t given);

/* How often the rule, which is for the n-th purchase, was had in the window that purchases are
 * counted in; and once more. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err purchase_had(const struct judging *j, uint16_t place, int64_t *out_had);
MUST_USE enum err purchase_have(struct judging *j, uint16_t place);

/* What a rule would give now, without caps, in minor units; of its goods' lines in `parts` each
 * one's weight for sharing it out (0 for other lines). ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err gift_wanted(const struct judging *j, const struct rule *rule, int64_t *out_wanted,
                              int64_t *out_parts);

/* Hands out what is no discount: to the balance, to a metric, to who brought the member. ERR_RANGE,
 * ERR_RESOURCE. */
MUST_USE enum err gift_hand_out(struct judging *j, const struct rule *rule, int64_t given);

#endif
