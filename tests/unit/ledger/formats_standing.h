/* The formats of what programmes remember, beside those of formats.c. */
#ifndef TESTS_LEDGER_FORMATS_STANDING_H
#define TESTS_LEDGER_FORMATS_STANDING_H

#include "ledger_test.h"

size_t formats_standing(struct format *out_formats);

#endif
