#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/field_words.h"
#include "crypto/random.h"

#define TIMEOUT_DEFAULT_S 10
#define TIMEOUT_MAX_S     86400
#define PASSPHRASE_MAX    4096u

static const char *command_name(const struct cli *cli)
{
    return cli->command == NULL ? "" : cli->command->name;
}

enum cli_exit cli_fail(const struct cli *cli, enum cli_exit outcome, const char *reason,
                       const char *advice, const char *format, ...)
{
    char what[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    size_t length = strlen(what);
    while (length > 0 && (what[length - 1] == '.' || what[length - 1] == '\n')) {
        what[--length] = '\0';
    }
    for (size_t i = 0; i < length; i++) {
        if (what[i] == '\n') {
            what[i] = ' ';
        }
    }
    fprintf(cli->err, "talea%s%s: %s (%s)%s%s\n", cli->command == NULL ? "" : " ",
            command_name(cli), what, reason, advice == NULL ? "" : "; ",
            advice == NULL ? "" : advice);
    return outcome;
}

enum cli_exit cli_fail_err(const struct cli *cli, enum err err, const struct note *note)
{
    const char *text =
        note == NULL || note->text[0] == '\0' ? err_describe(err)->sentence : note->text;
    return cli_fail(cli, exit_of(err), err_name(err), NULL, "%s", text);
}

static const struct {
    const char *reason;
    const char *advice;
} advices[] = {
    {"ROLE_NOT_ALLOWED", "try another --as"},
    {"TRANSACTION_ID_REUSED", "this id belongs to another command: leave --transaction-id out"},
    {"NO_IDENTITY", "the certificate names no caller: was it made by `talea init`?"},
    {"IDENTITY_NOT_ACCEPTED", "the node does not know this certificate's issuer: is --home the "
                              "node's own?"},
    {"PROGRAMME_VERSION_OLD", "raise `version` in the file: `talea programme history` lists those "
                              "that there were and will be"},
    {"DISPUTE_UNKNOWN", "`talea dispute list --all` shows them; where way is sent, add --direction "
                        "sent"},
    {"PERIOD_NOT_OPEN", "`talea status` shows the one that is, `talea period list` all"},
    {"DISK_FULL", "once there is more room it goes on by itself: `talea status` says how much"},
    {"UNKNOWN_METHOD", "the node is older than this program"},
};

/* This node did answer: it is the member's home that did not. */
static enum cli_exit fail_home(const struct cli *cli, const struct rpc_status *status)
{
    char advice[160] = "nothing was taken: try again later";
    if (status->code == 14 && cli->transaction_id[0] != '\0') {
        snprintf(advice, sizeof advice,
                 "nothing was taken: try again later, with --transaction-id %s",
                 cli->transaction_id);
    }
    return cli_fail(cli, CLI_UNREACHABLE, status->reason, advice, "%s", status->message);
}

/* A server that does not take a certificate says no more than that the connection is closed. */
static bool has_expired_certificate(const struct cli *cli, const struct rpc_status *status)
{
    struct clock_port clock = clock_of_system();
    return status->code == 14 && cli->client != NULL &&
           clock_now(&clock).ms > cli->certificate_ends.ms;
}

static enum cli_exit fail_certificate(const struct cli *cli)
{
    char time[TIME_TEXT_MAX];
    char advice[100];
    snprintf(advice, sizeof advice, "`talea certificate issue %s --replace` makes another",
             role_name(cli->role));
    return cli_fail(cli, CLI_UNREACHABLE, "UNAVAILABLE", advice,
                    "%s/tls/%s.pem has expired at %s, so %s lets nobody in with it", cli_home(cli),
                    role_name(cli->role), unix_ms_format(cli->certificate_ends, time),
                    cli->address);
}

enum cli_exit cli_fail_status(const struct cli *cli, const struct rpc_status *status)
{
    if (strcmp(status->reason, "HOME_UNREACHABLE") == 0) {
        return fail_home(cli, status);
    }
    if (has_expired_certificate(cli, status)) {
        return fail_certificate(cli);
    }
    enum cli_exit outcome = exit_of_status(status->code);
    char advice[160] = "";
    if (outcome == CLI_UNREACHABLE && cli->transaction_id[0] != '\0') {
        snprintf(advice, sizeof advice, "the outcome is unknown: repeat with --transaction-id %s",
                 cli->transaction_id);
    } else if (outcome == CLI_UNREACHABLE) {
        bool is_other = strstr(status->message, "certificate verify failed") != NULL;
        snprintf(advice, sizeof advice, "%s",
                 is_other ? "it is not the node of this home: see --home and --address"
                          : "is the node running?");
    }
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        if (strcmp(advices[i].reason, status->reason) == 0) {
            snprintf(advice, sizeof advice, "%s", advices[i].advice);
        }
    }
    bool is_away = outcome == CLI_UNREACHABLE;
    char message[RPC_MESSAGE_MAX];
    return cli_fail(cli, outcome, status->reason, advice[0] == '\0' ? NULL : advice, "%s%s%s%s",
                    is_away ? "no answer from " : "", is_away ? cli->address : "",
                    is_away ? ": " : "",
                    field_words(cli->command, status->message, message, sizeof message));
}

const char *cli_argument(const struct cli *cli, size_t index)
{
    return index < cli->args.count ? cli->args.positional[index] : NULL;
}

const char *cli_home(const struct cli *cli)
{
    const char *home = cli_option(cli, OPT_HOME);
    if (home == NULL) {
        home = getenv("TALEA_HOME");
    }
    return home == NULL || *home == '\0' ? "." : home;
}

enum err cli_config(struct cli *cli, const struct node_config **out_config, struct note *note)
{
    if (!cli->has_config) {
        char path[LIMIT_PATH_BYTES + 1];
        int length = snprintf(path, sizeof path, "%s/node.yaml", cli_home(cli));
        if (length < 0 || (size_t)length >= sizeof path) {
            return note_set(note, ERR_RANGE, "--home: the path is too long");
        }
        if (access(path, F_OK) != 0) {
            return note_set(note, ERR_NOT_FOUND,
                            "%s is not there: name the folder that `talea init` made by --home or "
                            "$TALEA_HOME",
                            path);
        }
        TRY(node_config_load(path, &cli->config, note));
        cli->has_config = true;
    }
    *out_config = &cli->config;
    return ERR_OK;
}

enum err cli_passphrase(const struct cli *cli, struct buffer *storage, const char **out_passphrase,
                        struct note *note)
{
    const char *path = cli_option(cli, OPT_PASSPHRASE_FILE);
    if (path == NULL) {
        *out_passphrase = getenv("TALEA_PASSPHRASE");
        return ERR_OK;
    }
    return cli_passphrase_of(path, storage, out_passphrase, note);
}

enum err cli_passphrase_of(const char *path, struct buffer *storage, const char **out_passphrase,
                           struct note *note)
{
    TRY(file_read(path, FILE_SECRET, PASSPHRASE_MAX, storage, note));
    while (storage->length > 0 &&
           (storage->at[storage->length - 1] == '\n' || storage->at[storage->length - 1] == '\r')) {
        storage->length--;
    }
    write_u8(storage, 0);
    TRY(storage->err);
    if (strlen((const char *)storage->at) + 1 != storage->length || storage->length == 1) {
        return note_set(note, ERR_INPUT, "%s: holds no passphrase", path);
    }
    *out_passphrase = (const char *)storage->at;
    return ERR_OK;
}

enum cli_exit cli_print_json(struct cli *cli, json_t *value)
{
    if (value == NULL || json_dumpf(value, cli->out, JSON_INDENT(2) | JSON_ENCODE_ANY) != 0) {
        json_decref(value);
        return cli_fail(cli, CLI_INTERNAL, "INTERNAL", NULL, "can't write JSON");
    }
    fputc('\n', cli->out);
    json_decref(value);
    return CLI_OK;
}

static enum cli_exit fail_usage(const struct cli *cli, const char *format, const char *detail)
{
    char text[512];
    snprintf(text, sizeof text, "%s%s", format, detail);
    return cli_fail(cli, CLI_USAGE, "USAGE", "see --help", "%s", text);
}

static enum cli_exit check_arguments(struct cli *cli)
{
    const struct cli_command *command = cli->command;
    if (cli->args.excess != NULL) {
        return fail_usage(cli, "too many of: ", cli->args.excess);
    }
    for (size_t i = 0; i < cli->args.code_count; i++) {
        if (cli->args.codes[i][strspn(cli->args.codes[i], " ")] == '\0') {
            return fail_usage(cli, "--code is empty", "");
        }
    }
    if (cli->args.count < command->arguments_min) {
        return fail_usage(cli, "needs ", command->arguments);
    }
    if (cli->args.count > command->arguments_max) {
        return fail_usage(cli, "can't use the argument ",
                          cli->args.positional[command->arguments_max]);
    }
    struct note note = {""};
    int64_t timeout_s;
    if (args_number(&cli->args, OPT_TIMEOUT, "timeout", 1, TIMEOUT_MAX_S, TIMEOUT_DEFAULT_S,
                    &timeout_s, &note) != ERR_OK) {
        return cli_fail_err(cli, ERR_INPUT, &note);
    }
    cli->timeout_ms = timeout_s * 1000;
    cli->is_json = args_has(&cli->args, OPT_JSON);
    return CLI_OK;
}

/* argv[0] becomes the command's whole name, which getopt's messages start with. */
static enum cli_exit run_command(struct cli *cli, int argc, char **argv, size_t used)
{
    char name[64];
    snprintf(name, sizeof name, "talea %s", cli->command->name);
    char *head = argv[used - 1];
    argv[used - 1] = name;
    static const struct argp_option no_options[] = {{0}};
    const struct argp_option *options =
        cli->command->options == NULL ? no_options : cli->command->options;
    enum err err = args_parse_command(argc - (int)used + 1, argv + used - 1, options, &cli->args);
    argv[used - 1] = head;
    if (err != ERR_OK) {
        return CLI_USAGE; /* getopt told */
    }
    if (args_has(&cli->args, OPT_HELP)) {
        command_print_help(cli->out, cli->command);
        return CLI_OK;
    }
    enum cli_exit outcome = check_arguments(cli);
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (crypto_start() != ERR_OK) {
        return cli_fail(cli, CLI_INTERNAL, "INTERNAL", NULL, "there is no source of randomness");
    }
    outcome = cli->command->run(cli);
    if (fflush(cli->out) != 0 && outcome == CLI_OK) {
        outcome = cli_fail(cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "can't write the output");
    }
    return outcome;
}

static enum cli_exit fail_command(const struct cli *cli, const char *first, const char *second)
{
    char words[64];
    snprintf(words, sizeof words, "%s%s%s", first, *second == '\0' ? "" : " ", second);
    const char *near = command_near(words);
    return cli_fail(cli, CLI_USAGE, "USAGE", "`talea --help` lists the commands",
                    "there is no command \"%s\"%s%s%s", words,
                    near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                    near == NULL ? "" : "?");
}

static enum cli_exit dispatch(struct cli *cli, int argc, char **argv)
{
    int used = 1;
    if (args_parse_globals(argc, argv, &cli->args, &used) != ERR_OK) {
        return CLI_USAGE;
    }
    if (args_has(&cli->args, OPT_VERSION)) {
        fprintf(cli->out, "talea %s\n", TALEA_VERSION);
        return CLI_OK;
    }
    if (used >= argc) {
        command_print_overview(args_has(&cli->args, OPT_HELP) ? cli->out : cli->err, NULL);
        return args_has(&cli->args, OPT_HELP) ? CLI_OK : CLI_USAGE;
    }
    const char *words[2] = {argv[used], used + 1 < argc ? argv[used + 1] : ""};
    size_t count = 0;
    cli->command = command_find(words, 2, &count);
    if (cli->command != NULL) {
        return run_command(cli, argc, argv, (size_t)used + count);
    }
    if (!command_is_group(words[0])) {
        return fail_command(cli, words[0], "");
    }
    bool is_help = args_has(&cli->args, OPT_HELP) || strcmp(words[1], "--help") == 0;
    if (!is_help && *words[1] != '\0') {
        return fail_command(cli, words[0], words[1]);
    }
    command_print_overview(is_help ? cli->out : cli->err, words[0]);
    return is_help ? CLI_OK : CLI_USAGE;
}

static bool is_terminal(FILE *stream)
{
    int fd = fileno(stream);
    return fd >= 0 && isatty(fd) == 1;
}

enum cli_exit cli_main(int argc, char **argv, FILE *out, FILE *err)
{
    struct cli *cli = calloc(1, sizeof *cli);
    if (cli == NULL) {
        fprintf(err, "talea: out of memory (RESOURCE_EXHAUSTED)\n");
        return CLI_INTERNAL;
    }
    cli->out = out;
    cli->err = err;
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
    cli->is_coloured = is_terminal(out) && (no_color == NULL || *no_color == '\0');
    cli->is_watched = is_terminal(err);
    enum cli_exit outcome = dispatch(cli, argc, argv);
    rpc_client_close(cli->client);
    free(cli);
    return outcome;
}
