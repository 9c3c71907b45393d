/* What a quote promised of days, when it takes place: others may have moved an end meanwhile.
 *
 * Days are held by nobody. Those that are added to what is left of a term are added to what is left
 * by then; a term from the quote's day ends no sooner than was said. What is paid for a term goes
 * with it: for one that is over it is forgotten first. Pure; any thread.
 */
#ifndef PROGRAMME_PROMISE_H
#define PROGRAMME_PROMISE_H

#include "programme/judge.h"

/* Of the changes that were promised on `day`, those of ends and of what was paid become what they
 * come to on the standing as it is now; all others stay. */
void promise_move_ends(const struct rules *rules, int64_t day, const struct award *awards,
                       size_t award_count, const struct standing *now,
                       struct standing_change *changes, size_t count);

#endif
