/* Mandates between the nodes: given to partners that ask, fetched from those that give them. */
#include <string.h>

#include "crypto/random.h"
#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "peer/standin.h"
#include "wire/signed_message.h"

#define FETCH_TIMEOUT_MS 5000
#define LOOK_EVERY_MS    1000
#define FETCH_EVERY_MS   30000 /* from one that gave nothing new */
#define FETCH_AGAIN_MS   2000  /* from one that failed */

/* ---- As the home ---- */

static const struct node_stand_in *configured(const struct node_config *config,
                                              const struct partner_id *partner)
{
    for (size_t i = 0; i < config->stand_in_partner_count; i++) {
        if (partner_id_equal(&config->stand_in_partners[i].partner, partner)) {
            return &config->stand_in_partners[i].terms;
        }
    }
    return &config->stand_in;
}

/* Whole points in the charter's units. */
static int64_t in_units(uint64_t points, unsigned decimals)
{
    uint64_t minor = points;
    for (unsigned i = 0; i < decimals && minor < (uint64_t)LIMIT_POINTS_PER_COMMAND; i++) {
        minor *= 10;
    }
    return minor < (uint64_t)LIMIT_POINTS_PER_COMMAND ? (int64_t)minor : LIMIT_POINTS_PER_COMMAND;
}

/* A mandate of a part of the day carries that part of the day's cap. */
static struct standin_terms terms_for(const struct node *node, const struct snapshot *snapshot,
                                      const struct partner_id *partner)
{
    const struct node_stand_in *said = configured(&node->config, partner);
    unsigned decimals = snapshot->charter->points_decimals;
    uint64_t cap = (uint64_t)said->daily_cap_points * said->hours / STAND_IN_HOURS_MAX;
    return (struct standin_terms){.floor = points_of(in_units(said->floor_points, decimals)),
                                  .cap = points_of(in_units(cap, decimals)),
                                  .life_ms = (int64_t)said->hours * 3600000};
}

/* The envelopes of one answer; their payloads live in the buffers, and the messages borrow all of
 * it. */
struct signed_mandates {
    struct buffer bytes[STANDIN_MANDATES_MAX];
    struct signed_message envelopes[STANDIN_MANDATES_MAX];
    Talea__V1__Signed messages[STANDIN_MANDATES_MAX];
    Talea__V1__Signed *pointers[STANDIN_MANDATES_MAX];
};

static enum err sign_all(const struct peer_host *host, const struct standin_mandates *mandates,
                         struct signed_mandates *out)
{
    for (size_t i = 0; i < mandates->count; i++) {
        TRY(standin_sign(host, &mandates->rows[i].mandate, &out->bytes[i]));
        TRY(signed_decode(buffer_slice(&out->bytes[i]), &out->envelopes[i]));
        signed_to_message(&out->envelopes[i], &out->messages[i]);
        out->pointers[i] = &out->messages[i];
    }
    return ERR_OK;
}

void peer_fetch_mandate(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const struct partner_id *partner = &rpc_call_identity(call)->partner;
    struct partner_host host;
    struct standin_mandates mandates = {.count = 0};
    struct signed_mandates envelopes = {.pointers = {NULL}};
    struct random_source random = random_system();
    struct uid id = uid_new(&random, node_now(node));
    (void)message;
    Talea__V1__FetchMandateResponse response;
    talea__v1__fetch_mandate_response__init(&response);
    enum err err = partner_host_open(node, &host);
    if (err == ERR_OK) {
        struct standin_terms terms = terms_for(node, host.snapshot, partner);
        err = standin_give(&host.host, partner, &terms, &id, &mandates);
        err = err == ERR_OK ? sign_all(&host.host, &mandates, &envelopes) : err;
        partner_host_end(&host);
    }
    if (err == ERR_OK) {
        response.mandates = envelopes.pointers;
        response.n_mandates = mandates.count;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    for (size_t i = 0; i < STANDIN_MANDATES_MAX; i++) {
        buffer_fini(&envelopes.bytes[i]);
    }
}

/* ---- As the redeemer ---- */

static enum err take_all(struct session *session, const Talea__V1__FetchMandateResponse *response,
                         size_t *out_new, struct note *note)
{
    size_t count = 0;
    for (size_t i = 0; i < response->n_mandates && i < STANDIN_MANDATES_MAX; i++) {
        struct signed_message envelope;
        struct partner_host host;
        bool is_new = false;
        TRY(signed_of_message(response->mandates[i], &envelope));
        partner_host_begin(session->node, state_reader_view(session->reader), &host);
        enum err err = standin_take(&host.host, &session->partner, &envelope, &is_new, note);
        partner_host_end(&host);
        TRY(err);
        count += is_new ? 1 : 0;
    }
    *out_new = count;
    return ERR_OK;
}

static enum err fetch(struct session *session, size_t *out_new, struct note *note)
{
    Talea__V1__FetchMandateRequest request;
    talea__v1__fetch_mandate_request__init(&request);
    ProtobufCMessage *reply;
    struct rpc_status status =
        rpc_client_call(session->client, &talea__v1__peer_service__descriptor, "FetchMandate",
                        &request.base, FETCH_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return note_set(note, rpc_status_err(&status), "%s", status.message);
    }
    enum err err = take_all(session, (const Talea__V1__FetchMandateResponse *)(const void *)reply,
                            out_new, note);
    protobuf_c_message_free_unpacked(reply, NULL);
    return err;
}

int64_t session_fetch_mandates(struct session *session)
{
    struct node *node = session->node;
    struct ledger_view view = state_reader_view(session->reader);
    struct standin_mandates mandates;
    struct note note = {""};
    size_t new_ones = 0;
    struct unix_ms now = node_now(node);
    enum err err =
        standin_mandates(&view, &session->partner, &node->config.partner, now, &mandates);
    if (err == ERR_OK && !standin_is_due(&mandates, now)) {
        return LOOK_EVERY_MS;
    }
    err = err == ERR_OK ? fetch(session, &new_ones, &note) : err;
    if (err != ERR_OK && note.text[0] == '\0') {
        note_set(&note, err, "%s", err_describe(err)->sentence);
    }
    bool is_news = strcmp(note.text, session->mandates_note.text) != 0;
    session->mandates_note = note;
    if (err != ERR_OK && is_news) {
        log_event(&node->log, LOG_LEVEL_WARNING, "mandates_not_fetched",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("error", err_name(err)),
                  LOG_TEXT("detail", note.text));
    }
    if (err != ERR_OK) {
        return FETCH_AGAIN_MS;
    }
    if (new_ones > 0) {
        log_event(&node->log, LOG_LEVEL_INFO, "mandates_fetched",
                  LOG_TEXT("partner", session->partner.text), LOG_INT("count", new_ones));
    }
    return new_ones > 0 ? LOOK_EVERY_MS : FETCH_EVERY_MS;
}
