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
    bool acts;
    struct recover_page_room page_room;
    struct recover_page their_page;
    struct holdings_page own_room;
    struct recover_page own_page;
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

/* What this node holds of the partner; NULL: nothing. */
static const struct recover_page *own_page(struct asking *asking, const struct peer_host *host,
                                           const struct recover_request *request)
{
    return holdings_find(host, asking->partner, request, &asking->own_room, &asking->own_page,
                         &asking->note) == ERR_OK
               ? &asking->own_page
               : NULL;
}

/* What the partner holds of this node. The page points into the reply, which is the caller's. */
static const struct recover_page *
ask_page(struct asking *asking, const struct recover_request *request, ProtobufCMessage **out_reply)
{
    Talea__V1__RecoverPageRequest message;
    recover_request_to_message(request, &message);
    *out_reply = NULL;
    if (call(asking, "RecoverPage", &message.base, out_reply) != ERR_OK) {
        return NULL;
    }
    enum err err =
        recover_page_of_message((const Talea__V1__RecoverPageResponse *)(const void *)*out_reply,
                                &asking->page_room, &asking->their_page, &asking->note);
    return err == ERR_OK ? &asking->their_page : NULL;
}

/* The page with the entry; in a few questions when the receipts are numbered otherwise there. */
static const struct recover_page *find_their_page(struct asking *asking,
                                                  struct recover_request request, uint64_t number,
                                                  ProtobufCMessage **out_reply)
{
    struct page_search search;
    const struct recover_page *page;
    bool is_found;
    *out_reply = NULL;
    page_search_begin(&search, request.number);
    do {
        if (*out_reply != NULL) {
            protobuf_c_message_free_unpacked(*out_reply, NULL);
        }
        request.number = search.next;
        page = ask_page(asking, &request, out_reply);
    } while (page_search_goes_on(&search, page, number, &is_found));
    return is_found ? page : NULL;
}

/* By the signatures; and, when that is asked for, done about. */
static enum err judge_halves(struct asking *asking, const struct peer_host *host,
                             struct mend_case *mend, const struct recover_request *ours,
                             struct difference_end *out_end)
{
    enum err err = ERR_OK;
    mend->ours = own_page(asking, host, ours);
    mend->ruling = ruling_of_pages(&asking->comparison, host, mend->pair, mend->ours, mend->theirs);
    out_end->ruling = mend->ruling;
    if (asking->acts) {
        err = mending_act(host, mend, &out_end->action, &asking->note);
        snprintf(out_end->detail, sizeof out_end->detail, "%.150s", asking->note.text);
    }
    holdings_page_fini(&asking->own_room);
    memset(&asking->own_room, 0, sizeof asking->own_room);
    return err;
}

static enum err find_pages(struct asking *asking, uint64_t number,
                           struct recover_request *out_theirs, struct recover_request *out_ours)
{
    struct partner_host host;
    TRY(partner_host_open(asking->node, &host));
    enum err err = ruling_pages(&asking->comparison, &host.host, number, out_theirs, out_ours);
    partner_host_end(&host);
    return err;
}

static enum err end_one(struct asking *asking, const struct difference *difference,
                        struct difference_end *out_end)
{
    struct mend_case mend = {.comparison = &asking->comparison,
                             .pair = &asking->comparison.pairs[difference->pair],
                             .kind = difference->kind,
                             .ruling = RULING_OPEN};
    struct recover_request theirs;
    struct recover_request ours;
    struct partner_host host;
    ProtobufCMessage *reply;
    *out_end = (struct difference_end){.ruling = RULING_OPEN};
    enum err err = find_pages(asking, mend.pair->number, &theirs, &ours);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK; /* no receipt answers it yet */
    }
    TRY(err);
    mend.theirs = find_their_page(asking, theirs, mend.pair->number, &reply);
    err = partner_host_open(asking->node, &host);
    if (err == ERR_OK) {
        asking->comparison.half.host = &host.host;
        err = judge_halves(asking, &host.host, &mend, &ours, out_end);
        partner_host_end(&host);
    }
    protobuf_c_message_free_unpacked(reply, NULL);
    return err;
}

static enum err end_all(struct asking *asking)
{
    const struct comparison *comparison = &asking->comparison;
    for (size_t i = 0; i < comparison->difference_count && i < RECONCILE_RULINGS; i++) {
        TRY(end_one(asking, &comparison->differences[i], &asking->result->ends[i]));
    }
    return ERR_OK;
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
        TRY(end_all(asking));
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
                        const struct partner_id *partner, struct period period, bool acts,
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
        *asking = (struct asking){.node = node, .client = client, .partner = partner, .acts = acts};
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
