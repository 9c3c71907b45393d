/* Why something was signed: a registry of fixed numbers, part of the signed bytes.
 *
 * A number is never used again for another purpose, also when its purpose is gone.
 */
#ifndef CRYPTO_PURPOSE_H
#define CRYPTO_PURPOSE_H

#include <stdint.h>

#include "base/error.h"

enum purpose {
    PURPOSE_ONLINE_KEY = 1,             /* a root key signs a dated online key */
    PURPOSE_CHARTER = 2,                /* a root key signs a charter's epoch */
    PURPOSE_JOURNAL_HEAD = 3,           /* a node signs the head of its journal */
    PURPOSE_CLEARING_BATCH = 4,         /* the sender signs a batch's head */
    PURPOSE_CLEARING_RECEIPT = 5,       /* the receiver signs its cumulative answer */
    PURPOSE_HOLD_REQUEST = 6,           /* a redeeming node asks the home for a hold */
    PURPOSE_HOLD_GRANT = 7,             /* the home promises */
    PURPOSE_HOLD_REFUSAL = 8,           /* the home refuses, with a reason */
    PURPOSE_STATEMENT = 9,              /* one side's statement of a pair's period */
    PURPOSE_STATEMENT_COUNTERSIGN = 10, /* the other side agrees to it */
    PURPOSE_MANDATE = 11,               /* the home allows stand-in within bounds */
    PURPOSE_CARD_BLOCK = 12,            /* the home tells its peers of a blocked card */
    PURPOSE_BACKUP = 13,                /* a node signs the manifest of a backup */
    PURPOSE_HOLDINGS = 14,              /* a brand says what it holds of another's ledger */
    PURPOSE_MOVE_ACCEPTANCE = 19,       /* a new home promises to take a member */
    PURPOSE_HALF_ROOT = 20,             /* a brand says what it has of a half of a period */
    PURPOSE_BLOCK_OFFER = 21,           /* a home offers a block of points in advance */
    PURPOSE_NETTING_VOTE = 23,          /* it votes whether the set that it nets over holds */
    PURPOSE_SET_APART = 24,             /* which entries of a half wait, so that the rest settles */
    PURPOSE_PAYMENT = 25,               /* one side of a payment says where it stands */
    PURPOSE_NETTING_SET = 26,           /* a partner says over which statements it would net */
    PURPOSE_NETTING = 27,               /* it nets over them, and over no others */
    PURPOSE_BANK_ACCOUNT = 28,          /* a root key signs where its partner is paid */
    PURPOSE_DRAW = 31,                  /* a brand publishes a step of a draw */
    PURPOSE_MEMBER_RECEIPT = 32,        /* a brand tells a member what it did with the points */
};

#define PURPOSE_LAST 32u

bool purpose_is_known(uint32_t number);
/* "hold-grant"; "unknown" for a number that is not in the registry. */
const char *purpose_name(enum purpose purpose);
/* ERR_UNSUPPORTED for a number that is not in the registry. */
MUST_USE enum err purpose_of(uint32_t number, enum purpose *out_purpose);

#endif
