/* What the protocol needs of the node that it runs in.
 *
 * This room is the protocol with a partner's node as steps over values: what is sent, and what is
 * made of what comes. It has no thread, clock, socket or log of its own, so that a simulation runs
 * what a node runs. The host makes a `peer_host` for each step; everything in it is borrowed for
 * the step. A step may wait for the engine to make something durable.
 */
#ifndef PEER_HOST_H
#define PEER_HOST_H

#include "charter/charter_chain.h"
#include "engine/engine.h"

enum peer_event_kind {
    PEER_BATCH_SENT = 1,   /* count */
    PEER_RECEIPT_TAKEN,    /* count, refused */
    PEER_ENTRY_REVERSED,   /* entry, reason: refused by the partner, taken back here */
    PEER_ENTRIES_REVERSED, /* count: there were more of them than are told one by one */
    PEER_BATCH_TAKEN,      /* count, refused */
    PEER_BATCH_REFUSED,    /* reason, detail */
    PEER_OLDER_COPY,       /* detail: one of the two ledgers is an older copy of itself */
    PEER_PERIOD_MATCHED,   /* period: both signed the same statement */
    PEER_RECOVERED         /* what was lost with an older copy is here again, or nothing was */
};

/* Something to count or to log. */
struct peer_event {
    enum peer_event_kind kind;
    struct partner_id partner;
    size_t count;
    size_t refused;
    const struct clearing_entry *entry;
    const char *reason;
    const char *detail;
    struct period period;
};

struct peer_host {
    struct engine *engine;
    const struct signer *signer;
    const struct charter *charter; /* in force during the step */
    /* The epochs before it, for what this node signed with keys that it has no more; may be NULL.
     */
    const struct charter_chain *chain;
    const struct roster *roster; /* made from it */
    struct ledger_view view;     /* of what is durable */
    struct unix_ms now;
    void *context;
    /* May be NULL. On the thread of the step; quick. */
    void (*on_event)(void *context, const struct peer_event *event);
    /* Checks a signature by this key; NULL: signed_verify. */
    enum err (*verify)(void *context, const struct signed_message *message, enum purpose purpose,
                       const struct charter_key *key);
};

void peer_tell(const struct peer_host *host, const struct peer_event *event);

/* Signed by this key for this purpose, in this coalition? Whose it is, and whether it may sign, is
 * the caller's to know. */
MUST_USE enum err peer_verify_by(const struct peer_host *host, const struct signed_message *message,
                                 enum purpose purpose, const struct charter_key *key);
/* Signed by one of the partner's online keys for this purpose, in this coalition? ERR_SIGNATURE
 * with a note that says what is wrong. A key that is revoked still signs batches and receipts, up
 * to a number that only peer_check_place can look at; for anything else it is ERR_REVOKED. */
MUST_USE enum err peer_verify(const struct peer_host *host, const struct signed_message *message,
                              enum purpose purpose, const struct partner_id *partner,
                              struct note *note);
/* The same for what was signed about that period and is handed on: by a key of the partner's in any
 * epoch of the charter that was in use when the period had begun, and is not revoked. */
MUST_USE enum err peer_verify_past(const struct peer_host *host,
                                   const struct signed_message *message, enum purpose purpose,
                                   const struct partner_id *partner, struct period period,
                                   struct note *note);
/* Once a batch or a receipt of the partner's, verified before, is decoded: does its key still count
 * at this number, a batch's last entry or the receipt's own? ERR_REVOKED with a note. */
MUST_USE enum err peer_check_place(const struct peer_host *host,
                                   const struct signed_message *message,
                                   const struct partner_id *partner, uint64_t number,
                                   struct note *note);
/* Signs under the charter in force; appends the packed envelope. */
MUST_USE enum err peer_sign(const struct peer_host *host, enum purpose purpose,
                            struct slice payload, struct buffer *out_signed);
/* Appends what this node signed before (Signed bytes), as it is or, when its online key has changed
 * since, with the same payload signed by the key of today: partners take no other. */
MUST_USE enum err peer_renew(const struct peer_host *host, struct slice kept,
                             struct buffer *out_signed);

#endif
