#include "fake_services.h"

#include <stdlib.h>
#include <string.h>
#include <talea/v1/admin.pb-c.h>
#include <talea/v1/back_office.pb-c.h>
#include <talea/v1/till.pb-c.h>

#include "cli/message.h"
#include "cli/pb_json.h"

#define ALL    (ROLE_TILL | ROLE_BACK_OFFICE | ROLE_AUDITOR | ROLE_ADMIN)
#define MEMBER "0199a000-0000-7000-8000-0000000000aa"

bool fake_take(struct fake_node *node, struct rpc_call *call, const ProtobufCMessage *request)
{
    json_t *json = pb_json(request);
    char *text = json_dumps(json, JSON_COMPACT);
    pthread_mutex_lock(&node->mutex);
    node->calls++;
    snprintf(node->last_request, sizeof node->last_request, "%s", text);
    bool is_refused = node->passes == 0 && node->refusals > 0;
    struct rpc_status refusal = node->refusal;
    if (is_refused) {
        node->refusals--;
    }
    if (node->passes > 0) {
        node->passes--;
    }
    pthread_mutex_unlock(&node->mutex);
    free(text);
    json_decref(json);
    if (is_refused) {
        rpc_call_refuse(call, &refusal);
    }
    return is_refused;
}

static void on_enrol(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__EnrolResponse reply;
        talea__v1__enrol_response__init(&reply);
        reply.member_id = message_text(MEMBER);
        reply.card = message_text(FAKE_CARD);
        rpc_call_reply(call, &reply.base);
    }
}

static void on_issue(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__IssueCardResponse reply;
        talea__v1__issue_card_response__init(&reply);
        reply.card = message_text("6100010000000021");
        rpc_call_reply(call, &reply.base);
    }
}

static void on_block(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__BlockCardResponse reply;
        talea__v1__block_card_response__init(&reply);
        rpc_call_reply(call, &reply.base);
    }
}

static void on_balance(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (fake_take(context, call, request)) {
        return;
    }
    Talea__V1__Lot lot;
    talea__v1__lot__init(&lot);
    lot.issuer = message_text("fuel");
    lot.tariff = 1;
    lot.free_points = 1234;
    lot.held_points = 50;
    lot.expires_at_unix_ms = INT64_C(1793491200000);
    Talea__V1__Lot idle = lot;
    idle.expires_at_unix_ms = 0;
    idle.idle_months = 6;
    Talea__V1__Lot *lots[] = {&lot, &idle};
    Talea__V1__Balance balance;
    talea__v1__balance__init(&balance);
    balance.available_points = 1234;
    balance.held_points = 50;
    balance.lots = lots;
    balance.n_lots = 2;
    Talea__V1__GetBalanceResponse reply;
    talea__v1__get_balance_response__init(&reply);
    reply.member_id = message_text(MEMBER);
    reply.balance = &balance;
    rpc_call_reply(call, &reply.base);
}

static void on_history(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (fake_take(context, call, request)) {
        return;
    }
    const Talea__V1__ListHistoryRequest *wanted = (const Talea__V1__ListHistoryRequest *)request;
    Talea__V1__HistoryRow row;
    talea__v1__history_row__init(&row);
    row.kind = wanted->n_kinds > 0 ? wanted->kinds[0] : TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN;
    row.transaction_id = message_text(MEMBER);
    row.business_unix_ms = INT64_C(1793491200000);
    row.partner = message_text("fuel");
    row.available_delta_points = 15;
    row.reference = message_text("K\xc3\xa4se-1");
    Talea__V1__HistoryRow *rows[] = {&row};
    Talea__V1__ListHistoryResponse reply;
    talea__v1__list_history_response__init(&reply);
    reply.rows = rows;
    reply.n_rows = 1;
    reply.next_page_token = message_text("next");
    rpc_call_reply(call, &reply.base);
}

static void on_earn(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        const Talea__V1__EarnRequest *earn = (const Talea__V1__EarnRequest *)request;
        Talea__V1__EarnResponse reply;
        talea__v1__earn_response__init(&reply);
        reply.sale_id = earn->transaction_id;
        reply.earned_points = earn->amount_minor / 100;
        reply.home = message_text("fuel");
        reply.journal_row = UINT64_MAX;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_quote(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        const Talea__V1__QuoteRequest *quote = (const Talea__V1__QuoteRequest *)request;
        Talea__V1__QuoteResponse reply;
        talea__v1__quote_response__init(&reply);
        Talea__V1__CodeAnswer code;
        talea__v1__code_answer__init(&code);
        Talea__V1__CodeAnswer *codes[] = {&code};
        int64_t discounts[] = {30, 0};
        code.code = quote->purchase->codes[0];
        code.rule = message_text("spring");
        code.reason = message_text("fired");
        code.is_taken = true;
        reply.quote_id = quote->purchase->transaction_id;
        reply.until_unix_ms = 1790000000000;
        reply.gross_minor = 1250;
        reply.discount_minor = 30;
        reply.to_pay_minor = 1220;
        reply.earned_points = 12;
        reply.codes = codes;
        reply.n_codes = 1;
        reply.line_discounts_minor = discounts;
        reply.n_line_discounts_minor = quote->purchase->n_lines;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_confirm(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        const Talea__V1__ConfirmQuoteRequest *confirm =
            (const Talea__V1__ConfirmQuoteRequest *)request;
        Talea__V1__ConfirmQuoteResponse reply;
        Talea__V1__EarnResponse sale;
        Talea__V1__GivenItem item;
        talea__v1__confirm_quote_response__init(&reply);
        talea__v1__earn_response__init(&sale);
        talea__v1__given_item__init(&item);
        Talea__V1__GivenItem *items[] = {&item};
        char *codes[] = {message_text("N-1"), message_text("N-2")};
        item.codes = codes;
        item.n_codes = 2;
        sale.sale_id = confirm->transaction_id;
        sale.earned_points = 12;
        sale.home = message_text("fuel");
        sale.discount_minor = 30;
        sale.items = items;
        sale.n_items = 1;
        reply.sale = &sale;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_release(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__ReleaseQuoteResponse reply;
        talea__v1__release_quote_response__init(&reply);
        rpc_call_reply(call, &reply.base);
    }
}

static void on_authorise(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        const Talea__V1__AuthoriseBurnRequest *burn =
            (const Talea__V1__AuthoriseBurnRequest *)request;
        Talea__V1__AuthoriseBurnResponse reply;
        talea__v1__authorise_burn_response__init(&reply);
        reply.hold_id = burn->transaction_id;
        reply.held_points = burn->points;
        reply.capture_by_unix_ms = INT64_C(1793491200000);
        reply.deliver_by_unix_ms = INT64_C(1793577600000);
        reply.home = message_text("fuel");
        rpc_call_reply(call, &reply.base);
    }
}

static void on_capture(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__CaptureBurnResponse reply;
        talea__v1__capture_burn_response__init(&reply);
        reply.captured_points = 500;
        reply.left_points = 20;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_void(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__VoidBurnResponse reply;
        talea__v1__void_burn_response__init(&reply);
        reply.voided_points = 500;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_return_purchase(void *context, struct rpc_call *call,
                               const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__ReturnPurchaseResponse reply;
        talea__v1__return_purchase_response__init(&reply);
        reply.taken_points = 40;
        reply.debt_points = 3;
        reply.written_off_points = 2;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_return_burn(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        Talea__V1__ReturnBurnResponse reply;
        talea__v1__return_burn_response__init(&reply);
        reply.returned_points = 300;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_status(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    (void)context;
    (void)request;
    Talea__V1__PeerStatus peer;
    talea__v1__peer_status__init(&peer);
    peer.partner = message_text("fuel");
    peer.address = message_text("127.0.0.1:7102");
    peer.sent_number = 12;
    peer.receipted_number = 11;
    peer.received_number = 7;
    peer.problem = message_text("can't connect");
    Talea__V1__PeerStatus *peers[] = {&peer};
    Talea__V1__GetStatusResponse reply;
    talea__v1__get_status_response__init(&reply);
    reply.version = message_text("0.1.0");
    reply.coalition = message_text("demo");
    reply.partner = message_text("grocer");
    reply.charter_epoch = 1;
    reply.is_ready = 1;
    reply.open_period = 202610;
    reply.journal_rows = 99;
    reply.peers = peers;
    reply.n_peers = 1;
    reply.points_name = message_text("Sparks");
    reply.points_decimals = 1;
    reply.currency = message_text("USD");
    reply.currency_decimals = 2;
    rpc_call_reply(call, &reply.base);
}

static struct rpc_status on_verify(void *context, struct rpc_stream *stream)
{
    struct fake_node *node = context;
    Talea__V1__VerifyLedgerResponse reply;
    talea__v1__verify_ledger_response__init(&reply);
    Talea__V1__LedgerFigures figures;
    talea__v1__ledger_figures__init(&figures);
    figures.rows = 200;
    figures.batches = 20;
    figures.commands_done = 190;
    figures.commands_refused = 10;
    figures.is_state_compared = 1;
    figures.state_row = 180;
    figures.state_rows = 700;
    figures.issued_points = 5005;
    figures.outstanding_points = -7;
    reply.rows_total = 200;
    reply.rows_done = 100;
    if (rpc_stream_send(stream, &reply.base) == ERR_OK) {
        reply.rows_done = 200;
        reply.is_finished = 1;
        reply.is_clean = !node->is_differing;
        reply.first_bad_row = node->is_differing ? 17 : 0;
        reply.finding = message_text(node->is_differing ? "debits and credits differ" : "");
        reply.figures = &figures;
        if (rpc_stream_send(stream, &reply.base) != ERR_OK) {
            return rpc_status_of(ERR_CANCELLED, NULL);
        }
    }
    return rpc_status_ok();
}

static const struct rpc_method till_methods[] = {
    {"Enrol", ALL, RPC_WORKER, on_enrol, NULL},
    {"IssueCard", ALL, RPC_WORKER, on_issue, NULL},
    {"BlockCard", ALL, RPC_WORKER, on_block, NULL},
    {"GetBalance", ALL, RPC_WORKER, on_balance, NULL},
    {"ListHistory", ALL, RPC_WORKER, on_history, NULL},
    {"Earn", ALL, RPC_WORKER, on_earn, NULL},
    {"Quote", ALL, RPC_WORKER, on_quote, NULL},
    {"ConfirmQuote", ALL, RPC_WORKER, on_confirm, NULL},
    {"ReleaseQuote", ALL, RPC_WORKER, on_release, NULL},
    {"AuthoriseBurn", ALL, RPC_WORKER, on_authorise, NULL},
    {"CaptureBurn", ALL, RPC_WORKER, on_capture, NULL},
    {"VoidBurn", ALL, RPC_WORKER, on_void, NULL},
    {"ReturnPurchase", ALL, RPC_WORKER, on_return_purchase, NULL},
    {"ReturnBurn", ALL, RPC_WORKER, on_return_burn, NULL},
};

static const struct rpc_method admin_methods[] = {
    {"GetStatus", ROLE_BACK_OFFICE | ROLE_AUDITOR | ROLE_ADMIN, RPC_WORKER, on_status, NULL},
    {"VerifyLedger", ROLE_AUDITOR | ROLE_ADMIN, RPC_WORKER, NULL, on_verify},
};

void fake_services(struct fake_node *node, struct rpc_service out_services[3])
{
    out_services[0] = (struct rpc_service){&talea__v1__till_service__descriptor, till_methods,
                                           sizeof till_methods / sizeof till_methods[0], node};
    out_services[1] = (struct rpc_service){&talea__v1__back_office_service__descriptor,
                                           fake_office_methods, fake_office_method_count, node};
    out_services[2] = (struct rpc_service){&talea__v1__admin_service__descriptor, admin_methods,
                                           sizeof admin_methods / sizeof admin_methods[0], node};
}
