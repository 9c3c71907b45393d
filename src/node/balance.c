/* GetBalance: now, at a time gone by, at a time to come. */
#include "node/balance_future.h"
#include "node/balance_past.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/till.pb-c.h"

#define TIME_MAX_MS INT64_C(253402300799999) /* the end of the year 9999 */

static void reply_balance(struct rpc_call *call, const struct uid *id, struct member *member,
                          struct unix_ms time)
{
    Talea__V1__GetBalanceResponse response;
    talea__v1__get_balance_response__init(&response);
    struct arena *arena = rpc_call_arena(call);
    char text[UID_TEXT_MAX];
    uid_format(id, text);
    response.member_id = text;
    response.balance = message_balance(arena, member, time);
    response.expiring = message_expiring(arena, member, &response.n_expiring);
    if (response.balance == NULL || response.expiring == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
}

static void refuse_past(struct rpc_call *call, enum err err)
{
    if (err == ERR_NOT_FOUND) {
        refuse(call, 11, "JOURNAL_TRIMMED",
               "The journal no longer has all that happened to the member since then.");
    } else if (err == ERR_RANGE) {
        refuse(call, 8, "HISTORY_TOO_LONG",
               "More than %u things happened to the member since then: ask for a later time.",
               LIMIT_HISTORY_ROWS);
    } else if (err == ERR_INPUT) {
        refuse(call, 11, "NOT_YET_ENROLLED", "The member was enrolled after that time.");
    } else {
        refuse_err(call, err, NULL);
    }
}

/* On a worker: it reads the journal. */
static void get_past_balance(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetBalanceRequest *request =
        (const Talea__V1__GetBalanceRequest *)(const void *)message;
    struct state_reader *reader;
    struct unix_ms time = {request->as_of_unix_ms};
    struct uid id;
    struct member member;
    if (!request_member_now(node, call, request->member, &id)) {
        return;
    }
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    struct ledger_view view = state_reader_view(reader);
    err = balance_find(&node->journal, &view, time, &id, &member);
    readers_give(node->readers, reader);
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_MEMBER_UNKNOWN);
        return;
    }
    err = err != ERR_OK ? err : balance_turn_back(&node->journal, &id, time, &member);
    if (err == ERR_OK) {
        reply_balance(call, &id, &member, time);
    } else {
        refuse_past(call, err);
    }
}

static void refuse_future(struct rpc_call *call, enum err err)
{
    if (err == ERR_NOT_FOUND) {
        refuse(call, 11, "JOURNAL_TRIMMED",
               "The journal no longer has the records of what is on hold.");
    } else if (err == ERR_RANGE) {
        refuse(call, 8, "HISTORY_TOO_LONG",
               "More than %u things happened to the member since what is on hold was reserved.",
               LIMIT_HISTORY_ROWS);
    } else {
        refuse_err(call, err, NULL);
    }
}

/* On a worker: what is on hold is found in the journal. */
static void get_future_balance(void *context, struct rpc_call *call,
                               const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetBalanceRequest *request =
        (const Talea__V1__GetBalanceRequest *)(const void *)message;
    struct state_reader *reader;
    struct unix_ms time = {request->as_of_unix_ms};
    struct uid id;
    struct member member;
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_found = request_member_row(node, call, &view, request->member, &id, &member);
    readers_give(node->readers, reader);
    if (!is_found) {
        return;
    }
    err = balance_release_holds(&node->journal, &id, time, &member);
    if (err == ERR_OK) {
        reply_balance(call, &id, &member, time);
    } else {
        refuse_future(call, err);
    }
}

void till_get_balance(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetBalanceRequest *request =
        (const Talea__V1__GetBalanceRequest *)(const void *)message;
    struct unix_ms now = node_now(node);
    struct unix_ms time =
        request->as_of_unix_ms == 0 ? now : (struct unix_ms){request->as_of_unix_ms};
    struct state_reader *reader;
    struct uid id;
    struct member member;
    if (time.ms < 0 || time.ms > TIME_MAX_MS) {
        refuse(call, 3, "INVALID_TIME", "as_of_unix_ms is before 1970 or after 9999.");
        return;
    }
    if (time.ms < now.ms) {
        rpc_call_continue(call, get_past_balance);
        return;
    }
    enum err err = readers_take(node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_found = request_member_row(node, call, &view, request->member, &id, &member);
    readers_give(node->readers, reader);
    if (is_found && time.ms > now.ms && member.held.minor > 0) {
        rpc_call_continue(call, get_future_balance);
    } else if (is_found) {
        reply_balance(call, &id, &member, time);
    }
}
