/* What the answers of a survey come to.
 *
 * On a scale of 1 to 5 the share of those who are satisfied: of 4 and 5 among all answers (CSAT).
 * On one of 0 to 10 the net promoter score: the share of 9 and 10 less that of 0 to 6 (Reichheld
 * 2003). Both in tenths of a percent, rounded to the nearest, ties away from zero.
 *
 * The interval is that of 95 %, from the estimate's standard error: with p = promoters/n, d =
 * detractors/n (of CSAT d = 0) the variance of one answer is p + d - (p - d)^2, and the interval is
 * the estimate +- 1.96 sqrt(variance/n), cut to what is possible. Of fewer than 30 answers it is
 * rough, and of answers that are all alike it is empty.
 *
 * Pure; any thread.
 */
#ifndef MEASURE_SCORE_H
#define MEASURE_SCORE_H

#include <stdint.h>

#include "base/error.h"
#include "measure/answer.h"

/* How many gave each score. */
struct score_tally {
    uint64_t counts[SURVEY_SCORE_MAX + 1];
};

struct score_figure {
    uint64_t answers;
    int64_t net;    /* answers for, less those against */
    int64_t tenths; /* of a percent; of no answers 0, as is all */
    int64_t low;
    int64_t high;
};

uint64_t score_answers(const struct score_tally *tally);
void score_add(struct score_tally *tally, const struct score_tally *more);
/* Of up to 2^31 answers; more count as if there were so many. */
struct score_figure score_satisfied(const struct score_tally *tally);
struct score_figure score_promoters(const struct score_tally *tally);

#endif
