#include "cli/tariff_terms.h"

#include "base/text.h"

static enum err power_of_ten(unsigned exponent, int64_t *out_power)
{
    int64_t power = 1;
    for (unsigned i = 0; i < exponent; i++) {
        TRY(int64_mul_div(power, 10, 1, ROUNDING_DOWN, &power));
    }
    *out_power = power;
    return ERR_OK;
}

enum err tariff_of_terms(const struct coalition_file *file, const struct coalition_tariff *tariff,
                         struct charter_tariff *out)
{
    unsigned scale = tariff->issue_price.scale;
    if (tariff->redemption_price.scale > scale) {
        scale = tariff->redemption_price.scale;
    }
    unsigned more = scale > file->settlement_decimals ? scale - file->settlement_decimals : 0;
    unsigned decimals = file->settlement_decimals + more;
    struct tariff prices = {
        .id = tariff->id,
        .funding = tariff->funding,
        .fee = {tariff->issue_fee_ppm, tariff->redemption_fee_ppm, {tariff->minimum_fee_minor}},
        .tax = {.rate_ppm = tariff->tax_ppm, .is_on_points = tariff->is_tax_on_points},
        .pair = {tariff->pair[0], tariff->pair[1]},
        .valid_from = tariff->valid_from};
    TRY(power_of_ten(file->points_decimals + more, &prices.per.minor));
    TRY(decimal_to_minor_exact(tariff->issue_price, decimals, &prices.issue_price.minor));
    TRY(decimal_to_minor_exact(tariff->redemption_price, decimals, &prices.redemption_price.minor));
    TRY(text_copy(prices.tax.code, sizeof prices.tax.code, tariff->tax_code));
    *out = (struct charter_tariff){prices, tariff->name};
    return ERR_OK;
}

void promotion_of_terms(const struct coalition_promotion *terms, struct charter_promotion *out)
{
    *out = (struct charter_promotion){.promotion = {.id = terms->id,
                                                    .shop = terms->shop,
                                                    .valid_from = terms->valid_from,
                                                    .valid_until = terms->valid_until,
                                                    .budget = {terms->budget},
                                                    .per_purchase = {terms->per_purchase},
                                                    .part_count = terms->part_count},
                                      .name = terms->name};
    for (size_t i = 0; i < terms->part_count; i++) {
        out->promotion.parts[i] =
            (struct promotion_part){terms->parts[i].partner, terms->parts[i].share};
    }
}
