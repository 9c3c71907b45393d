/* Coupons' codes of a row: taken apart, each once. */
#include <string.h>
#include <strings.h>

#include "receipts/codes.h"

#define BETWEEN " \t\r\n,;"

bool codes_have(const char *const *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(codes[i], code) == 0) {
            return true;
        }
    }
    return false;
}

/* NULL where it was there before. */
static const char *take_code(struct decoder *decoder, struct entry *entry, struct slice text)
{
    char *code = text.length > LIMIT_CODE_BYTES ? NULL : arena_text(&decoder->scratch, text);
    if (code == NULL) {
        return decode_refuse(decoder, "code \"%.64s\" is longer than %u bytes",
                             (const char *)text.at, LIMIT_CODE_BYTES);
    }
    if (codes_have(entry->codes, entry->code_count, code)) {
        return NULL;
    }
    if (entry->code_count == LIMIT_SHOWN_CODES) {
        return decode_refuse(decoder, "more than %u codes", LIMIT_SHOWN_CODES);
    }
    entry->codes[entry->code_count++] = code;
    return NULL;
}

const char *decode_codes(struct decoder *decoder, struct entry *entry)
{
    const char *at = decoder->texts[ROLE_CODES];
    const char *reason = NULL;
    entry->codes = NULL;
    entry->code_count = 0;
    at += strspn(at, BETWEEN);
    if (*at == '\0') {
        return NULL;
    }
    entry->codes = arena_alloc(&decoder->scratch, LIMIT_SHOWN_CODES * sizeof *entry->codes);
    if (entry->codes == NULL) {
        return decode_refuse(decoder, "too long");
    }
    while (*at != '\0' && reason == NULL) {
        size_t length = strcspn(at, BETWEEN);
        reason = take_code(decoder, entry, slice_of(at, length));
        at += length;
        at += strspn(at, BETWEEN);
    }
    return reason;
}
