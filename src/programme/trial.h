/* A programme tried on sales that were made before: what each rule would have given, and to whom.
 *
 * Judges sale after sale as the node would, with a standing for each member that grows by it, and
 * one for all of them. An event for who brought a member is judged at once, where the trial knows
 * that one. A return takes back what the node would take. Memory grows with members and with sales
 * of which something came back, not with sales. Not thread-safe.
 */
#ifndef PROGRAMME_TRIAL_H
#define PROGRAMME_TRIAL_H

#include "programme/judge.h"

/* What one rule gave in all, in minor units of points, or of money for a discount; `given` without
 * what came back. */
struct trial_rule {
    uint64_t fired;   /* sales */
    uint64_t members; /* to how many different ones */
    int64_t given;
    int64_t cut; /* by its caps */
};

struct trial_totals {
    uint64_t sales;
    uint64_t sales_with_points;
    uint64_t members;
    int64_t gross_minor; /* this and what follows without what came back */
    int64_t discount_minor;
    int64_t points_minor;
};

/* What one member got. */
struct trial_member {
    struct slice key;
    uint64_t sales;
    int64_t points_minor;
    int64_t discount_minor;
};

struct trial;

/* `rules` is borrowed. ERR_RESOURCE. */
MUST_USE enum err trial_create(const struct rules *rules, struct trial **out_trial);
void trial_destroy(struct trial *trial);

/* One sale of a member, by any text of 1 to LIMIT_REFERENCE_BYTES bytes; an empty one is nobody,
 * who gets nothing (the sale is judged and forgotten, `out_judgement` says what it would be). Sales
 * of one member come in the order of their time. The judgement, with its trace if asked for, is
 * good until the next call. What judge says, ERR_RANGE also when a total does not fit. */
MUST_USE enum err trial_sale(struct trial *trial, struct slice member,
                             const struct occasion *occasion, bool is_traced,
                             struct judgement *out_judgement, struct note *note);

/* From now on what trial_return needs of a member's sale is in `kept` when it was judged, until the
 * next one is. NULL: nothing. The buffer is borrowed. */
void trial_keep_sales(struct trial *trial, struct buffer *kept);

/* A line of a sale that comes back. */
struct trial_back {
    uint32_t line;          /* its place in the sale, from 1 on */
    int64_t quantity_milli; /* 0: all that is left of it */
};
/* Takes back what the sale without these lines does not deserve (returned_lines.h), or by amount
 * its share, where judged again it would get something else, or no lines are named. `sale` is a
 * number that the caller gives each; `kept` as it was written. What an event gave to who brought
 * the member stays. ERR_INPUT: a line that there is not, or of which less is left, or more money
 * than the sale has; nothing has changed then. */
MUST_USE enum err trial_return(struct trial *trial, uint64_t sale, struct slice kept,
                               const struct trial_back *lines, size_t count, struct money amount,
                               struct points *out_taken, struct note *note);

struct trial_totals trial_totals(const struct trial *trial);
/* By place in the text. */
struct trial_rule trial_rule(const struct trial *trial, uint16_t rule);
/* Member `index` of as many as the totals say, in the order in which they came. */
struct trial_member trial_member(const struct trial *trial, size_t index);
/* NULL slice key where there is none. */
struct trial_member trial_member_of(const struct trial *trial, struct slice key);
/* What the programme remembers of a member by now; nothing where there is none. Borrowed until the
 * next sale. */
struct standing trial_standing_of(const struct trial *trial, struct slice key);

#endif
