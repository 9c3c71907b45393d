/* Memberships that are paid for: until when, and ended for the money of the days that are left. */
#include <string.h>

#include "node/earning.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/till_judged.h"
#include "programme/membership.h"
#include "programme/reward.h"
#include "talea/v1/reward.pb-c.h"

#define FAILED_PRECONDITION 9
#define NOT_FOUND           5

/* ---- Shown ---- */

static enum err tell_membership(const struct programme_version *version,
                                const struct standing *standing, uint16_t metric, int64_t day,
                                struct arena *arena, Talea__V1__Membership **out_message)
{
    const char *name = rules_text(version->rules)->metrics[metric].name;
    struct membership m;
    Talea__V1__Membership *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    TRY(membership_read(version->rules, standing, metric, day, &m));
    talea__v1__membership__init(message);
    message->name = arena_text(arena, slice_of(name, strlen(name)));
    message->until_day = m.until_day;
    message->days_left = m.days_left;
    message->paid_minor = m.days_left > 0 ? m.paid.minor : 0;
    message->paid_days = m.days_left > 0 ? m.paid_days : 0;
    message->refund_minor = m.refund.minor;
    message->can_be_cancelled = m.cancel != NO_RULE && m.days_left > 0;
    *out_message = message;
    return message->name == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err tell_memberships(const struct programme_version *version,
                                 const struct standing *standing, int64_t day, struct arena *arena,
                                 Talea__V1__ListMembershipsResponse *response)
{
    const struct rules_text *text = rules_text(version->rules);
    response->memberships =
        arena_alloc(arena, (text->metric_count + 1) * sizeof(Talea__V1__Membership *));
    if (response->memberships == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < text->metric_count; i++) {
        if (membership_is(text, (uint16_t)i)) {
            TRY(tell_membership(version, standing, (uint16_t)i, day, arena,
                                &response->memberships[response->n_memberships]));
            response->n_memberships++;
        }
    }
    return ERR_OK;
}

/* ERR_NOT_FOUND: nobody has the card. */
static enum err find_standing(struct node *node, const struct snapshot *snapshot,
                              const struct card_number *card, struct standing_row *out_row)
{
    struct state_reader *reader;
    struct standing_owner named = standing_of_card(card);
    struct standing_owner owner;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_follow_owner(&view, &snapshot->roster, &named, &owner);
    if (err == ERR_OK) {
        err = standing_get_row(&view, &owner, out_row);
    }
    readers_give(node->readers, reader);
    return err;
}

void membership_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListMembershipsRequest *request =
        (const Talea__V1__ListMembershipsRequest *)(const void *)message;
    Talea__V1__ListMembershipsResponse response;
    talea__v1__list_memberships_response__init(&response);
    struct card_number card;
    struct standing_row row;
    if (!request_card(call, request->card, &card)) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    const struct programme_version *version = programmes_at(snapshot->programmes, node_now(node));
    enum err err = find_standing(node, snapshot, &card, &row);
    bool is_unknown = err == ERR_NOT_FOUND;
    if (err == ERR_OK && version->rules != NULL) {
        struct standing standing = standing_of_row(&row);
        int64_t day = judging_local(node, version, node_now(node)).ms / DAY_MS;
        err = tell_memberships(version, &standing, day, rpc_call_arena(call), &response);
    }
    snapshot_release(snapshot);
    if (is_unknown) {
        refuse_verdict(call, VERDICT_CARD_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
}

/* ---- Ended ---- */

static void send_cancelled(struct node *node, struct rpc_call *call, const struct uid *id,
                           const struct outcome *outcome, const struct judged_answer *judged)
{
    Talea__V1__CancelMembershipResponse response;
    talea__v1__cancel_membership_response__init(&response);
    (void)node;
    (void)id;
    response.refund_minor = judged->refund_minor;
    response.journal_row = outcome->answer.row;
    rpc_call_reply(call, &response.base);
}

/* Its rule gave money back, or there is nothing to end. */
static void look_at_refund(struct till_judged *till, struct till_refusal *out_refusal)
{
    const uint16_t *cancel = till->context;
    const struct trace_row *row = reward_trace(&till->judged.judgement, *cancel);
    *out_refusal = (struct till_refusal){.code = 0};
    if (row == NULL || row->reason != TRACE_FIRED) {
        *out_refusal =
            (struct till_refusal){.code = FAILED_PRECONDITION, .reason = "MEMBERSHIP_NOT_HELD"};
        note_set(&out_refusal->text, ERR_INPUT, "There is nothing to end or to pay back: %s.",
                 reward_reason(row == NULL ? TRACE_OTHER_OCCASION : row->reason));
    }
}

/* The rule that ends the membership of this name. NO_RULE: none does. */
static uint16_t cancelling_rule(const struct programme_version *version, const char *name)
{
    struct membership m = {.cancel = NO_RULE};
    struct standing nothing = {.count = 0};
    if (version->rules == NULL) {
        return NO_RULE;
    }
    uint16_t metric = membership_find(rules_text(version->rules), slice_of(name, strlen(name)));
    enum err err = metric == NO_METRIC ? ERR_NOT_FOUND
                                       : membership_read(version->rules, &nothing, metric, 0, &m);
    return err == ERR_OK ? m.cancel : NO_RULE;
}

/* Takes the snapshot over. */
static void cancel(struct node *node, struct rpc_call *call, struct snapshot *snapshot,
                   const struct command *give, uint16_t rule)
{
    const struct programme_version *version =
        programmes_at(snapshot->programmes, give->business_time);
    uint16_t *place = arena_alloc(rpc_call_arena(call), sizeof *place);
    struct till_judged *till = place != NULL ? till_judged_create(node, call, snapshot) : NULL;
    if (till == NULL) {
        if (place == NULL) {
            snapshot_release(snapshot);
            refuse_err(call, ERR_RESOURCE, NULL);
        }
        return;
    }
    *place = rule;
    struct judging_case *judged = &till->judged;
    judged->version = version;
    judged->occasion =
        (struct occasion){.kind = OCCASION_EVENT,
                          .event = rules_text(version->rules)->rules[rule].event,
                          .local = judging_local(node, version, give->business_time)};
    judged->id = give->transaction_id;
    judged->said = judging_said(&judged->occasion);
    judged->give = *give;
    judged->is_traced = true;
    till->look = look_at_refund;
    till->context = place;
    till->send = send_cancelled;
    till_judged_run(till);
}

void membership_cancel(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__CancelMembershipRequest *request =
        (const Talea__V1__CancelMembershipRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command give = command_now(node, COMMAND_EARN, &transaction);
    if (!request_card(call, request->card, &give.earn.card)) {
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    enum verdict verdict = earning_terms(node, snapshot, node_now(node), &give);
    uint16_t rule = cancelling_rule(programmes_at(snapshot->programmes, give.business_time),
                                    request->membership);
    if (verdict == VERDICT_OK && rule != NO_RULE) {
        cancel(node, call, snapshot, &give, rule);
        return;
    }
    snapshot_release(snapshot);
    if (verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
    } else {
        refuse(call, NOT_FOUND, "MEMBERSHIP_UNKNOWN",
               "No rule of the programme gives money back for a membership of this name.");
    }
}
