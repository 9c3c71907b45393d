/* talea transaction show. */
#include <talea/v1/ledger.pb-c.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/session.h"
#include "cli/table.h"

const struct argp_option transaction_show_options[] = {
    {"origin", OPT_ORIGIN, "PARTNER", 0, "Who made the id, when several did (default: whoever did)",
     0},
    {0}};

/* The part behind "EVENT_KIND_" and the like, "?" for a number that is newer than this program. */
static const char *short_name(const ProtobufCEnumDescriptor *descriptor, int value, size_t prefix)
{
    const ProtobufCEnumValue *row = protobuf_c_enum_descriptor_get_value(descriptor, value);
    return row == NULL ? "?" : row->name + prefix;
}

/* "available 0199…" or "payable fuel". */
static void account_cell(struct table *table, const Talea__V1__EventAccount *account)
{
    if (account == NULL) {
        table_cell(table, "?");
        return;
    }
    const char *whose = account->member_id[0] != '\0' ? account->member_id : account->partner;
    table_cell(table, "%s%s%s", account->account, whose[0] == '\0' ? "" : " ", whose);
}

static void print_postings(struct cli *cli, const struct units *units,
                           const Talea__V1__Event *event)
{
    static const char *const titles[] = {"debit", "credit", ">points"};
    struct table table;
    table_init(&table, titles, 3);
    for (size_t i = 0; i < event->n_postings; i++) {
        char text[AMOUNT_TEXT_MAX];
        account_cell(&table, event->postings[i]->debit);
        account_cell(&table, event->postings[i]->credit);
        table_cell(&table, "%s", amounts_points(units, event->postings[i]->points, text));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

/* Which lots points were taken from, or given to. */
static void print_lots(struct cli *cli, const struct units *units, const Talea__V1__Event *event)
{
    static const char *const titles[] = {"lots of", ">free",           ">held",      "issuer",
                                         "tariff",  "active from UTC", "expires UTC"};
    struct table table;
    table_init(&table, titles, 7);
    for (size_t i = 0; i < event->n_lots; i++) {
        const Talea__V1__LotChange *lot = event->lots[i];
        char text[AMOUNT_TEXT_MAX];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", lot->member_id);
        table_cell(&table, "%s", amounts_points(units, lot->free_delta_points, text));
        table_cell(&table, "%s", amounts_points(units, lot->held_delta_points, text));
        table_cell(&table, "%s", lot->issuer);
        table_cell(&table, "%u", lot->tariff);
        table_cell(&table, "%s", amounts_time(lot->active_from_unix_ms, time));
        table_cell(&table, "%s", amounts_lot_end(lot->expires_at_unix_ms, lot->idle_months, time));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_event(struct cli *cli, const struct units *units, const Talea__V1__Event *event)
{
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "row        %llu\n", (unsigned long long)event->journal_row);
    fprintf(
        cli->out, "kind       %s\n",
        short_name(&talea__v1__event_kind__descriptor, (int)event->kind, sizeof "EVENT_KIND_" - 1));
    fprintf(cli->out, "verdict    %s\n",
            event->refusal == TALEA__V1__REFUSAL__REFUSAL_UNSPECIFIED
                ? "done"
                : short_name(&talea__v1__refusal__descriptor, (int)event->refusal,
                             sizeof "REFUSAL_" - 1));
    fprintf(cli->out, "recorded   %s UTC\n", amounts_time(event->recorded_unix_ms, time));
    fprintf(cli->out, "happened   %s UTC\n", amounts_time(event->business_unix_ms, time));
    fprintf(cli->out, "made by    %s\n", event->origin);
    if (event->member_id[0] != '\0') {
        fprintf(cli->out, "member     %s\n", event->member_id);
    }
    if (event->card[0] != '\0') {
        fprintf(cli->out, "card       %s\n", event->card);
    }
    fprintf(cli->out, "points     %s %s\n", amounts_points(units, event->points, text),
            units->points_name);
    if (event->receipt[0] != '\0') {
        fprintf(cli->out, "reference  %s\n", event->receipt);
    }
}

/* What the partner made of the entry that the command sent. */
static void print_sent(struct cli *cli, const Talea__V1__SentEntry *sent)
{
    fprintf(cli->out, "sent       entry %llu to %s: ", (unsigned long long)sent->number,
            sent->partner);
    switch (sent->state) {
    case TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_WAITING:
        fputs("not answered yet\n", cli->out);
        break;
    case TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_APPLIED:
        fprintf(cli->out, "applied, row %llu\n", (unsigned long long)sent->receipt_row);
        break;
    case TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_REFUSED:
        fprintf(cli->out, "refused%s%s and reversed", sent->reason[0] == '\0' ? "" : ", ",
                sent->reason);
        if (sent->receipt_row != 0) {
            fprintf(cli->out, ", row %llu", (unsigned long long)sent->receipt_row);
        }
        fputc('\n', cli->out);
        break;
    case TALEA__V1__SENT_ENTRY_STATE__SENT_ENTRY_STATE_UNSPECIFIED:
    case _TALEA__V1__SENT_ENTRY_STATE_IS_INT_SIZE:
        fputs("answered, further on in the journal\n", cli->out);
        break;
    }
}

static void print_transaction(struct cli *cli, const struct units *units,
                              const Talea__V1__GetTransactionResponse *reply)
{
    print_event(cli, units, reply->event);
    if (reply->sent != NULL) {
        print_sent(cli, reply->sent);
    }
    if (reply->event->n_postings > 0) {
        print_postings(cli, units, reply->event);
    }
    if (reply->event->n_lots > 0) {
        print_lots(cli, units, reply->event);
    }
    for (size_t i = 0; i < reply->n_other_origins; i++) {
        fprintf(cli->out, "%s%s made the same id: --origin %s shows that one\n", i == 0 ? "\n" : "",
                reply->other_origins[i], reply->other_origins[i]);
    }
}

enum cli_exit run_transaction_show(struct cli *cli)
{
    Talea__V1__GetTransactionRequest request;
    talea__v1__get_transaction_request__init(&request);
    request.transaction_id = message_text(cli_argument(cli, 0));
    if (cli_option(cli, OPT_ORIGIN) != NULL) {
        request.origin = message_text(cli_option(cli, OPT_ORIGIN));
    }
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, &talea__v1__ledger_service__descriptor,
                                         "GetTransaction", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetTransactionResponse *reply =
        (const Talea__V1__GetTransactionResponse *)message;
    const struct units *units;
    outcome = session_units(cli, &units);
    if (outcome == CLI_OK && reply->event != NULL) {
        print_transaction(cli, units, reply);
    }
    return outcome;
}
