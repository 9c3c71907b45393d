/* talea period reconcile: both halves of a period, entry by entry. */
#include <inttypes.h>

#include <talea/v1/back_office.pb-c.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/session.h"
#include "cli/table.h"
#include "clearing/entry.h"
#include "settlement/reconcile.h"

const struct argp_option period_reconcile_options[] = {
    {"period", OPT_PERIOD, "PERIOD", 0, "Which one (default: the open one, as far as receipted)",
     0},
    {0}};

static const char *ruling_text(Talea__V1__Ruling ruling)
{
    static const char *const names[] = {"-", "open", "ours is signed", "theirs is signed",
                                        "both are signed"};
    return (unsigned)ruling < sizeof names / sizeof names[0] ? names[ruling] : names[0];
}

/* "earn 250 at tariff 1 of 2026-10", or a dash. */
static void entry_cell(struct table *table, const struct units *units,
                       const Talea__V1__HalfEntry *entry)
{
    char points[AMOUNT_TEXT_MAX];
    char period[PERIOD_TEXT_MAX];
    if (entry == NULL) {
        table_cell(table, "-");
        return;
    }
    table_cell(table, "%s %s at tariff %u of %s", entry_kind_name((enum entry_kind)entry->kind),
               amounts_points(units, entry->points, points), entry->tariff,
               period_format((struct period){entry->period}, period));
}

static void print_differences(struct cli *cli, const struct units *units,
                              const Talea__V1__HalfComparison *half)
{
    static const char *const titles[] = {">entry", "what", "ours", "theirs", "signatures"};
    struct table table;
    if (half->n_differences == 0) {
        return;
    }
    table_init(&table, titles, 5);
    for (size_t i = 0; i < half->n_differences; i++) {
        const Talea__V1__HalfDifference *difference = half->differences[i];
        table_cell(&table, "%" PRIu64, difference->number);
        table_cell(&table, "%s", difference_kind_name((enum difference_kind)difference->kind));
        entry_cell(&table, units, difference->ours);
        entry_cell(&table, units, difference->theirs);
        table_cell(&table, "%s", ruling_text(difference->ruling));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_half(struct cli *cli, const struct units *units,
                       const Talea__V1__HalfComparison *half)
{
    fprintf(cli->out, "%s to %s: ", half->sender, half->receiver);
    if (half->state == TALEA__V1__HALF_STATE__HALF_STATE_NOT_COMPARED) {
        fprintf(cli->out, "not compared: %s\n", half->detail);
        return;
    }
    fprintf(cli->out, "%" PRIu64 " entries here, %" PRIu64 " there, %s (%u round trips)\n",
            half->our_count, half->their_count,
            half->state == TALEA__V1__HALF_STATE__HALF_STATE_EQUAL ? "all alike" : half->detail,
            half->rounds);
    print_differences(cli, units, half);
}

static bool is_all_alike(const Talea__V1__ReconcilePeriodResponse *reply)
{
    bool is_alike = true;
    for (size_t i = 0; i < reply->n_halves; i++) {
        is_alike = is_alike && reply->halves[i]->state == TALEA__V1__HALF_STATE__HALF_STATE_EQUAL;
    }
    return is_alike;
}

enum cli_exit run_period_reconcile(struct cli *cli)
{
    Talea__V1__ReconcilePeriodRequest request;
    talea__v1__reconcile_period_request__init(&request);
    const char *period = cli_option(cli, OPT_PERIOD);
    enum cli_exit outcome =
        period == NULL ? CLI_OK : office_read_period(cli, period, &request.period);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.partner = message_text(cli_argument(cli, 0));
    if (outcome == CLI_OK) {
        outcome = office_call(cli, "ReconcilePeriod", &request.base, &message);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__ReconcilePeriodResponse *reply =
        (const Talea__V1__ReconcilePeriodResponse *)message;
    const struct units *units;
    if (cli->is_json) {
        outcome = session_print_json(cli, message);
    } else if ((outcome = session_units(cli, &units)) == CLI_OK) {
        for (size_t i = 0; i < reply->n_halves; i++) {
            print_half(cli, units, reply->halves[i]);
        }
    }
    return outcome == CLI_OK && !is_all_alike(reply) ? CLI_REFUSED : outcome;
}
