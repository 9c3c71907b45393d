/* A ledger that may be an older copy of itself, and one partner that shows what it holds of it.
 *
 *   comparing -> done                  the partner holds nothing that is not here
 *   comparing -> taken -> own -> holds -> done
 *                 |        |      `--- open promises, ours and the partner's
 *                 |        `---------- our entries, batch by batch, with the partner's receipts
 *                 `------------------- the partner's entries that our receipts answer
 *
 * A page of either stream may have to wait for one of the other: a step of a dispute for the one
 * that it answers. So the two take turns, the partner's entries first.
 *
 * Each question has one answer, and each answer is durable before the next question; after a kill
 * the comparison begins anew and goes on where the ledger is. What is taken was signed by this
 * node, or is the partner's to say. While it goes on the ledger writes nothing new for the partner:
 * the streams are marked (clearing/stream.h), in the copy itself.
 */
#ifndef PEER_RECOVERY_H
#define PEER_RECOVERY_H

#include "peer/host.h"
#include "wire/recover.h"

enum recovery_stage {
    RECOVERY_COMPARING = 0,
    RECOVERY_TAKEN,
    RECOVERY_OWN,
    RECOVERY_HOLDS,
    RECOVERY_DONE
};

/* Its fields are its own. One thread at a time. */
struct recovery {
    struct partner_id partner;
    enum recovery_stage stage;
    bool was_behind; /* something was lost; of DONE: and is here again */
    bool is_proven;  /* by what we signed, or by the mark in the ledger: it is a copy */
    bool is_awaited; /* of TAKEN and OWN: the next page of the other one waits for one of this */
    struct holdings holdings;
    struct buffer holdings_signed;
    uint8_t after[TRANSACTION_KEY_SIZE];
    size_t after_length;
};

void recovery_init(struct recovery *recovery, const struct partner_id *partner);
void recovery_fini(struct recovery *recovery);

/* The question to ask next: of the page, or (`*out_is_comparison`) of the holdings. Not when done.
 */
MUST_USE enum err recovery_ask(const struct recovery *recovery, const struct peer_host *host,
                               bool *out_is_comparison, struct recover_request *out_request);
/* The answers. ERR_DISAGREE: the partner's copy and this ledger contradict each other; the stream
 * is frozen, with what the partner showed as evidence. Other errors leave what is done done: begin
 * anew. With a note. */
MUST_USE enum err recovery_take_holdings(struct recovery *recovery, const struct peer_host *host,
                                         const struct signed_message *message, struct note *note);
MUST_USE enum err recovery_take_page(struct recovery *recovery, const struct peer_host *host,
                                     const struct recover_page *page, struct note *note);
/* The partner has not got any more what it says that it holds: nothing can mend it. Freezes the
 * stream, with the partner's word as evidence. ERR_DISAGREE. */
MUST_USE enum err recovery_give_up(const struct recovery *recovery, const struct peer_host *host,
                                   struct note *note);
static inline bool recovery_is_done(const struct recovery *recovery)
{
    return recovery->stage == RECOVERY_DONE;
}

/* The ledger is known to be a copy: it writes nothing for any partner before that has been compared
 * with. With whom all was over in the copy already, there is nothing to compare. All or none;
 * telling it again changes nothing. */
MUST_USE enum err recovery_mark(const struct peer_host *host);

#endif
