/* What is kept, as evidence of a change of numbers, of coupons' codes that were issued by hand:
 * with which secret, and of one that was for somebody, what and for whom; and who revoked some, and
 * why. Its first byte tells it from what is kept of a judged occasion.
 *
 * Pure; any thread. Texts point into the bytes after a read.
 */
#ifndef PROGRAMME_KEPT_ISSUE_H
#define PROGRAMME_KEPT_ISSUE_H

#include "base/bytes.h"
#include "base/ident.h"

#define ISSUE_SEED_BYTES 32u

/* Of all codes of one issue. */
struct kept_issue {
    struct slice coupon; /* its name */
    uint64_t count;
    int64_t until_day; /* INT64_MAX: never */
    uint8_t seed[ISSUE_SEED_BYTES];
};

/* Of one code that is for a member of this brand. */
struct kept_code {
    struct slice coupon;
    struct slice code;
    int64_t until_day;
    struct uid member;
};

/* Of codes that were revoked: one, or all of an issue. */
struct kept_revocation {
    struct slice coupon;
    struct slice code; /* empty: of an issue */
    struct uid issue;  /* else nil */
    struct slice by;   /* the name in the certificate of who did */
    struct slice reason;
};

/* Stick to the buffer's error. */
void kept_issue_encode(const struct kept_issue *issue, struct buffer *out);
void kept_code_encode(const struct kept_code *code, struct buffer *out);
void kept_revocation_encode(const struct kept_revocation *revocation, struct buffer *out);
/* ERR_NOT_FOUND when the bytes are of something else, ERR_CORRUPT. */
MUST_USE enum err kept_issue_decode(struct slice bytes, struct kept_issue *out_issue);
MUST_USE enum err kept_code_decode(struct slice bytes, struct kept_code *out_code);
MUST_USE enum err kept_revocation_decode(struct slice bytes,
                                         struct kept_revocation *out_revocation);

#endif
