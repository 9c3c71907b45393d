/* The file of a stream, as a dossier has it (proto/talea/v1/dossier.proto): a file of messages with
 * a DossierStream and DossierRuns. */
#ifndef DOSSIER_STREAM_FILE_H
#define DOSSIER_STREAM_FILE_H

#include "base/arena.h"
#include "base/period.h"
#include "base/ident.h"
#include "dossier/message_file.h"

#define STREAM_FILE_FORMAT "talea stream 1\n"

struct stream_head {
    struct partner_id holder; /* the sender or the receiver */
    struct partner_id sender;
    struct partner_id receiver;
    struct period period;
    uint64_t first_number; /* 0: no entry */
    uint64_t last_number;
    struct slice receipt_before; /* Signed; empty: there is none */
};

struct stream_run {
    struct slice head;    /* Signed */
    struct slice receipt; /* Signed */
    const struct slice *entries;
    size_t count; /* 1 to LIMIT_CLEARING_BATCH */
};

/* Reads the format and the head. In any case message_file_end is due. What is read lives until the
 * next reading and as long as the arena is not reset. ERR_CORRUPT with a note for what no export
 * has written, ERR_UNSUPPORTED for another format, ERR_STORAGE. */
MUST_USE enum err stream_file_begin(struct message_file *in, FILE *file, struct arena *arena,
                                    struct stream_head *out_head, struct note *note);
/* ERR_NOT_FOUND at the end of the file; else as above. */
MUST_USE enum err stream_file_next(struct message_file *in, struct arena *arena,
                                   struct stream_run *out_run, struct note *note);

#endif
