#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

const struct argp_option args_global_options[] = {
    {"home", OPT_HOME, "DIR", 0, "The node's folder (default: $TALEA_HOME, or this folder)", 0},
    {"address", OPT_ADDRESS, "HOST:PORT", 0, "The node (default: `listen` of its node.yaml)", 0},
    {"as", OPT_AS, "ROLE", 0, "Call as till, back-office, auditor or admin (default: by command)",
     0},
    {"json", OPT_JSON, NULL, 0, "Print the answer as JSON", 0},
    {"timeout", OPT_TIMEOUT, "SECONDS", 0, "Give up after so long (default: 10)", 0},
    {"help", OPT_HELP, NULL, 0, "Print this and an example", 0},
    {0}};

static void keep_option(struct args *args, int key, char *value)
{
    if (key == OPT_LINE && args->line_count < ARGS_LINES_MAX) {
        args->lines[args->line_count++] = value;
    } else if (key == OPT_CODE && args->code_count < LIMIT_SHOWN_CODES) {
        args->codes[args->code_count++] = value;
    } else if (key == OPT_LINE || key == OPT_CODE) {
        args->excess = value;
    } else if (key != OPT_HOST) {
        args->options[key - OPT_FIRST] = value == NULL ? "" : value;
    } else if (args->host_count == LIMIT_CERTIFICATE_HOSTS) {
        args->excess = value;
    } else {
        args->hosts[args->host_count++] = value;
    }
}

struct parsing {
    struct args *args;
    int argc;
    char **argv;   /* as they were typed */
    FILE *nowhere; /* for what argp adds to getopt's line: one line says it */
};

/* No option begins with a digit. */
static bool is_negative_number(const char *text)
{
    return text[0] == '-' && ((text[1] >= '0' && text[1] <= '9') ||
                              (text[1] == '.' && text[2] >= '0' && text[2] <= '9'));
}

/* getopt takes a number below 0 for options: it is shown the numbers without their sign, and what
 * it gives back is found again by its place in memory. NULL without memory. */
static char **hide_signs(int argc, char **argv)
{
    char **shown = calloc((size_t)argc + 1, sizeof *shown);
    for (int i = 0; shown != NULL && i < argc; i++) {
        shown[i] = argv[i] + (i > 0 && is_negative_number(argv[i]) ? 1 : 0);
    }
    return shown;
}

static char *with_sign(const struct parsing *parsing, char *value)
{
    for (int i = 1; i < parsing->argc; i++) {
        if (is_negative_number(parsing->argv[i]) && value == parsing->argv[i] + 1) {
            return parsing->argv[i];
        }
    }
    return value;
}

static error_t on_key(int key, char *value, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    if (parsing == NULL) {
        return ARGP_ERR_UNKNOWN; /* only asked for help */
    }
    struct args *args = parsing->args;
    value = with_sign(parsing, value);
    if (key >= OPT_FIRST && key < OPT_LAST) {
        keep_option(args, key, value);
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        if ((state->flags & ARGP_IN_ORDER) != 0) {
            return ARGP_ERR_UNKNOWN; /* stops here */
        }
        if (args->count == ARGS_POSITIONAL_MAX) {
            args->excess = value;
        } else {
            args->positional[args->count++] = value;
        }
        return 0;
    }
    if (key == ARGP_KEY_INIT) {
        state->err_stream = parsing->nowhere;
        if (state->child_inputs != NULL) {
            state->child_inputs[0] = parsing;
        }
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp_option top_options[] = {
    {"version", OPT_VERSION, NULL, 0, "Print the version", 0}, {0}};

static const struct argp global_argp = {.options = args_global_options, .parser = on_key};
static const struct argp_child with_globals[] = {{&global_argp, 0, "Of every command:", 1}, {0}};

static enum err parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                      struct args *args, int *out_used)
{
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL) {
        return ERR_INTERNAL;
    }
    char **shown = hide_signs(argc, argv);
    if (shown == NULL) {
        fclose(nowhere);
        return ERR_RESOURCE;
    }
    struct parsing parsing = {args, argc, argv, nowhere};
    error_t error =
        argp_parse(argp, argc, shown, flags | ARGP_NO_EXIT | ARGP_NO_HELP, out_used, &parsing);
    free(shown);
    fclose(nowhere);
    return error == 0 ? ERR_OK : ERR_INPUT;
}

enum err args_parse_globals(int argc, char **argv, struct args *out_args, int *out_used)
{
    const struct argp argp = {.options = top_options, .parser = on_key, .children = with_globals};
    int used = 1;
    TRY(parse(&argp, argc, argv, ARGP_IN_ORDER, out_args, &used));
    *out_used = used;
    return ERR_OK;
}

enum err args_parse_command(int argc, char **argv, const struct argp_option *options,
                            struct args *out_args)
{
    const struct argp argp = {.options = options, .parser = on_key, .children = with_globals};
    return parse(&argp, argc, argv, 0, out_args, NULL);
}

void args_help(FILE *out, const char *name, const char *arguments, const char *doc,
               const struct argp_option *options)
{
    const struct argp argp = {.options = options,
                              .parser = on_key,
                              .args_doc = arguments,
                              .doc = doc,
                              .children = with_globals};
    char *writable = strdup(name);
    ASSERT(writable != NULL);
    argp_help(&argp, out,
              ARGP_HELP_LONG | ARGP_HELP_SHORT_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_POST_DOC,
              writable);
    free(writable);
}

enum err args_number(const struct args *args, enum option_key key, const char *name, int64_t min,
                     int64_t max, int64_t fallback, int64_t *out_number, struct note *note)
{
    const char *text = args_option(args, key);
    if (text == NULL) {
        *out_number = fallback;
        return ERR_OK;
    }
    struct decimal_style style = {'.', 0};
    struct decimal value;
    int64_t number;
    if (decimal_parse(text, strlen(text), style, &value) != ERR_OK ||
        decimal_to_minor_exact(value, 0, &number) != ERR_OK || number < min || number > max) {
        return note_set(note, ERR_INPUT, "--%s: \"%s\" is not a whole number from %lld to %lld",
                        name, text, (long long)min, (long long)max);
    }
    *out_number = number;
    return ERR_OK;
}
