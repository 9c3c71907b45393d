/* How a gateway's answers are taken: gone on, asked again after a while, or a message set aside.
 *
 * Messages go in order. A gateway that can't be reached, or that fails, is asked again for as long
 * as it takes, with waits that double up to a bound and are drawn from their upper half, so that
 * many senders do not come back together. A request that it refuses is cut into requests of one
 * message; one that is refused so many times alone is set aside, and the others go on.
 */
#ifndef NOTIFY_DELIVERY_H
#define NOTIFY_DELIVERY_H

#include <stdint.h>

#include "base/error.h"

struct delivery_terms {
    unsigned batch;    /* messages in one request */
    unsigned attempts; /* of one that is refused */
    unsigned retry_ms; /* the first wait */
    unsigned retry_max_ms;
};

struct delivery {
    unsigned failures; /* in a row */
    unsigned refusals; /* in a row, of one message */
    size_t singles;    /* that are sent one by one after a refusal */
};

enum delivery_step {
    DELIVERY_SENT,
    DELIVERY_AGAIN, /* after wait_ms, the same or fewer */
    DELIVERY_ASIDE  /* the one message is given up */
};

struct delivery_next {
    enum delivery_step step;
    unsigned wait_ms; /* of AGAIN; 0: at once */
};

/* How many messages the next request may have. */
size_t delivery_room(const struct delivery *delivery, const struct delivery_terms *terms);

/* Is it about what was sent, and not about the gateway? */
bool delivery_is_refusal(int http_status);

/* What the answer to a request of `count` messages means. `http_status` is 0 without an answer;
 * `retry_after_s` what it asked for, 0 for nothing; `luck` any random number. */
struct delivery_next delivery_hear(struct delivery *delivery, const struct delivery_terms *terms,
                                   int http_status, unsigned retry_after_s, size_t count,
                                   uint32_t luck);

#endif
