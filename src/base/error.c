#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct err_row rows[ERR_COUNT] = {
    [ERR_OK] = {"OK", "Done.", ERR_CATEGORY_NONE, 0, false},
    [ERR_INPUT] = {"INVALID_INPUT", "The request is malformed.", ERR_CATEGORY_INPUT, 3, false},
    [ERR_RANGE] = {"OUT_OF_RANGE", "A number is out of range.", ERR_CATEGORY_INPUT, 11, false},
    [ERR_NOT_FOUND] = {"NOT_FOUND", "There is no such thing.", ERR_CATEGORY_INPUT, 5, false},
    [ERR_EXISTS] = {"ALREADY_EXISTS", "It exists already.", ERR_CATEGORY_CONFLICT, 6, false},
    [ERR_DENIED] = {"PERMISSION_DENIED", "This identity may not do that.", ERR_CATEGORY_REFUSED, 7,
                    false},
    [ERR_SIGNATURE] = {"BAD_SIGNATURE", "The signature does not verify.", ERR_CATEGORY_REFUSED, 16,
                       false},
    [ERR_CONFLICT] = {"CONFLICT", "It conflicts with what is recorded.", ERR_CATEGORY_CONFLICT, 10,
                      false},
    [ERR_DISAGREE] = {"DISAGREEMENT", "The two halves do not match.", ERR_CATEGORY_CONFLICT, 9,
                      false},
    [ERR_UNAVAILABLE] = {"UNAVAILABLE", "It can't be reached now.", ERR_CATEGORY_TRANSIENT, 14,
                         true},
    [ERR_DEADLINE] = {"DEADLINE_EXCEEDED", "The time allowed ran out.", ERR_CATEGORY_TRANSIENT, 4,
                      true},
    [ERR_CANCELLED] = {"CANCELLED", "The call was cancelled.", ERR_CATEGORY_TRANSIENT, 1, true},
    [ERR_RESOURCE] = {"RESOURCE_EXHAUSTED", "A limit is reached.", ERR_CATEGORY_RESOURCE, 8, true},
    [ERR_STORAGE] = {"STORAGE_FAILED", "The disk refused; nothing was recorded.",
                     ERR_CATEGORY_RESOURCE, 14, true},
    [ERR_CORRUPT] = {"DATA_CORRUPT", "Stored data is damaged.", ERR_CATEGORY_CORRUPT, 15, false},
    [ERR_UNSUPPORTED] = {"UNSUPPORTED", "This version does not know that.", ERR_CATEGORY_INPUT, 12,
                         false},
    [ERR_DISK_FULL] = {"DISK_FULL", "The node's disk is nearly full; nothing was recorded.",
                       ERR_CATEGORY_RESOURCE, 8, true},
    [ERR_REVOKED] = {"KEY_REVOKED", "The signature is by a key that was revoked.",
                     ERR_CATEGORY_REFUSED, 7, false},
    [ERR_KEY_ENDED] = {"SIGNING_KEY_ENDED",
                       "The node's signing key has ended; nothing was recorded.",
                       ERR_CATEGORY_TRANSIENT, 14, true},
    [ERR_INTERNAL] = {"INTERNAL", "An internal error.", ERR_CATEGORY_INTERNAL, 13, false},
};

const struct err_row *err_describe(enum err code)
{
    if ((unsigned)code >= ERR_COUNT) {
        code = ERR_INTERNAL;
    }
    return &rows[code];
}

const char *err_name(enum err code)
{
    return err_describe(code)->name;
}

enum err note_set(struct note *note, enum err code, const char *format, ...)
{
    if (note != NULL) {
        char line[sizeof note->text]; /* what it quotes may be anything, and may be cut anywhere */
        va_list args;
        va_start(args, format);
        vsnprintf(line, sizeof line, format, args);
        va_end(args);
        text_clean_line(note->text, sizeof note->text, slice_of(line, strlen(line)));
    }
    return code;
}

void assert_fail(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "assertion failed: %s (%s:%d, %s)\n", condition, file, line, function);
    abort();
}
