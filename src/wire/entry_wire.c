/* Entries and the heads of batches (proto/talea/v1/peer.proto). */
#include "base/text.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"

/* What both directions demand: a sender cannot write an entry that its receiver would not read. */
static enum err check_entry(struct fields *fields, const struct clearing_entry *entry)
{
    field_time(fields, "business_unix_ms", entry->business_time);
    field_time(fields, "active_from_unix_ms", entry->active_from);
    field_time(fields, "expires_at_unix_ms", entry->expires_at);
    TRY(fields->err);
    return entry_check(entry, fields->note);
}

/* NULL for entries that are about no dispute. */
static Talea__V1__DisputePart *dispute_to_wire(struct dispute_part *part,
                                               Talea__V1__DisputePart *out)
{
    if (part->number == 0) {
        return NULL;
    }
    talea__v1__dispute_part__init(out);
    out->number = part->number;
    out->is_of_sender = part->is_of_sender;
    out->step = (Talea__V1__DisputeStep)part->step;
    out->reason = (Talea__V1__DisputeReason)part->reason;
    out->note = part->note;
    return out;
}

static void dispute_from_wire(struct fields *fields, const Talea__V1__DisputePart *m,
                              struct dispute_part *out)
{
    if (m == NULL || fields->err != ERR_OK) {
        return;
    }
    fields_require_known(fields, &m->base);
    field_require(fields, m->number != 0, "dispute", "is about no entry");
    *out = (struct dispute_part){.number = m->number,
                                 .is_of_sender = m->is_of_sender,
                                 .step = (enum dispute_step)m->step,
                                 .reason = (enum dispute_reason)m->reason};
    field_require(fields, text_copy(out->note, sizeof out->note, m->note) == ERR_OK, "note",
                  "is too long");
}

enum err wire_entry_encode(const struct clearing_entry *entry, struct buffer *out)
{
    struct fields fields = fields_begin("ClearingEntry", NULL);
    TRY(check_entry(&fields, entry));
    struct clearing_entry e = *entry;
    Talea__V1__ClearingEntry m;
    talea__v1__clearing_entry__init(&m);
    m.number = e.number;
    m.previous_hash = binary_of(e.previous_hash.bytes, sizeof e.previous_hash.bytes);
    m.period = e.period.code;
    m.business_unix_ms = e.business_time.ms;
    m.transaction_id = binary_of(e.transaction_id.bytes, sizeof e.transaction_id.bytes);
    m.kind = (Talea__V1__EntryKind)e.kind;
    m.card = e.card.digits;
    m.points = e.points.minor;
    m.tariff = e.tariff;
    m.promotion = e.promotion;
    m.subject_id = binary_of(e.subject.bytes, uid_is_nil(&e.subject) ? 0 : sizeof e.subject.bytes);
    m.active_from_unix_ms = e.active_from.ms;
    m.expires_at_unix_ms = e.expires_at.ms;
    m.mandate_id = binary_of(e.mandate.bytes, uid_is_nil(&e.mandate) ? 0 : sizeof e.mandate.bytes);
    m.moved_to = e.moved_to.digits;
    m.issuer = e.issuer.text;
    Talea__V1__DisputePart part;
    m.dispute = dispute_to_wire(&e.dispute, &part);
    m.next_period = e.next_period.code;
    m.refuses_when_empty = e.refuses_when_empty;
    return fields_pack(&m.base, out);
}

enum err wire_entry_decode(struct slice bytes, struct clearing_entry *out_entry, struct note *note)
{
    struct fields fields = fields_begin("ClearingEntry", note);
    field_require(&fields, bytes.length <= LIMIT_CLEARING_ENTRY_BYTES, "bytes", "are too many");
    TRY(fields.err);
    struct scratch scratch;
    const Talea__V1__ClearingEntry *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__clearing_entry__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct clearing_entry e = {.number = m->number,
                               .period = {m->period},
                               .business_time = {m->business_unix_ms},
                               .kind = (enum entry_kind)m->kind,
                               .points = {m->points},
                               .tariff = m->tariff,
                               .promotion = m->promotion,
                               .active_from = {m->active_from_unix_ms},
                               .expires_at = {m->expires_at_unix_ms},
                               .next_period = {m->next_period},
                               .refuses_when_empty = m->refuses_when_empty};
    field_hash(&fields, "previous_hash", &m->previous_hash, &e.previous_hash);
    field_uid(&fields, "transaction_id", &m->transaction_id, &e.transaction_id);
    field_card_or_none(&fields, "card", m->card, &e.card);
    field_uid_or_nil(&fields, "subject_id", &m->subject_id, &e.subject);
    field_uid_or_nil(&fields, "mandate_id", &m->mandate_id, &e.mandate);
    field_card_or_none(&fields, "moved_to", m->moved_to, &e.moved_to);
    field_partner_or_none(&fields, "issuer", m->issuer, &e.issuer);
    dispute_from_wire(&fields, m->dispute, &e.dispute);
    TRY(check_entry(&fields, &e));
    *out_entry = e;
    return ERR_OK;
}

static enum err check_head(struct fields *fields, const struct batch_head *head)
{
    field_pair(fields, &head->sender, &head->receiver);
    field_require(fields, head->first_number > 0, "first_number", "is 0");
    field_require(fields, head->count > 0 && head->count <= LIMIT_CLEARING_BATCH, "count",
                  "is 0 or more than a batch may hold");
    field_require(fields, head->first_number <= UINT64_MAX - LIMIT_CLEARING_BATCH, "first_number",
                  "is too large");
    return fields->err;
}

enum err wire_head_encode(const struct batch_head *head, struct buffer *out)
{
    struct fields fields = fields_begin("BatchHead", NULL);
    TRY(check_head(&fields, head));
    struct batch_head h = *head;
    Talea__V1__BatchHead m;
    talea__v1__batch_head__init(&m);
    m.sender = h.sender.text;
    m.receiver = h.receiver.text;
    m.first_number = h.first_number;
    m.count = h.count;
    m.previous_hash = binary_of(h.previous_hash.bytes, sizeof h.previous_hash.bytes);
    m.last_hash = binary_of(h.last_hash.bytes, sizeof h.last_hash.bytes);
    return fields_pack(&m.base, out);
}

enum err wire_head_decode(struct slice bytes, struct batch_head *out_head, struct note *note)
{
    struct fields fields = fields_begin("BatchHead", note);
    struct scratch scratch;
    const Talea__V1__BatchHead *m = (const void *)fields_unpack_small(
        &fields, &talea__v1__batch_head__descriptor, bytes, &scratch);
    if (m == NULL) {
        return fields.err;
    }
    struct batch_head h = {.first_number = m->first_number, .count = m->count};
    field_partner(&fields, "sender", m->sender, &h.sender);
    field_partner(&fields, "receiver", m->receiver, &h.receiver);
    field_hash(&fields, "previous_hash", &m->previous_hash, &h.previous_hash);
    field_hash(&fields, "last_hash", &m->last_hash, &h.last_hash);
    TRY(check_head(&fields, &h));
    *out_head = h;
    return ERR_OK;
}
