/* What the parts of reading a programme's rules share. Internal to this module. */
#ifndef CONFIG_PROGRAMME_READING_H
#define CONFIG_PROGRAMME_READING_H

#include "config/programme_rules.h"

#define READING_PATH_BYTES 96

struct reading {
    struct check *check;
    struct arena *arena;
    struct programme_units units;
    char path[READING_PATH_BYTES]; /* of the entry that is read: "rules[3]" */
    const struct goods_set *goods;
    size_t goods_count;
    const struct metric *metrics;
    size_t metric_count;
    const struct tier *tiers;
    size_t tier_count;
    const struct segment *segments; /* those before the entry that is read */
    size_t segment_count;
    const struct coupon *coupons;
    size_t coupon_count;
    const struct campaign *campaigns;
    size_t campaign_count;
    const struct offer *offers;
    size_t offer_count;
};

struct key_path {
    char text[READING_PATH_BYTES + 48];
};

/* Of a key of the entry: "rules[3].give". */
struct key_path reading_key(const struct reading *r, const char *key);
/* A mistake in the entry before is put aside. */
void reading_enter(struct reading *r, const char *list, size_t index);

/* Zeroed. Without memory the check fails, and the answer is NULL. */
void *reading_take(struct reading *r, size_t count, size_t size);
struct slice reading_slice(struct reading *r, const char *text);
/* A name: 1 to LIMIT_RULE_NAME_BYTES printable bytes; NULL for NULL. */
const char *reading_name(struct reading *r, const char *key, const char *text);
/* The place of the coupon of this name; NULL for NULL. */
const uint16_t *reading_coupon(struct reading *r, const char *name);
/* A copy of a place that may be left out; NULL without memory. */
const uint16_t *reading_place(struct reading *r, uint16_t place);
/* "yes" or "no"; NULL is no. */
bool reading_yes(struct reading *r, const char *key, const char *text);

/* Their places by name; the check fails where there is none. */
uint16_t reading_goods(struct reading *r, const char *key, const char *name);
uint16_t reading_metric(struct reading *r, const char *key, const char *name);
/* `length_key` is where its length stands. */
void reading_window(struct reading *r, const char *key, const char *text, const char *length_key,
                    const char *length, struct window *out);
/* How long something lasts. */
void reading_term(struct reading *r, const char *months, const char *days, const char *end_of,
                  struct term *out);

const struct slice *reading_texts(struct reading *r, char *const *texts, unsigned count);

/* The places of segments by name. */
const uint16_t *reading_segments(struct reading *r, const char *key, char *const *names,
                                 unsigned count);
/* Bounds of metrics; of what one `reaches` there are two. */
const struct metric_bounds *reading_bounds(struct reading *r, const struct bounds_yaml *yaml,
                                           unsigned count, size_t *out_count);

/* Places of goods by name. */
const uint16_t *reading_sets(struct reading *r, const char *key, char *const *texts,
                             unsigned count);
/* After goods, segments and metrics, of which `first_metric` and those behind it are the offers'.
 */
void reading_offers(struct reading *r, const struct rules_yaml *yaml, size_t first_metric);
/* The bound that a rule with `offered` has; the check fails where there is no such offer. */
struct metric_bounds reading_offered(struct reading *r, const char *name);

/* The parts of a rule. */
void rule_read_when(struct reading *r, const struct rule_yaml *yaml, struct when *out);
void rule_read_gift(struct reading *r, const struct give_yaml *yaml, struct gift *out);
void rule_read_cap(struct reading *r, const struct cap_yaml *yaml, unsigned index,
                   enum given_in given_in, struct cap *out);

#define PURCHASES "purchases" /* the metric that counts them */

#endif
