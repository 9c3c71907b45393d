#include "steps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_MS INT64_C(3600000)

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t random_mix(uint32_t a, uint32_t b)
{
    uint64_t z = (uint64_t)a << 32 | b;
    z = (z ^ z >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 29) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(z >> 32);
}

/* The last mood is a rare one. */
static struct mood mood_of(uint64_t *state)
{
    static const struct mood moods[] = {
        {.name = "points come and go",
         .member_max = 20,
         .pause_hours = 60,
         .expiry_hours = 2000,
         .expiry_grain = 24},
        {.name = "few members, short lives",
         .member_max = 3,
         .pause_hours = 8,
         .expiry_hours = 400,
         .expiry_grain = 1},
        {.name = "so many lots that they run out",
         .member_max = 3,
         .pause_hours = 1,
         .expiry_hours = 20000,
         .expiry_grain = 1,
         .is_hoarding = true},
        {.name = "people who turn out to be one",
         .member_max = 24,
         .pause_hours = 30,
         .expiry_hours = 3000,
         .expiry_grain = 24,
         .is_merging = true},
        {.name = "long pauses",
         .member_max = 6,
         .pause_hours = 400,
         .expiry_hours = 5000,
         .expiry_grain = 12},
        {.name = "a partner that makes many lots",
         .member_max = 2,
         .pause_hours = 1,
         .expiry_hours = 60000,
         .expiry_grain = 1,
         .is_crowding = true},
        {.name = "people who move about",
         .member_max = 5,
         .pause_hours = 20,
         .expiry_hours = 6000,
         .expiry_grain = 24,
         .is_moving = true},
        {.name = "a partner that gives too much",
         .member_max = 10,
         .pause_hours = 8,
         .expiry_hours = 200,
         .expiry_grain = 24,
         .is_flooding = true},
    };
    static const int64_t debt_limits[] = {INT64_MAX, 0, 50, 1000};
    static const int64_t caps[] = {0, 2000, 100000};
    static const uint64_t outboxes[] = {0, 0, 3, 40};
    size_t count = sizeof moods / sizeof moods[0];
    bool is_rare = random_next(state) % 25 == 0;
    struct mood mood = moods[is_rare ? count - 1 : random_next(state) % (count - 1)];
    mood.refund_grace_ms = random_next(state) % 2 == 0 ? 0 : 5 * DAY_MS;
    mood.debt_limit = debt_limits[random_next(state) % 4];
    mood.net_debit_cap = caps[random_next(state) % 3];
    mood.waits_at_cap = mood.net_debit_cap == 2000 && random_next(state) % 2 == 0;
    if (mood.is_flooding) { /* the cap would end it */
        mood.net_debit_cap = 0;
    }
    mood.outbox_entries = outboxes[random_next(state) % 4];
    return mood;
}

void steps_draw(uint64_t seed, size_t count, struct mood *out_mood, struct step *out_steps)
{
    uint64_t state = seed;
    int64_t now = STEPS_START_MS;
    *out_mood = mood_of(&state);
    for (size_t i = 0; i < count; i++) {
        uint32_t pause = (uint32_t)(random_next(&state) >> 32);
        now += pause % 3 == 0 ? (pause >> 8) % (out_mood->pause_hours + 1) * HOUR_MS : 0;
        out_steps[i].serial = (uint32_t)i;
        out_steps[i].at.ms = now;
        for (size_t j = 0; j < STEP_NUMBERS; j++) {
            out_steps[i].numbers[j] = (uint32_t)(random_next(&state) >> 32);
        }
    }
}

/* One "17" or "20-25" of the list; moves the text on behind it. */
static bool read_range(const char **text, unsigned long *out_first, unsigned long *out_last)
{
    char *end = NULL;
    errno = 0;
    *out_first = strtoul(*text, &end, 10);
    *out_last = *out_first;
    if (end != *text && *end == '-') {
        const char *second = end + 1;
        *out_last = strtoul(second, &end, 10);
        if (end == second) {
            return false;
        }
    }
    bool is_read = end != *text && errno == 0 && (*end == ',' || *end == '\0');
    *text = *end == ',' ? end + 1 : end;
    return is_read;
}

enum err steps_keep(const char *list, struct step *steps, size_t *count)
{
    size_t kept = 0;
    size_t at = 0;
    while (*list != '\0') {
        unsigned long first;
        unsigned long last;
        if (!read_range(&list, &first, &last)) {
            return ERR_INPUT;
        }
        for (; at < *count && steps[at].serial <= last; at++) {
            if (steps[at].serial >= first) {
                steps[kept++] = steps[at];
            }
        }
    }
    *count = kept;
    return ERR_OK;
}

void steps_print_list(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t last = i;
        while (last + 1 < count && steps[last + 1].serial == steps[last].serial + 1) {
            last++;
        }
        (void)printf("%s%" PRIu32, i == 0 ? "" : ",", steps[i].serial);
        if (last > i) {
            (void)printf("-%" PRIu32, steps[last].serial);
        }
        i = last + 1;
    }
}

uint64_t environment_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    char *end = NULL;
    if (text == NULL || *text == '\0') {
        return otherwise;
    }
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0') {
        (void)fprintf(stderr, "%s=%s is not a number\n", name, text);
        exit(2);
    }
    return value;
}
