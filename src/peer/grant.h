/* The home's side of an online authorisation: another brand's till asks for points of our member.
 */
#ifndef PEER_GRANT_H
#define PEER_GRANT_H

#include "clearing/authorisation.h"
#include "peer/host.h"

/* The longest promise, from now to T1. */
#define GRANT_LIFE_MS_MAX (INT64_C(31) * DAY_MS)

/* Verifies a HoldRequest of `caller`, who is known by its certificate: signed by it, about its own
 * till and our member, for a time we are willing to promise. Gives the ledger's command; T2 is T1
 * and `deliver_ms`. The evidence that the command names is in `out_evidence`, which must be empty,
 * live as long and be freed by the caller. ERR_SIGNATURE, ERR_DENIED and ERR_INPUT with a note. */
MUST_USE enum err grant_take_request(const struct peer_host *host, const struct partner_id *caller,
                                     const struct signed_message *message, int64_t deliver_ms,
                                     struct hold_request *out_request, struct command *out_command,
                                     struct buffer *out_evidence, struct note *note);
/* What the ledger made of it, as a HoldGrant or a HoldRefusal in Signed bytes. The outcome's err
 * must be ERR_OK. */
MUST_USE enum err grant_answer(const struct peer_host *host, const struct hold_request *request,
                               const struct outcome *outcome, struct buffer *out_signed);

#endif
