/* The system's time zone database, by the C library.
 *
 * The library knows one zone at a time, the process's. Nothing else here asks it for local time, so
 * that it is changed for the moment of an answer. TZ must be in the environment before there are
 * threads (time_zones_init): setting a variable that is there does not move the environment.
 */
#ifndef CONFIG_TIME_ZONE_H
#define CONFIG_TIME_ZONE_H

#include <pthread.h>

#include "base/calendar.h"

/* One for a process. */
struct time_zones {
    pthread_mutex_t lock;
};

/* Before there are threads. */
void time_zones_init(struct time_zones *zones);
void time_zones_fini(struct time_zones *zones);
/* Is this machine able to tell the zone's time? "" is UTC. */
bool time_zone_is_known(const char *name);
/* When the day (unix_day) begins there: the first moment with its date, which is not always
 * midnight. ERR_NOT_FOUND for a zone that is not known. */
MUST_USE enum err time_zone_day_start(struct time_zones *zones, const char *name, int64_t day,
                                      struct unix_ms *out_time);

/* What clocks there show at a time, written as if it were UTC. ERR_NOT_FOUND for a zone that is not
 * known. */
MUST_USE enum err time_zone_local(struct time_zones *zones, const char *name, struct unix_ms time,
                                  struct unix_ms *out_local);

#endif
