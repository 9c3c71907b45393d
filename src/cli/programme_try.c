/* talea programme try: what a programme would have given for the receipts of an export, or for what
 * the node sold in a period, rule by rule, and who gains or loses against another one. talea
 * programme explain: why one receipt got what it got. Both judge sales in the order in which they
 * come, with the function that the node uses. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/period.h"
#include "base/text.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/offer_history.h"
#include "cli/programme.h"
#include "cli/programme_fraud.h"
#include "cli/programme_returns.h"
#include "cli/progress.h"
#include "cli/table.h"

#define PRICE_DECIMALS 6
#define PRICE_UNIT     INT64_C(1000000)
#define REJECTS_SHOWN  5u

const struct argp_option programme_try_options[] = {
    {"receipts", OPT_RECEIPTS, "FILE", 0, "The export to try it on (CSV, also gzipped)", 0},
    {"period", OPT_PERIOD, "PERIOD", 0,
     "Try it on what the node sold then, as 2026-10, against the programme in force", 0},
    {"map", OPT_MAP, "FILE", 0, "How the export is read, in YAML", 0},
    {"against", OPT_AGAINST, "FILE", 0, "Compare with this programme", 0},
    {"price", OPT_PRICE, "MONEY", 0, "What a point costs the brand", 0},
    {0}};

const struct argp_option programme_explain_options[] = {
    {"receipts", OPT_RECEIPTS, "FILE", 0, "The export that the receipt is in", 0},
    {"map", OPT_MAP, "FILE", 0, "How the export is read, in YAML", 0},
    {"receipt", OPT_RECEIPT, "NUMBER", 0, "The receipt to explain", 0},
    {"all", OPT_ALL, NULL, 0, "Also rules that gave nothing", 0},
    {0}};

/* A row that is in no receipt, and why. */
struct reject {
    uint64_t row;
    char reason[160];
};

struct replay {
    struct cli *cli;
    struct programme_opened programme;
    struct programme_opened against;
    bool has_against;
    struct trial *trial;
    struct trial *other;
    struct fraud_trial *fraud; /* NULL: --period, or the programme has no such rules */
    struct mapping *mapping;
    struct source *source;
    struct sold *sold; /* of an export */
    int64_t first_day; /* of --period, on the brand's clock */
    int64_t last_day;
    struct progress progress;
    struct basket_lines lines;
    uint64_t rejected;                    /* rows */
    struct reject rejects[REJECTS_SHOWN]; /* the first of them */
    uint64_t returns;                     /* receipts */
    int64_t returned_minor;
    uint64_t without_member; /* sales */
    uint64_t other_currency; /* sales */
    uint64_t ahead;          /* of the sales judged, those of a time that no import takes yet */
    struct unix_ms latest;   /* that it would */
    const char *explained;   /* the receipt to explain; NULL: none */
    bool is_explained;
    struct receipts_tally tally;
};

static bool is_asked_for(const struct replay *replay, const struct receipt *receipt)
{
    return replay->explained != NULL && strcmp(receipt->reference, replay->explained) == 0;
}

static void print_explanation(struct replay *replay, const struct receipt *receipt,
                              const struct judgement *judgement)
{
    struct cli *cli = replay->cli;
    const struct units *units = &replay->programme.units;
    char gross[AMOUNT_TEXT_MAX];
    char off[AMOUNT_TEXT_MAX];
    char points[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "receipt %s of %s: %s %s, %s off, %s points\n", receipt->reference,
            receipt->customer[0] != '\0'      ? receipt->customer
            : receipt->card.digits[0] != '\0' ? receipt->card.digits
                                              : "nobody known",
            amount_format(judgement->gross.minor, units->currency_decimals, gross), units->currency,
            amount_format(judgement->discount.minor, units->currency_decimals, off),
            amounts_points(units, judgement->points.minor, points));
    bool is_all = args_has(&cli->args, OPT_ALL);
    for (size_t i = 0; i < judgement->trace_count; i++) {
        if (is_all || judgement->trace[i].reason == TRACE_FIRED) {
            programme_print_row(cli, &replay->programme, &judgement->trace[i]);
        }
    }
}

/* Fraud rules count what the ledger would be told: one for each sale of which something came back.
 */
static enum err take_return(struct replay *replay, const struct receipt *receipt, struct note *note)
{
    struct slice member = member_of_receipt(receipt);
    uint64_t before = sold_tally(replay->sold).taken;
    replay->returns++;
    TRY(int64_add(replay->returned_minor, receipt->total.minor, &replay->returned_minor));
    TRY(sold_return(replay->sold, receipt, member, note));
    for (uint64_t i = before; i < sold_tally(replay->sold).taken; i++) {
        fraud_trial_note(replay->fraud, receipt, member, 0);
    }
    return ERR_OK;
}

static enum err on_receipt(void *context, const struct receipt *receipt, struct note *note)
{
    struct replay *replay = context;
    if (receipt->kind == RECEIPT_RETURN) {
        return take_return(replay, receipt, note);
    }
    if (receipt->currency[0] != '\0' &&
        strcmp(receipt->currency, replay->programme.units.currency) != 0) {
        replay->other_currency++;
        return ERR_OK;
    }
    replay->ahead += receipt->time.ms > replay->latest.ms ? 1 : 0;
    struct occasion occasion;
    struct judgement judgement;
    TRY(basket_of_receipt(receipt, &replay->lines, &occasion));
    struct slice member = member_of_receipt(receipt);
    bool is_asked = is_asked_for(replay, receipt);
    replay->without_member += member.length == 0 ? 1 : 0;
    TRY(trial_sale(replay->trial, member, &occasion, is_asked, &judgement, note));
    fraud_trial_note(replay->fraud, receipt, member, judgement.points.minor);
    if (is_asked) {
        print_explanation(replay, receipt, &judgement);
        replay->is_explained = true;
    }
    if (replay->has_against) {
        TRY(trial_sale(replay->other, member, &occasion, false, &judgement, note));
    }
    return member.length == 0 ? ERR_OK : sold_add(replay->sold, receipt, member, note);
}

/* A sale of the node's; nobody's explanation is asked for here. */
static enum err on_purchase(void *context, const Talea__V1__Purchase *purchase, struct note *note)
{
    struct replay *replay = context;
    struct occasion occasion;
    struct judgement judgement;
    int64_t day = unix_day((struct unix_ms){purchase->local_unix_ms});
    if (day < replay->first_day || day > replay->last_day) {
        return ERR_OK;
    }
    struct slice member = offer_key_text(purchase->shopper);
    TRY(basket_of_purchase(purchase, &replay->lines, &occasion));
    TRY(trial_sale(replay->trial, member, &occasion, false, &judgement, note));
    return replay->has_against
               ? trial_sale(replay->other, member, &occasion, false, &judgement, note)
               : ERR_OK;
}

static enum err on_reject(void *context, const struct receipt_row *row, const char *reason,
                          struct note *note)
{
    struct replay *replay = context;
    (void)note;
    if (replay->rejected < REJECTS_SHOWN) {
        struct reject *reject = &replay->rejects[replay->rejected];
        reject->row = row->number;
        snprintf(reject->reason, sizeof reject->reason, "%s", reason);
    }
    replay->rejected++;
    return ERR_OK;
}

static void on_progress(void *context, uint64_t position, uint64_t size)
{
    progress_show(&((struct replay *)context)->progress, position, size);
}

static enum cli_exit replay_receipts(struct replay *replay)
{
    struct cli *cli = replay->cli;
    if (replay->source == NULL) {
        return offer_read_purchases(cli, on_purchase, replay);
    }
    const struct receipts_sink sink = {replay, on_receipt, on_reject, NULL, on_progress};
    const struct receipts_options options = {.points_decimals =
                                                 replay->programme.units.points_decimals};
    struct note note = {""};
    progress_begin(&replay->progress, cli, source_name(replay->source));
    enum err err =
        receipts_read(replay->source, replay->mapping, &options, &sink, &replay->tally, &note);
    progress_end(&replay->progress);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static enum cli_exit read_period(struct replay *replay)
{
    struct cli *cli = replay->cli;
    const char *text = cli_option(cli, OPT_PERIOD);
    struct period period;
    if (text != NULL && period_parse(text, &period) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "as 2026-10, 2026-W48 or 2026-11-29",
                        "--period: \"%s\" is none", text);
    }
    if (text != NULL) {
        replay->first_day = period_first_day(period);
        replay->last_day = period_last_day(period);
    }
    return CLI_OK;
}

/* What the node sold is tried against what is in force there, unless it is said. */
static enum cli_exit open_programmes(struct replay *replay)
{
    struct cli *cli = replay->cli;
    const char *against = cli_option(cli, OPT_AGAINST);
    enum cli_exit outcome = programme_open(cli, cli_argument(cli, 0), &replay->programme);
    if (outcome == CLI_OK && against != NULL) {
        outcome = programme_open(cli, against, &replay->against);
        replay->has_against = outcome == CLI_OK;
    } else if (outcome == CLI_OK && cli_option(cli, OPT_PERIOD) != NULL) {
        outcome = programme_fetch_current(cli, &replay->against);
        replay->has_against = outcome == CLI_OK;
    }
    return outcome;
}

static enum cli_exit replay_open(struct replay *replay)
{
    struct cli *cli = replay->cli;
    const char *receipts = cli_option(cli, OPT_RECEIPTS);
    const char *map = cli_option(cli, OPT_MAP);
    struct note note = {""};
    struct clock_port clock = clock_of_system();
    replay->latest.ms = clock_now(&clock).ms + DAY_MS;
    enum cli_exit outcome = read_period(replay);
    if (outcome == CLI_OK && (receipts == NULL) == (replay->last_day == 0)) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "one of --receipts and --period is to be given");
    }
    if (outcome == CLI_OK && receipts != NULL && map == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "--map is missing");
    }
    if (outcome == CLI_OK) {
        outcome = open_programmes(replay);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err = ERR_OK;
    if (receipts != NULL) {
        err = mapping_load(map, &replay->mapping, &note);
        err = err == ERR_OK ? source_open(receipts, &replay->source, &note) : err;
    }
    if (err == ERR_OK) {
        err = trial_create(replay->programme.rules, &replay->trial);
    }
    if (err == ERR_OK && receipts != NULL) { /* what was judged names no till, and no return */
        err = fraud_trial_create(&replay->programme.file.guard.fraud, &replay->fraud);
    }
    if (err == ERR_OK && replay->has_against) {
        err = trial_create(replay->against.rules, &replay->other);
    }
    if (err == ERR_OK && receipts != NULL) {
        struct trial *const trials[] = {replay->trial, replay->other};
        err = sold_open(trials, replay->has_against ? 2 : 1, &replay->sold, &note);
    }
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static void replay_close(struct replay *replay)
{
    sold_close(replay->sold);
    trial_destroy(replay->trial);
    trial_destroy(replay->other);
    fraud_trial_destroy(replay->fraud);
    source_close(replay->source);
    mapping_destroy(replay->mapping);
    programme_close(&replay->programme);
    programme_close(&replay->against);
    free(replay);
}

/* The table. */

static void print_rules(const struct replay *replay)
{
    static const char *const titles[] = {"RULE", "GIVES", ">SALES", ">MEMBERS", ">GIVEN", ">CUT"};
    const struct rules_text *text = &replay->programme.file.rules;
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < text->rule_count; i++) {
        const struct rule *rule = &text->rules[i];
        struct trial_rule row = trial_rule(replay->trial, (uint16_t)i);
        unsigned decimals = programme_decimals(&replay->programme, rule);
        char given[AMOUNT_TEXT_MAX];
        char cut[AMOUNT_TEXT_MAX];
        table_cell(&table, "%s", rule->name);
        table_cell(&table, "%s", programme_unit(&replay->programme, rule));
        table_cell(&table, "%llu", (unsigned long long)row.fired);
        table_cell(&table, "%llu", (unsigned long long)row.members);
        table_cell(&table, "%s", amount_format(row.given, decimals, given));
        table_cell(&table, "%s", row.cut == 0 ? "-" : amount_format(row.cut, decimals, cut));
    }
    table_print(&table, replay->cli->out, replay->cli->is_coloured);
    table_fini(&table);
}

/* What all points cost, in minor units of money; ERR_NOT_FOUND where no price is given. */
static enum err cost_of(const struct replay *replay, int64_t points_minor, int64_t *out_minor)
{
    const char *text = cli_option(replay->cli, OPT_PRICE);
    static const struct decimal_style style = {'.', 0};
    struct decimal price;
    int64_t price_millionths;
    if (text == NULL) {
        return ERR_NOT_FOUND;
    }
    TRY(decimal_parse(text, strlen(text), style, &price));
    TRY(decimal_to_minor_exact(price, PRICE_DECIMALS, &price_millionths));
    int64_t scale = PRICE_UNIT;
    for (unsigned i = 0; i < replay->programme.units.points_decimals; i++) {
        scale *= 10;
    }
    int64_t unit = 1;
    for (unsigned i = 0; i < replay->programme.units.currency_decimals; i++) {
        unit *= 10;
    }
    int64_t scaled;
    TRY(int64_mul_div(price_millionths, unit, 1, ROUNDING_DOWN, &scaled));
    return int64_mul_div(points_minor, scaled, scale, ROUNDING_UP, out_minor);
}

struct comparison {
    uint64_t gain;
    uint64_t lose;
    uint64_t same;
};

static struct comparison compare_members(const struct replay *replay)
{
    struct comparison comparison = {0};
    size_t count = trial_totals(replay->trial).members;
    for (size_t i = 0; i < count; i++) {
        struct trial_member now = trial_member(replay->trial, i);
        struct trial_member then = trial_member_of(replay->other, now.key);
        comparison.gain += now.points_minor > then.points_minor;
        comparison.lose += now.points_minor < then.points_minor;
        comparison.same += now.points_minor == then.points_minor;
    }
    return comparison;
}

static void print_comparison(const struct replay *replay)
{
    FILE *out = replay->cli->out;
    const struct units *units = &replay->programme.units;
    struct trial_totals now = trial_totals(replay->trial);
    struct trial_totals then = trial_totals(replay->other);
    struct comparison members = compare_members(replay);
    char points[AMOUNT_TEXT_MAX];
    char money[AMOUNT_TEXT_MAX];
    fprintf(
        out, "\nagainst version %u: %s points more, %s %s more off\n", replay->against.file.version,
        amounts_points(units, now.points_minor - then.points_minor, points),
        amount_format(now.discount_minor - then.discount_minor, units->currency_decimals, money),
        units->currency);
    fprintf(out, "members: %llu get more points, %llu fewer, %llu as many\n",
            (unsigned long long)members.gain, (unsigned long long)members.lose,
            (unsigned long long)members.same);
}

static void print_returns(const struct replay *replay)
{
    const struct units *units = &replay->programme.units;
    struct sold_tally tally = sold_tally(replay->sold);
    char money[AMOUNT_TEXT_MAX];
    char points[AMOUNT_TEXT_MAX];
    fprintf(replay->cli->out,
            "%llu returns (%s %s) took back %s points, which are not among these; %llu of no sale "
            "here\n",
            (unsigned long long)replay->returns,
            amount_format(replay->returned_minor, units->currency_decimals, money), units->currency,
            amounts_points(units, tally.points_minor, points), (unsigned long long)tally.refused);
}

static void print_totals(const struct replay *replay)
{
    FILE *out = replay->cli->out;
    const struct units *units = &replay->programme.units;
    struct trial_totals totals = trial_totals(replay->trial);
    char gross[AMOUNT_TEXT_MAX];
    char off[AMOUNT_TEXT_MAX];
    char points[AMOUNT_TEXT_MAX];
    char cost[AMOUNT_TEXT_MAX];
    int64_t cost_minor;
    fprintf(out, "\n%llu sales of %llu members, %s %s: %s points, %s %s off",
            (unsigned long long)totals.sales, (unsigned long long)totals.members,
            amount_format(totals.gross_minor, units->currency_decimals, gross), units->currency,
            amounts_points(units, totals.points_minor, points),
            amount_format(totals.discount_minor, units->currency_decimals, off), units->currency);
    if (cost_of(replay, totals.points_minor, &cost_minor) == ERR_OK) {
        fprintf(out, "; the points cost %s %s",
                amount_format(cost_minor, units->currency_decimals, cost), units->currency);
    }
    fprintf(out, "\n%llu sales without a member; %llu rows rejected\n",
            (unsigned long long)replay->without_member, (unsigned long long)replay->rejected);
    if (replay->sold != NULL) {
        print_returns(replay);
    }
    if (replay->other_currency > 0) {
        fprintf(out, "%llu sales in other currencies, not judged\n",
                (unsigned long long)replay->other_currency);
    }
    if (totals.sales == 0 && args_has(&replay->cli->args, OPT_PERIOD)) {
        fputs("nothing was judged: a node keeps the baskets of sales that rules judged, at tills "
              "or in "
              "an import, and of no others; try an export with --receipts\n",
              out);
    }
    if (replay->ahead > 0) {
        fprintf(out,
                "%llu of the sales %s of a time that is still to come: no import takes %s yet\n",
                (unsigned long long)replay->ahead, replay->ahead == 1 ? "is" : "are",
                replay->ahead == 1 ? "it" : "them");
    }
    for (uint64_t i = 0; i < replay->rejected && i < REJECTS_SHOWN; i++) {
        fprintf(out, "row %llu: %s\n", (unsigned long long)replay->rejects[i].row,
                replay->rejects[i].reason);
    }
    if (replay->rejected > REJECTS_SHOWN) {
        fprintf(out, "all of them: talea import receipts --dry-run --rejects FILE\n");
    }
    if (replay->has_against) {
        print_comparison(replay);
    }
}

static json_t *rules_json(const struct replay *replay)
{
    const struct rules_text *text = &replay->programme.file.rules;
    json_t *rows = json_array();
    for (size_t i = 0; i < text->rule_count; i++) {
        struct trial_rule row = trial_rule(replay->trial, (uint16_t)i);
        bool is_money = rule_given_in(&text->rules[i]) == GIVEN_IN_MONEY;
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "rule", text->rules[i].name, "gives",

                            is_money ? "money_minor"
                                     : programme_unit(&replay->programme, &text->rules[i]),
                            "sales", (json_int_t)row.fired, "members", (json_int_t)row.members,
                            "given", (json_int_t)row.given, "cut", (json_int_t)row.cut));
    }
    return rows;
}

static json_t *rejects_json(const struct replay *replay)
{
    json_t *rows = json_array();
    for (uint64_t i = 0; i < replay->rejected && i < REJECTS_SHOWN; i++) {
        json_array_append_new(rows,
                              json_pack("{s:I, s:s}", "row", (json_int_t)replay->rejects[i].row,
                                        "reason", replay->rejects[i].reason));
    }
    return rows;
}

static void print_json(const struct replay *replay)
{
    struct trial_totals totals = trial_totals(replay->trial);
    int64_t cost;
    json_t *answer = json_pack(
        "{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "version",
        (int)replay->programme.file.version, "sales", (json_int_t)totals.sales, "members",
        (json_int_t)totals.members, "gross_minor", (json_int_t)totals.gross_minor, "discount_minor",
        (json_int_t)totals.discount_minor, "points", (json_int_t)totals.points_minor,
        "sales_in_other_currencies", (json_int_t)replay->other_currency, "sales_without_member",
        (json_int_t)replay->without_member, "returns", (json_int_t)replay->returns,
        "returned_minor", (json_int_t)replay->returned_minor, "rows_rejected",
        (json_int_t)replay->rejected, "sales_to_come", (json_int_t)replay->ahead, "rejects",
        rejects_json(replay), "rules", rules_json(replay));
    if (cost_of(replay, totals.points_minor, &cost) == ERR_OK) {
        json_object_set_new(answer, "cost_minor", json_integer(cost));
    }
    if (replay->sold != NULL) {
        struct sold_tally tally = sold_tally(replay->sold);
        json_object_set_new(answer, "returned_points", json_integer(tally.points_minor));
        json_object_set_new(answer, "returns_without_sale",
                            json_integer((json_int_t)tally.refused));
    }
    if (replay->fraud != NULL) {
        json_object_set_new(answer, "fraud", fraud_trial_json(replay->fraud));
    }
    if (replay->has_against) {
        struct trial_totals then = trial_totals(replay->other);
        struct comparison members = compare_members(replay);
        json_object_set_new(
            answer, "against",
            json_pack("{s:i, s:I, s:I, s:I, s:I, s:I}", "version",
                      (int)replay->against.file.version, "points", (json_int_t)then.points_minor,
                      "discount_minor", (json_int_t)then.discount_minor, "members_more",
                      (json_int_t)members.gain, "members_fewer", (json_int_t)members.lose,
                      "members_same", (json_int_t)members.same));
    }
    json_dumpf(answer, replay->cli->out, JSON_INDENT(2));
    fputc('\n', replay->cli->out);
    json_decref(answer);
}

enum cli_exit run_programme_try(struct cli *cli)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    replay->cli = cli;
    int64_t ignored;
    enum cli_exit outcome = replay_open(replay);
    enum err err = outcome == CLI_OK ? cost_of(replay, 0, &ignored) : ERR_OK;
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        outcome = cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                           "--price: not a number with at most %d decimals", PRICE_DECIMALS);
    }
    if (outcome == CLI_OK) {
        outcome = replay_receipts(replay);
    }
    if (outcome == CLI_OK && cli->is_json) {
        print_json(replay);
    } else if (outcome == CLI_OK) {
        print_rules(replay);
        print_totals(replay);
        fraud_trial_print(replay->fraud, cli);
    }
    replay_close(replay);
    return outcome;
}

enum cli_exit run_programme_explain(struct cli *cli)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    replay->cli = cli;
    replay->explained = cli_option(cli, OPT_RECEIPT);
    enum cli_exit outcome =
        replay->explained != NULL
            ? replay_open(replay)
            : cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "--receipt is missing");
    if (outcome == CLI_OK) {
        outcome = replay_receipts(replay);
    }
    if (outcome == CLI_OK && !replay->is_explained) {
        outcome = cli_fail(cli, CLI_REFUSED, "NOT_FOUND", NULL, "no sale has the number %s",
                           replay->explained);
    }
    replay_close(replay);
    return outcome;
}
