/* Bank statements and notifications: ISO 20022 camt.053 (BankToCustomerStatement) and camt.054
 * (BankToCustomerDebitCreditNotification), versions 02 and 08.
 *
 * The file comes from outside. Nothing is fetched and no entity is expanded; a document type
 * declaration is refused; size, depth, texts and bookings are bounded; a problem names its line.
 * What a bank adds beside the fields that are read here is passed over.
 */
#ifndef BANK_CAMT_H
#define BANK_CAMT_H

#include "base/bytes.h"
#include "settlement/bank_account.h"
#include "settlement/obligation.h"

/* One booked transaction. */
struct camt_booking {
    int line;                                /* of the entry in the file */
    char account[IBAN_TEXT_MAX];             /* whose statement it is; empty: not an IBAN's */
    char reference[PAYMENT_REFERENCE_MAX];   /* end to end; empty: none */
    char bank_reference[BANK_REFERENCE_MAX]; /* tells it from every other of the account */
    char amount[32];                         /* as the bank wrote it */
    char currency[4];
    bool is_credit;   /* to the account */
    bool is_reversal; /* it takes back an earlier one */
    struct unix_ms booked_at;
};

/* Any error ends the reading, and is passed on. */
typedef enum err camt_fn(void *context, const struct camt_booking *booking);

/* Each booked transaction of the file, in its order; entries that are pending or for information
 * are not. Where the end-to-end reference is not one of ours (settlement/obligation.h), one in the
 * unstructured remittance counts. The bank's reference is that of the transaction, else of its
 * entry; where the bank gives neither, a hash of account, references, amount and day, so that two
 * bookings alike in all of them count as one. ERR_INPUT with a note that names the line. `each` may
 * have been called before. */
MUST_USE enum err camt_read(struct slice bytes, camt_fn *each, void *context, struct note *note);

#endif
