/* What is handed on of a period's net, page by page: a coalition may have more of it than fits into
 * a message. The asker says behind what the next page begins, so that the asked keeps nothing.
 */
#ifndef PEER_NETTING_PAGE_H
#define PEER_NETTING_PAGE_H

#include "peer/host.h"
#include "wire/netting_page.h"

/* What this node has behind that place, LIMIT_PAGE_BYTES or what one partner has said. In the
 * arena. */
MUST_USE enum err netting_page_make(const struct peer_host *host, struct period period,
                                    const struct netting_place *after, struct arena *arena,
                                    struct netting_page *out_page);

/* How far a partner was asked; zeroed, it begins. */
struct netting_reading {
    struct period period;
    struct netting_place place;
    unsigned pages; /* of this turn */
};
/* The next turn: goes on where the one before stopped, when that was about the same period. */
void netting_reading_begin(struct netting_reading *reading, struct period period);
/* Takes what a partner handed on (netting.h). Each page goes on behind the one before, so that
 * there is an end; a page that goes back, or has nothing while more is to come, is ERR_INPUT with a
 * note, and nothing of it is taken. After an error, or a last page, the reading begins anew.
 * `out_is_more`: ask again in this turn. */
MUST_USE enum err netting_page_take(const struct peer_host *host, const struct partner_id *partner,
                                    struct netting_reading *reading,
                                    const struct netting_page *page, bool *out_is_more,
                                    struct note *note);

#endif
