#include "config/time_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"

#define DATABASE    "/usr/share/zoneinfo"
#define ZONE_S_MOST (26 * 60 * 60) /* no zone is further from UTC, with days left out */
#define FORM_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/"

void time_zones_init(struct time_zones *zones)
{
    pthread_mutex_init(&zones->lock, NULL);
    setenv("TZ", "UTC", 1);
    tzset();
}

void time_zones_fini(struct time_zones *zones)
{
    pthread_mutex_destroy(&zones->lock);
}

bool time_zone_is_known(const char *name)
{
    char path[sizeof DATABASE + LIMIT_TIME_ZONE_BYTES + 2];
    char magic[4] = "";
    if (name[0] == '\0') {
        return true;
    }
    if (strlen(name) > LIMIT_TIME_ZONE_BYTES || strspn(name, FORM_DIGITS) != strlen(name) ||
        name[0] == '/') {
        return false;
    }
    snprintf(path, sizeof path, DATABASE "/%s", name);
    FILE *file = fopen(path, "rb");
    bool is_zone = file != NULL && fread(magic, 1, sizeof magic, file) == sizeof magic &&
                   memcmp(magic, "TZif", sizeof magic) == 0; /* RFC 8536, 3.1 */
    if (file != NULL) {
        fclose(file);
    }
    return is_zone;
}

/* In the process's zone. */
static int64_t local_day(int64_t second)
{
    struct tm local;
    time_t time = (time_t)second;
    return localtime_r(&time, &local) == NULL
               ? 0
               : day_of_civil(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

enum err time_zone_day_start(struct time_zones *zones, const char *name, int64_t day,
                             struct unix_ms *out_time)
{
    char zone[sizeof DATABASE + LIMIT_TIME_ZONE_BYTES + 3];
    if (!time_zone_is_known(name)) {
        return ERR_NOT_FOUND;
    }
    snprintf(zone, sizeof zone, ":" DATABASE "/%s", name);
    int64_t midnight = day * (DAY_MS / 1000);
    int64_t before = midnight - ZONE_S_MOST; /* has an earlier date */
    int64_t after = midnight + ZONE_S_MOST;  /* has not */
    pthread_mutex_lock(&zones->lock);
    setenv("TZ", name[0] == '\0' ? "UTC" : zone, 1);
    tzset();
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        bool is_earlier = local_day(middle) < day;
        before = is_earlier ? middle : before;
        after = is_earlier ? after : middle;
    }
    setenv("TZ", "UTC", 1);
    tzset();
    pthread_mutex_unlock(&zones->lock);
    *out_time = (struct unix_ms){after * 1000};
    return ERR_OK;
}

/* Seconds since 1970 that the same digits would be in UTC. */
static int64_t digits_of(int64_t second)
{
    struct tm local;
    time_t time = (time_t)second;
    if (localtime_r(&time, &local) == NULL) {
        return second;
    }
    int64_t day = day_of_civil(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
    return day * (DAY_MS / 1000) + local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec;
}

enum err time_zone_local(struct time_zones *zones, const char *name, struct unix_ms time,
                         struct unix_ms *out_local)
{
    char zone[sizeof DATABASE + LIMIT_TIME_ZONE_BYTES + 3];
    if (!time_zone_is_known(name)) {
        return ERR_NOT_FOUND;
    }
    snprintf(zone, sizeof zone, ":" DATABASE "/%s", name);
    int64_t rest = ((time.ms % 1000) + 1000) % 1000;
    pthread_mutex_lock(&zones->lock);
    setenv("TZ", name[0] == '\0' ? "UTC" : zone, 1);
    tzset();
    int64_t second = digits_of((time.ms - rest) / 1000);
    setenv("TZ", "UTC", 1);
    tzset();
    pthread_mutex_unlock(&zones->lock);
    *out_local = (struct unix_ms){second * 1000 + rest};
    return ERR_OK;
}
