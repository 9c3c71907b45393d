/* Tells when what waits for a partner comes near its bound (limits.outbox_entries): once at four
 * fifths, once when new earns are refused, once when there is room again. What the ledger refuses
 * is its own decision; this only says so in time.
 *
 * Threads: one at a time.
 */
#ifndef NODE_OUTBOX_WATCH_H
#define NODE_OUTBOX_WATCH_H

#include "base/ident.h"
#include "base/limits.h"

enum outbox_level {
    OUTBOX_ROOM,
    OUTBOX_FILLING, /* four fifths are used; until it is less than seven tenths */
    OUTBOX_FULL
};

/* A partner whose outbox has less than the usual room. */
struct outbox_warning {
    struct partner_id partner;
    enum outbox_level level;
};

/* Zeroed memory is one that has not warned. */
struct outbox_watch {
    struct outbox_warning warnings[LIMIT_PARTNERS];
    size_t count;
};

/* With so many waiting; `bound` is more than 0. */
enum outbox_level outbox_level_of(enum outbox_level before, uint64_t waiting, uint64_t bound);
/* The partner's level now. True when it has changed since it was last looked at. */
bool outbox_watch_look(struct outbox_watch *watch, const struct partner_id *partner,
                       uint64_t waiting, uint64_t bound, enum outbox_level *out_level);

#endif
