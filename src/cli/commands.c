#include "cli/commands.h"

#include <string.h>

const struct command commands[] = {
    {"init", "DIR", "Make the folder of a new node: keys, certificates, configuration",
     "talea init grocer --coalition demo --partner grocer --name \"The Grocer\" \\\n"
     "      --prefix 610001 --listen 127.0.0.1:7101 --http 127.0.0.1:7201",
     init_options, 1, 1, 0, run_init},
    {"charter example", NULL, "Print an example of a coalition's terms",
     "talea charter example > coalition.yaml", NULL, 0, 0, 0, run_charter_example},
    {"charter make", "INTRODUCTION...",
     "Make a charter, not yet signed, of terms and introductions",
     "talea charter make --out charter.talea --terms coalition.yaml \\\n"
     "      grocer.intro.talea fuel.intro.talea",
     charter_make_options, 0, ARGS_POSITIONAL_MAX, 0, run_charter_make},
    {"charter sign", "CHARTER", "Sign a charter with a partner's root key",
     "talea charter sign --key grocer/keys/root.key charter.talea", charter_sign_options, 1, 1, 0,
     run_charter_sign},
    {"charter merge", "CHARTER...", "Put together the signatures of copies of one charter",
     "talea charter merge --out charter.talea signed-by-grocer.talea signed-by-fuel.talea",
     charter_merge_options, 2, ARGS_POSITIONAL_MAX, 0, run_charter_merge},
    {"uuid", NULL, "Print a new transaction id (UUID version 7)", "talea uuid", NULL, 0, 0, 0,
     run_uuid},
    {"completion", "bash", "Print a completion script",
     "talea completion bash > ~/.local/share/bash-completion/completions/talea", NULL, 1, 1, 0,
     run_completion},
    {0}};

static size_t word_count(const char *name)
{
    return strchr(name, ' ') == NULL ? 1 : 2;
}

static bool is_first_word(const char *name, const char *word)
{
    size_t length = strlen(word);
    return strncmp(name, word, length) == 0 && (name[length] == ' ' || name[length] == '\0');
}

static bool is_named(const char *name, const char *const *words, size_t count)
{
    size_t needed = word_count(name);
    if (needed > count || !is_first_word(name, words[0])) {
        return false;
    }
    return needed == 1 ? strchr(name, ' ') == NULL : strcmp(strchr(name, ' ') + 1, words[1]) == 0;
}

const struct command *command_find(const char *const *words, size_t count, size_t *out_used)
{
    const struct command *found = NULL;
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (is_named(c->name, words, count) &&
            (found == NULL || word_count(c->name) > word_count(found->name))) {
            found = c;
        }
    }
    if (found != NULL) {
        *out_used = word_count(found->name);
    }
    return found;
}

bool command_is_group(const char *word)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (is_first_word(c->name, word)) {
            return true;
        }
    }
    return false;
}
