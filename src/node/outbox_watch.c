#include "node/outbox_watch.h"

#define TENTHS       10u
#define LEFT_FILLING 2u /* so many tenths are left */
#define LEFT_ROOM    3u

enum outbox_level outbox_level_of(enum outbox_level before, uint64_t waiting, uint64_t bound)
{
    if (waiting >= bound) {
        return OUTBOX_FULL;
    }
    uint64_t tenths = before == OUTBOX_ROOM ? LEFT_FILLING : LEFT_ROOM;
    uint64_t left = bound / TENTHS * tenths + bound % TENTHS * tenths / TENTHS;
    return bound - waiting <= left ? OUTBOX_FILLING : OUTBOX_ROOM;
}

static struct outbox_warning *find(struct outbox_watch *watch, const struct partner_id *partner)
{
    for (size_t i = 0; i < watch->count; i++) {
        if (partner_id_equal(&watch->warnings[i].partner, partner)) {
            return &watch->warnings[i];
        }
    }
    return NULL;
}

bool outbox_watch_look(struct outbox_watch *watch, const struct partner_id *partner,
                       uint64_t waiting, uint64_t bound, enum outbox_level *out_level)
{
    struct outbox_warning *warning = find(watch, partner);
    enum outbox_level before = warning == NULL ? OUTBOX_ROOM : warning->level;
    enum outbox_level now = outbox_level_of(before, waiting, bound);
    *out_level = now;
    if (now == before) {
        return false;
    }
    if (warning != NULL && now == OUTBOX_ROOM) {
        *warning = watch->warnings[--watch->count];
    } else if (warning != NULL) {
        warning->level = now;
    } else if (watch->count == LIMIT_PARTNERS) {
        return false; /* of partners that left: more than this is too much to tell */
    } else {
        watch->warnings[watch->count++] = (struct outbox_warning){*partner, now};
    }
    return true;
}
