/* talea goal list, show: how far the programme's goals are. */
#include <string.h>

#include "base/period.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/message.h"
#include "cli/table.h"
#include "talea/v1/measure.pb-c.h"

static const char *figure(const Talea__V1__Goal *goal, int64_t value,
                          char out_text[AMOUNT_TEXT_MAX])
{
    return amount_format(value, goal->decimals <= 9 ? goal->decimals : 9, out_text);
}

static const char *month_text(uint32_t code, char out_text[PERIOD_TEXT_MAX])
{
    return period_format((struct period){code}, out_text);
}

static const char *judgement_of(const Talea__V1__Goal *goal)
{
    return !goal->has_figure   ? "no data"
           : goal->is_reached  ? "reached"
           : goal->is_on_track ? "on track"
                               : "behind";
}

static void print_list(struct cli *cli, const Talea__V1__MeasureGoalsResponse *reply)
{
    static const char *const titles[] = {"goal", "measure", "by",      ">start",
                                         ">now", ">so far", ">target", ""};
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_goals; i++) {
        const Talea__V1__Goal *goal = reply->goals[i];
        char text[AMOUNT_TEXT_MAX];
        char month[PERIOD_TEXT_MAX];
        table_cell(&table, "%s", goal->name);
        table_cell(&table, "%s", goal->measure);
        table_cell(&table, "%s", month_text(goal->by_month, month));
        table_cell(&table, "%s", figure(goal, goal->start, text));
        table_cell(&table, "%s", goal->has_figure ? figure(goal, goal->value, text) : "-");
        table_cell(&table, "%s", figure(goal, goal->value_so_far, text));
        table_cell(&table, "%s", figure(goal, goal->target, text));
        table_cell(&table, "%s", judgement_of(goal));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_months(struct cli *cli, const Talea__V1__Goal *goal)
{
    static const char *const titles[] = {"month", ">value", ">line", ">of", ">among"};
    struct table table;
    fputc('\n', cli->out);
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < goal->n_months; i++) {
        const Talea__V1__GoalMonth *row = goal->months[i];
        char text[AMOUNT_TEXT_MAX];
        char month[PERIOD_TEXT_MAX];
        table_cell(&table, "%s", month_text(row->month, month));
        table_cell(&table, "%s", row->has_figure ? figure(goal, row->value, text) : "-");
        table_cell(&table, "%s", figure(goal, row->expected, text));
        table_cell(&table, "%llu", (unsigned long long)row->numerator);
        table_cell(&table, "%llu", (unsigned long long)row->denominator);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static enum err take_goals(void *context, const ProtobufCMessage *message,
                           struct progress *progress, struct note *note)
{
    struct cli *cli = context;
    const Talea__V1__MeasureGoalsResponse *reply = (const Talea__V1__MeasureGoalsResponse *)message;
    (void)note;
    progress_show(progress, reply->rows_done, reply->rows_total);
    if (!reply->is_finished) {
        return ERR_OK;
    }
    progress_end(progress);
    if (cli->is_json) {
        return session_print_json(cli, message) == CLI_OK ? ERR_OK : ERR_INTERNAL;
    }
    print_list(cli, reply);
    if (cli_argument(cli, 0) != NULL && reply->n_goals == 1) {
        print_months(cli, reply->goals[0]);
    }
    return ERR_OK;
}

/* Also of one goal, with its months. */
enum cli_exit run_goal_list(struct cli *cli)
{
    Talea__V1__MeasureGoalsRequest request;
    talea__v1__measure_goals_request__init(&request);
    if (cli_argument(cli, 0) != NULL) {
        request.name = message_text(cli_argument(cli, 0));
    }
    enum cli_exit outcome = session_open(cli);
    return outcome == CLI_OK
               ? follow_call(cli, &talea__v1__measure_service__descriptor, "MeasureGoals",
                             &request.base, "rows read", take_goals, cli)
               : outcome;
}
