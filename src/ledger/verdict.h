/* Verdicts: how the ledger answers a well-formed command. A refusal is an answer, not an error: it
 * is journaled, and the same command gets it again.
 *
 * Precedence: a command gets the first verdict, in the order of this enum, that applies to it.
 */
#ifndef LEDGER_VERDICT_H
#define LEDGER_VERDICT_H

#include "base/error.h"

/* Numbers are stored; never renumber, add at the end of a group's range. */
enum verdict {
    VERDICT_OK = 0,
    VERDICT_TRANSACTION_ID_REUSED = 1, /* same id, another body */
    VERDICT_POINTS_NOT_POSITIVE = 10,
    VERDICT_POINTS_TOO_LARGE = 11,
    VERDICT_AMOUNT_NEGATIVE = 12,
    VERDICT_CURRENCY_MISMATCH = 13,
    VERDICT_PARTNER_UNKNOWN = 20, /* no partner has this card's prefix */
    VERDICT_STREAM_FROZEN = 21,
    VERDICT_CARD_UNKNOWN = 30,
    VERDICT_CARD_BLOCKED = 31,
    VERDICT_CARD_EXISTS = 32,
    VERDICT_TOO_MANY_CARDS = 33,
    VERDICT_MEMBER_UNKNOWN = 40,
    VERDICT_REFERENCE_EXISTS = 41,
    VERDICT_HOLD_UNKNOWN = 50,
    VERDICT_HOLD_ENDED = 51,
    VERDICT_HOLD_EXCEEDED = 52,
    VERDICT_CAPTURE_TOO_LATE = 53,
    VERDICT_HOLD_EXISTS = 54,
    VERDICT_SALE_UNKNOWN = 60,
    VERDICT_RETURN_EXCEEDS_SALE = 61,
    VERDICT_SALE_EXISTS = 62,
    VERDICT_INSUFFICIENT_POINTS = 70,
    VERDICT_TOO_MANY_LOTS = 71,
    VERDICT_PERIOD_NOT_OPEN = 80,
    VERDICT_TARIFF_UNKNOWN = 81,
    VERDICT_NOT_AGREED = 82, /* an adjustment that no ruling or agreement backs */
    VERDICT_END
};

struct verdict_row {
    const char *name;     /* machine-readable: "INSUFFICIENT_POINTS" */
    const char *sentence; /* for people */
    int grpc_status;
};

/* Is it the number of a verdict? The groups leave gaps. */
bool verdict_is_known(unsigned number);
/* Never NULL. */
const struct verdict_row *verdict_describe(enum verdict verdict);
/* ERR_INPUT for a name that is none. */
MUST_USE enum err verdict_parse(const char *name, enum verdict *out_verdict);

#endif
