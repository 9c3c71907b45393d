/* The versions of this brand's programme that a node knows: which is in force when.
 *
 * The one that the configuration names comes first and was in force since ever, until versions are
 * activated (ledger/programme_row.h): then those are all there is. Both a version and a list are
 * immutable and counted; a change makes a new list. Any thread.
 */
#ifndef NODE_PROGRAMMES_H
#define NODE_PROGRAMMES_H

#include <stdatomic.h>

#include "config/programme_file.h"
#include "crypto/hash.h"
#include "ledger/programme_row.h"
#include "programme/programme.h"

struct programme_version {
    atomic_uint references;
    uint32_t number; /* in the ledger; 0: of the configuration alone */
    struct unix_ms from;
    struct unix_ms activated; /* 0: it was not */
    char by[LIMIT_IDENTITY_BYTES + 1];
    struct buffer text; /* the file */
    struct hash hash;   /* of it */
    struct programme_file file;
    struct rules *rules; /* NULL: it gives points by `earn` alone */
    bool needs_birthday; /* a rule asks for it */
    struct programme programme;
    int64_t refund_grace_ms;
    struct points debt_limit; /* INT64_MAX: none */
};

/* Checked; number and times are 0. `name` is the file's, for the note. ERR_INPUT, ERR_RESOURCE. */
MUST_USE enum err programme_version_read(struct slice text, const char *name,
                                         unsigned points_decimals,
                                         struct programme_version **out_version, struct note *note);
MUST_USE enum err programme_version_load(const char *path, unsigned points_decimals,
                                         struct programme_version **out_version, struct note *note);
/* A stored one. */
MUST_USE enum err programme_version_of_row(uint32_t number, const struct programme_row *row,
                                           unsigned points_decimals,
                                           struct programme_version **out_version,
                                           struct note *note);
struct programme_version *programme_version_hold(struct programme_version *version);
/* NULL is allowed. */
void programme_version_release(struct programme_version *version);

struct programmes {
    atomic_uint references;
    size_t count; /* 1 or more */
    struct programme_version *at[];
};

/* `before` with a version more, or without any; one of number 1 takes the place of the
 * configuration's. Takes the version over. ERR_RESOURCE, also for more than LIMIT_PROGRAMMES. */
MUST_USE enum err programmes_add(const struct programmes *before, struct programme_version *version,
                                 struct programmes **out_programmes);
struct programmes *programmes_hold(struct programmes *programmes);
/* NULL is allowed. */
void programmes_release(struct programmes *programmes);

/* What purchases of that time are judged by: of those whose time has come, the last. */
const struct programme_version *programmes_at(const struct programmes *programmes,
                                              struct unix_ms time);
/* NULL: there is none of that number. */
const struct programme_version *programmes_find(const struct programmes *programmes,
                                                uint32_t number);
const struct programme_version *programmes_last(const struct programmes *programmes);

#endif
