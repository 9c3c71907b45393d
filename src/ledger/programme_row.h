/* The versions of a brand's programme: which were to take effect when, as ledger/rows.h has other
 * rows. They are numbered from 1 in the order in which they were activated. Of two whose time has
 * come the one that was activated later is in force.
 */
#ifndef LEDGER_PROGRAMME_ROW_H
#define LEDGER_PROGRAMME_ROW_H

#include "base/calendar.h"
#include "base/limits.h"
#include "ledger/view.h"

struct programme_row {
    uint32_t version;         /* as the file says; grows */
    struct unix_ms from;      /* purchases from this time on are judged by it; 0: since ever */
    struct unix_ms activated; /* when the ledger took it */
    char by[LIMIT_IDENTITY_BYTES + 1];
    struct slice text; /* the file, at most LIMIT_PROGRAMME_BYTES; borrowed by encode, pointing into
                          the value after decode */
};

void key_programme(uint32_t number, struct ledger_key *out_key);
void programme_row_encode(const struct programme_row *row, struct buffer *out);
MUST_USE enum err programme_row_decode(struct slice value, struct programme_row *out_row);
/* ERR_NOT_FOUND: there are not so many. */
MUST_USE enum err ledger_get_programme(const struct ledger_view *view, uint32_t number,
                                       struct programme_row *out_row);

#endif
