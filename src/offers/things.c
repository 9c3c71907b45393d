#include "offers/things.h"

#include <stdlib.h>

#include "programme/hash.h"

#define PLACES_FIRST 1024

void things_init(struct things *things, size_t most)
{
    *things = (struct things){.most = most, .texts = {.limit = UINT32_MAX}};
}

void things_fini(struct things *things)
{
    free(things->rows);
    free(things->places);
    buffer_fini(&things->texts);
}

static uint64_t hash_of_text(struct slice text)
{
    uint64_t hash = hash_bytes(HASH_BEGIN, text);
    return hash ^ hash >> 32;
}

struct slice things_text(const struct things *things, uint32_t number)
{
    return slice_of(things->texts.at + things->rows[number].at, things->rows[number].length);
}

/* The text's place, or the free one where it would be. */
static uint32_t *place_of(const struct things *things, uint64_t hash, struct slice text)
{
    size_t mask = things->place_count - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t *place = &things->places[i];
        if (*place == 0 || (things->rows[*place - 1].hash == hash &&
                            slice_equal(things_text(things, *place - 1), text))) {
            return place;
        }
    }
}

static enum err grow_rows(struct things *things)
{
    if (things->count < things->capacity) {
        return ERR_OK;
    }
    size_t capacity = things->capacity == 0 ? PLACES_FIRST : things->capacity * 2;
    struct thing_row *rows = realloc(things->rows, capacity * sizeof rows[0]);
    if (rows == NULL) {
        return ERR_RESOURCE;
    }
    things->rows = rows;
    things->capacity = capacity;
    return ERR_OK;
}

static enum err grow_places(struct things *things)
{
    if ((things->count + 1) * 2 <= things->place_count) {
        return ERR_OK;
    }
    size_t count = things->place_count == 0 ? PLACES_FIRST : things->place_count * 2;
    uint32_t *places = calloc(count, sizeof places[0]);
    if (places == NULL) {
        return ERR_RESOURCE;
    }
    free(things->places);
    things->places = places;
    things->place_count = count;
    for (size_t i = 0; i < things->count; i++) {
        size_t at = (size_t)things->rows[i].hash & (count - 1);
        while (places[at] != 0) {
            at = (at + 1) & (count - 1);
        }
        places[at] = (uint32_t)i + 1;
    }
    return ERR_OK;
}

enum err things_find(const struct things *things, struct slice text, uint32_t *out_number)
{
    uint32_t place = things->count == 0 ? 0 : *place_of(things, hash_of_text(text), text);
    if (place == 0) {
        return ERR_NOT_FOUND;
    }
    *out_number = place - 1;
    return ERR_OK;
}

enum err things_number(struct things *things, struct slice text, uint32_t *out_number,
                       bool *out_is_new)
{
    TRY(grow_places(things));
    uint64_t hash = hash_of_text(text);
    uint32_t *place = place_of(things, hash, text);
    bool is_new = *place == 0;
    if (is_new) {
        if (things->count >= things->most) {
            return ERR_RESOURCE;
        }
        TRY(grow_rows(things));
        size_t at = things->texts.length;
        write_bytes(&things->texts, text.at, text.length);
        TRY(things->texts.err);
        things->rows[things->count] = (struct thing_row){(uint32_t)at, (uint32_t)text.length, hash};
        *place = (uint32_t)++things->count;
    }
    *out_number = *place - 1;
    if (out_is_new != NULL) {
        *out_is_new = is_new;
    }
    return ERR_OK;
}
