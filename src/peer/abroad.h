/* The redeemer's side of an online authorisation: our till asks the home of another brand's card.
 *
 * A till's one call ends within its deadline in one of these ways:
 *
 *   ask --> granted, or refused with the home's reason
 *    |  no answer: ask again under the same id, while there is time
 *    v
 *   without home --> stands in    a mandate covers it
 *                --> given up     none does, and the home was asked: it may have granted, so that
 *                                 a void is owed to it
 *                --> refused      none does, and the home was not asked: the id is still good
 *
 * What ended is recorded under the till's transaction id and is told again to whoever asks again
 * (ledger/decide_mandate.c). Of an answer that comes later nothing is made: there is no capture but
 * of the hold that was recorded, and what the home granted it gives back at the void, or at T2.
 */
#ifndef PEER_ABROAD_H
#define PEER_ABROAD_H

#include "clearing/authorisation.h"
#include "peer/host.h"

/* What a till's COMMAND_FOREIGN_HOLD asks the home for. `home` is empty when no partner has the
 * prefix of the card that is asked about. */
struct hold_request abroad_request(const struct peer_host *host, const struct command *command);
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

/* Of one till's call, milliseconds. */
#define ABROAD_ALL_MS     3000 /* the home gets no more for its answer, all tries together */
#define ABROAD_SUSPECT_MS 400  /* one that did not answer the last time */
#define ABROAD_RESERVE_MS 500  /* kept of the deadline, for the ledger and the way back */
#define ABROAD_TRIES      3

struct abroad_times {
    int64_t all_ms; /* 0 or less: there is no time to ask */
    int64_t try_ms; /* for one answer, before it is asked for again */
};
struct abroad_times abroad_times(int64_t left_ms, bool is_suspect);
/* May the home have granted, though the call ended so? Then it is asked again. */
bool abroad_may_ask_again(int grpc_status);

/* Has the request ended already, however it did? Then the home isn't asked: the ledger knows the
 * answer. */
MUST_USE enum err abroad_is_told(const struct peer_host *host, const struct command *command,
                                 bool *out_is_told);

enum abroad_way {
    ABROAD_STANDS_IN = 1,
    ABROAD_IS_GIVEN_UP,
    ABROAD_IS_REFUSED
};

struct abroad_end {
    enum abroad_way way;
    enum verdict why; /* unless it stands in: why no mandate covers it */
};

/* The home did not answer, or can't be asked. The command is made what the ledger is to be told;
 * nothing, when it is refused. */
MUST_USE enum err abroad_without_home(const struct peer_host *host,
                                      const struct hold_request *request, bool was_asked,
                                      struct command *command, struct abroad_end *out_end);

#endif
