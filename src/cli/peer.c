/* talea peer list, peer show: the pairs with other partners. */
#include <string.h>

#include <talea/v1/admin.pb-c.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/node.h"
#include "cli/pb_json.h"
#include "cli/table.h"

static enum cli_exit print_peer_json(struct cli *cli, const ProtobufCMessage *status, size_t index)
{
    json_t *whole = pb_json(status);
    json_t *peers = json_object_get(whole, "peers");
    json_t *peer = json_incref(index == SIZE_MAX ? peers : json_array_get(peers, index));
    json_decref(whole);
    return cli_print_json(cli, peer);
}

enum cli_exit run_peer_list(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = node_get_status(cli, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (cli->is_json) {
        return print_peer_json(cli, message, SIZE_MAX);
    }
    node_print_peers(cli, (const Talea__V1__GetStatusResponse *)message);
    return CLI_OK;
}

static const char *cap_text(Talea__V1__CapState state)
{
    switch ((int)state) {
    case TALEA__V1__CAP_STATE__CAP_STATE_NEAR:
        return ", NEAR THE CAP";
    case TALEA__V1__CAP_STATE__CAP_STATE_REACHED:
        return ", CAP REACHED";
    default:
        return "";
    }
}

static void print_streams(struct cli *cli, const Talea__V1__PeerStatus *peer)
{
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "address       %s\n", peer->address);
    fprintf(cli->out, "connected     %s%s\n",
            peer->is_connected ? amounts_time(peer->connected_since_unix_ms, time) : "no",
            peer->is_connected ? " UTC" : "");
    fprintf(cli->out, "sent          %llu entries, %llu bytes; %llu receipted, %llu wait%s\n",
            (unsigned long long)peer->sent_number, (unsigned long long)peer->sent_bytes,
            (unsigned long long)peer->receipted_number,
            (unsigned long long)(peer->sent_number - peer->receipted_number),
            peer->is_sending_frozen ? "; FROZEN" : "");
    if (peer->oldest_unreceipted_unix_ms != 0) {
        fprintf(cli->out, "oldest waits  since %s UTC\n",
                amounts_time(peer->oldest_unreceipted_unix_ms, time));
    }
    fprintf(cli->out, "received      %llu entries, %llu bytes, in %llu receipts%s\n",
            (unsigned long long)peer->received_number, (unsigned long long)peer->received_bytes,
            (unsigned long long)peer->given_receipt_number,
            peer->is_receiving_frozen ? "; FROZEN" : "");
    fprintf(cli->out, "reconciled    at entry %llu, receipt %llu%s%s\n",
            (unsigned long long)peer->receipted_number,
            (unsigned long long)peer->taken_receipt_number,
            peer->reconciled_unix_ms != 0 ? ", " : "; not since the node's start",
            peer->reconciled_unix_ms != 0 ? amounts_time(peer->reconciled_unix_ms, time) : "");
}

/* The last comparisons, entry by entry. */
static void print_reconciliations(struct cli *cli, const Talea__V1__PeerStatus *peer)
{
    for (size_t i = 0; i < peer->n_reconciliations; i++) {
        const Talea__V1__Reconciliation *last = peer->reconciliations[i];
        char time[TIME_TEXT_MAX];
        char period[PERIOD_TEXT_MAX];
        fprintf(cli->out, "compared      %s: %llu entries, %s; %s UTC\n",
                period_format((struct period){last->period}, period),
                (unsigned long long)last->entries,
                last->detail[0] == '\0' ? "all alike" : last->detail,
                amounts_time(last->at_unix_ms, time));
    }
}

static void print_exposure(struct cli *cli, const Talea__V1__GetStatusResponse *status,
                           const Talea__V1__PeerStatus *peer)
{
    char owed[AMOUNT_TEXT_MAX];
    char promised[AMOUNT_TEXT_MAX];
    char cap[AMOUNT_TEXT_MAX];
    unsigned decimals = status->currency_decimals;
    bool is_ours = peer->owed_minor >= 0;
    amount_format(peer->owed_minor, decimals, owed);
    amount_format(peer->promised_minor, decimals, promised);
    amount_format(peer->net_debit_cap_minor, decimals, cap);
    fprintf(cli->out, "unsettled     %s owes %s %s%s\n", is_ours ? status->partner : peer->partner,
            is_ours ? owed : owed + 1, status->currency,
            cap_text(is_ours ? peer->own_cap : peer->partner_cap));
    fprintf(cli->out, "promised      %s %s in open holds%s\n", promised, status->currency,
            is_ours ? "" : cap_text(peer->own_cap));
    fprintf(cli->out, "cap           %s %s\n", peer->net_debit_cap_minor == 0 ? "none," : cap,
            status->currency);
    if (peer->waiting_earns > 0) {
        fprintf(cli->out, "waiting       %u purchases' points, for room under the cap\n",
                peer->waiting_earns);
    }
}

/* What may be burned while one of both is away. */
static void print_stand_in(struct cli *cli, const Talea__V1__GetStatusResponse *status,
                           const Talea__V1__PeerStatus *peer)
{
    char theirs[AMOUNT_TEXT_MAX];
    char ours[AMOUNT_TEXT_MAX];
    amount_format(peer->stand_in_exposure_points, status->points_decimals, theirs);
    amount_format(peer->stand_in_allowance_points, status->points_decimals, ours);
    fprintf(cli->out, "stand-in      %s %s by its tills, %s by ours, without asking\n", theirs,
            status->points_name, ours);
}

static void print_refusals(struct cli *cli, const Talea__V1__PeerStatus *peer)
{
    static const char *const titles[] = {"refused", ">times", "last UTC", "what"};
    struct table table;
    if (peer->n_refusals == 0) {
        return;
    }
    fputc('\n', cli->out);
    table_init(&table, titles, 4);
    for (size_t i = 0; i < peer->n_refusals; i++) {
        const Talea__V1__PeerRefusal *refusal = peer->refusals[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", refusal->reason);
        table_cell(&table, "%llu", (unsigned long long)refusal->times);
        table_cell(&table, "%s", amounts_time(refusal->last_unix_ms, time));
        table_cell(&table, "%s", refusal->detail);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_advice(struct cli *cli, const Talea__V1__PeerStatus *peer)
{
    fputc('\n', cli->out);
    if (peer->n_advice == 0) {
        fputs("all is well\n", cli->out);
    }
    for (size_t i = 0; i < peer->n_advice; i++) {
        fprintf(cli->out, "! %s\n  %s\n", peer->advice[i]->problem, peer->advice[i]->action);
    }
}

enum cli_exit run_peer_show(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    const char *partner = cli_argument(cli, 0);
    enum cli_exit outcome = node_get_status(cli, &message);
    if (outcome != CLI_OK) {
        return outcome;
    }
    const Talea__V1__GetStatusResponse *status = (const Talea__V1__GetStatusResponse *)message;
    for (size_t i = 0; i < status->n_peers; i++) {
        const Talea__V1__PeerStatus *peer = status->peers[i];
        if (strcmp(peer->partner, partner) != 0) {
            continue;
        }
        if (cli->is_json) {
            return print_peer_json(cli, message, i);
        }
        fprintf(cli->out, "partner       %s\n", peer->partner);
        print_streams(cli, peer);
        print_reconciliations(cli, peer);
        print_exposure(cli, status, peer);
        print_stand_in(cli, status, peer);
        fprintf(cli->out, "disputes      %u open, %u escalated\n", peer->open_disputes,
                peer->escalated_disputes);
        print_refusals(cli, peer);
        print_advice(cli, peer);
        return CLI_OK;
    }
    return cli_fail(cli, CLI_REFUSED, "PARTNER_UNKNOWN", "talea peer list",
                    "the charter has no other partner \"%s\"", partner);
}
