/* talea books: the points and the money of this brand's ledger, for an accountant's own program. */
#include "cli/books.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/watching.h"

const struct argp_option books_options[] = {
    {"format", OPT_FORMAT, "hledger|ledger|beancount|csv", 0,
     "For which program (default: hledger)", 0},
    {"accounts", OPT_ACCOUNTS, "FILE", 0, "How the books are kept (an accounting.yaml)", 0},
    {"only", OPT_ONLY, "points|money|revenue|gifts", 0,
     "One part of them: money of settlements, deferred revenue of own sales, gift cards (default: "
     "all)",
     0},
    {"charter", OPT_CHARTER, "FILE", 0, "Prices by this one (default: the home's)", 0},
    {"from", OPT_FROM, "TIME", 0, "Only what is booked at or after this time", 0},
    {"to", OPT_TO, "TIME", 0, "Only what is booked before this time", 0},
    {0}};

struct books {
    struct cli *cli;
    struct books_terms terms;
    struct books_style style;
    bool has_points;
    bool has_money;
    bool has_revenue;
    bool has_gifts;
    int64_t from_ms; /* 0: from the first row on */
    int64_t to_ms;   /* 0: to the last */
    struct books_days days;
    struct books_money money;
    struct books_revenue revenue;
    struct books_gifts gifts;
    struct books_accounts accounts;
    struct note problem;
    enum err err;
};

static bool is_wanted(const struct books *books, int64_t ms)
{
    return ms >= books->from_ms && (books->to_ms == 0 || ms < books->to_ms);
}

/* All of the money's rows: what a period came to may be said after its end. */
static bool take_event(void *context, const Talea__V1__Event *event)
{
    struct books *books = context;
    if (books->has_points && is_wanted(books, event->recorded_unix_ms)) {
        books->err = books_days_add(&books->days, &books->terms.file.chart, event, &books->problem);
    }
    if (books->err == ERR_OK && books->has_money) {
        books->err = books_money_add(&books->money, event, &books->problem);
    }
    if (books->err == ERR_OK && books->has_revenue) {
        books->err =
            books_revenue_add(&books->revenue, event, &books->money.settling, &books->problem);
    }
    if (books->err == ERR_OK && books->has_gifts) {
        books->err = books_gifts_add(&books->gifts, event);
    }
    return books->err == ERR_OK;
}

/* ---- As transactions ---- */

typedef void transaction_use(struct books *books, const struct books_transaction *transaction);

static void tell(struct books *books, const struct books_transaction *transaction)
{
    books_accounts_add(&books->accounts, &books->style, transaction);
}

static void print(struct books *books, const struct books_transaction *transaction)
{
    books_print(books->cli->out, &books->style, transaction);
}

static void use_day(struct books *books, const struct books_day *day, transaction_use *use)
{
    struct books_transaction transaction = {
        .date = civil_from_unix((struct unix_ms){day->day * DAY_MS}),
        .event = "points",
        .reference = "",
        .first_row = day->first_row,
        .last_row = day->last_row,
        .postings = calloc(day->count + 1, sizeof *transaction.postings)};
    if (transaction.postings == NULL) {
        books->err = ERR_RESOURCE;
        return;
    }
    snprintf(transaction.title, sizeof transaction.title,
             "Points of the day, journal rows %" PRIu64 " to %" PRIu64, day->first_row,
             day->last_row);
    for (size_t i = 0; i < day->count; i++) {
        const struct books_points_line *line = &day->lines[i];
        transaction.postings[transaction.count++] =
            (struct books_posting){.account = line->line,
                                   .partner = line->partner.text,
                                   .period = "",
                                   .tax = "",
                                   .debit = exact_of(line->debit),
                                   .credit = exact_of(line->credit)};
    }
    use(books, &transaction);
    free(transaction.postings);
}

static void use_entry(struct books *books, const struct book_entry *entry, transaction_use *use)
{
    struct books_posting postings[BOOK_LINES_MAX];
    char period[PERIOD_TEXT_MAX];
    char title[CHART_TEXT_MAX];
    struct chart_place place = {entry->partner.text, period_format(entry->period, period),
                                entry->tax};
    struct books_transaction transaction = {.date = civil_from_unix(entry->at),
                                            .event = posting_event_name(entry->event),
                                            .reference = entry->reference,
                                            .postings = postings,
                                            .count = entry->line_count};
    chart_name_in(books->terms.file.templates.rows[entry->event].text, &place, title);
    snprintf(transaction.title, sizeof transaction.title, "%.300s%s", title,
             entry->is_disputed ? ", disputed" : "");
    for (size_t i = 0; i < entry->line_count; i++) {
        struct exact_money amount = entry->lines[i].amount;
        bool is_credit = amount.minor < 0 || amount.micro < 0;
        postings[i] =
            (struct books_posting){.account = entry->lines[i].account,
                                   .partner = place.partner,
                                   .period = place.period,
                                   .tax = place.tax,
                                   .debit = is_credit ? exact_of(0) : amount,
                                   .credit = is_credit ? exact_negated(amount) : exact_of(0)};
    }
    use(books, &transaction);
}

/* Both sides by date; of one day the points first. */
static void use_all(struct books *books, transaction_use *use)
{
    const struct book_list *entries = &books->money.settling.entries;
    size_t day = 0;
    size_t entry = 0;
    while (books->err == ERR_OK && (day < books->days.count || entry < entries->count)) {
        bool is_day = day < books->days.count &&
                      (entry == entries->count ||
                       books->days.days[day].day <= entries->rows[entry].at.ms / DAY_MS);
        if (is_day) {
            use_day(books, &books->days.days[day++], use);
        } else {
            if (is_wanted(books, entries->rows[entry].at.ms)) {
                use_entry(books, &entries->rows[entry], use);
            }
            entry++;
        }
    }
}

/* ---- The command ---- */

static enum cli_exit read_options(struct books *books)
{
    struct cli *cli = books->cli;
    const char *format = cli_option(cli, OPT_FORMAT);
    const char *only = cli_option(cli, OPT_ONLY);
    if (books_format_parse(format == NULL ? "hledger" : format, &books->style.format) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "hledger, ledger, beancount, csv",
                        "--format: \"%s\" is none", format);
    }
    books->has_points = only == NULL || strcmp(only, "points") == 0;
    books->has_money = only == NULL || strcmp(only, "money") == 0;
    books->has_revenue = only == NULL || strcmp(only, "revenue") == 0;
    books->has_gifts = only == NULL || strcmp(only, "gifts") == 0;
    if (!books->has_points && !books->has_money && !books->has_revenue && !books->has_gifts) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "points, money, revenue, gifts",
                        "--only: \"%s\" is none", only);
    }
    return amounts_read_range(cli, &books->from_ms, &books->to_ms);
}

static enum cli_exit gather(struct books *books)
{
    struct watching watching = {.cli = books->cli,
                                .next_row = 1,
                                .end_row = books->terms.end_row,
                                .take = take_event,
                                .context = books};
    enum cli_exit outcome = watch_events(&watching);
    if (outcome == CLI_OK && books->err != ERR_OK) {
        return cli_fail_err(books->cli, books->err, &books->problem);
    }
    struct clock_port clock = clock_of_system();
    struct unix_ms now = clock_now(&clock);
    if (outcome == CLI_OK && books->has_gifts) {
        outcome = books_gifts_finish(&books->gifts, now, &books->money.settling,
                                     &books->style.has_other_gifts);
    }
    if (outcome == CLI_OK && books->has_revenue) {
        enum err err =
            books_revenue_finish(&books->revenue, now, &books->money.settling, &books->problem);
        outcome = err == ERR_OK ? CLI_OK : cli_fail_err(books->cli, err, &books->problem);
        books->style.has_other_currency = books->revenue.lots.has_other_currency;
    }
    if (outcome == CLI_OK && books->has_money) {
        outcome = books_money_finish(&books->money);
    }
    book_list_sort(&books->money.settling.entries);
    return outcome;
}

static enum cli_exit print_books(struct books *books)
{
    struct cli *cli = books->cli;
    use_all(books, tell);
    if (books->accounts.is_failed || books->err != ERR_OK) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    books_print_head(cli->out, &books->style, &books->accounts);
    use_all(books, print);
    if (books->err != ERR_OK) {
        return cli_fail_err(cli, books->err, NULL);
    }
    return fflush(cli->out) != 0
               ? cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "can't write the output")
               : CLI_OK;
}

enum cli_exit run_books(struct cli *cli)
{
    struct books books = {.cli = cli};
    enum cli_exit outcome = read_options(&books);
    if (outcome == CLI_OK) {
        outcome = books_terms_open(cli, books.has_money || books.has_revenue, &books.terms);
    }
    books.style.chart = &books.terms.file.chart;
    books.style.units = books.terms.units;
    books_money_init(&books.money, cli, &books.terms);
    books_gifts_init(&books.gifts, cli, &books.terms, (struct unix_ms){books.from_ms},
                     (struct unix_ms){books.to_ms});
    if (outcome == CLI_OK && books.has_revenue) {
        enum err err =
            books_revenue_open(&books.revenue, &books.terms, (struct unix_ms){books.from_ms},
                               (struct unix_ms){books.to_ms});
        outcome = err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, NULL);
    }
    outcome = outcome == CLI_OK ? gather(&books) : outcome;
    outcome = outcome == CLI_OK ? print_books(&books) : outcome;
    books_revenue_fini(&books.revenue);
    books_gifts_fini(&books.gifts);
    books_money_fini(&books.money);
    books_days_fini(&books.days);
    books_accounts_fini(&books.accounts);
    books_terms_fini(&books.terms);
    return outcome;
}
