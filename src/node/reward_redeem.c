/* A reward given for what it costs: a member of ours pays in the same batch, the home of another is
 * asked for a hold first, which the batch takes, or which is given back. */
#include <string.h>

#include "node/earning.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/rewards.h"
#include "node/services.h"
#include "node/till_judged.h"
#include "programme/reward.h"
#include "talea/v1/reward.pb-c.h"

#define FAILED_PRECONDITION 9
#define NOT_FOUND           5

/* In the call's memory; texts are the request's. */
struct redemption {
    struct errand errand; /* first */
    struct node *node;
    struct rpc_call *call;
    struct command give; /* a purchase of nothing, by the card */
    struct slice reward;
    struct slice store;
    struct slice channel;
    struct outcome held; /* of the hold at another home */
};

static void send_redeemed(struct node *node, struct rpc_call *call, const struct uid *id,
                          const struct outcome *outcome, const struct judged_answer *judged)
{
    Talea__V1__RedeemRewardResponse response;
    talea__v1__redeem_reward_response__init(&response);
    char text[UID_TEXT_MAX];
    uid_format(id, text);
    response.redemption_id = text;
    response.spent_points = judged->spent_points;
    response.due_minor = judged->due_minor;
    response.items = judged->items;
    response.n_items = judged->item_count;
    response.awards = judged->awards;
    response.n_awards = judged->award_count;
    response.earned_points = outcome->answer.points.minor;
    response.home = (char *)(uintptr_t)outcome->answer.home.text;
    response.balance = message_balance_now(node, rpc_call_arena(call), &outcome->answer.member);
    response.journal_row = outcome->answer.row;
    response.programme_version = judged->programme_version;
    rpc_call_reply(call, &response.base);
}

/* The reward was given, and no other besides. */
static void look_at_reward(const struct judging_case *judged, uint16_t place,
                           struct till_refusal *out_refusal)
{
    const struct rules_text *text = rules_text(judged->version->rules);
    const struct trace_row *row = reward_trace(&judged->judgement, place);
    const char *name = text->rules[place].name;
    *out_refusal = (struct till_refusal){.code = FAILED_PRECONDITION};
    if (row == NULL || row->reason != TRACE_FIRED) {
        enum trace_reason reason = row == NULL ? TRACE_OTHER_OCCASION : row->reason;
        out_refusal->reason =
            reason == TRACE_BALANCE ? "INSUFFICIENT_POINTS" : "REWARD_NOT_AVAILABLE";
        note_set(&out_refusal->text, ERR_INPUT, "%s can't be had: %s.", name,
                 reward_reason(reason));
        return;
    }
    for (size_t i = 0; i < judged->judgement.award_count; i++) {
        const struct rule *rule = &text->rules[judged->judgement.awards[i].rule];
        if (reward_is(rule) && judged->judgement.awards[i].rule != place) {
            out_refusal->reason = "REWARD_AMBIGUOUS";
            note_set(&out_refusal->text, ERR_INPUT,
                     "%s would be given and charged with it: the programme has both on one event.",
                     rule->name);
            return;
        }
    }
    out_refusal->code = 0;
}

static void look_at_till(struct till_judged *till, struct till_refusal *out_refusal)
{
    const struct redemption *r = till->context;
    uint16_t place = reward_find(rules_text(till->judged.version->rules), r->reward);
    look_at_reward(&till->judged, place, out_refusal);
}

static struct hash said_of(const struct redemption *r, const struct occasion *occasion)
{
    struct hasher hasher;
    struct hash said = judging_said(occasion);
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(said.bytes, sizeof said.bytes));
    hasher_add(&hasher, r->reward);
    return hasher_finish(&hasher);
}

/* ERR_NOT_FOUND: there is no such reward. The case's snapshot is set. */
static enum err fill_case(const struct redemption *r, struct judging_case *judged)
{
    judged->version = programmes_at(judged->snapshot->programmes, r->give.business_time);
    if (judged->version->rules == NULL) {
        return ERR_NOT_FOUND;
    }
    const struct rules_text *text = rules_text(judged->version->rules);
    uint16_t place = reward_find(text, r->reward);
    if (place == NO_RULE) {
        return ERR_NOT_FOUND;
    }
    if (judged->version->number == 0) {
        return ERR_UNAVAILABLE; /* the ledger doesn't write yet, and keeps it then */
    }
    judged->occasion = (struct occasion){.kind = OCCASION_EVENT,
                                         .event = text->rules[place].event,
                                         .store = r->store,
                                         .channel = r->channel};
    judged->occasion.local = judging_local(r->node, judged->version, r->give.business_time);
    judged->id = r->give.transaction_id;
    judged->said = said_of(r, &judged->occasion);
    judged->give = r->give;
    judged->is_traced = true;
    judged->balance = points_of(REWARD_BALANCE_UNKNOWN);
    return ERR_OK;
}

static void refuse_reward(struct rpc_call *call, enum err err, const struct note *note)
{
    if (err == ERR_NOT_FOUND) {
        refuse(call, NOT_FOUND, "REWARD_UNKNOWN", "The programme has no reward of this name.");
    } else {
        refuse_err(call, err, note != NULL && note->text[0] != '\0' ? note : NULL);
    }
}

/* Takes the snapshot over. */
static void give(struct redemption *r, struct snapshot *snapshot, bool is_granted)
{
    struct till_judged *till = till_judged_create(r->node, r->call, snapshot);
    if (till == NULL) {
        return;
    }
    enum err err = fill_case(r, &till->judged);
    if (err != ERR_OK) {
        till_judged_drop(till);
        refuse_reward(r->call, err, NULL);
        return;
    }
    till->judged.is_granted = is_granted;
    till->look = look_at_till;
    till->context = r;
    till->send = send_redeemed;
    till_judged_run(till);
}

/* ---- Members of other homes ---- */

static void give_granted(struct errand *errand)
{
    struct redemption *r = (struct redemption *)(void *)errand; /* its first field */
    if (r->held.err != ERR_OK) {
        refuse_err(r->call, r->held.err, NULL);
    } else if (authorise_is_held(r->node, r->call, &r->held)) {
        give(r, node_snapshot(r->node), true);
    }
}

/* On the engine's thread. */
static void hold_recorded(void *context, const struct outcome *outcome)
{
    struct redemption *r = context;
    r->held = *outcome;
    r->errand.run = give_granted;
    replier_put(r->node->replier, &r->errand);
}

static void take_grant(struct node *node, struct rpc_call *call, const struct command *command,
                       void *context)
{
    enum err err = engine_submit(node->engine, command, hold_recorded, context);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
}

/* What it would cost, and whether it was given already. */
static enum err price_abroad(struct redemption *r, struct snapshot *snapshot,
                             struct till_refusal *out_refusal, struct points *out_points,
                             struct note *note)
{
    struct judging_case judged = {.snapshot = snapshot};
    struct state_reader *reader;
    TRY(fill_case(r, &judged));
    TRY(readers_take(r->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = judging_find_owner(&view, &judged);
    if (err == ERR_OK) {
        err = judging_try(r->node, &view, &judged, note);
    }
    readers_give(r->node->readers, reader);
    if (err == ERR_OK) {
        uint16_t place = reward_find(rules_text(judged.version->rules), r->reward);
        *out_points = judged.is_known ? points_of(0) : judged.judgement.spent;
        *out_refusal = (struct till_refusal){.code = 0};
        if (!judged.is_known) {
            look_at_reward(&judged, place, out_refusal);
        }
    }
    judging_fini(&judged);
    return err;
}

/* Holds the points at the member's home first. */
static void redeem_abroad(struct redemption *r, const struct card_number *asked)
{
    struct node *node = r->node;
    struct note note = {""};
    struct till_refusal refusal;
    struct points points;
    struct uid id =
        standing_transaction(STANDING_ID_HOLD, &node->config.partner, &r->give.transaction_id);
    struct command command = command_now(node, COMMAND_FOREIGN_HOLD, &id);
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = price_abroad(r, snapshot, &refusal, &points, &note);
    if (err == ERR_OK && refusal.code == 0 && points.minor == 0) {
        give(r, snapshot, false);
        return;
    }
    snapshot_release(snapshot);
    if (err != ERR_OK) {
        refuse_reward(r->call, err, &note);
        return;
    }
    if (refusal.code != 0) {
        refuse(r->call, refusal.code, refusal.reason, "%s", refusal.text.text);
        return;
    }
    command.hold = (struct command_hold){.redeemer = node->config.partner,
                                         .card = r->give.earn.card,
                                         .asked = *asked,
                                         .points = points};
    bool is_short = hold_times(node, command.business_time, 0, &command.hold);
    ASSERT(is_short); /* the node's own default */
    authorise_abroad(node, r->call, &command, take_grant, r);
}

static bool read_redemption(struct redemption *r, const Talea__V1__RedeemRewardRequest *request)
{
    char copy[LIMIT_GOODS_TEXT_BYTES + 1];
    struct uid transaction;
    struct rpc_call *call = r->call;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return false;
    }
    r->give = command_now(r->node, COMMAND_EARN, &transaction);
    r->reward = slice_of(request->reward, strlen(request->reward));
    r->store = slice_of(request->store, strlen(request->store));
    r->channel = slice_of(request->channel, strlen(request->channel));
    return request_card(call, request->card, &r->give.earn.card) &&
           request_time(call, r->node, request->business_unix_ms, &r->give.business_time,
                        &r->give.is_dated) &&
           request_text(call, "store", request->store, copy, sizeof copy) &&
           request_text(call, "channel", request->channel, copy, sizeof copy);
}

void reward_redeem(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct card_number asked;
    bool is_own;
    struct redemption *r = arena_alloc(rpc_call_arena(call), sizeof *r);
    if (r == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    *r = (struct redemption){.node = node, .call = call};
    if (!read_redemption(r, (const Talea__V1__RedeemRewardRequest *)(const void *)message)) {
        return;
    }
    struct command where = command_now(node, COMMAND_HOLD, &r->give.transaction_id);
    where.hold.card = r->give.earn.card;
    if (!authorise_find_home(node, call, &where, &asked, &is_own)) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    enum verdict verdict = earning_terms(node, snapshot, node_now(node), &r->give);
    if (verdict == VERDICT_OK && is_own) {
        give(r, snapshot, false);
        return;
    }
    snapshot_release(snapshot);
    if (verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
    } else {
        redeem_abroad(r, &asked);
    }
}
