/* A reward taken back: its points, its place in the stock, what it gave and what it took. */
#include <string.h>

#include "ledger/gift_card.h"
#include "node/judging.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/rewards.h"
#include "node/services.h"
#include "talea/v1/reward.pb-c.h"

#define CANCEL_BYTES        (2u << 20)
#define FAILED_PRECONDITION 9
#define NOT_FOUND           5

struct cancelling {
    struct node *node;
    struct snapshot *snapshot;
    struct uid transaction;
    struct uid redemption;
    struct arena arena;
    struct buffer groups;
    struct command_standing change; /* that the redemption made */
    struct kept_case kept;
    struct command commands[3];
    struct outcome outcomes[3];
    size_t count;
};

/* All of it, the other way round. */
static enum err take_group(struct cancelling *c, struct reader *in, struct standing_step *steps)
{
    struct standing_owner owner;
    uint32_t count;
    size_t taken = 0;
    int64_t value = 0;
    standing_read_group(in, &owner, &count);
    for (uint32_t i = 0; i < count && in->err == ERR_OK; i++) {
        struct standing_step step;
        int64_t delta;
        standing_read_step(in, &step);
        TRY(step.how == STANDING_SET ? int64_sub(step.before, step.after, &delta)
                                     : int64_sub(0, step.delta, &delta));
        value = step.how == STANDING_ADD ? step.delta : value;
        steps[taken++] = (struct standing_step){
            .how = STANDING_TAKE, .slot = step.slot, .bucket = step.bucket, .delta = delta};
    }
    if (owner.kind == OWNER_GIFT_CARD) {
        struct gift_number number = gift_number_of(&owner);
        gift_card_write_cancel(&c->groups, &number, value);
    } else if (owner.kind != OWNER_RAISED) {
        standing_write_group(&c->groups, &owner, steps, taken);
    }
    return in->err;
}

static enum err write_groups(struct cancelling *c)
{
    struct standing_step *steps = arena_alloc(&c->arena, LIMIT_STANDING_STEPS * sizeof *steps);
    struct reader in = reader_of(c->change.groups);
    if (steps == NULL) {
        return ERR_RESOURCE;
    }
    while (in.err == ERR_OK && in.at != in.end) {
        TRY(take_group(c, &in, steps));
    }
    TRY(reader_finish(&in));
    return c->groups.err;
}

static struct command *add_command(struct cancelling *c, enum command_kind kind,
                                   const struct uid *id)
{
    struct command *command = &c->commands[c->count++];
    *command = command_now(c->node, kind, id);
    return command;
}

/* The change goes first: it has the reason when the reward can't be taken back any more. */
static void make_commands(struct cancelling *c)
{
    const struct partner_id *self = &c->node->config.partner;
    struct uid change_id = standing_transaction(STANDING_ID_CHANGE, self, &c->transaction);
    struct uid refund_id = standing_transaction(STANDING_ID_REFUND, self, &c->transaction);
    struct command *change = add_command(c, COMMAND_CHANGE_STANDING, &change_id);
    change->standing = (struct command_standing){
        .issuer = *self,
        .occasion = c->redemption,
        .returned = c->transaction,
        .said =
            hash_of(HASH_DOMAIN_BODY, slice_of(c->redemption.bytes, sizeof c->redemption.bytes)),
        .groups = buffer_slice(&c->groups)};
    if (c->kept.spent.minor > 0) {
        struct command *refund = add_command(c, COMMAND_RETURN_BURN, &refund_id);
        refund->use.hold = standing_transaction(STANDING_ID_HOLD, self, &c->redemption);
        refund->use.points = c->kept.spent;
    }
    if (c->kept.points.minor > 0) {
        struct command *give_back = add_command(c, COMMAND_RETURN_SALE, &c->transaction);
        give_back->return_sale.sale = c->redemption;
    }
}

/* ERR_NOT_FOUND: it is no redemption. */
static enum err cancel(struct cancelling *c)
{
    TRY(judging_read_change(c->node, c->snapshot, &c->redemption, &c->arena, &c->change));
    TRY(kept_case_is(c->change.evidence) ? ERR_OK : ERR_NOT_FOUND);
    TRY(kept_case_decode(c->change.evidence, &c->arena, &c->kept));
    if (!rewards_are_in(c->snapshot, &c->kept)) {
        return ERR_NOT_FOUND;
    }
    TRY(write_groups(c));
    make_commands(c);
    return engine_execute_batch(c->node->engine, c->commands, c->count, true, c->outcomes);
}

static void answer(struct cancelling *c, struct rpc_call *call)
{
    Talea__V1__CancelRewardResponse response;
    talea__v1__cancel_reward_response__init(&response);
    const struct outcome *outcome = judging_outcome(c->outcomes, c->count);
    if (outcome->verdict == VERDICT_STANDING_MOVED ||
        outcome->verdict == VERDICT_RETURN_EXCEEDS_SALE) {
        refuse(call, FAILED_PRECONDITION, "REWARD_USED",
               "What it gave was used already, or was taken back before.");
    } else if (outcome->verdict != VERDICT_OK) {
        refuse_verdict(call, outcome->verdict);
    } else {
        response.returned_points = c->kept.spent.minor;
        response.due_back_minor = c->kept.due.minor;
        response.journal_row = outcome->answer.row;
        rpc_call_reply(call, &response.base);
    }
}

void reward_cancel(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__CancelRewardRequest *request =
        (const Talea__V1__CancelRewardRequest *)(const void *)message;
    struct cancelling c = {.node = node};
    if (!request_transaction(call, request->transaction_id, &c.transaction) ||
        !request_uid(call, "redemption_id", request->redemption_id, &c.redemption)) {
        return;
    }
    c.snapshot = node_snapshot(node);
    arena_init(&c.arena, CANCEL_BYTES);
    enum err err = cancel(&c);
    if (err == ERR_NOT_FOUND) {
        refuse(call, NOT_FOUND, "REDEMPTION_UNKNOWN", "No reward was given under this id.");
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        answer(&c, call);
    }
    buffer_fini(&c.groups);
    arena_fini(&c.arena);
    snapshot_release(c.snapshot);
}
