/* Halves that differ: compared by the session when statements do, and on a timer; rows that don't
 * go with their entries are put right, and the rest ends by what is signed (peer/mending.h). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/apart.h"
#include "node/partner_host.h"
#include "node/reconcile.h"
#include "node/recover.h"
#include "node/session.h"
#include "peer/mending.h"
#include "peer/pair.h"

/* ---- Rows ---- */

static void tell_mended(struct session *session, struct period period,
                        const struct half_check checks[2])
{
    char text[PERIOD_TEXT_MAX];
    log_event(&session->node->log, LOG_LEVEL_WARNING, "half_mended",
              LOG_TEXT("partner", session->partner.text),
              LOG_TEXT("period", period_format(period, text)),
              LOG_INT("sent_rows", half_check_mended(&checks[0])),
              LOG_INT("received_rows", half_check_mended(&checks[1])),
              LOG_INT("entries", checks[0].entries + checks[1].entries));
}

bool session_check_rows(struct session *session, struct period period)
{
    struct node *node = session->node;
    struct half_check checks[2] = {{0}, {0}};
    struct partner_host host;
    struct note note = {""};
    partner_host_begin(node, state_reader_view(session->reader), &host);
    enum err err = mending_check_pair(&host.host, &session->partner, period, checks, &note);
    partner_host_end(&host);
    bool is_mended = half_check_mended(&checks[0]) + half_check_mended(&checks[1]) > 0;
    if (is_mended) {
        tell_mended(session, period, checks);
    }
    if (err != ERR_OK && err != ERR_CONFLICT) {
        log_event(&node->log, LOG_LEVEL_WARNING, "half_not_checked",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("reason", err_name(err)),
                  LOG_TEXT("detail", note.text));
    }
    return is_mended;
}

/* ---- Entries ---- */

static void tell(struct session *session, const struct reconcile_result *result, bool is_open)
{
    struct reconcile_report report = reconcile_report_of(result);
    char text[PERIOD_TEXT_MAX];
    pthread_mutex_lock(&session->lock);
    bool is_news = strcmp(session->reconciled[is_open].detail, report.detail) != 0;
    session->reconciled[is_open] = report;
    pthread_mutex_unlock(&session->lock);
    if (report.differences > 0 && is_news) {
        log_event(&session->node->log, LOG_LEVEL_WARNING, "halves_differ",
                  LOG_TEXT("partner", session->partner.text),
                  LOG_TEXT("period", period_format(report.period, text)),
                  LOG_INT("differences", report.differences), LOG_TEXT("detail", report.detail));
    }
}

static bool is_wanting(const struct reconcile_result *result)
{
    for (unsigned i = 0; i < 2; i++) {
        for (size_t k = 0; k < result->halves[i].difference_count && k < RECONCILE_RULINGS; k++) {
            if (result->halves[i].ends[k].action == MEND_RECOVER) {
                return true;
            }
        }
    }
    return false;
}

/* What was done about each difference. */
static void tell_ends(struct session *session, const struct reconcile_result *result)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct half_result *half = &result->halves[i];
        for (size_t k = 0; k < half->difference_count && k < RECONCILE_RULINGS; k++) {
            const struct difference_end *end = &half->ends[k];
            if (end->action == (enum mend_action)0) {
                continue;
            }
            log_event(&session->node->log, LOG_LEVEL_WARNING, "difference_ended",
                      LOG_TEXT("partner", session->partner.text),
                      LOG_INT("number", half->differences[k].number),
                      LOG_TEXT("kind", difference_kind_name(half->differences[k].kind)),
                      LOG_TEXT("ruling", ruling_name(end->ruling)),
                      LOG_TEXT("action", mend_action_name(end->action)),
                      LOG_TEXT("detail", end->detail));
        }
    }
}

/* Does it look as if this ledger, or the partner's, had rows that don't go with their entries? */
static bool is_odd(const struct reconcile_result *result)
{
    return result->halves[0].detail[0] != '\0' || result->halves[1].detail[0] != '\0';
}

static void set_apart(struct session *session, struct rpc_client *client, struct period period,
                      const struct reconcile_result *result)
{
    struct note note = {""};
    if (result->halves[0].difference_count == 0) {
        return; /* the partner's half is the partner's to set apart */
    }
    enum err err = session_set_apart(session, client, period, &result->halves[0], &note);
    if (err != ERR_OK && err != ERR_UNAVAILABLE) {
        log_event(&session->node->log, LOG_LEVEL_WARNING, "not_set_apart",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("reason", err_name(err)),
                  LOG_TEXT("detail", note.text));
    }
}

static void compare_and_mend(struct session *session, struct rpc_client *client,
                             struct period period, bool is_open, struct reconcile_result *result)
{
    struct note note;
    struct node *node = session->node;
    if (!is_open && session_ask_apart(session, client, period, &note)) {
        return; /* what is said next is without it */
    }
    if (node_reconcile(node, client, &session->partner, period, false, result) != ERR_OK) {
        return;
    }
    tell(session, result, is_open);
    bool is_checked = !is_open || is_odd(result); /* of a closed one the statements differ */
    if (!is_checked || session_check_rows(session, period) || !is_odd(result)) {
        return; /* the next comparison tells what is left */
    }
    if (node_reconcile(node, client, &session->partner, period, true, result) == ERR_OK) {
        tell_ends(session, result);
        if (!is_open) {
            set_apart(session, client, period, result);
        }
        if (is_wanting(result) && session_recover(session, &note) != ERR_OK) {
            log_event(&node->log, LOG_LEVEL_WARNING, "not_recovered",
                      LOG_TEXT("partner", session->partner.text), LOG_TEXT("detail", note.text));
        }
    }
}

static void reconcile(struct session *session, struct period period, bool is_open)
{
    struct rpc_client *client;
    struct note note;
    struct reconcile_result *result = calloc(1, sizeof *result);
    if (result != NULL && session_channel(session, &client, &note) == ERR_OK) {
        compare_and_mend(session, client, period, is_open, result);
    }
    free(result);
}

void session_reconcile(struct session *session, struct period period)
{
    reconcile(session, period, false);
}

void session_reconcile_open(struct session *session)
{
    struct ledger_view view = state_reader_view(session->reader);
    struct snapshot *snapshot = node_snapshot(session->node);
    struct stream stream;
    enum err err =
        ledger_get_stream(&view, &snapshot->roster, STREAM_OUT, &session->partner, &stream);
    snapshot_release(snapshot);
    if (err == ERR_OK && !stream.is_frozen) {
        reconcile(session, stream.period, true);
    }
}

/* ---- Closed periods, on a timer ---- */

/* Is there a reason to look at the period? */
static enum err is_wrong(struct session *session, const struct peer_host *host,
                         struct period period, bool *out_is_due, bool *out_differs)
{
    struct pair_row row = {0};
    enum err err = pair_row_load(&host->view, &session->partner, period, &row);
    *out_differs = err == ERR_OK && row.pair.state == PAIR_DIFFERING;
    pair_row_fini(&row);
    TRY(err);
    return mending_is_due(host, &session->partner, period, out_is_due);
}

static enum err watch(void *context, const struct partner_id *partner, struct period period)
{
    struct session *session = context;
    struct partner_host host;
    bool is_due = false;
    bool differs = false;
    if (!partner_id_equal(partner, &session->partner) || session_is_stopping(session)) {
        return ERR_OK;
    }
    partner_host_begin(session->node, state_reader_view(session->reader), &host);
    enum err err = is_wrong(session, &host.host, period, &is_due, &differs);
    partner_host_end(&host);
    if (err == ERR_OK && differs) {
        session_reconcile(session, period);
    } else if (err == ERR_OK && is_due) {
        (void)session_check_rows(session, period);
    }
    return ERR_OK;
}

void session_watch_closed(struct session *session)
{
    struct ledger_view view = state_reader_view(session->reader);
    struct snapshot *snapshot = node_snapshot(session->node);
    enum err err = pair_visit_all(&view, &snapshot->roster, &session->partner, 1,
                                  (struct period){0}, watch, session);
    snapshot_release(snapshot);
    (void)err; /* the next round looks again */
}
