/* Entries of the books' money side, as plain values, and a list of them. */
#ifndef ACCOUNTING_ENTRY_H
#define ACCOUNTING_ENTRY_H

#include "accounting/templates.h"
#include "base/period.h"
#include "base/ident.h"
#include "clearing/tariff.h"
#include "settlement/obligation.h"

#define MICRO_PER_MINOR 1000000

/* An amount that need not be whole: minor units, and millionths of one of the same sign. */
struct exact_money {
    int64_t minor;
    int32_t micro;
};

/* points * price / per, to the millionth of a minor unit, towards zero. ERR_INPUT when per is not
 * above zero, ERR_RANGE on overflow. `points` and `price` are not negative. */
MUST_USE enum err exact_worth(int64_t points, int64_t price, int64_t per,
                              struct exact_money *out_worth);
struct exact_money exact_of(int64_t minor);
/* Of amounts whose signs may differ. ERR_RANGE. */
MUST_USE enum err exact_sub(struct exact_money a, struct exact_money b, struct exact_money *out);
struct exact_money exact_negated(struct exact_money amount);
bool exact_is_zero(struct exact_money amount);

struct book_line {
    size_t account;            /* of the chart */
    struct exact_money amount; /* debit; negative: credit */
};

#define BOOK_LINES_MAX 3u

struct book_entry {
    struct unix_ms at;
    size_t order; /* in the list it was added to */
    enum posting_event event;
    bool is_disputed; /* of points that wait, or wait no longer */
    struct partner_id partner;
    struct period period;
    char tax[TAX_CODE_MAX];
    char reference[PAYMENT_REFERENCE_MAX];
    size_t line_count;
    struct book_line lines[BOOK_LINES_MAX]; /* they add up to zero */
};

struct book_list {
    struct book_entry *rows;
    size_t count;
    size_t capacity;
};

/* ERR_RESOURCE. */
MUST_USE enum err book_list_add(struct book_list *list, const struct book_entry *entry);
/* By time; what is of one time keeps its order. */
void book_list_sort(struct book_list *list);
void book_list_fini(struct book_list *list);

#endif
