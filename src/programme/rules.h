/* All rules of a programme: checked, in the order in which they go, and found by what they can
 * match.
 *
 * Immutable once made; any thread. What a rule can match first is a set of goods that it is for,
 * else a store, else the event; only rules without any of these are looked at for each occasion.
 */
#ifndef PROGRAMME_RULES_H
#define PROGRAMME_RULES_H

#include "programme/goods.h"
#include "programme/rule.h"
#include "programme/standing.h"

/* As the file says it. */
struct rules_text {
    const struct goods_set *goods;
    size_t goods_count;
    const struct metric *metrics;
    size_t metric_count;
    const struct tier *tiers; /* lowest first; at most LIMIT_TIERS */
    size_t tier_count;
    const struct segment *segments; /* at most LIMIT_SEGMENTS */
    size_t segment_count;
    const struct coupon *coupons;
    size_t coupon_count;
    const struct campaign *campaigns; /* at most LIMIT_CAMPAIGNS */
    size_t campaign_count;
    const struct offer *offers; /* at most LIMIT_OFFERS */
    size_t offer_count;
    const struct rule *rules;
    size_t rule_count;
};

/* What its rules may refer to. */
struct rule_names rules_names(const struct rules_text *text);

struct rules;

/* Keeps `text` and what it points to borrowed: it must outlive the rules. At most LIMIT_RULES.
 * ERR_INPUT with a note that names the rule, metric or set: a name twice, a group that spans
 * stages, two caps of one rule on windows of one kind, and what rule_check refuses. ERR_RESOURCE.
 */
MUST_USE enum err rules_create(const struct rules_text *text, struct rules **out_rules,
                               struct note *note);
void rules_destroy(struct rules *rules);

const struct rules_text *rules_text(const struct rules *rules);
const struct goods *rules_goods(const struct rules *rules);
uint64_t rules_metric_slot(const struct rules *rules, uint16_t metric);
/* Of the amounts (SLOT_CAP_AMOUNT) or uses (SLOT_CAP_USES) that one of a rule's caps counts. */
uint64_t rules_cap_slot(const struct rules *rules, uint16_t rule, size_t cap, enum slot_of of);

/* Of a metric that sums, how much of it is only promised; else 0. */
uint64_t rules_held_slot(const struct rules *rules, uint16_t metric);
/* Where a quote says what it holds of a number: that it only promises so much, or that it has spent
 * so much of it; 0: nowhere. */
struct held_marks {
    uint64_t promised;
    uint64_t withheld;
};

/* Does a quote hold what it adds to the slot? Days, and what is paid for them, are held by nobody.
 */
bool rules_is_held(const struct rules *rules, uint64_t slot, struct held_marks *out_marks);
/* How often the rule, which is for the n-th purchase, was had. */
uint64_t rules_had_slot(const struct rules *rules, uint16_t rule);

/* The standing without what no metric and no cap looks at any more on that day, and without slots
 * that the programme doesn't have. In the arena's memory. ERR_RESOURCE. */
MUST_USE enum err rules_drop_passed(const struct rules *rules, const struct standing *standing,
                                    int64_t day, struct arena *arena,
                                    struct standing *out_standing);

/* Rules by place in the text, ascending in the order in which they go: by stage, by
 * priority from high to low, by place. */
struct rule_list {
    const uint16_t *at;
    size_t count;
};
/* Those that may match: a superset. In the arena's memory. `lines` are the goods of each line.
 * ERR_RESOURCE. */
MUST_USE enum err rules_candidates(const struct rules *rules, const struct occasion *occasion,
                                   const struct goods_list *lines, struct arena *arena,
                                   struct rule_list *out_list);
/* All of them. */
struct rule_list rules_all(const struct rules *rules);

#endif
