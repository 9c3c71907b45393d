/* The ledger's postings, a day each. */
#include <stdlib.h>

#include "cli/books.h"

/* The row's day: a journal's time never goes back. NULL without memory. */
static struct books_day *day_of(struct books_days *days, int64_t day)
{
    if (days->count > 0 && days->days[days->count - 1].day == day) {
        return &days->days[days->count - 1];
    }
    if (days->count == days->capacity) {
        size_t capacity = days->capacity * 2 + 16;
        struct books_day *grown = realloc(days->days, capacity * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        days->days = grown;
        days->capacity = capacity;
    }
    days->days[days->count] = (struct books_day){.day = day};
    return &days->days[days->count++];
}

/* The chart's keys are the ledger's names of accounts. */
static enum err line_of(struct books_day *day, const struct chart *chart,
                        const Talea__V1__EventAccount *account, struct books_points_line **out_line,
                        struct note *note)
{
    struct partner_id partner = {{0}};
    size_t line = CHART_LINES;
    if (account == NULL || chart_find(chart, account->account, &line) != ERR_OK ||
        line >= CHART_MONEY_FIRST ||
        (account->partner[0] != '\0' && partner_id_parse(account->partner, &partner) != ERR_OK)) {
        return note_set(note, ERR_UNSUPPORTED,
                        "the node names an account that this program does not know");
    }
    for (size_t i = 0; i < day->count; i++) {
        if (day->lines[i].line == (enum chart_line)line &&
            partner_id_equal(&day->lines[i].partner, &partner)) {
            *out_line = &day->lines[i];
            return ERR_OK;
        }
    }
    if (day->count == day->capacity) {
        size_t capacity = day->capacity * 2 + 16;
        struct books_points_line *lines = realloc(day->lines, capacity * sizeof *lines);
        if (lines == NULL) {
            return ERR_RESOURCE;
        }
        day->lines = lines;
        day->capacity = capacity;
    }
    *out_line = &day->lines[day->count++];
    **out_line = (struct books_points_line){.line = (enum chart_line)line, .partner = partner};
    return ERR_OK;
}

enum err books_days_add(struct books_days *days, const struct chart *chart,
                        const Talea__V1__Event *event, struct note *note)
{
    if (event->n_postings == 0) {
        return ERR_OK;
    }
    struct books_day *day = day_of(days, event->recorded_unix_ms / DAY_MS);
    if (day == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < event->n_postings; i++) {
        const Talea__V1__Posting *posting = event->postings[i];
        struct books_points_line *line;
        TRY(line_of(day, chart, posting->debit, &line, note));
        TRY(int64_add(line->debit, posting->points, &line->debit));
        TRY(line_of(day, chart, posting->credit, &line, note));
        TRY(int64_add(line->credit, posting->points, &line->credit));
    }
    day->first_row = day->first_row == 0 ? event->journal_row : day->first_row;
    day->last_row = event->journal_row;
    return ERR_OK;
}

void books_days_fini(struct books_days *days)
{
    for (size_t i = 0; i < days->count; i++) {
        free(days->days[i].lines);
    }
    free(days->days);
    *days = (struct books_days){.days = NULL};
}
