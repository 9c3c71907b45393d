/* The journal's newest batches, until LMDB gets them in one larger transaction: a file of a fixed
 * size, `folder`/journal.tail, that is overwritten from its beginning each time.
 *
 * A commit of LMDB's is two flushes, and mostly a third of the file system's, since the file grew.
 * Blocks of a file that are there already need one: 90 us against 280 for 8 KiB on our machines.
 *
 * Each batch begins a block, so that no write touches one that is acknowledged:
 *
 *   magic 8 | generation 8 | first row 8 | rows 8 | bytes 8 | checksum of the batch 8 |
 *   checksum of all that 8 | batch
 *
 * big-endian, checksums XXH3-64 (base/checksum.h), cut into sectors of 504 bytes and the generation
 * once more. It grows each time the file is begun anew, so that what is left of an older one does
 * not count; a process fills the file with zeros before its first batch. What counts is what stands
 * at the beginning, is whole, of one generation, and follows on: a batch that a power cut tore was
 * never acknowledged, and ends it. Sectors are written whole, so one that is torn has a sector of
 * another generation; where all are of one and the checksum is wrong, the batch may have been
 * acknowledged, and is damaged. (Whoever overwrites whole sectors of the last batch makes it look
 * torn.) What stands behind the end is of older generations, and in LMDB long since; if it is not,
 * the file is damaged, too.
 *
 * Threads: one appends and clears; any number looks at the same time.
 */
#ifndef STORE_JOURNAL_TAIL_H
#define STORE_JOURNAL_TAIL_H

#include <pthread.h>

#include "store/journal_table.h"

#define JOURNAL_TAIL_BYTES  (1u << 20)
#define JOURNAL_TAIL_BLOCK  4096u
#define JOURNAL_TAIL_BLOCKS (JOURNAL_TAIL_BYTES / JOURNAL_TAIL_BLOCK)
/* The largest batch that goes there: a larger one would be written twice for little. */
#define JOURNAL_TAIL_BATCH_BYTES (64u << 10)

struct journal_tail {
    int fd;              /* -1: there is no file, and every batch goes elsewhere */
    uint8_t *sectors;    /* a batch as it is written; NULL until there is one */
    size_t used;         /* bytes of the file */
    uint64_t generation; /* of what is written next */
    size_t batch_bytes;  /* the largest batch that it takes */
    unsigned pause;      /* batches until it tries again to make its file */
    bool is_broken;      /* a write failed: what is behind `used` is unknown */
    /* As the file was read: */
    bool is_damaged;                      /* where the batches end */
    uint64_t damaged_row;                 /* 0: unknown */
    size_t stray_count;                   /* whole batches behind the end */
    uint64_t strays[JOURNAL_TAIL_BLOCKS]; /* their first rows */

    pthread_mutex_t lock; /* of the rest */
    uint8_t *bytes;       /* the batches', one behind the other */
    size_t byte_count;
    size_t count;
    struct stored_batch batches[JOURNAL_TAIL_BLOCKS]; /* whose bytes are in `bytes` */
};

/* Reads the file that is in the folder; none is an empty tail. ERR_RESOURCE or what the system
 * says, with a note: then nothing is to be closed. */
MUST_USE enum err journal_tail_open(struct journal_tail *tail, int folder_fd, bool is_writer,
                                    struct note *note);
void journal_tail_close(struct journal_tail *tail);
/* Removes the file of an empty one: nothing in it is needed any more. */
void journal_tail_remove(struct journal_tail *tail, int folder_fd);
/* Reads it anew, beside the process that writes it; on an error it is as it was. */
MUST_USE enum err journal_tail_reload(struct journal_tail *tail, int folder_fd, struct note *note);

/* Has it room for a batch of so many bytes? It makes the file when there is none; where that fails,
 * it is without one, and tries again after a while. */
bool journal_tail_takes(struct journal_tail *tail, int folder_fd, size_t length);
/* Durable on ERR_OK. Only what it takes; the rows follow on, which the caller has looked at. On an
 * error the batch may be there after the next opening, unless LMDB has its rows by then: the tail
 * takes nothing more until it was cleared. */
MUST_USE enum err journal_tail_append(struct journal_tail *tail, const struct stored_batch *batch);
/* It takes nothing more until it was cleared: what LMDB has is not known. */
void journal_tail_stop(struct journal_tail *tail);
/* LMDB has, durably, all that is in it. */
void journal_tail_clear(struct journal_tail *tail);

/* LMDB's next row is this: the batches before it are not looked at here any more. ERR_CORRUPT with
 * a note when the file as it was read lacks rows from there on that were acknowledged. */
MUST_USE enum err journal_tail_follow(struct journal_tail *tail, uint64_t next_row,
                                      struct note *note);
/* The last one. False when it is empty. For the thread that appends. */
bool journal_tail_last(const struct journal_tail *tail, struct stored_batch *out_batch);
/* 0 when it is empty. */
uint64_t journal_tail_next_row(struct journal_tail *tail);
typedef enum err journal_tail_visit(void *context, const struct stored_batch *batch);
struct tail_look {
    enum err err;      /* what the visitor returned */
    uint64_t next_row; /* what journal_tail_next_row said just then */
};
/* Calls `visit` with the batch that holds `row`, under the tail's lock: it must be quick, and not
 * call the journal. False, and ERR_NOT_FOUND: it has no such row, and whatever came before its
 * first one is in LMDB. */
bool journal_tail_look(struct journal_tail *tail, uint64_t row, journal_tail_visit *visit,
                       void *context, struct tail_look *out_look);

#endif
