/* The administrator's services: status, verification, reload. */
#include <stdio.h>
#include <string.h>

#include "audit/figures.h"
#include "charter/charter_receipt.h"
#include "node/in_force.h"
#include "node/node.h"
#include "node/notifier.h"
#include "node/peer_status.h"
#include "node/peers.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/admin.pb-c.h"
#include "wire/messages.h"

/* ---- Status ---- */

/* A "VmRSS:  1234 kB" line of /proc/self/status; 0 when it can't be read. */
static uint64_t process_bytes(const char *name)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    size_t length = strlen(name);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, length) == 0 && sscanf(line + length, ": %llu", &kib) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib * 1024;
}

static enum err add_peers(struct node *node, struct arena *arena, const struct snapshot *snapshot,
                          Talea__V1__GetStatusResponse *response)
{
    struct state_reader *reader;
    size_t count = peers_count(node->peers);
    response->peers = arena_alloc(arena, (count + 1) * sizeof(Talea__V1__PeerStatus *));
    if (response->peers == NULL) {
        return ERR_RESOURCE;
    }
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ERR_OK;
    struct stream stream;
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        struct peer_report report = peers_report(node->peers, i);
        if (report.is_over) {
            continue;
        }
        if (response->n_peers == 0) {
            err = ledger_get_stream(&view, &snapshot->roster, STREAM_OUT, &report.partner, &stream);
            response->open_period = err == ERR_OK ? stream.period.code : 0;
        }
        Talea__V1__PeerStatus *peer = peer_status(node, arena, &view, snapshot, i);
        err = peer == NULL ? ERR_RESOURCE : err;
        if (err == ERR_OK) {
            response->peers[response->n_peers++] = peer;
        }
    }
    readers_give(node->readers, reader);
    return err;
}

void admin_get_status(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    (void)message;
    Talea__V1__GetStatusResponse response;
    talea__v1__get_status_response__init(&response);
    struct engine_stats stats = engine_stats(node->engine);
    struct snapshot *snapshot = node_snapshot(node);
    const struct charter *charter = snapshot->charter;
    struct arena arena;
    char version[] = TALEA_VERSION;
    char key[KEY_ID_TEXT_MAX];
    arena_init(&arena, LIMIT_DECODED_BYTES);
    response.version = version;
    response.coalition = (char *)(uintptr_t)charter->coalition;
    response.partner = node->config.partner.text;
    response.charter_epoch = charter->epoch;
    response.signing_key = (char *)(uintptr_t)key_id_format(&snapshot->signer.key_id, key);
    response.started_unix_ms = node->started.ms;
    response.journal_rows = stats.journal_row;
    response.checkpointed_rows = stats.checkpointed_row;
    response.resident_bytes = process_bytes("VmRSS");
    response.resident_peak_bytes = process_bytes("VmHWM");
    response.is_ready = atomic_load(&node->is_serving);
    struct readiness readiness = {.count = 0};
    char *problems[READINESS_REASONS_MAX];
    node_check_readiness(node, &readiness);
    while (response.n_problems < readiness.count && response.n_problems < READINESS_REASONS_MAX) {
        problems[response.n_problems] = readiness.reasons[response.n_problems];
        response.n_problems++;
    }
    response.problems = problems;
    response.points_name = (char *)(uintptr_t)charter->points_name;
    response.points_decimals = charter->points_decimals;
    response.currency = (char *)(uintptr_t)charter->currency;
    response.currency_decimals = charter->currency_decimals;
    enum err err = add_peers(node, &arena, snapshot, &response);
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    arena_fini(&arena);
    snapshot_release(snapshot);
}

/* ---- Verification ---- */

#define PROGRESS_ROWS 2000u /* a caller gives up when it hears nothing */

struct verification {
    struct node *node;
    struct rpc_stream *stream;
    struct snapshot *snapshot;
    uint64_t reported;
};

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    struct verification *verification = context;
    const struct charter_key *key = charter_chain_key_at(
        &verification->snapshot->chain, &verification->node->config.partner, id, time);
    if (key == NULL) {
        return ERR_NOT_FOUND;
    }
    *out_key = key->key;
    return ERR_OK;
}

static enum err decode_entry(void *context, struct slice bytes, struct clearing_entry *out_entry)
{
    (void)context;
    return wire_entry_decode(bytes, out_entry, NULL);
}

static enum err open_receipt(void *context, struct slice receipt_signed, struct arena *arena,
                             struct clearing_receipt *out_receipt)
{
    const struct verification *verification = context;
    return charter_open_receipt(&verification->snapshot->chain, receipt_signed, arena, out_receipt);
}

static bool report_progress(void *context, uint64_t rows_done, uint64_t rows_total)
{
    struct verification *verification = context;
    Talea__V1__VerifyLedgerResponse response;
    talea__v1__verify_ledger_response__init(&response);
    if (rows_done < verification->reported + PROGRESS_ROWS) {
        return !rpc_stream_is_cancelled(verification->stream);
    }
    verification->reported = rows_done;
    response.rows_done = rows_done;
    response.rows_total = rows_total;
    return rpc_stream_send(verification->stream, &response.base) == ERR_OK;
}

static enum err send_result(struct verification *verification, enum err result,
                            const struct audit_summary *summary,
                            const struct audit_finding *finding)
{
    Talea__V1__VerifyLedgerResponse response;
    talea__v1__verify_ledger_response__init(&response);
    Talea__V1__LedgerFigures figures;
    char text[AUDIT_FINDING_TEXT_MAX];
    audit_figures(summary, &figures);
    response.figures = &figures;
    response.rows_done = summary->rows;
    response.rows_total = summary->rows;
    response.is_finished = true;
    response.is_clean = result == ERR_OK;
    response.warning = (char *)(uintptr_t)summary->warning;
    if (result != ERR_OK) {
        response.first_bad_row = finding->row;
        response.finding = (char *)(uintptr_t)audit_finding_text(finding, text);
    }
    return rpc_stream_send(verification->stream, &response.base);
}

struct rpc_status admin_verify(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct verification verification = {node, stream, node_snapshot(node), 0};
    const ProtobufCMessage *request;
    struct audit_summary summary;
    struct audit_finding finding;
    enum err err = rpc_stream_receive(stream, &request);
    if (err == ERR_OK) {
        struct audit_options options = {
            .journal = node->journal,
            .state = node->state,
            .vault = node->vault,
            .coalition = node->config.coalition,
            .self = node->config.partner,
            .context = &verification,
            .find_key = find_key,
            .decode_entry = decode_entry,
            .open_receipt = open_receipt,
            .progress = report_progress,
        };
        /* So that the slices are compared at few rows; what can't be written is compared as it is.
         */
        (void)!engine_checkpoint(node->engine);
        err = audit_run(&options, &summary, &finding);
        if (err == ERR_OK || err == ERR_CORRUPT) {
            err = send_result(&verification, err, &summary, &finding);
        }
    }
    snapshot_release(verification.snapshot);
    return err == ERR_OK ? rpc_status_ok() : rpc_status_of(err, NULL);
}

/* ---- Reload ---- */

void admin_reload(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    (void)message;
    Talea__V1__ReloadConfigurationResponse response;
    talea__v1__reload_configuration_response__init(&response);
    char certificate[] = "TLS certificate and partners' CAs";
    char charter[] = "charter";
    char programme[] = "programme";
    char notifications[] = "notifications";
    char *lines[] = {certificate, charter, programme, notifications};
    struct note note = {""};
    enum err err = in_force_reload(node, &note);
    err = err == ERR_OK ? notifier_reload(node->notifier, &note) : err;
    if (err != ERR_OK) {
        refuse_err(call, err, &note);
        return;
    }
    log_event(&node->log, LOG_LEVEL_INFO, "reloaded",
              LOG_TEXT("by", rpc_call_identity(call)->name));
    response.reloaded = lines;
    response.n_reloaded = sizeof lines / sizeof lines[0];
    rpc_call_reply(call, &response.base);
}
