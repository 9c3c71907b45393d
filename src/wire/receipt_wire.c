/* Receipts of clearing batches (proto/talea/v1/peer.proto). */
#include "talea/v1/peer.pb-c.h"
#include "wire/messages.h"
#include "wire/totals_wire.h"

/* Each within the answered entries, in their order. */
static void check_refused(struct fields *fields, const struct clearing_receipt *receipt)
{
    field_require(fields, receipt->refused_count <= LIMIT_CLEARING_BATCH, "refused",
                  "are more than a batch may hold");
    for (size_t i = 0; i < receipt->refused_count && fields->err == ERR_OK; i++) {
        const struct receipt_refusal *refusal = &receipt->refused[i];
        char reason[REASON_NAME_MAX];
        field_require(fields,
                      refusal->number > 0 && refusal->number >= receipt->first_number &&
                          refusal->number <= receipt->last_number,
                      "refused", "are not among the entries it answers");
        field_require(fields, i == 0 || refusal[-1].number < refusal->number, "refused",
                      "are not in order");
        field_reason(fields, "reason", refusal->reason, reason, sizeof reason);
    }
}

static enum err check_receipt(struct fields *fields, const struct clearing_receipt *receipt)
{
    field_pair(fields, &receipt->sender, &receipt->receiver);
    field_require(fields, (receipt->first_number == 0) == (receipt->last_number == 0),
                  "first_number and last_number", "are not both 0");
    field_require(fields, receipt->first_number <= receipt->last_number, "last_number",
                  "lies before first_number");
    field_require(fields,
                  receipt->receipt_number > 0 ||
                      (receipt->last_number == 0 && receipt->total_count == 0 &&
                       hash_is_zero(&receipt->previous_receipt_hash) &&
                       hash_is_zero(&receipt->last_hash)),
                  "receipt_number", "is 0, but it answers something");
    check_refused(fields, receipt);
    field_totals(fields, receipt->totals, receipt->total_count);
    return fields->err;
}

static Talea__V1__RefusedEntry **refused_to_wire(struct fields *fields, struct arena *arena,
                                                 const struct clearing_receipt *receipt)
{
    size_t count = receipt->refused_count;
    Talea__V1__RefusedEntry **lines = fields_array(fields, arena, count, sizeof(void *));
    Talea__V1__RefusedEntry *rows = fields_array(fields, arena, count, sizeof *rows);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        talea__v1__refused_entry__init(&rows[i]);
        rows[i].number = receipt->refused[i].number;
        rows[i].reason = receipt->refused[i].reason;
        rows[i].moved_to = receipt->refused[i].moved_to.digits;
        lines[i] = &rows[i];
    }
    return lines;
}

enum err wire_receipt_encode(const struct clearing_receipt *receipt, struct buffer *out)
{
    struct fields fields = fields_begin("ClearingReceipt", NULL);
    TRY(check_receipt(&fields, receipt));
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    struct clearing_receipt r = *receipt;
    Talea__V1__ClearingReceipt m;
    talea__v1__clearing_receipt__init(&m);
    m.sender = r.sender.text;
    m.receiver = r.receiver.text;
    m.receipt_number = r.receipt_number;
    m.previous_receipt_hash =
        binary_of(r.previous_receipt_hash.bytes, sizeof r.previous_receipt_hash.bytes);
    m.first_number = r.first_number;
    m.last_number = r.last_number;
    m.last_hash = binary_of(r.last_hash.bytes, sizeof r.last_hash.bytes);
    m.n_refused = r.refused_count;
    m.refused = refused_to_wire(&fields, &arena, receipt);
    m.n_totals = r.total_count;
    m.totals = totals_to_wire(&fields, &arena, r.totals, r.total_count);
    TRY(fields.err);
    return fields_pack(&m.base, out);
}

static struct receipt_refusal *refused_from_wire(struct fields *fields, struct arena *arena,
                                                 const Talea__V1__ClearingReceipt *m)
{
    field_require(fields, m->n_refused <= LIMIT_CLEARING_BATCH, "refused",
                  "are more than a batch may hold");
    struct receipt_refusal *rows = fields_array(fields, arena, m->n_refused, sizeof *rows);
    for (size_t i = 0; i < m->n_refused && fields->err == ERR_OK; i++) {
        fields_require_known(fields, &m->refused[i]->base);
        rows[i].number = m->refused[i]->number;
        field_reason(fields, "reason", m->refused[i]->reason, rows[i].reason,
                     sizeof rows[i].reason);
        field_card_or_none(fields, "moved_to", m->refused[i]->moved_to, &rows[i].moved_to);
    }
    return rows;
}

enum err wire_receipt_decode(struct slice bytes, struct arena *arena,
                             struct clearing_receipt *out_receipt, struct note *note)
{
    struct fields fields = fields_begin("ClearingReceipt", note);
    const Talea__V1__ClearingReceipt *m = (const void *)fields_unpack(
        &fields, &talea__v1__clearing_receipt__descriptor, bytes, arena);
    if (m == NULL) {
        return fields.err;
    }
    struct clearing_receipt r = {.receipt_number = m->receipt_number,
                                 .first_number = m->first_number,
                                 .last_number = m->last_number,
                                 .refused_count = m->n_refused,
                                 .total_count = m->n_totals};
    field_partner(&fields, "sender", m->sender, &r.sender);
    field_partner(&fields, "receiver", m->receiver, &r.receiver);
    field_hash(&fields, "previous_receipt_hash", &m->previous_receipt_hash,
               &r.previous_receipt_hash);
    field_hash(&fields, "last_hash", &m->last_hash, &r.last_hash);
    r.refused = refused_from_wire(&fields, arena, m);
    r.totals = totals_from_wire(&fields, arena, m->totals, m->n_totals);
    TRY(fields.err);
    TRY(check_receipt(&fields, &r));
    *out_receipt = r;
    return ERR_OK;
}
