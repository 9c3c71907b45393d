/* Blocks of points that are paid in advance, for the brand's office: sold, bought, shown. */
#include <string.h>

#include "node/block_offers.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/partner_host.h"
#include "node/readers.h"
#include "node/replier.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

#define OFFER_DAYS 14

/* ---- Sold ---- */

static void send_sold(struct reply *reply)
{
    Talea__V1__SellBlockResponse response;
    talea__v1__sell_block_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.block_id = message_uid(rpc_call_arena(reply->call), &reply->transaction);
    response.journal_row = reply->outcome.answer.row;
    if (response.block_id == NULL) {
        refuse_err(reply->call, ERR_RESOURCE, NULL);
        return;
    }
    rpc_call_reply(reply->call, &response.base);
}

static bool read_terms(struct node *node, struct rpc_call *call,
                       const Talea__V1__SellBlockRequest *request, struct block_terms *out_terms)
{
    struct block_terms terms = {.seller = node->config.partner,
                                .points = {request->points},
                                .tariff = request->tariff,
                                .offered_until = {request->offered_until_unix_ms},
                                .valid_from = {request->valid_from_unix_ms},
                                .valid_until = {request->valid_until_unix_ms},
                                .refuses_when_empty = request->refuses_when_empty};
    if (partner_id_parse(request->buyer, &terms.buyer) != ERR_OK) {
        refuse(call, 3, "INVALID_PARTNER", "buyer: it is no partner's id.");
        return false;
    }
    if (terms.offered_until.ms == 0) {
        int64_t last = terms.valid_until.ms - 1;
        terms.offered_until.ms = node_now(node).ms + OFFER_DAYS * DAY_MS;
        terms.offered_until.ms = terms.offered_until.ms < last ? terms.offered_until.ms : last;
    }
    *out_terms = terms;
    return true;
}

/* A repeat without a time for the offer says the same as the first: what the row has. */
static void recall_offer(struct node *node, const Talea__V1__SellBlockRequest *request,
                         struct block_terms *terms)
{
    struct state_reader *reader;
    struct block_row row;
    if (request->offered_until_unix_ms != 0 || readers_take(node->readers, &reader) != ERR_OK) {
        return;
    }
    struct ledger_view view = state_reader_view(reader);
    if (ledger_get_block(&view, &terms->seller, &terms->buyer, &terms->id, &row) == ERR_OK) {
        terms->offered_until = row.terms.offered_until;
    }
    readers_give(node->readers, reader);
}

void office_sell_block(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__SellBlockRequest *request =
        (const Talea__V1__SellBlockRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_SELL_BLOCK, &transaction);
    if (!read_terms(node, call, request, &command.block_of_points.terms)) {
        return;
    }
    command.block_of_points.terms.id = transaction;
    recall_offer(node, request, &command.block_of_points.terms);
    reply_after(node, call, &command, NULL, send_sold);
}

static void send_withdrawn(struct reply *reply)
{
    Talea__V1__WithdrawBlockResponse response;
    talea__v1__withdraw_block_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

void office_withdraw_block(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__WithdrawBlockRequest *request =
        (const Talea__V1__WithdrawBlockRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_WITHDRAW_BLOCK, &transaction);
    if (!request_uid(call, "block_id", request->block_id, &command.withdrawal.block)) {
        return;
    }
    if (partner_id_parse(request->buyer, &command.withdrawal.buyer) != ERR_OK) {
        refuse(call, 3, "INVALID_PARTNER", "buyer: it is no partner's id.");
        return;
    }
    reply_after(node, call, &command, NULL, send_withdrawn);
}

/* ---- Bought ---- */

/* Whichever partner it is with. */
static enum err find_block(const struct peer_host *host, const struct uid *id,
                           struct block_row *out_row)
{
    const struct roster *roster = host->roster;
    for (size_t i = 0; i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        enum err err = ledger_get_block(&host->view, &roster->self, partner, id, out_row);
        if (err == ERR_NOT_FOUND) {
            err = ledger_get_block(&host->view, partner, &roster->self, id, out_row);
        }
        if (err != ERR_NOT_FOUND) {
            return err;
        }
    }
    return ERR_NOT_FOUND;
}

static bool is_known(struct node *node, const struct uid *id)
{
    struct partner_host host;
    struct block_row row;
    if (partner_host_open(node, &host) != ERR_OK) {
        return false;
    }
    bool is = find_block(&host.host, id, &row) == ERR_OK;
    partner_host_end(&host);
    return is;
}

static void answer_bought(struct rpc_call *call, const struct block_terms *terms,
                          const struct outcome *outcome)
{
    char id[UID_TEXT_MAX];
    struct partner_id seller = terms->seller;
    Talea__V1__BuyBlockResponse response;
    talea__v1__buy_block_response__init(&response);
    if (outcome->verdict != VERDICT_OK) {
        refuse_verdict(call, outcome->verdict);
        return;
    }
    uid_format(&terms->id, id);
    response.block_id = id;
    response.seller = seller.text;
    response.points = terms->points.minor;
    response.journal_row = outcome->answer.row;
    rpc_call_reply(call, &response.base);
}

/* The file's bytes, or those that the seller's node has shown. Refuses. */
static bool read_offer(struct node *node, struct rpc_call *call,
                       const Talea__V1__BuyBlockRequest *request, struct block_offer *shown,
                       struct slice *out_bytes)
{
    struct uid id;
    if (request->block_id[0] == '\0') {
        *out_bytes = slice_of(request->offer.data, request->offer.len);
        return true;
    }
    if (!request_uid(call, "block_id", request->block_id, &id)) {
        return false;
    }
    if (block_offers_get(node->block_offers, &id, shown) != ERR_OK) {
        refuse_verdict(call, is_known(node, &id) ? VERDICT_BLOCK_EXISTS : VERDICT_BLOCK_UNKNOWN);
        return false;
    }
    *out_bytes = slice_of(shown->bytes, shown->length);
    return true;
}

void office_buy_block(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__BuyBlockRequest *request =
        (const Talea__V1__BuyBlockRequest *)(const void *)message;
    struct block_offer shown;
    struct slice offer;
    struct partner_host host;
    struct uid transaction;
    struct note note = {""};
    if (!request_transaction(call, request->transaction_id, &transaction) ||
        !read_offer(node, call, request, &shown, &offer)) {
        return;
    }
    struct command command = command_now(node, COMMAND_BUY_BLOCK, &transaction);
    struct outcome outcome = {.err = partner_host_open(node, &host)};
    if (outcome.err != ERR_OK) {
        refuse_err(call, outcome.err, NULL);
        return;
    }
    outcome.err = block_offer_open(&host.host, offer, &command.block_of_points.terms, &note);
    bool is_good = outcome.err == ERR_OK;
    if (is_good) {
        command.block_of_points.evidence = offer;
        outcome = engine_execute(node->engine, &command);
    }
    partner_host_end(&host);
    if (!is_good) {
        refuse(call, 3, "INVALID_OFFER", "offer: %s.", note.text);
    } else if (outcome.err != ERR_OK) {
        refuse_err(call, outcome.err, NULL);
    } else {
        if (outcome.verdict == VERDICT_OK) {
            block_offers_accepted(node->block_offers, &command.block_of_points.terms.id);
        }
        answer_bought(call, &command.block_of_points.terms, &outcome);
    }
}

/* ---- Shown ---- */

static Talea__V1__Block *message_of(struct arena *arena, const struct block_row *row)
{
    const struct block_terms *terms = &row->terms;
    Talea__V1__Block *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__block__init(message);
    message->block_id = message_uid(arena, &terms->id);
    message->seller = message_copy(arena, terms->seller.text, sizeof terms->seller.text);
    message->buyer = message_copy(arena, terms->buyer.text, sizeof terms->buyer.text);
    message->points = terms->points.minor;
    message->left_points = row->left;
    message->tariff = terms->tariff;
    message->offered_until_unix_ms = terms->offered_until.ms;
    message->valid_from_unix_ms = terms->valid_from.ms;
    message->valid_until_unix_ms = terms->valid_until.ms;
    message->refuses_when_empty = terms->refuses_when_empty;
    message->state = (Talea__V1__BlockState)row->state;
    message->is_low = row->state == BLOCK_LIVE && block_is_low(terms, row->left);
    bool has_all = message->block_id != NULL && message->seller != NULL && message->buyer != NULL;
    return has_all ? message : NULL;
}

/* All of it is left of what is offered. */
static struct block_row row_of_offer(const struct block_offer *offer)
{
    return (struct block_row){
        .terms = offer->terms, .state = BLOCK_OFFERED, .left = offer->terms.points.minor};
}

/* One that a partner's node has shown. */
static enum err show_offer(const struct peer_host *host, const struct uid *id, struct arena *arena,
                           Talea__V1__GetBlockResponse *response, struct buffer *offer)
{
    const struct node *node = host->context;
    struct block_offer shown;
    TRY(block_offers_get(node->block_offers, id, &shown));
    struct block_row row = row_of_offer(&shown);
    response->block = message_of(arena, &row);
    if (response->block == NULL) {
        return ERR_RESOURCE;
    }
    write_bytes(offer, shown.bytes, shown.length);
    response->offer = (ProtobufCBinaryData){offer->length, offer->at};
    return offer->err;
}

static enum err show_block(const struct peer_host *host, const struct uid *id, struct arena *arena,
                           Talea__V1__GetBlockResponse *response, struct buffer *offer)
{
    struct block_row row;
    enum err err = find_block(host, id, &row);
    if (err == ERR_NOT_FOUND) {
        return show_offer(host, id, arena, response, offer);
    }
    TRY(err);
    response->block = message_of(arena, &row);
    if (response->block == NULL) {
        return ERR_RESOURCE;
    }
    if (row.state != BLOCK_OFFERED) {
        return ERR_OK;
    }
    TRY(block_offer_sign(host, &row.terms, offer));
    response->offer = (ProtobufCBinaryData){offer->length, offer->at};
    return ERR_OK;
}

void office_get_block(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetBlockRequest *request =
        (const Talea__V1__GetBlockRequest *)(const void *)message;
    Talea__V1__GetBlockResponse response;
    talea__v1__get_block_response__init(&response);
    struct partner_host host;
    struct buffer offer = {0};
    struct uid id;
    if (!request_uid(call, "block_id", request->block_id, &id)) {
        return;
    }
    enum err err = partner_host_open(node, &host);
    if (err == ERR_OK) {
        err = show_block(&host.host, &id, rpc_call_arena(call), &response, &offer);
        partner_host_end(&host);
    }
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_BLOCK_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
    buffer_fini(&offer);
}

struct gathering {
    struct arena *arena;
    bool with_ended;
    const struct peer_host *host;
    Talea__V1__ListBlocksResponse *response;
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    struct gathering *gathering = context;
    Talea__V1__ListBlocksResponse *response = gathering->response;
    struct block_row row;
    (void)key;
    TRY(block_row_decode(value, &row));
    bool is_past = row.state == BLOCK_OFFERED &&
                   row.terms.offered_until.ms + LIMIT_BLOCK_GRACE_MS < gathering->host->now.ms;
    bool is_over = row.state == BLOCK_ENDED || row.state == BLOCK_DECLINED ||
                   row.state == BLOCK_WITHDRAWN || is_past;
    if (is_over && !gathering->with_ended) {
        return ERR_OK;
    }
    if (response->n_blocks == LIMIT_PAGE_ROWS) {
        return ERR_NOT_FOUND;
    }
    Talea__V1__Block *message = message_of(gathering->arena, &row);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    response->blocks[response->n_blocks++] = message;
    return ERR_OK;
}

/* Unless it was bought by its file. */
static enum err gather_offer(void *context, const struct block_offer *offer)
{
    struct gathering *gathering = context;
    Talea__V1__ListBlocksResponse *response = gathering->response;
    const struct roster *roster = gathering->host->roster;
    struct block_row row;
    enum err err = ledger_get_block(&gathering->host->view, &offer->terms.seller, &roster->self,
                                    &offer->terms.id, &row);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (response->n_blocks == LIMIT_PAGE_ROWS ||
        roster_find(roster, &offer->terms.seller) == NULL) {
        return ERR_OK;
    }
    row = row_of_offer(offer);
    Talea__V1__Block *message = message_of(gathering->arena, &row);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    response->blocks[response->n_blocks++] = message;
    return ERR_OK;
}

static enum err gather_all(struct node *node, struct gathering *gathering)
{
    struct partner_host host;
    TRY(engine_checkpoint(node->engine));
    TRY(partner_host_open(node, &host));
    gathering->host = &host.host;
    enum err err = state_scan(node->state, TABLE_BLOCK, slice_of(NULL, 0), slice_of(NULL, 0),
                              gather, gathering);
    if (err == ERR_OK) {
        err = block_offers_each(node->block_offers, host.host.now, gather_offer, gathering);
    }
    partner_host_end(&host);
    return err;
}

void office_list_blocks(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListBlocksRequest *request =
        (const Talea__V1__ListBlocksRequest *)(const void *)message;
    Talea__V1__ListBlocksResponse response;
    talea__v1__list_blocks_response__init(&response);
    struct gathering gathering = {rpc_call_arena(call), request->with_ended, NULL, &response};
    response.blocks = arena_alloc(gathering.arena, LIMIT_PAGE_ROWS * sizeof *response.blocks);
    enum err err = response.blocks == NULL ? ERR_RESOURCE : gather_all(node, &gathering);
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
}
