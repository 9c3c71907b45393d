/* talea books: the ledger's postings, a day each, for an accountant's own program. */
#include "cli/books.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/watching.h"

const struct argp_option books_options[] = {
    {"format", OPT_FORMAT, "hledger|ledger|beancount|csv", 0,
     "For which program (default: hledger)", 0},
    {"accounts", OPT_ACCOUNTS, "FILE", 0, "The names of the accounts (a chart.yaml)", 0},
    {"from", OPT_FROM, "TIME", 0, "Only what was booked at or after this time", 0},
    {"to", OPT_TO, "TIME", 0, "Only what was booked before this time", 0},
    {0}};

/* The day at hand; its lines keep their places, so that an account is opened once. */
struct books {
    struct cli *cli;
    struct books_style style;
    struct chart chart;
    int64_t from_ms; /* 0: from the first row on */
    int64_t to_ms;   /* 0: to the last */
    int64_t day;     /* days since 1970; -1 before the first event */
    struct books_line *lines;
    size_t count;
    size_t capacity;
    uint64_t first_row;
    uint64_t last_row;
    struct note problem;
    enum err err;
};

static struct civil date_of(int64_t day)
{
    return civil_from_unix((struct unix_ms){day * DAY_MS});
}

/* Prints the day, without the accounts that did not move, and begins with zeros again. */
static void end_day(struct books *books)
{
    struct books_line *moved = calloc(books->count + 1, sizeof *moved);
    size_t count = 0;
    if (moved == NULL) {
        books->err = ERR_RESOURCE;
        return;
    }
    for (size_t i = 0; i < books->count; i++) {
        if (books->lines[i].debit != 0 || books->lines[i].credit != 0) {
            moved[count++] = books->lines[i];
            books->lines[i].debit = books->lines[i].credit = 0;
        }
    }
    if (count > 0) {
        struct books_day day = {date_of(books->day), books->first_row, books->last_row, moved,
                                count};
        books_print_day(books->cli->out, &books->style, &day);
    }
    free(moved);
    books->first_row = 0;
}

static struct books_line *add_line(struct books *books, enum chart_line line,
                                   const struct partner_id *partner)
{
    if (books->count == books->capacity) {
        size_t capacity = books->capacity * 2 + 16;
        struct books_line *lines = realloc(books->lines, capacity * sizeof *lines);
        if (lines == NULL) {
            books->err = ERR_RESOURCE;
            return NULL;
        }
        books->lines = lines;
        books->capacity = capacity;
    }
    struct books_line *added = &books->lines[books->count++];
    *added = (struct books_line){.line = line, .partner = *partner};
    books_print_opening(books->cli->out, &books->style, date_of(books->day), added);
    return added;
}

/* The account's line of the day; NULL after an error. */
static struct books_line *line_of(struct books *books, const Talea__V1__EventAccount *account)
{
    enum chart_line line;
    struct partner_id partner = {{0}};
    if (account == NULL || chart_line_parse(account->account, &line) != ERR_OK ||
        (account->partner[0] != '\0' && partner_id_parse(account->partner, &partner) != ERR_OK)) {
        books->err = note_set(&books->problem, ERR_UNSUPPORTED,
                              "the node names an account that this program does not know");
        return NULL;
    }
    for (size_t i = 0; i < books->count; i++) {
        if (books->lines[i].line == line && partner_id_equal(&books->lines[i].partner, &partner)) {
            return &books->lines[i];
        }
    }
    return add_line(books, line, &partner);
}

static void book(struct books *books, const Talea__V1__Posting *posting)
{
    struct books_line *debit = line_of(books, posting->debit);
    if (debit != NULL && int64_add(debit->debit, posting->points, &debit->debit) != ERR_OK) {
        books->err = ERR_RANGE;
    }
    struct books_line *credit = books->err == ERR_OK ? line_of(books, posting->credit) : NULL;
    if (credit != NULL && int64_add(credit->credit, posting->points, &credit->credit) != ERR_OK) {
        books->err = ERR_RANGE;
    }
}

static bool take_event(void *context, const Talea__V1__Event *event)
{
    struct books *books = context;
    int64_t day = event->recorded_unix_ms / DAY_MS;
    if (event->recorded_unix_ms < books->from_ms) {
        return true;
    }
    if (books->to_ms != 0 && event->recorded_unix_ms >= books->to_ms) {
        return false; /* a journal's time never goes back */
    }
    if (day != books->day) {
        end_day(books);
        books->day = day;
    }
    for (size_t i = 0; i < event->n_postings && books->err == ERR_OK; i++) {
        book(books, event->postings[i]);
        books->first_row = books->first_row == 0 ? event->journal_row : books->first_row;
        books->last_row = event->journal_row;
    }
    return books->err == ERR_OK;
}

static enum cli_exit read_style(struct books *books)
{
    struct cli *cli = books->cli;
    const char *format = cli_option(cli, OPT_FORMAT);
    const char *accounts = cli_option(cli, OPT_ACCOUNTS);
    struct note note = {""};
    if (books_format_parse(format == NULL ? "hledger" : format, &books->style.format) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "hledger, ledger, beancount, csv",
                        "--format: \"%s\" is none", format);
    }
    chart_default(&books->chart);
    enum err err = accounts == NULL ? ERR_OK : chart_file_load(accounts, &books->chart, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    books->style.chart = &books->chart;
    enum cli_exit outcome = amounts_read_time_of(cli, OPT_FROM, "from", &books->from_ms);
    return outcome == CLI_OK ? amounts_read_time_of(cli, OPT_TO, "to", &books->to_ms) : outcome;
}

static enum cli_exit print_books(struct books *books)
{
    struct cli *cli = books->cli;
    struct watching watching = {.cli = cli, .next_row = 1, .take = take_event, .context = books};
    const struct units *units;
    enum cli_exit outcome = session_open(cli);
    outcome = outcome == CLI_OK ? session_units(cli, &units) : outcome;
    outcome = outcome == CLI_OK ? watch_find_end(cli, &watching.end_row) : outcome;
    if (outcome != CLI_OK) {
        return outcome;
    }
    books->style.points_name = units->points_name;
    books->style.points_decimals = units->points_decimals;
    books_print_head(cli->out, &books->style);
    outcome = watch_events(&watching);
    if (outcome == CLI_OK && books->err == ERR_OK) {
        end_day(books);
    }
    if (outcome == CLI_OK && books->err != ERR_OK) {
        return cli_fail_err(cli, books->err, &books->problem);
    }
    return outcome == CLI_OK && fflush(cli->out) != 0
               ? cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "can't write the output")
               : outcome;
}

enum cli_exit run_books(struct cli *cli)
{
    struct books books = {.cli = cli, .day = -1};
    enum cli_exit outcome = read_style(&books);
    if (outcome == CLI_OK) {
        outcome = print_books(&books);
    }
    free(books.lines);
    return outcome;
}
