/* What points buy: the rules of a programme that have a price, or that give a thing on an event for
 * what they take of a metric, such as stars. Pure; any thread. */
#ifndef PROGRAMME_REWARD_H
#define PROGRAMME_REWARD_H

#include "programme/judge.h"

#define REWARD_ANY_NUMBER INT64_MAX

bool reward_is(const struct rule *rule);
/* The place of the reward with this name; NO_RULE: there is none. */
uint16_t reward_find(const struct rules_text *text, struct slice name);
/* How often it can be given yet, on that day, to all together; `programme` is what is remembered of
 * them. REWARD_ANY_NUMBER: they have no cap. ERR_RANGE. */
MUST_USE enum err reward_stock(const struct rules *rules, uint16_t place,
                               const struct standing *programme, int64_t day, int64_t *out_left);
/* What the judgement's trace says of a rule; NULL when it says nothing. */
const struct trace_row *reward_trace(const struct judgement *judgement, uint16_t place);
/* Why it can't be had, in words without numbers: "it is used up". */
const char *reward_reason(enum trace_reason reason);

#endif
