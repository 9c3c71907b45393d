/* What the programme says of paying with points: the fewest at once, and how much of a basket.
 */
#ifndef NODE_BURNING_H
#define NODE_BURNING_H

#include "node/till_judged.h"

/* May so many points be spent at once? */
bool burning_is_enough(const struct snapshot *snapshot, struct unix_ms time, struct points points);
/* Refuses a basket of which points pay more than they may. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err burning_look(struct judging_case *judged, struct till_refusal *out_refusal);

#endif
