/* One run of `talea books liability`: what it is told, and what it prints. */
#ifndef CLI_BOOKS_LIABILITY_H
#define CLI_BOOKS_LIABILITY_H

#include "accounting/liability.h"
#include "cli/books.h"

struct liability {
    struct cli *cli;
    struct books_terms books;
    struct liability_terms terms;
    bool is_csv;
    int64_t at_ms;   /* 0: the last row */
    int64_t from_ms; /* 0: not asked for */
    struct unix_ms as_of;
    struct books_lots lots;
    bool has_then;
    struct cohorts then;
    struct liability_report report;
    struct deferral_move moved;
    struct note problem;
    enum err err;
};

/* As text, CSV or JSON. */
enum cli_exit liability_print(const struct liability *liability);

#endif
