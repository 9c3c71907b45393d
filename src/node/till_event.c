/* Events that are no purchases, judged by the programme's rules like one. */
#include <string.h>

#include "node/earning.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/till_judged.h"

static void send_recorded(struct node *node, struct rpc_call *call, const struct uid *id,
                          const struct outcome *outcome, const struct judged_answer *judged)
{
    Talea__V1__RecordEventResponse response;
    talea__v1__record_event_response__init(&response);
    (void)id;
    response.earned_points = outcome->answer.points.minor;
    response.home = (char *)(uintptr_t)outcome->answer.home.text;
    response.balance = message_balance_now(node, rpc_call_arena(call), &outcome->answer.member);
    response.journal_row = outcome->answer.row;
    response.awards = judged->awards;
    response.n_awards = judged->award_count;
    response.codes = judged->codes;
    response.n_codes = judged->code_count;
    response.items = judged->items;
    response.n_items = judged->item_count;
    response.programme_version = judged->programme_version;
    rpc_call_reply(call, &response.base);
}

/* Does any rule listen to it? A name that is mistyped must not be taken for one that gives nothing.
 */
static bool is_heard(const struct programme_version *version, struct slice event)
{
    const struct rules_text *text = &version->file.rules;
    for (size_t i = 0; version->rules != NULL && i < text->rule_count; i++) {
        if (text->rules[i].on == OCCASION_EVENT && slice_equal(text->rules[i].event, event)) {
            return true;
        }
    }
    return false;
}

static bool read_texts(struct rpc_call *call, const Talea__V1__RecordEventRequest *request,
                       struct occasion *out_occasion)
{
    char copy[LIMIT_GOODS_TEXT_BYTES + 1];
    *out_occasion =
        (struct occasion){.kind = OCCASION_EVENT,
                          .event = slice_of(request->event, strlen(request->event)),
                          .store = slice_of(request->store, strlen(request->store)),
                          .channel = slice_of(request->channel, strlen(request->channel))};
    return request_text(call, "event", request->event, copy, sizeof copy) &&
           request_text(call, "store", request->store, copy, sizeof copy) &&
           request_text(call, "channel", request->channel, copy, sizeof copy) &&
           till_read_codes(call, request->codes, request->n_codes, out_occasion);
}

/* Takes the snapshot over. */
static void judge_event(struct node *node, struct rpc_call *call, struct snapshot *snapshot,
                        const struct command *give, const struct occasion *occasion)
{
    const struct programme_version *version =
        programmes_at(snapshot->programmes, give->business_time);
    if (!is_heard(version, occasion->event)) {
        snapshot_release(snapshot);
        refuse(call, 5, "EVENT_UNKNOWN", "No rule of the programme is about this event.");
        return;
    }
    struct till_judged *till = till_judged_create(node, call, snapshot);
    if (till == NULL) {
        return;
    }
    struct judging_case *judged = &till->judged;
    judged->version = version;
    judged->occasion = *occasion;
    judged->occasion.local = judging_local(node, version, give->business_time);
    judged->id = give->transaction_id;
    judged->said = judging_said(occasion);
    judged->give = *give;
    till->has_bound = true;
    till->send = send_recorded;
    till_judged_run(till);
}

void till_record_event(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__RecordEventRequest *request =
        (const Talea__V1__RecordEventRequest *)(const void *)message;
    struct uid transaction;
    struct occasion occasion;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_EARN, &transaction);
    if (!request_card(call, request->card, &command.earn.card) ||
        !request_time(call, node, request->business_unix_ms, &command.business_time,
                      &command.is_dated) ||
        !read_texts(call, request, &occasion)) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    enum verdict verdict = earning_terms(node, snapshot, node_now(node), &command);
    if (verdict != VERDICT_OK) {
        snapshot_release(snapshot);
        refuse_verdict(call, verdict);
        return;
    }
    judge_event(node, call, snapshot, &command, &occasion);
}
