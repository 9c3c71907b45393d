#include "node/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backup/backup.h"
#include "node/apart.h"
#include "node/partner_host.h"
#include "peer/recovery.h"
#include "talea/v1/peer.pb-c.h"

#define COMPARE_TIMEOUT_MS 3000
#define PAGE_TIMEOUT_MS    30000
#define GRPC_NOT_FOUND     5
#define GRPC_UNIMPLEMENTED 12
#define GRPC_UNAVAILABLE   14

/* ---- The mark that a restore leaves ---- */

static enum err remove_mark(const struct node *node, const char *path, struct note *note)
{
    const char *folder = node->config.data.text;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_gone = fd >= 0 && unlink(path) == 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return is_gone ? ERR_OK : note_set(note, ERR_STORAGE, "%s can't be removed", path);
}

/* Is a recovery under way since an earlier start? */
static bool is_marked(const struct peer_host *host)
{
    const struct roster *roster = host->roster;
    for (size_t i = 0; i < roster->partner_count; i++) {
        struct stream stream;
        if (!roster_is_self(roster, &roster->partners[i].id) &&
            ledger_get_stream(&host->view, roster, STREAM_OUT, &roster->partners[i].id, &stream) ==
                ERR_OK &&
            stream.is_recovering) {
            return true;
        }
    }
    return false;
}

enum err recover_begin(struct node *node, size_t partners, struct note *note)
{
    struct partner_host host;
    char path[LIMIT_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/%s", node->config.data.text, BACKUP_RESTORED_NAME);
    bool is_restored = access(path, F_OK) == 0;
    TRY(partner_host_open(node, &host));
    enum err err = is_restored ? recovery_mark(&host.host) : ERR_OK;
    bool is_copy = is_restored || is_marked(&host.host);
    partner_host_end(&host);
    if (err != ERR_OK) {
        return note_set(note, err, "the restored ledger can't be marked as a copy");
    }
    if (is_restored) {
        log_event(&node->log, LOG_LEVEL_WARNING, "restored_copy",
                  LOG_INT("journal_row", engine_stats(node->engine).journal_row));
        TRY(remove_mark(node, path, note));
    }
    recovery_gate_close(&node->recovery_gate, partners, is_copy);
    return ERR_OK;
}

/* One partner's recovery on its way. */
struct asking {
    struct session *session;
    struct rpc_client *client;
    struct recovery recovery;
    struct recover_page_room room;
};

static void host_begin(const struct asking *asking, struct partner_host *out_host)
{
    partner_host_begin(asking->session->node, state_reader_view(asking->session->reader), out_host);
}

static bool is_own_mark(const struct asking *asking)
{
    struct partner_host host;
    struct stream stream = {0};
    host_begin(asking, &host);
    enum err err = ledger_get_stream(&host.host.view, host.host.roster, STREAM_OUT,
                                     &asking->session->partner, &stream);
    partner_host_end(&host);
    return err == ERR_OK && stream.is_recovering;
}

static enum err take_holdings(struct asking *asking, const Talea__V1__CompareStreamsResponse *reply,
                              struct note *note)
{
    struct signed_message message;
    struct partner_host host;
    if (signed_of_message(reply->holdings, &message) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the holdings' envelope is malformed");
    }
    host_begin(asking, &host);
    enum err err = recovery_take_holdings(&asking->recovery, &host.host, &message, note);
    partner_host_end(&host);
    return err;
}

static enum err take_page(struct asking *asking, const Talea__V1__RecoverPageResponse *reply,
                          struct note *note)
{
    struct recover_page page;
    struct partner_host host;
    TRY(recover_page_of_message(reply, &asking->room, &page, note));
    host_begin(asking, &host);
    enum err err = recovery_take_page(&asking->recovery, &host.host, &page, note);
    partner_host_end(&host);
    return err;
}

/* What a call that failed means. A partner of an older version can't be asked: without a sign of a
 * copy the stream opens as it always did, and is frozen when it shows one. */
static enum err judge_status(struct asking *asking, const struct rpc_status *status,
                             bool is_comparison, struct note *note)
{
    const char *partner = asking->session->partner.text;
    if (status->code == GRPC_UNIMPLEMENTED && is_comparison && !is_own_mark(asking)) {
        asking->recovery.stage = RECOVERY_DONE;
        return ERR_OK;
    }
    note_set(note, ERR_UNAVAILABLE, "%s %s: %.160s", partner,
             status->code == GRPC_UNAVAILABLE ? "can't be reached"
                                              : "does not show what it holds of us",
             status->message);
    if (status->code != GRPC_NOT_FOUND || is_comparison) {
        return ERR_UNAVAILABLE;
    }
    struct partner_host host;
    host_begin(asking, &host);
    enum err err = recovery_give_up(&asking->recovery, &host.host, note);
    partner_host_end(&host);
    return err;
}

static enum err ask_once(struct asking *asking, struct note *note)
{
    bool is_comparison;
    struct recover_request request;
    struct partner_host host;
    ProtobufCMessage *reply = NULL;
    Talea__V1__CompareStreamsRequest compare;
    Talea__V1__RecoverPageRequest page;
    talea__v1__compare_streams_request__init(&compare);
    host_begin(asking, &host);
    enum err err = recovery_ask(&asking->recovery, &host.host, &is_comparison, &request);
    partner_host_end(&host);
    TRY(err);
    if (!is_comparison) {
        recover_request_to_message(&request, &page);
    }
    struct rpc_status status =
        rpc_client_call(asking->client, &talea__v1__peer_service__descriptor,
                        is_comparison ? "CompareStreams" : "RecoverPage",
                        is_comparison ? &compare.base : &page.base,
                        is_comparison ? COMPARE_TIMEOUT_MS : PAGE_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return judge_status(asking, &status, is_comparison, note);
    }
    err =
        is_comparison
            ? take_holdings(asking, (const Talea__V1__CompareStreamsResponse *)(void *)reply, note)
            : take_page(asking, (const Talea__V1__RecoverPageResponse *)(void *)reply, note);
    protobuf_c_message_free_unpacked(reply, NULL);
    return err;
}

/* What came back, in one line. */
static void log_recovery(const struct asking *asking)
{
    struct session *session = asking->session;
    struct partner_host host;
    struct partner_recovery r;
    host_begin(asking, &host);
    enum err err = ledger_get_recovery(&host.host.view, &session->partner, &r);
    partner_host_end(&host);
    if (err != ERR_OK) {
        return;
    }
    log_event(&session->node->log, LOG_LEVEL_WARNING, "recovered",
              LOG_TEXT("partner", session->partner.text), LOG_INT("own_entries", r.own_entries),
              LOG_INT("own_last", r.own_last), LOG_INT("own_points", r.own_points.minor),
              LOG_INT("taken_entries", r.taken_entries), LOG_INT("taken_last", r.taken_last),
              LOG_INT("taken_points", r.taken_points.minor), LOG_INT("holds", r.holds),
              LOG_INT("forced", r.forced), LOG_INT("members", r.members),
              LOG_INT("unreplayed", r.unreplayed), LOG_INT("debt_points", r.debt.minor),
              LOG_INT("written_off_points", r.written_off.minor));
}

static enum err recover(struct asking *asking, struct note *note)
{
    bool was_marked = is_own_mark(asking);
    while (!recovery_is_done(&asking->recovery)) {
        if (session_is_stopping(asking->session)) {
            return ERR_CANCELLED;
        }
        TRY(ask_once(asking, note));
        if (!was_marked && is_own_mark(asking)) { /* the partner has shown that this is a copy */
            was_marked = true;
            recovery_gate_reopen_round(&asking->session->node->recovery_gate);
        }
    }
    if (was_marked && !is_own_mark(asking)) {
        log_recovery(asking);
    }
    return ERR_OK;
}

enum err session_recover(struct session *session, struct note *note)
{
    struct asking *asking = calloc(1, sizeof *asking);
    enum err err = ERR_RESOURCE;
    if (asking != NULL) {
        asking->session = session;
        recovery_init(&asking->recovery, &session->partner);
        err = session_channel(session, &asking->client, note);
        if (err == ERR_OK) {
            session_fetch_apart(session, asking->client);
            err = recover(asking, note);
        }
        recovery_fini(&asking->recovery);
        free(asking);
    }
    recovery_gate_tried(&session->node->recovery_gate, &session->tried_round);
    return err;
}
