/* talea giftcard issue, show, pay, refund, block, unblock, report. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talea/v1/reward.pb-c.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/reward.h"
#include "cli/selector.h"
#include "ledger/gift_card.h"

#define PIN_OPTION                                                                                 \
    {                                                                                              \
        "pin", OPT_PIN, "PIN", 0, "The card's PIN (default: what $TALEA_PIN says)", 0              \
    }

const struct argp_option giftcard_issue_options[] = {
    {"amount", OPT_AMOUNT, "MONEY", 0, "What is on each, in the programme's currency", 0},
    {"count", OPT_COUNT, "N", 0, "How many (default: 1), at most 1000", 0},
    {"until", OPT_UNTIL, "DATE", 0, "The first day on which they are over (default: never)", 0},
    {"out", OPT_OUT, "FILE.csv", 0, "Write numbers and PINs there instead of showing them", 0},
    TRANSACTION_OPTION,
    {0}};
const struct argp_option giftcard_show_options[] = {PIN_OPTION, {0}};
const struct argp_option giftcard_pay_options[] = {
    PIN_OPTION,
    {"count", OPT_COUNT, "N", 0, "Of a voucher: use so many (default: all that are left)", 0},
    {"receipt", OPT_RECEIPT, "TEXT", 0, "The brand's receipt number", 0},
    TRANSACTION_OPTION,
    {0}};
const struct argp_option giftcard_refund_options[] = {TRANSACTION_OPTION, {0}};

static const char *pin_of(const struct cli *cli)
{
    const char *pin = cli_option(cli, OPT_PIN);
    const char *environment = getenv("TALEA_PIN");
    return pin != NULL ? pin : environment != NULL ? environment : "";
}

/* ---- Issuing ---- */

static enum cli_exit refuse_value(struct cli *cli, const char *amount)
{
    const struct units *units;
    char most[AMOUNT_TEXT_MAX];
    enum cli_exit outcome = session_units(cli, &units);
    return outcome != CLI_OK
               ? outcome
               : cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                          "--amount: %s is more than a card may hold, %s %s", amount,
                          amount_format(GIFT_VALUE_MAX, units->currency_decimals, most),
                          units->currency);
}

static enum cli_exit fill_issue(struct cli *cli, Talea__V1__IssueGiftCardsRequest *request)
{
    struct note note = {""};
    const char *id;
    const char *amount = cli_option(cli, OPT_AMOUNT);
    int64_t count;
    int64_t until_ms = 0;
    if (amount == NULL) {
        return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "--amount is missing");
    }
    enum err err =
        args_number(&cli->args, OPT_COUNT, "count", 1, LIMIT_GIFT_CARDS, 1, &count, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    enum cli_exit outcome =
        amounts_read_money(cli, "--amount", amount, NULL, &request->amount_minor);
    if (outcome == CLI_OK && request->amount_minor > GIFT_VALUE_MAX) {
        outcome = refuse_value(cli, amount);
    }
    if (outcome == CLI_OK) {
        outcome = amounts_read_time_of(cli, OPT_UNTIL, "--until", &until_ms);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request->transaction_id = message_text(id);
    request->count = (uint32_t)count;
    request->until_day = until_ms / DAY_MS;
    return CLI_OK;
}

static void print_cards(FILE *out, const Talea__V1__IssueGiftCardsResponse *reply)
{
    for (size_t i = 0; i < reply->n_cards; i++) {
        fprintf(out, "%s,%s\n", reply->cards[i]->number, reply->cards[i]->pin);
    }
}

/* Before anything is issued, so that a name that can't be is a mistake without consequences. */
static enum cli_exit open_file(struct cli *cli, FILE **out_file)
{
    const char *path = cli_option(cli, OPT_OUT);
    *out_file = path == NULL ? NULL : fopen(path, "wxe");
    return path == NULL || *out_file != NULL ? CLI_OK
                                             : cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                                                        "--out: %s: %s", path, strerror(errno));
}

/* Closes the file, which is away where nothing was issued. */
static enum cli_exit write_cards(struct cli *cli, FILE *file,
                                 const Talea__V1__IssueGiftCardsResponse *reply)
{
    struct note note = {""};
    const char *path = cli_option(cli, OPT_OUT);
    bool is_written = fputs("number,pin\n", file) != EOF;
    if (reply != NULL) {
        print_cards(file, reply);
    }
    bool is_closed = fclose(file) == 0;
    if (reply == NULL) {
        remove(path);
        return CLI_OK;
    }
    if (!is_written || !is_closed) {
        note_set(&note, ERR_STORAGE,
                 "%s can't be written; the same --transaction-id gives them "
                 "again",
                 path);
        return cli_fail_err(cli, ERR_STORAGE, &note);
    }
    fprintf(cli->out, "issued     %zu, written to %s\n", reply->n_cards, path);
    return CLI_OK;
}

enum cli_exit run_giftcard_issue(struct cli *cli)
{
    Talea__V1__IssueGiftCardsRequest request;
    talea__v1__issue_gift_cards_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    FILE *file = NULL;
    enum cli_exit outcome = fill_issue(cli, &request);
    if (outcome == CLI_OK) {
        outcome = open_file(cli, &file);
    }
    if (outcome == CLI_OK) {
        outcome = reward_call(cli, "IssueGiftCards", &request.base, &message);
    }
    if (outcome != CLI_OK && file != NULL) {
        enum cli_exit closed = write_cards(cli, file, NULL);
        return closed == CLI_OK ? outcome : closed;
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__IssueGiftCardsResponse *reply =
        (const Talea__V1__IssueGiftCardsResponse *)message;
    if (file != NULL) {
        return write_cards(cli, file, reply);
    }
    if (cli->is_json) {
        return session_print_json(cli, message);
    }
    fputs("number,pin\n", cli->out);
    print_cards(cli->out, reply);
    return CLI_OK;
}

/* ---- What is on one ---- */

static enum cli_exit print_card(struct cli *cli, const Talea__V1__GiftCard *card)
{
    const struct units *units;
    char text[AMOUNT_TEXT_MAX];
    if (cli->is_json) {
        return session_print_json(cli, &card->base);
    }
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    unsigned decimals = card->is_voucher ? 0 : units->currency_decimals;
    const char *unit = card->is_voucher ? card->item : units->currency;
    fprintf(cli->out, "number     %s\n", card->number);
    fprintf(cli->out, "left       %s %s\n", amount_format(card->balance, decimals, text), unit);
    fprintf(cli->out, "of         %s %s\n", amount_format(card->value, decimals, text), unit);
    fprintf(cli->out, "issued     %s\n", reward_day(card->issued_day, text));
    fprintf(cli->out, "over on    %s\n",
            card->until_day == 0 ? "-" : reward_day(card->until_day, text));
    fprintf(cli->out, "state      %s\n", card->state);
    return CLI_OK;
}

enum cli_exit run_giftcard_show(struct cli *cli)
{
    Talea__V1__GetGiftCardRequest request;
    talea__v1__get_gift_card_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.number = message_text(cli_argument(cli, 0));
    request.pin = message_text(pin_of(cli));
    enum cli_exit outcome = reward_call(cli, "GetGiftCard", &request.base, &message);
    return outcome == CLI_OK
               ? print_card(cli, ((const Talea__V1__GetGiftCardResponse *)message)->card)
               : outcome;
}

static enum cli_exit block(struct cli *cli, bool is_lifted)
{
    Talea__V1__BlockGiftCardRequest request;
    talea__v1__block_gift_card_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const char *id;
    enum cli_exit outcome = session_transaction_id(cli, &id);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.number = message_text(cli_argument(cli, 0));
    request.is_lifted = is_lifted;
    outcome = reward_call(cli, "BlockGiftCard", &request.base, &message);
    return outcome == CLI_OK
               ? print_card(cli, ((const Talea__V1__BlockGiftCardResponse *)message)->card)
               : outcome;
}

enum cli_exit run_giftcard_block(struct cli *cli)
{
    return block(cli, false);
}

enum cli_exit run_giftcard_unblock(struct cli *cli)
{
    return block(cli, true);
}

/* ---- Paying, and back ---- */

static enum cli_exit print_paid(struct cli *cli, const char *word, int64_t amount, int64_t balance,
                                bool is_voucher)
{
    const struct units *units;
    char text[AMOUNT_TEXT_MAX];
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        unsigned decimals = is_voucher ? 0 : units->currency_decimals;
        const char *unit = is_voucher ? "pieces" : units->currency;
        fprintf(cli->out, "%-10s %s %s\n", word, amount_format(amount, decimals, text), unit);
        fprintf(cli->out, "left       %s %s\n", amount_format(balance, decimals, text), unit);
    }
    return outcome;
}

/* "all", or money. */
static enum cli_exit read_amount(struct cli *cli, const char *text, int64_t *out_minor)
{
    return text == NULL || strcmp(text, "all") == 0
               ? CLI_OK
               : amounts_read_money(cli, "AMOUNT", text, NULL, out_minor);
}

enum cli_exit run_giftcard_pay(struct cli *cli)
{
    Talea__V1__PayGiftCardRequest request;
    talea__v1__pay_gift_card_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const char *id;
    struct note note = {""};
    enum cli_exit outcome = read_amount(cli, cli_argument(cli, 1), &request.amount_minor);
    if (outcome == CLI_OK && cli_option(cli, OPT_COUNT) != NULL &&
        args_number(&cli->args, OPT_COUNT, "count", 1, INT32_MAX, 1, &request.amount_minor,
                    &note) != ERR_OK) {
        outcome = cli_fail_err(cli, ERR_INPUT, &note);
    }
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.number = message_text(cli_argument(cli, 0));
    request.pin = message_text(pin_of(cli));
    if (cli_option(cli, OPT_RECEIPT) != NULL) {
        request.receipt = message_text(cli_option(cli, OPT_RECEIPT));
    }
    outcome = reward_call(cli, "PayGiftCard", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__PayGiftCardResponse *reply = (const Talea__V1__PayGiftCardResponse *)message;
    outcome = print_paid(cli, "paid", reply->paid_minor, reply->balance_minor, reply->is_voucher);
    if (outcome == CLI_OK) {
        fprintf(cli->out, "payment    %s\n", reply->payment_id);
    }
    return outcome;
}

enum cli_exit run_giftcard_refund(struct cli *cli)
{
    Talea__V1__RefundGiftCardRequest request;
    talea__v1__refund_gift_card_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const char *id;
    enum cli_exit outcome = read_amount(cli, cli_argument(cli, 1), &request.amount_minor);
    if (outcome == CLI_OK) {
        outcome = session_transaction_id(cli, &id);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.transaction_id = message_text(id);
    request.payment_id = message_text(cli_argument(cli, 0));
    outcome = reward_call(cli, "RefundGiftCard", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__RefundGiftCardResponse *reply =
        (const Talea__V1__RefundGiftCardResponse *)message;
    return print_paid(cli, "given back", reply->refunded_minor, reply->balance_minor,
                      reply->is_voucher);
}

/* ---- All together ---- */

enum cli_exit run_giftcard_report(struct cli *cli)
{
    Talea__V1__ReportGiftCardsRequest request;
    talea__v1__report_gift_cards_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const struct units *units;
    char text[AMOUNT_TEXT_MAX];
    enum cli_exit outcome = reward_call(cli, "ReportGiftCards", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__ReportGiftCardsResponse *reply =
        (const Talea__V1__ReportGiftCardsResponse *)message;
    const struct {
        const char *word;
        int64_t minor;
    } sums[] = {
        {"issued", reply->issued_minor}, {"owed", reply->open_minor}, {"over", reply->over_minor}};
    fprintf(cli->out, "gift cards %lld, of which %lld are blocked\n", (long long)reply->cards,
            (long long)reply->blocked);
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        fprintf(cli->out, "%-10s %s %s\n", sums[i].word,
                amount_format(sums[i].minor, units->currency_decimals, text), units->currency);
    }
    fprintf(cli->out, "vouchers   %lld, for %lld things\n", (long long)reply->vouchers,
            (long long)reply->open_pieces);
    return CLI_OK;
}
