/* A partner's bank account, as payment files name it. Pure checks of form.
 *
 * Whether the account is the partner's own is not a matter of form: it comes from the charter, with
 * the partner's own root key under it (charter/introduction.h).
 */
#ifndef SETTLEMENT_BANK_ACCOUNT_H
#define SETTLEMENT_BANK_ACCOUNT_H

#include "base/error.h"

#define IBAN_TEXT_MAX      35 /* ISO 13616: 34 characters, and a NUL */
#define BIC_TEXT_MAX       12 /* ISO 9362 */
#define ACCOUNT_HOLDER_MAX 71 /* 70 bytes of UTF-8: what SEPA takes */

struct bank_account {
    char iban[IBAN_TEXT_MAX]; /* without blanks; empty: there is no account */
    char bic[BIC_TEXT_MAX];   /* of its bank; may be empty */
    char holder[ACCOUNT_HOLDER_MAX];
};

/* Takes blanks between the characters and gives the form without. ERR_INPUT unless it is a country,
 * two check digits and 11 to 30 characters that give 1 modulo 97 (ISO 13616-1, ISO 7064). */
MUST_USE enum err iban_parse(const char *text, char out_iban[IBAN_TEXT_MAX]);
/* 8 or 11 characters: institution and country in letters, location, branch (ISO 9362, and as
 * narrow as pain.001.001.03 wants it). */
bool bic_is_valid(const char *bic);
/* All of an account that there is. ERR_INPUT with a note. */
MUST_USE enum err bank_account_check(const struct bank_account *account, struct note *note);

#endif
