/* What the parts of a judgement share while it is made. Internal to this module. */
#ifndef PROGRAMME_JUDGING_H
#define PROGRAMME_JUDGING_H

#include "programme/judge.h"

struct judging {
    const struct rules *rules;
    const struct rules_text *text;
    const struct standing *standing;
    const struct occasion *occasion;
    struct arena *arena;
    struct note *note;
    int64_t day;
    struct goods_list *goods; /* of each line */
    struct money total;       /* of the lines */
    int64_t *discounts;       /* of each line, so far */
    int64_t *paid;            /* of each line, what points pay */
    int64_t *base_points;     /* of each line, so far */
    int64_t points;           /* so far */
    struct standing_changes changes;
    struct award *awards; /* room for each candidate */
    size_t award_count;
    struct trace_row *trace; /* NULL, or room for each rule */
    size_t trace_count;
};

/* Nothing where no trace was asked for. */
void judging_trace(struct judging *j, struct trace_row row);

/* Is the line among the rule's goods? */
bool match_line(const struct judging *j, const struct rule *rule, size_t line);
/* Do the rule's conditions hold? Traces the first that does not. ERR_RANGE. */
MUST_USE enum err match_rule(struct judging *j, uint16_t place, bool *out_matches);

/* What a rule would give now, without caps, in minor units; of its goods' lines in `parts` each
 * one's weight for sharing it out (0 for other lines). ERR_RANGE. */
MUST_USE enum err gift_wanted(const struct judging *j, const struct rule *rule, int64_t *out_wanted,
                              int64_t *out_parts);

#endif
