#include "node/peer_guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "peer/guard.h"

#define LOG_EVERY_MS   60000
#define HOLD_METHOD    "/talea.v1.PeerService/AuthoriseHold"
#define PARTNERS_KNOWN LIMIT_PARTNERS

/* One reason for which a partner was refused something. */
struct refusal {
    char reason[PEER_REASON_BYTES];
    char detail[160];
    struct metric_counter *counter; /* NULL: the registry is full */
    int64_t times;
    int64_t unlogged;
    struct unix_ms last;
    struct unix_ms logged; /* 0: never */
};

struct guarded {
    struct partner_id partner;
    struct guard guard;
    struct refusal refusals[PEER_REASONS_MAX];
    size_t refusal_count;
    struct unix_ms reconciled;
    struct peer_caps_seen caps;
};

struct peer_guard {
    struct node *node;
    struct guard_limits limits;
    pthread_mutex_t lock;
    struct guarded *partners[PARTNERS_KNOWN]; /* in the order in which they came */
    size_t count;
};

enum err peer_guard_create(struct node *node, struct peer_guard **out_guard)
{
    const struct node_limits *limits = &node->config.limits;
    struct peer_guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL) {
        return ERR_RESOURCE;
    }
    guard->node = node;
    guard->limits.rates[GUARD_HOLDS] = guard_rate(limits->peer_holds_per_s);
    guard->limits.rates[GUARD_REFUSED_HOLDS] = guard_rate(limits->peer_refused_holds_per_s);
    guard->limits.rates[GUARD_ENTRIES] = guard_rate(limits->peer_entries_per_s);
    guard->limits.rates[GUARD_CALLS] = guard_rate(limits->peer_calls_per_s);
    pthread_mutex_init(&guard->lock, NULL);
    *out_guard = guard;
    return ERR_OK;
}

void peer_guard_destroy(struct peer_guard *guard)
{
    if (guard == NULL) {
        return;
    }
    for (size_t i = 0; i < guard->count; i++) {
        free(guard->partners[i]);
    }
    pthread_mutex_destroy(&guard->lock);
    free(guard);
}

/* Under the lock. NULL without memory or room: then nothing is counted. */
static struct guarded *find(struct peer_guard *guard, const struct partner_id *partner)
{
    for (size_t i = 0; i < guard->count; i++) {
        if (partner_id_equal(&guard->partners[i]->partner, partner)) {
            return guard->partners[i];
        }
    }
    if (guard->count == PARTNERS_KNOWN) {
        return NULL;
    }
    struct guarded *guarded = calloc(1, sizeof *guarded);
    if (guarded != NULL) {
        guarded->partner = *partner;
        guard->partners[guard->count++] = guarded;
    }
    return guarded;
}

static bool take(struct peer_guard *guard, const struct partner_id *partner, enum guard_kind kind,
                 uint32_t cost, int64_t *out_wait_ms)
{
    struct unix_ms now = node_now(guard->node);
    pthread_mutex_lock(&guard->lock);
    struct guarded *guarded = find(guard, partner);
    bool is_given = guarded == NULL ||
                    guard_take(&guarded->guard, &guard->limits, kind, cost, now, out_wait_ms);
    pthread_mutex_unlock(&guard->lock);
    return is_given;
}

/* May the ledger be asked once more, after all that it refused? */
static bool may_be_refused(struct peer_guard *guard, const struct partner_id *partner,
                           int64_t *out_wait_ms)
{
    struct unix_ms now = node_now(guard->node);
    pthread_mutex_lock(&guard->lock);
    const struct guarded *guarded = find(guard, partner);
    bool may = guarded == NULL ||
               guard_has(&guarded->guard, &guard->limits, GUARD_REFUSED_HOLDS, now, out_wait_ms);
    pthread_mutex_unlock(&guard->lock);
    return may;
}

bool peer_guard_admit(void *context, const struct identity *caller, const char *full_method,
                      struct rpc_status *out_status)
{
    struct peer_guard *guard = context;
    const char *reason = NULL;
    int64_t wait_ms = 0;
    if (caller->role != ROLE_PEER) {
        return true;
    }
    if (strcmp(full_method, HOLD_METHOD) != 0) {
        reason = take(guard, &caller->partner, GUARD_CALLS, 1, &wait_ms) ? NULL : "RATE_CALLS";
    } else if (!take(guard, &caller->partner, GUARD_HOLDS, 1, &wait_ms)) {
        reason = "RATE_HOLDS";
    } else if (!may_be_refused(guard, &caller->partner, &wait_ms)) {
        reason = "RATE_REFUSED_HOLDS";
    }
    if (reason == NULL) {
        return true;
    }
    *out_status = rpc_status_make(8, reason, "%s asks more than it may; again in %lld ms.",
                                  caller->partner.text, (long long)wait_ms);
    out_status->retry_after_ms = wait_ms;
    peer_guard_refused(guard, &caller->partner, reason, full_method);
    return false;
}

void peer_guard_hold_refused(struct peer_guard *guard, const struct partner_id *partner)
{
    int64_t wait_ms;
    (void)take(guard, partner, GUARD_REFUSED_HOLDS, 1, &wait_ms);
}

int64_t peer_guard_pace(struct peer_guard *guard, const struct partner_id *partner, size_t entries)
{
    int64_t wait_ms = 0;
    return take(guard, partner, GUARD_ENTRIES, (uint32_t)entries, &wait_ms) ? 0 : wait_ms;
}

/* Under the lock. */
static struct refusal *find_refusal(struct guarded *guarded, const char *reason)
{
    for (size_t i = 0; i < guarded->refusal_count; i++) {
        if (strcmp(guarded->refusals[i].reason, reason) == 0) {
            return &guarded->refusals[i];
        }
    }
    if (guarded->refusal_count == PEER_REASONS_MAX) {
        return &guarded->refusals[PEER_REASONS_MAX - 1];
    }
    bool is_last = guarded->refusal_count + 1 == PEER_REASONS_MAX;
    struct refusal *refusal = &guarded->refusals[guarded->refusal_count++];
    snprintf(refusal->reason, sizeof refusal->reason, "%s", is_last ? "OTHER" : reason);
    return refusal;
}

static void add_counter(struct node *node, const struct guarded *guarded, struct refusal *refusal)
{
    struct metric_spec spec = {"talea_peer_refused_total",
                               "What a partner's node asked and was refused, by reason.", 0};
    enum err err = metrics_add_counter(
        node->metrics, &spec,
        METRIC_LABELS({"partner", guarded->partner.text}, {"reason", refusal->reason}),
        &refusal->counter);
    (void)err; /* where the registry has no room, the report still counts */
}

void peer_guard_refused(struct peer_guard *guard, const struct partner_id *partner,
                        const char *reason, const char *detail)
{
    struct node *node = guard->node;
    struct unix_ms now = node_now(node);
    int64_t unlogged = 0;
    pthread_mutex_lock(&guard->lock);
    struct guarded *guarded = find(guard, partner);
    if (guarded != NULL) {
        struct refusal *refusal = find_refusal(guarded, reason);
        if (refusal->times++ == 0) {
            add_counter(node, guarded, refusal);
        }
        if (refusal->counter != NULL) {
            metric_counter_add(refusal->counter, 1);
        }
        snprintf(refusal->detail, sizeof refusal->detail, "%s", detail);
        refusal->last = now;
        refusal->unlogged++;
        if (refusal->logged.ms == 0 || now.ms - refusal->logged.ms >= LOG_EVERY_MS) {
            unlogged = refusal->unlogged;
            refusal->unlogged = 0;
            refusal->logged = now;
        }
    }
    pthread_mutex_unlock(&guard->lock);
    if (unlogged > 0) {
        log_event(&node->log, LOG_LEVEL_WARNING, "peer_refused", LOG_TEXT("partner", partner->text),
                  LOG_TEXT("reason", reason), LOG_INT("times", unlogged),
                  LOG_TEXT("detail", detail));
    }
}

void peer_guard_reconciled(struct peer_guard *guard, const struct partner_id *partner)
{
    pthread_mutex_lock(&guard->lock);
    struct guarded *guarded = find(guard, partner);
    if (guarded != NULL) {
        guarded->reconciled = node_now(guard->node);
    }
    pthread_mutex_unlock(&guard->lock);
}

void peer_guard_see_caps(struct peer_guard *guard, const struct partner_id *partner,
                         const struct peer_caps_seen *caps, struct peer_caps_seen *out_before)
{
    *out_before = *caps;
    pthread_mutex_lock(&guard->lock);
    struct guarded *guarded = find(guard, partner);
    if (guarded != NULL) {
        *out_before = guarded->caps;
        guarded->caps = *caps;
    }
    pthread_mutex_unlock(&guard->lock);
}

void peer_guard_report(struct peer_guard *guard, const struct partner_id *partner,
                       struct peer_refusals *out_refusals)
{
    out_refusals->count = 0;
    pthread_mutex_lock(&guard->lock);
    const struct guarded *guarded = find(guard, partner);
    out_refusals->reconciled = guarded != NULL ? guarded->reconciled : (struct unix_ms){0};
    for (size_t i = 0; guarded != NULL && i < guarded->refusal_count; i++) {
        const struct refusal *refusal = &guarded->refusals[i];
        size_t row = out_refusals->count++;
        memcpy(out_refusals->rows[row].reason, refusal->reason, sizeof refusal->reason);
        memcpy(out_refusals->rows[row].detail, refusal->detail, sizeof refusal->detail);
        out_refusals->rows[row].times = refusal->times;
        out_refusals->rows[row].last = refusal->last;
    }
    pthread_mutex_unlock(&guard->lock);
}
