/* A node speaks of the API's fields; whoever typed a command knows its options and arguments. */
#ifndef CLI_FIELD_WORDS_H
#define CLI_FIELD_WORDS_H

#include <stddef.h>

struct cli_command;

/* The message with the fields that it names called as the command calls them: "business_unix_ms is
 * ..." is "--time is ...". What the command has no word for stays. `command` may be NULL. Cut when
 * `out_text` is too small. */
const char *field_words(const struct cli_command *command, const char *message, char *out_text,
                        size_t capacity);

#endif
