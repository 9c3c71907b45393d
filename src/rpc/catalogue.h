/* What the embedded FileDescriptorSets say: which files there are, which symbols each defines, and
 * which methods stream. Read once at start, then only looked up.
 *
 * Field numbers from google/protobuf/descriptor.proto. Thread rule: read-only once created.
 */
#ifndef RPC_CATALOGUE_H
#define RPC_CATALOGUE_H

#include "base/bytes.h"

struct catalogue;

enum call_kind {
    CALL_UNARY,
    CALL_CLIENT_STREAM,
    CALL_SERVER_STREAM,
    CALL_BIDI
};

/* Borrows the bytes of the sets for its life. A file that is in several sets counts once.
 * ERR_CORRUPT for what is no FileDescriptorSet, ERR_RESOURCE past the limits. */
MUST_USE enum err catalogue_create(const struct slice *sets, size_t set_count,
                                   struct catalogue **out_catalogue, struct note *note);
void catalogue_destroy(struct catalogue *catalogue);

/* `full_name` as "talea.v1.Ledger.Earn". ERR_NOT_FOUND when it is no method. */
MUST_USE enum err catalogue_find_method(const struct catalogue *catalogue, const char *full_name,
                                        enum call_kind *out_kind);
/* The serialised FileDescriptorProto. ERR_NOT_FOUND. */
MUST_USE enum err catalogue_find_file(const struct catalogue *catalogue, const char *file_name,
                                      struct slice *out_bytes);
/* That of the file which defines a message, an enum, a service or a method. ERR_NOT_FOUND. */
MUST_USE enum err catalogue_find_symbol(const struct catalogue *catalogue, const char *symbol,
                                        struct slice *out_bytes);

#endif
