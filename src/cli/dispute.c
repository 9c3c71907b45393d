/* talea dispute: open, answer, accept, reject, escalate, concede, rule, list. */
#include <string.h>

#include <talea/v1/back_office.pb-c.h>

#include "clearing/dispute.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/dispute.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

#define NOTE_OPTION                                                                                \
    {                                                                                              \
        "note", OPT_NOTE, "TEXT", 0, "For the other side, one line; it stays: name nobody", 0      \
    }

#define DISPUTE_REASONS                                                                            \
    "AMOUNT_WRONG, PURCHASE_UNKNOWN, DOUBLED, GOODS_RETURNED, NOT_GRANTED, NOT_RETURNED, "         \
    "REFUSED_WRONGLY or OTHER"

const struct argp_option dispute_open_options[] = {
    DISPUTE_DIRECTION_OPTION,
    {"reason", OPT_REASON, "CODE", 0, DISPUTE_REASONS, 0},
    {"points", OPT_POINTS, "POINTS", 0, "The part of the entry that is wrong (default: all)", 0},
    NOTE_OPTION,
    TRANSACTION_OPTION,
    {0}};

const struct argp_option dispute_step_options[] = {
    DISPUTE_DIRECTION_OPTION, NOTE_OPTION, TRANSACTION_OPTION, {0}};

const struct argp_option dispute_list_options[] = {
    {"all", OPT_ALL, NULL, 0, "Also those that are over", 0},
    {"refused", OPT_REFUSED, NULL, 0, "Also our refused entries, which may be disputed", 0},
    {"limit", OPT_LIMIT, "ROWS", 0, "At most so many (default: 50)", 0},
    {"page", OPT_PAGE, "TOKEN", 0, "From where an earlier list ended", 0},
    {0}};

enum cli_exit dispute_read_entry(struct cli *cli, Talea__V1__StreamEntry *out_entry)
{
    const char *way = cli_option(cli, OPT_DIRECTION);
    talea__v1__stream_entry__init(out_entry);
    out_entry->partner = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = selector_read_number(
        cli, 1, "entry", "`talea transaction show` has it, and statement show --csv",
        &out_entry->number);
    if (outcome != CLI_OK) {
        return outcome;
    }
    out_entry->is_sent = way != NULL && strcmp(way, "sent") == 0;
    if (way != NULL && !out_entry->is_sent && strcmp(way, "received") != 0) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "--direction: \"%s\" is neither sent nor received", way);
    }
    return CLI_OK;
}

/* ---- Steps ---- */

static enum cli_exit read_words(struct cli *cli, char **out_transaction_id, char **inout_note)
{
    const char *id;
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    *out_transaction_id = message_text(id);
    if (cli_option(cli, OPT_NOTE) != NULL) {
        *inout_note = message_text(cli_option(cli, OPT_NOTE));
    }
    return CLI_OK;
}

static enum cli_exit read_claim(struct cli *cli, Talea__V1__OpenDisputeRequest *request)
{
    const char *reason = cli_option(cli, OPT_REASON);
    const char *points = cli_option(cli, OPT_POINTS);
    enum dispute_reason parsed;
    if (reason == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", DISPUTE_REASONS, "--reason is missing");
    }
    if (dispute_reason_parse(reason, &parsed) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", DISPUTE_REASONS,
                        "--reason: \"%s\" is none", reason);
    }
    request->reason = (Talea__V1__DisputeReason)parsed;
    return points == NULL ? CLI_OK : amounts_read_points(cli, "--points", points, &request->points);
}

enum cli_exit run_dispute_open(struct cli *cli)
{
    Talea__V1__OpenDisputeRequest request;
    Talea__V1__StreamEntry entry;
    talea__v1__open_dispute_request__init(&request);
    request.entry = &entry;
    enum cli_exit outcome = dispute_read_entry(cli, &entry);
    if (outcome == CLI_OK) {
        outcome = read_claim(cli, &request);
    }
    if (outcome == CLI_OK) {
        outcome = read_words(cli, &request.transaction_id, &request.note);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "OpenDispute", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    char text[AMOUNT_TEXT_MAX];
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        int64_t claimed = ((const Talea__V1__OpenDisputeResponse *)message)->claimed_points;
        fprintf(cli->out, "claimed    %s %s\n", amounts_points(units, claimed, text),
                units->points_name);
        fprintf(cli->out, "next       it is on its way to %s\n", entry.partner);
    }
    return outcome;
}

static enum cli_exit take_step(struct cli *cli, enum dispute_step step)
{
    Talea__V1__StepDisputeRequest request;
    Talea__V1__StreamEntry entry;
    talea__v1__step_dispute_request__init(&request);
    request.entry = &entry;
    request.step = (Talea__V1__DisputeStep)step;
    enum cli_exit outcome = dispute_read_entry(cli, &entry);
    if (outcome == CLI_OK) {
        outcome = read_words(cli, &request.transaction_id, &request.note);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = office_call(cli, "StepDispute", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    fprintf(cli->out, "said       %s\n", dispute_step_name(step));
    return CLI_OK;
}

enum cli_exit run_dispute_answer(struct cli *cli)
{
    return take_step(cli, STEP_ANSWER);
}

enum cli_exit run_dispute_accept(struct cli *cli)
{
    return take_step(cli, STEP_ACCEPT);
}

enum cli_exit run_dispute_reject(struct cli *cli)
{
    return take_step(cli, STEP_REJECT);
}

enum cli_exit run_dispute_escalate(struct cli *cli)
{
    return take_step(cli, STEP_ESCALATE);
}

enum cli_exit run_dispute_concede(struct cli *cli)
{
    return take_step(cli, STEP_CONCEDE);
}

enum cli_exit run_dispute_rule(struct cli *cli)
{
    const char *ruling = cli_argument(cli, 2);
    bool is_upheld = strcmp(ruling, "upheld") == 0;
    if (!is_upheld && strcmp(ruling, "dismissed") != 0) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "\"%s\" is neither upheld (the claim is right) nor dismissed", ruling);
    }
    return take_step(cli, is_upheld ? STEP_RULE_UPHELD : STEP_RULE_DISMISSED);
}

/* ---- What there is ---- */

static const char *ruling_word(Talea__V1__DisputeRuling ruling)
{
    return dispute_ruling_name((enum dispute_ruling)ruling);
}

const char *dispute_state_word(const Talea__V1__Dispute *dispute)
{
    bool is_none = dispute->dispute_id[0] == '\0';
    return is_none ? "refused" : dispute_state_name((enum dispute_state)dispute->state);
}

static void print_list(struct cli *cli, const struct units *units,
                       const Talea__V1__ListDisputesResponse *reply)
{
    static const char *const titles[] = {"partner", "way",     ">number", "entry",  ">claimed",
                                         "state",   "outcome", "turn",    "reason", "until UTC"};
    struct table table;
    table_init(&table, titles, 10);
    for (size_t i = 0; i < reply->n_disputes; i++) {
        const Talea__V1__Dispute *d = reply->disputes[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", d->entry->partner);
        table_cell(&table, "%s", d->entry->is_sent ? "sent" : "received");
        table_cell(&table, "%llu", (unsigned long long)d->entry->number);
        table_cell(&table, "%s", entry_kind_name((enum entry_kind)d->kind));
        table_cell(&table, "%s", amounts_points(units, d->claimed_points, text));
        table_cell(&table, "%s", dispute_state_word(d));
        table_cell(&table, "%s", d->outcome == 0 ? "" : ruling_word(d->outcome));
        table_cell(&table, "%s", d->is_our_turn ? "ours" : "");
        table_cell(&table, "%s",
                   d->dispute_id[0] == '\0' ? d->declined
                   : d->is_set_apart        ? "SET_APART"
                                            : dispute_reason_name((enum dispute_reason)d->reason));
        table_cell(&table, "%s", amounts_time(d->due_unix_ms, time));
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->next_page_token[0] != '\0') {
        fprintf(cli->out, "more: --page %s\n", reply->next_page_token);
    }
}

enum cli_exit run_dispute_list(struct cli *cli)
{
    Talea__V1__ListDisputesRequest request;
    talea__v1__list_disputes_request__init(&request);
    const char *partner = cli_argument(cli, 0);
    if (partner != NULL) {
        request.partner = message_text(partner);
    }
    request.with_ended = cli_option(cli, OPT_ALL) != NULL;
    request.with_refused = cli_option(cli, OPT_REFUSED) != NULL;
    enum cli_exit outcome = till_read_page(cli, &request.page_size, &request.page_token);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = office_call(cli, "ListDisputes", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        print_list(cli, units, (const Talea__V1__ListDisputesResponse *)message);
    }
    return outcome;
}
