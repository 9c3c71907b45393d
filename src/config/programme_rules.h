/* The goods, metrics, tiers, coupons and rules of programme.yaml.
 *
 *   goods:
 *     - name: tobacco
 *       categories: [tobacco, cigars]   # products, prefixes (of products), categories, brands
 *   metrics:
 *     - name: year-spend
 *       of: spend                       # visits | items | points | given | until | since | streak
 *       window: year                    # ever (the default) | day | week | month | year |
 *       length: 30                      # rolling_days | rolling_months; how many, of these two
 *       goods: tobacco                  # optional, of spend and items
 *   tiers:                              # lowest first
 *     - tier: silver                    # also a metric: for how many days it is held
 *       metric: year-spend              # with at_least: the rule "reach silver" gives it;
 *       at_least: 500                   # without both: where another rule prolongs it
 *       months: 12                      # held so long from the last time it was reached; days
 *       end_of: year                    # and to the end of that day, week, month or year
 *   coupons:
 *     - {coupon: spring, codes: [SPRING, LENZ]}     # which anyone may say
 *     - {coupon: sorry, prefix: S-, personal: yes}  # issued one by one; only for whom it was
 *   segments:                           # all that one says holds of its members
 *     - {segment: loyal, metrics: [{metric: visits, at_least: 5}], lists: [staff]}
 *     - {segment: best, all: [loyal], any: [rich, old], none: [lost]}  # which stand before it
 *   campaigns:                         # offers that are given together
 *     - campaign: autumn
 *       control: 10                     # percent of whom they fit that get none; 0 is the default
 *       most: 2                         # offers a member at most; 1 is the default
 *       seed: b                         # another word draws another control group
 *   offers:
 *     - offer: filters-week             # also a metric: for how many days a member has it
 *       campaign: autumn
 *       for: [filters]                  # goods that it is about
 *       segments: [loyal]               # to members in one of these; without it to all
 *       days: 14                        # good so long
 *       coupon: sorry                   # with it comes a code of this one; without it none
 *   rules:
 *     - rule: saturday-double
 *       on: sale                        # the default; any; else the name of an event
 *       from: 2026-10-01                # the first day, on the brand's clock
 *       until: 2026-11-01               # the first day on which it is over
 *       weekdays: [sat, sun]
 *       hours: ['08:00-12:00']          # '22:00-02:00' goes past midnight
 *       stores: ['7']
 *       channels: [web]
 *       basket: 20.00                   # at least, before discounts
 *       goods_cost: 10.00               # the rule's goods, at least
 *       goods_count: 2                  # and so many of them
 *       purchase: 1                     # the member's n-th
 *       metrics:
 *         - {metric: year-spend, at_least: 500, below: 1000}
 *         - {metric: visits, reaches: 10}  # was below it and is not with this occasion
 *       around: {day: birthday, before: 3, after: 7}  # or enrolment, from a year on
 *       tiers: [none, silver]           # the highest that the member holds
 *       referred: yes                   # somebody else brought the member
 *       segments: [loyal]               # in one of these
 *       not_in: [lost]                  # and in none of these
 *       coupon: spring                  # a code of it is shown
 *       offered: filters-week           # the member has this offer
 *       for: [bread]                    # any of these goods; without it all
 *       except: [tobacco]
 *       give: {multiple: 2, rounding: down}
 *         # {points: 1, per: 1.00, of: net, rounding: down}    of: gross | net | paid
 *         # {points: 50}   {multiple: 1.5, rounding: half_up}
 *         # {percent_off: 10, rounding: half_up}   {money_off: 5.00}
 *         # {percent_off_by: card-spend, rounding: down,
 *         #  steps: [{at_least: 0, percent_off: 3}, {at_least: 1000, percent_off: 5}]}
 *         # {price: 1.00, items: 2}     the 2 cheapest for 1.00 each; without items all
 *         # {points: 1, to: stars}      to a metric of "given", also with `per`
 *         # {prolong: silver, months: 12, days: 1, end_of: year, added: yes}
 *         #                             a metric of "until"; added to what is left, or from today
 *         # {item: mug, items: 1, worth: 5.00, days: 30}   worth, months and days: optional
 *         # {refund: prime, rounding: down}   ends it: money for the days that are left of it
 *         # {event: referral}           for who brought the member
 *       take: {points: 10, of: stars}   # must be there, and is taken
 *       price: {points: 500, money: 2.00}  # of events: what the balance must have; one or both
 *       priority: 10                    # -1000 to 1000; 0 is the default
 *       group: weekend                  # of those with one group the one that gives most
 *       exclusive: yes
 *       caps:
 *         - {per: month, amount: 500, uses: 3}  # per: receipt, or a window with `length`
 *         - {per: ever, uses: 1000, of: all}    # of: member (the default) | all | code
 */
#ifndef CONFIG_PROGRAMME_RULES_H
#define CONFIG_PROGRAMME_RULES_H

#include "config/check.h"
#include "config/document.h"
#include "programme/rules.h"

struct goods_yaml {
    char *name;
    char **members[GOODS_BY_COUNT];
    unsigned member_counts[GOODS_BY_COUNT];
};

struct metric_yaml {
    char *name;
    char *of;
    char *window;
    char *length;
    char *goods;
};

struct tier_yaml {
    char *tier;
    char *metric;
    char *at_least;
    char *months;
    char *days;
    char *end_of;
};

struct coupon_yaml {
    char *coupon;
    char **codes;
    unsigned codes_count;
    char *prefix;
    char *personal;
};

struct segment_yaml {
    char *segment;
    struct bounds_yaml *metrics;
    unsigned metrics_count;
    char **lists;
    unsigned lists_count;
    char **all;
    unsigned all_count;
    char **any;
    unsigned any_count;
    char **none;
    unsigned none_count;
};

struct campaign_yaml {
    char *campaign;
    char *control;
    char *most;
    char *seed;
};

struct offer_yaml {
    char *offer;
    char *campaign;
    char **goods;
    unsigned goods_count;
    char **segments;
    unsigned segments_count;
    char *days;
    char *coupon;
};

struct bounds_yaml {
    char *metric;
    char *at_least;
    char *below;
    char *reaches;
};

struct around_yaml {
    char *day;
    char *before;
    char *after;
};

struct step_yaml {
    char *at_least;
    char *percent_off;
};

struct take_yaml {
    char *points;
    char *of;
};

struct price_yaml {
    char *points;
    char *money;
};

struct give_yaml {
    char *points;
    char *per;
    char *of;
    char *multiple;
    char *percent_off;
    char *percent_off_by;
    struct step_yaml *steps;
    unsigned steps_count;
    char *money_off;
    char *price;
    char *items;
    char *item;
    char *worth;
    char *refund;
    char *rounding;
    char *to;
    char *prolong;
    char *months;
    char *days;
    char *end_of;
    char *added;
    char *event;
};

struct cap_yaml {
    char *per;
    char *length;
    char *amount;
    char *uses;
    char *of;
};

struct rule_yaml {
    char *rule;
    char *on;
    char *from;
    char *until;
    char **weekdays;
    unsigned weekdays_count;
    char **hours;
    unsigned hours_count;
    char **stores;
    unsigned stores_count;
    char **channels;
    unsigned channels_count;
    char *basket;
    char *goods_cost;
    char *goods_count;
    char *purchase;
    struct bounds_yaml *metrics;
    unsigned metrics_count;
    struct around_yaml *around;
    char **tiers;
    unsigned tiers_count;
    char *referred;
    char **segments;
    unsigned segments_count;
    char **not_in;
    unsigned not_in_count;
    char *coupon;
    char *offered;
    char **goods;
    unsigned goods_names_count;
    char **except;
    unsigned except_count;
    struct give_yaml give;
    struct take_yaml *take;
    struct price_yaml *price;
    char *priority;
    char *group;
    char *exclusive;
    struct cap_yaml *caps;
    unsigned caps_count;
};

struct rules_yaml {
    struct goods_yaml *goods;
    unsigned goods_count;
    struct metric_yaml *metrics;
    unsigned metrics_count;
    struct tier_yaml *tiers;
    unsigned tiers_count;
    struct segment_yaml *segments;
    unsigned segments_count;
    struct coupon_yaml *coupons;
    unsigned coupons_count;
    struct campaign_yaml *campaigns;
    unsigned campaigns_count;
    struct offer_yaml *offers;
    unsigned offers_count;
    struct rule_yaml *rules;
    unsigned rules_count;
};

extern const cyaml_schema_value_t programme_goods_schema;
extern const cyaml_schema_value_t programme_metric_schema;
extern const cyaml_schema_value_t programme_tier_schema;
extern const cyaml_schema_value_t programme_coupon_schema;
extern const cyaml_schema_value_t programme_segment_schema;
extern const cyaml_schema_value_t programme_campaign_schema;
extern const cyaml_schema_value_t programme_offer_schema;
extern const cyaml_schema_value_t programme_rule_schema;

/* How amounts are written: decimals of points and money. */
struct programme_units {
    unsigned points_decimals;
    unsigned money_decimals;
};

/* The values, in the arena's memory; `base` goes first when it is not NULL. What is wrong is noted
 * with its line. A metric "purchases" is added where a rule asks for the n-th one. */
void programme_rules_check(struct check *check, const struct rules_yaml *yaml,
                           struct programme_units units, const struct rule *base,
                           struct arena *arena, struct rules_text *out_text);

#endif
