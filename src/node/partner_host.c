#include "node/partner_host.h"

#include "node/metrics.h"
#include "node/peer_guard.h"

static void log_reversal(struct node *node, const struct peer_event *event)
{
    log_event(&node->log, LOG_LEVEL_WARNING, "entry_reversed",
              LOG_TEXT("partner", event->partner.text), LOG_INT("number", event->entry->number),
              LOG_TEXT("kind", entry_kind_name(event->entry->kind)),
              LOG_INT("points", event->entry->points.minor),
              LOG_UID("transaction", event->entry->transaction_id),
              LOG_TEXT("reason", event->reason));
}

static void log_matched(struct node *node, const struct peer_event *event)
{
    char text[PERIOD_TEXT_MAX];
    log_event(&node->log, LOG_LEVEL_INFO, "period_matched",
              LOG_TEXT("partner", event->partner.text),
              LOG_TEXT("period", period_format(event->period, text)));
}

static void on_event(void *context, const struct peer_event *event)
{
    struct node *node = context;
    switch (event->kind) {
    case PEER_BATCH_SENT:
        node_count_batch_out(node->counters, &event->partner, event->count);
        break;
    case PEER_RECEIPT_TAKEN:
        node_count_receipt(node->counters, &event->partner, event->refused);
        peer_guard_reconciled(node->peer_guard, &event->partner);
        break;
    case PEER_ENTRY_REVERSED:
        log_reversal(node, event);
        break;
    case PEER_ENTRIES_REVERSED:
        log_event(&node->log, LOG_LEVEL_WARNING, "entries_reversed",
                  LOG_TEXT("partner", event->partner.text), LOG_INT("count", event->count));
        break;
    case PEER_BATCH_TAKEN:
        node_count_batch_in(node->counters, &event->partner, event->count, event->refused);
        break;
    case PEER_BATCH_REFUSED:
        node_count_batch_refused(node->counters, &event->partner);
        peer_guard_refused(node->peer_guard, &event->partner, event->reason, event->detail);
        break;
    case PEER_OLDER_COPY:
        peer_guard_refused(node->peer_guard, &event->partner, "OLDER_COPY", event->detail);
        break;
    case PEER_PERIOD_MATCHED:
        log_matched(node, event);
        break;
    case PEER_RECOVERED:
        break;
    }
}

void partner_host_begin(struct node *node, struct ledger_view view, struct partner_host *out_host)
{
    struct snapshot *snapshot = node_snapshot(node);
    *out_host = (struct partner_host){
        .snapshot = snapshot,
        .host =
            {
                .engine = node->engine,
                .signer = &snapshot->signer,
                .charter = snapshot->charter,
                .chain = &snapshot->chain,
                .roster = &snapshot->roster,
                .view = view,
                .now = node_now(node),
                .context = node,
                .on_event = on_event,
            },
    };
}

enum err partner_host_open(struct node *node, struct partner_host *out_host)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    partner_host_begin(node, state_reader_view(reader), out_host);
    out_host->reader = reader;
    return ERR_OK;
}

void partner_host_end(struct partner_host *host)
{
    if (host->reader != NULL) {
        struct node *node = host->host.context;
        readers_give(node->readers, host->reader);
    }
    snapshot_release(host->snapshot);
}
