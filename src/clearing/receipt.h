/* A receiver's cumulative answer to a stream's batches, as a plain value. */
#ifndef CLEARING_RECEIPT_H
#define CLEARING_RECEIPT_H

#include "base/limits.h"
#include "clearing/stream.h"

#define REASON_NAME_MAX 40 /* bytes, with the final NUL */

struct receipt_refusal {
    uint64_t number;
    char reason[REASON_NAME_MAX]; /* a verdict's name */
    struct card_number moved_to;  /* of CARD_MOVED: the card at the new home; else empty */
};

struct receipt_total {
    enum entry_kind kind;
    uint32_t tariff;
    uint64_t count;
    int64_t points;
};

#define RECEIPT_TOTALS_MAX ((ENTRY_KIND_END - 1) * LIMIT_TARIFFS)

struct clearing_receipt {
    struct partner_id sender;   /* of the entries */
    struct partner_id receiver; /* who signs */
    uint64_t receipt_number;    /* from 1; 0: there was no batch yet */
    struct hash previous_receipt_hash;
    uint64_t first_number; /* of the batch answered; 0: none */
    uint64_t last_number;
    struct hash last_hash;
    struct receipt_refusal *refused;
    size_t refused_count; /* at most LIMIT_CLEARING_BATCH */
    struct receipt_total *totals;
    size_t total_count; /* at most RECEIPT_TOTALS_MAX */
};

/* The hash by which the next receipt names this one: over its payload's bytes. */
struct hash receipt_payload_hash(struct slice payload);

#endif
