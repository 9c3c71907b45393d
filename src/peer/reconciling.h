/* Two nodes find out in which entries their halves of a period differ.
 *
 *   caller: open -> (ask -> take)* -> equal | refused
 *                        `----------> show -> take_shown -> different, each entry classified
 *   callee: answer, show
 *
 * Of a period that its marks ended the whole halves are compared; of the open one what both have
 * receipted. Nothing is changed by it. One thread at a time.
 */
#ifndef PEER_RECONCILING_H
#define PEER_RECONCILING_H

#include "peer/half.h"
#include "settlement/reconcile.h"
#include "wire/reconcile.h"

/* One half under comparison. Large; on the heap. */
struct comparison {
    struct half_view half;
    struct half_question question;
    struct reconcile search;
    uint64_t indexes[RECONCILE_PLACES]; /* of the question under way */
    uint64_t numbers[RECONCILE_DIFFERENCES];
    size_t pair_count;
    struct entry_pair pairs[RECONCILE_DIFFERENCES];
    size_t difference_count;
    struct difference differences[RECONCILE_DIFFERENCES];
    struct buffer claim; /* the partner's signed word on its root */
};

/* Our side of the half. An open period is compared as far as it is receipted. As half_open; close
 * it in any case. */
MUST_USE enum err comparison_open(struct comparison *comparison, const struct peer_host *host,
                                  const struct partner_id *partner, enum stream_direction direction,
                                  struct period period, struct note *note);
void comparison_close(struct comparison *comparison);
static inline bool comparison_is_over(const struct comparison *comparison)
{
    return reconcile_is_over(&comparison->search);
}
/* Borrowed until the answer. */
void comparison_ask(struct comparison *comparison, struct compare_request *out_request);
/* ERR_DISAGREE with a note: the partner contradicts itself; it is over then. */
MUST_USE enum err comparison_take(struct comparison *comparison, const struct peer_host *host,
                                  const struct compare_answer *answer, struct note *note);
/* Of one that is over and found differences: whose entries to ask for. */
void comparison_show(struct comparison *comparison, struct entries_request *out_request);
/* One for each, empty when there is none. Fills `differences` and `pairs`. */
MUST_USE enum err comparison_take_shown(struct comparison *comparison, const struct peer_host *host,
                                        const struct slice *entries, size_t count,
                                        struct note *note);

/* The callee's part. `room` has the answer's hashes; `out_claim` the Signed bytes of a HalfRoot
 * when it was the root that was asked for. */
MUST_USE enum err reconciling_answer(const struct peer_host *host, const struct partner_id *caller,
                                     const struct compare_request *request,
                                     struct compare_room *room, struct compare_answer *out_answer,
                                     struct buffer *out_claim, struct note *note);
/* Where the entries are in `out_bytes`, one span for each number. */
struct entry_span {
    size_t at;
    size_t length;
};
MUST_USE enum err reconciling_show(const struct peer_host *host, const struct partner_id *caller,
                                   const struct entries_request *request,
                                   struct entry_span *out_spans, struct buffer *out_bytes);

#endif
