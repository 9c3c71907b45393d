/* talea payment list, show. */
#include "cli/payment.h"

#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/office.h"
#include "cli/table.h"

const struct argp_option payment_list_options[] = {
    {"period", OPT_PERIOD, "PERIOD", 0, "Only this one, as 2026-10", 0}, {0}};

enum cli_exit payment_call(struct cli *cli, const char *method, const ProtobufCMessage *request,
                           ProtobufCMessage **out_reply)
{
    return session_call(cli, &talea__v1__payment_service__descriptor, method, request, out_reply);
}

const char *payment_state_word(Talea__V1__SettlementState state)
{
    static const char *const words[] = {"?",          "open",    "closing", "proposed",
                                        "differing",  "matched", "agreed",  "netted",
                                        "instructed", "paid",    "closed"};
    return (unsigned)state < sizeof words / sizeof words[0] ? words[state] : words[0];
}

enum cli_exit payment_read_period(struct cli *cli, uint32_t *out_period)
{
    const char *text = cli_option(cli, OPT_PERIOD);
    *out_period = 0;
    return text == NULL ? CLI_OK : office_read_period(cli, text, out_period);
}

static void print_list(struct cli *cli, const Talea__V1__ListPaymentsResponse *reply)
{
    static const char *const titles[] = {"period",    "debtor",    "creditor", ">amount",
                                         ">received", ">residual", "state",    "since UTC",
                                         "reference", "waits for"};
    struct table table;
    table_init(&table, titles, 10);
    for (size_t i = 0; i < reply->n_payments; i++) {
        const Talea__V1__Payment *payment = reply->payments[i];
        unsigned decimals = reply->currency_decimals;
        char text[AMOUNT_TEXT_MAX];
        char period[PERIOD_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", period_format((struct period){payment->period}, period));
        table_cell(&table, "%s", payment->debtor);
        table_cell(&table, "%s", payment->creditor);
        table_cell(&table, "%s", amount_format(payment->amount_minor, decimals, text));
        table_cell(&table, "%s", amount_format(payment->received_minor, decimals, text));
        table_cell(&table, "%s", amount_format(payment->residual_minor, decimals, text));
        table_cell(&table, "%s", payment_state_word(payment->state));
        table_cell(&table, "%s", amounts_time(payment->since_unix_ms, time));
        table_cell(&table, "%s", payment->reference);
        table_cell(&table, "%s", payment->waits_for);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    if (reply->n_payments == 0) {
        const char *period = cli_option(cli, OPT_PERIOD);
        fprintf(cli->out, "no payments of this brand%s%s\n", period == NULL ? " yet" : " of ",
                period == NULL ? "" : period);
    }
}

enum cli_exit run_payment_list(struct cli *cli)
{
    Talea__V1__ListPaymentsRequest request;
    talea__v1__list_payments_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = payment_read_period(cli, &request.period);
    if (outcome == CLI_OK) {
        outcome = payment_call(cli, "ListPayments", &request.base, &message);
    }
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    print_list(cli, (const Talea__V1__ListPaymentsResponse *)message);
    return CLI_OK;
}

static void print_amount(const struct cli *cli, const char *label, int64_t minor,
                         const Talea__V1__ListPaymentsResponse *reply, const char *remark)
{
    char text[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "%-13s %s %s%s\n", label,
            amount_format(minor, reply->currency_decimals, text), reply->currency, remark);
}

static void print_bookings(struct cli *cli, const Talea__V1__Payment *payment, unsigned decimals)
{
    static const char *const titles[] = {"booked", ">amount", "bank's reference"};
    struct table table;
    table_init(&table, titles, 3);
    for (size_t i = 0; i < payment->n_bookings; i++) {
        const Talea__V1__PaymentBooking *booking = payment->bookings[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%.10s", amounts_time(booking->booked_unix_ms, time));
        table_cell(&table, "%s", amount_format(booking->amount_minor, decimals, text));
        table_cell(&table, "%s", booking->bank_reference);
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_payment(struct cli *cli, const Talea__V1__ListPaymentsResponse *reply)
{
    const Talea__V1__Payment *payment = reply->payments[0];
    char period[PERIOD_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "reference     %s\n", payment->reference);
    fprintf(cli->out, "period        %s, %s\n",
            period_format((struct period){payment->period}, period),
            payment->is_multilateral ? "all pairs netted together" : "this pair's net");
    fprintf(cli->out, "who pays      %s pays %s\n", payment->debtor, payment->creditor);
    print_amount(cli, "amount", payment->amount_minor, reply, "");
    fprintf(cli->out, "state         %s since %s UTC\n", payment_state_word(payment->state),
            amounts_time(payment->since_unix_ms, time));
    if (payment->waits_for[0] != '\0') {
        fprintf(cli->out, "waits for     %s\n", payment->waits_for);
    }
    print_amount(cli, "instructed", payment->instructed_minor, reply, "");
    if (payment->file_id[0] != '\0') {
        fprintf(cli->out, "in file       %s of %s UTC\n", payment->file_id,
                amounts_time(payment->instructed_unix_ms, time));
    }
    if (payment->sent_minor != 0) {
        print_amount(cli, "sent", payment->sent_minor, reply, ", as the bank says");
    }
    print_amount(cli, "received", payment->received_minor, reply, "");
    print_amount(cli, "acknowledged", payment->acknowledged_minor, reply, ", by the debtor");
    print_amount(cli, "residual", payment->residual_minor, reply,
                 payment->residual_minor < 0 ? ": paid too much, a credit of the debtor's" : "");
    if (payment->n_bookings > 0) {
        print_bookings(cli, payment, reply->currency_decimals);
    }
}

enum cli_exit run_payment_show(struct cli *cli)
{
    Talea__V1__ListPaymentsRequest request;
    talea__v1__list_payments_request__init(&request);
    request.reference = message_text(cli_argument(cli, 0));
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = payment_call(cli, "ListPayments", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    print_payment(cli, (const Talea__V1__ListPaymentsResponse *)message);
    return CLI_OK;
}
