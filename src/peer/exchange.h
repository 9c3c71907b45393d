/* Statements of a closed period between two partners: shown, compared, signed by both.
 *
 *   caller: begin (compute, propose) -> its statement goes out -> take what comes back
 *   callee: answer (verify, compute, propose, countersign when equal)
 *
 * Callers take turns, as in peer/pair.h.
 */
#ifndef PEER_EXCHANGE_H
#define PEER_EXCHANGE_H

#include "peer/pair.h"

/* One exchange about one period. */
struct exchange {
    struct partner_id partner;
    struct period period;
    struct arena arena;
    struct pair_statement ours;
    struct buffer own_signed;    /* Signed bytes of our statement */
    struct buffer countersigned; /* our counter-signature on theirs; empty: they differ */
};

void exchange_init(struct exchange *exchange, const struct partner_id *partner,
                   struct period period);
void exchange_fini(struct exchange *exchange);

/* Our statement, durable and in `own_signed`. ERR_UNAVAILABLE with a note while a half is not
 * complete. */
MUST_USE enum err exchange_begin(struct exchange *exchange, const struct peer_host *host,
                                 struct note *note);
/* What the partner answered; NULL for what it did not send. ERR_SIGNATURE, ERR_CONFLICT and
 * ERR_DISAGREE with a note; ERR_OK with one when the statements differ. */
MUST_USE enum err exchange_take(struct exchange *exchange, const struct peer_host *host,
                                const struct signed_message *theirs,
                                const struct signed_message *countersignature, struct note *note);
/* The callee's whole part; the period is the statement's. ERR_UNAVAILABLE with a note: ours can't
 * be said yet. ERR_OK with a note and nothing countersigned: they differ. */
MUST_USE enum err exchange_answer(struct exchange *exchange, const struct peer_host *host,
                                  const struct signed_message *theirs, struct note *note);

#endif
