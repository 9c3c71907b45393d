/* Codes of coupons: whose a code is, and what is remembered of one that was issued. Pure; any
 * thread.
 *
 * A code that is issued has a standing of its own: until when it is good, and for whom; what caps
 * of the code count is added to it. How codes are made up so that nobody guesses one is the
 * caller's.
 */
#ifndef PROGRAMME_COUPON_H
#define PROGRAMME_COUPON_H

#include "base/limits.h"
#include "programme/rules.h"

/* The coupon that a code is of, by its place in the list; NO_COUPON. */
uint16_t coupon_of_code(const struct rules_text *text, struct slice code);

/* A code as somebody typed it, without the blanks around it. */
struct slice coupon_typed(struct slice text);
/* The same but for the case of ASCII's letters? */
bool coupon_is_alike(struct slice one, struct slice other);
/* A typed code as the programme writes it, whatever its case: a listed one as it is listed, of one
 * with a coupon's prefix that prefix and the rest in capitals; what is of no coupon stays. Gives
 * the code itself, what is in the rules, or what is in `room`. */
struct slice coupon_code_settle(const struct rules_text *text, struct slice code,
                                char room[LIMIT_CODE_BYTES]);

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
/* Has a cap of the code counted anything? */
bool coupon_is_used(const struct coupon *coupon, const struct standing *code);
bool coupon_is_for(const struct coupon *coupon, const struct standing *code, struct slice key);
/* The numbers of a code, of a personal coupon, say from now on that it is for whoever has `key`. */
void coupon_hand_on(const struct coupon *coupon, struct standing_number *numbers, size_t count,
                    struct slice key);

/* How often sales took a code that was issued, and how often quotes hold it. A revocation adds
 * COUPON_REVOKED to both, up to just what it saw of them and that; a sale or a quote adds one up to
 * COUPON_TAKEN_MAX. So of two that come at once only one takes place, and who comes second judges
 * again. */
#define COUPON_REVOKED   (INT64_C(1) << 62)
#define COUPON_TAKEN_MAX (INT64_C(1) << 61)
uint64_t coupon_taken_slot(const struct coupon *coupon);
uint64_t coupon_held_slot(const struct coupon *coupon);
bool coupon_is_revoked(const struct coupon *coupon, const struct standing *code);
/* How often quotes hold it. */
int64_t coupon_held(const struct coupon *coupon, const struct standing *code);
/* Has each rule of the coupon taken the code as often as it may, in the window that counts on that
 * day? `spare` of what was counted is left out of account. ERR_RANGE. */
MUST_USE enum err coupon_use_up(const struct rules *rules, uint16_t coupon,
                                const struct standing *code, int64_t day, int64_t spare,
                                bool *out_is_used_up);

/* The numbers of the programme as a whole that say how many codes of the coupon were issued, how
 * often codes of it were used, how many were revoked, and how often these were used: before, or
 * since as a quote had promised, less what came back. */
uint64_t coupon_issued_slot(const struct coupon *coupon);
uint64_t coupon_used_slot(const struct coupon *coupon);
uint64_t coupon_revoked_slot(const struct coupon *coupon);
uint64_t coupon_revoked_uses_slot(const struct coupon *coupon);
/* The coupon that the name is of, by its place, if its codes are issued; else NO_COUPON. */
uint16_t coupon_issued_as(const struct rules_text *text, struct slice name);

#endif
