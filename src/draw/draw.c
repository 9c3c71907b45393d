#include "draw/draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PPM INT64_C(1000000)

static void add_line(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, slice_of(text, strlen(text)));
    hasher_add(hasher, slice_of("\n", 1));
}

struct hash draw_commitment(const char *name, const struct draw_seed *seed)
{
    struct hasher hasher;
    char text[2 * DRAW_SEED_BYTES + 1];
    hasher_init_file(&hasher);
    add_line(&hasher, name);
    add_line(&hasher, hex_format(seed->bytes, sizeof seed->bytes, text));
    return hasher_finish(&hasher);
}

void draw_entrant_id(const char *name, const char *owner, const uint8_t blind[DRAW_BLIND_BYTES],
                     uint8_t out_id[DRAW_ID_BYTES])
{
    struct hasher hasher;
    char text[2 * DRAW_BLIND_BYTES + 1];
    hasher_init_file(&hasher);
    add_line(&hasher, name);
    add_line(&hasher, owner);
    add_line(&hasher, hex_format(blind, DRAW_BLIND_BYTES, text));
    struct hash hash = hasher_finish(&hasher);
    memcpy(out_id, hash.bytes, DRAW_ID_BYTES);
}

static int compare_ids(const void *a, const void *b)
{
    const struct draw_entrant *x = a;
    const struct draw_entrant *y = b;
    return memcmp(x->id, y->id, DRAW_ID_BYTES);
}

void draw_sort(struct draw_entrant *entrants, size_t count)
{
    if (count > 0) {
        qsort(entrants, count, sizeof entrants[0], compare_ids);
    }
}

size_t draw_entrant_line(const struct draw_entrant *entrant, char out_line[DRAW_LINE_MAX])
{
    char id[2 * DRAW_ID_BYTES + 1];
    int length = snprintf(out_line, DRAW_LINE_MAX, "entrant %s %" PRIu64 "\n",
                          hex_format(entrant->id, DRAW_ID_BYTES, id), entrant->tickets);
    ASSERT(length > 0 && length < DRAW_LINE_MAX);
    return (size_t)length;
}

enum err draw_list_hash(const struct draw_entrant *entrants, size_t count, struct hash *out_hash,
                        uint64_t *out_tickets)
{
    struct hasher hasher;
    uint64_t tickets = 0;
    hasher_init_file(&hasher);
    for (size_t i = 0; i < count; i++) {
        char line[DRAW_LINE_MAX];
        const struct draw_entrant *entrant = &entrants[i];
        if (entrant->tickets == 0 || (i > 0 && compare_ids(entrant - 1, entrant) >= 0)) {
            return ERR_INPUT;
        }
        if (entrant->tickets > LIMIT_DRAW_TICKETS - tickets) {
            return ERR_RANGE;
        }
        tickets += entrant->tickets;
        size_t length = draw_entrant_line(entrant, line);
        hasher_add(&hasher, slice_of(line, length));
    }
    if (count == 0) {
        return ERR_INPUT;
    }
    *out_hash = hasher_finish(&hasher);
    *out_tickets = tickets;
    return ERR_OK;
}

uint32_t draw_chance_ppm(uint64_t tickets, uint64_t total, size_t wanted)
{
    int64_t none = PPM * PPM; /* that nothing was won so far */
    if (total == 0 || tickets == 0 || wanted == 0) {
        return 0;
    }
    for (size_t i = 0; i < wanted; i++) {
        if (total <= tickets) { /* all that is left is one's own */
            return (uint32_t)PPM;
        }
        if (int64_mul_div(none, (int64_t)(total - tickets), (int64_t)total, ROUNDING_UP, &none) !=
            ERR_OK) {
            return 0;
        }
        total--;
    }
    return (uint32_t)((PPM * PPM - none) / PPM);
}
