#include "store/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/file_check.h"

#define FOLDER_MODE 0700
#define FILE_MODE   0600

#define OVERTAKEN_MAX 1000u /* times that a reader begins anew */

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif
#ifdef THREAD_SANITIZER
#define MAP_BYTES (UINT64_C(1) << 36) /* it takes most of the address space for itself */
#else
#define MAP_BYTES LIMIT_STORE_MAP_BYTES
#endif

static const uint8_t format_key[1] = {0};

enum err environment_error(int result)
{
    switch (result) {
    case MDB_SUCCESS:
        return ERR_OK;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_KEYEXIST:
        return ERR_EXISTS;
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
    case MDB_READERS_FULL:
    case MDB_TXN_FULL:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return ERR_RESOURCE;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_PANIC:
    case MDB_INCOMPATIBLE:
        return ERR_CORRUPT;
    case MDB_VERSION_MISMATCH:
        return ERR_UNSUPPORTED;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    case EAGAIN:
    case EBUSY:
        return ERR_UNAVAILABLE;
    default: /* EIO, ENOSPC, EFBIG, EDQUOT, EROFS and the like; what is below zero is our misuse */
        return result > 0 ? ERR_STORAGE : ERR_INTERNAL;
    }
}

static enum err system_failure(const char *what, const char *path, struct note *note)
{
    int result = errno;
    return note_set(note, environment_error(result), "%s: %s: %s", path, what, strerror(result));
}

static enum err open_folder(struct environment *environment, const char *folder, struct note *note)
{
    bool is_new = false;
    if (environment->mode == ENVIRONMENT_WRITE) {
        is_new = mkdir(folder, FOLDER_MODE) == 0;
        if (!is_new && errno != EEXIST) {
            return system_failure("can't make this folder", folder, note);
        }
    }
    environment->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (environment->folder_fd < 0) {
        return system_failure("can't open this folder", folder, note);
    }
    if (is_new) { /* its name must survive a power cut as well */
        int parent = openat(environment->folder_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int synced = parent < 0 ? -1 : fsync(parent);
        if (parent >= 0) {
            close(parent);
        }
        if (synced != 0) {
            return system_failure("can't flush the folder above", folder, note);
        }
    }
    return ERR_OK;
}

static enum err take_lock(struct environment *environment,
                          const struct environment_options *options, struct note *note)
{
    char name[NAME_MAX + 1];
    snprintf(name, sizeof name, "%s.lock", options->name);
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    environment->lock_fd = openat(environment->folder_fd, name, flags, FILE_MODE);
    if (environment->lock_fd < 0) {
        return system_failure("can't open the lock file", options->folder, note);
    }
    if (flock(environment->lock_fd, LOCK_EX | LOCK_NB) == 0) {
        return ERR_OK;
    }
    if (errno == EWOULDBLOCK) {
        return note_set(note, ERR_UNAVAILABLE, "%s/%s: another talead holds it", options->folder,
                        name);
    }
    return system_failure("can't lock the lock file", options->folder, note);
}

/* Looks at the file before LMDB does. */
static enum err check_file(const struct environment *environment, const char *path,
                           struct note *note)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT && environment->mode == ENVIRONMENT_WRITE
                   ? ERR_OK
                   : system_failure("can't open this file", path, note);
    }
    struct stat status;
    enum err err;
    if (fstat(fd, &status) != 0) {
        err = system_failure("can't look at this file", path, note);
    } else if (status.st_size > 0) {
        err = file_check_length(fd, path, note);
    } else if (environment->mode == ENVIRONMENT_WRITE) {
        err = ERR_OK;
    } else {
        err = note_set(note, ERR_UNAVAILABLE, "%s: still empty", path);
    }
    close(fd);
    return err;
}

/* Is there no lock file of LMDB's? */
static bool is_unlocked(const struct environment *environment, const char *name)
{
    char file[NAME_MAX + 1];
    struct stat status;
    snprintf(file, sizeof file, "%s.mdb-lock", name);
    return fstatat(environment->folder_fd, file, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
           errno == ENOENT;
}

/* The writer keeps those out who read without LMDB's lock file, and they keep it out. A new file
 * is nobody's yet. */
static enum err lock_file(struct environment *environment, const char *path, struct note *note)
{
    bool is_write = environment->mode == ENVIRONMENT_WRITE;
    if (environment->file_fd < 0) {
        environment->file_fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (environment->file_fd < 0) {
        return errno == ENOENT && is_write ? ERR_OK
                                           : system_failure("can't open this file", path, note);
    }
    if (flock(environment->file_fd, (is_write ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) {
        return ERR_OK;
    }
    if (errno == EWOULDBLOCK) {
        return note_set(note, ERR_UNAVAILABLE, "%s: is being read as nobody's: try again later",
                        path);
    }
    return system_failure("can't lock this file", path, note);
}

/* As LMDB is to open it. A writer of an earlier release has the lock file alone. */
static enum err choose_flags(struct environment *environment,
                             const struct environment_options *options, const char *path,
                             unsigned *out_flags, struct note *note)
{
    *out_flags = MDB_NOSUBDIR | MDB_NOTLS;
    if (environment->mode == ENVIRONMENT_WRITE) {
        return lock_file(environment, path, note);
    }
    bool is_nobodys =
        is_unlocked(environment, options->name) && lock_file(environment, path, NULL) == ERR_OK;
    *out_flags |= MDB_RDONLY | (is_nobodys ? (unsigned)MDB_NOLOCK : 0u);
    return ERR_OK;
}

static enum err open_lmdb(struct environment *environment,
                          const struct environment_options *options, const char *path,
                          struct note *note)
{
    unsigned flags;
    TRY(choose_flags(environment, options, path, &flags, note));
    int result = mdb_env_create(&environment->env);
    if (result == MDB_SUCCESS) {
        result = mdb_env_set_mapsize(environment->env, MAP_BYTES);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_env_set_maxreaders(environment->env, LIMIT_STORE_READERS);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_env_open(environment->env, path, flags, FILE_MODE);
    }
    if (result != MDB_SUCCESS) {
        return note_set(note, environment_error(result), "%s: can't open: %s", path,
                        mdb_strerror(result));
    }
    environment_drop_dead_readers(environment);
    return environment->mode == ENVIRONMENT_WRITE && environment->file_fd < 0
               ? lock_file(environment, path, note)
               : ERR_OK;
}

static enum err check_format(struct slice row, const struct environment_options *options,
                             const char *path, struct note *note)
{
    struct reader r = reader_of(row);
    uint32_t format = read_u32(&r);
    struct slice name = read_slice(&r, row.length < 4 ? 0 : row.length - 4);
    if (r.err != ERR_OK || !slice_equal(name, slice_of(options->name, strlen(options->name)))) {
        return note_set(note, ERR_UNSUPPORTED, "%s: this is not a %s", path, options->name);
    }
    if (format != options->format) {
        return note_set(note, ERR_UNSUPPORTED,
                        "%s: %s format %" PRIu32 ", and this build knows format %" PRIu32
                        ": the release that wrote it can read it",
                        path, options->name, format, options->format);
    }
    return ERR_OK;
}

static enum err write_format(struct environment *environment, MDB_txn *txn,
                             const struct environment_options *options)
{
    struct buffer row = {0};
    write_u32(&row, options->format);
    write_bytes(&row, options->name, strlen(options->name));
    enum err err = row.err;
    if (err == ERR_OK) {
        MDB_val key = environment_value(slice_of(format_key, sizeof format_key));
        MDB_val value = environment_value(buffer_slice(&row));
        err = environment_error(mdb_put(txn, environment->dbi, &key, &value, 0));
    }
    buffer_fini(&row);
    if (err != ERR_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    return environment_commit(environment, txn);
}

/* Reads the format row, or writes it into a new environment. */
static enum err settle_format(struct environment *environment,
                              const struct environment_options *options, const char *path,
                              struct note *note)
{
    bool is_write = environment->mode == ENVIRONMENT_WRITE;
    MDB_txn *txn = NULL;
    enum err err = is_write ? environment_begin_write(environment, &txn)
                            : environment_begin_read(environment, &txn);
    if (err != ERR_OK) {
        return note_set(note, err, "%s: can't begin a transaction", path);
    }
    MDB_stat stat = {0};
    MDB_val key = environment_value(slice_of(format_key, sizeof format_key));
    MDB_val value;
    int result = mdb_dbi_open(txn, NULL, 0, &environment->dbi);
    if (result == MDB_SUCCESS) {
        result = mdb_stat(txn, environment->dbi, &stat);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_get(txn, environment->dbi, &key, &value);
    }
    if (result == MDB_SUCCESS) {
        err = check_format(environment_slice(value), options, path, note);
    } else if (result != MDB_NOTFOUND) {
        err = note_set(note, environment_error(result), "%s: can't read: %s", path,
                       mdb_strerror(result));
    } else if (stat.ms_entries > 0) {
        err = note_set(note, ERR_UNSUPPORTED, "%s: this is not a %s", path, options->name);
    } else if (is_write) {
        err = write_format(environment, txn, options);
        return err == ERR_OK ? ERR_OK : note_set(note, err, "%s: can't write to it", path);
    } else {
        err = note_set(note, ERR_UNAVAILABLE, "%s: still empty", path);
    }
    mdb_txn_abort(txn); /* the unnamed table's handle needs no commit */
    return err;
}

static enum err open_steps(struct environment *environment,
                           const struct environment_options *options, struct note *note)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s.mdb", options->folder, options->name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", options->folder);
    }
    bool is_write = environment->mode == ENVIRONMENT_WRITE;
    TRY(open_folder(environment, options->folder, note));
    if (is_write) {
        TRY(take_lock(environment, options, note));
    }
    TRY(check_file(environment, path, note));
    TRY(open_lmdb(environment, options, path, note));
    TRY(settle_format(environment, options, path, note));
    if (is_write) {
        int result = mdb_env_sync(environment->env, 1);
        if (result != MDB_SUCCESS || fsync(environment->folder_fd) != 0) {
            errno = result > 0 ? result : errno;
            return system_failure("can't flush it", path, note);
        }
    }
    return ERR_OK;
}

enum err environment_open(const struct environment_options *options,
                          struct environment **out_environment, struct note *note)
{
    struct environment *environment = calloc(1, sizeof *environment);
    if (environment == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory to open %s", options->folder);
    }
    environment->mode = options->mode;
    environment->folder_fd = -1;
    environment->lock_fd = -1;
    environment->file_fd = -1;
    enum err err = open_steps(environment, options, note);
    if (err != ERR_OK) {
        environment_close(environment);
        return err;
    }
    *out_environment = environment;
    return ERR_OK;
}

static enum err remove_file(const struct environment *environment, const char *name,
                            const char *ending, struct note *note)
{
    char file[NAME_MAX + 1];
    snprintf(file, sizeof file, "%s%s", name, ending);
    return unlinkat(environment->folder_fd, file, 0) == 0 || errno == ENOENT
               ? ERR_OK
               : system_failure("can't remove this file", file, note);
}

static enum err discard(struct environment *environment, const struct environment_options *options,
                        struct note *note)
{
    TRY(open_folder(environment, options->folder, note));
    TRY(take_lock(environment, options, note));
    TRY(remove_file(environment, options->name, ".mdb", note));
    TRY(remove_file(environment, options->name, ".mdb-lock", note));
    return fsync(environment->folder_fd) == 0
               ? ERR_OK
               : system_failure("can't flush this folder", options->folder, note);
}

enum err environment_discard(const char *folder, const char *name, struct note *note)
{
    struct environment *environment = calloc(1, sizeof *environment);
    if (environment == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory to open %s", folder);
    }
    struct environment_options options = {.folder = folder, .name = name};
    environment->mode = ENVIRONMENT_READ_ONLY; /* makes no folder */
    environment->folder_fd = -1;
    environment->lock_fd = -1;
    environment->file_fd = -1;
    enum err err = discard(environment, &options, note);
    environment_close(environment);
    return err;
}

void environment_close(struct environment *environment)
{
    if (environment == NULL) {
        return;
    }
    if (environment->env != NULL) {
        mdb_env_close(environment->env);
    }
    if (environment->file_fd >= 0) {
        close(environment->file_fd);
    }
    if (environment->folder_fd >= 0) {
        close(environment->folder_fd);
    }
    if (environment->lock_fd >= 0) {
        close(environment->lock_fd); /* gives the lock back */
    }
    free(environment);
}

/* LMDB has two places for the root, for even and for odd transactions. A reader chooses one and
 * copies it; when two commits come in between, it copies what the second of them is just writing,
 * which is not durable, perhaps not whole, and newer than what the next reader sees. */
static bool is_overtaken(const struct environment *environment, MDB_txn *txn)
{
    MDB_envinfo about;
    return mdb_env_info(environment->env, &about) == MDB_SUCCESS &&
           about.me_last_txnid >= mdb_txn_id(txn) + 2;
}

enum err environment_renew(const struct environment *environment, MDB_txn *txn)
{
    int result = mdb_txn_renew(txn);
    for (unsigned i = 0; result == MDB_SUCCESS && i < OVERTAKEN_MAX; i++) {
        if (!is_overtaken(environment, txn)) {
            break;
        }
        mdb_txn_reset(txn);
        (void)sched_yield();
        result = mdb_txn_renew(txn);
    }
    return environment_error(result);
}

enum err environment_begin_read(const struct environment *environment, MDB_txn **out_txn)
{
    MDB_txn *txn = NULL;
    TRY(environment_error(mdb_txn_begin(environment->env, NULL, MDB_RDONLY, &txn)));
    if (is_overtaken(environment, txn)) {
        mdb_txn_reset(txn);
        enum err err = environment_renew(environment, txn);
        if (err != ERR_OK) {
            mdb_txn_abort(txn);
            return err;
        }
    }
    *out_txn = txn;
    return ERR_OK;
}

enum err environment_begin_write(const struct environment *environment, MDB_txn **out_txn)
{
    return environment_error(mdb_txn_begin(environment->env, NULL, 0, out_txn));
}

enum err environment_fault(const struct environment *environment)
{
    const struct store_faults *faults = &environment->faults;
    return faults->before_commit == NULL
               ? ERR_OK
               : environment_error(faults->before_commit(faults->context));
}

enum err environment_commit(const struct environment *environment, MDB_txn *txn)
{
    enum err fault = environment_fault(environment);
    if (fault != ERR_OK) {
        mdb_txn_abort(txn);
        return fault;
    }
    return environment_error(mdb_txn_commit(txn));
}

void environment_drop_dead_readers(const struct environment *environment)
{
    int dead = 0;
    (void)mdb_reader_check(environment->env, &dead); /* a slot that stays costs room, no rows */
}

uint64_t environment_bytes(const struct environment *environment)
{
    MDB_envinfo about;
    MDB_stat stat;
    if (mdb_env_info(environment->env, &about) != MDB_SUCCESS ||
        mdb_env_stat(environment->env, &stat) != MDB_SUCCESS) {
        return 0;
    }
    return ((uint64_t)about.me_last_pgno + 1) * stat.ms_psize;
}
