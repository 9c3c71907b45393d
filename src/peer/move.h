/* A member's move, between its old home and the new one: the old home may give its member's points
 * only to one that awaits them, and says so by its signature.
 */
#ifndef PEER_MOVE_H
#define PEER_MOVE_H

#include "clearing/move.h"
#include "peer/host.h"

/* How long an acceptance may be used. */
#define MOVE_ACCEPTANCE_LIFE_MS (INT64_C(1) * DAY_MS)

/* At the new home: `caller`, known by its certificate, asks for its `card` and our `new_card`.
 * Appends a MoveAcceptance in Signed bytes. `out_verdict` is VERDICT_OK, or why not:
 * CARD_NOT_THEIRS, MOVE_NOT_AWAITED; then nothing is appended. */
MUST_USE enum err move_accept(const struct peer_host *host, const struct partner_id *caller,
                              const struct card_number *card, const struct card_number *new_card,
                              enum verdict *out_verdict, struct buffer *out_signed);

/* At the old home: the new home's answer about a COMMAND_MOVE_MEMBER. The evidence that the command
 * names from then on is in `out_evidence`, which must be empty, live as long and be freed by the
 * caller. ERR_SIGNATURE, ERR_DISAGREE (it is about something else, or too old) and ERR_INPUT with a
 * note; then the command is untouched. */
MUST_USE enum err move_take_acceptance(const struct peer_host *host,
                                       const struct signed_message *message,
                                       struct command *command, struct buffer *out_evidence,
                                       struct note *note);

#endif
