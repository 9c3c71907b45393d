/* The rows behind the balances: cards, holds, sales, pools, and what is due. As world_compare.h. */
#ifndef PROPERTY_WORLD_ROWS_H
#define PROPERTY_WORLD_ROWS_H

#include "ledger/decide.h"
#include "model.h"

bool cards_agree(const struct ledger_view *view, const struct model *model, char *complaint);
bool holds_agree(const struct ledger_view *view, const struct model *model, char *complaint);
bool mandates_agree(const struct ledger_view *view, const struct model *m, char *complaint);
bool sales_agree(const struct ledger_view *view, const struct model *model, char *complaint);
/* What is to be paid, and how far it is. */
bool payments_agree(const struct ledger_view *view, const struct model *m, char *complaint);
/* Who is in which pool. */
/* What is owed and promised between the node and each partner. */
bool fundings_agree(const struct ledger_view *view, const struct model *m, char *complaint);
bool blocks_agree(const struct ledger_view *view, const struct model *m, char *complaint);
bool promotions_agree(const struct ledger_view *view, const struct model *m, char *complaint);
bool exposures_agree(const struct ledger_view *view, const struct model *m, char *complaint);
bool pools_agree(const struct ledger_view *view, const struct model *model, char *complaint);

/* What programmes remember: the same numbers, and no others. */
bool standings_agree(const struct ledger_view *view, const struct model *m, size_t row_count,
                     char *complaint);

/* The rows of TABLE_DUE: each is what the model says will happen next of a member or a hold, and
 * none is missing. To be told all rows; everybody was settled. */
struct dues {
    const struct model *model;
    size_t members;
    size_t holds;
    size_t blocks;
    size_t quotes;
    size_t standings; /* rows of TABLE_STANDING */
    char *complaint;
};
MUST_USE enum err dues_add(struct dues *dues, enum ledger_table table, struct slice key);
bool dues_agree(const struct dues *dues);

#endif
