/* talea books liability: what the points that members have are worth, and which revenue waits for
 * them. Made of the journal's changes of lots up to a moment. */
#include <stdlib.h>
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

static bool is_members(const Talea__V1__EventAccount *account)
{
    return account != NULL &&
           (strcmp(account->account, "available") == 0 ||
            strcmp(account->account, "pending") == 0 || strcmp(account->account, "held") == 0);
}

static bool is_one_of(const char *account, const char *one, const char *other)
{
    return strcmp(account, one) == 0 || strcmp(account, other) == 0;
}

/* What became of points: spent here or at a partner (or moved there), expired, given back. */
static enum err read_postings(const Talea__V1__Event *event, struct lot_event *out)
{
    for (size_t i = 0; i < event->n_postings; i++) {
        const Talea__V1__Posting *posting = event->postings[i];
        if (is_members(posting->debit) == is_members(posting->credit)) {
            continue;
        }
        const char *other =
            is_members(posting->debit) ? posting->credit->account : posting->debit->account;
        if (is_one_of(other, "redeemed", "payable")) {
            int64_t *sum = is_members(posting->debit) ? &out->redeemed : &out->returned;
            TRY(int64_add(*sum, posting->points, sum));
        } else if (is_members(posting->debit) && strcmp(other, "breakage") == 0) {
            TRY(int64_add(out->expired, posting->points, &out->expired));
        } else if (is_members(posting->credit) && strcmp(other, "issued") == 0) {
            out->sale = money_of(event->amount_minor);
        }
    }
    return ERR_OK;
}

static enum err read_lots(struct liability *liability, const Talea__V1__Event *event,
                          struct lot_event *out)
{
    if (event->n_lots > liability->move_capacity) {
        size_t capacity = event->n_lots * 2;
        struct lot_move *moves = realloc(liability->moves, capacity * sizeof *moves);
        if (moves == NULL) {
            return ERR_RESOURCE;
        }
        liability->moves = moves;
        liability->move_capacity = capacity;
    }
    for (size_t i = 0; i < event->n_lots; i++) {
        const Talea__V1__LotChange *lot = event->lots[i];
        struct lot_move *move = &liability->moves[i];
        *move = (struct lot_move){.lot = {.tariff = lot->tariff,
                                          .idle_months = lot->idle_months,
                                          .expires_at_ms = lot->expires_at_unix_ms}};
        TRY(uid_parse(lot->member_id, &move->lot.member));
        TRY(partner_id_parse(lot->issuer, &move->lot.issuer));
        TRY(int64_add(lot->free_delta_points, lot->held_delta_points, &move->points));
    }
    out->moves = liability->moves;
    out->count = event->n_lots;
    return ERR_OK;
}

static enum err add_event(struct liability *liability, const Talea__V1__Event *event)
{
    struct lot_event change = {.at = {event->recorded_unix_ms}};
    if (event->n_lots == 0) {
        return ERR_OK;
    }
    TRY(read_postings(event, &change));
    if (change.sale.minor != 0 && strcmp(event->currency, liability->books.units->currency) != 0) {
        liability->has_other_currency = true;
        change.sale = money_of(0);
    }
    TRY(read_lots(liability, event, &change));
    enum err err = lot_ages_apply(&liability->ages, &change);
    return err == ERR_CORRUPT
               ? note_set(&liability->problem, err, "row %llu takes more of a lot than there is",
                          (unsigned long long)event->journal_row)
               : err;
}

static bool take_event(void *context, const Talea__V1__Event *event)
{
    struct liability *liability = context;
    if (liability->at_ms != 0 && event->recorded_unix_ms >= liability->at_ms) {
        return false; /* a journal's time never goes back */
    }
    if (liability->from_ms != 0 && !liability->has_then &&
        event->recorded_unix_ms >= liability->from_ms) {
        liability->has_then = true;
        liability->err = cohorts_copy(&liability->ages.cohorts, &liability->then);
    }
    if (liability->err == ERR_OK) {
        liability->err = add_event(liability, event);
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

/* The price of one point as minor units for so many smallest parts of points. */
static enum err set_terms(struct liability *liability)
{
    const struct accounting_file *file = &liability->books.file;
    const struct units *units = liability->books.units;
    struct liability_terms *terms = &liability->terms;
    struct decimal per = {1, 0};
    unsigned more = 0;
    liability_terms_default(&liability->books.roster, terms);
    terms->breakage = file->breakage;
    if (file->age_count > 0) {
        terms->age_count = file->age_count;
        memcpy(terms->ages, file->ages, sizeof terms->ages);
    }
    if (!file->has_price) {
        return ERR_OK;
    }
    more = file->price.scale > units->currency_decimals
               ? file->price.scale - units->currency_decimals
               : 0;
    terms->has_price = true;
    TRY(decimal_to_minor_exact(per, units->points_decimals + more, &terms->per.minor));
    return decimal_to_minor_exact(file->price, units->currency_decimals + more,
                                  &terms->price.minor);
}

static enum err reckon(struct liability *liability)
{
    const struct partner_id *self = &liability->books.self;
    struct clock_port clock = clock_of_system();
    liability->as_of =
        liability->at_ms == 0 ? clock_now(&clock) : (struct unix_ms){liability->at_ms - 1};
    TRY(liability_report(&liability->ages, self, &liability->terms, liability->as_of,
                         &liability->report));
    if (liability->from_ms == 0) {
        return ERR_OK;
    }
    if (!liability->has_then) {
        liability->has_then = true;
        TRY(cohorts_copy(&liability->ages.cohorts, &liability->then));
    }
    return deferral_moved(&liability->then, (struct unix_ms){liability->from_ms - 1},
                          &liability->ages.cohorts, liability->as_of, self, &liability->terms,
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
    enum err err = set_terms(liability);
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
    outcome = outcome == CLI_OK ? gather(&liability) : outcome;
    outcome = outcome == CLI_OK ? liability_print(&liability) : outcome;
    liability_report_fini(&liability.report);
    cohorts_fini(&liability.then);
    lot_ages_fini(&liability.ages);
    free(liability.moves);
    books_terms_fini(&liability.books);
    return outcome;
}
