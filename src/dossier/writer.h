/* Writes a brand's dossier of a period into a new folder: the charter's epochs, both streams with
 * each partner, statements, the net, payments, and SUMS over all of them at last. Streams and the
 * net are written as they come. */
#ifndef DOSSIER_WRITER_H
#define DOSSIER_WRITER_H

#include <stdio.h>

#include "base/calendar.h"
#include "base/folder.h"
#include "dossier/sums_file.h"
#include "talea/v1/back_office.pb-c.h"
#include "talea/v1/payment.pb-c.h"

struct dossier_writer {
    const char *target;        /* borrowed */
    struct folder_path beside; /* where it is written; empty: nothing is there */
    struct buffer sums;
    struct buffer message;
    FILE *stream; /* the file of messages that is being written, or NULL */
    bool is_net;  /* it is the net's */
    struct hasher stream_sum;
    char stream_name[DOSSIER_FILE_MAX];
    uint64_t bytes; /* of all files so far */
    size_t files;
};

/* The folder must not be there: it is written beside, and gets its name when it is finished. In any
 * case dossier_writer_close is due. Errors come with a note that names the path. */
MUST_USE enum err dossier_writer_open(struct dossier_writer *writer, const char *folder,
                                      struct note *note);
/* A part as the node sends it. ERR_INPUT for one that can't be there: a run without a stream,
 * names that are none. */
MUST_USE enum err dossier_writer_put(struct dossier_writer *writer,
                                     const Talea__V1__ExportPeriodResponse *part,
                                     struct note *note);
/* Nothing when there is no statement in it yet. To be put before the streams are asked for: what is
 * agreed is then in them. */
MUST_USE enum err dossier_writer_put_statement(struct dossier_writer *writer,
                                               const Talea__V1__GetStatementResponse *document,
                                               struct note *note);
/* Nothing while nobody has signed anything about the payment. */
MUST_USE enum err dossier_writer_put_payment(struct dossier_writer *writer,
                                             const Talea__V1__Payment *payment, struct note *note);
/* Once nothing more comes: gives the folder its name. */
MUST_USE enum err dossier_writer_finish(struct dossier_writer *writer, struct note *note);
/* Nothing is left of what was not finished. */
void dossier_writer_close(struct dossier_writer *writer);

#endif
