/* Which tier an occasion brought its member to. Pure; any thread. */
#ifndef PROGRAMME_TIER_REACHED_H
#define PROGRAMME_TIER_REACHED_H

#include "programme/kept_case.h"

#define NO_TIER UINT16_MAX

/* The highest tier, by its place in the text, that rules prolonged with the occasion and that the
 * member did not hold, nor a higher one; NO_TIER. `rules` are those that it was judged by. */
uint16_t tier_reached(const struct rules *rules, const struct kept_case *kept);

#endif
