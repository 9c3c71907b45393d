/* The programme's one function: what an occasion gives a member, and why.
 *
 * The answer depends on nothing but the arguments: no clock, no I/O, no randomness, and no state
 * between two calls. What the till, the import, the dry run and the explanation do with it is
 * theirs. src/programme/README.md has the order in which rules go. Any thread.
 */
#ifndef PROGRAMME_JUDGE_H
#define PROGRAMME_JUDGE_H

#include "programme/rules.h"

/* Why a rule gave something, or didn't. `has` and `wants` of the row say the numbers. Those of
 * codes are stored (kept_case.h): new ones come last. */
enum trace_reason {
    TRACE_FIRED, /* has: what it gave; wants: what it would have given without caps */
    TRACE_OTHER_OCCASION,
    TRACE_NOT_YET, /* day; the first day */
    TRACE_OVER,    /* day; the first day on which it is over */
    TRACE_WEEKDAY, /* 0 is Monday; the bits of those it is for */
    TRACE_HOUR,    /* minute of the day; nothing */
    TRACE_STORE,
    TRACE_CHANNEL,
    TRACE_BASKET, /* what the basket costs; at least */
    TRACE_NO_GOODS,
    TRACE_GOODS_AMOUNT, /* what its goods cost; at least */
    TRACE_GOODS_COUNT,  /* how many they are, in thousandths; at least */
    TRACE_METRIC_BELOW, /* the metric; at least */
    TRACE_METRIC_ABOVE, /* the metric; below */
    TRACE_PURCHASE,     /* which purchase this is; which it is for */
    TRACE_NOTHING,      /* it would give nothing */
    TRACE_GROUP,        /* what it would have given; what the best of its group did */
    TRACE_EXCLUDED,     /* an exclusive rule went before it */
    TRACE_CAP,          /* a cap left nothing; what it would have given */
    TRACE_AROUND,       /* not around that day of the year; day */
    TRACE_TIER,         /* the bit of the member's tier; those it is for */
    TRACE_REFERRER,     /* nobody else brought the member; has: 1 if it was the member itself */
    TRACE_NO_CODE,      /* no code of its coupon was shown */
    TRACE_CODE_UNKNOWN, /* it was never issued */
    TRACE_CODE_OVER,    /* day; the first day on which it is over */
    TRACE_CODE_OTHER,   /* it is somebody else's */
    TRACE_CODE_USED,    /* it was used up */
    TRACE_CODE_SPARE,   /* another code of the coupon was taken */
    TRACE_SEGMENT,      /* in none of its segments, or in one that it is not for; has: that one */
    TRACE_LIST,         /* of a segment: on none of its lists */
    TRACE_BALANCE,      /* the points that can be spent; what it costs */
    TRACE_TAKE,         /* the metric that it takes from; what it takes */
    TRACE_PURCHASE_HAD, /* which it is for; the same: another was that one already */
    TRACE_CODE_REVOKED, /* the brand took it back */
    TRACE_REASON_COUNT
};

struct trace_row {
    uint16_t rule; /* its place in the text */
    enum trace_reason reason;
    uint16_t metric; /* of TRACE_METRIC_BELOW, _ABOVE and TRACE_TAKE, its place in the text; else
                        NO_METRIC */
    int64_t has;
    int64_t wants;
};

/* What one rule gave. */
struct award {
    uint16_t rule;
    int64_t wanted; /* without its caps: minor units of points, or of money for a discount */
    int64_t given;  /* 1 or more; in what it is counted: rule_given_in */
};

/* A thing that was given. */
struct item {
    uint16_t rule;
    struct slice name; /* the rule's text */
    int64_t count;
    struct money worth; /* of each; 0: nothing is said */
    int64_t until_day;  /* the first day on which it is over; INT64_MAX: never */
};

/* An event for who brought the member, to be judged as one of its own. */
struct raised {
    uint16_t rule;
    struct slice event; /* the rule's text */
};

/* What is added to a number that others add to at the same time: only up to `most`. Whoever keeps
 * it refuses what would go beyond; then the occasion is judged again, on the numbers as they are.
 */
struct claim {
    enum cap_of of; /* CAP_OF_ALL or CAP_OF_CODE */
    size_t code;    /* of CAP_OF_CODE, its place among the codes that were shown */
    uint64_t slot;
    int64_t bucket;
    int64_t delta; /* 1 or more */
    int64_t most;
};

#define NO_RULE UINT16_MAX

/* What became of a code that was shown. */
struct code_verdict {
    uint16_t rule; /* that took it, else the last of its coupon that did not; NO_RULE: none is */
    enum trace_reason reason; /* TRACE_FIRED: taken */
};

/* Everything is in the arena that was given. */
struct judgement {
    struct money gross;                    /* what the lines cost */
    struct money discount;                 /* taken from it */
    const struct money *line_discounts;    /* of each line; their sum is `discount` */
    const struct points *line_base_points; /* points for money of each line */
    struct points points;                  /* all that rules gave to the balance */
    const struct award *awards;            /* in the order in which rules went */
    size_t award_count;
    struct standing_changes changes;
    const struct claim *claims; /* on numbers of all members or of a code, each once */
    size_t claim_count;
    const struct code_verdict *codes; /* of each that was shown */
    const struct item *items;
    size_t item_count;
    struct points spent; /* what rules cost, of the balance */
    struct money due;    /* and in money */
    struct money refund; /* money to give back */
    const struct raised *raised;
    size_t raised_count;
    const struct trace_row *trace; /* each rule once; NULL unless it was asked for */
    size_t trace_count;
};

/* `standing` must pass standing_check. With `is_traced` all rules are looked at, which changes the
 * trace and nothing else. ERR_INPUT and ERR_RANGE as occasion_check says, also when points pay more
 * than the basket costs after discounts; ERR_RANGE when a number does not fit; ERR_RESOURCE when
 * the arena is too small. */
MUST_USE enum err judge(const struct rules *rules, const struct standing *standing,
                        const struct occasion *occasion, bool is_traced, struct arena *arena,
                        struct judgement *out_judgement, struct note *note);

/* A word for programs: "fired", "not_yet". */
const char *trace_reason_name(enum trace_reason reason);

#endif
