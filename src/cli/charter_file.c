#include "cli/charter_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/message.h"

enum err charter_document_read(const char *path, struct charter_document *out, struct note *note)
{
    struct charter_document document = {.envelope = NULL};
    enum err err = file_read(path, FILE_PUBLIC, LIMIT_CHARTER_BYTES, &document.bytes, note);
    if (err == ERR_OK) {
        document.envelope = (Talea__V1__SignedCharter *)message_unpack(
            &talea__v1__signed_charter__descriptor, buffer_slice(&document.bytes));
        if (document.envelope != NULL) {
            document.charter = (Talea__V1__Charter *)message_unpack(
                &talea__v1__charter__descriptor, message_slice(document.envelope->payload));
        }
        if (document.charter == NULL || document.charter->coalition[0] == '\0') {
            err = note_set(note, ERR_INPUT, "%s is no charter", path);
        }
    }
    if (err != ERR_OK) {
        charter_document_fini(&document);
        return err;
    }
    *out = document;
    return ERR_OK;
}

void charter_document_fini(struct charter_document *document)
{
    message_free((ProtobufCMessage *)document->envelope);
    message_free((ProtobufCMessage *)document->charter);
    buffer_fini(&document->bytes);
}

static int compare_signatures(const void *a, const void *b)
{
    Talea__V1__CharterSignature *const *left = a;
    Talea__V1__CharterSignature *const *right = b;
    return strcmp((*left)->partner, (*right)->partner);
}

static enum err replace_file(const char *path, struct slice bytes, struct note *note)
{
    char beside[LIMIT_PATH_BYTES + 32];
    int length = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside) {
        return note_set(note, ERR_RANGE, "the path is too long");
    }
    TRY(file_create(beside, FILE_PUBLIC, bytes, note));
    if (rename(beside, path) != 0) {
        int error = errno;
        unlink(beside);
        return note_set(note, ERR_STORAGE, "%s: %s", path, strerror(error));
    }
    return ERR_OK;
}

enum err charter_document_write(const char *path, bool is_replacing, ProtobufCBinaryData payload,
                                Talea__V1__CharterSignature **signatures, size_t count,
                                struct note *note)
{
    if (count > 1) {
        qsort(signatures, count, sizeof signatures[0], compare_signatures);
    }
    Talea__V1__SignedCharter envelope = TALEA__V1__SIGNED_CHARTER__INIT;
    envelope.payload = payload;
    envelope.signatures = signatures;
    envelope.n_signatures = count;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    TRY(message_pack(&envelope.base, &bytes));
    return is_replacing ? replace_file(path, buffer_slice(&bytes), note)
                        : file_create(path, FILE_PUBLIC, buffer_slice(&bytes), note);
}
