#include "programme/coupon_code.h"

#include <string.h>

#define BASE        32u
#define SECRET_TAIL (COUPON_TAIL - 1)

static const char alphabet[BASE + 1] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

bool coupon_code_fits(struct slice prefix)
{
    return prefix.length + COUPON_TAIL <= LIMIT_CODE_BYTES;
}

/* The check character's value: each second digit, beginning with the last, counts twice, by the sum
 * of its own digits in base 32. */
static unsigned check_of(const uint8_t values[SECRET_TAIL])
{
    unsigned sum = 0;
    for (unsigned i = 0; i < SECRET_TAIL; i++) {
        unsigned factor = (SECRET_TAIL - i) % 2 == 1 ? 2 : 1;
        unsigned product = values[i] * factor;
        sum += product / BASE + product % BASE;
    }
    return (BASE - sum % BASE) % BASE;
}

void coupon_code_write(struct slice prefix, const uint8_t secret[COUPON_SECRET_BYTES],
                       char out_text[LIMIT_CODE_BYTES + 1])
{
    uint8_t values[SECRET_TAIL];
    for (unsigned i = 0; i < SECRET_TAIL; i++) {
        unsigned bit = i * 5;
        unsigned at = bit / 8;
        unsigned next = at + 1 < COUPON_SECRET_BYTES ? secret[at + 1] : 0;
        unsigned window = (unsigned)secret[at] << 8 | next;
        values[i] = (uint8_t)(window >> (11 - bit % 8) & (BASE - 1));
    }
    memcpy(out_text, prefix.at, prefix.length);
    char *to = out_text + prefix.length;
    for (unsigned i = 0; i < SECRET_TAIL; i++) {
        *to++ = alphabet[values[i]];
    }
    *to++ = alphabet[check_of(values)];
    *to = '\0';
}

bool coupon_code_is_sound(struct slice prefix, struct slice code)
{
    uint8_t values[COUPON_TAIL];
    if (code.length != prefix.length + COUPON_TAIL ||
        memcmp(code.at, prefix.at, prefix.length) != 0) {
        return false;
    }
    for (unsigned i = 0; i < COUPON_TAIL; i++) {
        const char *found = memchr(alphabet, code.at[prefix.length + i], BASE);
        if (found == NULL) {
            return false;
        }
        values[i] = (uint8_t)(found - alphabet);
    }
    return check_of(values) == values[SECRET_TAIL];
}
