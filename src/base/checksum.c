#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t checksum_of(struct slice bytes)
{
    return XXH3_64bits(bytes.at, bytes.length);
}
