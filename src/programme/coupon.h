/* Codes of coupons: whose a code is, and what is remembered of one that was issued. Pure; any
 * thread.
 *
 * A code that is issued has a standing of its own: until when it is good, and for whom; what caps
 * of the code count is added to it. How codes are made up so that nobody guesses one is the
 * caller's.
 */
#ifndef PROGRAMME_COUPON_H
#define PROGRAMME_COUPON_H

#include "programme/rules.h"

/* The coupon that a code is of, by its place in the list; NO_COUPON. */
uint16_t coupon_of_code(const struct rules_text *text, struct slice code);

/* ERR_INPUT with a note: a coupon without codes, with too many, or a code of two coupons. */
MUST_USE enum err coupons_check(const struct rules_text *text, struct note *note);

#define COUPON_ISSUE_STEPS 2u

/* What changes in the standing of a code, which has none yet, when it is issued: good before
 * `until_day`, for the member with that key where the coupon is personal. At most
 * COUPON_ISSUE_STEPS. ERR_RESOURCE. */
MUST_USE enum err coupon_issue(const struct coupon *coupon, int64_t until_day, struct slice key,
                               struct arena *arena, struct standing_changes *out_changes);

/* The first day on which a code is over, as its standing says; INT64_MAX for one that is listed, 0
 * for one that was not issued. */
int64_t coupon_until(const struct coupon *coupon, const struct standing *code);
bool coupon_is_for(const struct coupon *coupon, const struct standing *code, struct slice key);
/* The numbers of a code, of a personal coupon, say from now on that it is for whoever has `key`. */
void coupon_hand_on(const struct coupon *coupon, struct standing_number *numbers, size_t count,
                    struct slice key);

/* The numbers of the programme as a whole that say how many codes of the coupon were issued, and
 * how often codes of it were used. */
uint64_t coupon_issued_slot(const struct coupon *coupon);
uint64_t coupon_used_slot(const struct coupon *coupon);
/* The coupon that the name is of, by its place, if its codes are issued; else NO_COUPON. */
uint16_t coupon_issued_as(const struct rules_text *text, struct slice name);

#endif
