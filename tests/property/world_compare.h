/* Is what the ledger answers and keeps what the model says? Each is true when it is, and otherwise
 * says in `complaint`, which has room for COMPLAINT_SIZE bytes, what differs. */
#ifndef PROPERTY_WORLD_COMPARE_H
#define PROPERTY_WORLD_COMPARE_H

#include "ledger/decide.h"
#include "model.h"

#define COMPLAINT_SIZE 512

bool complain(char *complaint, const char *what, int64_t ledger, int64_t model);
bool answers_agree(enum verdict verdict, const struct answer *answer, bool is_repeat,
                   const struct model_answer *model, char *complaint);
/* Flags, balances and every lot, as at `now`. */
bool member_agrees(const struct ledger_view *view, const struct model *model, int index,
                   struct unix_ms now, char *complaint);
/* All accounts but the members' own. */
bool accounts_agree(const struct ledger_view *view, const struct model *model, char *complaint);

#endif
