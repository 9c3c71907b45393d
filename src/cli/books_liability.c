/* talea books liability: what the points that members have are worth, and which revenue waits for
 * them. Made of the journal's changes of lots up to a moment. */
#include <string.h>

#include "base/clock.h"
#include "cli/amounts.h"
#include "cli/books_liability.h"
#include "cli/commands.h"
#include "cli/watching.h"

const struct argp_option books_liability_options[] = {
    {"at", OPT_AT, "TIME", 0, "As of this moment; a date is its beginning (default: now)", 0},
    {"from", OPT_FROM, "TIME", 0, "Also how deferred revenue moved since then", 0},
    {"accounts", OPT_ACCOUNTS, "FILE", 0, "Price, estimates and ages (an accounting.yaml)", 0},
    {"charter", OPT_CHARTER, "FILE", 0, "Prices by this one (default: the home's)", 0},
    {"format", OPT_FORMAT, "text|csv", 0, "For people, or as CSV (default: text)", 0},
    {0}};

/* ---- The journal's rows ---- */

static bool take_event(void *context, const Talea__V1__Event *event)
{
    struct liability *liability = context;
    if (liability->at_ms != 0 && event->recorded_unix_ms >= liability->at_ms) {
        return false; /* a journal's time never goes back */
    }
    if (liability->from_ms != 0 && !liability->has_then &&
        event->recorded_unix_ms >= liability->from_ms) {
        liability->has_then = true;
        liability->err = cohorts_copy(&liability->lots.ages.cohorts, &liability->then);
    }
    if (liability->err == ERR_OK) {
        liability->err = books_lots_add(&liability->lots, event, &liability->problem);
    }
    return liability->err == ERR_OK;
}

/* ---- The command ---- */

static enum cli_exit read_options(struct liability *liability)
{
    struct cli *cli = liability->cli;
    const char *format = cli_option(cli, OPT_FORMAT);
    liability->is_csv = format != NULL && strcmp(format, "csv") == 0;
    if (format != NULL && !liability->is_csv && strcmp(format, "text") != 0) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "text, csv", "--format: \"%s\" is none",
                        format);
    }
    enum cli_exit outcome = amounts_read_time_of(cli, OPT_AT, "--at", &liability->at_ms);
    return outcome == CLI_OK ? amounts_read_time_of(cli, OPT_FROM, "--from", &liability->from_ms)
                             : outcome;
}

static enum err reckon(struct liability *liability)
{
    const struct partner_id *self = &liability->books.self;
    struct clock_port clock = clock_of_system();
    liability->as_of =
        liability->at_ms == 0 ? clock_now(&clock) : (struct unix_ms){liability->at_ms - 1};
    TRY(liability_report(&liability->lots.ages, self, &liability->terms, liability->as_of,
                         &liability->report));
    if (liability->from_ms == 0) {
        return ERR_OK;
    }
    if (!liability->has_then) {
        liability->has_then = true;
        TRY(cohorts_copy(&liability->lots.ages.cohorts, &liability->then));
    }
    return deferral_moved(&liability->then, (struct unix_ms){liability->from_ms - 1},
                          &liability->lots.ages.cohorts, liability->as_of, self, &liability->terms,
                          &liability->moved);
}

static enum cli_exit gather(struct liability *liability)
{
    struct cli *cli = liability->cli;
    struct watching watching = {.cli = cli,
                                .next_row = 1,
                                .end_row = liability->books.end_row,
                                .take = take_event,
                                .context = liability};
    enum err err = books_terms_liability(&liability->books, &liability->terms);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, NULL);
    }
    enum cli_exit outcome = watch_events(&watching);
    if (outcome != CLI_OK) {
        return outcome;
    }
    err = liability->err == ERR_OK ? reckon(liability) : liability->err;
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &liability->problem);
}

enum cli_exit run_books_liability(struct cli *cli)
{
    struct liability liability = {.cli = cli};
    enum cli_exit outcome = read_options(&liability);
    outcome = outcome == CLI_OK ? books_terms_open(cli, true, &liability.books) : outcome;
    books_lots_init(&liability.lots, &liability.books);
    outcome = outcome == CLI_OK ? gather(&liability) : outcome;
    outcome = outcome == CLI_OK ? liability_print(&liability) : outcome;
    liability_report_fini(&liability.report);
    cohorts_fini(&liability.then);
    books_lots_fini(&liability.lots);
    books_terms_fini(&liability.books);
    return outcome;
}
