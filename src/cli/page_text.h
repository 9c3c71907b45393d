/* The words, numbers and dates of pages that people print, in their languages. */
#ifndef CLI_PAGE_TEXT_H
#define CLI_PAGE_TEXT_H

#include "base/amount.h"
#include "base/period.h"
#include "clearing/entry.h"

enum page_language {
    PAGE_EN,
    PAGE_RU,
    PAGE_KK,
    PAGE_LANGUAGES
};

/* "en", "ru", "kk". ERR_NOT_FOUND for another code. */
MUST_USE enum err page_language_parse(const char *code, enum page_language *out_language);
const char *page_language_code(enum page_language language);

enum page_text {
    TEXT_TITLE,
    TEXT_COALITION,
    TEXT_PERIOD,
    TEXT_CHARTER_EPOCH,
    TEXT_CURRENCY,
    TEXT_POINTS_NAME,
    TEXT_NOT_AGREED,
    TEXT_BROKEN,
    TEXT_SENDER,
    TEXT_RECEIVER,
    TEXT_ENTRIES,
    TEXT_REFUSED,
    TEXT_LAST_HASH,
    TEXT_ROOT,
    TEXT_KIND,
    TEXT_TARIFF,
    TEXT_COUNT,
    TEXT_POINTS,
    TEXT_PRICE,
    TEXT_PRICE_FOR, /* {1} money for {2} points */
    TEXT_SENDER_OWES,
    TEXT_FEE,
    TEXT_SUM,
    TEXT_CHARGES,
    TEXT_TAX_CODE,
    TEXT_NO_TAX,
    TEXT_RATE,
    TEXT_CHARGED_BY,
    TEXT_TAXED,
    TEXT_TAX,
    TEXT_DEBTOR,
    TEXT_CREDITOR,
    TEXT_AMOUNT,
    TEXT_RESULT,
    TEXT_TO_PAY,
    TEXT_NOBODY_PAYS,
    TEXT_ROUNDING,
    TEXT_ROUNDED,
    TEXT_DISPUTED,
    TEXT_WAITING_POINTS,
    TEXT_DISPUTES,
    TEXT_FIGURES,
    TEXT_FIGURES_FOLLOW,
    TEXT_FIGURES_UNCHECKED,
    TEXT_FIGURES_WRONG,
    TEXT_SIGNATURES,
    TEXT_SIGNED_WHAT,
    TEXT_SIGNER,
    TEXT_KEY,
    TEXT_STATE,
    TEXT_SIGNED,
    TEXT_COUNTERSIGNED,
    TEXT_PARTNERS_OWN,
    TEXT_VALID,
    TEXT_INVALID,
    TEXT_ABSENT,
    TEXT_BY_HAND,
    TEXT_FOOT,
    TEXT_INVOICE,
    TEXT_REFERENCE,
    TEXT_OWED_BY,
    TEXT_OWED_TO,
    TEXT_ACCOUNT_HOLDER,
    TEXT_INVOICE_LINE,
    TEXT_ENTRIES_OF, /* {1}: whose, {2}: towards whom */
    TEXT_FEE_LINE,
    TEXT_TAX_LINE, /* {1}: the code, {2}: the rate */
    TEXT_TAX_BASE, /* {1}: the amount */
    TEXT_SUBTOTAL,
    TEXT_POINTS_MONEY,
    TEXT_FEES,
    TEXT_TAXES,
    TEXT_NETTED,
    TEXT_INVOICE_FOOT,
    TEXT_DISPUTE,
    TEXT_DISPUTE_ID,
    TEXT_DISPUTE_STATE,
    TEXT_DEADLINE,
    TEXT_DEADLINE_SILENCE, /* {1}: the time, {2}: whose */
    TEXT_DISPUTED_ENTRY,
    TEXT_NUMBER,
    TEXT_CARD,
    TEXT_BUSINESS_TIME,
    TEXT_TRANSACTION,
    TEXT_ENTRY_HASH,
    TEXT_RECEIVERS_ANSWER,
    TEXT_TAKEN,
    TEXT_REFUSED_FOR, /* {1}: the reason's name */
    TEXT_UNDER_WAY,
    TEXT_CLAIM,
    TEXT_OPENED_BY,
    TEXT_OPENED_AT,
    TEXT_REASON,
    TEXT_CLAIMED_POINTS,
    TEXT_IN_STATEMENT,
    TEXT_LEFT_OUT,
    TEXT_COUNTED,
    TEXT_NOTE,
    TEXT_COURSE,
    TEXT_TIME,
    TEXT_WHO,
    TEXT_STEP,
    TEXT_ENTRY,
    TEXT_RECEIPT,
    TEXT_NO_LINES,
    TEXT_TERMS,
    TEXT_TO_ANSWER,
    TEXT_TO_ESCALATE,
    TEXT_DAYS,
    TEXT_HOURS,
    TEXT_SECONDS,
    TEXT_RULING,
    TEXT_UPHELD,
    TEXT_DISMISSED,
    TEXT_UNDECIDED,
    TEXT_GROUND,
    TEXT_BY_MACHINE,
    TEXT_BY_SILENCE,
    TEXT_BY_ACCEPTANCE,
    TEXT_BY_CONCESSION,
    TEXT_BY_OFFICES,
    TEXT_RULED_BY, /* {1}: who */
    TEXT_CORRECTION,
    TEXT_CORRECTED_IN, /* {1}: points, {2}: the period */
    TEXT_NO_CORRECTION,
    TEXT_CORRECTION_FOLLOWS,
    TEXT_EVIDENCE,
    TEXT_NO_EVIDENCE,
    TEXT_EVIDENCE_BROKEN,
    TEXT_ENTRY_SIGNED,
    TEXT_RECEIPT_SIGNED,
    TEXT_BATCH_NUMBERS,
    TEXT_PROMISE,
    TEXT_GRANT, /* {1}: points, {2}: a time */
    TEXT_MANDATE,
    TEXT_NO_PROMISE,
    TEXT_COVERED,
    TEXT_IS_COVERED,
    TEXT_NOT_COVERED,
    TEXT_DISPUTE_FOOT,
    PAGE_TEXTS
};

const char *page_text(enum page_language language, enum page_text text);
/* What an entry is; the kind's own name where there is no other. */
const char *page_entry_kind(enum page_language language, enum entry_kind kind);

#define PAGE_NUMBER_MAX 96 /* bytes, with the final NUL */

/* With a group separator, the language's decimal mark and a true minus: "−1,234.50". `decimals` 0
 * to 9. */
const char *page_amount(enum page_language language, int64_t minor, unsigned decimals,
                        char out_text[PAGE_NUMBER_MAX]);
const char *page_count(enum page_language language, uint64_t count, char out_text[PAGE_NUMBER_MAX]);
/* Millionths as per cent, without zeros at the end: "12.5%". */
const char *page_percent(enum page_language language, uint32_t ppm, char out_text[PAGE_NUMBER_MAX]);
/* The period's days: "1–31 October 2026". */
const char *page_period(enum page_language language, struct period period,
                        char out_text[PAGE_NUMBER_MAX]);
/* A template with {1} and {2} filled in; cut when it does not fit. */
void page_fill(const char *template, const char *first, const char *second, char *out,
               size_t capacity);

#endif
