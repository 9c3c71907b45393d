/* What is posted when: for each event of a settlement the account that is debited, the one that is
 * credited, and the words. An event that goes the other way (more given back than given) is posted
 * with the amount's sign turned.
 */
#ifndef ACCOUNTING_TEMPLATES_H
#define ACCOUNTING_TEMPLATES_H

#include "accounting/chart.h"

#define TEMPLATE_TEXT_MAX 128 /* bytes, with the final NUL */

enum posting_event {
    /* Lines of the half that this brand sent. */
    POSTING_EARN_SENT,
    POSTING_EARN_RETURN_SENT,
    POSTING_CAPTURE_SENT,
    POSTING_BURN_RETURN_SENT,
    POSTING_MOVED_SENT,
    POSTING_CORRECTION_SENT,
    POSTING_FUNDING_SENT,
    POSTING_FUNDING_RETURN_SENT,
    POSTING_PROMOTION_SENT,
    POSTING_PROMOTION_RETURN_SENT,
    POSTING_BLOCK_BOUGHT_SENT,
    POSTING_BLOCK_ENDED_SENT,
    POSTING_DRAWN_SENT,  /* from a block: nobody owes anything */
    POSTING_LAPSED_SENT, /* of what is left of a block, what is not bought back */
    POSTING_OTHER_SENT,
    /* Of the one that it received, in the same order. */
    POSTING_EARN_RECEIVED,
    POSTING_EARN_RETURN_RECEIVED,
    POSTING_CAPTURE_RECEIVED,
    POSTING_BURN_RETURN_RECEIVED,
    POSTING_MOVED_RECEIVED,
    POSTING_CORRECTION_RECEIVED,
    POSTING_FUNDING_RECEIVED,
    POSTING_FUNDING_RETURN_RECEIVED,
    POSTING_PROMOTION_RECEIVED,
    POSTING_PROMOTION_RETURN_RECEIVED,
    POSTING_BLOCK_BOUGHT_RECEIVED,
    POSTING_BLOCK_ENDED_RECEIVED,
    POSTING_DRAWN_RECEIVED,
    POSTING_LAPSED_RECEIVED,
    POSTING_OTHER_RECEIVED,
    /* What is charged beside. */
    POSTING_FEE_PAID,
    POSTING_FEE_EARNED,
    POSTING_TAX_PAID,
    POSTING_TAX_CHARGED,
    /* The net: what each owes the other offsets; or both go into the net of all pairs. */
    POSTING_OFFSET,
    POSTING_NETTED_PAYABLE,
    POSTING_NETTED_RECEIVABLE,
    POSTING_NET_PAYABLE,
    POSTING_NET_RECEIVABLE,
    /* The payment. */
    POSTING_ORDERED,
    POSTING_SENT,
    POSTING_SENT_TOO_MUCH,
    POSTING_RECEIVED,
    POSTING_RECEIVED_TOO_MUCH,
    /* The end of a month: how deferred revenue moved (closing.h). */
    POSTING_REVENUE_DEFERRED,
    POSTING_REVENUE_RECOGNISED,
    POSTING_BREAKAGE_ESTIMATED,
    /* Gift cards (gifts.h). */
    POSTING_GIFT_SOLD,
    POSTING_GIFT_GIVEN,
    POSTING_GIFT_SPENT,
    POSTING_GIFT_LAPSED,
    POSTING_COUNT
};

/* Which leg is what the partner and this brand owe each other: it is posted in whole minor units,
 * and what is left over to the other leg goes to the rounding account. */
enum posting_owed {
    POSTING_OWED_NONE,
    POSTING_OWED_DEBIT,
    POSTING_OWED_CREDIT
};

struct posting_template {
    size_t debit; /* places in the chart */
    size_t credit;
    char text[TEMPLATE_TEXT_MAX]; /* {partner}, {period} and {tax} as in a name */
};

struct posting_templates {
    struct posting_template rows[POSTING_COUNT];
};

/* The key in a file: "earn_sent". */
const char *posting_event_name(enum posting_event event);
enum posting_owed posting_event_owed(enum posting_event event);
void templates_default(struct posting_templates *out_templates);

#endif
