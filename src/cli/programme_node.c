/* talea programme activate, history; talea explain: the programme as a node has it. */
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/programme.h"
#include "cli/table.h"
#include "config/document.h"
#include "talea/v1/programme.pb-c.h"

const struct argp_option programme_activate_options[] = {
    {"at", OPT_AT, "TIME", 0, "Purchases from then on are judged by it (default: from now on)", 0},
    {"transaction-id", OPT_TRANSACTION_ID, "UUID", 0,
     "The same again, where it is not known what became of it", 0},
    {"anyway", OPT_ANYWAY, NULL, 0, "Though rules contradict one another", 0},
    {0}};
const struct argp_option explain_options[] = {
    {"all", OPT_ALL, NULL, 0, "Also rules that gave nothing", 0}, {0}};

static enum cli_exit call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                          ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__programme_service__descriptor, method, request, out_reply);
}

static const char *from_text(int64_t unix_ms, char out_text[TIME_TEXT_MAX])
{
    return unix_ms == 0 ? "ever" : amounts_time(unix_ms, out_text);
}

/* Beside the answer: what `talea programme check` says of it. Of rules that contradict one another
 * whoever wrote them should know. */
static enum cli_exit warn(struct cli *cli, const char *path,
                          const struct programme_opened *programme)
{
    struct arena arena;
    struct advice_list list;
    size_t contradictions = 0;
    arena_init(&arena, PROGRAMME_ADVICE_BYTES);
    enum err err = programme_advise(programme, &arena, &list);
    if (err == ERR_OK) {
        programme_print_advice(cli->err, path, &list);
    }
    for (size_t i = 0; err == ERR_OK && i < list.count; i++) {
        contradictions += list.at[i].of == ADVICE_CONTRADICTS ? 1 : 0;
    }
    arena_fini(&arena);
    if (contradictions > 0 && cli_option(cli, OPT_ANYWAY) == NULL) {
        return cli_fail(cli, CLI_USAGE, "NOT_CONFIRMED", "repeat with --anyway if that is meant",
                        "%s: rules contradict one another, see above", path);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, NULL);
}

enum cli_exit run_programme_activate(struct cli *cli)
{
    Talea__V1__ActivateProgrammeRequest request;
    talea__v1__activate_programme_request__init(&request);
    CLEANUP(buffer_fini) struct buffer text = {0};
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    struct programme_opened opened;
    struct note note = {""};
    const char *id;
    const char *path = cli_argument(cli, 0);
    enum cli_exit outcome = programme_open(cli, path, &opened); /* says what is wrong, by line */
    if (outcome != CLI_OK) {
        return outcome;
    }
    outcome = warn(cli, path, &opened);
    programme_close(&opened);
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = document_read_file(path, &text, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    outcome = session_transaction_id(cli, &id);
    if (outcome == CLI_OK) {
        outcome = amounts_read_time_of(cli, OPT_AT, "--at", &request.from_unix_ms);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.text = (ProtobufCBinaryData){text.length, text.at};
    outcome = call(cli, "ActivateProgramme", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ProgrammeVersion *programme =
        ((const Talea__V1__ActivateProgrammeResponse *)message)->programme;
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "version %u holds for purchases from %s UTC on\n", programme->version,
            from_text(programme->from_unix_ms, time));
    return CLI_OK;
}

enum cli_exit run_programme_history(struct cli *cli)
{
    static const char *const titles[] = {">number", ">version", "from UTC", "activated UTC",
                                         "by",      ">rules",   ""};
    Talea__V1__ListProgrammesRequest request;
    talea__v1__list_programmes_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = call(cli, "ListProgrammes", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ListProgrammesResponse *reply =
        (const Talea__V1__ListProgrammesResponse *)message;
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_programmes; i++) {
        const Talea__V1__ProgrammeVersion *row = reply->programmes[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%u", row->number);
        table_cell(&table, "%u", row->version);
        table_cell(&table, "%s", from_text(row->from_unix_ms, time));
        table_cell(&table, "%s", amounts_time(row->activated_unix_ms, time));
        table_cell(&table, "%s", row->number == 0 ? "configuration" : row->by);
        table_cell(&table, "%u", row->rules);
        table_cell(&table, "%s", row->is_in_force ? "in force" : "");
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    return CLI_OK;
}

/* ---- Why ---- */

enum cli_exit programme_fetch(struct cli *cli, uint32_t number,
                              struct programme_opened *out_programme)
{
    Talea__V1__GetProgrammeRequest request;
    talea__v1__get_programme_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    struct note note = {""};
    request.number = number;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        outcome = call(cli, "GetProgramme", &request.base, &message);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    const ProtobufCBinaryData *text = &((const Talea__V1__GetProgrammeResponse *)message)->text;
    enum err err = programme_file_parse(slice_of(text->data, text->len), "the node's programme",
                                        units->points_decimals, &out_programme->file, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    out_programme->units = *units;
    memcpy(out_programme->units.currency, out_programme->file.currency.code,
           sizeof out_programme->units.currency);
    out_programme->units.currency_decimals = out_programme->file.money_decimals;
    return CLI_OK;
}

/* The number of the version in force. */
static enum cli_exit find_current(struct cli *cli, uint32_t *out_number)
{
    Talea__V1__ListProgrammesRequest request;
    talea__v1__list_programmes_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = call(cli, "ListProgrammes", &request.base, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__ListProgrammesResponse *reply =
        (const Talea__V1__ListProgrammesResponse *)message;
    *out_number = 0;
    for (size_t i = 0; i < reply->n_programmes; i++) {
        if (reply->programmes[i]->is_in_force) {
            *out_number = reply->programmes[i]->number;
        }
    }
    return CLI_OK;
}

enum cli_exit programme_fetch_current(struct cli *cli, struct programme_opened *out_programme)
{
    uint32_t number;
    struct note note = {""};
    struct programme_opened opened = {.rules = NULL};
    enum cli_exit outcome = find_current(cli, &number);
    if (outcome == CLI_OK) {
        outcome = programme_fetch(cli, number, &opened);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = rules_create(&opened.file.rules, &opened.rules, &note);
    if (err != ERR_OK) {
        programme_close(&opened);
        return cli_fail_err(cli, err, &note);
    }
    *out_programme = opened;
    return CLI_OK;
}

/* False: the node says something that this version of the program doesn't know. */
static bool read_reason(const struct rules_text *text, const Talea__V1__RuleReason *said,
                        struct trace_row *out_row)
{
    struct trace_row row = {.metric = NO_METRIC, .has = said->has, .wants = said->wants};
    size_t rule = 0;
    unsigned reason = 0;
    while (rule < text->rule_count && strcmp(text->rules[rule].name, said->rule) != 0) {
        rule++;
    }
    while (reason < TRACE_REASON_COUNT &&
           strcmp(trace_reason_name((enum trace_reason)reason), said->reason) != 0) {
        reason++;
    }
    for (size_t i = 0; i < text->metric_count; i++) {
        if (strcmp(text->metrics[i].name, said->metric) == 0) {
            row.metric = (uint16_t)i;
        }
    }
    row.rule = (uint16_t)rule;
    row.reason = (enum trace_reason)reason;
    *out_row = row;
    return rule < text->rule_count && reason < TRACE_REASON_COUNT &&
           (said->metric[0] == '\0' || row.metric != NO_METRIC);
}

static void print_explanation(struct cli *cli, const struct programme_opened *programme,
                              const Talea__V1__ExplainPurchaseResponse *reply)
{
    const struct units *units = &programme->units;
    char gross[AMOUNT_TEXT_MAX];
    char off[AMOUNT_TEXT_MAX];
    char points[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "%s at %s on the brand's clock by version %u: %s %s, %s off, %s points\n",
            reply->event[0] != '\0' ? reply->event : "purchase",
            amounts_time(reply->local_unix_ms, time), reply->programme->version,
            amount_format(reply->gross_minor, units->currency_decimals, gross), units->currency,
            amount_format(reply->discount_minor, units->currency_decimals, off),
            amounts_points(units, reply->earned_points, points));
    for (size_t i = 0; i < reply->n_rules; i++) {
        const Talea__V1__RuleReason *said = reply->rules[i];
        struct trace_row row;
        bool is_shown = args_has(&cli->args, OPT_ALL) || strcmp(said->reason, "fired") == 0;
        if (is_shown && read_reason(&programme->file.rules, said, &row)) {
            programme_print_row(cli, programme, &row);
        } else if (is_shown) {
            fprintf(cli->out, "  - %-32s %s\n", said->rule, said->reason);
        }
    }
}

static bool is_about(const Talea__V1__RuleReason *said)
{
    return strcmp(said->reason, trace_reason_name(TRACE_OTHER_OCCASION)) != 0;
}

/* Of a till, which may not read the programme: without its numbers. */
static void print_missed_plainly(struct cli *cli, const Talea__V1__ExplainPurchaseResponse *reply)
{
    for (size_t i = 0; i < reply->n_rules; i++) {
        const Talea__V1__RuleReason *said = reply->rules[i];
        if (is_about(said)) {
            fprintf(cli->out, "  - %-32s %s%s%s\n", said->rule,
                    programme_reason_words(said->reason), said->metric[0] == '\0' ? "" : " of ",
                    said->metric);
        }
    }
}

static bool may_read_programme(struct cli *cli, uint32_t number)
{
    Talea__V1__GetProgrammeRequest request;
    talea__v1__get_programme_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.number = number;
    struct rpc_status status = session_try(cli, &talea__v1__programme_service__descriptor,
                                           "GetProgramme", &request.base, &message);
    return status.code == 0;
}

static void print_missed(struct cli *cli, const struct programme_opened *programme,
                         const Talea__V1__ExplainPurchaseResponse *reply)
{
    for (size_t i = 0; i < reply->n_rules; i++) {
        struct trace_row row;
        if (is_about(reply->rules[i]) &&
            read_reason(&programme->file.rules, reply->rules[i], &row)) {
            programme_print_row(cli, programme, &row);
        }
    }
}

enum cli_exit programme_explain_missed(struct cli *cli, const char *id)
{
    Talea__V1__ExplainPurchaseRequest request;
    talea__v1__explain_purchase_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.transaction_id = message_text(id);
    struct rpc_status status = session_try(cli, &talea__v1__programme_service__descriptor,
                                           "ExplainPurchase", &request.base, &message);
    if (status.code != 0) { /* what was recorded stands */
        fprintf(cli->out, "no rule gave anything: talea explain %s --all says why\n", id);
        return CLI_OK;
    }
    const Talea__V1__ExplainPurchaseResponse *reply =
        (const Talea__V1__ExplainPurchaseResponse *)message;
    if (!may_read_programme(cli, reply->programme->number)) {
        print_missed_plainly(cli, reply);
        return CLI_OK;
    }
    struct programme_opened programme = {.rules = NULL};
    enum cli_exit outcome = programme_fetch(cli, reply->programme->number, &programme);
    if (outcome == CLI_OK) {
        print_missed(cli, &programme, reply);
        programme_close(&programme);
    }
    return outcome;
}

static void print_change(struct cli *cli, const struct programme_opened *programme,
                         const Talea__V1__RuleChange *change)
{
    const struct rules_text *text = &programme->file.rules;
    size_t rule = 0;
    char went[AMOUNT_TEXT_MAX];
    char left[AMOUNT_TEXT_MAX];
    while (rule < text->rule_count && strcmp(text->rules[rule].name, change->rule) != 0) {
        rule++;
    }
    if (rule < text->rule_count) {
        unsigned decimals = programme_decimals(programme, &text->rules[rule]);
        fprintf(cli->out, "  - %-32s %s %s, %s left\n", change->rule,
                amount_format(change->before - change->after, decimals, went),
                programme_unit(programme, &text->rules[rule]),
                amount_format(change->after, decimals, left));
    }
}

/* Of a return: what of the purchase went back with it. */
static void print_return(struct cli *cli, const struct programme_opened *programme,
                         const Talea__V1__ExplainPurchaseResponse *reply)
{
    if (reply->n_returned_lines == 0) {
        fprintf(cli->out, "returned by amount, of the purchase %s: of all that it gave its share\n",
                reply->sale_id);
        return;
    }
    fprintf(cli->out, "returned of the purchase %s:", reply->sale_id);
    for (size_t i = 0; i < reply->n_returned_lines; i++) {
        char quantity[AMOUNT_TEXT_MAX];
        fprintf(cli->out, "%s %s of line %u", i == 0 ? "" : ",",
                amount_format(reply->returned_lines[i]->quantity_milli, 3, quantity),
                reply->returned_lines[i]->line);
    }
    fputs("; what went back of what it gave\n", cli->out);
    for (size_t i = 0; i < reply->n_changes; i++) {
        print_change(cli, programme, reply->changes[i]);
    }
}

enum cli_exit run_explain(struct cli *cli)
{
    Talea__V1__ExplainPurchaseRequest request;
    talea__v1__explain_purchase_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    struct uid id;
    if (uid_parse(cli_argument(cli, 0), &id) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_ID", "earn, quote and event print it",
                        "TRANSACTION: \"%s\" is no id of a purchase, such as "
                        "0199a000-0000-7000-8000-000000000002",
                        cli_argument(cli, 0));
    }
    request.transaction_id = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = call(cli, "ExplainPurchase", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ExplainPurchaseResponse *reply =
        (const Talea__V1__ExplainPurchaseResponse *)message;
    struct programme_opened programme = {.rules = NULL};
    outcome = programme_fetch(cli, reply->programme->number, &programme);
    if (outcome == CLI_OK) {
        print_explanation(cli, &programme, reply);
        if (reply->sale_id[0] != '\0') {
            print_return(cli, &programme, reply);
        }
        programme_close(&programme);
    }
    return outcome;
}
