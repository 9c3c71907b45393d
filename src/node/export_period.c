/* What an auditor needs of a period: the charter's epochs, both streams with each partner and the
 * signatures over them, and what partners signed about the net. One batch is in memory at a time,
 * and no read transaction outlasts it. */
#include <stdlib.h>

#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/half.h"
#include "peer/netting.h"
#include "talea/v1/back_office.pb-c.h"
#include "wire/fields.h"

/* One export on its way. Large; on the heap. */
struct exporting {
    struct node *node;
    struct rpc_stream *stream;
    struct period period;
    /* Of the stream at hand. */
    struct partner_id partner;
    enum stream_direction direction;
    struct half_view half;
    struct half_run run;
    struct buffer receipt_before;
    uint64_t first; /* the period's entries that have a receipt; 0: none */
    uint64_t last;
    uint64_t receipt; /* the next to be shown */
    ProtobufCBinaryData entries[LIMIT_CLEARING_BATCH];
};

static ProtobufCBinaryData bytes_of(const struct buffer *buffer)
{
    return binary_of(buffer->at, buffer->length);
}

static enum err send_charters(struct exporting *exporting)
{
    struct snapshot *snapshot = node_snapshot(exporting->node);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < snapshot->chain.count; i++) {
        Talea__V1__ExportPeriodResponse response;
        talea__v1__export_period_response__init(&response);
        struct slice bytes = snapshot->chain.charters[i]->bytes;
        response.part_case = TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_CHARTER;
        response.charter = binary_of((uint8_t *)(uintptr_t)bytes.at, bytes.length);
        err = rpc_stream_send(exporting->stream, &response.base);
    }
    snapshot_release(snapshot);
    return err;
}

/* The period's numbers, and the receipt that its first entry stands under. */
static enum err find_range(struct exporting *exporting, const struct peer_host *host)
{
    struct stream stream;
    struct half ended;
    exporting->first = exporting->last = exporting->receipt = 0;
    TRY(ledger_get_stream(&host->view, host->roster, exporting->direction, &exporting->partner,
                          &stream));
    enum err err = ledger_get_half(&host->view, exporting->direction, &exporting->partner,
                                   exporting->period, &ended);
    if (err == ERR_NOT_FOUND && stream.period.code == exporting->period.code) {
        ended = (struct half){stream.period_first_number, stream.last_number, {{0}}, {0}};
    } else if (err == ERR_NOT_FOUND) {
        return ERR_OK; /* the pair had no such period */
    } else {
        TRY(err);
    }
    uint64_t receipted = stream.receipted_number;
    uint64_t last = ended.last_number < receipted ? ended.last_number : receipted;
    if (last < ended.first_number) {
        return ERR_OK;
    }
    TRY(half_receipt_of(&exporting->half, ended.first_number, &exporting->receipt));
    exporting->first = ended.first_number;
    exporting->last = last;
    return exporting->receipt == 1 ? ERR_OK
                                   : half_receipt_read(&exporting->half, exporting->receipt - 1,
                                                       &exporting->receipt_before);
}

static enum err send_head(struct exporting *exporting, const struct partner_id *self)
{
    bool is_own = exporting->direction == STREAM_OUT;
    struct partner_id holder = *self;
    Talea__V1__ExportPeriodResponse response;
    Talea__V1__DossierStream head;
    talea__v1__export_period_response__init(&response);
    talea__v1__dossier_stream__init(&head);
    head.holder = holder.text;
    head.sender = is_own ? holder.text : exporting->partner.text;
    head.receiver = is_own ? exporting->partner.text : holder.text;
    head.period = exporting->period.code;
    head.first_number = exporting->first;
    head.last_number = exporting->last;
    head.receipt_before = bytes_of(&exporting->receipt_before);
    response.part_case = TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_STREAM;
    response.stream = &head;
    return rpc_stream_send(exporting->stream, &response.base);
}

static enum err send_run(struct exporting *exporting)
{
    struct half_run *run = &exporting->run;
    Talea__V1__ExportPeriodResponse response;
    Talea__V1__DossierRun message;
    talea__v1__export_period_response__init(&response);
    talea__v1__dossier_run__init(&message);
    for (size_t i = 0; i < run->count; i++) {
        size_t start = i == 0 ? 0 : run->ends[i - 1];
        exporting->entries[i] = binary_of(run->bytes.at + start, run->ends[i] - start);
    }
    message.head = bytes_of(&run->head_signed);
    message.receipt = bytes_of(&run->receipt_signed);
    message.n_entries = run->count;
    message.entries = exporting->entries;
    response.part_case = TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_RUN;
    response.run = &message;
    return rpc_stream_send(exporting->stream, &response.base);
}

static enum err begin_stream(struct exporting *exporting)
{
    struct partner_host host;
    buffer_clear(&exporting->receipt_before);
    TRY(partner_host_open(exporting->node, &host));
    half_begin(&exporting->half, &host.host, &exporting->partner, exporting->direction);
    enum err err = find_range(exporting, &host.host);
    struct partner_id self = host.host.roster->self;
    partner_host_end(&host);
    return err == ERR_OK ? send_head(exporting, &self) : err;
}

static enum err next_run(struct exporting *exporting)
{
    struct partner_host host;
    TRY(partner_host_open(exporting->node, &host));
    exporting->half.host = &host.host;
    enum err err = half_run_read(&exporting->half, exporting->receipt++, &exporting->run);
    partner_host_end(&host);
    return err;
}

static enum err send_stream(struct exporting *exporting, const struct partner_id *partner,
                            enum stream_direction direction)
{
    exporting->partner = *partner;
    exporting->direction = direction;
    enum err err = begin_stream(exporting);
    bool is_more = exporting->first != 0;
    while (err == ERR_OK && is_more) {
        err = next_run(exporting);
        if (err == ERR_OK) {
            err = send_run(exporting);
            is_more = exporting->run.last < exporting->last;
        }
    }
    half_close(&exporting->half);
    return err;
}

static enum err send_streams(struct exporting *exporting, const struct snapshot *snapshot)
{
    struct partner_id *partners;
    size_t count;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(snapshot_everybody(snapshot, &arena, &partners, &count));
    for (size_t i = 0; i < count; i++) {
        if (!roster_is_self(&snapshot->roster, &partners[i])) {
            TRY(send_stream(exporting, &partners[i], STREAM_OUT));
            TRY(send_stream(exporting, &partners[i], STREAM_IN));
        }
    }
    return ERR_OK;
}

/* ---- The net of all pairs ---- */

static ProtobufCBinaryData binary_of_slice(struct slice bytes)
{
    return binary_of((uint8_t *)(uintptr_t)bytes.at, bytes.length);
}

static enum err send_net(struct exporting *exporting, Talea__V1__DossierNet *net)
{
    Talea__V1__ExportPeriodResponse response;
    talea__v1__export_period_response__init(&response);
    response.part_case = TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_NET;
    response.net = net;
    return rpc_stream_send(exporting->stream, &response.base);
}

static enum err send_word(struct exporting *exporting, const struct peer_host *host,
                          const struct partner_id *partner)
{
    struct slice word;
    struct partner_id whose = *partner;
    Talea__V1__DossierNet net;
    talea__v1__dossier_net__init(&net);
    enum err err = netting_word_of(host, exporting->period, partner, &word);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    net.partner = whose.text;
    net.word = binary_of_slice(word);
    return send_net(exporting, &net);
}

static enum err send_vote(struct exporting *exporting, const struct peer_host *host,
                          const struct partner_id *partner, uint32_t round)
{
    struct slice vote;
    struct partner_id whose = *partner;
    Talea__V1__DossierNet net;
    talea__v1__dossier_net__init(&net);
    enum err err = netting_vote_in(host, exporting->period, partner, round, &vote);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    net.partner = whose.text;
    net.vote = binary_of_slice(vote);
    return send_net(exporting, &net);
}

/* A partner's word and its votes, and its agreed statements with those before it. */
static enum err send_net_of(struct exporting *exporting, const struct peer_host *host,
                            size_t partner)
{
    const struct roster *roster = host->roster;
    const struct partner_id *second = &roster->partners[partner].id;
    TRY(send_word(exporting, host, second));
    for (uint32_t round = 0; round < NETTING_ROUNDS_MAX; round++) {
        TRY(send_vote(exporting, host, second, round));
    }
    for (size_t i = 0; i < partner; i++) {
        struct slice parts[2];
        Talea__V1__DossierNet net;
        talea__v1__dossier_net__init(&net);
        enum err err = netting_statement_of(host, exporting->period, &roster->partners[i].id,
                                            second, &parts[0], &parts[1]);
        if (err == ERR_OK) {
            net.statement = binary_of_slice(parts[0]);
            net.countersignature = binary_of_slice(parts[1]);
            err = send_net(exporting, &net);
        }
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    }
    return ERR_OK;
}

static enum err send_netting(struct exporting *exporting, const struct snapshot *snapshot)
{
    enum err err = ERR_OK;
    bool is_multilateral = charter_chain_last(&snapshot->chain)->is_multilateral;
    for (size_t i = 0; is_multilateral && err == ERR_OK && i < snapshot->roster.partner_count;
         i++) {
        struct partner_host host;
        err = partner_host_open(exporting->node, &host);
        if (err == ERR_OK) {
            bool is_there = i < host.host.roster->partner_count; /* of the same epoch or a later */
            err = is_there ? send_net_of(exporting, &host.host, i) : ERR_OK;
            partner_host_end(&host);
        }
    }
    return err;
}

static enum err export_all(struct exporting *exporting)
{
    TRY(send_charters(exporting));
    struct snapshot *snapshot = node_snapshot(exporting->node);
    enum err err = send_streams(exporting, snapshot);
    if (err == ERR_OK) {
        err = send_netting(exporting, snapshot);
    }
    snapshot_release(snapshot);
    return err;
}

struct rpc_status office_export_period(void *context, struct rpc_stream *stream)
{
    const ProtobufCMessage *message;
    struct note note = {""};
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    uint32_t code = ((const Talea__V1__ExportPeriodRequest *)(const void *)message)->period;
    if (!period_is_valid((struct period){code})) {
        (void)note_set(&note, ERR_INPUT, "period is no month, week or day");
        return rpc_status_of(ERR_INPUT, &note);
    }
    struct exporting *exporting = calloc(1, sizeof *exporting);
    if (exporting == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    exporting->node = context;
    exporting->stream = stream;
    exporting->period = (struct period){code};
    err = export_all(exporting);
    half_run_fini(&exporting->run);
    buffer_fini(&exporting->receipt_before);
    free(exporting);
    return err == ERR_OK ? rpc_status_ok() : rpc_status_of(err, NULL);
}
