/* talead: one brand's node. */
#include <argp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/time_slice.h"
#include "crypto/random.h"
#include "node/in_force.h"
#include "node/notifier.h"
#include "node/node.h"
#include "store/damage.h"

struct options {
    const char *config;
    bool is_check;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'c':
        options->config = text;
        return 0;
    case 'V':
        printf("talead %s\n", TALEA_VERSION);
        exit(0);
    case 'k':
        options->is_check = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->config != NULL) {
            argp_error(state, "unexpected argument '%s'", text);
        }
        options->config = text;
        return 0;
    case ARGP_KEY_END:
        if (options->config == NULL) {
            argp_error(state, "name the node's configuration: talead --config node.yaml");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"config", 'c', "FILE", 0, "The node's configuration (node.yaml)", 0},
    {"check", 'k', NULL, 0, "Check the configuration and the files it names, then exit", 0},
    {"version", 'V', NULL, 0, "Print the version", 0},
    {0}};

static const struct argp parser = {
    option_table,
    parse_option,
    "[FILE]",
    "The Talea node of one brand.\v"
    "SIGTERM drains and stops. SIGHUP reads certificates, charter and programme again.\n"
    "Exit status: 0 stopped, 2 something is wrong with the configuration or a file it names, "
    "4 the ledger is damaged, 70 an error of its own.\n\n"
    "Example:\n  talead --config grocer/node.yaml",
    NULL,
    NULL,
    NULL};

/* One EMFILE would stop the listener for good. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void block_signals(sigset_t *out_set)
{
    sigemptyset(out_set);
    sigaddset(out_set, SIGTERM);
    sigaddset(out_set, SIGINT);
    sigaddset(out_set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, out_set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void reload(struct node *node)
{
    struct note note = {""};
    enum err err = in_force_reload(node, &note);
    err = err == ERR_OK ? notifier_reload(node->notifier, &note) : err;
    log_event(&node->log, err == ERR_OK ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
              err == ERR_OK ? "reloaded" : "reload_failed", LOG_TEXT("detail", note.text));
}

static int serve(const struct options *options)
{
    sigset_t signals;
    struct node *node;
    struct note note = {""};
    int signal_number = 0;
    block_signals(&signals);
    raise_file_limit();
    time_slice_ask_short();
    if (crypto_start() != ERR_OK) {
        fprintf(stderr, "talead: no source of randomness\n");
        return 70;
    }
    enum err err = node_start(options->config, &node, &note);
    if (err != ERR_OK) {
        fprintf(stderr, "talead: %s (%s)\n",
                note.text[0] != '\0' ? note.text : err_describe(err)->sentence, err_name(err));
        return err == ERR_CORRUPT ? 4 : 2;
    }
    while (sigwait(&signals, &signal_number) == 0 && signal_number == SIGHUP) {
        reload(node);
    }
    log_event(&node->log, LOG_LEVEL_INFO, "node_stopping", LOG_INT("signal", signal_number));
    node_stop(node);
    return 0;
}

static int check(const struct options *options)
{
    struct node *node = calloc(1, sizeof *node);
    struct note note = {""};
    if (node == NULL || crypto_start() != ERR_OK) {
        fprintf(stderr, "talead: no memory or no source of randomness\n");
        free(node);
        return 70;
    }
    enum err err = node_check(options->config, node, &note);
    if (err == ERR_OK) {
        printf("%s: partner %s of %s, charter epoch %llu, %zu partners: all is well\n",
               options->config, node->config.partner.text, node->config.coalition,
               (unsigned long long)node->snapshot->charter->epoch,
               node->snapshot->charter->partner_count);
    } else {
        fprintf(stderr, "talead: %s (%s)\n", note.text, err_name(err));
    }
    node_check_fini(node);
    free(node);
    return err == ERR_OK ? 0 : 2;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    damage_catch();
    argp_err_exit_status = 2;
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    return options.is_check ? check(&options) : serve(&options);
}
