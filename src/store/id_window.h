/* The transactions that were written lately: the newest rows of TABLE_TRANSACTION.
 *
 * Each command brings one, which is written once, hardly ever asked for again, and never changed
 * but by being forgotten. So they need neither versions nor a place of their own in the row table:
 * they stand one behind the other in the order in which they came, each batch's behind the one
 * before, and what LMDB has leaves at the front. What does not fit (another kind of key or value,
 * one that is there already) is a row like others, and comes before what stands here.
 *
 * A position counts entries from the first one ever; it comes round after 2^32.
 *
 * Threads: one writer changes it, under the lock; others look under the lock, the writer without.
 */
#ifndef STORE_ID_WINDOW_H
#define STORE_ID_WINDOW_H

#include "store/row.h"
#include "store/spin.h"

#define ID_ORIGINS     64u
#define ID_CHUNK_COUNT 4096u /* entries */
#define ID_KEY_BYTES   32u   /* origin and id */

struct id_entry {
    uint8_t id[16];
    uint64_t row_and_origin; /* the journal's row, 48 bits; a number of `origins` */
    uint32_t next;           /* of the same place in the index: an older one, or one that left */
    uint32_t unused;
};

/* A row of the journal as the table has it: LEB128. */
struct id_value {
    uint8_t bytes[10];
    size_t length;
};

struct id_window {
    _Alignas(64) struct spin lock;
    struct id_entry **chunks; /* a ring of `ring` places, a power of 2 */
    uint32_t ring;
    uint32_t first;  /* of the oldest entry */
    uint32_t end;    /* behind the newest one */
    uint32_t *heads; /* by hash: the newest; `head_count` of them, a power of 2 */
    uint32_t head_count;
    struct id_entry *spare; /* a chunk */
    uint8_t origins[ID_ORIGINS][16];
    unsigned origin_count;
    atomic_size_t taken; /* bytes of memory; may be read by anyone */
};

/* Zero-initialised is empty and valid. */
void id_window_fini(struct id_window *window);

/* Adds a row at the end. False when it does not fit, or there is no memory. The key is not there.
 * `seed` as in row_name_init, which gives the hash. */
bool id_window_add(struct id_window *window, uint64_t hash, struct slice key, struct slice value,
                   uint64_t seed);
/* Takes back those from this position on. */
void id_window_cut(struct id_window *window, uint32_t end, uint64_t seed);
/* Lets those before this position go. */
void id_window_drop(struct id_window *window, uint32_t first);
struct id_entry *id_window_at(const struct id_window *window, uint32_t position);
/* The key that an entry stands for. */
void id_window_key(const struct id_window *window, const struct id_entry *entry,
                   uint8_t out_key[ID_KEY_BYTES]);
void id_entry_value(const struct id_entry *entry, struct id_value *out_value);
void id_window_prefetch(const struct id_window *window, uint64_t hash);

/* False when it does not stand before `end`. */
bool id_window_find(const struct id_window *window, uint64_t hash, struct slice key, uint32_t end,
                    struct id_value *out_value);

#endif
