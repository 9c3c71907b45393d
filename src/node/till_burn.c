/* A till's burns: holds, captures, voids, returns of goods paid with points. */
#include "ledger/route.h"
#include "node/burning.h"
#include "node/metrics.h"
#include "node/node.h"
#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/till.pb-c.h"

/* Which of the ways a request for another home's points ended, by what it was answered. */
static enum authorisation_end end_of(const struct answer *answer)
{
    if (answer->points.minor == 0) {
        return AUTHORISATION_UNREACHABLE;
    }
    return uid_is_nil(&answer->mandate) ? AUTHORISATION_GRANTED : AUTHORISATION_STOOD_IN;
}

static Talea__V1__AuthorisedBy authorised_by(const struct node *node, const struct answer *answer)
{
    if (partner_id_equal(&answer->home, &node->config.partner)) {
        return TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_OWN;
    }
    return uid_is_nil(&answer->mandate) ? TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_GRANT
                                        : TALEA__V1__AUTHORISED_BY__AUTHORISED_BY_MANDATE;
}

bool authorise_is_held(struct node *node, struct rpc_call *call, const struct outcome *outcome)
{
    const struct answer *answer = &outcome->answer;
    if (outcome->verdict != VERDICT_OK) {
        refuse_verdict(call, outcome->verdict);
        return false;
    }
    if (!partner_id_equal(&answer->home, &node->config.partner) && !outcome->is_repeat) {
        node_count_authorisation(node->counters, &answer->home, end_of(answer));
    }
    if (answer->points.minor == 0) { /* it was given up; the home is owed a void */
        refuse(call, 9, "HOME_UNREACHABLE",
               "%s did not answer in time, and no mandate of it covers this; what it may grant yet "
               "will be "
               "given back.",
               answer->home.text);
    }
    return answer->points.minor != 0;
}

static void send_authorised(struct reply *reply)
{
    Talea__V1__AuthoriseBurnResponse response;
    talea__v1__authorise_burn_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    char hold[UID_TEXT_MAX];
    char mandate[UID_TEXT_MAX];
    if (!authorise_is_held(reply->node, reply->call, &reply->outcome)) {
        return;
    }
    response.authorised_by = authorised_by(reply->node, answer);
    if (!uid_is_nil(&answer->mandate)) {
        uid_format(&answer->mandate, mandate);
        response.mandate_id = mandate;
    }
    uid_format(&reply->transaction, hold);
    response.hold_id = hold;
    response.held_points = answer->points.minor;
    response.capture_by_unix_ms = answer->capture_by.ms;
    response.deliver_by_unix_ms = answer->deliver_by.ms;
    response.home = (char *)(uintptr_t)answer->home.text;
    rpc_call_reply(reply->call, &response.base);
}

/* Submits a hold of either kind and answers the till. */
static void reply_authorised(struct node *node, struct rpc_call *call,
                             const struct command *command, void *context)
{
    (void)context;
    reply_after(node, call, command, NULL, send_authorised);
}

/* Where a hold is asked for. */
struct hold_route {
    struct card_number card;
    bool is_known;   /* somebody is its home */
    bool is_own;     /* we are */
    bool is_refused; /* its home said that it is blocked, and did not grant this hold before */
};

static enum err find_route(const struct ledger_view *view, const struct roster *roster,
                           const struct command *command, struct hold_route *out_route)
{
    struct card_route route;
    struct hold known;
    TRY(ledger_route_card(view, roster, &command->hold.card, &route));
    *out_route = (struct hold_route){.card = route.card,
                                     .is_known = route.home != NULL,
                                     .is_own = route.home != NULL &&
                                               roster_is_self(roster, &route.home->id)};
    if (!route.is_blocked || out_route->is_own) {
        return ERR_OK;
    }
    enum err err = ledger_get_hold(view, &roster->self, &command->transaction_id, &known);
    out_route->is_refused = err == ERR_NOT_FOUND;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

bool authorise_find_home(struct node *node, struct rpc_call *call, const struct command *command,
                         struct card_number *out_card, bool *out_is_own)
{
    struct partner_host host;
    struct hold_route route = {.is_known = false};
    enum err err = partner_host_open(node, &host);
    if (err == ERR_OK) {
        err = find_route(&host.host.view, host.host.roster, command, &route);
        partner_host_end(&host);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return false;
    }
    if (!route.is_known || route.is_refused) {
        refuse_verdict(call, route.is_known ? VERDICT_CARD_BLOCKED : VERDICT_PARTNER_UNKNOWN);
        return false;
    }
    *out_card = route.card;
    *out_is_own = route.is_own;
    return true;
}

/* May a till ask for that much? */
static bool is_within_bound(struct node *node, struct rpc_call *call, const struct command *command)
{
    struct snapshot *snapshot = node_snapshot(node);
    bool is_within = command->hold.points.minor <= snapshot->till_points_max.minor;
    bool is_enough = burning_is_enough(snapshot, command->business_time, command->hold.points);
    snapshot_release(snapshot);
    if (command->hold.points.minor > 0 && !is_enough) {
        refuse(call, 9, "BURN_TOO_SMALL",
               "The programme lets so few points not be spent: burn.smallest.");
        return false;
    }
    return request_within_bound(call, node, is_within);
}

void till_authorise_burn(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__AuthoriseBurnRequest *request =
        (const Talea__V1__AuthoriseBurnRequest *)(const void *)message;
    struct uid transaction;
    struct card_number card;
    bool is_own;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_HOLD, &transaction);
    struct command_hold *hold = &command.hold;
    hold->points = points_of(request->points);
    if (!request_card(call, request->card, &hold->card) ||
        !request_text(call, "receipt", request->receipt, hold->receipt, sizeof hold->receipt) ||
        !authorise_find_home(node, call, &command, &card, &is_own) ||
        !is_within_bound(node, call, &command)) {
        return;
    }
    if (!hold_times(node, command.business_time, request->capture_within_seconds, hold)) {
        refuse(call, 3, "INVALID_TIME", "capture_within_seconds is more than 30 days.");
        return;
    }
    hold->redeemer = node->config.partner;
    if (is_own) {
        reply_after(node, call, &command, NULL, send_authorised);
    } else {
        command.kind = COMMAND_FOREIGN_HOLD;
        hold->asked = card;
        authorise_abroad(node, call, &command, reply_authorised, NULL);
    }
}

/* Captures, voids and returns name their hold alike. */
static bool hold_use(struct node *node, struct rpc_call *call, const char *transaction_id,
                     const char *hold_id, struct command *command)
{
    struct uid transaction;
    enum command_kind kind = command->kind;
    if (!request_transaction(call, transaction_id, &transaction)) {
        return false;
    }
    *command = command_now(node, kind, &transaction);
    return request_uid(call, "hold_id", hold_id, &command->use.hold);
}

static void send_captured(struct reply *reply)
{
    Talea__V1__CaptureBurnResponse response;
    talea__v1__capture_burn_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.captured_points = reply->outcome.answer.points.minor;
    response.left_points = reply->outcome.answer.left.minor;
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

void till_capture_burn(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__CaptureBurnRequest *request =
        (const Talea__V1__CaptureBurnRequest *)(const void *)message;
    struct command command = {.kind = COMMAND_CAPTURE};
    if (hold_use(node, call, request->transaction_id, request->hold_id, &command)) {
        command.use.points = points_of(request->points);
        reply_after(node, call, &command, NULL, send_captured);
    }
}

static void send_voided(struct reply *reply)
{
    Talea__V1__VoidBurnResponse response;
    talea__v1__void_burn_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.voided_points = reply->outcome.answer.points.minor;
    rpc_call_reply(reply->call, &response.base);
}

void till_void_burn(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__VoidBurnRequest *request =
        (const Talea__V1__VoidBurnRequest *)(const void *)message;
    struct command command = {.kind = COMMAND_VOID};
    if (hold_use(node, call, request->transaction_id, request->hold_id, &command)) {
        reply_after(node, call, &command, NULL, send_voided);
    }
}

static void send_burn_returned(struct reply *reply)
{
    Talea__V1__ReturnBurnResponse response;
    talea__v1__return_burn_response__init(&response);
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.returned_points = reply->outcome.answer.points.minor;
    response.journal_row = reply->outcome.answer.row;
    rpc_call_reply(reply->call, &response.base);
}

void till_return_burn(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ReturnBurnRequest *request =
        (const Talea__V1__ReturnBurnRequest *)(const void *)message;
    struct command command = {.kind = COMMAND_RETURN_BURN};
    if (hold_use(node, call, request->transaction_id, request->hold_id, &command) &&
        request_text(call, "receipt", request->receipt, command.use.receipt,
                     sizeof command.use.receipt)) {
        command.use.points = points_of(request->points);
        reply_after(node, call, &command, NULL, send_burn_returned);
    }
}
