/* How a code that is issued looks: the coupon's prefix, sixteen characters that nobody guesses, and
 * one that tells when it was mistyped.
 *
 *   S-7K3Q9D0MXA4TZ2VH8
 *
 * The alphabet is Crockford's base 32 (no I, L, O, U: https://www.crockford.com/base32.html), the
 * last character is the check character of the Luhn algorithm mod 32 over those before it, which
 * finds each single wrong character and nearly every exchange of neighbours. Pure; any thread.
 */
#ifndef PROGRAMME_COUPON_CODE_H
#define PROGRAMME_COUPON_CODE_H

#include "base/bytes.h"
#include "base/limits.h"

#define COUPON_SECRET_BYTES 10u /* 80 bits */
#define COUPON_TAIL         17u /* characters behind the prefix */

/* Is there room for a code behind the prefix? */
bool coupon_code_fits(struct slice prefix);
/* The code of the secret bytes; the prefix fits. */
void coupon_code_write(struct slice prefix, const uint8_t secret[COUPON_SECRET_BYTES],
                       char out_text[LIMIT_CODE_BYTES + 1]);
/* Does it look like one with this prefix, with the right check character? */
bool coupon_code_is_sound(struct slice prefix, struct slice code);

#endif
