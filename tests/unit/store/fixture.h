/* What the store's tests share: a folder that goes away, batches whose bytes follow from their row,
 * a seed, a disk that fails on demand. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/faults.h"

#define assert_ok(expression) assert_int_equal(expression, ERR_OK)

struct folder {
    char parent[64]; /* made by the fixture */
    char path[80];   /* made by the store */
};

void folder_make(struct folder *folder);
/* The store's files, the store's folder, the parent. */
void folder_remove(const struct folder *folder);

struct journal_file *open_journal(const struct folder *folder, enum journal_mode mode);
struct state *open_state(const struct folder *folder, enum state_mode mode);
/* With a bound of its own for the cache. */
struct state *open_small_state(const struct folder *folder, size_t cache_bytes);
/* What the writer has written belongs to rows up to `last_row`, and readers see it. */
void make_visible(struct state *state, struct state_writer *writer, uint64_t last_row);
/* A member's id (16 bytes), made of a short text. */
struct slice member_key(const char *text, uint8_t out[16]);

/* The seed of the environment variable TALEA_TEST_SEED, else from the clock; printed. */
uint64_t seed_begin(void);
uint64_t random_next(uint64_t *seed);
/* 0 to bound - 1. */
uint64_t random_below(uint64_t *seed, uint64_t bound);

/* The batch that begins at `first_row`: its count and bytes depend on nothing else. At most
 * `bytes_max` bytes. */
uint32_t batch_count(uint64_t first_row);
void batch_fill(uint64_t first_row, size_t bytes_max, struct buffer *out);

/* Fails the commit that comes after `countdown` others, once, with `result`; 0 for `result` never.
 */
struct fault {
    int countdown;
    int result;
};

struct store_faults fault_hook(struct fault *fault);

#endif
