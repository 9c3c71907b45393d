/* What shoppers buy next, counted from a history: of those who bought one thing, how many bought an
 * offer's goods soon afterwards, against how many do after buying anything.
 *
 * Counted are members who had not bought the offer's goods for RECENT_DAYS, from the first time
 * that they bought the thing: did they that day, or within NEXT_DAYS? Item-to-item co-occurrence,
 * in the order of time; few cases are drawn towards the share of all (additive smoothing: C.
 * Manning, P. Raghavan, H. Schuetze, Introduction to Information Retrieval, 2008, section 13.2),
 * and the least counts that they make likely. Whole numbers and no randomness: the same history
 * gives the same numbers.
 */
#ifndef OFFERS_LEARN_H
#define OFFERS_LEARN_H

#include "offers/history.h"

#define RECENT_DAYS 90
#define NEXT_DAYS   30
#define PPM         INT64_C(1000000)

/* How often something was bought, for what follows the next time: 1, 2, 3 to 5, 6 and more. */
#define TIMES_KINDS 4u
unsigned times_kind(uint32_t times);

/* `hits` of `of` cases. */
struct share {
    uint32_t hits;
    uint32_t of;
};
/* In millionths; 0 of nothing. */
int64_t share_ppm(struct share share);
/* The least that it is likely to be, as so many things are looked at that chance favours some:
 * drawn towards `base_ppm` as by DAMPING more cases, less DEVIATIONS standard deviations. May be
 * below 0. */
#define DAMPING    20
#define DEVIATIONS 2
int64_t share_least_ppm(struct share share, int64_t base_ppm);

struct learned;

/* `history` is closed, and borrowed; cases that would end after `until_day` are left out, as nobody
 * knows them yet. ERR_RESOURCE. */
MUST_USE enum err learn(const struct history *history, int64_t until_day,
                        struct learned **out_learned);
/* NULL is allowed. */
void learned_destroy(struct learned *learned);

/* Bought the offer's goods after the thing; nothing where the thing is what the offer is about. */
struct share learned_next(const struct learned *learned, uint32_t thing, size_t offer);
/* After anything. */
struct share learned_base(const struct learned *learned, size_t offer);
/* Bought them again, who had so many times. */
struct share learned_again(const struct learned *learned, size_t offer, uint32_t times);
const struct history *learned_history(const struct learned *learned);

/* The days on which a member bought an offer's goods, ascending, each once; up to `room`, and how
 * many there are in all. */
size_t days_about(const struct bought *lines, size_t count, const struct history *history,
                  size_t offer, int32_t *out_days, size_t room);

#endif
