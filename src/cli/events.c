/* talea events: the journal's rows as JSON lines. With --follow it goes on for ever. */
#include "cli/commands.h"
#include "cli/pb_json.h"
#include "cli/watching.h"

#define NEXT_ROW INT64_C(-1)

const struct argp_option events_options[] = {
    {"from", OPT_FROM, "ROW", 0,
     "The first row: 0 or 1 for the first there is (default: 0, with --follow the next that comes)",
     0},
    {"follow", OPT_FOLLOW, NULL, 0, "Go on with each new row, also over restarts of the node", 0},
    {0}};

struct printing {
    FILE *out;
    bool is_failed; /* the output can't be written */
};

static bool print_event(void *context, const Talea__V1__Event *event)
{
    struct printing *printing = context;
    json_t *value = pb_json(&event->base);
    if (value == NULL || json_dumpf(value, printing->out, JSON_COMPACT) != 0 ||
        fputc('\n', printing->out) == EOF) {
        printing->is_failed = true;
    }
    json_decref(value);
    return !printing->is_failed;
}

static bool flush(void *context)
{
    struct printing *printing = context;
    printing->is_failed = printing->is_failed || fflush(printing->out) != 0;
    return !printing->is_failed;
}

enum cli_exit run_events(struct cli *cli)
{
    struct printing printing = {.out = cli->out};
    struct watching watching = {
        .cli = cli, .take = print_event, .flush = flush, .context = &printing};
    bool is_following = cli_option(cli, OPT_FOLLOW) != NULL;
    struct note note = {""};
    int64_t from;
    enum err err = args_number(&cli->args, OPT_FROM, "from", 0, INT64_MAX,
                               is_following ? NEXT_ROW : 0, &from, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    /* To the node 0 is the next row that comes, and 1 the first there is. */
    watching.next_row = from == NEXT_ROW ? 0 : from == 0 ? 1 : (uint64_t)from;
    enum cli_exit outcome = session_open(cli);
    if (outcome == CLI_OK && !is_following) {
        outcome = watch_find_end(cli, &watching.end_row);
    }
    if (outcome == CLI_OK) {
        outcome = watch_events(&watching);
    }
    return outcome == CLI_OK && printing.is_failed
               ? cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "can't write the output")
               : outcome;
}
