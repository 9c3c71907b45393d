/* The accounts of an accountant's books: the ledger's own, in points, and those of what is owed and
 * paid, in money. Each has a key, by which templates and the CSV name it, a type, and a name in
 * which `{partner}`, `{period}` and `{tax}` become what the posting is about.
 */
#ifndef ACCOUNTING_CHART_H
#define ACCOUNTING_CHART_H

#include "base/bytes.h"

#define CHART_NAME_MAX 192 /* bytes, with the final NUL */
#define CHART_KEY_MAX  32
#define CHART_OWN_MAX  64 /* accounts that a file adds */

enum chart_type {
    CHART_ASSET,
    CHART_LIABILITY,
    CHART_EQUITY,
    CHART_INCOME,
    CHART_EXPENSE,
    CHART_TYPE_COUNT
};

/* "asset" and so on; for the books' root, "Assets" and so on. */
const char *chart_type_name(enum chart_type type);
const char *chart_type_root(enum chart_type type);

enum chart_line {
    /* In points: the ledger's. */
    CHART_AVAILABLE,
    CHART_PENDING,
    CHART_HELD,
    CHART_DEBT,
    CHART_RECEIVABLE,
    CHART_PAYABLE,
    CHART_SUSPENSE,
    CHART_ISSUED,
    CHART_REDEEMED,
    CHART_BREAKAGE,
    CHART_ADJUSTMENT,
    /* In money: with a partner, for a period. */
    CHART_MONEY_RECEIVABLE,
    CHART_MONEY_PAYABLE,
    CHART_MONEY_DISPUTED, /* the worth of points that wait for a dispute's end */
    CHART_NETTING,        /* nets of pairs that are paid together */
    CHART_IN_TRANSIT,     /* ordered, and not seen at the bank */
    CHART_BANK,
    CHART_OVERPAID_BY, /* what a partner paid too much */
    CHART_OVERPAID_TO,
    /* In money: what it was for. */
    CHART_POINTS_GIVEN,     /* to other brands' members, at the issue price */
    CHART_POINTS_TAKEN,     /* from other brands' members, at the redemption price */
    CHART_POINTS_FUNDED,    /* to own members by others, less what others took from them */
    CHART_POINTS_CORRECTED, /* what disputes came to */
    CHART_POINTS_PREPAID,   /* in blocks that were bought, at their price */
    CHART_POINTS_SOLD,      /* in blocks that were sold and not drawn from */
    CHART_POINTS_LAPSED,    /* what was left of blocks that were bought, and paid for in vain */
    CHART_POINTS_BREAKAGE,  /* the same of blocks that were sold */
    CHART_FEES_PAID,
    CHART_FEES_EARNED,
    CHART_TAX_PAID,
    CHART_TAX_CHARGED,
    CHART_ROUNDING, /* the remainder between points times price and what is owed */
    CHART_OTHER,
    /* In money: revenue that belongs to points. */
    CHART_DEFERRED_REVENUE,   /* the liability: what is not earned yet */
    CHART_SALES_DEFERRED,     /* the part of own sales that went there */
    CHART_POINTS_RECOGNISED,  /* what came from there, as points are redeemed */
    CHART_BREAKAGE_ESTIMATED, /* the same, as more or fewer are expected to be */
    /* In money: gift cards. */
    CHART_GIFT_CARDS,    /* the liability: what is on those that are not over */
    CHART_GIFT_TILLS,    /* what tills took for them, less what they took them for */
    CHART_GIFT_GIVEN,    /* what was given away on them */
    CHART_GIFT_BREAKAGE, /* what was left on those that are over */
    CHART_LINES
};

#define CHART_MONEY_FIRST CHART_MONEY_RECEIVABLE

struct chart_account {
    char key[CHART_KEY_MAX];
    enum chart_type type;
    char name[CHART_NAME_MAX];
};

/* First the lines, in their order, then what a file added. */
struct chart {
    size_t count;
    struct chart_account accounts[CHART_LINES + CHART_OWN_MAX];
};

void chart_default(struct chart *out_chart);
/* ERR_NOT_FOUND for a key that is none. */
MUST_USE enum err chart_find(const struct chart *chart, const char *key, size_t *out_account);
/* Parts of letters (of any script), digits, "-", "_", "." and spaces, each beginning with a letter
 * or a digit, parted by single colons; and the names in braces from above. */
bool chart_name_is_sound(const char *text);
/* A key: [a-z0-9_], first a letter. */
bool chart_key_is_sound(const char *text);

/* What stands for the names in braces. Empty where it does not apply. */
struct chart_place {
    const char *partner;
    const char *period;
    const char *tax;
};

#define CHART_TEXT_MAX 320

/* The name with everything in its place: cut at CHART_TEXT_MAX. What is left empty leaves no empty
 * part behind. */
const char *chart_name_in(const char *name, const struct chart_place *place,
                          char out_text[CHART_TEXT_MAX]);

#endif
