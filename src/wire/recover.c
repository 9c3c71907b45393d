#include "wire/recover.h"

#include "wire/fields.h"

static enum err check_holdings(struct fields *fields, const struct holdings *holdings)
{
    field_pair(fields, &holdings->holder, &holdings->owner);
    field_time(fields, "said_unix_ms", holdings->said);
    field_require(fields, (holdings->entry_number == 0) == hash_is_zero(&holdings->entry_hash),
                  "entry_hash", "does not belong to the number");
    field_require(
        fields, (holdings->held_receipt_number == 0) == hash_is_zero(&holdings->held_receipt_hash),
        "held_receipt_hash", "does not belong to the number");
    return fields->err;
}

enum err wire_holdings_encode(const struct holdings *holdings, struct buffer *out)
{
    struct fields fields = fields_begin("Holdings", NULL);
    TRY(check_holdings(&fields, holdings));
    struct holdings h = *holdings;
    Talea__V1__Holdings m;
    talea__v1__holdings__init(&m);
    m.holder = h.holder.text;
    m.owner = h.owner.text;
    m.said_unix_ms = h.said.ms;
    m.entry_number = h.entry_number;
    m.entry_hash = binary_of(h.entry_hash.bytes, sizeof h.entry_hash.bytes);
    m.given_receipt_number = h.given_receipt_number;
    m.held_receipt_number = h.held_receipt_number;
    m.held_receipt_hash = binary_of(h.held_receipt_hash.bytes, sizeof h.held_receipt_hash.bytes);
    return fields_pack(&m.base, out);
}

enum err wire_holdings_decode(struct slice bytes, struct holdings *out_holdings, struct note *note)
{
    struct fields fields = fields_begin("Holdings", note);
    struct scratch scratch;
    const Talea__V1__Holdings *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__holdings__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct holdings h = {.said = {m->said_unix_ms},
                         .entry_number = m->entry_number,
                         .given_receipt_number = m->given_receipt_number,
                         .held_receipt_number = m->held_receipt_number};
    field_partner(&fields, "holder", m->holder, &h.holder);
    field_partner(&fields, "owner", m->owner, &h.owner);
    field_hash(&fields, "entry_hash", &m->entry_hash, &h.entry_hash);
    field_hash(&fields, "held_receipt_hash", &m->held_receipt_hash, &h.held_receipt_hash);
    TRY(check_holdings(&fields, &h));
    *out_holdings = h;
    return ERR_OK;
}

enum err recover_request_of_message(const Talea__V1__RecoverPageRequest *message,
                                    struct recover_request *out_request, struct note *note)
{
    int part = (int)message->part;
    if (part < RECOVER_ENTRIES || part > RECOVER_HOLDS) {
        return note_set(note, ERR_INPUT, "part %d is unknown", part);
    }
    *out_request = (struct recover_request){(enum recover_part)part, message->number,
                                            slice_of(message->after.data, message->after.len)};
    return ERR_OK;
}

static enum err take_envelope(const Talea__V1__Signed *message, struct signed_message *room,
                              const struct signed_message **out_signed, struct note *note)
{
    *out_signed = NULL;
    if (message == NULL) {
        return ERR_OK;
    }
    if (signed_of_message(message, room) != ERR_OK) {
        return note_set(note, ERR_INPUT, "an envelope of the page is malformed");
    }
    *out_signed = room;
    return ERR_OK;
}

static enum err take_envelopes(Talea__V1__Signed *const *messages, size_t count,
                               struct signed_message *room, struct note *note)
{
    for (size_t i = 0; i < count; i++) {
        const struct signed_message *envelope;
        TRY(take_envelope(messages[i], &room[i], &envelope, note));
    }
    return ERR_OK;
}

enum err recover_page_of_message(const Talea__V1__RecoverPageResponse *message,
                                 struct recover_page_room *room, struct recover_page *out_page,
                                 struct note *note)
{
    struct recover_page page = {.entries = room->entries,
                                .count = message->n_entries,
                                .grants = room->grants,
                                .grant_count = message->n_grants,
                                .mandates = room->mandates,
                                .mandate_count = message->n_mandates,
                                .next = slice_of(message->next.data, message->next.len)};
    if (page.count > LIMIT_CLEARING_BATCH || page.grant_count > LIMIT_CLEARING_BATCH ||
        page.mandate_count > LIMIT_CLEARING_BATCH) {
        return note_set(note, ERR_INPUT,
                        "a page has up to %u entries, grants and mandates, not %zu, %zu and %zu",
                        LIMIT_CLEARING_BATCH, page.count, page.grant_count, page.mandate_count);
    }
    TRY(take_envelope(message->head, &room->head, &page.head, note));
    TRY(take_envelope(message->receipt, &room->receipt, &page.receipt, note));
    for (size_t i = 0; i < page.count; i++) {
        room->entries[i] = slice_of(message->entries[i].data, message->entries[i].len);
    }
    TRY(take_envelopes(message->grants, page.grant_count, room->grants, note));
    TRY(take_envelopes(message->mandates, page.mandate_count, room->mandates, note));
    *out_page = page;
    return ERR_OK;
}

static ProtobufCBinaryData borrowed(struct slice bytes)
{
    return (ProtobufCBinaryData){bytes.length, (uint8_t *)(uintptr_t)bytes.at};
}

void recover_request_to_message(const struct recover_request *request,
                                Talea__V1__RecoverPageRequest *out_message)
{
    talea__v1__recover_page_request__init(out_message);
    out_message->part = (Talea__V1__RecoverPart)request->part;
    out_message->number = request->number;
    out_message->after = borrowed(request->after);
}

static void put_envelopes(const struct signed_message *envelopes, size_t count,
                          Talea__V1__Signed *room, Talea__V1__Signed **out_pointers)
{
    ASSERT(count <= LIMIT_CLEARING_BATCH);
    for (size_t i = 0; i < count; i++) {
        signed_to_message(&envelopes[i], &room[i]);
        out_pointers[i] = &room[i];
    }
}

void recover_page_to_message(const struct recover_page *page, struct recover_page_room *room,
                             Talea__V1__RecoverPageResponse *out_message)
{
    talea__v1__recover_page_response__init(out_message);
    ASSERT(page->count <= LIMIT_CLEARING_BATCH);
    if (page->head != NULL) {
        signed_to_message(page->head, &room->head_message);
        out_message->head = &room->head_message;
    }
    if (page->receipt != NULL) {
        signed_to_message(page->receipt, &room->receipt_message);
        out_message->receipt = &room->receipt_message;
    }
    for (size_t i = 0; i < page->count; i++) {
        room->fields[i] = borrowed(page->entries[i]);
    }
    put_envelopes(page->grants, page->grant_count, room->grant_messages, room->grant_pointers);
    put_envelopes(page->mandates, page->mandate_count, room->mandate_messages,
                  room->mandate_pointers);
    out_message->n_entries = page->count;
    out_message->entries = room->fields;
    out_message->n_grants = page->grant_count;
    out_message->grants = room->grant_pointers;
    out_message->n_mandates = page->mandate_count;
    out_message->mandates = room->mandate_pointers;
    out_message->next = borrowed(page->next);
}
