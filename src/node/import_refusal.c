#include "node/import_refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool import_refuse(struct import_refusal *refusal, const char *code, const char *format, ...)
{
    char text[sizeof refusal->message.text];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    refusal->code = code;
    (void)note_set(&refusal->message, ERR_INPUT, "%s", text);
    return false;
}

bool import_refuse_verdict(struct import_refusal *refusal, enum verdict verdict)
{
    const struct verdict_row *row = verdict_describe(verdict);
    const char *sentence = verdict == VERDICT_TRANSACTION_ID_REUSED
                               ? "This was imported before with other contents."
                               : row->sentence;
    return import_refuse(refusal, row->name, "%s", sentence);
}

bool import_check_text(struct import_refusal *refusal, const char *field, const char *text,
                       size_t limit)
{
    size_t length = strlen(text);
    if (length > limit) {
        return import_refuse(refusal, "TEXT_TOO_LONG", "%s has %zu bytes; at most %zu are allowed.",
                             field, length, limit);
    }
    if (!text_is_printable(slice_of(text, length))) {
        return import_refuse(refusal, "INVALID_TEXT", "%s is not printable UTF-8.", field);
    }
    return true;
}
