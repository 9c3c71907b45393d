/* One rule of a programme: on what, when, for which goods, what it gives, how it combines with
 * others, and up to what.
 *
 * Plain values as the programme's file says them; texts and lists are borrowed. Any thread.
 */
#ifndef PROGRAMME_RULE_H
#define PROGRAMME_RULE_H

#include "base/decimal.h"
#include "programme/occasion.h"
#include "programme/window.h"

/* What is counted of a member. */
enum metric_of {
    METRIC_SPEND,  /* what the goods cost after discounts, in minor units of money */
    METRIC_VISITS, /* sales, 1 each */
    METRIC_ITEMS,  /* quantity of the goods, in thousandths */
    METRIC_POINTS, /* what rules gave, in minor units of points */
    METRIC_GIVEN,  /* what rules gave to this metric and took from it, in minor units of points */
    METRIC_UNTIL,  /* days that are left until what rules prolong is over; 0 from then on */
    METRIC_SINCE,  /* days since the last sale; INT64_MAX where there was none */
    METRIC_STREAK, /* days, weeks or months in a row with a sale; 0 once one was left out */
    METRIC_OF_COUNT
};

struct metric {
    const char *name;
    enum metric_of of;
    struct window window; /* of a streak: the day, week or month; of UNTIL and SINCE: ever */
    uint16_t goods; /* of spend and items: only these, else NO_GOODS; a place in the list of sets */
    unsigned line;  /* of the file; 0: not from a file */
};

#define NO_GOODS  UINT16_MAX
#define NO_METRIC UINT16_MAX

/* A metric in bounds, as it was before the occasion. */
struct metric_bounds {
    uint16_t metric;  /* its place in the list of metrics */
    int64_t at_least; /* INT64_MIN: no bound */
    int64_t below;    /* INT64_MAX: no bound */
    bool counts_this; /* as it is with what this occasion adds, and with what rules before this one
                         gave; of what comes after the points for money */
};

/* A day of each year, from so many days before it to so many after. */
enum day_of {
    DAY_OF_BIRTHDAY,
    DAY_OF_ENROLMENT, /* from one year on */
    DAY_OF_COUNT
};
struct around {
    enum day_of of;
    unsigned before; /* days; with `after` less than AROUND_DAYS_MAX */
    unsigned after;
};
#define AROUND_DAYS_MAX 300u

/* A level that a member has or hasn't: the highest whose end lies ahead. */
struct tier {
    const char *name;
    uint16_t until; /* the metric of METRIC_UNTIL that says how long it is held */
    unsigned line;  /* of the file; 0: not from a file */
};
#define NO_TIER_BIT 1u /* the bit of those that have none; that of tier k is TIER_BIT(k) */
#define TIER_BIT(k) (2u << (k))

struct hours {
    unsigned from; /* minute of the day, 0 to 1439 */
    unsigned to;   /* 1 to 1440; not above `from`: past midnight into the next day, whose weekday
                      is still that of the evening */
};

/* Members of one kind: all that is named holds. */
struct segment {
    const char *name;
    const struct metric_bounds *metrics;
    size_t metric_count;
    const struct slice *lists; /* on one of these; 0: whatever the lists */
    size_t list_count;
    const uint16_t *all; /* in all of these segments, which stand before it */
    size_t all_count;
    const uint16_t *any; /* in one of them; 0: whatever the others */
    size_t any_count;
    const uint16_t *none; /* in none of them */
    size_t none_count;
    unsigned line; /* of the file; 0: not from a file */
};

/* Codes of one kind. */
struct coupon {
    const char *name;
    const struct slice *codes; /* these, which anyone may say; */
    size_t code_count;
    struct slice prefix; /* or, without them, codes that begin so and were issued (coupon.h) */
    bool is_personal;    /* each of them only for whom it was issued to */
    unsigned line;       /* of the file; 0: not from a file */
};
#define NO_COUPON UINT16_MAX

/* Offers that are given together, and who is left out to see what they do. */
struct campaign {
    const char *name;
    unsigned control; /* percent of those whom an offer fits that get none */
    unsigned most;    /* offers a member; 1 or more */
    const char *seed; /* another one draws another control group; "" for none */
    unsigned line;    /* of the file; 0: not from a file */
};

/* What a member may be offered: rules ask for whether they were, by its metric. */
struct offer {
    const char *name;
    uint16_t until;           /* the metric of METRIC_UNTIL that says how long it is good */
    uint16_t campaign;        /* its place in the list */
    const uint16_t *goods;    /* places in the list of sets: what it is about */
    size_t goods_count;       /* 1 or more */
    const uint16_t *segments; /* to members in one of these; */
    size_t segment_count;     /* 0: to all */
    unsigned days;            /* good so long, with the day on which it is given; 1 or more */
    const uint16_t *coupon;   /* with it comes a code of this one, good as long; NULL: none */
    unsigned line;            /* of the file; 0: not from a file */
};

struct when {
    int64_t from_day;  /* the first day, on the brand's clock; INT64_MIN: always */
    int64_t until_day; /* the first day on which it is over; INT64_MAX: never */
    unsigned weekdays; /* bit 0 is Monday; 0: all */
    const struct hours *hours;
    size_t hours_count; /* 0: all day */
    const struct slice *stores;
    size_t store_count; /* 0: all */
    const struct slice *channels;
    size_t channel_count; /* 0: all */
    int64_t basket_minor; /* money, at least, before discounts; 0: any */
    int64_t goods_minor;  /* the rule's goods in the basket cost so much at least; 0: any */
    int64_t goods_milli;  /* and are so many at least; 0: any */
    const struct metric_bounds *metrics;
    size_t metric_count;
    unsigned purchase;           /* the n-th sale of the member, by `purchases`; 0: any */
    uint16_t purchases;          /* the metric that counts them; NO_METRIC where `purchase` is 0 */
    const struct around *around; /* NULL: any day */
    unsigned tiers;              /* bits of the tiers it is for; 0: all and none */
    bool is_referred;            /* somebody else brought the member */
    const uint16_t *segments;    /* in one of these; */
    size_t segment_count;        /* 0: all members */
    const uint16_t *not_in;      /* and in none of these */
    size_t not_in_count;
    const uint16_t *coupon; /* a code of this one is shown; NULL: none is needed */
};

enum gives {
    GIVES_POINTS_FOR_MONEY, /* points for each so much money */
    GIVES_POINTS,           /* so many */
    GIVES_MULTIPLE,         /* base points once more, times (factor - 1) */
    GIVES_PERCENT_OFF,      /* of what the goods cost */
    GIVES_MONEY_OFF,        /* so much, and no more than they cost */
    GIVES_PRICE,            /* so many of the goods, the cheapest, cost so much each and no more */
    GIVES_UNTIL,  /* a metric's end is so many days or months away, or stays where it is */
    GIVES_ITEM,   /* a thing: a gift, a voucher, free delivery */
    GIVES_REFUND, /* money for the days that are left of what was paid, which end; never at a sale
                   */
    GIVES_EVENT,  /* the one who brought the member has an event */
    GIVES_COUNT
};

/* What points for money are reckoned on. */
enum amount_of {
    AMOUNT_GROSS, /* what the lines cost */
    AMOUNT_NET,   /* after discounts */
    AMOUNT_PAID,  /* and without what points pay */
    AMOUNT_OF_COUNT
};

/* How long something lasts that rules prolong. */
struct term {
    unsigned months; /* and then */
    unsigned days;
    enum window_kind end_of; /* to the end of that day, week, month or year; WINDOW_EVER: so long
                                and no longer */
    bool is_added;           /* to what is left; else from the occasion's day */
};

/* A percentage by a metric, as it was before the occasion: that of the last step that it has. */
struct ratio_step {
    int64_t at_least; /* ascending */
    struct decimal ratio;
};
struct by_metric {
    uint16_t metric;
    const struct ratio_step *steps;
    size_t count; /* 1 or more */
};

struct gift {
    enum gives gives;
    int64_t points_minor; /* of POINTS_FOR_MONEY and POINTS */
    int64_t per_minor;    /* money, 1 or more; of POINTS_FOR_MONEY */
    enum amount_of of;    /* of POINTS_FOR_MONEY */
    struct decimal ratio; /* the factor of MULTIPLE, 1 or more; the percentage of PERCENT_OFF, above
                             0 and at most 100 */
    int64_t money_minor;  /* of MONEY_OFF, 1 or more; of PRICE, for one; of ITEM, what each is
                             worth, as on a gift card; 0: nothing is said */
    unsigned items;       /* of PRICE; 0: all; of ITEM, how many, 1 or more */
    struct slice item;    /* of ITEM: its name */
    enum rounding rounding;
    const uint16_t *metric; /* points go to this one, of METRIC_GIVEN, and not to the balance; of
                               UNTIL and REFUND: the one whose end moves; else NULL */
    struct term term;       /* of UNTIL; of ITEM: how long it is good, zeroes: for ever */
    struct slice event;     /* of EVENT: its name */
    const struct by_metric *by; /* of PERCENT_OFF, instead of the ratio; NULL: not so */
};

/* What a rule gives at most in a window, in minor units of points or of money as the gift is, and
 * how often it gives something. */
enum cap_of {
    CAP_OF_MEMBER,
    CAP_OF_ALL,  /* members together: the first so many, or a budget */
    CAP_OF_CODE, /* the code that was shown */
    CAP_OF_COUNT
};
struct cap {
    enum cap_of of;
    struct window window; /* no rolling one unless of a member */
    bool is_per_receipt;  /* then there is no window */
    int64_t amount_max;   /* INT64_MAX: no bound */
    int64_t uses_max;     /* INT64_MAX: no bound */
};

/* What a rule takes from a metric of METRIC_GIVEN where it gives something; it must be there. */
struct take {
    uint16_t metric;
    int64_t minor; /* 1 or more */
};

/* What a rule costs who has it: all or nothing is given for it. */
struct price {
    int64_t points_minor; /* of the balance; one of the two is 1 or more */
    int64_t money_minor;  /* besides */
};

struct rule {
    const char *name;
    enum occasion_kind on;
    bool is_on_any; /* sales and events alike, of what has a price or refunds only events; then `on`
                       is OCCASION_EVENT without a name */
    struct slice event; /* of OCCASION_EVENT */
    struct when when;
    const uint16_t *goods; /* places in the list of sets: any of these; */
    size_t goods_count;    /* 0: all goods */
    const uint16_t *except;
    size_t except_count;
    struct gift gift;
    const struct take *take;   /* NULL: nothing */
    const struct price *price; /* of events; NULL: it is free */
    int priority;              /* higher goes first; then as they stand in the file */
    const char *group;         /* of rules with one group the one that gives most; NULL: stacks */
    bool is_exclusive; /* where it gives something, those of its stage with a lower priority do not
                        */
    const struct cap *caps;
    size_t cap_count;
    unsigned line; /* of the file; 0: not from a file */
};

/* "spend", "visits", "items", "points", "given", "until", "since", "streak". */
const char *metric_of_name(enum metric_of of);
/* Of how many decimals its numbers are, where points and money have so many. */
unsigned metric_of_decimals(enum metric_of of, unsigned points_decimals, unsigned money_decimals);
/* "gross", "net", "paid". */
const char *amount_of_name(enum amount_of of);
/* "mon" for 0. */
#define WEEKDAYS 7u
const char *weekday_name(unsigned weekday);
/* "birthday", "enrolment". */
const char *day_of_name(enum day_of of);
/* "member", "all", "code". */
const char *cap_of_name(enum cap_of of);
/* "points_for_money", "points", "multiple", "percent_off", "money_off", "price", "until",
 * "item", "refund", "event". */
const char *gives_name(enum gives gives);
/* The stages of a judgement, in their order. */
enum stage {
    STAGE_DISCOUNT,
    STAGE_BASE,  /* points for money */
    STAGE_KEPT,  /* points that go to a metric */
    STAGE_BONUS, /* multiples, points, and all else */
    STAGE_TERM,  /* what is prolonged */
    STAGE_COUNT
};
enum stage rule_stage(const struct rule *rule);
/* In what is given counted? */
enum given_in {
    GIVEN_IN_POINTS,
    GIVEN_IN_MONEY,
    GIVEN_IN_DAYS,
    GIVEN_IN_TIMES
};
enum given_in rule_given_in(const struct rule *rule);
/* Has the occasion that the rule is on no basket for certain? */
bool rule_is_without_basket(const struct rule *rule);

/* What rules refer to by place. */
struct rule_names {
    size_t goods;
    const struct metric *metrics;
    size_t metric_count;
    size_t tiers;
    size_t coupons;
    size_t segments;
};

/* ERR_INPUT with a note that names the rule: numbers out of their bounds, an event on a sale,
 * discounts or points for money on an event, a span that is empty, a metric that can't be given to.
 */
MUST_USE enum err rule_check(const struct rule *rule, const struct rule_names *names,
                             struct note *note);

#endif
