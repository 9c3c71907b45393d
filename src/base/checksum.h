/* XXH3-64 (Yann Collet's xxHash, its specification version 0.8, seed 0): finds accidents, proves
 * nothing. Stored: the same bytes have the same checksum for ever. Any thread. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include "base/bytes.h"

uint64_t checksum_of(struct slice bytes);

#endif
