/* The texts that single values are read from, by the first byte: what is read is written as a text
 * that is read as the same. */
#include <string.h>

#include "base/address.h"
#include "base/period.h"
#include "base/decimal.h"
#include "base/ident.h"
#include "fuzz.h"
#include "receipts/date.h"

/* Text and count of decimals give the number back. */
static void read_decimal(const char *text, struct decimal_style style)
{
    struct decimal value;
    struct decimal again;
    char written[AMOUNT_TEXT_MAX];
    int64_t minor;
    if (decimal_parse(text, strlen(text), style, &value) != ERR_OK) {
        return;
    }
    ASSERT(value.scale <= DECIMAL_SCALE_MAX);
    if (value.scale <= 9) {
        static const struct decimal_style plain = {'.', 0};
        amount_format(value.mantissa, value.scale, written);
        ASSERT(decimal_parse(written, strlen(written), plain, &again) == ERR_OK);
        ASSERT(again.scale <= value.scale); /* without zeros at the end */
        ASSERT(decimal_to_minor_exact(again, value.scale, &minor) == ERR_OK);
        ASSERT(minor == value.mantissa);
    }
    for (int rounding = 0; rounding < ROUNDING_COUNT; rounding++) {
        enum err err = decimal_to_minor(value, 2, (enum rounding)rounding, &minor);
        ASSERT(err == ERR_OK || err == ERR_RANGE);
    }
    if (decimal_add(value, value, &again) == ERR_OK) {
        ASSERT(again.scale <= DECIMAL_SCALE_MAX);
    }
    if (decimal_multiply(value, value, &again) == ERR_OK) {
        ASSERT(again.scale <= DECIMAL_SCALE_MAX);
    }
}

static void read_point_decimal(const char *text)
{
    read_decimal(text, (struct decimal_style){'.', ','});
}

static void read_comma_decimal(const char *text)
{
    read_decimal(text, (struct decimal_style){',', ' '});
}

static void read_time(const char *text)
{
    struct unix_ms time;
    struct unix_ms again;
    char written[TIME_TEXT_MAX];
    if (unix_ms_parse(text, &time) == ERR_OK) {
        ASSERT(unix_ms_parse(unix_ms_format(time, written), &again) == ERR_OK);
        ASSERT(again.ms == time.ms);
    }
}

static void read_period(const char *text)
{
    struct period period;
    struct period again;
    char written[PERIOD_TEXT_MAX];
    if (period_parse(text, &period) == ERR_OK) {
        ASSERT(period_parse(period_format(period, written), &again) == ERR_OK);
        ASSERT(again.code == period.code);
        enum period_unit unit = period_unit_of(period);
        ASSERT(period_equal(period_at(unit, period_first_day(period)), period));
        ASSERT(period_equal(period_at(unit, period_last_day(period)), period));
        struct period next = period_next(period);
        bool is_in_time = period_is_valid(next); /* the year 9999 ends */
        ASSERT(!is_in_time || period_first_day(next) == period_last_day(period) + 1);
    }
}

static void read_uid(const char *text)
{
    struct uid uid;
    struct uid again;
    char written[UID_TEXT_MAX];
    if (uid_parse(text, &uid) == ERR_OK) {
        ASSERT(uid_parse(uid_format(&uid, written), &again) == ERR_OK && uid_equal(&uid, &again));
    }
}

static void read_card(const char *text)
{
    struct card_number card;
    struct card_number again;
    if (card_number_parse(text, &card) == ERR_OK) {
        size_t length = strlen(card.digits);
        ASSERT(length >= CARD_DIGITS_MIN && length <= CARD_DIGITS_MAX);
        ASSERT(card_check_digit(card.digits, length - 1) == card.digits[length - 1]);
        ASSERT(card_number_parse(card.digits, &again) == ERR_OK);
        ASSERT(memcmp(&card, &again, sizeof card) == 0);
    }
}

static void read_names(const char *text)
{
    struct partner_id partner;
    struct partner_id again;
    struct card_prefix prefix;
    uint8_t bytes[8];
    char written[17];
    if (partner_id_parse(text, &partner) == ERR_OK) {
        ASSERT(strcmp(partner.text, text) == 0);
        ASSERT(partner_id_parse(partner.text, &again) == ERR_OK);
        ASSERT(partner_id_equal(&partner, &again));
    }
    if (card_prefix_parse(text, &prefix) == ERR_OK) {
        struct card_number card;
        ASSERT(card_number_make(&prefix, 1, &card) == ERR_OK && card_has_prefix(&card, &prefix));
    }
    if (hex_parse(text, bytes, sizeof bytes) == ERR_OK) {
        ASSERT(strcasecmp(hex_format(bytes, sizeof bytes, written), text) == 0);
    }
}

static void read_address(const char *text)
{
    struct address address;
    struct address again;
    char written[ADDRESS_TEXT_MAX];
    if (address_parse(text, &address) == ERR_OK) {
        ASSERT(address_parse(address_format(&address, written), &again) == ERR_OK);
        ASSERT(address_equal(&address, &again));
    }
}

/* A format, a bar, and the text to be read by it. */
static void read_date(const char *text)
{
    CLEANUP(fuzz_text_free) char *format = fuzz_text(slice_of(text, strcspn(text, "|")));
    const char *bar = strchr(text, '|');
    struct unix_ms time;
    struct civil local;
    struct unix_ms local_ms;
    int offset;
    ASSERT(format != NULL);
    if (date_offset_parse(text, &offset) == ERR_OK) {
        ASSERT(offset > -24 * 60 && offset < 24 * 60);
    }
    if (bar != NULL && date_format_check(format) == ERR_OK &&
        date_parse(bar + 1, format, 60, &time, &local) == ERR_OK) {
        ASSERT(civil_to_unix(&local, &local_ms) == ERR_OK);
        int64_t apart = time.ms - local_ms.ms;
        ASSERT(apart > -DAY_MS - 1000 && apart < DAY_MS + 1000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    /* Their order is the numbers in the corpus. */
    static void (*const readers[])(const char *text) = {
        read_point_decimal, read_comma_decimal, read_time,    read_period, read_uid,
        read_card,          read_names,         read_address, read_date};
    struct slice bytes = slice_of(at, length);
    unsigned choice;
    if (!fuzz_choose(&bytes, sizeof readers / sizeof readers[0], &choice)) {
        return 0;
    }
    CLEANUP(fuzz_text_free) char *text = fuzz_text(bytes);
    ASSERT(text != NULL);
    readers[choice](text);
    return 0;
}
