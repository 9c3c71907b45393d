#include "config/check.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/text.h"

#define EXCERPT_BYTES 40

struct excerpt {
    char text[EXCERPT_BYTES + 4];
};

/* The start of a value, fit for an error line. */
static struct excerpt excerpt_of(const char *text)
{
    struct excerpt excerpt;
    size_t length = strnlen(text, EXCERPT_BYTES + 1);
    if (!text_is_printable(slice_of(text, strlen(text)))) {
        snprintf(excerpt.text, sizeof excerpt.text, "(not printable)");
    } else if (length > EXCERPT_BYTES) {
        size_t cut = EXCERPT_BYTES;
        while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80) {
            cut--;
        }
        snprintf(excerpt.text, sizeof excerpt.text, "%.*s...", (int)cut, text);
    } else {
        snprintf(excerpt.text, sizeof excerpt.text, "%s", text);
    }
    return excerpt;
}

static bool is_skipped(const struct check *check, const char *text)
{
    return check->err != ERR_OK || text == NULL;
}

void check_fail(struct check *check, const char *path, const char *format, ...)
{
    if (check->err != ERR_OK) {
        return;
    }
    va_list args;
    va_start(args, format);
    check->err = positions_vrefuse(check->positions, check->note, path, format, args);
    va_end(args);
}

void check_next(struct check *check)
{
    if (check->faults == NULL || check->err != ERR_INPUT) {
        return;
    }
    struct check_faults *faults = check->faults;
    if (faults->count < LIMIT_CHECK_FAULTS) {
        faults->at[faults->count++] = *check->note;
    } else {
        faults->left_off++;
    }
    check->has_faults = true;
    check->err = ERR_OK;
}

enum err check_end(struct check *check)
{
    check_next(check);
    if (check->err == ERR_OK && check->has_faults) {
        *check->note = check->faults->at[0];
        return ERR_INPUT;
    }
    return check->err;
}

void check_fail_name(struct check *check, const char *path, const char *what,
                     const struct nearest *nearest)
{
    check_fail(check, path, "no %s called %.64s%s%.64s%s", what, nearest->text,
               nearest->word == NULL ? "" : "; did you mean ",
               nearest->word == NULL ? "" : nearest->word, nearest->word == NULL ? "" : "?");
}

static void fail_value(struct check *check, const char *path, const char *text, const char *what)
{
    check_fail(check, path, "\"%s\" is not %s", excerpt_of(text).text, what);
}

static bool is_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

void check_unsigned(struct check *check, const char *path, const char *text, unsigned min,
                    unsigned max, unsigned *out_value)
{
    if (is_skipped(check, text)) {
        return;
    }
    uint64_t value = 0;
    bool is_good = is_digits(text) && (text[0] != '0' || text[1] == '\0');
    for (const char *at = text; is_good && *at != '\0'; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
        is_good = value <= max;
    }
    if (!is_good || value < min) {
        check_fail(check, path, "\"%s\" is not a whole number from %u to %u", excerpt_of(text).text,
                   min, max);
        return;
    }
    *out_value = (unsigned)value;
}

void check_choice(struct check *check, const char *path, const char *text, const char *const *words,
                  size_t count, unsigned *out_number)
{
    if (is_skipped(check, text)) {
        return;
    }
    char list[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out_number = (unsigned)i;
            return;
        }
        int added =
            snprintf(list + length, sizeof list - length, "%s%s", i == 0 ? "" : ", ", words[i]);
        ASSERT(added > 0 && (size_t)added < sizeof list - length);
        length += (size_t)added;
    }
    check_fail(check, path, "\"%s\" is not one of %s", excerpt_of(text).text, list);
}

void check_text(struct check *check, const char *path, const char *text, char *out, size_t capacity)
{
    if (is_skipped(check, text)) {
        return;
    }
    if (!text_is_printable(slice_of(text, strlen(text)))) {
        check_fail(check, path, "holds control characters");
    } else if (text_copy(out, capacity, text) != ERR_OK) {
        check_fail(check, path, "is longer than %zu bytes", capacity - 1);
    }
}

void check_coalition(struct check *check, const char *path, const char *text,
                     char out_name[LIMIT_COALITION_BYTES + 1])
{
    if (is_skipped(check, text)) {
        return;
    }
    bool is_good = text[0] >= 'a' && text[0] <= 'z' &&
                   text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
    if (!is_good || text_copy(out_name, LIMIT_COALITION_BYTES + 1, text) != ERR_OK) {
        check_fail(check, path, "\"%s\" is not a name: 1 to %u of a-z, 0-9 and -, first a letter",
                   excerpt_of(text).text, LIMIT_COALITION_BYTES);
    }
}

void check_partner(struct check *check, const char *path, const char *text,
                   struct partner_id *out_partner)
{
    if (!is_skipped(check, text) && partner_id_parse(text, out_partner) != ERR_OK) {
        check_fail(check, path,
                   "\"%s\" is not a partner: 1 to %d of a-z, 0-9 and -, first a letter",
                   excerpt_of(text).text, PARTNER_ID_MAX - 1);
    }
}

void check_address(struct check *check, const char *path, const char *text,
                   struct address *out_address)
{
    if (!is_skipped(check, text) && address_parse(text, out_address) != ERR_OK) {
        fail_value(check, path, text, "host:port");
    }
}

void check_path(struct check *check, const char *path, const char *text,
                struct config_path *out_path)
{
    if (is_skipped(check, text)) {
        return;
    }
    if (!text_is_printable(slice_of(text, strlen(text)))) {
        check_fail(check, path, "holds control characters");
        return;
    }
    struct config_path found;
    bool is_here = text[0] == '/' || strcmp(check->folder, ".") == 0;
    int length = snprintf(found.text, sizeof found.text, "%s%s%s", is_here ? "" : check->folder,
                          is_here ? "" : "/", text);
    if (length < 0 || (size_t)length >= sizeof found.text) {
        check_fail(check, path, "is a path longer than %u bytes", LIMIT_PATH_BYTES);
        return;
    }
    found.line = positions_line(check->positions, path);
    *out_path = found;
}

void check_currency(struct check *check, const char *path, const char *text,
                    struct currency *out_currency)
{
    if (is_skipped(check, text)) {
        return;
    }
    if (strlen(text) != 3 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3) {
        fail_value(check, path, text, "a currency: three capital letters, as USD");
        return;
    }
    memcpy(out_currency->code, text, sizeof out_currency->code);
}

void check_rounding(struct check *check, const char *path, const char *text,
                    enum rounding *out_rounding)
{
    if (!is_skipped(check, text) && rounding_parse(text, out_rounding) != ERR_OK) {
        fail_value(check, path, text, "one of down, up, half_up, half_even");
    }
}

void check_decimal(struct check *check, const char *path, const char *text,
                   struct decimal *out_value)
{
    static const struct decimal_style style = {'.', 0};
    if (is_skipped(check, text)) {
        return;
    }
    bool is_plain = text[strspn(text, "0123456789.")] == '\0';
    enum err err = is_plain ? decimal_parse(text, strlen(text), style, out_value) : ERR_INPUT;
    if (err == ERR_RANGE) {
        check_fail(check, path, "\"%s\" has too many digits", excerpt_of(text).text);
    } else if (err != ERR_OK) {
        fail_value(check, path, text, "a number such as 12.50");
    }
}

void check_minor(struct check *check, const char *path, const char *text, unsigned decimals,
                 int64_t min, int64_t max, int64_t *out_minor)
{
    struct decimal value = {0, 0};
    check_decimal(check, path, text, &value);
    if (is_skipped(check, text)) {
        return;
    }
    int64_t minor = 0;
    enum err err = decimal_to_minor_exact(value, decimals, &minor);
    if (err == ERR_INPUT) {
        check_fail(check, path, "\"%s\" has more than %u decimals", excerpt_of(text).text,
                   decimals);
    } else if (err != ERR_OK || minor < min || minor > max) {
        char low[AMOUNT_TEXT_MAX];
        char high[AMOUNT_TEXT_MAX];
        check_fail(check, path, "\"%s\" is not from %s to %s", excerpt_of(text).text,
                   amount_format(min, decimals, low), amount_format(max, decimals, high));
    } else {
        *out_minor = minor;
    }
}

enum err config_folder(const char *path, char out_folder[LIMIT_PATH_BYTES + 1])
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return text_copy(out_folder, LIMIT_PATH_BYTES + 1, ".");
    }
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    if (length > LIMIT_PATH_BYTES) {
        return ERR_INPUT;
    }
    memcpy(out_folder, path, length);
    out_folder[length] = '\0';
    return ERR_OK;
}

void check_span(struct check *check, const char *path, const char *text, int64_t longest_ms,
                int64_t *out_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'m', 60000}, {'h', 3600000}, {'d', DAY_MS}};
    size_t length = text == NULL ? 0 : strlen(text);
    char digits[8] = "";
    int64_t unit = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && length > 0; i++) {
        unit = text[length - 1] == units[i].unit ? units[i].ms : unit;
    }
    if (text == NULL) {
        return;
    }
    if (unit == 0 || length < 2 || length > sizeof digits) {
        check_fail(check, path, "\"%s\" is no time like 30m, 6h or 2d", text);
        return;
    }
    unsigned count = 1;
    memcpy(digits, text, length - 1);
    check_unsigned(check, path, digits, 1, (unsigned)(longest_ms / unit), &count);
    *out_ms = count * unit;
}
