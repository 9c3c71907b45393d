#include "dossier/stream_file.h"

#include "talea/v1/dossier.pb-c.h"
#include "wire/fields.h"

static enum err head_of_message(struct slice bytes, struct arena *arena,
                                struct stream_head *out_head, struct note *note)
{
    struct fields fields = fields_begin("DossierStream", note);
    struct stream_head head;
    const Talea__V1__DossierStream *m =
        (const void *)fields_unpack(&fields, &talea__v1__dossier_stream__descriptor, bytes, arena);
    if (m == NULL) {
        return fields.err;
    }
    field_partner(&fields, "holder", m->holder, &head.holder);
    field_partner(&fields, "sender", m->sender, &head.sender);
    field_partner(&fields, "receiver", m->receiver, &head.receiver);
    TRY(fields.err);
    field_pair(&fields, &head.sender, &head.receiver);
    field_require(&fields,
                  partner_id_equal(&head.holder, &head.sender) ||
                      partner_id_equal(&head.holder, &head.receiver),
                  "holder", "is neither sender nor receiver");
    head.period = (struct period){m->period};
    field_period(&fields, "period", head.period);
    head.first_number = m->first_number;
    head.last_number = m->last_number;
    field_require(&fields,
                  (head.first_number == 0) == (head.last_number == 0) &&
                      head.first_number <= head.last_number && head.last_number < UINT64_MAX,
                  "last_number", "lies before first_number");
    head.receipt_before = slice_of(m->receipt_before.data, m->receipt_before.len);
    if (fields.err == ERR_OK) {
        *out_head = head;
    }
    return fields.err;
}

enum err stream_file_begin(struct message_file *in, FILE *file, struct arena *arena,
                           struct stream_head *out_head, struct note *note)
{
    struct note why = {""};
    TRY(message_file_begin(in, file, STREAM_FILE_FORMAT, note));
    enum err err = message_file_next(in, note);
    if (err == ERR_NOT_FOUND) {
        return message_file_ends_early(in, note);
    }
    TRY(err);
    err = head_of_message(buffer_slice(&in->message), arena, out_head, &why);
    return err == ERR_OK ? ERR_OK : message_file_misread(in, err, &why, note);
}

static enum err run_of_message(struct slice bytes, struct arena *arena, struct stream_run *out_run,
                               struct note *note)
{
    struct fields fields = fields_begin("DossierRun", note);
    const Talea__V1__DossierRun *m =
        (const void *)fields_unpack(&fields, &talea__v1__dossier_run__descriptor, bytes, arena);
    if (m == NULL) {
        return fields.err;
    }
    field_require(&fields, m->n_entries > 0 && m->n_entries <= LIMIT_CLEARING_BATCH, "entries",
                  "are none, or more than a batch has");
    TRY(fields.err);
    struct slice *entries = fields_array(&fields, arena, m->n_entries, sizeof *entries);
    TRY(fields.err);
    for (size_t i = 0; i < m->n_entries; i++) {
        entries[i] = slice_of(m->entries[i].data, m->entries[i].len);
        field_require(&fields, entries[i].length <= LIMIT_CLEARING_ENTRY_BYTES, "entries",
                      "have one that is too long");
    }
    TRY(fields.err);
    *out_run =
        (struct stream_run){slice_of(m->head.data, m->head.len),
                            slice_of(m->receipt.data, m->receipt.len), entries, m->n_entries};
    return ERR_OK;
}

enum err stream_file_next(struct message_file *in, struct arena *arena, struct stream_run *out_run,
                          struct note *note)
{
    struct note why = {""};
    TRY(message_file_next(in, note));
    enum err err = run_of_message(buffer_slice(&in->message), arena, out_run, &why);
    return err == ERR_OK ? ERR_OK : message_file_misread(in, err, &why, note);
}
