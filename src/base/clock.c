#include "base/clock.h"

#include <time.h>

static struct unix_ms system_now(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (struct unix_ms){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

struct clock_port clock_of_system(void)
{
    return (struct clock_port){NULL, system_now};
}
