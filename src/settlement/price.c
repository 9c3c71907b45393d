#include "settlement/price.h"

#include <string.h>

int receipt_total_compare(const struct receipt_total *a, const struct receipt_total *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return a->tariff == b->tariff ? 0 : a->tariff < b->tariff ? -1 : 1;
}

int half_charge_compare(const struct half_charge *a, const struct half_charge *b)
{
    int order = strcmp(a->tax_code, b->tax_code);
    if (order != 0) {
        return order;
    }
    if (a->tax_rate_ppm != b->tax_rate_ppm) {
        return a->tax_rate_ppm < b->tax_rate_ppm ? -1 : 1;
    }
    return (int)a->is_by_sender - (int)b->is_by_sender;
}

/* A part of an amount, rounded half to even. */
static enum err part_of(struct money amount, uint32_t rate_ppm, struct money *out_part)
{
    return int64_mul_div(amount.minor, rate_ppm, RATE_WHOLE, ROUNDING_HALF_EVEN, &out_part->minor);
}

/* What a kind of entry costs its sender. A return gives it back; what moves or is put right costs
 * nothing, and neither does what is left of a block. */
static uint32_t fee_rate(const struct tariff *tariff, enum entry_kind kind)
{
    bool is_burnt = tariff->funding == FUNDED_AT_BURN && entry_kind_is_funding(kind);
    bool is_issue =
        kind == ENTRY_EARN || kind == ENTRY_EARN_RETURN || kind == ENTRY_BLOCK_BOUGHT || is_burnt;
    bool is_redemption = kind == ENTRY_CAPTURE || kind == ENTRY_BURN_RETURN;
    return is_issue ? tariff->fee.issue_ppm : is_redemption ? tariff->fee.redemption_ppm : 0;
}

/* Is the fee owed to the sender? A return gives it back; for funding it is the issuer's, who
 * receives the entry. */
static bool takes_fee(enum entry_kind kind)
{
    return kind == ENTRY_EARN_RETURN || kind == ENTRY_BURN_RETURN || kind == ENTRY_FUNDING ||
           kind == ENTRY_PROMOTION;
}

static enum err price_worth(const struct receipt_total *line, struct entry_debt debt,
                            struct line_price *price, struct money *out_amount)
{
    const struct tariff *tariff = price->tariff;
    price->price = debt.is_redemption ? tariff->redemption_price : tariff->issue_price;
    TRY(int64_mul_div(line->points, price->price.minor, tariff->per.minor, ROUNDING_HALF_EVEN,
                      &out_amount->minor));
    price->worth = *out_amount;
    return debt.sign < 0 ? money_sub(money_of(0), *out_amount, &price->worth) : ERR_OK;
}

enum err price_line(const struct roster *roster, const struct receipt_total *line,
                    struct line_price *out_price)
{
    const struct line_price none = {.tariff = NULL};
    struct line_price price = {.tariff = roster_tariff(roster, line->tariff)};
    struct money amount;
    if (entry_kind_debt(line->kind).sign == 0) {
        *out_price = none;
        return ERR_OK;
    }
    if (price.tariff == NULL) {
        return ERR_INPUT;
    }
    struct entry_debt debt = tariff_debt(price.tariff, line->kind);
    if (debt.sign == 0) {
        *out_price = none;
        return ERR_OK;
    }
    const struct tariff_tax *tax = &price.tariff->tax;
    TRY(price_worth(line, debt, &price, &amount));
    TRY(part_of(amount, fee_rate(price.tariff, line->kind), &price.fee));
    if (takes_fee(line->kind)) {
        TRY(money_sub(money_of(0), price.fee, &price.fee));
    }
    TRY(part_of(price.worth, tax->is_on_points ? tax->rate_ppm : 0, &price.worth_tax));
    TRY(part_of(price.fee, tax->rate_ppm, &price.fee_tax));
    *out_price = price;
    return ERR_OK;
}

/* ---- A half ---- */

/* The charges of one tariff, as they add up. */
struct tariff_sums {
    const struct tariff *tariff; /* NULL: the place is free */
    bool costs_fee;              /* an entry under it is of a kind that does */
    struct half_charge by_receiver;
    struct half_charge by_sender;
};

static enum err charge_add(struct half_charge *charge, struct money taxed, struct money fee,
                           struct money tax)
{
    TRY(money_add(charge->taxed, taxed, &charge->taxed));
    TRY(money_add(charge->fee, fee, &charge->fee));
    return money_add(charge->tax, tax, &charge->tax);
}

/* The fee's taxed part is the fee where there is a tax at all. */
static enum err charge_fee(struct half_charge *charge, const struct tariff *tariff,
                           struct money fee, struct money tax)
{
    return charge_add(charge, tariff->tax.code[0] == '\0' ? money_of(0) : fee, fee, tax);
}

static struct tariff_sums *sums_of(struct tariff_sums *sums, const struct tariff *tariff)
{
    size_t i = 0;
    while (sums[i].tariff != NULL && sums[i].tariff != tariff) {
        i++;
    }
    if (sums[i].tariff == NULL) {
        struct half_charge charge = {.tax_rate_ppm = tariff->tax.rate_ppm};
        memcpy(charge.tax_code, tariff->tax.code, sizeof charge.tax_code);
        sums[i] =
            (struct tariff_sums){.tariff = tariff, .by_receiver = charge, .by_sender = charge};
        sums[i].by_sender.is_by_sender = true;
    }
    return &sums[i];
}

/* What is owed by the receiver is charged by the sender, the other way around. A return takes from
 * what the entry it returns has charged, and so does a block's end. */
static enum err sums_add(struct tariff_sums *sums, enum entry_kind kind,
                         const struct line_price *price)
{
    const struct tariff *tariff = price->tariff;
    bool is_received = (tariff_debt(tariff, kind).is_redemption && kind != ENTRY_BLOCK_ENDED) ||
                       entry_kind_is_funding(kind);
    struct half_charge *side = is_received ? &sums->by_sender : &sums->by_receiver;
    struct money taxed = tariff->tax.is_on_points ? price->worth : money_of(0);
    struct money tax = price->worth_tax;
    if (is_received) {
        TRY(money_sub(money_of(0), taxed, &taxed));
        TRY(money_sub(money_of(0), tax, &tax));
    }
    TRY(charge_add(side, taxed, money_of(0), tax));
    if (entry_kind_is_funding(kind)) { /* with what is paid, by the same side */
        struct money fee;
        TRY(money_sub(money_of(0), price->fee, &fee));
        TRY(money_sub(money_of(0), price->fee_tax, &tax));
        return charge_fee(side, tariff, fee, tax);
    }
    sums->costs_fee = sums->costs_fee || fee_rate(tariff, kind) > 0;
    return charge_fee(&sums->by_receiver, tariff, price->fee, price->fee_tax);
}

static enum err top_up(struct tariff_sums *sums)
{
    const struct tariff *tariff = sums->tariff;
    struct money lack;
    struct money tax;
    TRY(money_sub(tariff->fee.minimum, sums->by_receiver.fee, &lack));
    if (!sums->costs_fee || tariff->fee.minimum.minor == 0 || lack.minor <= 0) {
        return ERR_OK;
    }
    TRY(part_of(lack, tariff->tax.rate_ppm, &tax));
    return charge_fee(&sums->by_receiver, tariff, lack, tax);
}

/* Into its place among those of the same code, rate and side. */
static enum err merge_charge(struct half_price *price, const struct half_charge *charge)
{
    size_t place = 0;
    while (place < price->charge_count && half_charge_compare(&price->charges[place], charge) < 0) {
        place++;
    }
    struct half_charge *at = &price->charges[place];
    if (place < price->charge_count && half_charge_compare(at, charge) == 0) {
        return charge_add(at, charge->taxed, charge->fee, charge->tax);
    }
    ASSERT(price->charge_count < HALF_CHARGES_MAX);
    memmove(at + 1, at, (price->charge_count - place) * sizeof *at);
    *at = *charge;
    price->charge_count++;
    return ERR_OK;
}

static enum err owe_charges(struct half_price *price)
{
    size_t kept = 0;
    for (size_t i = 0; i < price->charge_count; i++) {
        const struct half_charge charge = price->charges[i];
        struct money sum;
        TRY(money_add(charge.fee, charge.tax, &sum));
        TRY(charge.is_by_sender ? money_sub(price->owed, sum, &price->owed)
                                : money_add(price->owed, sum, &price->owed));
        if (charge.taxed.minor != 0 || charge.fee.minor != 0 || charge.tax.minor != 0) {
            price->charges[kept++] = charge;
        }
    }
    price->charge_count = kept;
    return ERR_OK;
}

static enum err add_sums(struct half_price *price, struct tariff_sums *sums)
{
    for (size_t i = 0; i < LIMIT_TARIFFS && sums[i].tariff != NULL; i++) {
        TRY(top_up(&sums[i]));
        TRY(merge_charge(price, &sums[i].by_receiver));
        TRY(merge_charge(price, &sums[i].by_sender));
    }
    return owe_charges(price);
}

static bool line_is_sound(const struct receipt_total *line)
{
    return entry_kind_is_known(line->kind) && line->count > 0 && line->points >= 0;
}

enum err price_half(const struct roster *roster, const struct receipt_total *totals, size_t count,
                    struct half_price *out_price)
{
    struct tariff_sums sums[LIMIT_TARIFFS + 1] = {{.tariff = NULL}}; /* the last stays free */
    struct half_price price = {.charge_count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct receipt_total *line = &totals[i];
        struct line_price one;
        if (!line_is_sound(line) || (i > 0 && receipt_total_compare(line - 1, line) >= 0)) {
            return ERR_INPUT;
        }
        TRY(price_line(roster, line, &one));
        TRY(money_add(price.owed, one.worth, &price.owed));
        if (one.tariff != NULL) {
            TRY(sums_add(sums_of(sums, one.tariff), line->kind, &one));
        }
    }
    TRY(add_sums(&price, sums));
    *out_price = price;
    return ERR_OK;
}

/* They come sorted by kind: what falls together is beside each other. */
enum err totals_under(const struct receipt_total *totals, size_t count, uint32_t tariff,
                      struct receipt_total *out_totals, size_t *out_count)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        struct receipt_total line = totals[i];
        line.tariff = entry_kind_debt(line.kind).sign == 0 ? line.tariff : tariff;
        struct receipt_total *last = made == 0 ? NULL : &out_totals[made - 1];
        if (last != NULL && receipt_total_compare(last, &line) == 0) {
            last->count += line.count;
            TRY(int64_add(last->points, line.points, &last->points));
        } else {
            out_totals[made++] = line;
        }
    }
    *out_count = made;
    return ERR_OK;
}
