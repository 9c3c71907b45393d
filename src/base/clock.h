/* The clock port: the core never reads one; adapters pass time in. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/calendar.h"

struct clock_port {
    void *context;
    struct unix_ms (*now)(void *context);
};

/* The machine's own. */
struct clock_port clock_of_system(void);

static inline struct unix_ms clock_now(const struct clock_port *clock)
{
    return clock->now(clock->context);
}

#endif
