/* Where each pair's period is, from open to closed: what it waits for, since when. */
#ifndef NODE_PERIOD_STATUS_H
#define NODE_PERIOD_STATUS_H

#include "node/payments.h"
#include "talea/v1/payment.pb-c.h"

/* What one answer is made of, as of one moment. */
struct period_statuses {
    struct node *node;
    struct partner_host host;
    bool has_host;
    struct period only; /* 0: all */
    struct arena arena;
    struct arena scratch;       /* of one statement */
    struct payment_lines lines; /* where all pairs are netted together */
    Talea__V1__PeriodStatus **pairs;
    size_t count;
    size_t capacity;
};

/* End it with period_statuses_end, whatever comes out. */
MUST_USE enum err period_statuses_begin(struct period_statuses *statuses, struct node *node,
                                        struct period only);
void period_statuses_end(struct period_statuses *statuses);
/* The message lives as long as they do. */
MUST_USE enum err period_status_of(struct period_statuses *statuses,
                                   const struct partner_id *partner, struct period period,
                                   Talea__V1__PeriodStatus **out_message);

#endif
