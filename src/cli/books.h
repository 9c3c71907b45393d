/* What the commands over a brand's books share: the file that says how they are kept, the journal
 * they are made of, and how an entry is printed. */
#ifndef CLI_BOOKS_H
#define CLI_BOOKS_H

#include <stdio.h>

#include "accounting/closing.h"
#include "accounting/gifts.h"
#include "cli/session.h"
#include "config/accounting_file.h"
#include "talea/v1/ledger.pb-c.h"

/* ---- How they are kept, and for whom ---- */

struct books_terms {
    struct accounting_file file;
    struct partner_id self;
    const struct units *units;
    uint64_t end_row; /* of the journal: the first one that is not looked at */
    bool has_roster;
    struct roster roster; /* prices; of the last charter */
    struct charter_chain chain;
};

/* Opens the session. --accounts; `with_prices`: also --charter, or the home's. Prints what is
 * wrong; the caller ends it in any case. */
MUST_USE enum cli_exit books_terms_open(struct cli *cli, bool with_prices,
                                        struct books_terms *out_terms);
void books_terms_fini(struct books_terms *terms);
/* Prices, estimates and ages; borrows the roster. With prices only. */
MUST_USE enum err books_terms_liability(const struct books_terms *books,
                                        struct liability_terms *out_terms);

/* ---- Points, a day each ---- */

struct books_points_line {
    enum chart_line line;
    struct partner_id partner; /* empty where the account is nobody's */
    int64_t debit;
    int64_t credit;
};

struct books_day {
    int64_t day; /* since 1970 */
    uint64_t first_row;
    uint64_t last_row;
    struct books_points_line *lines; /* sums of debits and credits are equal */
    size_t count;
    size_t capacity;
};

struct books_days {
    struct books_day *days; /* in order */
    size_t count;
    size_t capacity;
};

/* Adds a row's postings to its day. ERR_UNSUPPORTED for an account that is not known. */
MUST_USE enum err books_days_add(struct books_days *days, const struct chart *chart,
                                 const Talea__V1__Event *event, struct note *note);
void books_days_fini(struct books_days *days);

/* ---- Money ---- */

struct books_money {
    struct cli *cli;
    const struct books_terms *terms;
    struct settling settling;
    struct arena arena; /* of one statement */
};

void books_money_init(struct books_money *money, struct cli *cli, const struct books_terms *terms);
void books_money_fini(struct books_money *money);
/* What a row says of a settlement. */
MUST_USE enum err books_money_add(struct books_money *money, const Talea__V1__Event *event,
                                  struct note *note);
/* When all rows are in: which pairs were netted with the others, which disputes are over. */
MUST_USE enum cli_exit books_money_finish(struct books_money *money);

/* ---- Revenue that waits for points ---- */

/* The members' lots, in layers. */
struct books_lots {
    const char *currency; /* of settlement: sales in another one are left out */
    struct lot_ages ages;
    struct lot_move *moves; /* of the row at hand */
    size_t move_capacity;
    bool has_other_currency; /* there were such sales */
};

void books_lots_init(struct books_lots *lots, const struct books_terms *terms);
void books_lots_fini(struct books_lots *lots);
MUST_USE enum err books_lots_add(struct books_lots *lots, const Talea__V1__Event *event,
                                 struct note *note);

struct books_revenue {
    struct books_lots lots;
    struct liability_terms terms;
    struct closing closing;
};

/* From and to: 0 for no bound. `books` has prices, and outlives it. */
MUST_USE enum err books_revenue_open(struct books_revenue *revenue, const struct books_terms *books,
                                     struct unix_ms from, struct unix_ms to);
void books_revenue_fini(struct books_revenue *revenue);
/* Posts for every month that ends before the row. */
MUST_USE enum err books_revenue_add(struct books_revenue *revenue, const Talea__V1__Event *event,
                                    struct settling *settling, struct note *note);
/* When all rows are in: for the months that have ended since. */
MUST_USE enum err books_revenue_finish(struct books_revenue *revenue, struct unix_ms now,
                                       struct settling *settling, struct note *note);

/* ---- Gift cards ---- */

struct books_gifts {
    struct cli *cli;
    const struct books_terms *terms;
    struct gift_book book;
    bool is_any;
};

/* From and to: 0 for no bound. */
void books_gifts_init(struct books_gifts *gifts, struct cli *cli, const struct books_terms *terms,
                      struct unix_ms from, struct unix_ms to);
void books_gifts_fini(struct books_gifts *gifts);
MUST_USE enum err books_gifts_add(struct books_gifts *gifts, const Talea__V1__Event *event);
/* When all rows are in. In another currency than that of settlement they are left out, which
 * `*out_is_other` says. Prints what is wrong. */
MUST_USE enum cli_exit books_gifts_finish(struct books_gifts *gifts, struct unix_ms now,
                                          struct settling *settling, bool *out_is_other);

/* ---- Printing ---- */

enum books_format {
    BOOKS_HLEDGER,
    BOOKS_LEDGER,
    BOOKS_BEANCOUNT,
    BOOKS_CSV
};

/* ERR_NOT_FOUND for another word than hledger, ledger, beancount, csv. */
MUST_USE enum err books_format_parse(const char *word, enum books_format *out_format);

struct books_style {
    enum books_format format;
    const struct chart *chart;
    const struct units *units;
    bool has_other_currency; /* sales that deferred revenue is without */
    bool has_other_gifts;    /* gift cards are in another currency */
};

struct books_posting {
    size_t account; /* of the chart: those in points and those in money don't mix */
    const char *partner;
    const char *period;
    const char *tax;
    struct exact_money debit;
    struct exact_money credit;
};

/* A transaction of the journal to be. */
struct books_transaction {
    struct civil date;
    char title[CHART_TEXT_MAX];
    const char *event;     /* of money: the template's name; else "points" */
    const char *reference; /* of a payment; empty: none */
    uint64_t first_row;    /* of points */
    uint64_t last_row;
    struct books_posting *postings;
    size_t count;
};

/* The accounts of a journal, each told of at its head, with the day it is first used. */
struct books_accounts {
    void *root;
    bool is_failed;
};

void books_accounts_add(struct books_accounts *accounts, const struct books_style *style,
                        const struct books_transaction *transaction);
void books_accounts_fini(struct books_accounts *accounts);
/* The account's whole name, as the format has it. */
const char *books_account_name(const struct books_style *style, const struct books_posting *posting,
                               char out_name[CHART_TEXT_MAX]);
/* Comments and declarations. */
void books_print_head(FILE *out, const struct books_style *style, struct books_accounts *accounts);
/* Lines whose two sides are equal are left out, but for CSV. Nothing when there is none left. */
void books_print(FILE *out, const struct books_style *style,
                 const struct books_transaction *transaction);
/* "244.3495": at least the decimals of the currency or of points. */
const char *books_amount(const struct books_style *style, size_t account, struct exact_money amount,
                         char out_text[AMOUNT_TEXT_MAX]);

#endif
