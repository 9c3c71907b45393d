/* A webhook's thread: collect, sign, send, move the cursor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/waiting.h"
#include "crypto/random.h"
#include "crypto/box.h"
#include "node/notify_parts.h"

#define LOOK_MS    100  /* how soon a new row is seen */
#define SAVE_MS    1000 /* a cursor that moved over rows that say nothing is saved so often */
#define TROUBLE_MS 5000 /* after an error of our own */

static void pause_thread(struct webhook_thread *t, int64_t ms)
{
    struct timespec until = monotonic_after(ms);
    int result = 0;
    pthread_mutex_lock(&t->lock);
    while (!atomic_load(&t->is_stopping) && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&t->wake, &t->lock, &until);
    }
    pthread_mutex_unlock(&t->lock);
}

static void tell(struct webhook_thread *t, enum log_level level, const char *event,
                 const char *detail)
{
    log_event(&t->collector.node->log, level, event,
              LOG_TEXT("webhook", t->collector.webhook->name), LOG_TEXT("detail", detail));
}

static void show(struct webhook_thread *t)
{
    pthread_mutex_lock(&t->lock);
    t->report.cursor = t->cursor;
    pthread_mutex_unlock(&t->lock);
}

static enum err save(struct webhook_thread *t)
{
    struct note note = {""};
    enum err err = notify_cursor_save(t->collector.node->config.data.text,
                                      t->collector.webhook->name, &t->cursor, &note);
    t->is_saved = err == ERR_OK;
    if (err != ERR_OK) {
        tell(t, LOG_LEVEL_ERROR, "notify_cursor_not_saved", note.text);
    }
    return err;
}

/* ---- Failures, for people ---- */

static void note_failure(struct webhook_thread *t, const struct notify_answer *answer)
{
    bool is_first;
    pthread_mutex_lock(&t->lock);
    is_first = t->report.failures == 0;
    t->report.failures++;
    if (is_first) {
        t->report.failing_since = node_now(t->collector.node);
    }
    memcpy(t->report.problem, answer->problem, sizeof t->report.problem);
    pthread_mutex_unlock(&t->lock);
    if (is_first) {
        tell(t, LOG_LEVEL_WARNING, "notify_failing", answer->problem);
    }
}

static void note_success(struct webhook_thread *t)
{
    bool is_over;
    pthread_mutex_lock(&t->lock);
    is_over = t->report.failures > 0;
    t->report.failures = 0;
    t->report.failing_since.ms = 0;
    t->report.problem[0] = '\0';
    pthread_mutex_unlock(&t->lock);
    if (is_over) {
        tell(t, LOG_LEVEL_INFO, "notify_works_again", "");
    }
}

static enum err set_aside(struct webhook_thread *t, const struct notify_answer *answer)
{
    struct node *node = t->collector.node;
    struct notify_aside aside = {.time = node_now(node), .http_status = (unsigned)answer->status};
    struct note note = {""};
    char id[NOTIFY_ID_MAX];
    (void)notify_message_id(&t->round->items[0].message, &node->config.partner, id);
    memcpy(aside.id, id, sizeof id);
    enum err err = notify_aside_append(node->config.data.text, t->collector.webhook->name,
                                       t->cursor.aside, &aside, &note);
    if (err != ERR_OK) {
        tell(t, LOG_LEVEL_ERROR, "notify_not_set_aside", note.text);
        return err;
    }
    pthread_mutex_lock(&t->lock);
    struct notify_report *report = &t->report;
    if (report->aside_count == NOTIFY_ASIDE_SHOWN) {
        memmove(report->aside, report->aside + 1,
                (NOTIFY_ASIDE_SHOWN - 1) * sizeof report->aside[0]);
        report->aside_count--;
    }
    report->aside[report->aside_count++] = aside;
    pthread_mutex_unlock(&t->lock);
    tell(t, LOG_LEVEL_WARNING, "notify_set_aside", id);
    return ERR_OK;
}

/* ---- One request ---- */

static enum err make_body(struct webhook_thread *t, char signature[NOTIFY_SIGNATURE_MAX])
{
    struct node *node = t->collector.node;
    const struct notify_envelope envelope = {&node->config.partner, t->collector.webhook->name,
                                             t->collector.webhook->channel,
                                             t->collector.points_decimals};
    buffer_clear(&t->body);
    TRY(notify_payload(&envelope, t->round->items, t->round->count, &t->body));
    (void)notify_signature(buffer_slice(&t->secret), node_now(node).ms / 1000,
                           buffer_slice(&t->body), signature);
    return ERR_OK;
}

/* Past the round: what it had is told, or given up. */
static enum err go_on(struct webhook_thread *t)
{
    t->cursor = t->round->after;
    t->is_members_turn = t->round->source == ROUND_ROWS;
    TRY(save(t));
    show(t);
    return ERR_OK;
}

static enum err send_round(struct webhook_thread *t)
{
    char signature[NOTIFY_SIGNATURE_MAX];
    struct notify_answer answer;
    struct random_source random = random_system();
    uint32_t luck;
    TRY(make_body(t, signature));
    notify_http_post(t->http, buffer_slice(&t->body), signature, &answer);
    if (atomic_load(&t->is_stopping) && answer.status == 0) {
        return ERR_OK;
    }
    random_fill(&random, &luck, sizeof luck);
    struct delivery_next next =
        delivery_hear(&t->delivery, &t->collector.webhook->delivery, answer.status,
                      answer.retry_after_s, t->round->count, luck);
    switch (next.step) {
    case DELIVERY_SENT:
        note_success(t);
        t->round->after.sent += t->round->count;
        return go_on(t);
    case DELIVERY_ASIDE:
        TRY(set_aside(t, &answer));
        note_success(t);
        t->round->after.aside++;
        return go_on(t);
    case DELIVERY_AGAIN:
        break;
    }
    if (next.wait_ms > 0) {
        note_failure(t, &answer);
        pause_thread(t, next.wait_ms);
    }
    return ERR_OK;
}

/* In turns, so that neither waits for the other's end. */
static enum err collect(struct webhook_thread *t)
{
    const struct notify_collector *c = &t->collector;
    size_t room = delivery_room(&t->delivery, &c->webhook->delivery);
    bool has_pass = notify_pass_is_due(c->file, c->webhook, node_now(c->node), &t->cursor);
    bool has_rows = t->cursor.next_row <= atomic_load(&c->node->events.last_row);
    return has_pass && (t->is_members_turn || !has_rows)
               ? notify_collect_members(&t->collector, &t->cursor, room, t->round)
               : notify_collect_rows(&t->collector, &t->cursor, room, t->round);
}

static enum err step(struct webhook_thread *t, int64_t *saved_us)
{
    TRY(collect(t));
    if (t->round->count > 0) {
        *saved_us = clock_us();
        return send_round(t);
    }
    bool has_moved = memcmp(&t->cursor, &t->round->after, sizeof t->cursor) != 0;
    t->cursor = t->round->after;
    t->is_members_turn = t->round->source == ROUND_ROWS;
    t->is_saved = t->is_saved && !has_moved;
    if (!t->is_saved && clock_us() - *saved_us > SAVE_MS * 1000) {
        *saved_us = clock_us();
        (void)!save(t); /* or with the next */
    }
    show(t);
    if (!has_moved) {
        pause_thread(t, LOOK_MS);
    }
    return ERR_OK;
}

static void *run(void *context)
{
    struct webhook_thread *t = context;
    int64_t saved_us = clock_us();
    enum err last = ERR_OK;
    while (!atomic_load(&t->is_stopping)) {
        enum err err = step(t, &saved_us);
        if (err != ERR_OK) {
            if (err != last) {
                tell(t, LOG_LEVEL_ERROR, "notify_trouble", err_describe(err)->sentence);
            }
            pause_thread(t, TROUBLE_MS);
        }
        last = err;
    }
    if (!t->is_saved) {
        (void)!save(t); /* or what was said since is said again */
    }
    return NULL;
}

/* ---- Start and end ---- */

/* A new webhook begins with what comes next; so does one that is ahead of a journal that was put
 * back from an older copy. */
static enum err find_cursor(struct webhook_thread *t, struct note *note)
{
    struct node *node = t->collector.node;
    uint64_t end = atomic_load(&node->events.last_row) + 1;
    enum err err =
        notify_cursor_load(node->config.data.text, t->collector.webhook->name, &t->cursor, note);
    if (err == ERR_NOT_FOUND) {
        t->cursor = (struct notify_cursor){.next_row = end};
        return notify_cursor_save(node->config.data.text, t->collector.webhook->name, &t->cursor,
                                  note);
    }
    TRY(err);
    bool is_ahead =
        t->cursor.next_row > end || (t->cursor.next_row == end && t->cursor.next_place > 0);
    if (is_ahead) {
        tell(t, LOG_LEVEL_WARNING, "notify_cursor_ahead", "the journal is an older copy");
        t->cursor.next_row = end;
        t->cursor.next_place = 0;
    }
    return ERR_OK;
}

static enum err open_parts(struct webhook_thread *t, struct note *note)
{
    TRY(notify_secret_load(t->collector.webhook, &t->secret, note));
    t->round = calloc(1, sizeof *t->round);
    if (t->round == NULL) {
        return ERR_RESOURCE;
    }
    TRY(notify_http_open(t->collector.webhook, &t->is_stopping, &t->http));
    TRY(find_cursor(t, note));
    t->report.aside_count = notify_aside_load(t->collector.node->config.data.text,
                                              t->collector.webhook->name, t->report.aside);
    t->report.cursor = t->cursor;
    if (pthread_create(&t->thread, NULL, run, t) != 0) {
        return ERR_RESOURCE;
    }
    t->is_running = true;
    return ERR_OK;
}

enum err webhook_start(struct webhook_thread *t, struct node *node, const struct notify_file *file,
                       const struct notify_webhook *webhook, struct note *note)
{
    struct snapshot *snapshot = node_snapshot(node);
    *t = (struct webhook_thread){.collector = {.node = node, .file = file, .webhook = webhook}};
    t->collector.points_decimals = snapshot->charter->points_decimals;
    snapshot_release(snapshot);
    record_reader_init(&t->collector.records, &node->journal);
    atomic_init(&t->is_stopping, false);
    t->is_saved = true;
    t->report.name = webhook->name;
    t->report.url = webhook->url;
    t->report.channel = (unsigned)webhook->channel;
    pthread_mutex_init(&t->lock, NULL);
    cond_init_monotonic(&t->wake);
    enum err err = open_parts(t, note);
    if (err != ERR_OK) {
        webhook_stop(t);
    }
    return err;
}

void webhook_stop(struct webhook_thread *t)
{
    pthread_mutex_lock(&t->lock);
    atomic_store(&t->is_stopping, true);
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    if (t->is_running) {
        pthread_join(t->thread, NULL);
    }
    notify_http_close(t->http);
    secret_forget(t->secret.at, t->secret.length);
    buffer_fini(&t->secret);
    buffer_fini(&t->body);
    if (t->round != NULL) {
        buffer_fini(&t->round->texts);
        free(t->round);
    }
    record_reader_fini(&t->collector.records);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
}

struct notify_report webhook_report(struct webhook_thread *t)
{
    pthread_mutex_lock(&t->lock);
    struct notify_report report = t->report;
    pthread_mutex_unlock(&t->lock);
    uint64_t end = atomic_load(&t->collector.node->events.last_row) + 1;
    report.rows_behind = end > report.cursor.next_row ? end - report.cursor.next_row : 0;
    return report;
}
