/* talea programme check: reads a programme and says what is wrong with it. */
#include "cli/programme.h"

#include <stdlib.h>
#include <string.h>

#include "charter/charter_file.h"
#include "cli/amounts.h"
#include "cli/commands.h"

/* Decimals of points: the charter's of the home, when there is one. */
static void read_home_units(struct cli *cli, struct units *units)
{
    const struct node_config *config;
    struct charter *charter;
    if (cli_config(cli, &config, NULL) == ERR_OK &&
        charter_load(config->charter.text, &charter, NULL) == ERR_OK) {
        units->points_decimals = charter->points_decimals;
        charter_close(charter);
    }
}

enum cli_exit programme_open(struct cli *cli, const char *path,
                             struct programme_opened *out_programme)
{
    struct programme_opened opened = {.rules = NULL};
    struct note note = {""};
    read_home_units(cli, &opened.units);
    enum err err = programme_file_load(path, opened.units.points_decimals, &opened.file, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    memcpy(opened.units.currency, opened.file.currency.code, sizeof opened.units.currency);
    opened.units.currency_decimals = opened.file.money_decimals;
    err = rules_create(&opened.file.rules, &opened.rules, &note);
    if (err != ERR_OK) {
        programme_file_fini(&opened.file);
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "%s: %s", path, note.text);
    }
    *out_programme = opened;
    return CLI_OK;
}

void programme_close(struct programme_opened *programme)
{
    rules_destroy(programme->rules);
    programme_file_fini(&programme->file);
}

static struct slice slice_of_text(const char *text)
{
    return slice_of(text, strlen(text));
}

enum err basket_of_receipt(const struct receipt *receipt, struct basket_lines *lines,
                           struct occasion *out_occasion)
{
    struct unix_ms local;
    TRY(civil_to_unix(&receipt->local, &local));
    for (size_t i = 0; i < receipt->line_count; i++) {
        const struct receipt_line *from = &receipt->lines[i];
        lines->at[i] = (struct basket_line){.product = slice_of_text(from->product),
                                            .category = slice_of_text(from->category),
                                            .amount = from->amount};
        TRY(decimal_to_minor(from->quantity, QUANTITY_DECIMALS, ROUNDING_HALF_UP,
                             &lines->at[i].quantity_milli));
    }
    *out_occasion = (struct occasion){.kind = OCCASION_SALE,
                                      .local = local,
                                      .store = slice_of_text(receipt->store),
                                      .lines = lines->at,
                                      .line_count = receipt->line_count};
    return ERR_OK;
}

struct basket_line basket_line_of(const Talea__V1__BasketLine *from)
{
    return (struct basket_line){.product = slice_of_text(from->product),
                                .category = slice_of_text(from->category),
                                .brand = slice_of_text(from->brand),
                                .quantity_milli = from->quantity_milli,
                                .amount = money_of(from->amount_minor)};
}

enum err basket_of_purchase(const Talea__V1__Purchase *purchase, struct basket_lines *lines,
                            struct occasion *out_occasion)
{
    if (purchase->n_lines > LIMIT_RECEIPT_LINES) {
        return ERR_RANGE;
    }
    for (size_t i = 0; i < purchase->n_lines; i++) {
        lines->at[i] = basket_line_of(purchase->lines[i]);
    }
    *out_occasion = (struct occasion){.kind = OCCASION_SALE,
                                      .local = {purchase->local_unix_ms},
                                      .store = slice_of_text(purchase->store),
                                      .channel = slice_of_text(purchase->channel),
                                      .lines = lines->at,
                                      .line_count = purchase->n_lines,
                                      .paid_in_points = money_of(purchase->paid_in_points_minor)};
    return ERR_OK;
}

struct slice member_of_receipt(const struct receipt *receipt)
{
    return receipt->customer[0] != '\0' ? slice_of_text(receipt->customer)
                                        : slice_of_text(receipt->card.digits);
}

/* "next.yaml:17: rules[2]...": its line; 0 where it names none. */
static int line_of(const char *path, const char *text)
{
    size_t length = strlen(path);
    bool is_here = strncmp(text, path, length) == 0 && text[length] == ':';
    return is_here ? (int)strtol(text + length + 1, NULL, 10) : 0;
}

/* All that is wrong at once, where it is more than one thing. */
static enum cli_exit print_faults(struct cli *cli, const char *path, enum err err,
                                  const struct check_faults *faults, const struct note *note)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const char *text = faults->at[i].text;
        json_array_append_new(findings, json_pack("{s:i, s:s, s:s}", "line", line_of(path, text),
                                                  "kind", "error", "text", text));
        if (faults->count > 1 && !cli->is_json) {
            fprintf(cli->err, "%s\n", text);
        }
    }
    if (cli->is_json && err == ERR_INPUT) {
        json_t *answer = json_pack("{s:O}", "findings", findings);
        json_dumpf(answer, cli->out, JSON_INDENT(2));
        fputc('\n', cli->out);
        json_decref(answer);
    }
    json_decref(findings);
    if (faults->count > 1) {
        return cli_fail(cli, CLI_USAGE, err_name(err), NULL, "%s: %zu mistakes", path,
                        faults->count + faults->left_off);
    }
    return cli_fail_err(cli, err, note);
}

static const char *const kinds[] = {
    [ADVICE_NEVER_FIRES] = "never fires",
    [ADVICE_CONTRADICTS] = "contradiction",
    [ADVICE_UNUSED] = "unused",
};

void programme_print_advice(FILE *out, const char *path, const struct advice_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        fprintf(out, "%s:%u: %s\n", path, list->at[i].line, list->at[i].text);
    }
}

static void print_check(struct cli *cli, const char *path, const struct programme_opened *programme,
                        const struct advice_list *list)
{
    const struct rules_text *text = &programme->file.rules;
    if (cli->is_json) {
        json_t *findings = json_array();
        for (size_t i = 0; i < list->count; i++) {
            json_array_append_new(
                findings, json_pack("{s:i, s:s, s:s}", "line", (int)list->at[i].line, "kind",
                                    kinds[list->at[i].of], "text", list->at[i].text));
        }
        json_t *answer =
            json_pack("{s:i, s:i, s:i, s:i, s:o}", "version", (int)programme->file.version, "rules",
                      (int)text->rule_count, "metrics", (int)text->metric_count, "goods",
                      (int)text->goods_count, "findings", findings);
        json_dumpf(answer, cli->out, JSON_INDENT(2));
        fputc('\n', cli->out);
        json_decref(answer);
        return;
    }
    programme_print_advice(cli->out, path, list);
    fprintf(cli->out, "%s: version %u, %zu rules, %zu metrics, %zu sets of goods: %s\n", path,
            programme->file.version, text->rule_count, text->metric_count, text->goods_count,
            list->count == 0 ? "good" : "see above");
}

/* What is unused does no harm. */
static bool has_errors(const struct advice_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].of != ADVICE_UNUSED) {
            return true;
        }
    }
    return false;
}

/* Goods that points don't pay? */
static bool is_not_payable(const struct programme_file *file, unsigned line)
{
    for (size_t i = 0; i < file->burn.except_count; i++) {
        if (file->rules.goods[file->burn.except[i]].line == line) {
            return true;
        }
    }
    return false;
}

/* What draws use, or `burn` excepts, is used, though no rule looks at it. */
static bool is_used(const struct programme_file *file, const struct advice *advice)
{
    return advice->of == ADVICE_UNUSED &&
           (is_not_payable(file, advice->line) ||
            programme_plans_use(&file->plans, &file->rules, advice->line));
}

enum err programme_advise(const struct programme_opened *programme, struct arena *arena,
                          struct advice_list *out_list)
{
    struct advice_list all;
    size_t count = 0;
    TRY(advice_give(programme->rules, arena, &all));
    struct advice *kept = arena_alloc(arena, (all.count + 1) * sizeof kept[0]);
    if (kept == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < all.count; i++) {
        if (!is_used(&programme->file, &all.at[i])) {
            kept[count++] = all.at[i];
        }
    }
    *out_list = (struct advice_list){kept, count};
    return ERR_OK;
}

static enum cli_exit open_to_check(struct cli *cli, const char *path,
                                   struct programme_opened *out_programme)
{
    struct programme_file file;
    struct units units = {.points_decimals = 0};
    struct note note = {""};
    struct check_faults *faults = calloc(1, sizeof *faults);
    if (faults == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    read_home_units(cli, &units);
    enum err err = programme_file_load_all(path, units.points_decimals, faults, &file, &note);
    enum cli_exit outcome = CLI_OK;
    if (err != ERR_OK) {
        outcome = print_faults(cli, path, err, faults, &note);
    } else {
        programme_file_fini(&file);
        outcome = programme_open(cli, path, out_programme);
    }
    free(faults);
    return outcome;
}

enum cli_exit run_programme_check(struct cli *cli)
{
    struct programme_opened programme;
    const char *path = cli_argument(cli, 0);
    enum cli_exit outcome = open_to_check(cli, path, &programme);
    if (outcome != CLI_OK) {
        return outcome;
    }
    struct arena arena;
    struct advice_list list;
    arena_init(&arena, PROGRAMME_ADVICE_BYTES);
    enum err err = programme_advise(&programme, &arena, &list);
    if (err == ERR_OK) {
        print_check(cli, path, &programme, &list);
        outcome = has_errors(&list) ? CLI_REFUSED : CLI_OK;
    } else {
        outcome = cli_fail_err(cli, err, NULL);
    }
    arena_fini(&arena);
    programme_close(&programme);
    return outcome;
}
