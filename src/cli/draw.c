/* talea draw open, close, reveal, list, show, chance: a node's draws. */
#include <string.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/message.h"
#include "cli/selector.h"
#include "cli/table.h"
#include "talea/v1/draw.pb-c.h"

const struct argp_option draw_reveal_options[] = {
    {"value", OPT_VALUE, "TEXT", 0, "What the draw's beacon said", 0}, {0}};

#define SERVICE (&talea__v1__draw_service__descriptor)

static const char *day_text(int64_t day, char out_text[16])
{
    struct civil civil = civil_of_day(day);
    snprintf(out_text, 16, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    return out_text;
}

static const char *stage_text(Talea__V1__DrawStage stage)
{
    static const char *const names[] = {"unknown", "planned", "open", "closed", "revealed"};
    return (unsigned)stage < sizeof names / sizeof names[0] ? names[stage] : names[0];
}

static void print_winners(struct cli *cli, const Talea__V1__Draw *draw)
{
    static const char *const titles[] = {">place", "prize", "entrant", ">ticket", "who", ""};
    struct table table;
    if (draw->n_winners == 0) {
        return;
    }
    fputc('\n', cli->out);
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < draw->n_winners; i++) {
        const Talea__V1__DrawWinner *winner = draw->winners[i];
        const char *who = winner->member_id[0] != '\0' ? winner->member_id : winner->card;
        table_cell(&table, "%zu", i + 1);
        table_cell(&table, "%s", winner->prize[0] != '\0' ? winner->prize : "reserve");
        table_cell(&table, "%s", winner->entrant);
        table_cell(&table, "%llu", (unsigned long long)winner->ticket);
        table_cell(&table, "%s", who[0] != '\0' ? who : "not known any more");
        table_cell(&table, "%s", winner->is_given ? "given" : "");
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_draw(struct cli *cli, const Talea__V1__Draw *draw)
{
    char time[TIME_TEXT_MAX];
    char day[16];
    FILE *out = cli->out;
    fprintf(out, "draw        %s: %s\n", draw->name, stage_text(draw->stage));
    fprintf(out, "tickets     %s, until %s\n", draw->tickets, day_text(draw->until_day, day));
    for (size_t i = 0; i < draw->n_prizes; i++) {
        fprintf(out, "prize       %u %s\n", draw->prizes[i]->count, draw->prizes[i]->name);
    }
    fprintf(out, "reserves    %u%s\n", draw->reserves,
            draw->is_once ? "; who won is out" : "; who won may win again");
    fprintf(out, "beacon      %s\n", draw->beacon[0] != '\0' ? draw->beacon : "none");
    if (draw->stage >= TALEA__V1__DRAW_STAGE__DRAW_STAGE_OPEN) {
        fprintf(out, "opened      %s UTC\ncommitment  %s\n",
                amounts_time(draw->opened_unix_ms, time), draw->commitment);
    }
    if (draw->stage >= TALEA__V1__DRAW_STAGE__DRAW_STAGE_CLOSED) {
        fprintf(out, "closed      %s UTC\nentrants    %llu with %llu tickets\nlist        %s\n",
                amounts_time(draw->closed_unix_ms, time), (unsigned long long)draw->entrants,
                (unsigned long long)draw->total_tickets, draw->list);
    }
    if (draw->stage >= TALEA__V1__DRAW_STAGE__DRAW_STAGE_REVEALED) {
        fprintf(out, "revealed    %s UTC\nseed        %s\n",
                amounts_time(draw->revealed_unix_ms, time), draw->seed);
    }
    if (draw->value[0] != '\0') {
        fprintf(out, "value       %s\n", draw->value);
    }
    print_winners(cli, draw);
}

static enum cli_exit show(struct cli *cli, enum cli_exit outcome, const ProtobufCMessage *message,
                          const Talea__V1__Draw *draw)
{
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    print_draw(cli, draw);
    return CLI_OK;
}

enum cli_exit run_draw_open(struct cli *cli)
{
    Talea__V1__OpenDrawRequest request;
    talea__v1__open_draw_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.name = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = session_call(cli, SERVICE, "OpenDraw", &request.base, &message);
    return show(cli, outcome, message,
                outcome == CLI_OK ? ((Talea__V1__OpenDrawResponse *)message)->draw : NULL);
}

enum cli_exit run_draw_show(struct cli *cli)
{
    Talea__V1__GetDrawRequest request;
    talea__v1__get_draw_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.name = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = session_call(cli, SERVICE, "GetDraw", &request.base, &message);
    return show(cli, outcome, message,
                outcome == CLI_OK ? ((Talea__V1__GetDrawResponse *)message)->draw : NULL);
}

enum cli_exit run_draw_reveal(struct cli *cli)
{
    Talea__V1__RevealDrawRequest request;
    talea__v1__reveal_draw_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    request.name = message_text(cli_argument(cli, 0));
    if (cli_option(cli, OPT_VALUE) != NULL) {
        request.value = message_text(cli_option(cli, OPT_VALUE));
    }
    enum cli_exit outcome = session_call(cli, SERVICE, "RevealDraw", &request.base, &message);
    const Talea__V1__RevealDrawResponse *reply = (const Talea__V1__RevealDrawResponse *)message;
    outcome = show(cli, outcome, message, outcome == CLI_OK ? reply->draw : NULL);
    if (outcome == CLI_OK && !cli->is_json && reply->gone > 0) {
        fprintf(cli->out, "\n%u prizes have nobody: their winners were erased since\n",
                reply->gone);
    }
    return outcome;
}

/* What the last answer says, as the call's messages go. */
static enum err take_closing(void *context, const ProtobufCMessage *message,
                             struct progress *progress, struct note *note)
{
    struct cli *cli = context;
    const Talea__V1__CloseDrawResponse *reply = (const Talea__V1__CloseDrawResponse *)message;
    (void)note;
    progress_show(progress, reply->entrants_done, reply->entrants_total);
    if (reply->draw == NULL) {
        return ERR_OK;
    }
    progress_end(progress);
    if (cli->is_json) {
        return session_print_json(cli, message) == CLI_OK ? ERR_OK : ERR_INTERNAL;
    }
    print_draw(cli, reply->draw);
    return ERR_OK;
}

enum cli_exit run_draw_close(struct cli *cli)
{
    Talea__V1__CloseDrawRequest request;
    talea__v1__close_draw_request__init(&request);
    request.name = message_text(cli_argument(cli, 0));
    enum cli_exit outcome = session_open(cli);
    return outcome == CLI_OK ? follow_call(cli, SERVICE, "CloseDraw", &request.base,
                                           "members listed", take_closing, cli)
                             : outcome;
}

enum cli_exit run_draw_list(struct cli *cli)
{
    static const char *const titles[] = {"draw",     "stage",    "until",     ">prizes",
                                         ">members", ">tickets", "commitment"};
    Talea__V1__ListDrawsRequest request;
    talea__v1__list_draws_request__init(&request);
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = session_call(cli, SERVICE, "ListDraws", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__ListDrawsResponse *reply = (const Talea__V1__ListDrawsResponse *)message;
    struct table table;
    table_init(&table, titles, sizeof titles / sizeof titles[0]);
    for (size_t i = 0; i < reply->n_draws; i++) {
        const Talea__V1__Draw *draw = reply->draws[i];
        unsigned prizes = 0;
        char day[16];
        for (size_t p = 0; p < draw->n_prizes; p++) {
            prizes += draw->prizes[p]->count;
        }
        table_cell(&table, "%s", draw->name);
        table_cell(&table, "%s", stage_text(draw->stage));
        table_cell(&table, "%s", day_text(draw->until_day, day));
        table_cell(&table, "%u", prizes);
        table_cell(&table, "%llu", (unsigned long long)draw->entrants);
        table_cell(&table, "%llu", (unsigned long long)draw->total_tickets);
        table_cell(&table, "%.16s", draw->commitment);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    return CLI_OK;
}

enum cli_exit run_draw_chance(struct cli *cli)
{
    Talea__V1__GetDrawChanceRequest request;
    talea__v1__get_draw_chance_request__init(&request);
    Talea__V1__MemberSelector selector;
    CLEANUP(message_release) ProtobufCMessage *message = NULL;
    enum cli_exit outcome = selector_read_text(cli, "CARD", cli_argument(cli, 1), &selector);
    if (outcome != CLI_OK) {
        return outcome;
    }
    request.name = message_text(cli_argument(cli, 0));
    request.member = &selector;
    outcome = session_call(cli, SERVICE, "GetDrawChance", &request.base, &message);
    if (outcome != CLI_OK || cli->is_json) {
        return outcome == CLI_OK ? session_print_json(cli, message) : outcome;
    }
    const Talea__V1__GetDrawChanceResponse *reply =
        (const Talea__V1__GetDrawChanceResponse *)message;
    fprintf(cli->out, "tickets  %llu", (unsigned long long)reply->tickets);
    if (reply->total_tickets > 0) {
        fprintf(cli->out, " of %llu\nchance   %s%u.%04u %% to be among %u",
                (unsigned long long)reply->total_tickets, reply->is_at_least ? "at least " : "",
                reply->chance_ppm / 10000, reply->chance_ppm % 10000, reply->prizes);
    }
    fputc('\n', cli->out);
    if (reply->entrant[0] != '\0') {
        fprintf(cli->out, "entrant  %s\nowner    %s\nblind    %s\n", reply->entrant, reply->owner,
                reply->blind);
    }
    return CLI_OK;
}
