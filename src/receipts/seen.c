#include "receipts/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "receipts/hash.h"

#define SEEN_CAPACITY_MIN  256u
#define SEEN_CAPACITY_KEPT 4096u /* over a clear */

void seen_fini(struct seen *seen)
{
    free(seen->hashes);
    free(seen->rows);
    *seen = (struct seen){.count = 0};
}

void seen_clear(struct seen *seen)
{
    if (seen->capacity > SEEN_CAPACITY_KEPT) {
        seen_fini(seen);
    } else if (seen->count > 0) {
        memset(seen->hashes, 0, seen->capacity * sizeof *seen->hashes);
        seen->count = 0;
    }
}

static size_t slot_of(const struct seen *seen, uint64_t hash)
{
    size_t slot = (size_t)hash & (seen->capacity - 1);
    while (seen->hashes[slot] != 0 && seen->hashes[slot] != hash) {
        slot = (slot + 1) & (seen->capacity - 1);
    }
    return slot;
}

static enum err seen_grow(struct seen *seen)
{
    struct seen larger = {.count = seen->count};
    larger.capacity = seen->capacity == 0 ? SEEN_CAPACITY_MIN : seen->capacity * 2;
    larger.hashes = calloc(larger.capacity, sizeof *larger.hashes);
    larger.rows = malloc(larger.capacity * sizeof *larger.rows);
    if (larger.hashes == NULL || larger.rows == NULL) {
        free(larger.hashes);
        free(larger.rows);
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < seen->capacity; i++) {
        if (seen->hashes[i] != 0) {
            size_t slot = slot_of(&larger, seen->hashes[i]);
            larger.hashes[slot] = seen->hashes[i];
            larger.rows[slot] = seen->rows[i];
        }
    }
    free(seen->hashes);
    free(seen->rows);
    *seen = larger;
    return ERR_OK;
}

enum err seen_add(struct seen *seen, struct slice key, uint64_t row, uint64_t *out_before)
{
    ASSERT(row >= 1);
    if (seen->count >= seen->capacity / 4 * 3) {
        if (seen->count >= LIMIT_IMPORT_RECEIPTS) {
            return ERR_RESOURCE;
        }
        TRY(seen_grow(seen));
    }
    uint64_t hash = table_hash(key);
    hash = hash == 0 ? 1 : hash;
    size_t slot = slot_of(seen, hash);
    if (seen->hashes[slot] == hash) {
        *out_before = seen->rows[slot];
        return ERR_OK;
    }
    seen->hashes[slot] = hash;
    seen->rows[slot] = row < UINT32_MAX ? (uint32_t)row : UINT32_MAX;
    seen->count++;
    *out_before = 0;
    return ERR_OK;
}
