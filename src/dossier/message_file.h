/* A file of messages: a line with its format, then messages, each behind its length as a varint.
 *
 * Read one message at a time: memory does not grow with the file. The file's sum is taken as it is
 * read. One thread at a time.
 */
#ifndef DOSSIER_MESSAGE_FILE_H
#define DOSSIER_MESSAGE_FILE_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "crypto/hash.h"

struct message_file {
    FILE *file; /* borrowed */
    struct hasher sum;
    struct buffer message; /* the one read last */
    uint64_t offset;       /* of that one */
    uint64_t next;         /* bytes read so far */
};

/* Reads the format. In any case message_file_end is due. ERR_CORRUPT with a note for a file that
 * ends before, ERR_UNSUPPORTED for another format, ERR_STORAGE. */
MUST_USE enum err message_file_begin(struct message_file *in, FILE *file, const char *format,
                                     struct note *note);
/* The same where an older format of the same length is read as well. */
MUST_USE enum err message_file_begin_either(struct message_file *in, FILE *file, const char *format,
                                            const char *older, bool *out_is_older,
                                            struct note *note);
/* ERR_NOT_FOUND at the end of the file; else as above. */
MUST_USE enum err message_file_next(struct message_file *in, struct note *note);
/* The file ends where a message has to be: always ERR_CORRUPT. */
enum err message_file_ends_early(const struct message_file *in, struct note *note);
/* The message read last is none of this file's: its place before `why`. ERR_CORRUPT; ERR_RESOURCE
 * when that is what `err` is. */
enum err message_file_misread(const struct message_file *in, enum err err, const struct note *why,
                              struct note *note);
/* Of all that was read. Once. */
struct hash message_file_sum(struct message_file *in);
void message_file_end(struct message_file *in);

#endif
