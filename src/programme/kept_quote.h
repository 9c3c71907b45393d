/* What is kept of a quote, with what it holds: how it was judged, and all that it promises, so that
 * its sale gives just that, whatever is known of the member by then.
 *
 * Pure; any thread.
 */
#ifndef PROGRAMME_KEPT_QUOTE_H
#define PROGRAMME_KEPT_QUOTE_H

#include "base/calendar.h"
#include "base/ident.h"
#include "programme/judge.h"

#define QUOTE_DIGEST_BYTES 32u

struct kept_quote {
    struct card_number card;
    struct unix_ms time;     /* when it was made: its sale is judged as of then */
    bool is_balance_known;   /* the member's home is here */
    struct points spendable; /* on the basket */
    struct money payable;    /* what these pay */
    uint8_t digest[QUOTE_DIGEST_BYTES];
    struct slice judged; /* a kept_case */
    const struct money *line_discounts;
    size_t line_count; /* at most LIMIT_RECEIPT_LINES */
    const struct standing_change *changes;
    size_t change_count; /* at most LIMIT_STANDING_STEPS, as are claims */
    const struct claim *claims;
    size_t claim_count;
    const struct raised *raised; /* without the events' names, which their rules have */
    size_t raised_count;         /* at most LIMIT_RULES */
};

/* Sticks to the buffer's error. */
void kept_quote_encode(const struct kept_quote *quote, struct buffer *out);
/* The case points into the bytes, lists are in the arena. ERR_NOT_FOUND when the bytes are of
 * something else; ERR_CORRUPT, ERR_RESOURCE. */
MUST_USE enum err kept_quote_decode(struct slice bytes, struct arena *arena,
                                    struct kept_quote *out_quote);

#endif
