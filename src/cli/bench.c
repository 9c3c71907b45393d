/* talea bench ledger, peer, settle, programme, soak: how fast this machine is. */
#include <string.h>
#include <unistd.h>

#include "base/time_slice.h"
#include "bench/bench.h"
#include "cli/commands.h"

#define SOAK_COMMANDS     5000000
#define SOAK_COMMANDS_MAX INT64_C(1000000000)

#define COMMON_OPTIONS                                                                              \
    {                                                                                               \
        "dir", OPT_DIR, "DIR", 0, "Where to make its temporary folder (default: $TMPDIR, or /tmp)", \
        0},                                                                                         \
    {                                                                                               \
        "scale", OPT_SCALE, "SIZE", OPTION_HIDDEN, "tiny: only to see that it works", 0             \
    }

#define ROWS_OPTIONS                                                                               \
    {"quick", OPT_QUICK, NULL, 0, "Smaller ledgers, shorter runs: within half a minute", 0},       \
        {"only",                                                                                   \
         OPT_ONLY,                                                                                 \
         "PATTERN",                                                                                \
         0,                                                                                        \
         "Rows whose name contains this, or matches it with * and ?",                              \
         0},                                                                                       \
        {"list", OPT_LIST, NULL, 0, "Print the rows' names, and measure nothing", 0},              \
        {"markdown", OPT_MARKDOWN, NULL, 0, "Print the table in Markdown", 0}, COMMON_OPTIONS

const struct argp_option bench_ledger_options[] = {
    ROWS_OPTIONS,
    {"part", OPT_PART, "NAME", OPTION_HIDDEN, "Run as a part of another run", 0},
    {"members", OPT_MEMBERS, "N", OPTION_HIDDEN, "Of --part hold", 0},
    {0}};

const struct argp_option bench_peer_options[] = {ROWS_OPTIONS, {0}};

const struct argp_option bench_settle_options[] = {ROWS_OPTIONS, {0}};
const struct argp_option bench_programme_options[] = {ROWS_OPTIONS, {0}};

const struct argp_option bench_soak_options[] = {
    {"commands", OPT_COMMANDS, "N", 0, "How many (default: 5000000)", 0}, COMMON_OPTIONS, {0}};

/* The path of this very program, also when it was found through $PATH. */
static enum err own_path(char out[LIMIT_PATH_BYTES + 1], struct note *note)
{
    ssize_t length = readlink("/proc/self/exe", out, LIMIT_PATH_BYTES);
    if (length <= 0) {
        return note_set(note, ERR_INTERNAL, "/proc/self/exe can't be read");
    }
    out[length] = '\0';
    return ERR_OK;
}

static enum err read_options(const struct cli *cli, const char *program,
                             struct bench_options *out_options, struct note *note)
{
    const char *scale = cli_option(cli, OPT_SCALE);
    *out_options = (struct bench_options){.out = cli->out,
                                          .progress = cli->err,
                                          .program = program,
                                          .folder = cli_option(cli, OPT_DIR),
                                          .only = cli_option(cli, OPT_ONLY)};
    if (args_has(&cli->args, OPT_QUICK)) {
        out_options->scale = BENCH_QUICK;
    }
    if (scale != NULL && strcmp(scale, "tiny") != 0) {
        return note_set(note, ERR_INPUT, "--scale: \"%s\" is not tiny", scale);
    }
    if (scale != NULL) {
        out_options->scale = BENCH_TINY;
    }
    if (cli->is_json) {
        out_options->format = BENCH_JSON;
    } else if (args_has(&cli->args, OPT_MARKDOWN)) {
        out_options->format = BENCH_MARKDOWN;
    }
    return ERR_OK;
}

static enum err run_part(const struct cli *cli, struct note *note)
{
    int64_t members = 0;
    const char *address = cli_option(cli, OPT_ADDRESS);
    TRY(args_number(&cli->args, OPT_MEMBERS, "members", 1, INT32_MAX, 1, &members, note));
    return bench_part(cli_option(cli, OPT_PART), cli_home(cli), address == NULL ? "" : address,
                      (uint64_t)members, note);
}

/* A bench that is a table of rows. */
struct rows_bench {
    enum err (*run)(const struct bench_options *options, struct note *note);
    void (*list)(const struct bench_options *options);
};

static enum err run_rows(const struct cli *cli, const struct rows_bench *bench, struct note *note)
{
    char program[LIMIT_PATH_BYTES + 1];
    struct bench_options options;
    TRY(own_path(program, note));
    TRY(read_options(cli, program, &options, note));
    if (args_has(&cli->args, OPT_LIST)) {
        bench->list(&options);
        return ERR_OK;
    }
    time_slice_ask_short(); /* as a node does */
    return bench->run(&options, note);
}

static enum cli_exit end_rows(const struct cli *cli, const struct rows_bench *bench)
{
    struct note note = {""};
    enum err err = run_rows(cli, bench, &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

enum cli_exit run_bench_ledger(struct cli *cli)
{
    struct note note = {""};
    if (args_has(&cli->args, OPT_PART)) {
        enum err err = run_part(cli, &note);
        return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
    }
    return end_rows(cli, &(struct rows_bench){bench_ledger, bench_ledger_list});
}

enum cli_exit run_bench_peer(struct cli *cli)
{
    return end_rows(cli, &(struct rows_bench){bench_peer, bench_peer_list});
}

enum cli_exit run_bench_settle(struct cli *cli)
{
    return end_rows(cli, &(struct rows_bench){bench_settle, bench_settle_list});
}

enum cli_exit run_bench_programme(struct cli *cli)
{
    return end_rows(cli, &(struct rows_bench){bench_programme, bench_programme_list});
}

static enum err run_soak(const struct cli *cli, struct note *note)
{
    char program[LIMIT_PATH_BYTES + 1];
    struct bench_options options;
    int64_t count = 0;
    TRY(args_number(&cli->args, OPT_COMMANDS, "commands", 1000, SOAK_COMMANDS_MAX, SOAK_COMMANDS,
                    &count, note));
    TRY(own_path(program, note));
    TRY(read_options(cli, program, &options, note));
    time_slice_ask_short();
    return bench_soak(&options, (uint64_t)count, note);
}

enum cli_exit run_bench_soak(struct cli *cli)
{
    struct note note = {""};
    enum err err = run_soak(cli, &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}
