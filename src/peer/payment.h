/* The payment of a pair's settled period: netted, and where it stands said to each other.
 *
 * What changes an obligation reads it, decides and waits until the change is durable: its callers
 * take turns, as in peer/pair.h. Each step may be told again at any time.
 */
#ifndef PEER_PAYMENT_H
#define PEER_PAYMENT_H

#include "peer/host.h"

/* What the pair's own statement says is owed becomes an obligation, once both signed it. Nothing
 * when there is one. ERR_UNAVAILABLE with a note before that. */
MUST_USE enum err payment_net_pair(const struct peer_host *host, const struct partner_id *partner,
                                   struct period period, struct note *note);
/* Records an obligation of these terms, unless there is one. */
MUST_USE enum err payment_net(const struct peer_host *host, const struct partner_id *partner,
                              struct period period, const struct obligation_terms *terms);
/* Our notice as Signed bytes, signed anew when there is something to say; none before that.
 * ERR_NOT_FOUND: the period is not netted here. */
MUST_USE enum err payment_say(const struct peer_host *host, const struct partner_id *partner,
                              struct period period, struct buffer *out_signed);
/* Takes the partner's notice, verified here. ERR_SIGNATURE, ERR_DISAGREE (it is about another
 * payment than ours) or ERR_INPUT with a note. One that was heard before is no error. */
MUST_USE enum err payment_hear(const struct peer_host *host, const struct partner_id *partner,
                               struct period period, const struct signed_message *theirs,
                               struct note *note);

/* Is there nothing more to be done here? It is closed (what the partner has not heard of that it
 * asks for itself); where it is netted together with others, `is_net_done` says so in its place. */
MUST_USE enum err payment_is_finished(const struct ledger_view *view,
                                      const struct partner_id *partner, struct period period,
                                      bool is_net_done, bool *out_is_finished);

#endif
