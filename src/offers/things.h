/* Texts that were seen, by number. Internal to the module. Not thread-safe. */
#ifndef OFFERS_THINGS_H
#define OFFERS_THINGS_H

#include "base/bytes.h"

struct thing_row {
    uint32_t at; /* in `texts` */
    uint32_t length;
    uint64_t hash;
};

struct things {
    struct thing_row *rows;
    size_t count;
    size_t capacity;
    uint32_t *places; /* open addressing: number + 1; 0 is free */
    size_t place_count;
    struct buffer texts;
    size_t most;
};

/* At most so many. Zeroes are fine for things_fini. */
void things_init(struct things *things, size_t most);
void things_fini(struct things *things);
/* The text's number; `*out_is_new` may be NULL. ERR_RESOURCE without memory or beyond the most. */
MUST_USE enum err things_number(struct things *things, struct slice text, uint32_t *out_number,
                                bool *out_is_new);
/* ERR_NOT_FOUND: it has none. */
MUST_USE enum err things_find(const struct things *things, struct slice text, uint32_t *out_number);
/* Borrowed until the next number. */
struct slice things_text(const struct things *things, uint32_t number);

#endif
