/* What is set apart of a half (proto/talea/v1/settlement.proto). */
#include <string.h>

#include "settlement/tree.h"
#include "talea/v1/settlement.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"

/* Each an entry of this half's stream, or of what follows on it, by rising numbers. */
static void check_entries(struct fields *fields, const char *field, const struct slice *entries,
                          size_t count)
{
    uint64_t before = 0;
    field_require(fields, count <= LIMIT_APART_ENTRIES, field, "are too many");
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        struct clearing_entry entry;
        bool is_entry = wire_entry_decode(entries[i], &entry, NULL) == ERR_OK;
        field_require(fields, is_entry && entry.number > before, field,
                      "are no entries in the order of their numbers");
        before = is_entry ? entry.number : 0;
    }
}

static enum err check_apart(struct fields *fields, const struct apart_half *half)
{
    char coalition[sizeof half->coalition];
    field_name(fields, "coalition", half->coalition, coalition, sizeof coalition);
    field_period(fields, "period", half->period);
    field_pair(fields, &half->sender, &half->receiver);
    field_require(fields, half->first_number > 0 && half->first_number <= half->last_number,
                  "first_number", "is 0 or lies behind last_number");
    field_require(fields, half->count > 0 && half->count < UINT64_C(1) << TREE_LEVELS, "count",
                  "is of no half");
    field_require(fields, half->sent_count + half->received_count > 0, "sent", "is nothing");
    check_entries(fields, "sent", half->sent, half->sent_count);
    check_entries(fields, "received", half->received, half->received_count);
    field_require(fields,
                  half->sent_refused >> half->sent_count == 0 &&
                      half->received_refused >> half->received_count == 0,
                  "received_refused", "has bits of no entry");
    return fields->err;
}

static void entries_to_wire(const struct slice *entries, size_t count, ProtobufCBinaryData *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = binary_of((void *)(uintptr_t)entries[i].at, entries[i].length);
    }
}

static size_t entries_from_wire(struct fields *fields, const char *field,
                                const ProtobufCBinaryData *entries, size_t count,
                                struct slice *out_entries)
{
    field_require(fields, count <= LIMIT_APART_ENTRIES, field, "are too many");
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        out_entries[i] = slice_of(entries[i].data, entries[i].len);
    }
    return count;
}

enum err wire_apart_encode(const struct apart_half *half, struct buffer *out)
{
    struct fields fields = fields_begin("SetApart", NULL);
    TRY(check_apart(&fields, half));
    ProtobufCBinaryData sent[LIMIT_APART_ENTRIES];
    ProtobufCBinaryData received[LIMIT_APART_ENTRIES];
    struct apart_half h = *half;
    Talea__V1__SetApart m;
    talea__v1__set_apart__init(&m);
    m.coalition = h.coalition;
    m.period = h.period.code;
    m.sender = h.sender.text;
    m.receiver = h.receiver.text;
    m.first_number = h.first_number;
    m.last_number = h.last_number;
    m.last_hash = binary_of(h.last_hash.bytes, sizeof h.last_hash.bytes);
    m.receipt_number = h.receipt_number;
    m.receipt_hash = binary_of(h.receipt_hash.bytes, sizeof h.receipt_hash.bytes);
    m.root = binary_of(h.root.bytes, sizeof h.root.bytes);
    m.count = h.count;
    m.n_sent = h.sent_count;
    m.sent = sent;
    entries_to_wire(h.sent, h.sent_count, sent);
    m.n_received = h.received_count;
    m.received = received;
    entries_to_wire(h.received, h.received_count, received);
    m.sent_refused = h.sent_refused;
    m.received_refused = h.received_refused;
    return fields_pack(&m.base, out);
}

enum err wire_apart_decode(struct slice bytes, struct arena *arena, struct apart_half *out_half,
                           struct note *note)
{
    struct fields fields = fields_begin("SetApart", note);
    const Talea__V1__SetApart *m =
        (const void *)fields_unpack(&fields, &talea__v1__set_apart__descriptor, bytes, arena);
    if (m == NULL) {
        return fields.err;
    }
    struct apart_half h = {.period = {m->period},
                           .first_number = m->first_number,
                           .last_number = m->last_number,
                           .receipt_number = m->receipt_number,
                           .count = m->count,
                           .sent_refused = m->sent_refused,
                           .received_refused = m->received_refused};
    field_name(&fields, "coalition", m->coalition, h.coalition, sizeof h.coalition);
    field_partner(&fields, "sender", m->sender, &h.sender);
    field_partner(&fields, "receiver", m->receiver, &h.receiver);
    field_hash(&fields, "last_hash", &m->last_hash, &h.last_hash);
    field_hash(&fields, "receipt_hash", &m->receipt_hash, &h.receipt_hash);
    field_hash(&fields, "root", &m->root, &h.root);
    h.sent_count = entries_from_wire(&fields, "sent", m->sent, m->n_sent, h.sent);
    h.received_count =
        entries_from_wire(&fields, "received", m->received, m->n_received, h.received);
    TRY(check_apart(&fields, &h));
    *out_half = h;
    return ERR_OK;
}
