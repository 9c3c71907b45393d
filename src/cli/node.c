/* talea status: what the engineer who runs the node looks at. */
#include "cli/node.h"

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/table.h"

enum cli_exit node_get_status(struct cli *cli, ProtobufCMessage **out_reply)
{
    Talea__V1__GetStatusRequest request;
    talea__v1__get_status_request__init(&request);
    return session_call(cli, &talea__v1__admin_service__descriptor, "GetStatus", &request.base,
                        out_reply);
}

void node_print_peers(struct cli *cli, const Talea__V1__GetStatusResponse *status)
{
    static const char *const titles[] = {"partner",    "address",   "since UTC", ">sent",
                                         ">receipted", ">received", "problem"};
    struct table table;
    table_init(&table, titles, 7);
    for (size_t i = 0; i < status->n_peers; i++) {
        const Talea__V1__PeerStatus *peer = status->peers[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", peer->partner);
        table_cell(&table, "%s", peer->address);
        table_cell(&table, "%s",
                   peer->is_connected ? amounts_time(peer->connected_since_unix_ms, time)
                                      : "not connected");
        table_cell(&table, "%llu", (unsigned long long)peer->sent_number);
        table_cell(&table, "%llu", (unsigned long long)peer->receipted_number);
        table_cell(&table, "%llu", (unsigned long long)peer->received_number);
        table_cell(&table, "%s", peer->problem);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

/* A ledger that was an older copy of itself: what came back, and what nobody can know. */
static void print_recoveries(struct cli *cli, const Talea__V1__GetStatusResponse *status)
{
    for (size_t i = 0; i < status->n_peers; i++) {
        const Talea__V1__Recovery *r = status->peers[i]->recovery;
        char time[TIME_TEXT_MAX];
        if (r == NULL) {
            continue;
        }
        fprintf(cli->out, "\nrecovery   %s, since %s UTC: %s\n", status->peers[i]->partner,
                amounts_time(r->began_unix_ms, time),
                r->ended_unix_ms == 0 ? "not done, nothing is written for it" : "done");
        fprintf(cli->out,
                "           %llu own entries (%lld points, to number %llu), %llu taken "
                "(%lld points, to number %llu), %llu holds\n",
                (unsigned long long)r->own_entries, (long long)r->own_points,
                (unsigned long long)r->own_last_number, (unsigned long long)r->taken_entries,
                (long long)r->taken_points, (unsigned long long)r->taken_last_number,
                (unsigned long long)r->holds);
        if (r->forced + r->unreplayed + r->members > 0) {
            fprintf(cli->out,
                    "           %llu without what they are about: %lld points of debt, "
                    "%lld written off; %llu members without a name, %llu not replayed\n",
                    (unsigned long long)r->forced, (long long)r->debt_points,
                    (long long)r->written_off_points, (unsigned long long)r->members,
                    (unsigned long long)r->unreplayed);
        }
    }
}

enum cli_exit run_status(struct cli *cli)
{
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = node_get_status(cli, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetStatusResponse *status = (const Talea__V1__GetStatusResponse *)message;
    char time[TIME_TEXT_MAX];
    char period[PERIOD_TEXT_MAX];
    fprintf(cli->out, "node       %s of %s, talead %s\n", status->partner, status->coalition,
            status->version);
    fprintf(cli->out, "state      %s since %s UTC\n", status->is_ready ? "ready" : "not ready",
            amounts_time(status->started_unix_ms, time));
    for (size_t i = 0; i < status->n_problems; i++) {
        fprintf(cli->out, "problem    %s\n", status->problems[i]);
    }
    fprintf(cli->out, "charter    epoch %llu\n", (unsigned long long)status->charter_epoch);
    fprintf(cli->out, "key        %s\n", status->signing_key);
    fprintf(cli->out, "period     %s\n",
            status->open_period == 0 /* a coalition of one: nobody to settle with */
                ? "-"
                : period_format((struct period){status->open_period}, period));
    fprintf(cli->out, "units      %s with %u decimals, %s\n", status->points_name,
            status->points_decimals, status->currency);
    fprintf(cli->out, "journal    %llu rows, %llu checkpointed\n",
            (unsigned long long)status->journal_rows,
            (unsigned long long)status->checkpointed_rows);
    fprintf(cli->out, "memory     %llu MiB, peak %llu MiB\n",
            (unsigned long long)status->resident_bytes >> 20,
            (unsigned long long)status->resident_peak_bytes >> 20);
    if (status->n_peers > 0) {
        fputc('\n', cli->out);
        node_print_peers(cli, status);
        print_recoveries(cli, status);
    }
    return CLI_OK;
}
