#include "dossier/stream_file.h"

#include <inttypes.h>
#include <string.h>

#include "talea/v1/dossier.pb-c.h"
#include "wire/fields.h"

#define LENGTH_BYTES_MAX 5u

static enum err storage(const struct stream_file *in, struct note *note)
{
    return note_set(note, ERR_STORAGE, "can't be read at byte %" PRIu64, in->next);
}

static enum err ends_early(const struct stream_file *in, struct note *note)
{
    return note_set(note, ERR_CORRUPT, "ends within the message at byte %" PRIu64, in->offset);
}

/* Replaces the message by `length` bytes of the file. */
static enum err read_message(struct stream_file *in, size_t length, struct note *note)
{
    buffer_clear(&in->message);
    uint8_t *to = write_reserve(&in->message, length);
    if (to == NULL) {
        return ERR_RESOURCE;
    }
    if (fread(to, 1, length, in->file) != length) {
        return ferror(in->file) ? storage(in, note) : ends_early(in, note);
    }
    in->next += length;
    hasher_add(&in->sum, buffer_slice(&in->message));
    return ERR_OK;
}

/* ERR_NOT_FOUND when the file ends before it. */
static enum err read_length(struct stream_file *in, uint64_t *out_length, struct note *note)
{
    uint8_t bytes[LENGTH_BYTES_MAX];
    size_t count = 0;
    do {
        int byte = getc(in->file);
        if (byte == EOF) {
            return ferror(in->file) ? storage(in, note)
                   : count == 0     ? ERR_NOT_FOUND
                                    : ends_early(in, note);
        }
        bytes[count++] = (uint8_t)byte;
        in->next++;
    } while ((bytes[count - 1] & 0x80) != 0 && count < LENGTH_BYTES_MAX);
    hasher_add(&in->sum, slice_of(bytes, count));
    struct reader reader = reader_of(slice_of(bytes, count));
    *out_length = read_varint(&reader);
    return reader_finish(&reader) == ERR_OK
               ? ERR_OK
               : note_set(note, ERR_CORRUPT, "has no length at byte %" PRIu64, in->offset);
}

static enum err read_next(struct stream_file *in, struct note *note)
{
    uint64_t length;
    in->offset = in->next;
    TRY(read_length(in, &length, note));
    if (length == 0 || length > LIMIT_MESSAGE_BYTES) {
        return note_set(note, ERR_CORRUPT, "has a message of %" PRIu64 " bytes at byte %" PRIu64,
                        length, in->offset);
    }
    return read_message(in, (size_t)length, note);
}

/* What is wrong within a message, with its place in the file. */
static enum err misread(const struct stream_file *in, enum err err, const struct note *why,
                        struct note *note)
{
    return note_set(note, err == ERR_RESOURCE ? ERR_RESOURCE : ERR_CORRUPT,
                    "the message at byte %" PRIu64 " is malformed: %.300s", in->offset, why->text);
}

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

enum err stream_file_begin(struct stream_file *in, FILE *file, struct arena *arena,
                           struct stream_head *out_head, struct note *note)
{
    static const char format[] = STREAM_FILE_FORMAT;
    struct note why = {""};
    *in = (struct stream_file){.file = file};
    hasher_init_file(&in->sum);
    TRY(read_message(in, sizeof format - 1, note));
    if (memcmp(in->message.at, format, sizeof format - 1) != 0) {
        return note_set(note, ERR_UNSUPPORTED, "does not begin with \"%.14s\"", format);
    }
    enum err err = read_next(in, note);
    if (err == ERR_NOT_FOUND) {
        return ends_early(in, note);
    }
    TRY(err);
    err = head_of_message(buffer_slice(&in->message), arena, out_head, &why);
    return err == ERR_OK ? ERR_OK : misread(in, err, &why, note);
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

enum err stream_file_next(struct stream_file *in, struct arena *arena, struct stream_run *out_run,
                          struct note *note)
{
    struct note why = {""};
    TRY(read_next(in, note));
    enum err err = run_of_message(buffer_slice(&in->message), arena, out_run, &why);
    return err == ERR_OK ? ERR_OK : misread(in, err, &why, note);
}

struct hash stream_file_sum(struct stream_file *in)
{
    return hasher_finish(&in->sum);
}

void stream_file_end(struct stream_file *in)
{
    buffer_fini(&in->message);
}
