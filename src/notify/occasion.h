/* Which records of the journal say something that a member should hear, or the staff of an alert.
 *
 * The journal is the outbox: what a record says is durable with everything else that it did, and a
 * gateway that is behind reads it later. Who won a draw is in what its record keeps (draw/kept.h).
 */
#ifndef NOTIFY_OCCASION_H
#define NOTIFY_OCCASION_H

#include "ledger/record.h"
#include "notify/message.h"

/* A purchase may give coupons and bring its member to a tier. */
#define NOTIFY_ROW_MESSAGES (LIMIT_GIVEN_CODES + 1u)

/* Each message has its place in its row, whenever the row is read: so a webhook can go on in the
 * middle of one. */
struct notify_row {
    size_t count;
    struct notify_message messages[NOTIFY_ROW_MESSAGES];
};

/* None is fine. ERR_CORRUPT when the record can't be read. */
MUST_USE enum err notify_of_record(const struct record *record, const struct partner_id *self,
                                   struct notify_row *out_row);

/* What the record says to a member by its name alone: TIER_REACHED, COUPON_GIVEN (valid until then;
 * 0: for ever), DRAW_WON. For record kinds that bring one. A name that is longer is cut. */
struct notify_message notify_named(const struct record *record, enum notify_kind kind,
                                   const struct uid *member, const char *subject,
                                   struct unix_ms until);

/* Of a member's lots those that end after `after` and not after `until`: the points, and the first
 * day's end. False: none. */
bool notify_of_lots(const struct uid *id, const struct member *member, struct unix_ms after,
                    struct unix_ms until, struct notify_message *out_message);

#endif
