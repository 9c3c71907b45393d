/* The formats of what an office says of members, beside those of formats.c. */
#ifndef TESTS_LEDGER_FORMATS_REMARK_H
#define TESTS_LEDGER_FORMATS_REMARK_H

#include "ledger_test.h"

size_t formats_remark(struct format *out_formats);

#endif
