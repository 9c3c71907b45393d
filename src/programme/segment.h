/* Who is in which segment, and why not in others. Pure; any thread. */
#ifndef PROGRAMME_SEGMENT_H
#define PROGRAMME_SEGMENT_H

#include "programme/judge.h"

/* ERR_INPUT with a note: too many, one that names nothing, or what stands after it. */
MUST_USE enum err segments_check(const struct rules_text *text, struct note *note);

/* Of each segment by place: TRACE_FIRED where the member is in it, else the first condition that
 * does not hold. `rule` of the rows is the segment. In the arena. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err segments_of(const struct rules *rules, const struct standing *standing,
                              int64_t day, const struct shopper *shopper, struct arena *arena,
                              const struct trace_row **out_rows);

#endif
