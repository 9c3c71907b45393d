#include "base/text.h"

#include <string.h>

/* The length of the well-formed sequence at `at`, 0 when there is none. */
static size_t utf8_length(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (lead == 0xe0 && at[1] < 0xa0) || (lead == 0xf0 && at[1] < 0x90);
    bool is_outside = (lead == 0xed && at[1] > 0x9f) || (lead == 0xf4 && at[1] > 0x8f);
    return is_overlong || is_outside ? 0 : length;
}

static bool is_control(uint8_t byte)
{
    return byte < 0x20 || byte == 0x7f;
}

bool text_is_printable(struct slice bytes)
{
    for (size_t i = 0; i < bytes.length;) {
        size_t length = utf8_length(bytes.at + i, bytes.length - i);
        if (length == 0 || is_control(bytes.at[i])) {
            return false;
        }
        i += length;
    }
    return true;
}

bool text_is_utf8(struct slice bytes)
{
    for (size_t i = 0; i < bytes.length;) {
        if (bytes.at[i] != 0 && bytes.at[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = bytes.at[i] == 0 ? 0 : utf8_length(bytes.at + i, bytes.length - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

enum err text_copy(char *out, size_t capacity, const char *text)
{
    size_t length = strlen(text);
    if (length >= capacity) {
        return ERR_INPUT;
    }
    memcpy(out, text, length + 1);
    return ERR_OK;
}

size_t text_clean(char *out, size_t capacity, struct slice bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < bytes.length;) {
        size_t length = bytes.at[i] == 0 ? 0 : utf8_length(bytes.at + i, bytes.length - i);
        size_t step = length == 0 ? 1 : length;
        if (used + step >= capacity) {
            break;
        }
        memcpy(out + used, length == 0 ? (const uint8_t *)"?" : bytes.at + i, step);
        used += step;
        i += step;
    }
    out[used] = '\0';
    return used;
}

size_t text_clean_line(char *out, size_t capacity, struct slice bytes)
{
    size_t length = text_clean(out, capacity, bytes);
    for (size_t i = 0; i < length; i++) {
        out[i] = is_control((uint8_t)out[i]) ? '?' : out[i];
    }
    return length;
}
