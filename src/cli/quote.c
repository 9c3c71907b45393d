/* talea quote, confirm, quote release: a basket before it is paid. */
#include "cli/amounts.h"
#include "cli/basket.h"
#include "cli/commands.h"
#include "cli/given.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/till.h"

const struct argp_option quote_options[] = {
    {"currency", OPT_CURRENCY, "CODE", 0, "ISO 4217 (default: the programme's)", 0},
    {"line", OPT_LINE, "FIELDS", 0,
     "A line of the basket, as product=17,category=bread,brand=Korn,quantity=2,amount=4.50; may be "
     "given more than once",
     0},
    {"basket", OPT_BASKET, "FILE", 0, "The basket as JSON: lines, store, channel", 0},
    {"store", OPT_STORE, "TEXT", 0, "Where it is bought, for the programme's rules", 0},
    {"channel", OPT_CHANNEL, "TEXT", 0, "How, such as web", 0},
    CODE_OPTION,
    TRANSACTION_OPTION,
    {0}};
const struct argp_option confirm_options[] = {
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's receipt number", 0}, TRANSACTION_OPTION, {0}};

static void print_quote(struct cli *cli, const struct units *units,
                        const Talea__V1__QuoteResponse *reply)
{
    char text[AMOUNT_TEXT_MAX];
    char money[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "quote      %s\n", reply->quote_id);
    fprintf(cli->out, "until      %s UTC\n", amounts_time(reply->until_unix_ms, time));
    fprintf(cli->out, "costs      %s, %s off\n",
            amount_format(reply->gross_minor, units->currency_decimals, text),
            amount_format(reply->discount_minor, units->currency_decimals, money));
    fprintf(cli->out, "to pay     %s\n",
            amount_format(reply->to_pay_minor, units->currency_decimals, text));
    if (reply->spendable_points > 0) {
        fprintf(cli->out, "points pay %s of it, for %s %s%s\n",
                amount_format(reply->payable_minor, units->currency_decimals, money),
                amounts_points(units, reply->spendable_points, text), units->points_name,
                reply->is_balance_known ? "" : " if the member has them");
    }
}

static enum cli_exit fill_purchase(struct cli *cli, Talea__V1__EarnRequest *purchase, char card[20],
                                   struct basket *basket)
{
    const char *id;
    const char *currency = cli_option(cli, OPT_CURRENCY);
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = basket_read_amount(cli, currency, &purchase->amount_minor);
    }
    if (outcome == CLI_OK) {
        outcome = basket_read(cli, currency, basket, purchase);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    purchase->transaction_id = message_text(id);
    purchase->card = card;
    if (currency != NULL) {
        purchase->currency = message_text(currency);
    }
    purchase->codes = given_codes(cli);
    purchase->n_codes = cli->args.code_count;
    return CLI_OK;
}

enum cli_exit run_quote(struct cli *cli)
{
    Talea__V1__QuoteRequest request;
    Talea__V1__EarnRequest purchase;
    talea__v1__quote_request__init(&request);
    talea__v1__earn_request__init(&purchase);
    request.purchase = &purchase;
    char card[20];
    struct basket basket = {.count = 0};
    const struct units *units;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = fill_purchase(cli, &purchase, card, &basket);
    if (outcome == CLI_OK) {
        outcome = till_call(cli, "Quote", &request.base, &message);
    }
    basket_fini(&basket);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__QuoteResponse *reply = (const Talea__V1__QuoteResponse *)message;
    struct given given = {reply->earned_points, reply->awards, reply->n_awards, reply->codes,
                          reply->n_codes,       reply->items,  reply->n_items};
    outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    print_quote(cli, units, reply);
    return given_print(cli, &given);
}

enum cli_exit run_confirm(struct cli *cli)
{
    Talea__V1__ConfirmQuoteRequest request;
    talea__v1__confirm_quote_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const char *id;
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.quote_id = message_text(cli_argument(cli, 0));
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request.receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    outcome = till_call(cli, "ConfirmQuote", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    return given_print_sale(cli, ((const Talea__V1__ConfirmQuoteResponse *)message)->sale);
}

enum cli_exit run_quote_release(struct cli *cli)
{
    Talea__V1__ReleaseQuoteRequest request;
    talea__v1__release_quote_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.quote_id = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = till_call(cli, "ReleaseQuote", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    fprintf(cli->out, "released   %s\n", request.quote_id);
    return CLI_OK;
}
