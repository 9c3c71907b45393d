/* Offers of blocks of points between the nodes: shown to partners that ask, asked for of those that
 * may sell. */
#include <stdlib.h>
#include <string.h>

#include "node/block_offers.h"
#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "wire/signed_message.h"

#define FETCH_TIMEOUT_MS 5000
#define FETCH_EVERY_MS   3000
#define LOOK_EVERY_MS    15000 /* whether there is something that may be sold */

/* ---- As the seller ---- */

/* The envelopes of one answer; their payloads live in the buffers, and the messages borrow all of
 * it. */
struct signed_offers {
    size_t count;
    struct buffer bytes[LIMIT_BLOCKS_OPEN];
    struct signed_message envelopes[LIMIT_BLOCKS_OPEN];
    Talea__V1__Signed messages[LIMIT_BLOCKS_OPEN];
    Talea__V1__Signed *pointers[LIMIT_BLOCKS_OPEN];
};

static enum err sign_one(const struct peer_host *host, const struct block_terms *terms,
                         struct signed_offers *out)
{
    size_t place = out->count++;
    TRY(block_offer_sign(host, terms, &out->bytes[place]));
    TRY(signed_decode(buffer_slice(&out->bytes[place]), &out->envelopes[place]));
    signed_to_message(&out->envelopes[place], &out->messages[place]);
    out->pointers[place] = &out->messages[place];
    return ERR_OK;
}

static enum err sign_all(const struct peer_host *host, const struct partner_id *buyer,
                         struct signed_offers *out)
{
    const struct partner_id *self = &host->roster->self;
    struct block_line line;
    enum err err = ledger_get_block_line(&host->view, self, buyer, &line);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    for (size_t i = 0; i < line.count; i++) {
        struct block_row row;
        TRY(ledger_get_block(&host->view, self, buyer, &line.places[i].id, &row));
        if (row.state == BLOCK_OFFERED && row.terms.offered_until.ms >= host->now.ms) {
            TRY(sign_one(host, &row.terms, out));
        }
    }
    return ERR_OK;
}

void peer_fetch_block_offers(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct partner_host host;
    struct signed_offers *offers = calloc(1, sizeof *offers); /* it outlives the call's memory */
    (void)message;
    Talea__V1__FetchBlockOffersResponse response;
    talea__v1__fetch_block_offers_response__init(&response);
    if (offers == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    enum err err = partner_host_open(node, &host);
    if (err == ERR_OK) {
        err = sign_all(&host.host, &rpc_call_identity(call)->partner, offers);
        partner_host_end(&host);
    }
    if (err == ERR_OK) {
        response.offers = offers->pointers;
        response.n_offers = offers->count;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    for (size_t i = 0; i < LIMIT_BLOCKS_OPEN; i++) {
        buffer_fini(&offers->bytes[i]);
    }
    free(offers);
}

/* ---- As the buyer ---- */

static bool may_be_sold(struct session *session)
{
    struct snapshot *snapshot = node_snapshot(session->node);
    const struct roster *roster = &snapshot->roster;
    bool may = false;
    for (size_t i = 0; i < roster->tariff_count && !may; i++) {
        const struct tariff *tariff = &roster->tariffs[i];
        may = tariff_is_prepaid(tariff) && tariff_is_for(tariff, &roster->self, &session->partner);
    }
    snapshot_release(snapshot);
    return may;
}

/* One that the partner shows: its own, for us, signed as it is shown. */
static enum err take_one(struct session *session, const Talea__V1__Signed *message,
                         struct block_offer *out_offer, struct note *note)
{
    struct partner_host host;
    struct signed_message envelope;
    struct buffer bytes = {0};
    struct block_offer offer = {.is_accepted = false};
    enum err err = signed_of_message(message, &envelope);
    err = err == ERR_OK ? signed_encode(&envelope, &bytes) : err;
    if (err == ERR_OK && bytes.length > sizeof offer.bytes) {
        err = ERR_INPUT;
    }
    if (err == ERR_OK) {
        partner_host_begin(session->node, state_reader_view(session->reader), &host);
        err = block_offer_open(&host.host, buffer_slice(&bytes), &offer.terms, note);
        partner_host_end(&host);
    }
    if (err == ERR_OK && !partner_id_equal(&offer.terms.seller, &session->partner)) {
        err = note_set(note, ERR_INPUT, "it offers points of %s", offer.terms.seller.text);
    }
    if (err == ERR_OK) {
        offer.length = bytes.length;
        memcpy(offer.bytes, bytes.at, bytes.length);
        *out_offer = offer;
    }
    buffer_fini(&bytes);
    return err;
}

static enum err take_all(struct session *session,
                         const Talea__V1__FetchBlockOffersResponse *response, struct note *note)
{
    struct block_offer offers[LIMIT_BLOCKS_OPEN];
    if (response->n_offers > LIMIT_BLOCKS_OPEN) {
        return note_set(note, ERR_INPUT, "%zu offers at once", response->n_offers);
    }
    for (size_t i = 0; i < response->n_offers; i++) {
        TRY(take_one(session, response->offers[i], &offers[i], note));
    }
    size_t fresh = block_offers_put(session->node->block_offers, &session->partner, offers,
                                    response->n_offers);
    if (fresh > 0) {
        log_event(&session->node->log, LOG_LEVEL_INFO, "blocks_offered",
                  LOG_TEXT("partner", session->partner.text), LOG_INT("count", (int64_t)fresh));
    }
    return ERR_OK;
}

static enum err fetch(struct session *session, struct note *note)
{
    Talea__V1__FetchBlockOffersRequest request;
    talea__v1__fetch_block_offers_request__init(&request);
    ProtobufCMessage *reply;
    struct rpc_status status =
        rpc_client_call(session->client, &talea__v1__peer_service__descriptor, "FetchBlockOffers",
                        &request.base, FETCH_TIMEOUT_MS, &reply);
    if (status.code != 0) {
        return note_set(note, rpc_status_err(&status), "%s", status.message);
    }
    enum err err =
        take_all(session, (const Talea__V1__FetchBlockOffersResponse *)(const void *)reply, note);
    protobuf_c_message_free_unpacked(reply, NULL);
    return err;
}

int64_t session_fetch_offers(struct session *session)
{
    struct note note = {""};
    if (!may_be_sold(session)) {
        return LOOK_EVERY_MS;
    }
    enum err err = fetch(session, &note);
    if (err != ERR_OK && note.text[0] == '\0') {
        note_set(&note, err, "%s", err_describe(err)->sentence);
    }
    if (err != ERR_OK && strcmp(note.text, session->offers_note.text) != 0) {
        log_event(&session->node->log, LOG_LEVEL_WARNING, "block_offers_not_fetched",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("error", err_name(err)),
                  LOG_TEXT("detail", note.text));
    }
    session->offers_note = note;
    return FETCH_EVERY_MS;
}
