#include "cli/field_words.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct field_word {
    const char *field;
    const char *options[2]; /* without the dashes, the likelier one first; NULL: none */
    const char *argument;   /* NULL: none */
};

static const struct field_word words[] = {
    {"transaction_id", {"transaction-id", "transaction"}, "UUID"},
    {"business_unix_ms", {"time", NULL}, NULL},
    {"as_of_unix_ms", {"at", NULL}, NULL},
    {"from_unix_ms", {"from", NULL}, NULL},
    {"to_unix_ms", {"to", NULL}, NULL},
    {"expires_unix_ms", {"until", NULL}, NULL},
    {"capture_within_seconds", {"within", NULL}, NULL},
    {"page_size", {"limit", NULL}, NULL},
    {"page_token", {"page", NULL}, NULL},
    {"display_name", {"name", NULL}, NULL},
    {"fixed_points", {"points", NULL}, NULL},
    {"member_id", {"member", NULL}, "MEMBER"},
    {"hold_id", {NULL, NULL}, "HOLD"},
    {"sale_id", {NULL, NULL}, "SALE"},
    {"pool_id", {NULL, NULL}, "POOL"},
    {"adjustment_id", {NULL, NULL}, "ADJUSTMENT"},
    {"merge_id", {NULL, NULL}, "MERGE"},
    /* English words, too: fields only where a sentence begins with them. */
    {"by", {"by", NULL}, NULL},
    {"receipt", {"receipt", NULL}, NULL},
    {"reference", {"reference", NULL}, NULL},
    {"reason", {"reason", NULL}, NULL},
    {"note", {"note", NULL}, NULL},
    {"name", {"name", NULL}, "NAME"},
    {"currency", {"currency", NULL}, NULL},
    {"origin", {"origin", NULL}, NULL},
    {"card", {NULL, NULL}, "CARD"},
    {"period", {NULL, NULL}, "PERIOD"},
};

static bool has_option(const struct cli_command *command, const char *name)
{
    const struct argp_option *option = command->options;
    for (; option != NULL && option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* "--time", "HOLD"; NULL when the command has neither. */
static const char *word_of(const struct cli_command *command, const struct field_word *word,
                           char *room, size_t capacity)
{
    for (size_t i = 0; i < 2; i++) {
        if (word->options[i] != NULL && has_option(command, word->options[i])) {
            snprintf(room, capacity, "--%s", word->options[i]);
            return room;
        }
    }
    bool is_argument = word->argument != NULL && command->arguments != NULL &&
                       strstr(command->arguments, word->argument) != NULL;
    return is_argument ? word->argument : NULL;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static const struct field_word *find(const char *text, size_t length, bool is_first)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *field = words[i].field;
        bool is_plain = strchr(field, '_') == NULL;
        if (strlen(field) == length && memcmp(field, text, length) == 0 &&
            (is_first || !is_plain)) {
            return &words[i];
        }
    }
    return NULL;
}

const char *field_words(const struct cli_command *command, const char *message, char *out_text,
                        size_t capacity)
{
    const char *at = message;
    size_t length = 0;
    out_text[0] = '\0';
    while (*at != '\0' && length + 1 < capacity) {
        size_t word_length = 0;
        char room[40];
        while (is_letter(at[word_length])) {
            word_length++;
        }
        const struct field_word *field =
            command == NULL ? NULL : find(at, word_length, at == message);
        const char *word = field == NULL ? NULL : word_of(command, field, room, sizeof room);
        size_t taken = word_length == 0 ? 1 : word_length;
        int written = word != NULL
                          ? snprintf(out_text + length, capacity - length, "%s", word)
                          : snprintf(out_text + length, capacity - length, "%.*s", (int)taken, at);
        length += written > 0 ? (size_t)written : 0;
        at += taken;
    }
    return out_text;
}
