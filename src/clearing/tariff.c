#include "clearing/tariff.h"

#include <string.h>

static enum err wrong(const struct tariff *tariff, const char *what, struct note *note)
{
    return note_set(note, ERR_INPUT, "tariff %u%s", tariff->id, what);
}

static enum err check_fee(const struct tariff *tariff, struct note *note)
{
    if (tariff->fee.issue_ppm > RATE_WHOLE) {
        return wrong(tariff, ": issue_fee is more than all", note);
    }
    if (tariff->fee.redemption_ppm > RATE_WHOLE) {
        return wrong(tariff, ": redemption_fee is more than all", note);
    }
    if (tariff->fee.minimum.minor < 0) {
        return wrong(tariff, ": minimum_fee is below zero", note);
    }
    bool has_fee = tariff->fee.issue_ppm > 0 || tariff->fee.redemption_ppm > 0;
    return tariff->fee.minimum.minor > 0 && !has_fee
               ? wrong(tariff, ": minimum_fee is there without a fee", note)
               : ERR_OK;
}

static enum err check_tax(const struct tariff *tariff, struct note *note)
{
    const struct tariff_tax *tax = &tariff->tax;
    size_t length = strnlen(tax->code, TAX_CODE_MAX);
    for (size_t i = 0; i < length; i++) {
        char c = tax->code[i];
        bool is_good = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c == '-' && i > 0);
        if (!is_good) {
            return wrong(tariff, ": tax_code is not made of capital letters, digits and \"-\"",
                         note);
        }
    }
    if (length == TAX_CODE_MAX) {
        return wrong(tariff, ": tax_code is too long", note);
    }
    if (tax->rate_ppm > RATE_WHOLE) {
        return wrong(tariff, ": tax_rate is more than all", note);
    }
    return length == 0 && (tax->rate_ppm > 0 || tax->is_on_points)
               ? wrong(tariff, ": tax_rate is there without a tax_code", note)
               : ERR_OK;
}

enum err tariff_check(const struct tariff *tariff, struct note *note)
{
    if (tariff->issue_price.minor < 0 || tariff->redemption_price.minor < 0) {
        return wrong(tariff, " has a price below zero", note);
    }
    if (tariff->per.minor <= 0) {
        return wrong(tariff, ": its prices are for no points", note);
    }
    if ((unsigned)tariff->funding >= TARIFF_FUNDING_END) {
        return wrong(tariff, ": funding is neither at issue, nor at burn, nor prepaid", note);
    }
    if (tariff->valid_from.ms < 0) {
        return wrong(tariff, ": valid_from is below zero", note);
    }
    bool has_pair = tariff->pair[0].text[0] != '\0' || tariff->pair[1].text[0] != '\0';
    if (has_pair && (tariff->pair[0].text[0] == '\0' ||
                     partner_id_compare(&tariff->pair[0], &tariff->pair[1]) >= 0)) {
        return wrong(tariff, ": partners are not two, in the order of their ids", note);
    }
    if (tariff_is_prepaid(tariff) && tariff->redemption_price.minor > tariff->issue_price.minor) {
        return wrong(tariff, ": points are bought back for more than they were sold for", note);
    }
    TRY(check_fee(tariff, note));
    return check_tax(tariff, note);
}

bool tariff_is_for(const struct tariff *tariff, const struct partner_id *one,
                   const struct partner_id *other)
{
    const struct partner_id *pair = tariff->pair;
    return tariff_is_for_all(tariff) ||
           (partner_id_equal(&pair[0], one) && partner_id_equal(&pair[1], other)) ||
           (partner_id_equal(&pair[0], other) && partner_id_equal(&pair[1], one));
}

struct entry_debt tariff_debt(const struct tariff *tariff, enum entry_kind kind)
{
    struct entry_debt debt = entry_kind_debt(kind);
    bool is_at_burn = tariff->funding == FUNDED_AT_BURN;
    bool is_of_block = kind == ENTRY_BLOCK_BOUGHT || kind == ENTRY_BLOCK_ENDED;
    bool is_of_earns = kind == ENTRY_EARN || kind == ENTRY_EARN_RETURN || kind == ENTRY_ADJUSTMENT;
    if (tariff_is_prepaid(tariff) ? is_of_earns : is_of_block) {
        return (struct entry_debt){0, false};
    }
    if (entry_kind_is_promotion(kind) || kind == ENTRY_FUNDING_RETURN) {
        debt.is_redemption = is_at_burn;
    } else if (is_at_burn ? debt.sign != 0 && !debt.is_redemption : kind == ENTRY_FUNDING) {
        debt = (struct entry_debt){0, false};
    }
    return debt;
}

struct entry_fee tariff_fee_of(const struct tariff *tariff, enum entry_kind kind)
{
    bool is_at_burn = tariff->funding == FUNDED_AT_BURN;
    struct entry_fee fee = {0, false, true};
    switch ((int)kind) {
    case ENTRY_EARN:
    case ENTRY_EARN_RETURN:
        fee.payer = is_at_burn || tariff_is_prepaid(tariff) ? 0 : 1;
        break;
    case ENTRY_BLOCK_BOUGHT: /* it is not given back with what is left */
        fee.payer = tariff_is_prepaid(tariff) ? 1 : 0;
        break;
    case ENTRY_CAPTURE:
    case ENTRY_BURN_RETURN:
        fee.payer = 1;
        fee.is_issue = false;
        break;
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
        fee.payer = is_at_burn ? -1 : 0;
        break;
    default:
        break;
    }
    fee.is_back = kind == ENTRY_EARN_RETURN || kind == ENTRY_BURN_RETURN ||
                  kind == ENTRY_FUNDING_RETURN || kind == ENTRY_PROMOTION_RETURN;
    uint32_t rate = fee.is_issue ? tariff->fee.issue_ppm : tariff->fee.redemption_ppm;
    fee.payer = rate == 0 ? 0 : fee.payer;
    return fee;
}

const char *tariff_funding_name(enum tariff_funding funding)
{
    return funding == FUNDED_AT_BURN ? "burn" : funding == FUNDED_IN_ADVANCE ? "prepaid" : "issue";
}

bool tariff_equal(const struct tariff *a, const struct tariff *b)
{
    return a->id == b->id && a->funding == b->funding &&
           a->issue_price.minor == b->issue_price.minor &&
           a->redemption_price.minor == b->redemption_price.minor && a->per.minor == b->per.minor &&
           a->fee.issue_ppm == b->fee.issue_ppm && a->fee.redemption_ppm == b->fee.redemption_ppm &&
           a->fee.minimum.minor == b->fee.minimum.minor && strcmp(a->tax.code, b->tax.code) == 0 &&
           a->tax.rate_ppm == b->tax.rate_ppm && a->tax.is_on_points == b->tax.is_on_points &&
           partner_id_equal(&a->pair[0], &b->pair[0]) &&
           partner_id_equal(&a->pair[1], &b->pair[1]) && a->valid_from.ms == b->valid_from.ms;
}
