#include "node/insights.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/batch.h"
#include "measure/goal.h"
#include "node/goal_metrics.h"
#include "node/judging.h"
#include "node/node.h"

#define SLICE_ROWS    5000u  /* by the housekeeper, a second */
#define TELL_ROWS     20000u /* between two words of how far it is */
#define PAST_MONTHS   48u    /* that are counted when it begins */
#define METRIC_ROUNDS 15u    /* of the housekeeper, between two looks at all buyers */

struct insights {
    pthread_mutex_t lock;
    struct activity *activity; /* NULL: nothing was read */
    struct answers answers;
    struct goal_metrics metrics;
    uint64_t next_row;
    unsigned rounds;
};

struct insights *insights_create(void)
{
    struct insights *insights = calloc(1, sizeof *insights);
    if (insights != NULL) {
        pthread_mutex_init(&insights->lock, NULL);
    }
    return insights;
}

static void forget(struct insights *insights)
{
    activity_destroy(insights->activity);
    answers_fini(&insights->answers);
    insights->activity = NULL;
    insights->next_row = 0;
}

void insights_destroy(struct insights *insights)
{
    if (insights != NULL) {
        forget(insights);
        pthread_mutex_destroy(&insights->lock);
        free(insights);
    }
}

struct period month_before(struct period month)
{
    return (struct period){month.code % 100 == 1 ? month.code - 100 + 11 : month.code - 1};
}

/* ---- Reading ---- */

struct reading {
    struct node *node;
    struct insights *insights;
    const struct programme_version *version; /* whose clock counts */
    uint64_t last_row;
    uint64_t budget; /* rows */
    uint64_t told;
    insights_tell *tell;
    void *context;
};

static struct period month_of(const struct reading *r, struct unix_ms time)
{
    return period_of(judging_local(r->node, r->version, time));
}

/* A number for whoever bought: a member's id ends in 62 random bits, a card has up to 19 digits. */
static uint64_t buyer_of(const struct record *record, const struct card_number *card)
{
    uint64_t number = 0;
    if (!uid_is_nil(&record->answer.member)) {
        return get_u64_be(record->answer.member.bytes + 8);
    }
    for (const char *at = card->digits; *at != '\0'; at++) {
        number = number * 10 + (uint64_t)(*at - '0');
    }
    return number;
}

/* What no month has room for is left out. */
static void add_to(int64_t *sum, int64_t more)
{
    int64_t result;
    if (int64_add(*sum, more, &result) == ERR_OK) {
        *sum = result;
    }
}

/* An earn with an amount is a purchase; others give points for something else. */
static enum err count_earn(struct reading *r, const struct record *record, size_t month)
{
    struct activity *activity = r->insights->activity;
    struct activity_month *at = activity_at(activity, month);
    struct command command;
    TRY(record_command(record, &command));
    add_to(&at->given, record->answer.points.minor);
    if (command.earn.amount.minor <= 0) {
        return ERR_OK;
    }
    at->sales++;
    add_to(&at->amount, command.earn.amount.minor);
    return activity_bought(activity, month, buyer_of(record, &command.earn.card));
}

static enum err count_answer(struct reading *r, const struct record *record)
{
    struct command command;
    struct survey_answer answer;
    TRY(record_command(record, &command));
    if (!survey_answer_is(command.standing.evidence)) {
        return ERR_OK;
    }
    TRY(survey_answer_decode(command.standing.evidence, &answer));
    return answers_add(&r->insights->answers, &answer, month_of(r, record->time), record->row);
}

static bool is_counted(enum command_kind kind)
{
    return kind == COMMAND_EARN || kind == COMMAND_CAPTURE || kind == COMMAND_ENROL ||
           kind == COMMAND_RETURN_SALE || kind == COMMAND_RETURN_BURN;
}

/* What comes back counts in the month when it does: a month that is over stays as it was. */
static void count_other(struct activity_month *at, const struct record *record)
{
    int64_t points = record->answer.points.minor;
    if (record->kind == COMMAND_ENROL) {
        at->new_members++;
    } else if (record->kind == COMMAND_CAPTURE) {
        add_to(&at->spent, points);
    } else if (record->kind == COMMAND_RETURN_BURN) {
        add_to(&at->spent, -points);
    } else {
        add_to(&at->given, -points);
        add_to(&at->amount, -record->answer.amount.minor);
    }
}

static enum err count_record(struct reading *r, const struct record *record)
{
    if (record->verdict != VERDICT_OK) {
        return ERR_OK;
    }
    if (record->kind == COMMAND_CHANGE_STANDING) {
        return count_answer(r, record);
    }
    if (!is_counted(record->kind)) {
        return ERR_OK;
    }
    struct activity *activity = r->insights->activity;
    size_t month = activity_month_of(activity, month_of(r, record->business_time));
    if (month == SIZE_MAX) {
        return ERR_OK;
    }
    if (record->kind == COMMAND_EARN) {
        return count_earn(r, record, month);
    }
    count_other(activity_at(activity, month), record);
    return ERR_OK;
}

/* ERR_NOT_FOUND ends the replay: enough for now. */
static enum err visit(void *context, uint64_t first_row, struct slice bytes)
{
    struct reading *r = context;
    struct batch_view batch;
    TRY(batch_open(bytes, &batch));
    for (uint32_t i = 0; i < batch.count; i++) {
        struct slice record_bytes;
        struct record record;
        uint64_t row = first_row + i;
        if (row < r->insights->next_row) {
            continue;
        }
        if (r->budget-- == 0) {
            return ERR_NOT_FOUND;
        }
        TRY(batch_record_sound(&batch, i, &record_bytes));
        TRY(record_decode(record_bytes, &record));
        TRY(count_record(r, &record));
        r->insights->next_row = row + 1;
    }
    if (r->tell != NULL && r->insights->next_row >= r->told + TELL_ROWS) {
        r->told = r->insights->next_row;
        return r->tell(r->context, r->told, r->last_row) ? ERR_OK : ERR_CANCELLED;
    }
    return ERR_OK;
}

/* From so many months ago on; anew when its months are over, or the journal ends before what was
 * read. */
static enum err begin(struct reading *r)
{
    struct insights *insights = r->insights;
    struct period now = month_of(r, node_now(r->node));
    bool is_over =
        insights->activity != NULL && activity_month_of(insights->activity, now) == SIZE_MAX;
    if (is_over || insights->next_row > r->last_row + 1) {
        forget(insights);
    }
    if (insights->activity == NULL) {
        struct period first = now;
        for (unsigned i = 0; i < PAST_MONTHS; i++) {
            first = month_before(first);
        }
        insights->activity = activity_create(first);
    }
    return insights->activity == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err read_on(struct reading *r)
{
    uint64_t next;
    const struct journal *journal = &r->node->journal;
    TRY(journal->next_row(journal->context, &next));
    r->last_row = next - 1;
    TRY(begin(r));
    if (r->insights->next_row >= next) {
        return ERR_OK;
    }
    enum err err = journal->replay(journal->context, r->insights->next_row, visit, r);
    if (err != ERR_OK && err != ERR_NOT_FOUND && err != ERR_CANCELLED) {
        forget(r->insights); /* half a record may be counted */
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err insights_lock(struct node *node, insights_tell *tell, void *context,
                       struct insights_view *out_view)
{
    struct snapshot *snapshot = node_snapshot(node);
    struct insights *insights = node->insights;
    struct reading r = {.node = node,
                        .insights = insights,
                        .version = programmes_at(snapshot->programmes, node_now(node)),
                        .budget = UINT64_MAX,
                        .tell = tell,
                        .context = context};
    pthread_mutex_lock(&insights->lock);
    enum err err = read_on(&r);
    if (err == ERR_OK) {
        *out_view = (struct insights_view){insights->activity, &insights->answers,
                                           month_of(&r, node_now(node))};
    } else {
        pthread_mutex_unlock(&insights->lock);
    }
    snapshot_release(snapshot);
    return err;
}

void insights_unlock(struct node *node)
{
    pthread_mutex_unlock(&node->insights->lock);
}

void insights_look(struct node *node)
{
    struct snapshot *snapshot = node_snapshot(node);
    struct insights *insights = node->insights;
    struct reading r = {.node = node,
                        .insights = insights,
                        .version = programmes_at(snapshot->programmes, node_now(node)),
                        .budget = SLICE_ROWS};
    const struct programme_plans *plans = &r.version->file.plans;
    bool has_any = plans->survey_count + plans->goal_count > 0;
    if (has_any && pthread_mutex_trylock(&insights->lock) == 0) {
        bool is_read = read_on(&r) == ERR_OK && insights->next_row > r.last_row;
        if (is_read && insights->rounds++ % METRIC_ROUNDS == 0) {
            struct insights_view view = {insights->activity, &insights->answers,
                                         month_of(&r, node_now(node))};
            goal_metrics_set(&insights->metrics, node, &view, plans);
        }
        pthread_mutex_unlock(&insights->lock);
    }
    snapshot_release(snapshot);
}

/* ---- Goals ---- */

static struct goal_figure number_of(uint64_t count)
{
    return (struct goal_figure){true, (int64_t)count, count, 0};
}

/* More may come back in a month than there was. */
static struct goal_figure share_of(int64_t value, int64_t part, int64_t of)
{
    return (struct goal_figure){of > 0, value, part > 0 ? (uint64_t)part : 0,
                                of > 0 ? (uint64_t)of : 0};
}

static struct goal_figure survey_figure(const struct insights_view *view,
                                        const struct goal_plan *goal, struct period month)
{
    struct score_tally tally = {{0}};
    for (size_t i = 0; i < view->answers->count; i++) {
        const struct answer_cell *cell = &view->answers->cells[i];
        if (period_equal(cell->month, month) && strcmp(cell->survey, goal->survey) == 0) {
            score_add(&tally, &cell->tally);
        }
    }
    struct score_figure figure =
        goal->measure == GOAL_NPS ? score_promoters(&tally) : score_satisfied(&tally);
    return share_of(figure.tenths, figure.net, (int64_t)figure.answers);
}

static int64_t basket_of(const struct activity_month *at)
{
    int64_t basket = 0;
    return at->sales > 0 && int64_mul_div(at->amount, 1, (int64_t)at->sales, ROUNDING_HALF_UP,
                                          &basket) == ERR_OK
               ? basket
               : 0;
}

struct goal_figure insights_goal(const struct insights_view *view, const struct goal_plan *goal,
                                 struct period month)
{
    size_t place = activity_month_of(view->activity, month);
    if (goal->measure == GOAL_SATISFACTION || goal->measure == GOAL_NPS) {
        return survey_figure(view, goal, month);
    }
    if (place == SIZE_MAX) {
        return (struct goal_figure){.is_known = false};
    }
    const struct activity_month *at = activity_at(view->activity, place);
    struct activity_buyers buyers = {0};
    if (goal->measure == GOAL_REPEAT_RATE || goal->measure == GOAL_ACTIVE_MEMBERS) {
        buyers = activity_buyers_of(view->activity, place);
    }
    switch (goal->measure) {
    case GOAL_REPEAT_RATE:
        return share_of(goal_rate((int64_t)buyers.repeat, (int64_t)buyers.active),
                        (int64_t)buyers.repeat, (int64_t)buyers.active);
    case GOAL_AVERAGE_BASKET:
        return share_of(basket_of(at), at->amount, (int64_t)at->sales);
    case GOAL_NEW_MEMBERS:
        return number_of(at->new_members);
    case GOAL_ACTIVE_MEMBERS:
        return number_of(buyers.active);
    case GOAL_REDEMPTION_RATE:
        return share_of(goal_rate(at->spent, at->given), at->spent, at->given);
    case GOAL_SATISFACTION:
    case GOAL_NPS:
    case GOAL_MEASURE_COUNT:
        break;
    }
    return (struct goal_figure){.is_known = false};
}
