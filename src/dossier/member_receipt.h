/* A member's receipt: what a brand says that it did with a member's points, as text that people
 * read and anybody with the charter can check.
 *
 *     talea receipt 1
 *     coalition    demo
 *     brand        grocer
 *     ...
 *     key          0123456789abcdef
 *     epoch        1
 *     signature    (128 hexadecimal digits)
 *
 * Signed are the bytes of all lines before "key", each with its line feed. A balance is only known
 * where the member is at home. Pure.
 */
#ifndef DOSSIER_MEMBER_RECEIPT_H
#define DOSSIER_MEMBER_RECEIPT_H

#include "charter/charter_chain.h"

#define MEMBER_RECEIPT_BYTES_MAX 1024u

struct member_receipt {
    const char *coalition;
    struct partner_id brand;
    const char *transaction_id;
    const char *kind; /* "earn", "burn", "return", "refund" */
    struct unix_ms time;
    const char *card; /* empty: not said */
    int64_t points;   /* with its sign: what the member gets */
    bool has_balance;
    int64_t balance; /* spendable afterwards */
    unsigned points_decimals;
};

/* Appends the text. Errors are the signer's. */
MUST_USE enum err member_receipt_sign(const struct member_receipt *receipt,
                                      const struct signer *signer, uint64_t epoch,
                                      struct buffer *out);

struct member_receipt_proof {
    struct slice said; /* the signed lines; borrowed from the text */
    struct partner_id brand;
    struct key_id key;
    uint64_t epoch;
};

/* ERR_CORRUPT for what is no receipt, ERR_SIGNATURE when it is not signed by its brand, ERR_REVOKED
 * when the key is revoked; with a note. */
MUST_USE enum err member_receipt_verify(struct slice text, const struct charter_chain *chain,
                                        struct member_receipt_proof *out_proof, struct note *note);

#endif
