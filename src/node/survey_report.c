/* What surveys come to, over RPC. */
#include <stdlib.h>
#include <string.h>

#include "engine/record_reader.h"
#include "node/insights.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/surveys.h"
#include "store/vault.h"
#include "talea/v1/measure.pb-c.h"

#define REPORT_BYTES     (16u << 20)
#define COMMENTS_DEFAULT 50u
#define COMMENTS_MAX     1000u

struct reporting {
    struct arena arena;
    const struct insights_view *view;
    const struct survey_plan *survey;
    const Talea__V1__ReportSurveyRequest *request;
};

static bool is_asked(const struct reporting *r, const struct answer_cell *cell)
{
    const Talea__V1__ReportSurveyRequest *request = r->request;
    return strcmp(cell->survey, r->survey->name) == 0 &&
           (request->store[0] == '\0' || strcmp(request->store, cell->store) == 0) &&
           (request->from_month == 0 || cell->month.code >= request->from_month) &&
           (request->to_month == 0 || cell->month.code <= request->to_month);
}

static Talea__V1__SurveyFigures *figures_of(struct reporting *r, const struct answer_cell *cell)
{
    Talea__V1__SurveyFigures *message = arena_alloc(&r->arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__survey_figures__init(message);
    struct score_figure figure = r->survey->scale == SURVEY_SCALE_0_10
                                     ? score_promoters(&cell->tally)
                                     : score_satisfied(&cell->tally);
    message->month = cell->month.code;
    message->store = arena_text(&r->arena, slice_of(cell->store, strlen(cell->store)));
    message->answers = figure.answers;
    message->tenths = figure.tenths;
    message->low = figure.low;
    message->high = figure.high;
    message->counts = arena_alloc(&r->arena, (SURVEY_SCORE_MAX + 1) * sizeof message->counts[0]);
    if (message->store == NULL || message->counts == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i <= SURVEY_SCORE_MAX; i++) {
        message->counts[i] = cell->tally.counts[i];
    }
    message->n_counts = SURVEY_SCORE_MAX + 1;
    return message;
}

static int compare_months(const void *a, const void *b)
{
    const struct answer_cell *x = a;
    const struct answer_cell *y = b;
    return (x->month.code > y->month.code) - (x->month.code < y->month.code);
}

static int compare_stores(const void *a, const void *b)
{
    const struct answer_cell *x = a;
    const struct answer_cell *y = b;
    return strcmp(x->store, y->store);
}

/* Cells of one month, or of one store, together. `cells` are changed. */
static enum err group(struct reporting *r, struct answer_cell *cells, size_t count, bool by_store,
                      Talea__V1__SurveyFigures ***out_rows, size_t *out_count)
{
    int (*compare)(const void *, const void *) = by_store ? compare_stores : compare_months;
    *out_rows = arena_alloc(&r->arena, (count + 1) * sizeof(void *));
    if (*out_rows == NULL) {
        return ERR_RESOURCE;
    }
    if (count > 0) {
        qsort(cells, count, sizeof cells[0], compare);
    }
    for (size_t at = 0; at < count;) {
        struct answer_cell sum = cells[at++];
        while (at < count && compare(&sum, &cells[at]) == 0) {
            score_add(&sum.tally, &cells[at++].tally);
        }
        if (by_store) {
            sum.month = (struct period){0};
        } else {
            sum.store[0] = '\0';
        }
        Talea__V1__SurveyFigures *row = figures_of(r, &sum);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        (*out_rows)[(*out_count)++] = row;
    }
    return ERR_OK;
}

static enum err fill_report(struct reporting *r, struct answer_cell *cells,
                            Talea__V1__SurveyReport *report)
{
    struct answer_cell all = {.month = {0}};
    size_t count = 0;
    for (size_t i = 0; i < r->view->answers->count; i++) {
        const struct answer_cell *cell = &r->view->answers->cells[i];
        if (is_asked(r, cell)) {
            cells[count++] = *cell;
            score_add(&all.tally, &cell->tally);
            report->comments += cell->comments;
        }
    }
    report->survey = (char *)(uintptr_t)r->survey->name;
    report->is_nps = r->survey->scale == SURVEY_SCALE_0_10;
    report->all = figures_of(r, &all);
    TRY(report->all == NULL ? ERR_RESOURCE : ERR_OK);
    TRY(group(r, cells, count, false, &report->by_month, &report->n_by_month));
    return group(r, cells, count, true, &report->by_store, &report->n_by_store);
}

static bool tell_rows(void *context, uint64_t rows_done, uint64_t rows_total)
{
    Talea__V1__ReportSurveyResponse response;
    talea__v1__report_survey_response__init(&response);
    response.rows_done = rows_done;
    response.rows_total = rows_total;
    return rpc_stream_send(context, &response.base) == ERR_OK;
}

static enum err report(struct node *node, struct rpc_stream *stream, struct reporting *r)
{
    Talea__V1__ReportSurveyResponse response;
    Talea__V1__SurveyReport message;
    struct insights_view view;
    talea__v1__report_survey_response__init(&response);
    talea__v1__survey_report__init(&message);
    TRY(insights_lock(node, tell_rows, stream, &view));
    struct answer_cell *cells = malloc((view.answers->count + 1) * sizeof cells[0]);
    r->view = &view;
    enum err err = cells == NULL ? ERR_RESOURCE : fill_report(r, cells, &message);
    insights_unlock(node);
    free(cells);
    response.report = &message;
    return err == ERR_OK ? rpc_stream_send(stream, &response.base) : err;
}

struct rpc_status measure_report_survey(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    const ProtobufCMessage *message;
    struct reporting r = {.view = NULL};
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    struct snapshot *snapshot = node_snapshot(node);
    r.request = (const Talea__V1__ReportSurveyRequest *)(const void *)message;
    r.survey = survey_in(programmes_at(snapshot->programmes, node_now(node)), r.request->survey);
    if (r.survey == NULL) {
        snapshot_release(snapshot);
        return rpc_status_make(5, "SURVEY_UNKNOWN",
                               "The programme in force has no survey of this name.");
    }
    arena_init(&r.arena, REPORT_BYTES);
    err = report(node, stream, &r);
    arena_fini(&r.arena);
    snapshot_release(snapshot);
    return rpc_status_of(err, NULL);
}

/* ---- What was written ---- */

struct listing {
    struct node *node;
    struct record_reader records;
    struct arena *arena;
    Talea__V1__ListSurveyCommentsResponse *response;
};

/* Empty where its key is gone. */
static enum err open_comment(struct listing *l, struct slice sealed, char **out_text)
{
    CLEANUP(buffer_fini) struct buffer plain = {0};
    enum err err = vault_open_sealed(l->node->vault, sealed, &plain);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    *out_text = arena_text(l->arena, buffer_slice(&plain));
    return *out_text == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_comment(struct listing *l, uint64_t row)
{
    struct record record;
    struct command command;
    struct survey_answer answer;
    char sale[UID_TEXT_MAX];
    Talea__V1__SurveyComment *message = arena_alloc(l->arena, sizeof *message);
    if (message == NULL) {
        return ERR_RESOURCE;
    }
    TRY(record_reader_get(&l->records, row, &record));
    TRY(record_command(&record, &command));
    TRY(survey_answer_decode(command.standing.evidence, &answer));
    talea__v1__survey_comment__init(message);
    message->journal_row = row;
    message->answered_unix_ms = record.time.ms;
    message->score = answer.score;
    message->store = arena_text(l->arena, answer.store);
    uid_format(&answer.sale, sale);
    message->sale_id = arena_text(l->arena, slice_of(sale, strlen(sale)));
    TRY(open_comment(l, answer.comment, &message->comment));
    l->response->comments[l->response->n_comments++] = message;
    return message->store == NULL || message->sale_id == NULL ? ERR_RESOURCE : ERR_OK;
}

/* Newest first. */
static enum err list_comments(struct listing *l,
                              const Talea__V1__ListSurveyCommentsRequest *request)
{
    struct insights_view view;
    size_t limit = request->limit == 0 ? COMMENTS_DEFAULT : request->limit;
    limit = limit > COMMENTS_MAX ? COMMENTS_MAX : limit;
    l->response->comments = arena_alloc(l->arena, (limit + 1) * sizeof(void *));
    if (l->response->comments == NULL) {
        return ERR_RESOURCE;
    }
    TRY(insights_lock(l->node, NULL, NULL, &view));
    const struct answers *answers = view.answers;
    enum err err = ERR_OK;
    for (size_t i = answers->remark_count;
         err == ERR_OK && i-- > 0 && l->response->n_comments < limit;) {
        const struct answer_remark *remark = &answers->remarks[i];
        bool is_asked = strcmp(answers->cells[remark->cell].survey, request->survey) == 0 &&
                        (request->before_row == 0 || remark->row < request->before_row);
        err = is_asked ? add_comment(l, remark->row) : ERR_OK;
    }
    insights_unlock(l->node);
    return err;
}

void measure_list_comments(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    Talea__V1__ListSurveyCommentsResponse response;
    struct listing l = {.node = node, .arena = rpc_call_arena(call), .response = &response};
    talea__v1__list_survey_comments_response__init(&response);
    record_reader_init(&l.records, &node->journal);
    enum err err =
        list_comments(&l, (const Talea__V1__ListSurveyCommentsRequest *)(const void *)message);
    record_reader_fini(&l.records);
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
}
