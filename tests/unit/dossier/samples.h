/* A stream's file in memory, from fuel to grocer in September 2026: two entries under one receipt,
 * the period's mark under another. Always the same bytes. */
#ifndef TESTS_DOSSIER_SAMPLES_H
#define TESTS_DOSSIER_SAMPLES_H

#include "charter/charter_chain.h"
#include "crypto/purpose.h"
#include "coalition.h"

#define SAMPLE_PERIOD  202609u
#define SAMPLE_ENTRIES 3u

/* The coalition's first charter, signed by all. The caller ends the chain. */
void sample_chain(struct charter_chain *out_chain);
/* What can be wrong with it, and signed all the same. */
struct sample_fault {
    int64_t total_more;      /* points in the last receipt's totals */
    uint64_t receipt_epoch;  /* of the last receipt's signature; 0: as it should be */
    uint32_t mark_period;    /* of the mark; 0: as it should be */
    unsigned receipt_signer; /* member who signs receipts; 0: as it should be */
    bool other_before;       /* the last receipt names another one before it */
    bool other_head;         /* heads name other last entries */
    bool draws;              /* earns say that a block paid for them */
};
/* Signed by a member's online key; appends the envelope. */
void sample_sign(unsigned member, enum purpose purpose, const struct buffer *payload,
                 struct buffer *out);
/* The net that fuel has: hotel's and grocer's agreed statement of nothing, a word of each, and two
 * votes. */
void sample_net(const struct charter_chain *chain, struct buffer *out);
/* More votes, behind it: whether the set of a number, without hotel (or `with_all`), holds. */
struct sample_vote {
    unsigned member; /* 0 fuel, 1 grocer, 2 hotel */
    uint32_t round;
    uint8_t set;
    bool is_against;
    bool with_all;
};
void sample_votes(const struct sample_vote *votes, size_t count, struct buffer *out);
/* What fuel has of a payment to grocer that is paid in part. */
void sample_payment(struct buffer *out);
/* What is signed of fuel's capture, entry 1 to grocer: batch, receipt, grocer's grant; and of the
 * dispute about it: grocer opened it, and fuel's node ruled against it. sample_dispute.c */
void sample_evidence(struct buffer *out);
/* Of a purchase at fuel. */
void sample_receipt(struct buffer *out);
/* Appends; `fault` may be NULL. */
void sample_stream(const struct sample_fault *fault, struct buffer *out);

#endif
