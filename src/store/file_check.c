/* The layout is that of LMDB 0.9 on a 64-bit little-endian machine (struct MDB_page, MDB_meta,
 * MDB_node in mdb.c of libraries/liblmdb). Nothing here is mapped: all reads are pread, so a file
 * that lies ends in an error.
 */
#include "store/file_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define META_MAGIC     0xBEEFC0DEu
#define META_VERSION   1u
#define META_BYTES     152u
#define PAGE_HEADER    16u
#define PAGE_BRANCH    0x01u
#define PAGE_LEAF      0x02u
#define PAGE_OVERFLOW  0x04u
#define PAGE_META      0x08u
#define NODE_HEADER    8u
#define NODE_BIG       0x01u
#define PAGE_SIZE_MIN  512u
#define PAGE_SIZE_MAX  65536u
#define TREE_DEPTH_MAX 32u
#define ATTEMPTS       8u
#define NO_PAGE        UINT64_MAX

struct meta {
    uint32_t page_bytes;
    uint64_t free_root; /* of the tree that lists free pages; NO_PAGE when it is empty */
    uint64_t last_page;
    uint64_t transaction;
};

/* One walk through the tree of free pages, looking for those behind the file's end. */
struct walk {
    int fd;
    struct meta meta;
    uint64_t pages_present;
    uint64_t pages_missing; /* not yet found to be free */
};

static enum err meta_read(int fd, uint64_t offset, struct meta *out_meta)
{
    uint8_t bytes[META_BYTES];
    TRY(file_read_at(fd, offset, bytes, sizeof bytes));
    struct reader r = reader_of(slice_of(bytes, sizeof bytes));
    (void)read_slice(&r, 10);
    if ((read_u16(&r) & PAGE_META) == 0) {
        return ERR_CORRUPT;
    }
    (void)read_slice(&r, 4);
    if (read_u32(&r) != META_MAGIC) {
        return ERR_CORRUPT;
    }
    if (read_u32(&r) != META_VERSION) {
        return ERR_UNSUPPORTED;
    }
    (void)read_slice(&r, 16); /* map address and size */
    struct meta meta = {.page_bytes = read_u32(&r)};
    (void)read_slice(&r, 36);
    meta.free_root = read_u64(&r);
    (void)read_slice(&r, 48); /* the main tree */
    meta.last_page = read_u64(&r);
    meta.transaction = read_u64(&r);
    TRY(reader_finish(&r));
    if (meta.page_bytes < PAGE_SIZE_MIN || meta.page_bytes > PAGE_SIZE_MAX ||
        (meta.page_bytes & (meta.page_bytes - 1)) != 0 ||
        meta.last_page >= (uint64_t)INT64_MAX / PAGE_SIZE_MAX) {
        return ERR_CORRUPT;
    }
    *out_meta = meta;
    return ERR_OK;
}

/* The newer of the two. */
static enum err meta_read_newest(int fd, struct meta *out_meta)
{
    struct meta first;
    struct meta second;
    TRY(meta_read(fd, 0, &first));
    TRY(meta_read(fd, first.page_bytes, &second));
    if (second.page_bytes != first.page_bytes) {
        return ERR_CORRUPT;
    }
    *out_meta = second.transaction > first.transaction ? second : first;
    return ERR_OK;
}

/* A row of the tree: a count and as many page numbers, 8 bytes each. */
static enum err count_free(struct walk *walk, struct slice list)
{
    struct reader r = reader_of(list);
    uint64_t count = read_u64(&r);
    if (r.err != ERR_OK || count > (list.length - 8) / 8) {
        return ERR_CORRUPT;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t page = read_u64(&r);
        if (page >= walk->pages_present && page <= walk->meta.last_page &&
            walk->pages_missing > 0) {
            walk->pages_missing--;
        }
    }
    return ERR_OK;
}

/* A list that lies on pages of its own. */
static enum err count_big(struct walk *walk, uint64_t page, size_t length)
{
    uint64_t start = page * walk->meta.page_bytes + PAGE_HEADER;
    uint64_t end = walk->pages_present * walk->meta.page_bytes;
    if (page >= walk->pages_present || start > end || length > end - start) {
        return ERR_CORRUPT;
    }
    uint8_t *bytes = malloc(length == 0 ? 1 : length);
    if (bytes == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = file_read_at(walk->fd, start, bytes, length);
    if (err == ERR_OK) {
        err = count_free(walk, slice_of(bytes, length));
    }
    free(bytes);
    return err;
}

static enum err walk_page(struct walk *walk, uint64_t page, unsigned depth);

static enum err walk_node(struct walk *walk, const uint8_t *at, size_t room, bool is_branch,
                          unsigned depth)
{
    struct reader r = reader_of(slice_of(at, room));
    uint64_t low = read_u16(&r);
    uint64_t high = read_u16(&r);
    uint64_t flags = read_u16(&r);
    uint16_t key_bytes = read_u16(&r);
    if (is_branch) {
        TRY(r.err);
        return walk_page(walk, low | high << 16 | flags << 32, depth + 1);
    }
    size_t length = (size_t)(low | high << 16);
    (void)read_slice(&r, key_bytes);
    if ((flags & NODE_BIG) != 0) {
        uint64_t page = read_u64(&r);
        TRY(r.err);
        return count_big(walk, page, length);
    }
    struct slice list = read_slice(&r, length);
    TRY(r.err);
    return count_free(walk, list);
}

static enum err walk_nodes(struct walk *walk, const uint8_t *bytes, unsigned depth)
{
    struct reader r = reader_of(slice_of(bytes, walk->meta.page_bytes));
    (void)read_slice(&r, 10);
    unsigned flags = read_u16(&r);
    unsigned lower = read_u16(&r);
    if ((flags & (PAGE_BRANCH | PAGE_LEAF)) == 0 || lower < PAGE_HEADER ||
        lower > walk->meta.page_bytes) {
        return ERR_CORRUPT;
    }
    (void)read_u16(&r);
    for (unsigned i = 0; i < (lower - PAGE_HEADER) / 2; i++) {
        unsigned offset = read_u16(&r);
        if (offset + NODE_HEADER > walk->meta.page_bytes) {
            return ERR_CORRUPT;
        }
        TRY(walk_node(walk, bytes + offset, walk->meta.page_bytes - offset,
                      (flags & PAGE_BRANCH) != 0, depth));
    }
    return ERR_OK;
}

static enum err walk_page(struct walk *walk, uint64_t page, unsigned depth)
{
    if (page >= walk->pages_present || depth > TREE_DEPTH_MAX) {
        return ERR_CORRUPT;
    }
    uint8_t *bytes = malloc(walk->meta.page_bytes);
    if (bytes == NULL) {
        return ERR_RESOURCE;
    }
    enum err err =
        file_read_at(walk->fd, page * walk->meta.page_bytes, bytes, walk->meta.page_bytes);
    if (err == ERR_OK) {
        err = walk_nodes(walk, bytes, depth);
    }
    free(bytes);
    return err;
}

static enum err check_once(int fd, const struct meta *meta, uint64_t size)
{
    struct walk walk = {.fd = fd, .meta = *meta, .pages_present = size / meta->page_bytes};
    if (walk.pages_present > meta->last_page) {
        return ERR_OK;
    }
    if (walk.pages_present < 2) {
        return ERR_CORRUPT;
    }
    walk.pages_missing = meta->last_page + 1 - walk.pages_present;
    if (meta->free_root != NO_PAGE) {
        TRY(walk_page(&walk, meta->free_root, 0));
    }
    return walk.pages_missing == 0 ? ERR_OK : ERR_CORRUPT;
}

static enum err note_failure(enum err err, const char *path, struct note *note)
{
    switch ((int)err) {
    case ERR_UNSUPPORTED:
        return note_set(note, err, "%s: not in the file format of LMDB 0.9", path);
    case ERR_CORRUPT:
        return note_set(note, err, "%s: damaged or cut: its meta pages are not LMDB's", path);
    default:
        return note_set(note, err, "%s: can't be read: %s", path, strerror(errno));
    }
}

enum err file_check_length(int fd, const char *path, struct note *note)
{
    struct meta meta;
    struct stat status;
    enum err err = ERR_OK;
    /* Beside a running writer the tree of free pages may change under the walk: again, then. */
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        enum err read = meta_read_newest(fd, &meta);
        if (read != ERR_OK) {
            return note_failure(read, path, note);
        }
        if (fstat(fd, &status) != 0) {
            return note_failure(ERR_STORAGE, path, note);
        }
        err = check_once(fd, &meta, (uint64_t)status.st_size);
        struct meta after;
        if (err != ERR_CORRUPT || meta_read_newest(fd, &after) != ERR_OK ||
            after.transaction == meta.transaction) {
            break;
        }
    }
    if (err == ERR_CORRUPT) {
        return note_set(note, err, "%s: truncated: it has %llu bytes and its meta page says %llu",
                        path, (unsigned long long)status.st_size,
                        (unsigned long long)((meta.last_page + 1) * meta.page_bytes));
    }
    return err == ERR_OK ? ERR_OK : note_failure(err, path, note);
}
