/* What lines of totals come to under their tariffs: the points' money, the fee and the tax.
 *
 * Each amount is rounded once, half to even, to the currency's minor unit: the money of a line, the
 * fee on that money, the tax on each of the two. A minimum fee tops up the fees of a half under one
 * tariff, where it has entries that cost one. Pure functions over values.
 *
 * Who pays for the points, and at which price, is a matter of the entries' kind (clearing/entry.h).
 * The fee is the sender's; on points that are funded at burn it is the issuer's, when they are.
 * A tax is owed with what it is on.
 */
#ifndef SETTLEMENT_PRICE_H
#define SETTLEMENT_PRICE_H

#include "clearing/receipt.h"
#include "clearing/roster.h"

/* Amounts are what the sender of the half owes; negative ones are owed to it. */
struct line_price {
    const struct tariff *tariff; /* NULL: nothing is owed for the line, and all else is zero */
    struct money price;          /* for tariff->per points */
    struct money worth;
    struct money fee;
    struct money worth_tax;
    struct money fee_tax;
};

/* ERR_INPUT for an unknown tariff, ERR_RANGE when the money does not fit. */
MUST_USE enum err price_line(const struct roster *roster, const struct receipt_total *line,
                             struct line_price *out_price);

/* By tax code and rate, what one side of a half is charged beside the points' money; sorted by
 * code, rate and side, none of zeros alone. Amounts are negative where more is given back. */
struct half_charge {
    char tax_code[TAX_CODE_MAX]; /* empty: fees without a tax */
    uint32_t tax_rate_ppm;
    bool is_by_sender;  /* the receiver of the half owes it; else its sender */
    struct money taxed; /* what the tax is on: fees, and points' money where it is taxed */
    struct money fee;
    struct money tax;
};

#define HALF_CHARGES_MAX (2u * LIMIT_TARIFFS)

struct half_price {
    struct money owed; /* by the sender: points' money, fees and taxes */
    size_t charge_count;
    struct half_charge charges[HALF_CHARGES_MAX];
};

/* ERR_INPUT also for totals that are not sorted by kind and tariff, twice the same, negative or of
 * no entry. */
MUST_USE enum err price_half(const struct roster *roster, const struct receipt_total *totals,
                             size_t count, struct half_price *out_price);

/* The lines as if all had come under one tariff: `out_totals` has room for `count`; sorted. Lines
 * without points keep theirs. ERR_RANGE when a sum does not fit. */
MUST_USE enum err totals_under(const struct receipt_total *totals, size_t count, uint32_t tariff,
                               struct receipt_total *out_totals, size_t *out_count);

/* By code, then rate, then side. */
int half_charge_compare(const struct half_charge *a, const struct half_charge *b);
/* By kind, then tariff. */
int receipt_total_compare(const struct receipt_total *a, const struct receipt_total *b);

#endif
