#include "engine_world.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_partner.h"
#include "invariants.h"
#include "model_parts.h"
#include "world.h"
#include "world_compare.h"
#include "world_rows.h"

enum {
    ALL_EVERY = 12 /* batches between two looks at everything */
};

void engine_world_init(struct engine_world *w)
{
    *w = (struct engine_world){0};
    world_roster(w->partners, w->tariffs, w->promotions, &w->roster);
    w->model = calloc(1, sizeof *w->model);
    w->before = calloc(1, sizeof *w->before);
    ASSERT(w->model != NULL && w->before != NULL);
}

void engine_world_fini(struct engine_world *w)
{
    free(w->model);
    free(w->before);
}

static bool complain_of(struct engine_world *w, const char *what, enum err err,
                        const struct note *note)
{
    (void)snprintf(w->complaint, sizeof w->complaint, "%s: %s: %.400s", what, err_name(err),
                   note == NULL ? "" : note->text);
    return false;
}

/* What comes from partners comes by other doors. */
static bool is_for_batches(enum command_kind kind)
{
    return kind != COMMAND_TAKE_ENTRY && kind != COMMAND_TAKE_BATCH &&
           kind != COMMAND_TAKE_RECEIPT && kind != COMMAND_PUT_PAIR &&
           kind != COMMAND_FREEZE_STREAM && kind < COMMAND_NET_PAYMENT;
}

/* A hold that has ended when it begins, which a till tells again when its id is forgotten: how soon
 * the node ends it is up to the threads, and what comes next may see it open or not. */
static bool is_over(const struct engine_world *w, const struct command *command)
{
    return command->kind == COMMAND_HOLD && command->hold.deliver_by.ms < w->now.ms &&
           !model_knows(w->model, command);
}

static bool is_refused(const struct model_answer *answer)
{
    return answer->verdict != VERDICT_OK;
}

/* Makes commands as if each before it went well. A linked group ends soon behind a refusal. */
static void make_commands(struct engine_world *w, const struct step *steps, size_t count,
                          enum telling how)
{
    size_t refused = 0;
    w->count = 0;
    w->entry_count = 0;
    for (size_t i = 0; i < count && refused < 2; i++) {
        struct model_answer answer;
        struct step step = steps[i];
        step.at = w->now;
        struct command *command = &w->commands[w->count];
        step_command(&step, &w->mood, w->model, &w->rooms[w->count], command);
        if (command->kind == COMMAND_TAKE_ENTRY) {
            w->entries[w->entry_count++] = step;
        }
        if (!is_for_batches(command->kind) || is_over(w, command)) {
            continue;
        }
        w->count++;
        model_step(w->model, command, w->now, &answer);
        refused += how == TELL_LINKED && is_refused(&answer);
    }
}

struct waiter {
    struct outcome *outcome;
    atomic_size_t *answered;
};

static void on_done(void *context, const struct outcome *outcome)
{
    struct waiter *waiter = context;
    *waiter->outcome = *outcome;
    atomic_fetch_add(waiter->answered, 1);
}

static void tell_ahead(struct engine_world *w)
{
    struct waiter waiters[TOLD_MAX];
    atomic_size_t answered = 0;
    for (size_t i = 0; i < w->count; i++) {
        waiters[i] = (struct waiter){&w->outcomes[i], &answered};
        ASSERT(engine_submit(w->node.engine, &w->commands[i], on_done, &waiters[i]) == ERR_OK);
    }
    while (atomic_load(&answered) < w->count) {
        sched_yield();
    }
}

/* All outcomes are there afterwards. */
static enum err tell_all(struct engine_world *w, enum telling how)
{
    struct engine *engine = w->node.engine;
    switch (how) {
    case TELL_EACH:
        for (size_t i = 0; i < w->count; i++) {
            w->outcomes[i] = engine_execute(engine, &w->commands[i]);
        }
        return ERR_OK;
    case TELL_BATCH:
    case TELL_LINKED:
        return engine_execute_batch(engine, w->commands, w->count, how == TELL_LINKED, w->outcomes);
    case TELL_AHEAD:
        tell_ahead(w);
        return ERR_OK;
    case TELL_END:
        break;
    }
    return ERR_INTERNAL;
}

static bool one_agrees(struct engine_world *w, size_t i, const struct model_answer *answer)
{
    const struct outcome *outcome = &w->outcomes[i];
    if (w->is_loud) {
        command_print(&w->commands[i], w->now);
        (void)printf("    -> %s%s, points %" PRId64 "\n", verdict_describe(answer->verdict)->name,
                     answer->is_repeat ? " again" : "", answer->points);
    }
    if (!answers_agree(outcome->verdict, &outcome->answer, outcome->is_repeat, answer,
                       w->complaint)) {
        return false;
    }
    if (w->statistics != NULL) {
        w->statistics->counts[w->commands[i].kind][answer->verdict]++;
    }
    return true;
}

/* Those that were answered happened, in order; the others left nothing behind. */
static bool each_agrees(struct engine_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct model_answer answer;
        if (w->outcomes[i].err != ERR_OK) {
            w->failures++;
            if (!w->is_failing) {
                return complain_of(w, "a command failed", w->outcomes[i].err, NULL);
            }
            continue;
        }
        model_step(w->model, &w->commands[i], w->now, &answer);
        if (!one_agrees(w, i, &answer)) {
            return false;
        }
    }
    return true;
}

/* One that was refused, and nothing happened: all others say that it was another. */
static bool linked_refusal_agrees(struct engine_world *w, size_t refused,
                                  const struct model_answer *answer)
{
    for (size_t i = 0; i < w->count; i++) {
        enum verdict verdict = i == refused ? answer->verdict : VERDICT_LINKED_REFUSED;
        if (w->outcomes[i].verdict != verdict) {
            (void)snprintf(w->complaint, sizeof w->complaint,
                           "linked, %zu of %zu: the ledger says %s, the model %s", i, w->count,
                           verdict_describe(w->outcomes[i].verdict)->name,
                           verdict_describe(verdict)->name);
            return false;
        }
    }
    if (w->statistics != NULL) {
        w->statistics->counts[w->commands[refused].kind][VERDICT_LINKED_REFUSED]++;
    }
    return true;
}

static bool linked_agrees(struct engine_world *w, enum err whole)
{
    if (whole != ERR_OK) {
        w->failures += w->count;
        return w->is_failing || complain_of(w, "a linked group failed", whole, NULL);
    }
    struct model_answer answers[TOLD_MAX];
    for (size_t i = 0; i < w->count; i++) {
        model_step(w->model, &w->commands[i], w->now, &answers[i]);
        if (is_refused(&answers[i])) {
            model_copy(w->model, w->before);
            return linked_refusal_agrees(w, i, &answers[i]);
        }
    }
    for (size_t i = 0; i < w->count; i++) {
        if (!one_agrees(w, i, &answers[i])) {
            return false;
        }
    }
    return true;
}

static bool members_agree(struct engine_world *w)
{
    for (size_t i = 0; i < w->model->member_count; i++) {
        if (!member_agrees(&w->node.view, w->model, (int)i, w->now, w->complaint)) {
            return false;
        }
    }
    return true;
}

/* A command of the node itself, which would come by itself a little later. */
static bool tell_due(struct engine_world *w, const struct command *command)
{
    struct model_answer answer;
    struct outcome outcome = engine_execute(w->node.engine, command);
    model_step(w->model, command, w->now, &answer);
    return (outcome.err == ERR_OK && outcome.verdict == answer.verdict) ||
           complain_of(w, "a due command failed", outcome.err, NULL);
}

/* Of the holds that time has passed over, the one that the node would come to first: which one
 * repays a debt depends on the order. NULL: none. */
static const struct model_hold *first_due(const struct engine_world *w)
{
    const struct model_hold *first = NULL;
    struct ledger_key least;
    for (size_t i = 0; i < w->model->hold_count; i++) {
        const struct model_hold *hold = &w->model->holds[i];
        struct ledger_key key;
        if (hold->is_foreign || hold->has_ended || hold->deliver_by >= w->now.ms) {
            continue;
        }
        key_due((struct unix_ms){hold->deliver_by}, DUE_HOLD, &w->partners[hold->partner].id,
                &hold->id, &key);
        if (first == NULL || memcmp(key.bytes, least.bytes, key.length) < 0) {
            first = hold;
            least = key;
        }
    }
    return first;
}

/* Holds that time has passed over end now, whether or not the node was faster. */
static bool expire_holds(struct engine_world *w)
{
    const struct model_hold *hold;
    while ((hold = first_due(w)) != NULL) {
        struct command command = {
            .kind = COMMAND_EXPIRE_HOLD, .origin = w->roster.self, .business_time = w->now};
        command.due = (struct command_due){
            .id = hold->id, .redeemer = w->partners[hold->partner].id, .due = {hold->deliver_by}};
        if (!tell_due(w, &command)) {
            return false;
        }
        ASSERT(hold->has_ended);
    }
    return true;
}

/* The disk fails no more. Something that the node does by itself may be in a commit that failed
 * all the same, and would take along what comes next: what is answered behind it comes after. */
static void mend_disk(struct engine_world *w)
{
    struct command nobody = {
        .kind = COMMAND_SETTLE_MEMBER, .origin = w->roster.self, .business_time = w->now};
    atomic_store(&w->node.journal_failures, 0);
    if (w->is_failing) {
        (void)engine_execute(w->node.engine, &nobody);
    }
}

static bool all_agree(struct engine_world *w)
{
    for (size_t i = 0; i < w->model->member_count; i++) {
        struct command command = {
            .kind = COMMAND_SETTLE_MEMBER, .origin = w->roster.self, .business_time = w->now};
        command.due.id = w->model->members[i].id;
        if (!tell_due(w, &command)) {
            return false;
        }
    }
    return members_agree(w) && accounts_agree(&w->node.view, w->model, w->complaint);
}

/* The entries that came in between, one by one. */
static bool take_entries(struct engine_world *w)
{
    for (size_t i = 0; i < w->entry_count; i++) {
        const struct step *step = &w->entries[i];
        struct command command;
        uint32_t luck = random_mix(step->serial, step->numbers[0]);
        step_command(step, &w->mood, w->model, &w->rooms[0], &command);
        w->is_failing = luck % 16 == 0;
        atomic_store(&w->node.journal_failures, w->is_failing ? 1 : 0);
        if (command.kind == COMMAND_TAKE_ENTRY &&
            !engine_partner_sends(w, &command, !w->is_failing && luck % 5 == 0)) {
            return false;
        }
        mend_disk(w);
    }
    return true;
}

/* One batch of commands at one time. */
static bool tell(struct engine_world *w, const struct step *steps, size_t count)
{
    uint32_t luck = random_mix(steps[0].serial, steps[0].numbers[0]);
    enum telling how = (enum telling)(luck % TELL_END);
    w->now = steps[count - 1].at;
    w->row = engine_node_row(&w->node);
    atomic_store(&w->node.now_ms, w->now.ms);
    if (!expire_holds(w)) {
        return false;
    }
    model_copy(w->before, w->model);
    make_commands(w, steps, how == TELL_LINKED && count > 6 ? 6 : count, how);
    model_copy(w->model, w->before);
    if (w->count == 0) {
        return take_entries(w);
    }
    w->is_failing = (luck >> 8) % 8 == 0;
    if (w->is_failing) {
        atomic_store(&w->node.journal_failures, 1 + (int)(luck >> 16) % 3);
    }
    if (w->is_loud) {
        (void)printf("%zu commands, telling %d%s\n", w->count, (int)how,
                     w->is_failing ? ", the disk fails" : "");
    }
    enum err whole = tell_all(w, how);
    mend_disk(w);
    w->batches[how]++;
    bool agrees = how == TELL_LINKED ? linked_agrees(w, whole) : each_agrees(w);
    return agrees && take_entries(w) && members_agree(w);
}

static bool rows_agree(struct engine_world *w)
{
    const struct ledger_view *view = &w->node.view;
    return cards_agree(view, w->model, w->complaint) && holds_agree(view, w->model, w->complaint) &&
           sales_agree(view, w->model, w->complaint) && pools_agree(view, w->model, w->complaint);
}

static bool reopen(struct engine_world *w, uint32_t luck)
{
    struct note note = {{0}};
    enum reopening how = luck % 5 == 0 ? REOPEN_REBUILT : (enum reopening)(luck % 2);
    enum err err = engine_node_reopen(&w->node, how, &note);
    if (w->is_loud) {
        (void)printf("reopened %d\n", (int)how);
    }
    w->reopenings[how]++;
    return (err == ERR_OK || complain_of(w, "it does not open again", err, &note)) &&
           members_agree(w) && rows_agree(w);
}

/* How many steps are told together from here on. */
static size_t batch_of(const struct step *steps, size_t left)
{
    uint32_t luck = random_mix(steps[0].serial, steps[0].numbers[1]);
    size_t wanted = 1 + luck % 8;
    wanted = (luck >> 8) % 4 == 0 ? 1 + (luck >> 12) % TOLD_MAX : wanted;
    return wanted < left ? wanted : left;
}

static bool run_steps(struct engine_world *w, const struct step *steps, size_t count,
                      size_t *out_ran)
{
    size_t batches = 0;
    for (size_t i = 0; i < count;) {
        size_t told = batch_of(&steps[i], count - i);
        uint32_t luck = random_mix(steps[i].serial, steps[i].numbers[2]);
        *out_ran = i + told;
        if (!tell(w, &steps[i], told) || (luck % 40 == 0 && !reopen(w, luck >> 8)) ||
            (++batches % ALL_EVERY == 0 && !all_agree(w))) {
            return false;
        }
        i += told;
    }
    return true;
}

struct sum {
    struct invariants invariants;
    struct note note;
};

static enum err sum_row(void *context, uint64_t slice_row, enum ledger_table table,
                        struct slice key, struct slice value)
{
    struct sum *sum = context;
    (void)slice_row;
    return invariants_add(&sum->invariants, table, key, value, &sum->note);
}

/* At the end, from the files alone. */
static bool files_agree(struct engine_world *w)
{
    struct sum sum = {0};
    struct note note = {{0}};
    enum err err = engine_node_audit(&w->node, &note);
    if (err != ERR_OK) {
        return complain_of(w, "audit", err, &note);
    }
    err = engine_checkpoint(w->node.engine);
    err = err == ERR_OK ? state_scan_all(w->node.state, NULL, sum_row, &sum) : err;
    err = err == ERR_OK ? invariants_check(&sum.invariants, &sum.note) : err;
    return err == ERR_OK || complain_of(w, "invariants", err, &sum.note);
}

bool engine_world_run(struct engine_world *w, const struct step *steps, size_t count,
                      size_t *out_ran)
{
    struct note note = {{0}};
    *out_ran = count;
    w->complaint[0] = '\0';
    w->now.ms = STEPS_START_MS;
    w->roster.net_debit_cap = money_of(w->mood.net_debit_cap);
    model_reset(w->model, &w->roster, w->mood.refund_grace_ms, w->mood.debt_limit,
                w->mood.outbox_entries);
    enum err err = engine_node_begin(&w->node, &w->roster, w->mood.refund_grace_ms,
                                     w->mood.debt_limit, w->mood.outbox_entries, w->now, &note);
    if (err != ERR_OK) {
        return complain_of(w, "it does not open", err, &note);
    }
    bool agrees = run_steps(w, steps, count, out_ran) && all_agree(w) && files_agree(w);
    if (!agrees && !w->is_silent) {
        (void)printf("%s; in the journal since the batch began:\n", w->complaint);
        engine_node_print_behind(&w->node, w->row);
    }
    engine_node_end(&w->node);
    return agrees;
}
