/* Mandates between two nodes: a home gives them, a partner fetches them while it can, and its tills
 * burn by them when the home does not answer. */
#ifndef PEER_STANDIN_H
#define PEER_STANDIN_H

#include "clearing/mandate.h"
#include "peer/host.h"

/* What a home gives one partner. A floor of 0: nothing. */
struct standin_terms {
    struct points floor;
    struct points cap; /* under one mandate */
    int64_t life_ms;
};

/* The mandates that are valid or will be, the first to begin first. */
#define STANDIN_MANDATES_MAX 2u

struct standin_mandates {
    struct mandate_row rows[STANDIN_MANDATES_MAX];
    size_t count;
};

MUST_USE enum err standin_mandates(const struct ledger_view *view, const struct partner_id *home,
                                   const struct partner_id *redeemer, struct unix_ms now,
                                   struct standin_mandates *out_mandates);

/* What may still be burned under all of them. */
int64_t standin_left(const struct standin_mandates *mandates);
/* Is there so little left of what the mandates cover that the next one is due? */
bool standin_is_due(const struct standin_mandates *mandates, struct unix_ms now);

/* As the home: what a partner gets that asks. One more is recorded under `new_id` before it is
 * shown, when it is due and the terms give any: it begins when the last one ends, or now. */
MUST_USE enum err standin_give(const struct peer_host *host, const struct partner_id *redeemer,
                               const struct standin_terms *terms, const struct uid *new_id,
                               struct standin_mandates *out_mandates);
/* Appends a mandate as Signed bytes. */
MUST_USE enum err standin_sign(const struct peer_host *host, const struct mandate *mandate,
                               struct buffer *out_signed);

/* As the redeemer: verifies one mandate that `home` sent, and records it unless it is known.
 * `*out_is_new` says which. ERR_SIGNATURE, ERR_INPUT and ERR_DISAGREE (it is for somebody else, or
 * the ledger has another one for that time) with a note. */
MUST_USE enum err standin_take(const struct peer_host *host, const struct partner_id *home,
                               const struct signed_message *message, bool *out_is_new,
                               struct note *note);

#endif
