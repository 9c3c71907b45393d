/* The net of all pairs of a period (settlement/netting.h): what partners signed about it is taken,
 * kept and handed on, and this brand's own word said.
 *
 * Callers take turns, as in peer/pair.h. Each step may be told again at any time.
 */
#ifndef PEER_NETTING_H
#define PEER_NETTING_H

#include "peer/host.h"
#include "settlement/netting.h"

/* A pair's agreed statement, signed by one of the two and countersigned by the other: verified, and
 * kept unless it is there. Errors of the signatures, or ERR_INPUT, with a note. */
MUST_USE enum err netting_take_statement(const struct peer_host *host, struct period period,
                                         const struct partner_id *first,
                                         const struct partner_id *second,
                                         const struct signed_message *statement,
                                         const struct signed_message *countersignature,
                                         struct note *note);
/* A partner's word or vote, whoever hands it on: verified, and kept when it says more than what is
 * there. ERR_DISAGREE with a note: it is bound by another one; both are kept as proof, and the
 * streams with it are frozen. */
MUST_USE enum err netting_take_word(const struct peer_host *host, struct period period,
                                    const struct partner_id *partner,
                                    const struct signed_message *word, struct note *note);
/* The stored word of a partner as Signed bytes, borrowed until the next read. ERR_NOT_FOUND. */
MUST_USE enum err netting_word_of(const struct peer_host *host, struct period period,
                                  const struct partner_id *partner, struct slice *out_signed);
/* The same of its vote in a round. */
MUST_USE enum err netting_vote_in(const struct peer_host *host, struct period period,
                                  const struct partner_id *partner, uint32_t round,
                                  struct slice *out_signed);
/* The agreed statement of two others, by id sorted, as Signed bytes: as one of both signed it, and
 * the other's countersignature. Borrowed until the next read. ERR_NOT_FOUND. */
MUST_USE enum err netting_statement_of(const struct peer_host *host, struct period period,
                                       const struct partner_id *first,
                                       const struct partner_id *second, struct slice *out_signed,
                                       struct slice *out_countersigned);
/* What was read of a period's agreed statements, from one turn to the next: they stay as they are,
 * and there may be a great many. Of one period; zeroed is empty. */
struct netting_memory {
    struct period period;
    char coalition[32];
    size_t count;
    struct partner_id *partners;
    struct netting_pair *pairs;
};
void netting_memory_fini(struct netting_memory *memory);

struct netting_outcome {
    bool is_counted; /* the set that this brand is in counts, and what it pays is netted */
    bool is_done;    /* nothing is left to do for the period */
};

/* How long partners are waited for: from the close on by the ledger's time, so that a start does
 * not begin anew. */
struct netting_wait {
    int64_t grace_ms;
    int64_t awake_ms; /* since this process looked at the period first */
};

/* Says what there is to say; once the set counts, nets what this brand pays or is paid; nets pairs
 * that are settled by themselves. The note says what is waited for. ERR_NOT_FOUND when this brand
 * has no part in the period. `memory` may be NULL: then all is read anew. */
MUST_USE enum err netting_turn(const struct peer_host *host, struct period period,
                               const struct netting_wait *wait, struct netting_memory *memory,
                               struct netting_outcome *out_outcome, struct note *note);

#endif
