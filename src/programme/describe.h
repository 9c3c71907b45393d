/* What a programme says, in words: each rule, metric and set of goods as a list of keys and values,
 * as its file would write them. Two that are written alike are alike. Pure; any thread. */
#ifndef PROGRAMME_DESCRIBE_H
#define PROGRAMME_DESCRIBE_H

#include "base/arena.h"
#include "programme/rules.h"

#define DESCRIBED_MAX 32

/* What isn't said, or is the default, isn't there. */
struct described {
    size_t count;
    struct {
        const char *key;   /* as in the file: "weekdays" */
        const char *value; /* in the arena */
    } at[DESCRIBED_MAX];
};

/* How amounts are written. */
struct described_units {
    unsigned points_decimals;
    unsigned money_decimals;
};

/* Of how many decimals are the numbers that say what a rule gave? */
unsigned described_decimals(const struct rule *rule, struct described_units units);

/* ERR_RESOURCE. */
MUST_USE enum err describe_rule(const struct rules_text *text, const struct rule *rule,
                                struct described_units units, struct arena *arena,
                                struct described *out);
MUST_USE enum err describe_metric(const struct rules_text *text, const struct metric *metric,
                                  struct arena *arena, struct described *out);
MUST_USE enum err describe_tier(const struct rules_text *text, const struct tier *tier,
                                struct arena *arena, struct described *out);
MUST_USE enum err describe_coupon(const struct coupon *coupon, struct arena *arena,
                                  struct described *out);
MUST_USE enum err describe_segment(const struct rules_text *text, const struct segment *segment,
                                   struct described_units units, struct arena *arena,
                                   struct described *out);
MUST_USE enum err describe_campaign(const struct campaign *campaign, struct arena *arena,
                                    struct described *out);
MUST_USE enum err describe_offer(const struct rules_text *text, const struct offer *offer,
                                 struct arena *arena, struct described *out);
MUST_USE enum err describe_goods(const struct goods_set *set, struct arena *arena,
                                 struct described *out);

/* NULL where the key isn't there. */
const char *described_value(const struct described *described, const char *key);

#endif
