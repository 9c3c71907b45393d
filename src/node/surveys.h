/* Surveys of the programme. */
#ifndef NODE_SURVEYS_H
#define NODE_SURVEYS_H

#include "config/programme_plans.h"
#include "ledger/command.h"
#include "node/programmes.h"

struct node;

/* NULL: it has none of that name. */
const struct survey_plan *survey_in(const struct programme_version *version, const char *name);
/* The purchase of the card's member with this receipt number, the latest. ERR_NOT_FOUND: none among
 * the last LIMIT_HISTORY_ROWS of its history, or another brand's card. */
MUST_USE enum err survey_find_sale(struct node *node, const struct card_number *number,
                                   const char *receipt, struct uid *out_sale);

#endif
