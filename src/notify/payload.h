/* What goes to a gateway: JSON, and the signature that goes with it.
 *
 *   {"version": 1, "brand": "alfa", "webhook": "sms", "channel": "sms", "notifications": [
 *     {"id": "alfa.42.points_earned.19a2...", "kind": "points_earned", "time":
 *      "2026-10-03T17:04:05.000Z", "member_id": "0199...", "reference": "C-1042", "language": "kk",
 *      "text": "...", "points": "120", "shop": "alfa", "journal_row": 42}]}
 *
 * What a kind does not have is left out; an alert has `rule`, `subject`, `found` and `alert_id`,
 * and no member. The signature is HMAC-SHA-256 with the webhook's secret over the time in unix
 * seconds, a full stop, and the body as it was sent; the header reads "t=1790000000,v1=<64
 * hexadecimal digits>". A gateway refuses a time that is too far from its own, and drops an id that
 * it has had.
 */
#ifndef NOTIFY_PAYLOAD_H
#define NOTIFY_PAYLOAD_H

#include "base/bytes.h"
#include "notify/message.h"

struct notify_item {
    struct notify_message message;
    enum notify_language language;
    char reference[LIMIT_REFERENCE_BYTES + 1]; /* the brand's own number of the member */
    struct slice text;
};

struct notify_envelope {
    const struct partner_id *brand;
    const char *webhook;
    enum notify_channel channel;
    unsigned points_decimals;
};

/* Appends. ERR_RESOURCE without memory. */
MUST_USE enum err notify_payload(const struct notify_envelope *envelope,
                                 const struct notify_item *items, size_t count, struct buffer *out);

#define NOTIFY_SIGNATURE_MAX 96

const char *notify_signature(struct slice secret, int64_t unix_s, struct slice body,
                             char out_text[NOTIFY_SIGNATURE_MAX]);

#endif
