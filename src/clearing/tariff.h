/* At which prices two brands settle, with fee and tax, and when points are paid for. Values out of
 * the charter.
 *
 * Rates are in millionths (10000 is one per cent). A fee is a part of the points' money and is paid
 * by whose entries they are, on both kinds of them: by the issuer for points given, by the redeemer
 * for points taken; the home, who keeps the account, gets it. The fee on points that are funded at
 * burn is on what is paid for them then.
 */
#ifndef CLEARING_TARIFF_H
#define CLEARING_TARIFF_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/ident.h"
#include "clearing/entry.h"

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

/* When the brand that gave points pays for them. A lot keeps its tariff wherever it goes, so that
 * another tariff changes nothing about what was given before. */
enum tariff_funding {
    FUNDED_AT_ISSUE = 0,   /* to the home, at the issue price, when they are given */
    FUNDED_AT_BURN = 1,    /* to whoever is the home then, at the redemption price, when they are
                              spent;  nothing for points that expire */
    FUNDED_IN_ADVANCE = 2, /* to the home, at the issue price, with a block (clearing/block.h) that
                              earns draw from; what is left at its end is bought back at the
                              redemption price */
    TARIFF_FUNDING_END
};

/* Prices in the settlement currency's minor unit for `per` points. */
struct tariff {
    uint32_t id;
    enum tariff_funding funding;
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
static inline bool tariff_is_prepaid(const struct tariff *tariff)
{
    return tariff->funding == FUNDED_IN_ADVANCE;
}
bool tariff_is_for(const struct tariff *tariff, const struct partner_id *one,
                   const struct partner_id *other);
/* What a pair owes for an applied entry of the kind under this tariff: as entry_kind_debt, but that
 * giving points that are funded at burn owes nothing, and that nothing else is funded later. A
 * promotion's share, and what is given back of it, has the price at which points are funded. Under
 * a tariff that funds points in advance earns, their returns and corrections owe nothing, and under
 * no other one there are blocks. */
struct entry_debt tariff_debt(const struct tariff *tariff, enum entry_kind kind);
/* Who pays a fee for an applied entry of the kind, and on what. */
struct entry_fee {
    int payer;     /* 1: its sender, to the receiver; -1: the other way; 0: there is none */
    bool is_back;  /* it is given back */
    bool is_issue; /* issue_ppm, on the price at which points are funded; else redemption_ppm */
};
struct entry_fee tariff_fee_of(const struct tariff *tariff, enum entry_kind kind);
/* "issue", "burn", "prepaid". */
const char *tariff_funding_name(enum tariff_funding funding);
/* Do both say the same in every field? */
bool tariff_equal(const struct tariff *a, const struct tariff *b);

#endif
