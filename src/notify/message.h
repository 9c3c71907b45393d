/* One thing that a member should hear, or the brand's staff of an alert: what happened, to whom,
 * and the words that texts may use.
 *
 * Values only; any thread.
 */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include "base/amount.h"
#include "base/bytes.h"
#include "base/calendar.h"
#include "base/ident.h"
#include "base/limits.h"
#include "notify/words.h"

/* What a text may name, in braces. */
enum notify_field {
    NOTIFY_FIELD_NAME = 0, /* the member's; may be empty */
    NOTIFY_FIELD_BRAND,
    NOTIFY_FIELD_BALANCE, /* spendable points, when it is sent */
    NOTIFY_FIELD_POINTS,
    NOTIFY_FIELD_DATE,
    NOTIFY_FIELD_SHOP, /* the brand where it happened */
    NOTIFY_FIELD_CARD,
    NOTIFY_FIELD_TIER,
    NOTIFY_FIELD_COUPON,
    NOTIFY_FIELD_PRIZE,
    NOTIFY_FIELD_RULE,
    NOTIFY_FIELD_ABOUT, /* the rule's finding: whom it is about, and the numbers */
    NOTIFY_FIELD_FOUND,
    NOTIFY_FIELD_END
};

const char *notify_field_name(enum notify_field field); /* "points" */
/* ERR_INPUT for a name that is none. */
MUST_USE enum err notify_field_parse(struct slice name, enum notify_field *out_field);
/* Does every message of this kind have it? */
bool notify_kind_has(enum notify_kind kind, enum notify_field field);
/* Is it a count, so that a noun goes with it? */
bool notify_field_is_count(enum notify_field field);

struct notify_message {
    enum notify_kind kind;
    uint64_t row;        /* of the journal; 0 for what time brings */
    unsigned nth;        /* of this kind in its row, from 0 */
    struct unix_ms time; /* when it was recorded; of EXPIRING when the points end */
    struct uid member;   /* nil: of an alert */
    struct points points;
    struct partner_id shop;
    struct card_number card;
    struct unix_ms until; /* of EXPIRING and COUPON_GIVEN; 0: for ever */
    /* A tier's, a coupon's, a prize's or a fraud rule's name. */
    char subject[LIMIT_NAME_BYTES + 1];
    struct uid alert; /* of ALERT_RAISED, and what it is about and has found */
    char about[LIMIT_ALERT_BYTES + 1];
    char found[LIMIT_ALERT_BYTES + 1];
};

#define NOTIFY_ID_MAX 128

/* The same message has the same id however often it is sent, and no other message has it: also
 * where a ledger that was put back from an older copy uses a row's number once more. */
const char *notify_message_id(const struct notify_message *message, const struct partner_id *brand,
                              char out_id[NOTIFY_ID_MAX]);

#endif
