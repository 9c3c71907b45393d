#include "base/ident.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

static struct uid uid_timed(int64_t unix_ms, const uint8_t tail[10], uint8_t version)
{
    struct uid u;
    uint64_t ms = (uint64_t)unix_ms;
    for (unsigned i = 0; i < 6; i++) {
        u.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    }
    memcpy(u.bytes + 6, tail, 10);
    u.bytes[6] = (uint8_t)((u.bytes[6] & 0x0f) | (version << 4));
    u.bytes[8] = (uint8_t)((u.bytes[8] & 0x3f) | 0x80);
    return u;
}

struct uid uid_v7(int64_t unix_ms, const uint8_t randomness[10])
{
    return uid_timed(unix_ms, randomness, 7);
}

struct uid uid_v8(int64_t unix_ms, const uint8_t hash[10])
{
    return uid_timed(unix_ms, hash, 8);
}

enum err uid_parse(const char *text, struct uid *out_uid)
{
    uuid_t parsed;
    if (strlen(text) != UID_TEXT_MAX - 1 || uuid_parse(text, parsed) != 0) {
        return ERR_INPUT;
    }
    memcpy(out_uid->bytes, parsed, sizeof out_uid->bytes);
    return ERR_OK;
}

const char *uid_format(const struct uid *uid, char out_text[UID_TEXT_MAX])
{
    uuid_unparse_lower(uid->bytes, out_text);
    return out_text;
}

enum err partner_id_parse(const char *text, struct partner_id *out_partner)
{
    size_t length = strnlen(text, PARTNER_ID_MAX);
    if (length == 0 || length >= PARTNER_ID_MAX || text[0] < 'a' || text[0] > 'z') {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return ERR_INPUT;
        }
    }
    memset(out_partner->text, 0, sizeof out_partner->text);
    memcpy(out_partner->text, text, length);
    return ERR_OK;
}

int partner_id_compare(const struct partner_id *a, const struct partner_id *b)
{
    return memcmp(a->text, b->text, sizeof a->text);
}

char card_check_digit(const char *digits, size_t length)
{
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(digits[length - 1 - i] - '0');
        if (i % 2 == 0) {
            digit *= 2;
            digit = digit > 9 ? digit - 9 : digit;
        }
        sum += digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

enum err card_number_parse(const char *text, struct card_number *out_card)
{
    struct card_number card = {{0}};
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (*text >= '0' && *text <= '9') {
            if (count == CARD_DIGITS_MAX) {
                return ERR_INPUT;
            }
            card.digits[count++] = *text;
        } else if ((*text != ' ' && *text != '-') || count == 0) {
            return ERR_INPUT;
        }
    }
    if (count < CARD_DIGITS_MIN ||
        card_check_digit(card.digits, count - 1) != card.digits[count - 1]) {
        return ERR_INPUT;
    }
    *out_card = card;
    return ERR_OK;
}

#define CARD_MADE_DIGITS 16

enum err card_number_make(const struct card_prefix *prefix, uint64_t serial,
                          struct card_number *out_card)
{
    struct card_number card = {{0}};
    size_t prefix_length = strlen(prefix->digits);
    int width = CARD_MADE_DIGITS - 1 - (int)prefix_length;
    char number[24];
    int written = snprintf(number, sizeof number, "%0*" PRIu64, width, serial);
    if (written != width) {
        return ERR_RANGE;
    }
    memcpy(card.digits, prefix->digits, prefix_length);
    memcpy(card.digits + prefix_length, number, (size_t)width);
    card.digits[CARD_MADE_DIGITS - 1] = card_check_digit(card.digits, CARD_MADE_DIGITS - 1);
    *out_card = card;
    return ERR_OK;
}

enum err card_prefix_parse(const char *text, struct card_prefix *out_prefix)
{
    size_t length = strnlen(text, CARD_PREFIX_MAX + 1);
    if (length < CARD_PREFIX_MIN || length > CARD_PREFIX_MAX || text[0] == '0' ||
        strspn(text, "0123456789") != length) {
        return ERR_INPUT;
    }
    memset(out_prefix->digits, 0, sizeof out_prefix->digits);
    memcpy(out_prefix->digits, text, length);
    return ERR_OK;
}

bool card_number_equal(const struct card_number *a, const struct card_number *b)
{
    return strncmp(a->digits, b->digits, sizeof a->digits) == 0;
}

bool card_has_prefix(const struct card_number *card, const struct card_prefix *prefix)
{
    return strncmp(card->digits, prefix->digits, strlen(prefix->digits)) == 0;
}

unsigned member_slot(const struct uid *member)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < sizeof member->bytes; i++) {
        hash = (hash ^ member->bytes[i]) * 16777619u;
    }
    return (hash ^ (hash >> 10) ^ (hash >> 20)) & 1023u;
}
