#include "node/till_judged.h"

#include <string.h>

#include "engine/record_reader.h"
#include "node/burning.h"
#include "node/earning.h"
#include "node/given_items.h"
#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"

static void try_judging(struct till_judged *till);
static void end_refused(struct till_judged *till);
static till_judged_fill fill_sale;

/* Memory that is not the call's. */
static void release(struct till_judged *till)
{
    judging_fini(&till->judged);
    snapshot_release(till->snapshot);
}

void till_judged_drop(struct till_judged *till)
{
    release(till);
}

/* Nothing came of it: fraud rules don't count it. */
static void uncount(struct till_judged *till)
{
    fraud_gate_drop(till->node->fraud_gate, &till->judged.give, &till->judged.fraud);
}

static void refuse_try(struct till_judged *till, enum err err, const struct note *note)
{
    struct rpc_call *call = till->call;
    judge_gate_leave(&till->node->judge_gate, &till->turn);
    uncount(till);
    release(till);
    refuse_err(call, err, note != NULL && note->text[0] != '\0' ? note : NULL);
}

static void run_again(struct errand *errand)
{
    try_judging((struct till_judged *)(void *)errand); /* its first field */
}

/* On whatever thread the one before it left. */
static void take_turn(struct judge_turn *turn)
{
    struct till_judged *till =
        (struct till_judged *)(void *)((char *)turn - offsetof(struct till_judged, turn));
    till->errand.run = run_again;
    replier_put(till->node->replier, &till->errand);
}

struct till_judged *till_judged_create(struct node *node, struct rpc_call *call,
                                       struct snapshot *snapshot)
{
    struct till_judged *till = arena_alloc(rpc_call_arena(call), sizeof *till);
    if (till == NULL) {
        snapshot_release(snapshot);
        refuse_err(call, ERR_RESOURCE, NULL);
        return NULL;
    }
    memset(till, 0, sizeof *till);
    till->node = node;
    till->call = call;
    till->snapshot = snapshot;
    till->judged.snapshot = snapshot;
    till->turn.run = take_turn;
    till->fill = fill_sale;
    return till;
}

/* As the journal kept it. */
static enum err read_kept(struct till_judged *till, struct judged_answer *answer)
{
    struct kept_case kept;
    struct command_standing change;
    struct arena *arena = rpc_call_arena(till->call);
    TRY(judging_read_change(till->node, till->snapshot, &till->judged.id, arena, &change));
    TRY(kept_case_decode(change.evidence, arena, &kept));
    const struct programme_version *version =
        programmes_find(till->snapshot->programmes, kept.programme);
    if (version == NULL || version->rules == NULL) {
        return ERR_NOT_FOUND;
    }
    TRY(judged_answer_fill(version, &kept, arena, answer));
    return given_tell_cards(till->node, version, &kept, change.groups, arena, answer->items);
}

/* A promise whose time is over is told from one that was kept or given up. */
static void refuse_outcome(struct rpc_call *call, enum verdict verdict, bool is_over)
{
    if (verdict == VERDICT_OCCASION_ENDED && is_over) {
        refuse(call, 9, "QUOTE_OVER", "The quote's time is over.");
    } else {
        refuse_verdict(call, verdict);
    }
}

static void answer_call(struct till_judged *till, enum err err, const struct judged_answer *answer)
{
    struct rpc_call *call = till->call;
    struct node *node = till->node;
    struct uid id = till->judged.id;
    struct outcome outcome = till->outcomes[0];
    till_judged_send *send = till->send;
    struct unix_ms until = till->judged.until;
    bool is_over = until.ms != 0 && node_now(node).ms >= until.ms;
    if (till->refusal.code != 0 || till->err != ERR_OK || outcome.verdict != VERDICT_OK) {
        uncount(till);
    }
    release(till);
    if (till->refusal.code != 0) {
        refuse(call, till->refusal.code, till->refusal.reason, "%s", till->refusal.text.text);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_outcome(call, outcome.verdict, is_over);
    } else {
        send(node, call, &id, &outcome, answer);
    }
}

/* A repeat of what nothing is kept any more says what it gave, and not why. */
static enum err fill_sale(struct till_judged *till, bool is_repeat, struct judged_answer *answer)
{
    if (!is_repeat) {
        const struct judging_case *judged = &till->judged;
        struct arena *arena = rpc_call_arena(till->call);
        TRY(judged_answer_fill(judged->version, &judged->kept, arena, answer));
        return given_tell_cards(till->node, judged->version, &judged->kept,
                                buffer_slice(&judged->groups), arena, answer->items);
    }
    enum err err = read_kept(till, answer);
    if (err == ERR_NOT_FOUND) {
        *answer = (struct judged_answer){.discount_minor = 0};
        err = ERR_OK;
    }
    return err;
}

static void answer_repeat(struct errand *errand)
{
    struct till_judged *till = (struct till_judged *)(void *)errand; /* its first field */
    struct judged_answer answer = {.discount_minor = 0};
    enum err err = till->fill(till, true, &answer);
    answer_call(till, err, &answer);
}

static void answer_first(void *context)
{
    struct till_judged *till = context;
    struct judged_answer answer = {.discount_minor = 0};
    enum err err = till->err;
    if (err == ERR_OK && till->refusal.code == 0 && till->outcomes[0].verdict == VERDICT_OK) {
        err = till->fill(till, false, &answer);
    }
    answer_call(till, err, &answer);
}

/* On the engine's thread. */
static void judged_done(void *context, const struct outcome *outcome)
{
    struct till_judged *till = context;
    till->err = outcome->err;
    if (till->err == ERR_OK) {
        till->outcomes[0] = *judging_outcome(till->outcomes, till->judged.command_count);
    }
    bool has_moved = till->err == ERR_OK && judging_has_moved(till->outcomes[0].verdict);
    if (has_moved && till->judged.tried < JUDGING_TRIES) {
        till->errand.run = run_again;
        replier_put(till->node->replier, &till->errand);
        return;
    }
    till->err = has_moved ? ERR_UNAVAILABLE : till->err;
    if (till->err == ERR_OK && till->outcomes[0].verdict == VERDICT_OK) {
        raiser_tell(till->node->raiser, &till->judged);
    }
    judge_gate_leave(&till->node->judge_gate, &till->turn);
    if (till->err == ERR_OK && till->outcomes[0].is_repeat) {
        till->errand.run = answer_repeat;
        replier_put(till->node->replier, &till->errand);
    } else if (till->err == ERR_OK && till->outcomes[0].verdict != VERDICT_OK) {
        end_refused(till);
    } else {
        rpc_call_resume(till->call, answer_first, till);
    }
}

/* On the engine's thread. The refusal stands, whatever became of this. */
static void hold_given_back(void *context, const struct outcome *outcome)
{
    struct till_judged *till = context;
    (void)outcome;
    rpc_call_resume(till->call, answer_first, till);
}

/* What the home granted is given back first. Where that can't be told now the home does so by
 * itself when the hold's time is over. */
static void end_refused(struct till_judged *till)
{
    const struct partner_id *self = &till->node->config.partner;
    struct uid id = standing_transaction(STANDING_ID_VOID, self, &till->judged.id);
    struct command give_back = command_now(till->node, COMMAND_VOID, &id);
    give_back.use.hold = standing_transaction(STANDING_ID_HOLD, self, &till->judged.id);
    if (!till->judged.is_granted ||
        engine_submit(till->node->engine, &give_back, hold_given_back, till) != ERR_OK) {
        rpc_call_resume(till->call, answer_first, till);
    }
}

static enum err prepare(struct till_judged *till, struct note *note)
{
    struct state_reader *reader;
    TRY(readers_take(till->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = judging_find_owner(&view, &till->judged);
    if (err == ERR_OK) {
        err = judging_try(till->node, &view, &till->judged, note);
    }
    readers_give(till->node->readers, reader);
    return err;
}

/* For the points that it would get. */
static void refuse_fraud(struct till_judged *till)
{
    const struct fraud_decision *fraud = &till->judged.fraud;
    enum err err = fraud_gate_raise(till->node->fraud_gate, fraud);
    if (err != ERR_OK) {
        refuse_try(till, err, NULL);
        return;
    }
    till->refusal = (struct till_refusal){.code = 9, .reason = "FRAUD_LIMIT"};
    fraud_gate_words(fraud, &till->refusal.text);
    judge_gate_leave(&till->node->judge_gate, &till->turn);
    end_refused(till);
}

static void try_judging(struct till_judged *till)
{
    struct note note = {""};
    struct judging_case *judged = &till->judged;
    enum err err = prepare(till, &note);
    if (err == ERR_OK && judged->fraud.is_refused) {
        refuse_fraud(till);
        return;
    }
    if (err == ERR_OK && till->has_bound &&
        judged->judgement.points.minor > till->snapshot->till_points_max.minor) {
        err = note_set(&note, ERR_INPUT,
                       "More than %u points in one call of a till: limits.points_per_command_max "
                       "of this node's configuration.",
                       till->node->config.limits.points_per_command_max);
    }
    if (err == ERR_OK && judged->purpose != JUDGING_CONFIRM && !judged->is_known) {
        err = burning_look(judged, &till->refusal);
        if (till->look != NULL && till->refusal.code == 0) {
            till->look(till, &till->refusal);
        }
        if (till->refusal.code != 0) {
            judge_gate_leave(&till->node->judge_gate, &till->turn);
            end_refused(till);
            return;
        }
    }
    if (err == ERR_OK) {
        err = engine_submit_batch(till->node->engine, judged->commands, judged->command_count, true,
                                  till->outcomes, judged_done, till);
    }
    if (err != ERR_OK) {
        refuse_try(till, err, &note);
    }
}

void till_judged_run(struct till_judged *till)
{
    struct judging_case *judged = &till->judged;
    struct standing_owner named = judged->give.earn.card.digits[0] != '\0'
                                      ? standing_of_card(&judged->give.earn.card)
                                      : standing_of_member(&judged->give.earn.member);
    if (judge_gate_enter(&till->node->judge_gate, &named, &till->turn)) {
        try_judging(till);
    }
}
