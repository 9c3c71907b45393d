/* The thread that looks at all members: counts them by segment and list, and raises the events of
 * their days (node/day_events.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/waiting.h"
#include "node/audience.h"
#include "node/audience_metrics.h"
#include "node/day_events.h"
#include "node/node.h"

#define SLICE_MEMBERS 256u
#define SLICE_PAUSE   5    /* milliseconds between two slices: tills come first */
#define LOOK_MS       1000 /* between two looks at day and version */
#define LOOK_BYTES    (2u << 20)

struct audience {
    struct node *node;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
    bool is_wanted;
    struct audience_report report;
    struct audience_metrics *metrics; /* the thread's own from here on */
    int64_t day;                      /* of the last walk */
};

/* One walk. */
struct walk {
    struct audience *audience;
    struct node *node;
    struct snapshot *snapshot;
    const struct programme_version *version;
    int64_t day;
    struct day_events events;
    struct audience_report counts;
    uint64_t slots[LIMIT_LISTS];
    struct uid ids[SLICE_MEMBERS];
    size_t id_count;
};

static bool is_cut(struct audience *audience)
{
    pthread_mutex_lock(&audience->lock);
    bool is_so = audience->is_stopping || audience->is_wanted;
    pthread_mutex_unlock(&audience->lock);
    return is_so;
}

static enum err gather(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct walk *walk = context;
    struct reader in = reader_of(key);
    read_copy(&in, walk->ids[walk->id_count].bytes, sizeof walk->ids[0].bytes);
    TRY(reader_finish(&in));
    walk->id_count++;
    return walk->id_count == SLICE_MEMBERS ? ERR_NOT_FOUND : ERR_OK;
}

static void count(struct walk *walk, const struct audience_member *member)
{
    walk->counts.members++;
    for (size_t s = 0; s < walk->counts.segment_count && member->segments != NULL; s++) {
        walk->counts.segments[s] += member->segments[s].reason == TRACE_FIRED ? 1 : 0;
    }
    for (size_t i = 0; i < walk->counts.list_count; i++) {
        bool is_on = standing_value(&member->standing, walk->slots[i], STANDING_KEPT) != 0;
        walk->counts.lists[i].members += is_on ? 1 : 0;
    }
}

/* Events wait for the disk: after the reader is given back. */
static enum err look_at_slice(struct walk *walk, struct arena *arena)
{
    struct day_event due[DAY_EVENTS_PER_MEMBER * SLICE_MEMBERS];
    size_t due_count = 0;
    struct state_reader *reader;
    TRY(readers_take(walk->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ERR_OK;
    for (size_t i = 0; i < walk->id_count && err == ERR_OK; i++) {
        struct audience_member member;
        arena_reset(arena);
        err = audience_look(walk->node, &view, walk->snapshot, &walk->ids[i], walk->day, arena,
                            &member);
        if (err == ERR_OK && member.is_somebody) {
            count(walk, &member);
            err = day_events_find(&walk->events, &view, &walk->ids[i], &member, walk->day, due,
                                  &due_count);
        }
    }
    readers_give(walk->node->readers, reader);
    for (size_t i = 0; i < due_count && err == ERR_OK; i++) {
        day_event_raise(walk->node, walk->snapshot, &due[i]);
    }
    return err;
}

/* False when it is to begin anew or to end. */
static bool pause_slice(struct audience *audience, uint64_t looked_at)
{
    struct timespec until = monotonic_after(SLICE_PAUSE);
    int result = 0;
    pthread_mutex_lock(&audience->lock);
    audience->report.looked_at = looked_at;
    while (!audience->is_stopping && !audience->is_wanted && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&audience->wake, &audience->lock, &until);
    }
    bool goes_on = !audience->is_stopping && !audience->is_wanted;
    pthread_mutex_unlock(&audience->lock);
    return goes_on;
}

/* ERR_CANCELLED: it is to begin anew or to end. */
static enum err look_at_all(struct walk *walk, struct arena *arena)
{
    struct uid from = {{0}};
    uint64_t looked_at = 0;
    bool is_first = true;
    do {
        walk->id_count = 0;
        TRY(state_scan(walk->node->state, TABLE_MEMBER, slice_of(NULL, 0),
                       slice_of(from.bytes, is_first ? 0 : sizeof from.bytes), gather, walk));
        bool is_last = walk->id_count < SLICE_MEMBERS;
        if (!is_last) { /* the next slice begins with it */
            from = walk->ids[--walk->id_count];
        }
        TRY(look_at_slice(walk, arena));
        looked_at += walk->id_count;
        is_first = is_last;
        if (!is_last && !pause_slice(walk->audience, looked_at)) {
            return ERR_CANCELLED;
        }
    } while (!is_first);
    return ERR_OK;
}

static enum err begin(struct walk *walk)
{
    struct static_list *lists = calloc(LIMIT_LISTS, sizeof *lists);
    size_t count = 0;
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = audience_lists(walk->node, lists, &count);
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        walk->counts.lists[i].list = lists[i];
        walk->slots[i] = list_slot(slice_of(lists[i].name, strlen(lists[i].name)));
    }
    free(lists);
    TRY(err);
    walk->counts.list_count = count;
    walk->counts.segment_count = walk->version->file.rules.segment_count;
    walk->counts.version = walk->version->number;
    day_events_init(&walk->events, walk->node, walk->version);
    return ERR_OK;
}

/* Whoever uses none of it has no walk. */
static bool is_needed(const struct walk *walk)
{
    return walk->counts.segment_count > 0 || walk->counts.list_count > 0 ||
           walk->events.has_birthday || walk->events.has_anniversary;
}

static void publish(struct audience *audience, struct walk *walk, enum err err)
{
    walk->counts.counted_at = node_now(audience->node);
    pthread_mutex_lock(&audience->lock);
    if (err == ERR_OK) {
        audience->report = walk->counts;
    }
    audience->report.is_counting = false;
    pthread_mutex_unlock(&audience->lock);
    if (err == ERR_OK) {
        audience->day = walk->day;
        audience_metrics_show(audience->metrics, &walk->counts, &walk->version->file.rules);
    } else if (err != ERR_CANCELLED) {
        log_event(&audience->node->log, LOG_LEVEL_ERROR, "segments_not_counted",
                  LOG_TEXT("detail", err_describe(err)->sentence));
    }
}

static void look_at_members(struct audience *audience)
{
    struct walk *walk = calloc(1, sizeof *walk);
    struct arena arena;
    if (walk == NULL) {
        return; /* next time */
    }
    arena_init(&arena, LOOK_BYTES);
    walk->audience = audience;
    walk->node = audience->node;
    walk->snapshot = node_snapshot(audience->node);
    walk->version = programmes_at(walk->snapshot->programmes, node_now(audience->node));
    walk->day = audience_today(audience->node, walk->version);
    pthread_mutex_lock(&audience->lock);
    audience->is_wanted = false;
    audience->report.is_counting = true;
    audience->report.looked_at = 0;
    pthread_mutex_unlock(&audience->lock);
    enum err err = begin(walk);
    if (err == ERR_OK && is_needed(walk)) {
        err = engine_checkpoint(audience->node->engine); /* so that the scan sees them all */
        err = err == ERR_OK ? look_at_all(walk, &arena) : err;
    }
    publish(audience, walk, err);
    snapshot_release(walk->snapshot);
    arena_fini(&arena);
    free(walk);
}

/* Another day there, or another version, than when it was looked last. */
static bool is_due(struct audience *audience)
{
    struct snapshot *snapshot = node_snapshot(audience->node);
    const struct programme_version *version =
        programmes_at(snapshot->programmes, node_now(audience->node));
    bool is_so = audience->report.counted_at.ms == 0 ||
                 audience->report.version != version->number ||
                 audience_today(audience->node, version) != audience->day;
    snapshot_release(snapshot);
    return is_so;
}

static bool await(struct audience *audience)
{
    struct timespec until = monotonic_after(LOOK_MS);
    int result = 0;
    pthread_mutex_lock(&audience->lock);
    while (!audience->is_stopping && !audience->is_wanted && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&audience->wake, &audience->lock, &until);
    }
    bool goes_on = !audience->is_stopping;
    pthread_mutex_unlock(&audience->lock);
    return goes_on;
}

static void *walk_daily(void *context)
{
    struct audience *audience = context;
    do {
        if (is_due(audience) || is_cut(audience)) {
            look_at_members(audience);
        }
    } while (await(audience));
    return NULL;
}

static void destroy(struct audience *audience)
{
    audience_metrics_destroy(audience->metrics);
    pthread_cond_destroy(&audience->wake);
    pthread_mutex_destroy(&audience->lock);
    free(audience);
}

enum err audience_start(struct node *node, struct audience **out_audience)
{
    struct audience *audience = calloc(1, sizeof *audience);
    if (audience == NULL) {
        return ERR_RESOURCE;
    }
    audience->node = node;
    audience->metrics = audience_metrics_create(node->metrics);
    pthread_mutex_init(&audience->lock, NULL);
    cond_init_monotonic(&audience->wake);
    if (audience->metrics == NULL ||
        pthread_create(&audience->thread, NULL, walk_daily, audience) != 0) {
        destroy(audience);
        return ERR_RESOURCE;
    }
    *out_audience = audience;
    return ERR_OK;
}

void audience_stop(struct audience *audience)
{
    if (audience == NULL) {
        return;
    }
    pthread_mutex_lock(&audience->lock);
    audience->is_stopping = true;
    pthread_cond_signal(&audience->wake);
    pthread_mutex_unlock(&audience->lock);
    pthread_join(audience->thread, NULL);
    destroy(audience);
}

void audience_get_report(struct audience *audience, struct audience_report *out_report)
{
    pthread_mutex_lock(&audience->lock);
    *out_report = audience->report;
    out_report->is_counting = out_report->is_counting || audience->is_wanted;
    pthread_mutex_unlock(&audience->lock);
}

void audience_refresh(struct audience *audience)
{
    pthread_mutex_lock(&audience->lock);
    audience->is_wanted = true;
    pthread_cond_signal(&audience->wake);
    pthread_mutex_unlock(&audience->lock);
}
