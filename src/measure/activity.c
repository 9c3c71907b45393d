#include "measure/activity.h"

#include <stdlib.h>

#define BUYERS_FIRST 1024u

struct buyer {
    uint64_t number; /* 0: nobody */
    uint64_t bought; /* a bit for each month with a purchase */
    uint64_t twice;  /* and for each with more than one */
};

struct activity {
    struct period first;
    struct activity_month months[ACTIVITY_MONTHS];
    struct buyer *buyers; /* open addressing */
    size_t room;          /* a power of two */
    size_t count;
};

struct activity *activity_create(struct period first_month)
{
    struct activity *activity = calloc(1, sizeof *activity);
    if (activity == NULL) {
        return NULL;
    }
    activity->first = first_month;
    activity->room = BUYERS_FIRST;
    activity->buyers = calloc(activity->room, sizeof activity->buyers[0]);
    if (activity->buyers == NULL) {
        free(activity);
        return NULL;
    }
    return activity;
}

void activity_destroy(struct activity *activity)
{
    if (activity != NULL) {
        free(activity->buyers);
        free(activity);
    }
}

static int64_t months_of(struct period month)
{
    return (int64_t)(month.code / 100) * 12 + (int64_t)(month.code % 100);
}

size_t activity_month_of(const struct activity *activity, struct period month)
{
    int64_t place = months_of(month) - months_of(activity->first);
    return place < 0 || place >= (int64_t)ACTIVITY_MONTHS ? SIZE_MAX : (size_t)place;
}

struct activity_month *activity_at(struct activity *activity, size_t month)
{
    ASSERT(month < ACTIVITY_MONTHS);
    return &activity->months[month];
}

static struct buyer *find(struct buyer *buyers, size_t room, uint64_t number)
{
    size_t at = (size_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (room - 1);
    while (buyers[at].number != 0 && buyers[at].number != number) {
        at = (at + 1) & (room - 1);
    }
    return &buyers[at];
}

static enum err grow(struct activity *activity)
{
    size_t room = 2 * activity->room;
    struct buyer *buyers =
        activity->count >= ACTIVITY_BUYERS_MAX ? NULL : calloc(room, sizeof buyers[0]);
    if (buyers == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < activity->room; i++) {
        if (activity->buyers[i].number != 0) {
            *find(buyers, room, activity->buyers[i].number) = activity->buyers[i];
        }
    }
    free(activity->buyers);
    activity->buyers = buyers;
    activity->room = room;
    return ERR_OK;
}

enum err activity_bought(struct activity *activity, size_t month, uint64_t buyer)
{
    uint64_t number = buyer == 0 ? 1 : buyer;
    uint64_t bit = UINT64_C(1) << month;
    ASSERT(month < ACTIVITY_MONTHS);
    if (activity->count >= activity->room / 4 * 3) {
        TRY(grow(activity));
    }
    struct buyer *found = find(activity->buyers, activity->room, number);
    activity->count += found->number == 0 ? 1 : 0;
    found->number = number;
    found->twice |= found->bought & bit;
    found->bought |= bit;
    return ERR_OK;
}

struct activity_buyers activity_buyers_of(const struct activity *activity, size_t month)
{
    struct activity_buyers counted = {0};
    ASSERT(month < ACTIVITY_MONTHS);
    uint64_t bit = UINT64_C(1) << month;
    for (size_t i = 0; i < activity->room; i++) {
        const struct buyer *buyer = &activity->buyers[i];
        if ((buyer->bought & bit) != 0) {
            counted.active++;
            counted.repeat += (buyer->twice & bit) != 0 || (buyer->bought & (bit - 1)) != 0;
        }
    }
    return counted;
}
