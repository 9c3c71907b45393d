#include "node/housekeeper.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/waiting.h"
#include "engine/retention.h"
#include "node/block_watch.h"
#include "node/in_force.h"
#include "node/insights.h"
#include "node/caps.h"
#include "node/fraud_gate.h"
#include "node/node.h"
#include "node/outbox_watch.h"
#include "node/period_clock.h"
#include "store/readers.h"

#define ROUND_MS        1000
#define READERS_ROUNDS  5u /* between two looks for killed readers */
#define SLICES_PER_LOOK 8u /* of the transaction ids */

struct housekeeper {
    struct node *node;
    struct retention retention;
    struct outbox_watch outboxes;
    struct block_watch blocks;
    unsigned rounds;
    bool is_retention_failing; /* told once */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
};

static void look_at_disk(struct node *node)
{
    enum disk_change change = disk_guard_look(&node->disk_guard);
    if (change == DISK_SAME) {
        return;
    }
    log_event(&node->log, change == DISK_FILLED ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
              change == DISK_FILLED ? "disk_full" : "disk_has_room",
              LOG_TEXT("folder", node->config.data.text),
              LOG_INT("free_mb", (int64_t)(disk_guard_free_bytes(&node->disk_guard) >> 20)),
              LOG_INT("min_free_mb", node->config.limits.min_free_mb));
}

static void log_outbox(struct node *node, const struct partner_id *partner, uint64_t waiting,
                       enum outbox_level level)
{
    static const char *const names[] = {"outbox_has_room", "outbox_filling", "outbox_full"};
    log_event(&node->log, level == OUTBOX_ROOM ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, names[level],
              LOG_TEXT("partner", partner->text), LOG_INT("entries", (int64_t)waiting),
              LOG_INT("outbox_entries", node->config.limits.outbox_entries));
}

static void look_at_outbox(struct housekeeper *keeper, const struct ledger_view *view,
                           const struct roster *roster, const struct partner_id *partner)
{
    struct stream stream;
    enum outbox_level level;
    if (ledger_get_stream(view, roster, STREAM_OUT, partner, &stream) != ERR_OK) {
        return; /* next time */
    }
    uint64_t waiting = stream.last_number - stream.receipted_number;
    if (outbox_watch_look(&keeper->outboxes, partner, waiting,
                          keeper->node->config.limits.outbox_entries, &level)) {
        log_outbox(keeper->node, partner, waiting, level);
    }
}

static void look_at_outboxes(struct housekeeper *keeper)
{
    struct node *node = keeper->node;
    struct state_reader *reader;
    if (readers_take(node->readers, &reader) != ERR_OK) {
        return;
    }
    struct ledger_view view = state_reader_view(reader);
    struct snapshot *snapshot = node_snapshot(node);
    const struct roster *roster = &snapshot->roster;
    for (size_t i = 0; i < roster->partner_count; i++) {
        if (!roster_is_self(roster, &roster->partners[i].id)) {
            look_at_outbox(keeper, &view, roster, &roster->partners[i].id);
        }
    }
    snapshot_release(snapshot);
    readers_give(node->readers, reader);
}

static void forget_old_ids(struct housekeeper *keeper)
{
    bool is_more = true;
    enum err err = ERR_OK;
    if (disk_guard_is_full(&keeper->node->disk_guard)) {
        return;
    }
    for (unsigned i = 0; err == ERR_OK && is_more && i < SLICES_PER_LOOK; i++) {
        err = retention_step(&keeper->retention, &is_more);
    }
    if (err != ERR_OK && !keeper->is_retention_failing) {
        log_event(&keeper->node->log, LOG_LEVEL_ERROR, "retention_failed",
                  LOG_TEXT("detail", err_describe(err)->sentence));
    }
    keeper->is_retention_failing = err != ERR_OK;
}

static void do_round(struct housekeeper *keeper)
{
    struct node *node = keeper->node;
    look_at_disk(node);
    look_at_outboxes(keeper);
    in_force_look(node);
    if (keeper->rounds++ % READERS_ROUNDS == 0) {
        journal_drop_dead_readers(node->journal_file);
        state_drop_dead_readers(node->state);
        archive_drop_dead_readers(node->archive);
    }
    forget_old_ids(keeper);
    caps_look(node);
    blocks_look(node, &keeper->blocks);
    period_clock_look(node);
    insights_look(node);
    fraud_gate_look(node->fraud_gate);
}

/* False when stopping. */
static bool pause_round(struct housekeeper *keeper)
{
    struct timespec until = monotonic_after(ROUND_MS);
    pthread_mutex_lock(&keeper->lock);
    int result = 0;
    while (!keeper->is_stopping && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&keeper->wake, &keeper->lock, &until);
    }
    bool goes_on = !keeper->is_stopping;
    pthread_mutex_unlock(&keeper->lock);
    return goes_on;
}

static void *keep(void *context)
{
    struct housekeeper *keeper = context;
    do {
        do_round(keeper);
    } while (pause_round(keeper));
    return NULL;
}

static void housekeeper_free(struct housekeeper *keeper)
{
    pthread_cond_destroy(&keeper->wake);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

enum err housekeeper_start(struct node *node, struct housekeeper **out_keeper)
{
    pthread_condattr_t monotonic;
    struct housekeeper *keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL) {
        return ERR_RESOURCE;
    }
    keeper->node = node;
    retention_init(&keeper->retention, node->engine, &node->config.partner, node->clock,
                   node->config.limits.id_retention_months);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&keeper->thread, NULL, keep, keeper) != 0) {
        housekeeper_free(keeper);
        return ERR_RESOURCE;
    }
    *out_keeper = keeper;
    return ERR_OK;
}

void housekeeper_stop(struct housekeeper *keeper)
{
    if (keeper == NULL) {
        return;
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->is_stopping = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    housekeeper_free(keeper);
}
