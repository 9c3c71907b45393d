/* A backup's manifest, and its form as JSON. */
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/ident.h"
#include "base/limits.h"
#include "crypto/hash.h"

#define BACKUP_FORMAT          1
#define BACKUP_FILES_MAX       8u
#define BACKUP_FILE_NAME_BYTES 31u
#define BACKUP_MANIFEST_NAME   "MANIFEST.json"
#define BACKUP_SIGNATURE_NAME  "MANIFEST.sig"
#define BACKUP_MANIFEST_BYTES  65536u

struct backup_file {
    char name[BACKUP_FILE_NAME_BYTES + 1];
    uint64_t bytes;
    struct hash sum;
    uint32_t format; /* of what is stored in it; 0: none */
};

struct backup_manifest {
    char program[32];
    char coalition[LIMIT_COALITION_BYTES + 1];
    struct partner_id partner;
    struct unix_ms time;
    uint64_t journal_row;     /* the last one; 0 when it is empty */
    struct hash journal_hash; /* of the last batch; zeros when it is empty */
    struct unix_ms journal_time;
    size_t file_count;
    struct backup_file files[BACKUP_FILES_MAX];
};

/* NULL when the backup has no such file. */
const struct backup_file *manifest_file(const struct backup_manifest *manifest, const char *name);
uint64_t manifest_bytes(const struct backup_manifest *manifest);

MUST_USE enum err manifest_encode(const struct backup_manifest *manifest, struct buffer *out);
/* ERR_CORRUPT when it is not what manifest_encode makes, ERR_UNSUPPORTED for another version of it;
 * with a note. File names have no folder in them. */
MUST_USE enum err manifest_decode(struct slice json, struct backup_manifest *out_manifest,
                                  struct note *note);

#endif
