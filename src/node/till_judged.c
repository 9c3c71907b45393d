#include "node/till_judged.h"

#include <string.h>

#include "engine/record_reader.h"
#include "node/earning.h"
#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"

static void try_judging(struct till_judged *till);
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

static void refuse_try(struct till_judged *till, enum err err, const struct note *note)
{
    struct rpc_call *call = till->call;
    judge_gate_leave(&till->node->judge_gate, &till->turn);
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
    struct arena *arena = rpc_call_arena(till->call);
    TRY(judging_read_case(till->node, till->snapshot, &till->judged.id, arena, &kept));
    const struct programme_version *version =
        programmes_find(till->snapshot->programmes, kept.programme);
    if (version == NULL || version->rules == NULL) {
        return ERR_NOT_FOUND;
    }
    return judged_answer_fill(version, &kept, arena, answer);
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
    release(till);
    if (err != ERR_OK) {
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
        return judged_answer_fill(till->judged.version, &till->judged.kept,
                                  rpc_call_arena(till->call), answer);
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
    if (err == ERR_OK && till->outcomes[0].verdict == VERDICT_OK) {
        err = till->fill(till, false, &answer);
    }
    answer_call(till, err, &answer);
}

/* The refusal that is the reason of the others. */
static void choose_refusal(struct till_judged *till)
{
    struct outcome *first = &till->outcomes[0];
    for (size_t i = 1; i < till->judged.command_count; i++) {
        if (first->verdict == VERDICT_LINKED_REFUSED) {
            *first = till->outcomes[i];
        }
    }
}

/* On the engine's thread. */
static void judged_done(void *context, const struct outcome *outcome)
{
    struct till_judged *till = context;
    till->err = outcome->err;
    if (till->err == ERR_OK) {
        choose_refusal(till);
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
    } else {
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

static void try_judging(struct till_judged *till)
{
    struct note note = {""};
    struct judging_case *judged = &till->judged;
    enum err err = prepare(till, &note);
    if (err == ERR_OK && till->has_bound &&
        judged->judgement.points.minor > till->snapshot->till_points_max.minor) {
        err = note_set(&note, ERR_INPUT,
                       "More than %u points in one call of a till: limits.points_per_command_max "
                       "of this node's configuration.",
                       till->node->config.limits.points_per_command_max);
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
