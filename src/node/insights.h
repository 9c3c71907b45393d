/* What happened in this brand's shops and what shoppers answered, counted out of the journal: what
 * surveys' reports and goals are made of. Nothing of it is kept when the node ends: it is read
 * anew, a slice at a time by the housekeeper, or at once by who asks.
 *
 * Threads: any; one reads the journal at a time, and others wait for it.
 */
#ifndef NODE_INSIGHTS_H
#define NODE_INSIGHTS_H

#include "config/programme_plans.h"
#include "measure/activity.h"
#include "measure/answers.h"
#include "node/snapshot.h"

struct node;
struct insights;

/* NULL without memory. */
struct insights *insights_create(void);
void insights_destroy(struct insights *insights); /* NULL is allowed */

/* Hears how far it is; false: give up (ERR_CANCELLED). */
typedef bool insights_tell(void *context, uint64_t rows_done, uint64_t rows_total);

/* What is counted, while it is locked. */
struct insights_view {
    struct activity *activity;
    const struct answers *answers;
    struct period now; /* the month, on the brand's clock */
};

/* Reads what the journal has and was not read; locks on ERR_OK, until insights_unlock. `tell` may
 * be NULL. */
MUST_USE enum err insights_lock(struct node *node, insights_tell *tell, void *context,
                                struct insights_view *out_view);
void insights_unlock(struct node *node);
/* The housekeeper's: reads a slice where the programme has surveys or goals, and keeps the metrics
 * of these. */
void insights_look(struct node *node);

/* A goal's figure in a month, with what it is made of. */
struct goal_figure {
    int64_t value; /* in goal_decimals */
    uint64_t numerator;
    uint64_t denominator;
    bool has_data; /* false: nothing to take a rate or a mean of, or a month that isn't kept */
};
struct goal_figure insights_goal(const struct insights_view *view, const struct goal_plan *goal,
                                 struct period month);
struct period month_before(struct period month);

#endif
