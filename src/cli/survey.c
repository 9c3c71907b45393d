/* talea survey answer, report, comments. */
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/pb_json.h"
#include "cli/table.h"
#include "talea/v1/measure.pb-c.h"

#define SERVICE    (&talea__v1__measure_service__descriptor)
#define SCORES_MAX 11u

const struct argp_option survey_answer_options[] = {
    {"score", OPT_SCORE, "N", 0, "What the shopper says, on the survey's scale (required)", 0},
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The purchase by the brand's receipt number, with --card",
     0},
    {"card", OPT_CARD, "CARD", 0, "The card that was shown for it", 0},
    {"comment", OPT_COMMENT, "TEXT", 0, "And in words", 0},
    {0}};
const struct argp_option survey_report_options[] = {
    {"from", OPT_FROM, "MONTH", 0, "From this month on, such as 2026-10", 0},
    {"to", OPT_TO, "MONTH", 0, "Up to this month", 0},
    {"store", OPT_STORE, "TEXT", 0, "Of this store alone", 0},
    {0}};
const struct argp_option survey_comments_options[] = {
    {"limit", OPT_LIMIT, "N", 0, "At most so many (default: 50)", 0}, {0}};

/* By its id, or by receipt number and card. */
static enum cli_exit read_sale(struct cli *cli, Talea__V1__AnswerSurveyRequest *request)
{
    const char *sale = cli_argument(cli, 1);
    const char *receipt = cli_option(cli, OPT_RECEIPT);
    const char *card = cli_option(cli, OPT_CARD);
    if ((sale == NULL) == (receipt == NULL) || (receipt == NULL) != (card == NULL)) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "name the purchase by SALE, or by --receipt and --card");
    }
    if (sale != NULL) {
        request->sale_id = message_text(sale);
    } else {
        request->receipt = message_text(receipt);
        request->card = message_text(card);
    }
    return CLI_OK;
}

enum cli_exit run_survey_answer(struct cli *cli)
{
    Talea__V1__AnswerSurveyRequest request;
    talea__v1__answer_survey_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    struct note note = {""};
    int64_t score = -1;
    if (cli_option(cli, OPT_SCORE) == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "--score is missing");
    }
    enum err err = args_number(&cli->args, OPT_SCORE, "score", 0, 10, 0, &score, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    request.survey = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = read_sale(cli, &request);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.score = (uint32_t)score;
    if (cli_option(cli, OPT_COMMENT) != NULL) {
        request.comment = message_text(cli_option(cli, OPT_COMMENT));
    }
    outcome = session_call(cli, SERVICE, "AnswerSurvey", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__AnswerSurveyResponse *reply = (const Talea__V1__AnswerSurveyResponse *)message;
    char text[AMOUNT_TEXT_MAX];
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        fprintf(cli->out, "%s; earned %s %s\n", reply->is_repeat ? "kept before" : "kept",
                amounts_points(units, reply->earned_points, text), units->points_name);
    }
    return outcome;
}

/* ---- Reports ---- */

static void print_tenths(struct table *table, int64_t tenths)
{
    char text[AMOUNT_TEXT_MAX];
    table_cell(table, "%s", amount_format(tenths, 1, text));
}

static void print_row(struct table *table, const char *what,
                      const Talea__V1__SurveyFigures *figures)
{
    table_cell(table, "%s", what);
    table_cell(table, "%llu", (unsigned long long)figures->answers);
    if (figures->answers == 0) {
        table_cell(table, "no answers");
        table_cell(table, "%s", "");
        table_cell(table, "%s", "");
        return;
    }
    print_tenths(table, figures->tenths);
    print_tenths(table, figures->low);
    print_tenths(table, figures->high);
}

static void print_counts(struct cli *cli, const Talea__V1__SurveyFigures *figures)
{
    fprintf(cli->out, "scores  ");
    for (size_t i = 0; i < figures->n_counts && i < SCORES_MAX; i++) {
        if (figures->counts[i] > 0) {
            fprintf(cli->out, " %zu:%llu", i, (unsigned long long)figures->counts[i]);
        }
    }
    fputc('\n', cli->out);
}

static void print_report(struct cli *cli, const Talea__V1__SurveyReport *report)
{
    const char *const titles[] = {"", ">answers", report->is_nps ? ">NPS" : ">satisfied %", ">from",
                                  ">to"};
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    print_row(&table, "all", report->all);
    for (size_t i = 0; i < report->n_by_month; i++) {
        char month[PERIOD_TEXT_MAX];
        print_row(&table, period_format((struct period){report->by_month[i]->month}, month),
                  report->by_month[i]);
    }
    for (size_t i = 0; i < report->n_by_store; i++) {
        const char *store = report->by_store[i]->store;
        print_row(&table, store[0] != '\0' ? store : "(no store)", report->by_store[i]);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (report->all->answers == 0) {
        return;
    }
    print_counts(cli, report->all);
    fprintf(cli->out, "comments %llu; the interval is that of 95 %%\n",
            (unsigned long long)report->comments);
}

/* Of no answers there is no score, and 0 is one. */
static void drop_scores(json_t *figures)
{
    if (json_integer_value(json_object_get(figures, "answers")) == 0) {
        json_object_set_new(figures, "tenths", json_null());
        json_object_set_new(figures, "low", json_null());
        json_object_set_new(figures, "high", json_null());
    }
}

static enum err take_report(void *context, const ProtobufCMessage *message,
                            struct progress *progress, struct note *note)
{
    struct cli *cli = context;
    const Talea__V1__ReportSurveyResponse *reply = (const Talea__V1__ReportSurveyResponse *)message;
    (void)note;
    progress_show(progress, reply->rows_done, reply->rows_total);
    if (reply->report == NULL) {
        return ERR_OK;
    }
    progress_end(progress);
    if (cli->is_json) {
        json_t *json = pb_json(message);
        drop_scores(json_object_get(json_object_get(json, "report"), "all"));
        return cli_print_json(cli, json) == CLI_OK ? ERR_OK : ERR_INTERNAL;
    }
    print_report(cli, reply->report);
    return ERR_OK;
}

static enum cli_exit read_month(struct cli *cli, enum option_key key, const char *name,
                                uint32_t *out_code)
{
    struct period month;
    const char *text = cli_option(cli, key);
    if (text == NULL) {
        return CLI_OK;
    }
    if (period_parse(text, &month) != ERR_OK || period_unit_of(month) != PERIOD_MONTH) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "%s: \"%s\" is no month, as in 2026-10", name, text);
    }
    *out_code = month.code;
    return CLI_OK;
}

enum cli_exit run_survey_report(struct cli *cli)
{
    Talea__V1__ReportSurveyRequest request;
    talea__v1__report_survey_request__init(&request);
    request.survey = message_text(cli_argument(cli, 0));
    if (cli_option(cli, OPT_STORE) != NULL) {
        request.store = message_text(cli_option(cli, OPT_STORE));
    }
    enum cli_exit outcome = read_month(cli, OPT_FROM, "--from", &request.from_month);
    outcome = outcome == CLI_OK ? read_month(cli, OPT_TO, "--to", &request.to_month) : outcome;
    outcome = outcome == CLI_OK ? session_open(cli) : outcome;
    return outcome == CLI_OK ? follow_call(cli, SERVICE, "ReportSurvey", &request.base, "rows read",
                                           take_report, cli)
                             : outcome;
}

enum cli_exit run_survey_comments(struct cli *cli)
{
    static const char *const titles[] = {"answered UTC", ">score", "store", "sale", "comment"};
    Talea__V1__ListSurveyCommentsRequest request;
    talea__v1__list_survey_comments_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    struct note note = {""};
    int64_t limit = 0;
    enum err err = args_number(&cli->args, OPT_LIMIT, "--limit", 1, 1000, 50, &limit, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    request.survey = message_text(cli_argument(cli, 0));
    request.limit = (uint32_t)limit;
    enum cli_exit outcome =
        session_call(cli, SERVICE, "ListSurveyComments", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ListSurveyCommentsResponse *reply =
        (const Talea__V1__ListSurveyCommentsResponse *)message;
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_comments; i++) {
        const Talea__V1__SurveyComment *comment = reply->comments[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", amounts_time(comment->answered_unix_ms, time));
        table_cell(&table, "%u", comment->score);
        table_cell(&table, "%s", comment->store);
        table_cell(&table, "%s", comment->sale_id);
        table_cell(&table, "%s",
                   comment->comment[0] != '\0' ? comment->comment : "(erased with its writer)");
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    return CLI_OK;
}
