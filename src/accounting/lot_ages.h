/* How old the points are that members have: lots in layers by the day on which this ledger first
 * had them. Points of one lot are alike, so that those which came first go first. Layers go with
 * transfers and merges; points that come back from a burn are as old as the month they were counted
 * as redeemed of. Follows from the journal's changes of lots, in order; no I/O.
 */
#ifndef ACCOUNTING_LOT_AGES_H
#define ACCOUNTING_LOT_AGES_H

#include "accounting/cohorts.h"

/* What is one lot here: whether it is active yet does not matter. */
struct lot_name {
    struct uid member;
    struct partner_id issuer;
    uint32_t tariff;
    uint32_t idle_months;
    int64_t expires_at_ms;
};

struct lot_move {
    struct lot_name lot;
    int64_t points; /* more, or negative: fewer */
};

/* One record's changes. What its postings say of them: how many points were redeemed, expired, or
 * came back from a burn; the rest is given or taken back. */
struct lot_event {
    struct unix_ms at;
    int64_t redeemed;
    int64_t expired;
    int64_t returned;
    struct money sale; /* what was sold to an own member for the points given */
    struct lot_move *moves;
    size_t count;
};

struct lot_layer {
    int64_t points;
    int32_t day; /* since 1970 */
    uint32_t cohort;
};

struct lot_layers {
    struct lot_name lot;
    struct lot_layer *layers; /* the oldest first */
    uint32_t first;           /* those before it are used up */
    uint32_t count;
    uint32_t capacity;
};

struct lot_ages {
    struct cohorts cohorts;
    struct lot_layers *lots; /* by hash; free places have no layers */
    size_t capacity;         /* a power of two, or 0 */
    size_t used;
    struct lot_layer *taken; /* of the record at hand */
    size_t taken_count;
    size_t taken_capacity;
};

void lot_ages_fini(struct lot_ages *ages);
/* Its moves are put together by lot. ERR_RESOURCE, ERR_RANGE; ERR_CORRUPT when a lot loses more
 * than it has. */
MUST_USE enum err lot_ages_apply(struct lot_ages *ages, struct lot_event *event);
typedef enum err lot_ages_visitor(void *context, const struct lot_name *lot,
                                  const struct lot_layer *layer);
MUST_USE enum err lot_ages_visit(const struct lot_ages *ages, lot_ages_visitor *visit,
                                 void *context);

#endif
