/* The redeemer's side of an online authorisation: our till asks the home of another brand's card.
 */
#ifndef PEER_ABROAD_H
#define PEER_ABROAD_H

#include "clearing/authorisation.h"
#include "peer/host.h"

/* What a till's COMMAND_FOREIGN_HOLD asks the home of `card` for: where the command's card leads
 * (ledger/route.h). `home` is empty when no partner has the card's prefix. */
struct hold_request abroad_request(const struct peer_host *host, const struct command *command,
                                   const struct card_number *card);
/* The request as Signed bytes. The same request always says the same, so that a lost answer may be
 * asked for again. */
MUST_USE enum err abroad_sign(const struct peer_host *host, const struct hold_request *request,
                              struct buffer *out_signed);

struct abroad_answer {
    bool is_granted;
    struct hold_grant grant;     /* when granted */
    struct hold_refusal refusal; /* when not */
    struct buffer evidence;      /* the grant's Signed bytes; the caller frees it */
};

/* Verifies the home's answer. ERR_SIGNATURE, ERR_DISAGREE (it is about something else than what was
 * asked) and ERR_INPUT with a note; then `out_answer` is untouched. */
MUST_USE enum err abroad_take_answer(const struct peer_host *host,
                                     const struct hold_request *request,
                                     const struct signed_message *message,
                                     struct abroad_answer *out_answer, struct note *note);
/* The grant's terms and evidence go into the command, which is then for the ledger. */
void abroad_use_grant(const struct abroad_answer *answer, struct command *command);

#endif
