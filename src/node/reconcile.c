/* As the caller: asks the partner's node for hashes of its half, then for the entries that differ,
 * then for the signatures on them. */
#include "node/reconcile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/partner_host.h"
#include "node/session.h"
#include "peer/holdings.h"
#include "talea/v1/peer.pb-c.h"

#define ASK_TIMEOUT_MS 10000

/* One half's comparison on its way. Large; on the heap. */
struct asking {
    struct node *node;
    struct rpc_client *client;
    const struct partner_id *partner;
    struct half_result *result;
    struct note note;
    struct comparison comparison;
    struct compare_room room;
    struct recover_page_room page_room;
    struct holdings_page own_page;
    struct slice entries[RECONCILE_DIFFERENCES];
};

static enum err call(struct asking *asking, const char *method, const ProtobufCMessage *request,
                     ProtobufCMessage **out_reply)
{
    struct rpc_status status = rpc_client_call(asking->client, &talea__v1__peer_service__descriptor,
                                               method, request, ASK_TIMEOUT_MS, out_reply);
    return status.code == 0 ? ERR_OK
                            : note_set(&asking->note, rpc_status_err(&status), "%s: %.200s",
                                       asking->partner->text, status.message);
}

static enum err open(struct asking *asking, struct period period)
{
    struct partner_host host;
    TRY(partner_host_open(asking->node, &host));
    enum err err = comparison_open(&asking->comparison, &host.host, asking->partner,
                                   asking->result->direction, period, &asking->note);
    partner_host_end(&host);
    return err;
}

static enum err take_answer(struct asking *asking, const Talea__V1__CompareHalfResponse *reply)
{
    struct compare_answer answer;
    struct partner_host host;
    TRY(compare_answer_of_message(reply, &asking->room, &answer, &asking->note));
    TRY(partner_host_open(asking->node, &host));
    enum err err = comparison_take(&asking->comparison, &host.host, &answer, &asking->note);
    partner_host_end(&host);
    return err;
}

static enum err ask(struct asking *asking)
{
    struct compare_request request;
    Talea__V1__CompareHalfRequest message;
    ProtobufCMessage *reply = NULL;
    comparison_ask(&asking->comparison, &request);
    compare_request_to_message(&request, &message);
    TRY(call(asking, "CompareHalf", &message.base, &reply));
    enum err err = take_answer(asking, (const Talea__V1__CompareHalfResponse *)(void *)reply);
    protobuf_c_message_free_unpacked(reply, NULL);
    return err;
}

static enum err take_entries(struct asking *asking, const Talea__V1__ShowEntriesResponse *reply,
                             size_t asked)
{
    struct partner_host host;
    TRY(entries_answer_check(reply, asked, &asking->note));
    for (size_t i = 0; i < asked; i++) {
        asking->entries[i] = slice_of(reply->entries[i].data, reply->entries[i].len);
    }
    TRY(partner_host_open(asking->node, &host));
    enum err err = comparison_take_shown(&asking->comparison, &host.host, asking->entries, asked,
                                         &asking->note);
    partner_host_end(&host);
    return err;
}

static enum err show(struct asking *asking)
{
    struct entries_request request;
    Talea__V1__ShowEntriesRequest message;
    ProtobufCMessage *reply = NULL;
    talea__v1__show_entries_request__init(&message);
    comparison_show(&asking->comparison, &request);
    message.sent_by_caller = request.sent_by_caller;
    message.n_numbers = request.count;
    message.numbers = (uint64_t *)(uintptr_t)request.numbers;
    TRY(call(asking, "ShowEntries", &message.base, &reply));
    enum err err =
        take_entries(asking, (const Talea__V1__ShowEntriesResponse *)(void *)reply, request.count);
    protobuf_c_message_free_unpacked(reply, NULL);
    return err;
}

/* ---- Signatures ---- */

/* What this node holds of the partner. */
static bool ours_is_proven(struct asking *asking, const struct peer_host *host,
                           const struct recover_request *request, const struct entry_pair *pair)
{
    struct recover_page page;
    bool is_proven =
        pair->has_ours &&
        holdings_find(host, asking->partner, request, &asking->own_page, &page, &asking->note) ==
            ERR_OK &&
        ruling_is_proven(&asking->comparison, host, &page, true, pair->number, &pair->ours);
    holdings_page_fini(&asking->own_page);
    memset(&asking->own_page, 0, sizeof asking->own_page);
    return is_proven;
}

static enum err look_here(struct asking *asking, const struct entry_pair *pair,
                          struct recover_request *out_theirs, bool *out_is_proven)
{
    struct recover_request ours;
    struct partner_host host;
    TRY(partner_host_open(asking->node, &host));
    enum err err = ruling_pages(&asking->comparison, &host.host, pair->number, out_theirs, &ours);
    *out_is_proven = err == ERR_OK && ours_is_proven(asking, &host.host, &ours, pair);
    partner_host_end(&host);
    return err;
}

/* What the partner holds of this node, if it has the page. */
static bool theirs_is_proven(struct asking *asking, const struct recover_request *request,
                             const struct entry_pair *pair)
{
    Talea__V1__RecoverPageRequest message;
    ProtobufCMessage *reply = NULL;
    struct recover_page page;
    struct partner_host host;
    bool is_proven = false;
    recover_request_to_message(request, &message);
    if (!pair->has_theirs || call(asking, "RecoverPage", &message.base, &reply) != ERR_OK) {
        return false;
    }
    if (partner_host_open(asking->node, &host) == ERR_OK) {
        is_proven =
            recover_page_of_message((const Talea__V1__RecoverPageResponse *)(const void *)reply,
                                    &asking->page_room, &page, &asking->note) == ERR_OK &&
            ruling_is_proven(&asking->comparison, &host.host, &page, false, pair->number,
                             &pair->theirs);
        partner_host_end(&host);
    }
    protobuf_c_message_free_unpacked(reply, NULL);
    return is_proven;
}

static void rule_all(struct asking *asking)
{
    const struct comparison *comparison = &asking->comparison;
    for (size_t i = 0; i < comparison->difference_count && i < RECONCILE_RULINGS; i++) {
        const struct entry_pair *pair = &comparison->pairs[comparison->differences[i].pair];
        struct recover_request request;
        bool is_ours;
        asking->result->rulings[i] = RULING_OPEN;
        if (look_here(asking, pair, &request, &is_ours) == ERR_OK) {
            asking->result->rulings[i] =
                ruling_of(is_ours, theirs_is_proven(asking, &request, pair));
        }
    }
}

/* ---- The whole ---- */

static enum err compare(struct asking *asking, struct period period)
{
    TRY(open(asking, period));
    while (!comparison_is_over(&asking->comparison)) {
        TRY(ask(asking));
    }
    if (asking->comparison.search.stage == RECONCILE_DIFFERENT) {
        TRY(show(asking));
        rule_all(asking);
    }
    return ERR_OK;
}

static void describe(struct half_result *result)
{
    const struct difference *first = &result->differences[0];
    if (result->difference_count > 0) {
        snprintf(result->detail, sizeof result->detail,
                 "%zu%s differ, the first is %" PRIu64 " (%s)", result->difference_count,
                 result->is_cut ? " or more entries" : "", first->number,
                 difference_kind_name(first->kind));
    }
}

static void keep_result(struct asking *asking, enum err err)
{
    struct half_result *result = asking->result;
    const struct comparison *comparison = &asking->comparison;
    const struct reconcile *search = &comparison->search;
    result->is_compared = err == ERR_OK;
    if (err != ERR_OK) {
        snprintf(result->detail, sizeof result->detail, "%.250s",
                 asking->note.text[0] != '\0' ? asking->note.text : err_describe(err)->sentence);
        return;
    }
    result->first_number = comparison->half.first_number;
    result->our_count = comparison->half.tree.count;
    result->their_count = search->their_count;
    result->rounds = search->rounds;
    result->hashes = search->hashes;
    result->is_cut = search->is_cut;
    result->difference_count = comparison->difference_count;
    memcpy(result->differences, comparison->differences,
           comparison->difference_count * sizeof comparison->differences[0]);
    memcpy(result->pairs, comparison->pairs, comparison->pair_count * sizeof comparison->pairs[0]);
    describe(result);
}

enum err node_reconcile(struct node *node, struct rpc_client *client,
                        const struct partner_id *partner, struct period period,
                        struct reconcile_result *out_result)
{
    memset(out_result, 0, sizeof *out_result);
    out_result->at = node_now(node);
    out_result->period = period;
    for (unsigned i = 0; i < 2; i++) {
        struct asking *asking = calloc(1, sizeof *asking);
        if (asking == NULL) {
            return ERR_RESOURCE;
        }
        *asking = (struct asking){.node = node, .client = client, .partner = partner};
        asking->result = &out_result->halves[i];
        asking->result->direction = i == 0 ? STREAM_OUT : STREAM_IN;
        keep_result(asking, compare(asking, period));
        comparison_close(&asking->comparison);
        free(asking);
    }
    return ERR_OK;
}

struct reconcile_report reconcile_report_of(const struct reconcile_result *result)
{
    struct reconcile_report report = {.at = result->at, .period = result->period};
    for (unsigned i = 0; i < 2; i++) {
        const struct half_result *half = &result->halves[i];
        report.entries += half->our_count;
        report.differences += half->difference_count;
        if (half->detail[0] != '\0' && report.detail[0] == '\0') {
            snprintf(report.detail, sizeof report.detail, "%s: %.240s",
                     i == 0 ? "sent" : "received", half->detail);
        }
    }
    return report;
}

/* ---- By the session ---- */

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

static void reconcile(struct session *session, struct period period, bool is_open)
{
    struct rpc_client *client;
    struct note note;
    struct reconcile_result *result = calloc(1, sizeof *result);
    if (result != NULL && session_channel(session, &client, &note) == ERR_OK &&
        node_reconcile(session->node, client, &session->partner, period, result) == ERR_OK) {
        tell(session, result, is_open);
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
