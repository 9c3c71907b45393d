#include "node/day_events.h"

#include <string.h>

#include "crypto/hash.h"
#include "node/node.h"
#include "node/own_event.h"
#include "node/shopper.h"

void day_events_init(struct day_events *events, struct node *node,
                     const struct programme_version *version)
{
    *events =
        (struct day_events){.node = node,
                            .has_birthday = own_event_is_heard(version, DAY_EVENT_BIRTHDAY),
                            .has_anniversary = own_event_is_heard(version, DAY_EVENT_ANNIVERSARY)};
}

static int64_t day_in(int year, int month, int day)
{
    int last = civil_days_in_month(year, month);
    return day_of_civil(year, month, day < last ? day : last);
}

int64_t day_event_last(unsigned month, unsigned day_of_month, int64_t day)
{
    int year = civil_of_day(day).year;
    int64_t at = day_in(year, (int)month, (int)day_of_month);
    return at <= day ? at : day_in(year - 1, (int)month, (int)day_of_month);
}

static struct uid event_id(const char *name, const struct uid *member, int64_t at)
{
    struct hasher hasher;
    uint8_t day[8];
    put_u64_be(day, (uint64_t)at);
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of(name, strlen(name) + 1));
    hasher_add(&hasher, slice_of(member->bytes, sizeof member->bytes));
    hasher_add(&hasher, slice_of(day, sizeof day));
    struct hash hash = hasher_finish(&hasher);
    return uid_v8(at * DAY_MS, hash.bytes);
}

static enum err add_due(const struct day_events *events, const struct ledger_view *view,
                        const char *name, const struct uid *member, int64_t at,
                        struct day_event *due, size_t *due_count)
{
    struct node *node = events->node;
    struct day_event event = {*member, event_id(name, member, at), name};
    struct snapshot *snapshot = node_snapshot(node);
    uint64_t row;
    enum err err =
        ledger_find_occasion(view, &snapshot->roster, &node->config.partner, &event.id, &row);
    snapshot_release(snapshot);
    if (err == ERR_NOT_FOUND) {
        due[(*due_count)++] = event;
        err = ERR_OK;
    }
    return err;
}

static bool is_due(int64_t at, int64_t day, int64_t enrolled_day)
{
    return day - at <= DAY_EVENTS_LATE && at > enrolled_day;
}

size_t day_events_of(const struct day_events *events, unsigned month, unsigned day_of_month,
                     int64_t enrolled_day, int64_t day,
                     struct day_event_time out_times[DAY_EVENTS_PER_MEMBER])
{
    size_t count = 0;
    if (events->has_birthday && month != 0) {
        int64_t at = day_event_last(month, day_of_month, day);
        if (is_due(at, day, enrolled_day - 1)) { /* the day itself counts */
            out_times[count++] = (struct day_event_time){DAY_EVENT_BIRTHDAY, at};
        }
    }
    if (events->has_anniversary) {
        struct civil civil = civil_of_day(enrolled_day);
        int64_t at = day_event_last((unsigned)civil.month, (unsigned)civil.day, day);
        if (is_due(at, day, enrolled_day)) {
            out_times[count++] = (struct day_event_time){DAY_EVENT_ANNIVERSARY, at};
        }
    }
    return count;
}

enum err day_events_find(const struct day_events *events, const struct ledger_view *view,
                         const struct uid *id, const struct audience_member *member, int64_t day,
                         struct day_event *due, size_t *due_count)
{
    struct day_event_time times[DAY_EVENTS_PER_MEMBER];
    unsigned month = 0;
    unsigned day_of_month = 0;
    if (events->has_birthday) {
        TRY(shopper_birthday(events->node, view, id, &month, &day_of_month));
    }
    size_t count =
        day_events_of(events, month, day_of_month, member->shopper.enrolled_day, day, times);
    for (size_t i = 0; i < count; i++) {
        TRY(add_due(events, view, times[i].name, id, times[i].day, due, due_count));
    }
    return ERR_OK;
}

void day_event_raise(struct node *node, struct snapshot *snapshot, const struct day_event *event)
{
    const struct own_event own = {.id = event->id,
                                  .member = event->member,
                                  .name = slice_of(event->name, strlen(event->name)),
                                  .time = node_now(node)};
    struct note note = {""};
    enum err err = ERR_CONFLICT;
    for (unsigned i = 0; i < JUDGING_TRIES && err == ERR_CONFLICT; i++) {
        err = own_event_judge(node, snapshot, &own, &note);
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        log_event(
            &node->log, LOG_LEVEL_WARNING, "day_event_waits", LOG_TEXT("event", event->name),
            LOG_TEXT("detail", note.text[0] != '\0' ? note.text : err_describe(err)->sentence));
    }
}
