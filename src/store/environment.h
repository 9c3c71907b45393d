/* An LMDB environment, opened safely: the one place where journal and state meet LMDB's pitfalls.
 *
 * An environment is one file with one unnamed table. It is opened with LMDB's default durability (a
 * commit is on the disk when it returns) and never with a writable map. LMDB itself doesn't notice
 * a second writer with a stale lock file, a truncated file (it dies of SIGBUS) or another program's
 * rows; this does, and refuses.
 *
 * A file that nobody writes and that has no lock file of LMDB's, as in a backup, is read without
 * one, so that reading leaves nothing behind. While it is, nobody can open it for writing.
 *
 * The row under the key of a single zero byte sorts before all others and names the format.
 *
 * A process opens a file at most once, in either mode, and doesn't use it after a fork: LMDB's own
 * locks belong to the process.
 */
#ifndef STORE_ENVIRONMENT_H
#define STORE_ENVIRONMENT_H

#include <lmdb.h>

#include "store/faults.h"

enum environment_mode {
    ENVIRONMENT_WRITE,
    ENVIRONMENT_READ_ONLY
};

struct environment_options {
    const char *folder;
    const char *name; /* folder/name.mdb, folder/name.lock */
    uint32_t format;  /* the version of what is stored in it */
    enum environment_mode mode;
};

/* Lives as long as it is open; the members are read by the adapters only. */
struct environment {
    MDB_env *env;
    MDB_dbi dbi;
    enum environment_mode mode;
    int folder_fd;
    int lock_fd;
    int file_fd; /* locked: shared by readers without LMDB's lock file, else by the writer alone */
    struct store_faults faults;
};

/* Makes folder (0700; its parent must exist) and file (0600) when absent and the mode is WRITE.
 *   ERR_UNAVAILABLE  another process has it open for writing, or reads it without a lock file, or
 *                    it is still empty (READ_ONLY)
 *   ERR_NOT_FOUND    READ_ONLY and there is no such file
 *   ERR_CORRUPT      shorter than its own meta page says, or not an LMDB file
 *   ERR_UNSUPPORTED  another format, or a version of it that this build does not know
 *   ERR_STORAGE, ERR_RESOURCE, ERR_DENIED as the system says
 * Each with a note. What was committed by a process that was killed is flushed before this returns,
 * so that all that can be read is durable. */
MUST_USE enum err environment_open(const struct environment_options *options,
                                   struct environment **out_environment, struct note *note);
void environment_close(struct environment *environment);
/* Removes the file, durably; one that is not there is ERR_OK. ERR_UNAVAILABLE while a process has
 * it open for writing; else as the system says, with a note. */
MUST_USE enum err environment_discard(const char *folder, const char *name, struct note *note);

/* Reads are a transaction of the caller's, to be aborted or reset soon. Each sees what is durable,
 * and nothing older than one that began before it. */
MUST_USE enum err environment_begin_read(const struct environment *environment, MDB_txn **out_txn);
/* Begins one anew that was reset. */
MUST_USE enum err environment_renew(const struct environment *environment, MDB_txn *txn);
/* One at a time; another one waits. Ends on the same thread by commit or mdb_txn_abort. */
MUST_USE enum err environment_begin_write(const struct environment *environment, MDB_txn **out_txn);
/* Durable on ERR_OK; on any other result nothing has changed and the next transaction may begin.
 * One exception: when the disk fails under the write of the meta page itself, the outcome is
 * unknown and all that follows is ERR_CORRUPT until the environment is opened anew. The transaction
 * is gone in each case. */
MUST_USE enum err environment_commit(const struct environment *environment, MDB_txn *txn);
/* What the faults that were set make of the next write: ERR_OK, or what it fails with. */
MUST_USE enum err environment_fault(const struct environment *environment);
/* Frees the reader slots of processes that were killed: they would pin pages for ever. */
void environment_drop_dead_readers(const struct environment *environment);
/* Bytes of the file up to the last page that was ever used. */
uint64_t environment_bytes(const struct environment *environment);

/* What an LMDB result or an errno means. */
enum err environment_error(int result);

/* Bytes as LMDB takes and gives them. */
static inline MDB_val environment_value(struct slice bytes)
{
    union {
        const uint8_t *in;
        void *out;
    } at = {bytes.at}; /* LMDB takes its inputs as void *, and doesn't write there */
    return (MDB_val){bytes.length, at.out};
}

static inline struct slice environment_slice(MDB_val value)
{
    return (struct slice){value.mv_data, value.mv_size};
}

#endif
