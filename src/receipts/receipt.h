/* Receipts as they come out of a brand's export file: what the import hands to the node.
 *
 * Each data row of the file ends as exactly one of: part of a SALE, part of a RETURN, or rejected
 * with its number and a reason; struct receipts_tally counts them. The consumer may still refuse a
 * delivered receipt (an unknown card, no sale to return): its rows come with it for that.
 *
 * One receipt number can give both a SALE and a RETURN. Lines of one product with both signs are
 * netted first, into the one or the other by what is left; a line that nets to nothing stays in the
 * SALE with quantity and amount 0, so that its rows are accounted for. Where netting would leave a
 * quantity and an amount of opposite signs, the lines stay as they are and the returned ones name
 * this receipt as their original.
 *
 * Quantities, amounts and points of a RETURN are what goes back, as positive numbers.
 *
 * A receipt of more than LIMIT_RECEIPT_LINES lines comes in parts, netted each by itself.
 */
#ifndef RECEIPTS_RECEIPT_H
#define RECEIPTS_RECEIPT_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/decimal.h"
#include "base/ident.h"
#include "base/limits.h"
#include "receipts/mapping.h"

enum receipt_kind {
    RECEIPT_SALE,
    RECEIPT_RETURN
};

/* Texts are UTF-8 and NUL-terminated, "" where the file says nothing. */
struct receipt_line {
    const char *reference; /* the line's own number in the file */
    const char *product;
    const char *category;
    const char *original; /* number of the receipt that is returned, in a RETURN */
    struct decimal quantity;
    struct money amount;
    struct points points;
    uint64_t row; /* the first of the rows that it comes from */
};

/* A row of the file: its number and its text as one CSV record, without a line end. */
struct receipt_row {
    uint64_t number;
    uint64_t line_row; /* `row` of the line that it is part of; its own number when rejected */
    struct slice text;
};

/* Owned by the reader, valid in the callback. */
struct receipt {
    enum receipt_kind kind;
    const char *reference; /* at most LIMIT_REFERENCE_BYTES */
    /* 0, or for what comes of a receipt later (rows past LIMIT_RECEIPT_LINES, repaired rejects) the
     * number of its first row. */
    uint64_t part;
    struct unix_ms time;
    struct civil local; /* the same on the brand's clock */
    const char *store;  /* the brand's own text */
    const char *till;   /* where the first row was rung up, and by whom; "" for none */
    const char *cashier;
    const char *customer;    /* the brand's own number, "" for none */
    struct card_number card; /* digits[0] is 0 for none; of the file or of the mapping's `cards` */
    char currency[4];        /* ISO 4217, "" where not mapped */
    const struct receipt_line *lines;
    size_t line_count; /* 1 to LIMIT_RECEIPT_LINES */
    bool has_amount;   /* false: the file has no price; `total` and the lines' amounts are 0 */
    struct money total;
    bool has_points; /* the file gives points itself */
    struct points points;
    uint32_t promotion;       /* of a SALE: that pays for `points`; 0: none */
    const char *const *codes; /* of a SALE: of coupons that were shown, each once */
    size_t code_count;        /* at most LIMIT_SHOWN_CODES */
    /* Of a RETURN: by what its sale is found; unique: only if there is exactly one. */
    const enum match_key *match;
    unsigned match_count;
    bool is_match_unique;
    const struct receipt_row *rows;
    size_t row_count;
    uint64_t first_row; /* of `rows`; a rejects file may name its rows in any order */
    uint64_t last_row;
};

struct receipts_tally {
    uint64_t rows; /* = rows_sale + rows_return + rows_rejected, once receipts_read is done */
    uint64_t rows_sale;
    uint64_t rows_return;
    uint64_t rows_rejected;
    uint64_t sales;
    uint64_t returns;
};

#endif
