/* A SignedCharter as a file: read, changed in its signatures, written. */
#ifndef CLI_CHARTER_FILE_H
#define CLI_CHARTER_FILE_H

#include <talea/v1/charter.pb-c.h>

#include "base/bytes.h"

struct charter_document {
    struct buffer bytes; /* as read */
    Talea__V1__SignedCharter *envelope;
    Talea__V1__Charter *charter; /* the payload, decoded */
};

/* Checks forms only, no signature: charter/charter.h does. The caller ends `out` with
 * charter_document_fini. ERR_INPUT when it is no charter; what file_read gives. */
MUST_USE enum err charter_document_read(const char *path, struct charter_document *out,
                                        struct note *note);
void charter_document_fini(struct charter_document *document);

/* Writes a SignedCharter with these signatures, sorted by partner, to a file: a new one, or the
 * place of `replaced` (then whole, by renaming). */
MUST_USE enum err charter_document_write(const char *path, bool is_replacing,
                                         ProtobufCBinaryData payload,
                                         Talea__V1__CharterSignature **signatures, size_t count,
                                         struct note *note);

#endif
