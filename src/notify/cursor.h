/* How far a webhook is, as it is kept: a small JSON text.
 *
 * `next_row` is the first row of the journal that the gateway was not told of, or not all of: then
 * `next_place` says how many of its messages are done with. What expires is told in passes over all
 * members: a pass tells of lots that end after `told_until` and not after `pass_until`, and has
 * come to the member `pass_from`; when it is through, `told_until` becomes `pass_until`. So a lot
 * is told of once.
 */
#ifndef NOTIFY_CURSOR_H
#define NOTIFY_CURSOR_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/ident.h"

struct notify_cursor {
    uint64_t next_row;
    uint64_t next_place; /* in that row; a cursor that was kept without one has 0 */
    struct unix_ms told_until;
    struct unix_ms pass_until; /* 0: no pass is under way */
    struct uid pass_from;      /* nil: the first */
    struct unix_ms passed_at;  /* when the last pass ended; 0: never */
    uint64_t sent;             /* messages, all told */
    uint64_t aside;
    uint64_t stale; /* too old when their turn came */
};

/* Appends. ERR_RESOURCE without memory. */
MUST_USE enum err notify_cursor_encode(const struct notify_cursor *cursor, struct buffer *out);
/* ERR_CORRUPT, ERR_UNSUPPORTED for another version. */
MUST_USE enum err notify_cursor_decode(struct slice text, struct notify_cursor *out_cursor);

#endif
