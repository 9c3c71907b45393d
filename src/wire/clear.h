/* The messages of a clearing stream as plain values, and as the generated ones. */
#ifndef WIRE_CLEAR_H
#define WIRE_CLEAR_H

#include "base/limits.h"
#include "wire/signed_message.h"

/* From the entries' sender. All borrowed. */
struct clear_request {
    const struct signed_message *head; /* NULL: the first message, which only opens */
    const struct slice *entries;       /* a ClearingEntry each, as it travels */
    size_t count;
    uint64_t held_receipt_number;
};

/* From the entries' receiver. */
struct clear_response {
    const struct signed_message *receipt; /* NULL: ready for the first batch, or a problem */
    const char *problem;                  /* empty, or why the call ends */
};

/* Where a message's parts are put while it is on its way in or out. */
struct clear_request_room {
    struct slice entries[LIMIT_CLEARING_BATCH];
    ProtobufCBinaryData fields[LIMIT_CLEARING_BATCH];
    Talea__V1__Signed head_message;
    struct signed_message head;
};
struct clear_response_room {
    Talea__V1__Signed receipt_message;
    struct signed_message receipt;
};

/* Both borrow from their input and from the room. ERR_INPUT with a note for an envelope that is
 * malformed and for more entries than a batch may have. */
MUST_USE enum err clear_request_of_message(const Talea__V1__ClearRequest *message,
                                           struct clear_request_room *room,
                                           struct clear_request *out_request, struct note *note);
MUST_USE enum err clear_response_of_message(const Talea__V1__ClearResponse *message,
                                            struct clear_response_room *room,
                                            struct clear_response *out_response, struct note *note);
/* At most LIMIT_CLEARING_BATCH entries. */
void clear_request_to_message(const struct clear_request *request, struct clear_request_room *room,
                              Talea__V1__ClearRequest *out_message);
void clear_response_to_message(const struct clear_response *response,
                               struct clear_response_room *room,
                               Talea__V1__ClearResponse *out_message);

#endif
