/* talea balance, earn: what a till does with a card. */
#include "cli/amounts.h"
#include "cli/basket.h"
#include "cli/commands.h"
#include "cli/given.h"
#include "cli/message.h"
#include "cli/programme.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "cli/till.h"

const struct argp_option balance_options[] = {
    SELECTOR_OPTIONS,
    {"at", OPT_AT, "TIME", 0, "As it was then, or as it will be if nothing else happens", 0},
    {0}};
const struct argp_option member_show_options[] = {SELECTOR_OPTIONS, {0}};

const struct argp_option earn_options[] = {
    {"currency", OPT_CURRENCY, "CODE", 0, "ISO 4217 (default: the programme's)", 0},
    {"receipt", OPT_RECEIPT, "TEXT", 0,
     "The brand's receipt number; twice the same is two purchases", 0},
    {"time", OPT_TIME, "TIME", 0, "When it was bought, such as 2026-10-03T17:04:05Z (default: now)",
     0},
    {"points", OPT_POINTS, "POINTS", 0,
     "Give so many instead of the programme's (with --as back-office or admin, or for a promotion)",
     0},
    {"promotion", OPT_PROMOTION, "ID", 0, "The charter's promotion that pays for --points", 0},
    {"line", OPT_LINE, "FIELDS", 0,
     "A line of the basket, as product=17,category=bread,brand=Korn,quantity=2,amount=4.50; may be "
     "given more than once",
     0},
    {"basket", OPT_BASKET, "FILE", 0, "The basket as JSON: lines, store, channel", 0},
    {"store", OPT_STORE, "TEXT", 0, "Where it was bought, for the programme's rules", 0},
    {"channel", OPT_CHANNEL, "TEXT", 0, "How, such as web", 0},
    {"till", OPT_TILL, "TEXT", 0, "Where it was rung up, for the programme's fraud rules", 0},
    {"cashier", OPT_CASHIER, "TEXT", 0, "By whom", 0},
    CODE_OPTION,
    TRANSACTION_OPTION,
    {0}};

const struct argp_option event_options[] = {
    {"time", OPT_TIME, "TIME", 0, "When it was (default: now)", 0},
    {"store", OPT_STORE, "TEXT", 0, "Where it was", 0},
    {"channel", OPT_CHANNEL, "TEXT", 0, "How, such as web", 0},
    CODE_OPTION,
    TRANSACTION_OPTION,
    {0}};

enum cli_exit till_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                        ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__till_service__descriptor, method, request, out_reply);
}

/* One lot that ends by its date says so itself. */
static bool is_expiry_told(const Talea__V1__GetBalanceResponse *reply)
{
    const Talea__V1__Balance *balance = reply->balance;
    return reply->n_expiring == 0 || balance == NULL ||
           (balance->n_lots == 1 && balance->lots[0]->idle_months == 0);
}

static enum cli_exit print_expiring(struct cli *cli, const Talea__V1__GetBalanceResponse *reply)
{
    static const char *const titles[] = {"expires UTC", ">points"};
    const struct units *units;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK || is_expiry_told(reply)) {
        return outcome;
    }
    struct table table;
    table_init(&table, titles, 2);
    for (size_t i = 0; i < reply->n_expiring; i++) {
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", amounts_time(reply->expiring[i]->expires_at_unix_ms, time));
        table_cell(&table, "%s", amounts_points(units, reply->expiring[i]->points, text));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    return CLI_OK;
}

enum cli_exit run_balance(struct cli *cli)
{
    Talea__V1__GetBalanceRequest request;
    talea__v1__get_balance_request__init(&request);
    Talea__V1__MemberSelector selector;
    enum cli_exit outcome = selector_read(cli, &selector);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.member = &selector;
    outcome = amounts_read_time_of(cli, OPT_AT, "--at", &request.as_of_unix_ms);
    if (outcome != CLI_OK) {
        return outcome;
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "GetBalance", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetBalanceResponse *reply = (const Talea__V1__GetBalanceResponse *)message;
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "member     %s\n", reply->member_id);
    if (request.as_of_unix_ms != 0) {
        fprintf(cli->out, "as of      %s UTC\n", amounts_time(request.as_of_unix_ms, time));
    }
    outcome = selector_print_balance(cli, reply->balance);
    return outcome == CLI_OK ? print_expiring(cli, reply) : outcome;
}

static enum cli_exit read_promotion(struct cli *cli, uint32_t *out_promotion)
{
    const char *text = cli_option(cli, OPT_PROMOTION);
    int64_t number = 0;
    if (text == NULL) {
        return CLI_OK;
    }
    struct decimal_style style = {'.', 0};
    struct decimal decimal;
    if (decimal_parse(text, strlen(text), style, &decimal) != ERR_OK ||
        decimal_to_minor_exact(decimal, 0, &number) != ERR_OK || number < 1 ||
        number > UINT32_MAX) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "--promotion: \"%s\" is no promotion's number", text);
    }
    *out_promotion = (uint32_t)number;
    return CLI_OK;
}

static enum cli_exit fill_earn(struct cli *cli, Talea__V1__EarnRequest *request, char card[20],
                               struct basket *basket)
{
    const char *id;
    const char *currency = cli_option(cli, OPT_CURRENCY);
    const char *points = cli_option(cli, OPT_POINTS);
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_time(cli, &request->business_unix_ms);
    }
    if (outcome == CLI_OK) {
        outcome = basket_read_amount(cli, currency, &request->amount_minor);
    }
    if (outcome == CLI_OK) {
        outcome = basket_read(cli, currency, basket, request);
    }
    if (outcome == CLI_OK && points != NULL) {
        outcome = amounts_read_points(cli, "--points", points, &request->fixed_points);
    }
    if (outcome == CLI_OK) {
        outcome = read_promotion(cli, &request->promotion);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request->transaction_id = message_text(id);
    request->card = card;
    if (currency != NULL) {
        request->currency = message_text(currency);
    }
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request->receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    request->codes = given_codes(cli);
    request->n_codes = cli->args.code_count;
    if (cli_option(cli, OPT_TILL) != NULL) {
        request->till = message_text(cli_option(cli, OPT_TILL));
    }
    if (cli_option(cli, OPT_CASHIER) != NULL) {
        request->cashier = message_text(cli_option(cli, OPT_CASHIER));
    }
    return CLI_OK;
}

enum cli_exit run_earn(struct cli *cli)
{
    Talea__V1__EarnRequest request;
    talea__v1__earn_request__init(&request);
    char card[20];
    struct basket basket = {.count = 0};
    enum cli_exit outcome = fill_earn(cli, &request, card, &basket);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    if (outcome == CLI_OK) {
        outcome = till_call(cli, "Earn", &request.base, &message);
    }
    basket_fini(&basket);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    return given_print_sale(cli, (const Talea__V1__EarnResponse *)message);
}

enum cli_exit run_event(struct cli *cli)
{
    Talea__V1__RecordEventRequest request;
    talea__v1__record_event_request__init(&request);
    char card[20];
    const char *id;
    enum cli_exit outcome = selector_read_card(cli, 0, card);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_time(cli, &request.business_unix_ms);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.card = card;
    request.event = message_text(cli_argument(cli, 1));
    if (cli_option(cli, OPT_STORE) != NULL) {
        request.store = message_text(cli_option(cli, OPT_STORE));
    }
    if (cli_option(cli, OPT_CHANNEL) != NULL) {
        request.channel = message_text(cli_option(cli, OPT_CHANNEL));
    }
    request.codes = given_codes(cli);
    request.n_codes = cli->args.code_count;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    outcome = till_call(cli, "RecordEvent", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__RecordEventResponse *reply = (const Talea__V1__RecordEventResponse *)message;
    struct given given = {reply->earned_points, reply->awards, reply->n_awards, reply->codes,
                          reply->n_codes,       reply->items,  reply->n_items};
    outcome = given_print(cli, &given);
    if (outcome == CLI_OK && reply->n_awards == 0) {
        outcome = programme_explain_missed(cli, id);
    }
    return outcome == CLI_OK ? selector_print_balance(cli, reply->balance) : outcome;
}

enum cli_exit till_read_page(struct cli *cli, uint32_t *out_size, char **out_token)
{
    struct note note = {""};
    int64_t size;
    enum err err =
        args_number(&cli->args, OPT_LIMIT, "limit", 1, LIMIT_PAGE_ROWS, 50, &size, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    *out_size = (uint32_t)size;
    if (cli_option(cli, OPT_PAGE) != NULL) {
        *out_token = message_text(cli_option(cli, OPT_PAGE));
    }
    return CLI_OK;
}
