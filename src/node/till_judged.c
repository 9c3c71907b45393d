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
    return till;
}

/* The words of what rules gave. */
static enum err name_awards(const struct programme_version *version, const struct award *awards,
                            size_t count, struct arena *arena, struct judged_answer *answer)
{
    const struct rules_text *text = rules_text(version->rules);
    answer->awards = arena_alloc(arena, (count + 1) * sizeof *answer->awards);
    if (answer->awards == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        if (awards[i].rule >= text->rule_count) {
            return ERR_CORRUPT;
        }
        const struct rule *rule = &text->rules[awards[i].rule];
        Talea__V1__Award *award = arena_alloc(arena, sizeof *award);
        if (award == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__award__init(award);
        award->rule = arena_text(arena, slice_of(rule->name, strlen(rule->name)));
        bool is_discount = rule_stage(rule) == STAGE_DISCOUNT;
        award->points = rule_given_in(rule) == GIVEN_IN_POINTS ? awards[i].given : 0;
        award->discount_minor = is_discount ? awards[i].given : 0;
        answer->awards[i] = award;
    }
    answer->award_count = count;
    answer->programme_version = version->programme.version;
    return ERR_OK;
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
    answer->discount_minor = kept.discount.minor;
    answer->spent_points = kept.spent.minor;
    answer->due_minor = kept.due.minor;
    answer->refund_minor = kept.refund.minor;
    answer->item_count = kept.item_count;
    TRY(given_tell(till->node, version, kept.items, kept.item_count, change.groups, arena,
                   &answer->items));
    return name_awards(version, kept.awards, kept.award_count, arena, answer);
}

static void answer_call(struct till_judged *till, enum err err, const struct judged_answer *answer)
{
    struct rpc_call *call = till->call;
    struct node *node = till->node;
    struct uid id = till->judged.id;
    struct outcome outcome = till->outcomes[0];
    till_judged_send *send = till->send;
    release(till);
    if (till->refusal.code != 0) {
        refuse(call, till->refusal.code, till->refusal.reason, "%s", till->refusal.text.text);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else if (outcome.verdict != VERDICT_OK) {
        refuse_verdict(call, outcome.verdict);
    } else {
        send(node, call, &id, &outcome, answer);
    }
}

/* A repeat of what nothing is kept any more says what it gave, and not why. */
static void answer_repeat(struct errand *errand)
{
    struct till_judged *till = (struct till_judged *)(void *)errand; /* its first field */
    struct judged_answer answer = {.discount_minor = 0};
    enum err err = read_kept(till, &answer);
    if (err == ERR_NOT_FOUND) {
        answer = (struct judged_answer){.discount_minor = 0};
        err = ERR_OK;
    }
    answer_call(till, err, &answer);
}

static enum err tell_first(struct till_judged *till, struct judged_answer *answer)
{
    const struct judging_case *judged = &till->judged;
    const struct judgement *judgement = &judged->judgement;
    struct arena *arena = rpc_call_arena(till->call);
    answer->discount_minor = judgement->discount.minor;
    answer->spent_points = judgement->spent.minor;
    answer->due_minor = judgement->due.minor;
    answer->refund_minor = judgement->refund.minor;
    answer->item_count = judgement->item_count;
    TRY(given_tell(till->node, judged->version, judgement->items, judgement->item_count,
                   buffer_slice(&judged->groups), arena, &answer->items));
    return name_awards(judged->version, judgement->awards, judgement->award_count, arena, answer);
}

static void answer_first(void *context)
{
    struct till_judged *till = context;
    struct judged_answer answer = {.discount_minor = 0};
    enum err err = till->err;
    if (err == ERR_OK && till->refusal.code == 0 && till->outcomes[0].verdict == VERDICT_OK) {
        err = tell_first(till, &answer);
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
    if (err == ERR_OK && !judged->is_known) {
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

/* At most 64 printable bytes. */
static bool read_goods(struct rpc_call *call, const char *field, const char *text,
                       struct slice *out_text)
{
    char copy[LIMIT_GOODS_TEXT_BYTES + 1];
    *out_text = slice_of(text, strlen(text));
    return request_text(call, field, text, copy, sizeof copy);
}

static bool read_line(struct rpc_call *call, const Talea__V1__BasketLine *said,
                      struct basket_line *out_line)
{
    if (said->amount_minor < 0 || said->quantity_milli < 0) {
        refuse_verdict(call, VERDICT_AMOUNT_NEGATIVE);
        return false;
    }
    out_line->amount = money_of(said->amount_minor);
    out_line->quantity_milli = said->quantity_milli;
    return read_goods(call, "lines.product", said->product, &out_line->product) &&
           read_goods(call, "lines.category", said->category, &out_line->category) &&
           read_goods(call, "lines.brand", said->brand, &out_line->brand);
}

static bool read_lines(struct rpc_call *call, const Talea__V1__EarnRequest *request,
                       struct basket_line *lines, struct occasion *occasion)
{
    occasion->line_count = request->n_lines == 0 ? 1 : request->n_lines;
    lines[0] = (struct basket_line){.amount = money_of(request->amount_minor)};
    if (request->amount_minor < 0) {
        refuse_verdict(call, VERDICT_AMOUNT_NEGATIVE);
        return false;
    }
    for (size_t i = 0; i < request->n_lines; i++) {
        lines[i] = (struct basket_line){.amount = {0}};
        if (!read_line(call, request->lines[i], &lines[i])) {
            return false;
        }
    }
    occasion->lines = lines;
    return true;
}

bool till_read_basket(struct rpc_call *call, const Talea__V1__EarnRequest *request,
                      struct occasion *out_occasion)
{
    struct money total;
    struct note note = {""};
    if (request->n_lines > LIMIT_RECEIPT_LINES) {
        refuse(call, 3, "TOO_MANY_LINES", "At most %u lines are allowed.", LIMIT_RECEIPT_LINES);
        return false;
    }
    struct basket_line *lines =
        arena_alloc(rpc_call_arena(call), (request->n_lines + 1) * sizeof *lines);
    if (lines == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return false;
    }
    *out_occasion = (struct occasion){.kind = OCCASION_SALE};
    if (!read_lines(call, request, lines, out_occasion) ||
        !read_goods(call, "store", request->store, &out_occasion->store) ||
        !read_goods(call, "channel", request->channel, &out_occasion->channel)) {
        return false;
    }
    out_occasion->paid_in_points = money_of(request->paid_in_points_minor);
    enum err err = occasion_check(out_occasion, &total, &note);
    if (err == ERR_OK && request->amount_minor != 0 && request->amount_minor != total.minor) {
        refuse(call, 3, "AMOUNT_MISMATCH", "The lines' amounts are not amount_minor in all.");
        return false;
    }
    if (err != ERR_OK) {
        refuse_err(call, err, &note);
    }
    return err == ERR_OK;
}
