/* SUMS: the files of a dossier, each with its BLAKE2b-256 sum, a line each as b2sum writes them:
 *
 *     b2sum --length 256 --check SUMS
 *
 * Files are charters/EPOCH.talea, streams/SENDER.RECEIVER.stream, statements/A.B.talea, the names
 * of both partners sorted, netting/net.talea where all pairs are netted together, and
 * payments/DEBTOR.CREDITOR.talea; nothing else is in those folders.
 */
#ifndef DOSSIER_SUMS_FILE_H
#define DOSSIER_SUMS_FILE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "crypto/hash.h"

#define SUMS_NAME           "SUMS"
#define SUMS_BYTES_MAX      (1u << 20)
#define DOSSIER_FILE_MAX    64 /* bytes of a name with its folder and NUL */
#define CHARTERS_FOLDER     "charters"
#define STREAMS_FOLDER      "streams"
#define STATEMENTS_FOLDER   "statements"
#define NETTING_FOLDER      "netting"
#define PAYMENTS_FOLDER     "payments"
#define NET_NAME            NETTING_FOLDER "/net.talea"
#define STREAM_EXTENSION    ".stream"
#define STATEMENT_EXTENSION ".talea"
#define PAYMENT_EXTENSION   ".talea"

struct sums_line {
    char name[DOSSIER_FILE_MAX];
    struct hash sum;
};

struct sums_file {
    struct sums_line *lines; /* sorted by name, none twice */
    size_t count;
};

void sums_line_write(struct buffer *out, const char *name, const struct hash *sum);
/* ERR_CORRUPT with a note that names the line, for anything that sums_line_write did not write, a
 * name of another folder, or one that is there twice. Lines are in the arena. */
MUST_USE enum err sums_file_read(struct slice text, struct arena *arena, struct sums_file *out_sums,
                                 struct note *note);
/* NULL when there is none. */
const struct sums_line *sums_file_find(const struct sums_file *sums, const char *name);

#endif
