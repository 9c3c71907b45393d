/* At which prices two brands settle, with fee and tax. Values out of the charter.
 *
 * Rates are in millionths (10000 is one per cent). A fee is a part of the points' money and is paid
 * by whose entries they are, on both kinds of them: by the issuer for points given, by the redeemer
 * for points taken; the home, who keeps the account, gets it.
 */
#ifndef CLEARING_TARIFF_H
#define CLEARING_TARIFF_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/ident.h"

#define RATE_WHOLE   1000000u /* all of it */
#define TAX_CODE_MAX 16       /* bytes, with the final NUL */

struct tariff_fee {
    uint32_t issue_ppm;
    uint32_t redemption_ppm;
    struct money minimum; /* for a period in which a brand sent entries that cost a fee; 0: none */
};

struct tariff_tax {
    char code[TAX_CODE_MAX]; /* capital letters, digits, '-'; empty: there is no tax */
    uint32_t rate_ppm;
    bool is_on_points; /* the points' money is taxed as well as the fee */
};

/* Prices in the settlement currency's minor unit for `per` points. */
struct tariff {
    uint32_t id;
    struct money issue_price;      /* issuer pays the home */
    struct money redemption_price; /* home pays the redeemer */
    struct points per;
    struct tariff_fee fee;
    struct tariff_tax tax;
    struct partner_id pair[2]; /* whom it is for, sorted; empty: everybody */
    struct unix_ms valid_from; /* of business time; 0: from the beginning */
};

/* Each by itself. On ERR_INPUT the note names tariff and field. */
MUST_USE enum err tariff_check(const struct tariff *tariff, struct note *note);
static inline bool tariff_is_for_all(const struct tariff *tariff)
{
    return tariff->pair[0].text[0] == '\0';
}
bool tariff_is_for(const struct tariff *tariff, const struct partner_id *one,
                   const struct partner_id *other);
/* Do both say the same in every field? */
bool tariff_equal(const struct tariff *a, const struct tariff *b);

#endif
