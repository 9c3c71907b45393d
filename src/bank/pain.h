/* Payment files for a debtor's bank: ISO 20022 CustomerCreditTransferInitiation, pain.001.001.09 of
 * 2019 and .03 of 2009. The same value always gives the same bytes.
 *
 * One file orders the payments of one account on one day. Texts are written in characters that any
 * bank takes (a to z, A to Z, 0 to 9, blank and /-?:().,'+); what a name has beyond them becomes
 * its closest letter where there is one (Cyrillic ones: capitals), else a dot.
 */
#ifndef BANK_PAIN_H
#define BANK_PAIN_H

#include "base/bytes.h"
#include "settlement/bank_account.h"
#include "settlement/obligation.h"

enum pain_version {
    PAIN_09 = 0,
    PAIN_03 = 1
};

struct pain_payment {
    struct bank_account creditor;
    struct money amount; /* positive */
    char reference[PAYMENT_REFERENCE_MAX];
    char text[141]; /* for people: Max140Text */
};

struct pain_file {
    enum pain_version version;
    char message_id[PAYMENT_REFERENCE_MAX];
    struct unix_ms created_at;
    struct unix_ms execute_on; /* its day counts */
    struct bank_account debtor;
    char currency[4];
    unsigned currency_decimals;
    const struct pain_payment *payments;
    size_t payment_count; /* 1 to LIMIT_PAYMENTS_PER_FILE */
};

/* "pain.001.001.09" or ".03". ERR_INPUT for another. */
MUST_USE enum err pain_version_parse(const char *name, enum pain_version *out_version);
/* Appends the file. ERR_INPUT with a note for accounts, references or amounts that it can't carry,
 * ERR_RANGE when the sum does not fit. */
MUST_USE enum err pain_write(const struct pain_file *file, struct buffer *out, struct note *note);

#endif
