/* Help and completion, from the table of commands. */
#include <string.h>

#include "cli/commands.h"

static const char exits[] =
    "Exit: 0 done; 1 refused by the ledger, or a mismatch was found; 2 wrong\n"
    "command line or file; 3 the node did not answer (the outcome is unknown:\n"
    "repeat with the same --transaction-id); 4 a signature or stored data does\n"
    "not verify; 70 internal error.\n";

void command_print_help(FILE *out, const struct cli_command *command)
{
    char name[64];
    char doc[1024];
    snprintf(name, sizeof name, "talea %s", command->name);
    snprintf(doc, sizeof doc, "%s.\vExample:\n  %s\n\n%s", command->summary, command->example,
             exits);
    args_help(out, name, command->arguments, doc, command->options);
}

static bool is_shown(const struct cli_command *command, const char *group)
{
    size_t length = group == NULL ? 0 : strlen(group);
    return strncmp(command->name, group == NULL ? "" : group, length) == 0 &&
           (length == 0 || command->name[length] == ' ' || command->name[length] == '\0');
}

static int name_width(const char *group)
{
    size_t width = 0;
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        size_t length = strlen(c->name);
        width = is_shown(c, group) && length > width ? length : width;
    }
    return (int)width;
}

void command_print_overview(FILE *out, const char *group)
{
    fprintf(out, "Usage: talea [OPTION...] %s%sCOMMAND [OPTION...] [ARGUMENT...]\n",
            group == NULL ? "" : group, group == NULL ? "" : " ");
    if (group == NULL) {
        fprintf(out, "The operator's command line of a Talea node.\n");
    }
    int width = name_width(group);
    fprintf(out, "\nCommands:\n");
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        if (is_shown(c, group)) {
            fprintf(out, "  %-*s %s\n", width, c->name, c->summary);
        }
    }
    if (group == NULL) {
        fprintf(out, "\n  %-22s %s\n", "--version", "Print the version");
    }
    fprintf(out, "\nOf every command:\n");
    for (const struct argp_option *o = args_global_options; o->name != NULL; o++) {
        char option[64];
        snprintf(option, sizeof option, "--%s%s%s", o->name, o->arg == NULL ? "" : "=",
                 o->arg == NULL ? "" : o->arg);
        fprintf(out, "  %-22s %s\n", option, o->doc);
    }
    fprintf(out, "\n%s\n`talea COMMAND --help` tells more, with an example.\n", exits);
}

static void print_option_words(FILE *out, const struct argp_option *options)
{
    for (const struct argp_option *o = options; o != NULL && o->name != NULL; o++) {
        if ((o->flags & OPTION_HIDDEN) == 0) {
            fprintf(out, " --%s", o->name);
        }
    }
}

static bool is_known_before(const struct cli_command *command, size_t length)
{
    for (const struct cli_command *c = commands; c != command; c++) {
        if (strncmp(c->name, command->name, length) == 0 &&
            (c->name[length] == ' ' || c->name[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static void print_first_words(FILE *out)
{
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        size_t length = strcspn(c->name, " ");
        if (!is_known_before(c, length)) {
            fprintf(out, " %.*s", (int)length, c->name);
        }
    }
}

static void print_second_words(FILE *out)
{
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        size_t length = strcspn(c->name, " ");
        if (is_known_before(c, length)) {
            continue;
        }
        fprintf(out, "        %.*s) words=\"", (int)length, c->name);
        for (const struct cli_command *other = c; other->name != NULL; other++) {
            if (strncmp(other->name, c->name, length) == 0 && other->name[length] == ' ') {
                fprintf(out, " %s", other->name + length + 1);
            }
        }
        fprintf(out, "\" ;;\n");
    }
}

void command_print_bash_completion(FILE *out)
{
    fprintf(out, "# bash completion for talea; made by `talea completion bash`\n"
                 "_talea() {\n"
                 "    local current=\"${COMP_WORDS[COMP_CWORD]}\" first='' second='' words='' i\n"
                 "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                 "        case \"${COMP_WORDS[i]}\" in\n"
                 "            --home | --address | --as | --timeout) ((i++)) ;;\n"
                 "            -* | =) ;;\n"
                 "            *) if [[ -z $first ]]; then first=\"${COMP_WORDS[i]}\"\n"
                 "               elif [[ -z $second ]]; then second=\"${COMP_WORDS[i]}\"; fi ;;\n"
                 "        esac\n"
                 "    done\n"
                 "    if [[ $current == -* ]]; then\n"
                 "        words='");
    print_option_words(out, args_global_options);
    fprintf(out, "'\n"
                 "        case \"$first $second\" in\n");
    /* Two-word names first: the pattern of a one-word name fits them too. */
    for (int count = 2; count > 0; count--) {
        for (const struct cli_command *c = commands; c->name != NULL; c++) {
            if ((strchr(c->name, ' ') == NULL) == (count == 1)) {
                fprintf(out, "            \"%s\"%s) words+=\"", c->name, count == 1 ? "\\ *" : "");
                print_option_words(out, c->options);
                fprintf(out, "\" ;;\n");
            }
        }
    }
    fprintf(out, "        esac\n"
                 "    elif [[ -z $first ]]; then\n"
                 "        words='");
    print_first_words(out);
    fprintf(out, "'\n"
                 "    elif [[ -z $second ]]; then\n"
                 "        case \"$first\" in\n");
    print_second_words(out);
    fprintf(out, "        esac\n"
                 "    fi\n"
                 "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                 "}\n"
                 "complete -o default -F _talea talea\n");
}
