#include "wire/clear.h"

enum err clear_request_of_message(const Talea__V1__ClearRequest *message,
                                  struct clear_request_room *room,
                                  struct clear_request *out_request, struct note *note)
{
    struct clear_request request = {.held_receipt_number = message->held_receipt_number};
    if (message->n_entries > LIMIT_CLEARING_BATCH) {
        return note_set(note, ERR_INPUT, "a batch has 1 to %u entries, not %zu",
                        LIMIT_CLEARING_BATCH, message->n_entries);
    }
    if (message->head != NULL) {
        if (signed_of_message(message->head, &room->head) != ERR_OK) {
            return note_set(note, ERR_INPUT, "the head's envelope is malformed");
        }
        request.head = &room->head;
    }
    for (size_t i = 0; i < message->n_entries; i++) {
        room->entries[i] = slice_of(message->entries[i].data, message->entries[i].len);
    }
    request.entries = room->entries;
    request.count = message->n_entries;
    *out_request = request;
    return ERR_OK;
}

enum err clear_response_of_message(const Talea__V1__ClearResponse *message,
                                   struct clear_response_room *room,
                                   struct clear_response *out_response, struct note *note)
{
    struct clear_response response = {.problem = message->problem};
    if (message->receipt != NULL) {
        if (signed_of_message(message->receipt, &room->receipt) != ERR_OK) {
            return note_set(note, ERR_INPUT, "the receipt's envelope is malformed");
        }
        response.receipt = &room->receipt;
    }
    *out_response = response;
    return ERR_OK;
}

void clear_request_to_message(const struct clear_request *request, struct clear_request_room *room,
                              Talea__V1__ClearRequest *out_message)
{
    talea__v1__clear_request__init(out_message);
    out_message->held_receipt_number = request->held_receipt_number;
    if (request->head != NULL) {
        signed_to_message(request->head, &room->head_message);
        out_message->head = &room->head_message;
    }
    ASSERT(request->count <= LIMIT_CLEARING_BATCH);
    for (size_t i = 0; i < request->count; i++) {
        const struct slice *entry = &request->entries[i];
        room->fields[i].data = (uint8_t *)(uintptr_t)entry->at;
        room->fields[i].len = entry->length;
    }
    out_message->n_entries = request->count;
    out_message->entries = room->fields;
}

void clear_response_to_message(const struct clear_response *response,
                               struct clear_response_room *room,
                               Talea__V1__ClearResponse *out_message)
{
    talea__v1__clear_response__init(out_message);
    if (response->receipt != NULL) {
        signed_to_message(response->receipt, &room->receipt_message);
        out_message->receipt = &room->receipt_message;
    }
    out_message->problem = (char *)(uintptr_t)response->problem;
}
