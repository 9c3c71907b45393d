#include "cli/page_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const language_codes[PAGE_LANGUAGES] = {"en", "ru", "kk"};

/* As they stand behind a day: in Russian in the genitive. */
static const char *const months[12][PAGE_LANGUAGES] = {
    {"January", "января", "қаңтар"},
    {"February", "февраля", "ақпан"},
    {"March", "марта", "наурыз"},
    {"April", "апреля", "сәуір"},
    {"May", "мая", "мамыр"},
    {"June", "июня", "маусым"},
    {"July", "июля", "шілде"},
    {"August", "августа", "тамыз"},
    {"September", "сентября", "қыркүйек"},
    {"October", "октября", "қазан"},
    {"November", "ноября", "қараша"},
    {"December", "декабря", "желтоқсан"},
};

#define NO_BREAK_SPACE "\u00a0"
#define TRUE_MINUS     "\u2212"

enum err page_language_parse(const char *code, enum page_language *out_language)
{
    for (unsigned i = 0; i < PAGE_LANGUAGES; i++) {
        if (strcmp(language_codes[i], code) == 0) {
            *out_language = (enum page_language)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

const char *page_language_code(enum page_language language)
{
    return language_codes[language];
}

static void append(char out_text[PAGE_NUMBER_MAX], const char *text, size_t length)
{
    size_t used = strlen(out_text);
    ASSERT(used + length < PAGE_NUMBER_MAX);
    memcpy(out_text + used, text, length);
    out_text[used + length] = '\0';
}

static void append_text(char out_text[PAGE_NUMBER_MAX], const char *text)
{
    append(out_text, text, strlen(text));
}

/* "-1234.50" as the language writes it. */
static const char *localise(enum page_language language, const char *plain,
                            char out_text[PAGE_NUMBER_MAX])
{
    const char *group = language == PAGE_EN ? "," : NO_BREAK_SPACE;
    out_text[0] = '\0';
    if (*plain == '-') {
        append_text(out_text, TRUE_MINUS);
        plain++;
    }
    size_t whole = strcspn(plain, ".");
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0) {
            append_text(out_text, group);
        }
        append(out_text, &plain[i], 1);
    }
    if (plain[whole] == '.') {
        append_text(out_text, language == PAGE_EN ? "." : ",");
        append_text(out_text, plain + whole + 1);
    }
    return out_text;
}

const char *page_amount(enum page_language language, int64_t minor, unsigned decimals,
                        char out_text[PAGE_NUMBER_MAX])
{
    char plain[AMOUNT_TEXT_MAX];
    return localise(language, amount_format(minor, decimals, plain), out_text);
}

const char *page_count(enum page_language language, uint64_t count, char out_text[PAGE_NUMBER_MAX])
{
    char plain[AMOUNT_TEXT_MAX];
    snprintf(plain, sizeof plain, "%" PRIu64, count);
    return localise(language, plain, out_text);
}

const char *page_percent(enum page_language language, uint32_t ppm, char out_text[PAGE_NUMBER_MAX])
{
    char plain[AMOUNT_TEXT_MAX];
    amount_format(ppm, 4, plain);
    size_t length = strlen(plain);
    while (plain[length - 1] == '0') {
        plain[--length] = '\0';
    }
    if (plain[length - 1] == '.') {
        plain[length - 1] = '\0';
    }
    localise(language, plain, out_text);
    append_text(out_text, language == PAGE_EN ? "%" : NO_BREAK_SPACE "%");
    return out_text;
}

/* "1–30" of a month of a year; "1" where both are one. */
static void append_days(enum page_language language, int first, const struct civil *last,
                        char out_text[PAGE_NUMBER_MAX])
{
    char text[PAGE_NUMBER_MAX];
    char days[32];
    const char *name = months[last->month - 1][language];
    snprintf(days, sizeof days, first == last->day ? "%d" : "%d–%d", first, last->day);
    switch (language) {
    case PAGE_RU:
        snprintf(text, sizeof text, "%s %s %d" NO_BREAK_SPACE "г.", days, name, last->year);
        break;
    case PAGE_KK:
        snprintf(text, sizeof text, "%d жылғы %s %s", last->year, days, name);
        break;
    case PAGE_EN:
    case PAGE_LANGUAGES:
        snprintf(text, sizeof text, "%s %s %d", days, name, last->year);
        break;
    }
    append_text(out_text, text);
}

const char *page_period(enum page_language language, struct period period,
                        char out_text[PAGE_NUMBER_MAX])
{
    struct civil first = civil_of_day(period_first_day(period));
    struct civil last = civil_of_day(period_last_day(period));
    bool is_in_month = first.month == last.month && first.year == last.year;
    out_text[0] = '\0';
    if (!is_in_month) {
        append_days(language, first.day, &first, out_text);
        append_text(out_text, " – ");
    }
    append_days(language, is_in_month ? first.day : last.day, &last, out_text);
    return out_text;
}

void page_fill(const char *template, const char *first, const char *second, char *out,
               size_t capacity)
{
    size_t used = 0;
    for (const char *at = template; *at != '\0' && used + 1 < capacity;) {
        bool is_first = strncmp(at, "{1}", 3) == 0;
        bool is_mark = is_first || strncmp(at, "{2}", 3) == 0;
        const char *text = is_first ? first : is_mark ? second : at;
        size_t length = is_mark ? strlen(text) : 1;
        length = length < capacity - used - 1 ? length : capacity - used - 1;
        memcpy(out + used, text, length);
        used += length;
        at += is_mark ? 3 : 1;
    }
    out[used] = '\0';
}
