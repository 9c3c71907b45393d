/* A till's purchases and their returns. */
#include <string.h>

#include "node/alerts.h"
#include "node/earning.h"
#include "node/fraud_gate.h"
#include "node/judging_lines.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/till_judged.h"
#include "talea/v1/till.pb-c.h"

static bool has_fraud_rules(struct node *node)
{
    struct snapshot *snapshot = node_snapshot(node);
    bool has_rules = fraud_gate_is_needed(snapshot);
    snapshot_release(snapshot);
    return has_rules;
}

enum err till_fill_earned(struct node *node, struct arena *arena, const struct uid *id,
                          const struct outcome *outcome, const struct judged_answer *judged,
                          Talea__V1__EarnResponse *out_response)
{
    const struct answer *answer = &outcome->answer;
    char sale[UID_TEXT_MAX];
    struct uid alert;
    talea__v1__earn_response__init(out_response);
    uid_format(id, sale);
    out_response->sale_id = arena_text(arena, slice_of(sale, strlen(sale)));
    out_response->earned_points = answer->points.minor;
    out_response->home = (char *)(uintptr_t)answer->home.text;
    out_response->journal_row = answer->row;
    out_response->balance = message_balance_now(node, arena, &answer->member);
    out_response->discount_minor = judged->discount_minor;
    out_response->awards = judged->awards;
    out_response->n_awards = judged->award_count;
    out_response->codes = judged->codes;
    out_response->n_codes = judged->code_count;
    out_response->items = judged->items;
    out_response->n_items = judged->item_count;
    out_response->programme_version = judged->programme_version;
    if (has_fraud_rules(node) && alert_holds_sale(node, id, &alert)) {
        out_response->alert_id = message_uid(arena, &alert);
        return out_response->alert_id == NULL ? ERR_RESOURCE : ERR_OK;
    }
    return out_response->sale_id == NULL ? ERR_RESOURCE : ERR_OK;
}

static void send_answer(struct node *node, struct rpc_call *call, const struct uid *id,
                        const struct outcome *outcome, const struct judged_answer *judged)
{
    Talea__V1__EarnResponse response;
    enum err err = till_fill_earned(node, rpc_call_arena(call), id, outcome, judged, &response);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
}

static void send_earned(struct reply *reply)
{
    static const struct judged_answer by_rate = {.discount_minor = 0};
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    send_answer(reply->node, reply->call, &reply->transaction, &reply->outcome, &by_rate);
}

static bool find_sale(struct node *node, const struct uid *id, struct sale *out_sale)
{
    struct state_reader *reader;
    if (readers_take(node->readers, &reader) != ERR_OK) {
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_sale(&view, &node->config.partner, id, out_sale);
    readers_give(node->readers, reader);
    return err == ERR_OK;
}

static bool is_known(struct node *node, const struct uid *id)
{
    struct sale sale;
    return find_sale(node, id, &sale);
}

/* Held against the programme's fraud rules; false: the call was refused. */
static bool admit(struct node *node, struct rpc_call *call, enum fraud_giving giving,
                  struct command *earn, struct fraud_decision *out_decision)
{
    struct note words;
    bool is_office = (rpc_call_identity(call)->role & ROLES_OFFICE) != 0;
    enum fraud_teller teller = is_office ? FRAUD_TOLD_BY_OFFICE : FRAUD_TOLD_BY_TILL;
    enum err err = fraud_gate_admit(node->fraud_gate, giving, teller, earn, out_decision);
    if (err == ERR_OK && out_decision->is_refused) {
        err = fraud_gate_raise(node->fraud_gate, out_decision);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return false;
    }
    if (out_decision->is_refused) {
        fraud_gate_words(out_decision, &words);
        refuse(call, 9, "FRAUD_LIMIT", "%s", words.text);
    }
    return !out_decision->is_refused;
}

/* With the alert about it, both or neither. */
static void earn_with_alert(struct node *node, struct rpc_call *call, const struct command *earn,
                            const struct fraud_decision *fraud)
{
    const struct command commands[2] = {*earn, fraud->alert};
    struct outcome outcomes[2];
    struct reply reply = {.node = node, .call = call, .transaction = earn->transaction_id};
    enum err err = engine_execute_batch(node->engine, commands, 2, true, outcomes);
    if (err != ERR_OK) {
        fraud_gate_drop(node->fraud_gate, earn, fraud);
        refuse_err(call, err, NULL);
        return;
    }
    reply.outcome = *judging_outcome(outcomes, 2);
    if (reply.outcome.verdict != VERDICT_OK) {
        fraud_gate_drop(node->fraud_gate, earn, fraud);
    }
    send_earned(&reply);
}

/* By the rules that were in force at the time of the purchase. */
static void earn_judged(struct node *node, struct rpc_call *call,
                        const Talea__V1__EarnRequest *request, struct snapshot *snapshot,
                        const struct command *earn)
{
    struct till_judged *till = till_judged_create(node, call, snapshot);
    if (till == NULL) {
        return;
    }
    struct judging_case *judged = &till->judged;
    if (!till_read_basket(call, request, &judged->occasion)) {
        till_judged_drop(till);
        return;
    }
    judged->version = programmes_at(snapshot->programmes, earn->business_time);
    judged->occasion.local = judging_local(node, judged->version, earn->business_time);
    judged->id = earn->transaction_id;
    judged->said = judging_said(&judged->occasion);
    judged->give = *earn;
    if (!admit(node, call, FRAUD_GIVES_JUDGED, &judged->give, &judged->fraud)) {
        till_judged_drop(till);
        return;
    }
    till->has_bound = true;
    till->send = send_answer;
    till_judged_run(till);
}

/* Points by hand are the office's to give, not a till's, unless a promotion bounds them. */
static bool may_fix_points(struct rpc_call *call, const Talea__V1__EarnRequest *request)
{
    const struct identity *caller = rpc_call_identity(call);
    if (request->fixed_points == 0 && request->promotion != 0) {
        refuse(call, 3, "POINTS_NOT_POSITIVE", "A promotion pays for fixed_points.");
        return false;
    }
    if (request->fixed_points == 0 || request->promotion != 0 ||
        (caller->role & ROLES_OFFICE) != 0) {
        return true;
    }
    refuse(call, 7, "ROLE_NOT_ALLOWED", "A till can't give fixed_points.");
    return false;
}

/* A purchase that fraud rules count. */
struct counted_earn {
    struct command command;
    struct fraud_decision fraud;
};

static void uncount(struct reply *reply)
{
    const struct counted_earn *counted = reply->about;
    fraud_gate_drop(reply->node->fraud_gate, &counted->command, &counted->fraud);
}

static void earn_counted(struct node *node, struct rpc_call *call, const struct command *command,
                         const struct fraud_decision *fraud)
{
    struct counted_earn *counted = arena_alloc(rpc_call_arena(call), sizeof *counted);
    if (counted == NULL) {
        fraud_gate_drop(node->fraud_gate, command, fraud);
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    counted->command = *command;
    counted->fraud = *fraud;
    reply_after_or(node, call, command, send_earned, uncount, counted);
}

static void earn_by_rate(struct node *node, struct rpc_call *call, const struct snapshot *snapshot,
                         struct command *command)
{
    struct fraud_decision fraud;
    bool is_within = earning_is_within(&command->earn, snapshot->till_points_max);
    if (!request_within_bound(call, node, is_within) ||
        !admit(node, call, FRAUD_GIVES_BY_RATE, command, &fraud)) {
        return;
    }
    if (fraud.has_alert) {
        earn_with_alert(node, call, command, &fraud);
    } else if (fraud.is_counted) {
        earn_counted(node, call, command, &fraud);
    } else {
        reply_after(node, call, command, NULL, send_earned);
    }
}

/* By one person alone there is a bound; what was given before it came stays so. */
static bool is_within_hand(struct node *node, struct rpc_call *call,
                           const struct snapshot *snapshot, const struct command *command)
{
    const struct programme_guard *guard = &snapshot->version->file.guard;
    const struct command_earn *earn = &command->earn;
    bool is_by_hand = earn->is_fixed && earn->promotion == 0;
    char bound[AMOUNT_TEXT_MAX];
    if (!is_by_hand || earn->fixed_points.minor <= guard->by_hand ||
        is_known(node, &command->transaction_id)) {
        return true;
    }
    refuse(call, 7, "NEEDS_SECOND_PERSON",
           "By hand one person gives %s points at most (by_hand.points of the programme): propose "
           "an adjustment, which somebody else approves.",
           amount_format(guard->by_hand, guard->fraud.points_decimals, bound));
    return false;
}

static void earn_now(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__EarnRequest *request = (const Talea__V1__EarnRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_EARN, &transaction);
    struct command_earn *earn = &command.earn;
    if (!request_card(call, request->card, &earn->card) ||
        !request_text(call, "receipt", request->receipt, earn->receipt, sizeof earn->receipt) ||
        !request_text(call, "currency", request->currency, earn->currency, sizeof earn->currency) ||
        !request_text(call, "till", request->till, earn->till, sizeof earn->till) ||
        !request_text(call, "cashier", request->cashier, earn->cashier, sizeof earn->cashier) ||
        !request_time(call, node, request->business_unix_ms, &command.business_time,
                      &command.is_dated) ||
        !may_fix_points(call, request)) {
        return;
    }
    earn->amount = money_of(request->amount_minor);
    earn->is_fixed = request->fixed_points != 0;
    earn->fixed_points = points_of(request->fixed_points);
    earn->promotion = request->promotion;
    struct snapshot *snapshot = node_snapshot(node);
    const struct programme_version *version =
        programmes_at(snapshot->programmes, command.business_time);
    enum verdict verdict = earning_terms(node, snapshot, node_now(node), &command);
    if (verdict != VERDICT_OK) {
        snapshot_release(snapshot);
        refuse_verdict(call, verdict);
        return;
    }
    if (!is_within_hand(node, call, snapshot, &command)) {
        snapshot_release(snapshot);
        return;
    }
    bool is_judged =
        version->rules != NULL && !earn->is_fixed && !earning_was_by_rate(node, &transaction);
    if (is_judged && version->number == 0) { /* the ledger doesn't write yet, and keeps it then */
        snapshot_release(snapshot);
        refuse_err(call, ERR_UNAVAILABLE, NULL);
        return;
    }
    if (is_judged) {
        earn_judged(node, call, request, snapshot, &command);
        return;
    }
    earn_by_rate(node, call, snapshot, &command);
    snapshot_release(snapshot);
}

void till_earn(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    if (has_fraud_rules(context)) { /* they look into the journal */
        rpc_call_continue(call, earn_now);
    } else {
        earn_now(context, call, message);
    }
}

static void answer_return(struct rpc_call *call, const struct outcome *outcome)
{
    Talea__V1__ReturnPurchaseResponse response;
    talea__v1__return_purchase_response__init(&response);
    const struct answer *answer = &outcome->answer;
    if (outcome->verdict != VERDICT_OK) {
        refuse_verdict(call, outcome->verdict);
        return;
    }
    response.taken_points = answer->points.minor;
    response.debt_points = answer->debt.minor;
    response.journal_row = answer->row;
    response.written_off_points = answer->written_off.minor;
    response.amount_minor = answer->amount.minor;
    rpc_call_reply(call, &response.base);
}

static void send_returned(struct reply *reply)
{
    answer_return(reply->call, &reply->outcome);
}

static bool read_return(struct node *node, struct rpc_call *call,
                        const Talea__V1__ReturnPurchaseRequest *request,
                        struct command *out_command)
{
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return false;
    }
    *out_command = command_now(node, COMMAND_RETURN_SALE, &transaction);
    struct command_return_sale *body = &out_command->return_sale;
    body->amount = money_of(request->amount_minor);
    return request_uid(call, "sale_id", request->sale_id, &body->sale) &&
           request_text(call, "receipt", request->receipt, body->receipt, sizeof body->receipt) &&
           request_time(call, node, request->business_unix_ms, &out_command->business_time,
                        &out_command->is_dated);
}

/* In the call's memory. NULL: the call was refused. */
static const struct line_back *read_lines(struct rpc_call *call,
                                          const Talea__V1__ReturnPurchaseRequest *request)
{
    struct line_back *lines =
        arena_alloc(rpc_call_arena(call), (request->n_lines + 1) * sizeof *lines);
    if (lines == NULL || request->n_lines > LIMIT_RECEIPT_LINES) {
        refuse_err(call, lines == NULL ? ERR_RESOURCE : ERR_INPUT, NULL);
        return NULL;
    }
    for (size_t i = 0; i < request->n_lines; i++) {
        lines[i] = (struct line_back){request->lines[i]->line, request->lines[i]->quantity_milli};
    }
    return lines;
}

/* Of a sale that rules judged: on a worker, since the journal is read. */
static void return_judged(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ReturnPurchaseRequest *request =
        (const Talea__V1__ReturnPurchaseRequest *)(const void *)message;
    struct command command;
    struct outcome outcome;
    struct note note = {""};
    const struct line_back *lines = read_lines(call, request);
    if (lines == NULL || !read_return(node, call, request, &command)) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = request->n_lines == 0
                       ? judging_return_both(node, snapshot, &command, slice_of(NULL, 0), &outcome)
                       : judging_return_lines(node, snapshot, &command, lines, request->n_lines,
                                              &outcome, &note);
    snapshot_release(snapshot);
    if (err == ERR_NOT_FOUND) {
        refuse(call, 9, "NO_LINES",
               "No rules judged this purchase, so nothing is known of its lines: return it by "
               "amount.");
    } else if (err == ERR_UNSUPPORTED && note.text[0] != '\0') {
        refuse(call, 9, "LINES_DIFFER", "%s", note.text);
    } else if (err != ERR_OK) {
        refuse_err(call, err, note.text[0] != '\0' ? &note : NULL);
    } else {
        answer_return(call, &outcome);
    }
}

void till_return_purchase(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ReturnPurchaseRequest *request =
        (const Talea__V1__ReturnPurchaseRequest *)(const void *)message;
    struct command command;
    if (!read_return(node, call, request, &command)) {
        return;
    }
    if (request->n_lines > 0 || judging_was_judged(node, &command.return_sale.sale)) {
        rpc_call_continue(call, return_judged);
    } else {
        reply_after(node, call, &command, NULL, send_returned);
    }
}
