/* What a programme judges: a basket, or an event that is not a purchase.
 *
 * Plain values; all texts and lines are borrowed. Thread rule: any thread.
 */
#ifndef PROGRAMME_OCCASION_H
#define PROGRAMME_OCCASION_H

#include "base/amount.h"
#include "base/bytes.h"
#include "base/calendar.h"
#include "programme/standing.h"

#define QUANTITY_DECIMALS 3 /* of quantity_milli */

enum occasion_kind {
    OCCASION_SALE,
    OCCASION_EVENT,
    OCCASION_KIND_COUNT
};

/* Texts are empty where the till doesn't say them; an empty text is in no set of goods. */
struct basket_line {
    struct slice product;
    struct slice category;
    struct slice brand;
    int64_t quantity_milli; /* 1500 is one and a half; 0 or more */
    struct money amount;    /* what the line costs before discounts of the programme; 0 or more */
};

/* What is known of the member besides the standing; zeroes and empty texts are what is not. */
struct shopper {
    struct slice key;          /* any text that nobody else has */
    struct slice referrer;     /* the key of who brought the member */
    unsigned birth_month;      /* 1 to 12 */
    unsigned birth_day;        /* a day that this month has in some year */
    int64_t enrolled_day;      /* since 1970-01-01, on the brand's clock */
    const struct slice *lists; /* by name, the static ones that the member is on */
    size_t list_count;         /* at most LIMIT_SHOPPER_LISTS */
    struct points balance;     /* that can be spent; 0 or more */
};

/* A coupon's code that was shown, and what is remembered of it. */
struct shown_code {
    struct slice text;
    struct standing standing; /* as standing_check says */
};

struct occasion {
    enum occasion_kind kind;
    struct slice event; /* its name, of OCCASION_EVENT; else empty */
    /* The brand's own clock, written as if it were UTC: what the programme's dates, weekdays and
     * hours are compared with. */
    struct unix_ms local;
    struct slice store;
    struct slice channel;
    const struct basket_line *lines; /* of OCCASION_SALE */
    size_t line_count;               /* at most LIMIT_RECEIPT_LINES */
    struct money paid_in_points;     /* of the basket, the money that points pay; 0 or more */
    struct shopper shopper;
    const struct shown_code *codes;
    size_t code_count;         /* at most LIMIT_SHOWN_CODES, none twice */
    struct standing programme; /* what is remembered of all members together */
};

/* 0 is Monday (ISO 8601). */
unsigned occasion_weekday(const struct occasion *occasion);
/* 0 to 1439. */
unsigned occasion_minute(const struct occasion *occasion);
/* Days since 1970-01-01 on the brand's clock. */
int64_t occasion_day(const struct occasion *occasion);
/* Did somebody else bring the member? */
bool occasion_is_referred(const struct occasion *occasion);
/* ERR_INPUT for a negative number, a birthday that there is not, too many lines, lists or codes, or
 * a code twice, ERR_RANGE when the lines' sum does not fit, or is less than what points pay. The
 * sum of the lines. */
MUST_USE enum err occasion_check(const struct occasion *occasion, struct money *out_total,
                                 struct note *note);

#endif
