/* One run of the program: where it prints, what was asked, and what it fetches when it is needed.
 *
 * A command is a row of a table (commands.c): its name, its options, what it does. Its function
 * prints its result to `out` and returns how the program ends; what went wrong is one line on
 * `err`: what, where, the reason in parentheses, what to do. One thread, but for the importers'
 * pump.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdio.h>

#include "base/calendar.h"
#include "cli/args.h"
#include "cli/exit.h"
#include "config/node_config.h"
#include "pki/identity.h"
#include "rpc/client.h"

struct cli;

struct cli_command {
    const char *name;      /* one or two words */
    const char *arguments; /* as help shows them; NULL for none */
    const char *summary;   /* one line without a full stop */
    const char *example;   /* one or more lines, each a whole command or its output */
    const struct argp_option *options;
    unsigned arguments_min;
    unsigned arguments_max;
    enum role role; /* with whose certificate it calls; 0 when it does not call */
    enum cli_exit (*run)(struct cli *cli);
};

/* How amounts are written in this coalition. */
struct units {
    char points_name[LIMIT_NAME_BYTES + 1];
    unsigned points_decimals;
    char currency[4];
    unsigned currency_decimals;
};

struct cli {
    FILE *out;
    FILE *err;
    const struct cli_command *command;
    struct args args;
    bool is_json;
    bool is_coloured; /* `out` is a terminal and NO_COLOR is not set */
    bool is_watched;  /* `err` is a terminal: progress may be shown */
    int64_t timeout_ms;
    /* Fetched when first needed. */
    bool has_config;
    struct node_config config;
    struct rpc_client *client;
    char address[ADDRESS_TEXT_MAX];
    enum role role;                    /* whose certificate `client` shows */
    struct unix_ms certificate_ends;   /* and until when it is good */
    char transaction_id[UID_TEXT_MAX]; /* "" until there is one */
    bool has_units;
    struct units units;
};

/* The whole program. `argv` as main gets it; prints to the streams given. */
enum cli_exit cli_main(int argc, char **argv, FILE *out, FILE *err);

/* Prints the one line and returns `outcome`. `advice` may be NULL. */
enum cli_exit cli_fail(const struct cli *cli, enum cli_exit outcome, const char *reason,
                       const char *advice, const char *format, ...) PRINTF_LIKE(5, 6);
/* The same for an error and its note. */
enum cli_exit cli_fail_err(const struct cli *cli, enum err err, const struct note *note);
/* The same for a call's end; what to do follows from the reason. */
enum cli_exit cli_fail_status(const struct cli *cli, const struct rpc_status *status);

/* Argument `index`, or NULL when there are fewer. */
const char *cli_argument(const struct cli *cli, size_t index);
static inline const char *cli_option(const struct cli *cli, enum option_key key)
{
    return args_option(&cli->args, key);
}

/* The folder of the node: --home, $TALEA_HOME or ".". */
const char *cli_home(const struct cli *cli);
/* node.yaml of the home. */
MUST_USE enum err cli_config(struct cli *cli, const struct node_config **out_config,
                             struct note *note);
/* From --passphrase-file or $TALEA_PASSPHRASE; NULL when neither is given. The caller ends
 * `storage` with buffer_fini. */
MUST_USE enum err cli_passphrase(const struct cli *cli, struct buffer *storage,
                                 const char **out_passphrase, struct note *note);

/* From a file's first line. */
MUST_USE enum err cli_passphrase_of(const char *path, struct buffer *storage,
                                    const char **out_passphrase, struct note *note);

/* Prints a JSON value and frees it. */
enum cli_exit cli_print_json(struct cli *cli, json_t *value);

#endif
