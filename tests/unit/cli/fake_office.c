#include <stdlib.h>
#include <string.h>
#include <talea/v1/back_office.pb-c.h>

#include "cli/message.h"
#include "fake_services.h"

#define OFFICE (ROLE_BACK_OFFICE | ROLE_AUDITOR | ROLE_ADMIN)
#define MEMBER "0199a000-0000-7000-8000-0000000000aa"

static void on_member(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (fake_take(context, call, request)) {
        return;
    }
    Talea__V1__Card card;
    talea__v1__card__init(&card);
    card.number = message_text(FAKE_CARD);
    card.state = TALEA__V1__CARD_STATE__CARD_STATE_BLOCKED;
    Talea__V1__Card *cards[] = {&card};
    Talea__V1__Balance balance;
    talea__v1__balance__init(&balance);
    balance.available_points = 1234;
    Talea__V1__Member member;
    talea__v1__member__init(&member);
    member.member_id = message_text(MEMBER);
    member.reference = message_text("C-1");
    member.enrolled_unix_ms = INT64_C(1793491200000);
    member.cards = cards;
    member.n_cards = 1;
    member.balance = &balance;
    Talea__V1__GetMemberResponse reply;
    talea__v1__get_member_response__init(&reply);
    reply.member = &member;
    rpc_call_reply(call, &reply.base);
}

static void on_members(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (fake_take(context, call, request)) {
        return;
    }
    Talea__V1__Member member;
    talea__v1__member__init(&member);
    member.member_id = message_text(MEMBER);
    member.reference = message_text("C-1");
    member.display_name = message_text("\xe5\xba\x97\xe8\x88\x97");
    Talea__V1__Member second;
    talea__v1__member__init(&second);
    second.member_id = message_text(MEMBER);
    second.display_name = message_text("x");
    Talea__V1__Member *members[] = {&member, &second};
    Talea__V1__ListMembersResponse reply;
    talea__v1__list_members_response__init(&reply);
    reply.members = members;
    reply.n_members = 2;
    rpc_call_reply(call, &reply.base);
}

static void on_report(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (fake_take(context, call, request)) {
        return;
    }
    Talea__V1__AccountTotal total;
    talea__v1__account_total__init(&total);
    total.account = message_text("receivable");
    total.partner = message_text("fuel");
    total.period = 202610;
    total.debit_points = 1000;
    total.credit_points = 250;
    Talea__V1__AccountTotal *totals[] = {&total};
    Talea__V1__GetReportResponse reply;
    talea__v1__get_report_response__init(&reply);
    reply.accounts = totals;
    reply.n_accounts = 1;
    reply.members = 3;
    rpc_call_reply(call, &reply.base);
}

static void on_periods(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    struct fake_node *node = context;
    if (fake_take(context, call, request)) {
        return;
    }
    Talea__V1__EntryTotal total;
    talea__v1__entry_total__init(&total);
    total.count = 5;
    Talea__V1__EntryTotal *totals[] = {&total, &total};
    Talea__V1__PairPeriod pair;
    talea__v1__pair_period__init(&pair);
    pair.partner = message_text("fuel");
    pair.period = 202610;
    pair.state = node->is_differing ? TALEA__V1__PERIOD_STATE__PERIOD_STATE_DIFFERING
                                    : TALEA__V1__PERIOD_STATE__PERIOD_STATE_OPEN;
    pair.detail = message_text("differs");
    Talea__V1__PeriodStatus status;
    talea__v1__period_status__init(&status);
    status.state = (Talea__V1__SettlementState)pair.state;
    status.since_unix_ms = INT64_C(1793491200000);
    status.waits_for = message_text("waits");
    status.reference = message_text("T202610-1");
    pair.status = &status;
    pair.sent = totals;
    pair.n_sent = 2;
    pair.net_points = -1234;
    pair.net_minor = -123;
    Talea__V1__PairPeriod *pairs[] = {&pair};
    Talea__V1__ListPeriodsResponse reply;
    talea__v1__list_periods_response__init(&reply);
    reply.pairs = pairs;
    reply.n_pairs = 1;
    reply.currency = message_text("USD");
    reply.currency_decimals = 2;
    rpc_call_reply(call, &reply.base);
}

static void on_close(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    if (!fake_take(context, call, request)) {
        char *partners[] = {message_text("fuel")};
        Talea__V1__ClosePeriodResponse reply;
        talea__v1__close_period_response__init(&reply);
        reply.partners = partners;
        reply.n_partners = 1;
        rpc_call_reply(call, &reply.base);
    }
}

static void on_statement(void *context, struct rpc_call *call, const ProtobufCMessage *request)
{
    struct fake_node *node = context;
    if (fake_take(context, call, request)) {
        return;
    }
    ProtobufCMessage *reply = message_unpack(&talea__v1__get_statement_response__descriptor,
                                             buffer_slice(&node->statement));
    rpc_call_reply(call, reply);
    message_free(reply);
}

static bool is_over(struct fake_node *node)
{
    pthread_mutex_lock(&node->mutex);
    bool is_last = node->ends_after != 0 && node->streamed == node->ends_after;
    node->streamed++;
    pthread_mutex_unlock(&node->mutex);
    return is_last;
}

/* The reference "bad" is refused. */
static struct rpc_status on_import_members(void *context, struct rpc_stream *stream)
{
    struct fake_node *node = context;
    const ProtobufCMessage *message;
    uint64_t serial = 0;
    while (rpc_stream_receive(stream, &message) == ERR_OK) {
        const Talea__V1__ImportMembersRequest *request =
            (const Talea__V1__ImportMembersRequest *)message;
        if (is_over(node)) {
            return rpc_status_of(ERR_UNAVAILABLE, NULL);
        }
        struct card_prefix prefix = {"610001"};
        struct card_number card;
        Talea__V1__ImportMembersResponse reply;
        talea__v1__import_members_response__init(&reply);
        reply.transaction_id = request->transaction_id;
        if (strcmp(request->reference, "bad") == 0) {
            reply.refusal = message_text("REFERENCE_EXISTS");
        } else if (card_number_make(&prefix, ++serial, &card) == ERR_OK) {
            reply.card = card.digits;
            reply.member_id = message_text(MEMBER);
        }
        if (rpc_stream_send(stream, &reply.base) != ERR_OK) {
            break;
        }
    }
    return rpc_status_ok();
}

/* A sale gives 10 points a line, the receipts "bad" and "other" are refused; of a return the first
 * line finds its sale, others do not. */
static struct rpc_status on_import_receipts(void *context, struct rpc_stream *stream)
{
    struct fake_node *node = context;
    const ProtobufCMessage *message;
    while (rpc_stream_receive(stream, &message) == ERR_OK) {
        const Talea__V1__ImportReceiptsRequest *request =
            (const Talea__V1__ImportReceiptsRequest *)message;
        if (is_over(node)) {
            return rpc_status_of(ERR_UNAVAILABLE, NULL);
        }
        protobuf_c_boolean matched[64] = {1};
        Talea__V1__ImportReceiptsResponse reply;
        talea__v1__import_receipts_response__init(&reply);
        reply.transaction_id = request->transaction_id;
        reply.home = message_text("grocer");
        if (strcmp(request->receipt, "bad") == 0) {
            reply.refusal = message_text("CARD_UNKNOWN");
            reply.message = message_text("No such card.");
        } else if (strcmp(request->receipt, "other") == 0) {
            reply.refusal = message_text("TRANSACTION_ID_REUSED");
            reply.message = message_text("was imported before with other contents");
        } else if (request->kind == TALEA__V1__RECEIPT_KIND__RECEIPT_KIND_SALE) {
            reply.points = 10 * (int64_t)request->n_lines;
        } else {
            reply.points = 7;
            reply.line_matched = matched;
            reply.n_line_matched = request->n_lines;
        }
        if (rpc_stream_send(stream, &reply.base) != ERR_OK) {
            break;
        }
    }
    return rpc_status_ok();
}

const struct rpc_method fake_office_methods[] = {
    {"GetMember", OFFICE, RPC_WORKER, on_member, NULL},
    {"ListMembers", OFFICE, RPC_WORKER, on_members, NULL},
    {"ImportMembers", OFFICE, RPC_WORKER, NULL, on_import_members},
    {"ImportReceipts", OFFICE, RPC_WORKER, NULL, on_import_receipts},
    {"GetReport", OFFICE, RPC_WORKER, on_report, NULL},
    {"ListPeriods", OFFICE, RPC_WORKER, on_periods, NULL},
    {"ClosePeriod", OFFICE, RPC_WORKER, on_close, NULL},
    {"GetStatement", OFFICE, RPC_WORKER, on_statement, NULL},
};

const size_t fake_office_method_count = sizeof fake_office_methods / sizeof fake_office_methods[0];
