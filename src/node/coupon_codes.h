/* Codes of an issue in which each member gets one: they follow from the issue and the member.
 */
#ifndef NODE_COUPON_CODES_H
#define NODE_COUPON_CODES_H

#include "ledger/standings.h"

/* For ever the same of this secret and this owner. */
void coupon_own_code(const uint8_t seed[32], const struct standing_owner *owner,
                     struct slice prefix, char out_code[LIMIT_CODE_BYTES + 1]);
/* An id that follows from another and from what stands behind it, and sorts by the same time. */
struct uid coupon_derived_id(const struct uid *id, struct slice what);

#endif
