/* A half that differs, and that no signature decides: what differs is set apart, so that the rest
 * settles (settlement/apart.h).
 *
 *   sender of the half: ask -> take shown, or: propose -> its terms go out -> take what comes back
 *   its receiver:       show what it signed; answer (its own ledger shows the same, and proves
 *                       nothing else)
 *
 * The receiver makes it durable first, with both signatures, then the sender. Then the
 * statement is said anew without what is set apart. Callers take turns, as in pair.h.
 */
#ifndef PEER_APART_H
#define PEER_APART_H

#include "base/arena.h"
#include "peer/host.h"
#include "settlement/reconcile.h"
#include "wire/signed.h"

/* What a comparison of the half that we sent found. */
struct apart_found {
    const struct entry_pair *pairs;
    size_t pair_count;
    const struct difference *differences;
    size_t count;
    uint32_t received_refused; /* as the receiver said, when it was asked before */
};

/* Our terms, signed; nothing is changed yet. ERR_UNAVAILABLE or ERR_UNSUPPORTED with a note: it
 * can't be set apart. */
MUST_USE enum err apart_propose(const struct peer_host *host, const struct partner_id *partner,
                                struct period period, const struct apart_found *found,
                                struct buffer *out_signed, struct note *note);
/* The receiver's whole part. ERR_DISAGREE with a note: this ledger does not show it, or has a
 * signature that decides it. ERR_OK with nothing signed: say it again with these bits. */
MUST_USE enum err apart_answer(const struct peer_host *host, const struct partner_id *caller,
                               const struct signed_message *terms, struct buffer *out_signed,
                               uint32_t *out_refused, struct note *note);
/* The caller asks whether we signed terms about the half that it sent: an answer of ours may have
 * been lost. ERR_NOT_FOUND: none. */
MUST_USE enum err apart_show(const struct peer_host *host, const struct partner_id *caller,
                             struct period period, struct buffer *out_signed);
/* As the sender: what the receiver showed; it is checked as if we proposed it. */
MUST_USE enum err apart_take_shown(const struct peer_host *host, const struct partner_id *partner,
                                   struct period period, const struct signed_message *theirs,
                                   struct note *note);
/* What came back for `own_signed`. */
MUST_USE enum err apart_take(const struct peer_host *host, const struct partner_id *partner,
                             struct slice own_signed, const struct signed_message *answer,
                             struct note *note);

/* A ledger that is a copy from before fetches what both signed, from whoever of the two has it. The
 * caller asks about the half that it sent (`direction` IN, as we see it) or received (OUT): ours of
 * today, and the caller's own, as Signed bytes. ERR_NOT_FOUND: none. */
MUST_USE enum err apart_show_both(const struct peer_host *host, const struct partner_id *caller,
                                  enum stream_direction direction, struct period period,
                                  struct buffer out_signed[2]);
/* What the partner showed of both. Nothing to do when it is here. ERR_DISAGREE or ERR_UNAVAILABLE
 * with a note: this copy does not show it, or not yet. */
MUST_USE enum err apart_take_again(const struct peer_host *host, const struct partner_id *partner,
                                   enum stream_direction direction, struct period period,
                                   const struct signed_message *theirs,
                                   const struct signed_message *own, struct note *note);

/* What is set apart of a half; ERR_NOT_FOUND for most. The entries point into the view's value, the
 * lines are in the arena. */
struct apart_of_half {
    struct apart_half half;
    struct hash hash; /* of what both signed */
    struct receipt_total *lines;
    size_t line_count;
};
MUST_USE enum err apart_load(const struct ledger_view *view, enum stream_direction direction,
                             const struct partner_id *partner, struct period period,
                             struct arena *arena, struct apart_of_half *out_apart);
/* What both signed, as Signed bytes: ours, theirs. */
MUST_USE enum err apart_signatures(const struct ledger_view *view, enum stream_direction direction,
                                   const struct partner_id *partner, struct period period,
                                   struct buffer out_signed[2]);

#endif
