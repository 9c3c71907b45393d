#include "offers/learn.h"

#include <stdlib.h>

#include "base/limits.h"

#define TIMES_MANY 6u
#define TIMES_SOME 3u

struct learned {
    const struct history *history;
    size_t offers;
    int64_t until_day;
    struct share *next; /* thing by thing, of each offer */
    struct share base[LIMIT_OFFERS];
    struct share again[LIMIT_OFFERS][TIMES_KINDS];
    /* While it is counted: */
    uint32_t *seen_by; /* of each thing, the member that was last seen with it, and one more */
    int32_t *days;     /* of one member, for each offer, on which its goods were bought */
    size_t day_counts[LIMIT_OFFERS];
    size_t day_room; /* for each offer */
};

unsigned times_kind(uint32_t times)
{
    return times >= TIMES_MANY ? 3 : times >= TIMES_SOME ? 2 : times == 2 ? 1 : 0;
}

int64_t share_ppm(struct share share)
{
    return share.of == 0 ? 0 : (int64_t)share.hits * PPM / share.of;
}

/* Rounded up; of at most 10^12. */
static int64_t root_of(int64_t value)
{
    int64_t low = 0;
    int64_t high = PPM;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (middle * middle < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int64_t share_least_ppm(struct share share, int64_t base_ppm)
{
    int64_t cases = (int64_t)share.of + DAMPING;
    int64_t damped = ((int64_t)share.hits * PPM + DAMPING * base_ppm) / cases;
    return damped - DEVIATIONS * root_of(damped * (PPM - damped) / cases);
}

void learned_destroy(struct learned *learned)
{
    if (learned != NULL) {
        free(learned->next);
        free(learned->seen_by);
        free(learned->days);
        free(learned);
    }
}

size_t days_about(const struct bought *lines, size_t count, const struct history *history,
                  size_t offer, int32_t *out_days, size_t room)
{
    size_t days = 0;
    int32_t last = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_about = (history_things(history, lines[i].goods).about >> offer & 1) != 0;
        if (is_about && (days == 0 || lines[i].day != last)) {
            last = lines[i].day;
            if (days < room) {
                out_days[days] = last;
            }
            days++;
        }
    }
    return days;
}

/* The first of the days that is after `day`; their count where none is. */
static size_t first_after(const int32_t *days, size_t count, int32_t day)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (days[middle] <= day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void count_share(struct share *share, bool is_hit)
{
    share->of++;
    share->hits += is_hit ? 1 : 0;
}

/* A thing that the member bought for the first time. */
static void count_thing(struct learned *learned, uint32_t thing, int32_t day)
{
    uint64_t about = history_thing_about(learned->history, thing);
    for (size_t o = 0; o < learned->offers; o++) {
        const int32_t *days = &learned->days[o * learned->day_room];
        size_t next = first_after(days, learned->day_counts[o], day - 1);
        bool had_it = next > 0 && days[next - 1] > day - RECENT_DAYS;
        if ((about >> o & 1) == 0 && !had_it) {
            bool is_hit = next < learned->day_counts[o] && days[next] <= day + NEXT_DAYS;
            count_share(&learned->next[thing * learned->offers + o], is_hit);
            count_share(&learned->base[o], is_hit);
        }
    }
}

static void count_again(struct learned *learned, size_t offer)
{
    const int32_t *days = &learned->days[offer * learned->day_room];
    size_t count = learned->day_counts[offer];
    for (size_t i = 0; i < count && days[i] + NEXT_DAYS <= learned->until_day; i++) {
        count_share(&learned->again[offer][times_kind((uint32_t)i + 1)],
                    i + 1 < count && days[i + 1] <= days[i] + NEXT_DAYS);
    }
}

/* Room for as many days as the member has lines. */
static enum err make_room(struct learned *learned, size_t lines)
{
    if (lines <= learned->day_room) {
        return ERR_OK;
    }
    free(learned->days);
    learned->day_room = 2 * lines;
    learned->days = calloc(learned->day_room * (learned->offers + 1), sizeof learned->days[0]);
    return learned->days == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err count_member(struct learned *learned, size_t member)
{
    size_t count;
    const struct history *history = learned->history;
    const struct bought *lines = history_of(history, member, &count);
    TRY(make_room(learned, count));
    for (size_t o = 0; o < learned->offers; o++) {
        learned->day_counts[o] = days_about(
            lines, count, history, o, &learned->days[o * learned->day_room], learned->day_room);
        count_again(learned, o);
    }
    for (size_t i = 0; i < count && lines[i].day + NEXT_DAYS <= learned->until_day; i++) {
        struct goods_things things = history_things(history, lines[i].goods);
        for (size_t t = 0; t < things.count; t++) {
            if (learned->seen_by[things.at[t]] != member + 1) {
                learned->seen_by[things.at[t]] = (uint32_t)member + 1;
                count_thing(learned, things.at[t], lines[i].day);
            }
        }
    }
    return ERR_OK;
}

static enum err count_all(struct learned *learned)
{
    size_t things = history_thing_count(learned->history);
    learned->next = calloc(things * learned->offers + 1, sizeof learned->next[0]);
    learned->seen_by = calloc(things + 1, sizeof learned->seen_by[0]);
    if (learned->next == NULL || learned->seen_by == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t m = 0; m < history_members(learned->history); m++) {
        TRY(count_member(learned, m));
    }
    return ERR_OK;
}

enum err learn(const struct history *history, int64_t until_day, struct learned **out_learned)
{
    struct learned *learned = calloc(1, sizeof *learned);
    if (learned == NULL) {
        return ERR_RESOURCE;
    }
    learned->history = history;
    learned->offers = rules_text(history_rules(history))->offer_count;
    learned->until_day = until_day;
    enum err err = count_all(learned);
    if (err != ERR_OK) {
        learned_destroy(learned);
        return err;
    }
    *out_learned = learned;
    return ERR_OK;
}

struct share learned_next(const struct learned *learned, uint32_t thing, size_t offer)
{
    return learned->next[thing * learned->offers + offer];
}

struct share learned_base(const struct learned *learned, size_t offer)
{
    return learned->base[offer];
}

struct share learned_again(const struct learned *learned, size_t offer, uint32_t times)
{
    return learned->again[offer][times_kind(times)];
}

const struct history *learned_history(const struct learned *learned)
{
    return learned->history;
}
