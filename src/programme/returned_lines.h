/* A sale of which some lines came back: what is left of it, to be judged as the sale was.
 *
 * How much of each line came back is remembered of the sale, in thousandths of a unit as the line
 * says them; of a line that doesn't say how many it is, in thousandths of it. Pure; any thread.
 */
#ifndef PROGRAMME_RETURNED_LINES_H
#define PROGRAMME_RETURNED_LINES_H

#include "programme/occasion.h"

/* Where it is remembered, in the bucket that is the line's place, from 1 on. */
uint64_t returned_lines_slot(void);
/* All of a line: 1 or more. */
int64_t returned_lines_whole(const struct basket_line *line);
/* The sale without what came back: `back` says it of each line, from 0 to the whole. What is left
 * of a line costs the same share of it, rounded half up; what points pay is the same share of the
 * basket, rounded down. Lines of which nothing is left are gone; `line_count` is 0 when all are.
 * New lines are in the arena. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err returned_lines_rest(const struct occasion *sold, const int64_t *back,
                                      struct arena *arena, struct occasion *out_rest);
/* What goes back now of a number to which the sale added `gave`, of which `taken` (0 or less) has
 * gone back and to which the rest would have added `rest`: never more in all than the sale added. 0
 * or less: nothing. */
int64_t returned_part(int64_t gave, int64_t taken, int64_t rest);
/* Of what is shared out by amount: `before` of `whole` had come back, and now `after` has. */
MUST_USE enum err returned_share(int64_t gave, int64_t before, int64_t after, int64_t whole,
                                 int64_t *out_part);

#endif
