/* A day's postings as an entry of an accountant's journal. */
#ifndef CLI_BOOKS_H
#define CLI_BOOKS_H

#include <stdio.h>

#include "base/calendar.h"
#include "base/ident.h"
#include "config/chart_file.h"

enum books_format {
    BOOKS_HLEDGER, /* also what Ledger reads */
    BOOKS_BEANCOUNT,
    BOOKS_CSV
};

/* ERR_NOT_FOUND for another word than hledger, ledger, beancount, csv. */
MUST_USE enum err books_format_parse(const char *word, enum books_format *out_format);

/* One account over one day, in minor units. */
struct books_line {
    enum chart_line line;
    struct partner_id partner; /* empty where the account is nobody's */
    int64_t debit;
    int64_t credit;
};

struct books_day {
    struct civil date;
    uint64_t first_row; /* of the journal */
    uint64_t last_row;
    const struct books_line *lines; /* sums of debits and credits are equal */
    size_t count;
};

struct books_style {
    enum books_format format;
    const struct chart *chart;
    const char *points_name;
    unsigned points_decimals;
};

/* What stands before the first day. */
void books_print_head(FILE *out, const struct books_style *style);
/* An account that appears for the first time, on its day; Beancount wants to be told. */
void books_print_opening(FILE *out, const struct books_style *style, struct civil date,
                         const struct books_line *line);
/* Lines whose two sides are equal are left out. Nothing when there is none left. */
void books_print_day(FILE *out, const struct books_style *style, const struct books_day *day);

#endif
