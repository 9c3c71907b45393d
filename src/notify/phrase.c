#include "notify/phrase.h"

#include <string.h>

#define NO_BREAK_SPACE "\xC2\xA0"

static const char *const months[NOTIFY_LANGUAGE_END][12] = {
    [NOTIFY_ENGLISH] = {"January", "February", "March", "April", "May", "June", "July", "August",
                        "September", "October", "November", "December"},
    [NOTIFY_RUSSIAN] = {"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа",
                        "сентября", "октября", "ноября", "декабря"},
    [NOTIFY_KAZAKH] = {"қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз",
                       "қыркүйек", "қазан", "қараша", "желтоқсан"},
};

static void write_plain(struct buffer *out, const char *text)
{
    write_bytes(out, text, strlen(text));
}

static void write_digits(struct buffer *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    write_bytes(out, digits + at, sizeof digits - at);
}

static void write_grouped(struct buffer *out, uint64_t number, const char *group)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        write_u8(out, (uint8_t)digits[--count]);
        if (count > 0 && count % 3 == 0) {
            write_plain(out, group);
        }
    }
}

/* All of the places, also those that are zeros at the beginning. */
static void write_places(struct buffer *out, uint64_t part, unsigned places)
{
    char digits[20];
    for (unsigned i = places; i > 0; i--) {
        digits[i - 1] = (char)('0' + part % 10);
        part /= 10;
    }
    write_bytes(out, digits, places);
}

/* The magnitude apart: whole units, and what is behind the point without zeros at its end. */
static void take_apart(int64_t minor, unsigned decimals, uint64_t *out_whole, uint64_t *out_part,
                       unsigned *out_places)
{
    uint64_t magnitude = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++) {
        unit *= 10;
    }
    *out_whole = magnitude / unit;
    *out_part = magnitude % unit;
    *out_places = *out_part == 0 ? 0 : decimals;
    while (*out_places > 0 && *out_part % 10 == 0) {
        *out_part /= 10;
        --*out_places;
    }
}

unsigned notify_form_count(enum notify_language language)
{
    return language == NOTIFY_RUSSIAN ? 3 : language == NOTIFY_KAZAKH ? 1 : 2;
}

static unsigned russian_form(uint64_t whole)
{
    unsigned last = (unsigned)(whole % 10);
    unsigned last_two = (unsigned)(whole % 100);
    if (last_two >= 11 && last_two <= 14) {
        return 2;
    }
    return last == 1 ? 0 : last >= 2 && last <= 4 ? 1 : 2;
}

unsigned notify_form_of(enum notify_language language, int64_t minor, unsigned decimals)
{
    uint64_t whole;
    uint64_t part;
    unsigned places;
    take_apart(minor, decimals, &whole, &part, &places);
    if (language == NOTIFY_KAZAKH) {
        return 0;
    }
    if (places > 0) {
        return 1; /* "1.5 points", "1,5 балла" */
    }
    return language == NOTIFY_RUSSIAN ? russian_form(whole) : whole != 1;
}

void notify_write_number(struct buffer *out, enum notify_language language, int64_t minor,
                         unsigned decimals)
{
    bool is_english = language == NOTIFY_ENGLISH;
    uint64_t whole;
    uint64_t part;
    unsigned places;
    take_apart(minor, decimals, &whole, &part, &places);
    if (minor < 0) {
        write_plain(out, "-");
    }
    write_grouped(out, whole, is_english ? "," : NO_BREAK_SPACE);
    if (places > 0) {
        write_plain(out, is_english ? "." : ",");
        write_places(out, part, places);
    }
}

void notify_write_date(struct buffer *out, enum notify_language language, struct unix_ms time)
{
    struct civil day = civil_from_unix(time);
    const char *month = months[language][day.month - 1];
    if (language == NOTIFY_KAZAKH) {
        write_digits(out, (uint64_t)day.year);
        write_plain(out, NO_BREAK_SPACE "ж." NO_BREAK_SPACE);
    }
    write_digits(out, (uint64_t)day.day);
    write_plain(out, NO_BREAK_SPACE);
    write_plain(out, month);
    if (language != NOTIFY_KAZAKH) {
        write_plain(out, NO_BREAK_SPACE);
        write_digits(out, (uint64_t)day.year);
    }
    if (language == NOTIFY_RUSSIAN) {
        write_plain(out, NO_BREAK_SPACE "г.");
    }
}
