/* What an invoice has: the lines that an agreed statement comes to, and the page of them. */
#ifndef CLI_INVOICE_H
#define CLI_INVOICE_H

#include "charter/charter.h"
#include "cli/page_text.h"
#include "settlement/obligation.h"

enum invoice_line_kind {
    INVOICE_POINTS, /* a line of totals */
    INVOICE_FEE,
    INVOICE_TAX,
    INVOICE_LINE_KINDS
};

struct invoice_line {
    enum invoice_line_kind kind;
    const struct statement_half *half;
    const struct receipt_total *total; /* of points */
    struct money price;                /* of points, for `per` of them */
    struct points per;
    const struct half_charge *charge; /* of a fee or a tax */
    struct money amount;              /* what the debtor owes for it; negative: a credit */
};

struct invoice {
    const struct charter *charter;
    const struct pair_statement *statement;
    struct obligation_terms terms;
    struct invoice_line *lines; /* by half; points, then fees and taxes by code */
    size_t line_count;
};

/* Lines are in the arena; the rest is borrowed. ERR_RESOURCE; ERR_CORRUPT when they do not add up
 * to the statement's net; what price_line says. */
MUST_USE enum err invoice_make(const struct charter *charter,
                               const struct pair_statement *statement, struct arena *arena,
                               struct invoice *out_invoice, struct note *note);
/* Appends the page, as statement_page does. */
MUST_USE enum err invoice_page(const struct invoice *invoice, enum page_language language,
                               struct buffer *out);

#endif
