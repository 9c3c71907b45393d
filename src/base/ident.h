/* Identifiers: transaction and member ids (UUID), partners, cards. All are plain values. */
#ifndef BASE_IDENT_H
#define BASE_IDENT_H

#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* RFC 9562 UUID, 16 bytes in network order. Callers make version 7 (time-ordered). */
struct uid {
    uint8_t bytes[16];
};

#define UID_TEXT_MAX 37 /* bytes, with the final NUL */

/* Version 7 from a time and 10 bytes of randomness, both given by the caller. */
struct uid uid_v7(int64_t unix_ms, const uint8_t randomness[10]);
/* Version 8 (custom): a time and 10 bytes of a hash, so that the same source gives the same id and
 * ids still sort by time. */
struct uid uid_v8(int64_t unix_ms, const uint8_t hash[10]);
MUST_USE enum err uid_parse(const char *text, struct uid *out_uid);
const char *uid_format(const struct uid *uid, char out_text[UID_TEXT_MAX]);
static inline bool uid_equal(const struct uid *a, const struct uid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline bool uid_is_nil(const struct uid *uid)
{
    uint64_t halves[2];
    memcpy(halves, uid->bytes, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

#define PARTNER_ID_MAX 16 /* bytes, with the final NUL */

/* A brand within the coalition: 1 to 15 characters of [a-z0-9-], first a letter; zero-padded, so
 * that equal ids are equal bytes and memcmp orders them. */
struct partner_id {
    char text[PARTNER_ID_MAX];
};

MUST_USE enum err partner_id_parse(const char *text, struct partner_id *out_partner);
static inline bool partner_id_equal(const struct partner_id *a, const struct partner_id *b)
{
    return memcmp(a->text, b->text, sizeof a->text) == 0;
}

int partner_id_compare(const struct partner_id *a, const struct partner_id *b);

#define CARD_DIGITS_MAX 19 /* ISO/IEC 7812-1 */
#define CARD_DIGITS_MIN 12
#define CARD_PREFIX_MAX 8
#define CARD_PREFIX_MIN 4

/* A card number: partner prefix, number, Luhn check digit (ISO/IEC 7812-1, annex B). Digits only,
 * zero-padded with NUL bytes. */
struct card_number {
    char digits[CARD_DIGITS_MAX + 1];
};

/* A partner's card prefix, digits only, first not 0. */
struct card_prefix {
    char digits[CARD_PREFIX_MAX + 1];
};

/* Blanks and dashes between digits are allowed. ERR_INPUT for length, characters or check digit. */
MUST_USE enum err card_number_parse(const char *text, struct card_number *out_card);
/* The 16-digit card with this serial under a prefix. ERR_RANGE when the serial does not fit. */
MUST_USE enum err card_number_make(const struct card_prefix *prefix, uint64_t serial,
                                   struct card_number *out_card);
MUST_USE enum err card_prefix_parse(const char *text, struct card_prefix *out_prefix);
bool card_number_equal(const struct card_number *a, const struct card_number *b);
bool card_has_prefix(const struct card_number *card, const struct card_prefix *prefix);
/* The Luhn check digit of `length` digits, as a character. */
char card_check_digit(const char *digits, size_t length);

/* The slot of a member, 0 to 1,023: FNV-1a over the 16 id bytes, folded. Stable for ever. */
unsigned member_slot(const struct uid *member);

#endif
