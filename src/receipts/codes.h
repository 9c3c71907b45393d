/* Coupons' codes of a row and of a receipt. Internal to this module. */
#ifndef RECEIPTS_CODES_H
#define RECEIPTS_CODES_H

#include "receipts/decode.h"

/* In any case of its letters. */
bool codes_have(const char *const *codes, size_t count, const char *code);

#endif
