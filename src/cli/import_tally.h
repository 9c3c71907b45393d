/* What became of the rows of an import: counted as the answers come, printed at the end. */
#ifndef CLI_IMPORT_TALLY_H
#define CLI_IMPORT_TALLY_H

#include "cli/cli.h"

#define TALLY_HOMES_MAX   LIMIT_PARTNERS
#define TALLY_REASONS_MAX 64u /* the rest is counted together */
#define TALLY_REASON_MAX  96u

struct tally_home {
    char home[PARTNER_ID_MAX];
    uint64_t receipts;
    int64_t given_points;
    int64_t taken_points;
};

struct tally_reason {
    char reason[TALLY_REASON_MAX];
    uint64_t rows;
};

struct import_tally {
    uint64_t rows_imported;
    uint64_t rows_returned;
    uint64_t rows_rejected;
    uint64_t sales;
    uint64_t returns;
    uint64_t codes_taken; /* of coupons */
    uint64_t codes_left;  /* that no rule took */
    uint64_t repeats;     /* of both: had gone in before */
    int64_t given_points;
    int64_t taken_points;
    bool is_overflown; /* points beyond 64 bits */
    struct tally_home homes[TALLY_HOMES_MAX];
    size_t home_count;
    struct tally_reason reasons[TALLY_REASONS_MAX];
    size_t reason_count;
};

/* Reasons that differ in numbers and quoted texts only count as one. */
void tally_reject(struct import_tally *tally, const char *reason, uint64_t rows);
/* A receipt that went in; `points` were given by a sale or taken by a return. */
void tally_receipt(struct import_tally *tally, bool is_return, bool is_repeat, const char *home,
                   int64_t points);

/* Homes by name, reasons by how many rows they have. */
enum cli_exit tally_print(struct import_tally *tally, struct cli *cli, const struct units *units);

#endif
