/* A hash of texts that are the operator's own: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/).
 */
#ifndef PROGRAMME_HASH_H
#define PROGRAMME_HASH_H

#include "base/bytes.h"

#define HASH_BEGIN UINT64_C(14695981039346656037)

static inline uint64_t hash_add(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(1099511628211);
}

static inline uint64_t hash_bytes(uint64_t hash, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        hash = hash_add(hash, bytes.at[i]);
    }
    return hash;
}

#endif
