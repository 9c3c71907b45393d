#include "cli/basket.h"

#include <stdlib.h>
#include <string.h>

#include "cli/amounts.h"
#include "cli/message.h"

#define QUANTITY_DECIMALS 3

void basket_fini(struct basket *basket)
{
    free(basket->lines);
    free(basket->list);
    free(basket->texts);
    json_decref(basket->file);
}

static enum cli_exit make_room(struct cli *cli, struct basket *basket, size_t count)
{
    basket->lines = calloc(count + 1, sizeof *basket->lines);
    basket->list = calloc(count + 1, sizeof *basket->list);
    if (basket->lines == NULL || basket->list == NULL) {
        return cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        talea__v1__basket_line__init(&basket->lines[i]);
        basket->list[i] = &basket->lines[i];
    }
    basket->count = count;
    return CLI_OK;
}

enum cli_exit basket_read_quantity(struct cli *cli, const char *text, int64_t *out_milli)
{
    static const struct decimal_style style = {'.', 0};
    struct decimal decimal;
    if (decimal_parse(text, strlen(text), style, &decimal) != ERR_OK ||
        decimal_to_minor_exact(decimal, QUANTITY_DECIMALS, out_milli) != ERR_OK || *out_milli < 0) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--line: \"%s\" is no quantity",
                        text);
    }
    return CLI_OK;
}

/* One of "product=17", "category=bread", "brand=Korn", "quantity=1.5", "amount=4.50". */
static enum cli_exit read_field(struct cli *cli, const char *currency, char *field,
                                Talea__V1__BasketLine *line)
{
    char *value = strchr(field, '=');
    if (value != NULL) {
        *value++ = '\0';
    }
    if (value != NULL && strcmp(field, "product") == 0) {
        line->product = value;
    } else if (value != NULL && strcmp(field, "category") == 0) {
        line->category = value;
    } else if (value != NULL && strcmp(field, "brand") == 0) {
        line->brand = value;
    } else if (value != NULL && strcmp(field, "quantity") == 0) {
        return basket_read_quantity(cli, value, &line->quantity_milli);
    } else if (value != NULL && strcmp(field, "amount") == 0) {
        return amounts_read_money(cli, "--line: amount", value, currency, &line->amount_minor);
    } else {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "--line: \"%s\" is none of product, category, brand, quantity, amount with "
                        "= and a value",
                        field);
    }
    return CLI_OK;
}

/* The line's text is cut into its fields. */
static enum cli_exit read_line(struct cli *cli, const char *currency, char *text,
                               Talea__V1__BasketLine *line)
{
    enum cli_exit outcome = CLI_OK;
    line->quantity_milli = 1000;
    bool has_amount = false;
    while (outcome == CLI_OK && text != NULL) {
        has_amount = has_amount || strncmp(text, "amount=", strlen("amount=")) == 0;
        char *next = strchr(text, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        outcome = read_field(cli, currency, text, line);
        text = next;
    }
    if (outcome == CLI_OK && !has_amount) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "--line: no amount, such as category=bread,amount=4.50");
    }
    return outcome;
}

static enum cli_exit read_lines(struct cli *cli, const char *currency, struct basket *basket)
{
    const struct args *args = &cli->args;
    size_t length = 0;
    for (size_t i = 0; i < args->line_count; i++) {
        length += strlen(args->lines[i]) + 1;
    }
    enum cli_exit outcome = make_room(cli, basket, args->line_count);
    basket->texts = malloc(length + 1);
    if (outcome == CLI_OK && basket->texts == NULL) {
        outcome = cli_fail_err(cli, ERR_RESOURCE, NULL);
    }
    char *at = basket->texts;
    for (size_t i = 0; outcome == CLI_OK && i < args->line_count; i++) {
        size_t size = strlen(args->lines[i]) + 1;
        memcpy(at, args->lines[i], size);
        outcome = read_line(cli, currency, at, &basket->lines[i]);
        at += size;
    }
    return outcome;
}

static enum cli_exit read_file_lines(struct cli *cli, json_t *lines, struct basket *basket)
{
    enum cli_exit outcome = make_room(cli, basket, json_array_size(lines));
    for (size_t i = 0; outcome == CLI_OK && i < basket->count; i++) {
        Talea__V1__BasketLine *line = &basket->lines[i];
        json_int_t quantity = 1000;
        json_int_t amount = 0;
        json_error_t error;
        const char *product = "";
        const char *category = "";
        const char *brand = "";
        if (json_unpack_ex(json_array_get(lines, i), &error, JSON_STRICT,
                           "{s?s, s?s, s?s, s?I, s:I}", "product", &product, "category", &category,
                           "brand", &brand, "quantity_milli", &quantity, "amount_minor",
                           &amount) != 0) {
            outcome = cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--basket: line %zu: %s",
                               i + 1, error.text);
        }
        line->product = message_text(product);
        line->category = message_text(category);
        line->brand = message_text(brand);
        line->quantity_milli = quantity;
        line->amount_minor = amount;
    }
    return outcome;
}

static enum cli_exit read_file(struct cli *cli, const char *path, struct basket *basket,
                               Talea__V1__EarnRequest *request)
{
    json_error_t error;
    json_t *lines = NULL;
    const char *store = "";
    const char *channel = "";
    json_int_t paid = 0;
    basket->file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (basket->file == NULL ||
        json_unpack_ex(basket->file, &error, JSON_STRICT, "{s:o, s?s, s?s, s?I}", "lines", &lines,
                       "store", &store, "channel", &channel, "paid_in_points_minor", &paid) != 0 ||
        !json_is_array(lines)) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--basket: %s:%d: %s", path,
                        error.line, json_is_array(lines) ? error.text : "no list of lines");
    }
    request->store = message_text(store);
    request->channel = message_text(channel);
    request->paid_in_points_minor = paid;
    return read_file_lines(cli, lines, basket);
}

/* Where an amount is said besides lines: is it their sum? */
static enum cli_exit check_sum(struct cli *cli, const char *currency, const struct basket *basket,
                               int64_t said_minor)
{
    const struct units *units;
    char lines[AMOUNT_TEXT_MAX];
    char said[AMOUNT_TEXT_MAX];
    int64_t sum = 0;
    for (size_t i = 0; i < basket->count; i++) {
        if (int64_add(sum, basket->lines[i].amount_minor, &sum) != ERR_OK) {
            return CLI_OK; /* the node says what is wrong */
        }
    }
    if (basket->count == 0 || said_minor == 0 || sum == said_minor) {
        return CLI_OK;
    }
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    bool is_own = currency == NULL || strcmp(currency, units->currency) == 0;
    unsigned decimals = is_own ? units->currency_decimals : amounts_currency_decimals(currency);
    return cli_fail(cli, CLI_USAGE, "AMOUNT_MISMATCH", "leave AMOUNT out: the lines say it",
                    "AMOUNT is %s, and the lines cost %s in all",
                    amount_format(said_minor, decimals, said), amount_format(sum, decimals, lines));
}

enum cli_exit basket_read(struct cli *cli, const char *currency, struct basket *basket,
                          Talea__V1__EarnRequest *request)
{
    const char *path = cli_option(cli, OPT_BASKET);
    if (path != NULL && cli->args.line_count > 0) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "--basket and --line are both given");
    }
    enum cli_exit outcome =
        path != NULL ? read_file(cli, path, basket, request) : read_lines(cli, currency, basket);
    if (cli_option(cli, OPT_STORE) != NULL) {
        request->store = message_text(cli_option(cli, OPT_STORE));
    }
    if (cli_option(cli, OPT_CHANNEL) != NULL) {
        request->channel = message_text(cli_option(cli, OPT_CHANNEL));
    }
    request->lines = basket->list;
    request->n_lines = basket->count;
    return outcome == CLI_OK ? check_sum(cli, currency, basket, request->amount_minor) : outcome;
}

enum cli_exit basket_read_amount(struct cli *cli, const char *currency, int64_t *out_minor)
{
    const char *text = cli_argument(cli, 1);
    bool has_lines = cli->args.line_count > 0 || cli_option(cli, OPT_BASKET) != NULL;
    if (text == NULL && !has_lines) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "AMOUNT or --line is missing");
    }
    return text == NULL ? CLI_OK : amounts_read_money(cli, "AMOUNT", text, currency, out_minor);
}
