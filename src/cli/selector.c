#include "cli/selector.h"

#include <string.h>

#include "base/decimal.h"
#include "cli/amounts.h"
#include "cli/message.h"
#include "cli/table.h"

enum cli_exit selector_read_card(struct cli *cli, size_t index, char out_card[20])
{
    struct card_number card;
    if (card_number_parse(cli_argument(cli, index), &card) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "`talea card check` says more",
                        "\"%s\" is no card number", cli_argument(cli, index));
    }
    memcpy(out_card, card.digits, sizeof card.digits);
    return CLI_OK;
}

enum cli_exit selector_read_number(struct cli *cli, size_t index, const char *what,
                                   const char *advice, uint64_t *out_number)
{
    const char *text = cli_argument(cli, index);
    struct decimal_style style = {'.', 0};
    struct decimal value;
    int64_t number;
    if (decimal_parse(text, strlen(text), style, &value) != ERR_OK ||
        decimal_to_minor_exact(value, 0, &number) != ERR_OK || number < 1) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", advice, "\"%s\" is no number of an %s",
                        text, what);
    }
    *out_number = (uint64_t)number;
    return CLI_OK;
}

enum cli_exit selector_read_text(struct cli *cli, const char *name, const char *text,
                                 Talea__V1__MemberSelector *out_selector)
{
    struct uid uid;
    struct card_number number;
    talea__v1__member_selector__init(out_selector);
    if (uid_parse(text, &uid) == ERR_OK) {
        out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
        out_selector->member_id = message_text(text);
        return CLI_OK;
    }
    if (card_number_parse(text, &number) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "`talea card check` says more",
                        "%s: \"%s\" is neither a card number nor an id", name, text);
    }
    out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_CARD;
    out_selector->card = message_text(text);
    return CLI_OK;
}

enum cli_exit selector_read(struct cli *cli, Talea__V1__MemberSelector *out_selector)
{
    talea__v1__member_selector__init(out_selector);
    const char *card = cli_argument(cli, 0);
    const char *member = cli_option(cli, OPT_MEMBER);
    const char *reference = cli_option(cli, OPT_REFERENCE);
    if ((card != NULL) + (member != NULL) + (reference != NULL) != 1) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help",
                        "say whose by exactly one of CARD, --member and --reference");
    }
    struct uid uid;
    struct card_number number;
    if (card != NULL) {
        if (card_number_parse(card, &number) != ERR_OK) {
            return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "`talea card check` says more",
                            "\"%s\" is no card number", card);
        }
        out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_CARD;
        out_selector->card = message_text(card);
    } else if (member != NULL) {
        if (uid_parse(member, &uid) != ERR_OK) {
            return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--member: \"%s\" is no UUID",
                            member);
        }
        out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_MEMBER_ID;
        out_selector->member_id = message_text(member);
    } else {
        out_selector->by_case = TALEA__V1__MEMBER_SELECTOR__BY_REFERENCE;
        out_selector->reference = message_text(reference);
    }
    return CLI_OK;
}

static void print_lots(struct cli *cli, const struct units *units,
                       const Talea__V1__Balance *balance)
{
    static const char *const titles[] = {"issuer", "tariff",          ">free",
                                         ">held",  "active from UTC", "expires UTC"};
    struct table table;
    table_init(&table, titles, 6);
    for (size_t i = 0; i < balance->n_lots; i++) {
        const Talea__V1__Lot *lot = balance->lots[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", lot->issuer);
        table_cell(&table, "%u", lot->tariff);
        table_cell(&table, "%s", amounts_points(units, lot->free_points, text));
        table_cell(&table, "%s", amounts_points(units, lot->held_points, text));
        table_cell(&table, "%s", amounts_time(lot->active_from_unix_ms, time));
        table_cell(&table, "%s", amounts_lot_end(lot->expires_at_unix_ms, lot->idle_months, time));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

enum cli_exit selector_print_balance(struct cli *cli, const Talea__V1__Balance *balance)
{
    const struct units *units;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK || balance == NULL) {
        return outcome;
    }
    char text[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "available  %s %s\n", amounts_points(units, balance->available_points, text),
            units->points_name);
    fprintf(cli->out, "pending    %s\n", amounts_points(units, balance->pending_points, text));
    fprintf(cli->out, "held       %s\n", amounts_points(units, balance->held_points, text));
    fprintf(cli->out, "debt       %s\n", amounts_points(units, balance->debt_points, text));
    if (balance->n_lots > 0) {
        print_lots(cli, units, balance);
    }
    return CLI_OK;
}
