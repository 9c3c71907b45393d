#include "dossier/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ident.h"
#include "charter/charter.h"
#include "dossier/net_audit.h"
#include "dossier/stream_file.h"
#include "wire/fields.h"
#include "wire/messages.h"

#define EPOCH_DIGITS 10

struct dossier_path {
    char text[sizeof(struct folder_path) + DOSSIER_FILE_MAX + 2];
};

static struct dossier_path path_of(const struct dossier_writer *writer, const char *name)
{
    struct dossier_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", writer->beside.text, name);
    return path;
}

static enum err make_folder(const struct dossier_writer *writer, const char *name,
                            struct note *note)
{
    struct dossier_path path = path_of(writer, name);
    if (mkdir(path.text, 0755) == 0) {
        return ERR_OK;
    }
    int code = errno;
    return note_set(note, file_err_of(code), "%s: %s", path.text, strerror(code));
}

enum err dossier_writer_open(struct dossier_writer *writer, const char *folder, struct note *note)
{
    struct stat status;
    *writer = (struct dossier_writer){.target = folder};
    if (lstat(folder, &status) == 0) {
        return note_set(note, ERR_EXISTS, "%s: %s", folder, strerror(EEXIST));
    }
    TRY(folder_make_beside(folder, &writer->beside, note));
    TRY(make_folder(writer, CHARTERS_FOLDER, note));
    TRY(make_folder(writer, STREAMS_FOLDER, note));
    TRY(make_folder(writer, STATEMENTS_FOLDER, note));
    TRY(make_folder(writer, NETTING_FOLDER, note));
    return make_folder(writer, PAYMENTS_FOLDER, note);
}

static void add_sum(struct dossier_writer *writer, const char *name, struct hasher *hasher)
{
    struct hash sum = hasher_finish(hasher);
    sums_line_write(&writer->sums, name, &sum);
    writer->files++;
}

static enum err put_file(struct dossier_writer *writer, const char *name, struct slice bytes,
                         struct note *note)
{
    struct hasher hasher;
    struct dossier_path path = path_of(writer, name);
    TRY(file_create(path.text, FILE_PUBLIC, bytes, note));
    hasher_init_file(&hasher);
    hasher_add(&hasher, bytes);
    add_sum(writer, name, &hasher);
    writer->bytes += bytes.length;
    return writer->sums.err;
}

static enum err put_charter(struct dossier_writer *writer, struct slice bytes, struct note *note)
{
    char name[DOSSIER_FILE_MAX];
    struct charter *charter;
    TRY(charter_open(bytes, &charter, note));
    snprintf(name, sizeof name, CHARTERS_FOLDER "/%0*" PRIu64 ".talea", EPOCH_DIGITS,
             charter->epoch);
    charter_close(charter);
    return put_file(writer, name, bytes, note);
}

/* ---- Streams ---- */

static enum err stream_failed(const struct dossier_writer *writer, struct note *note)
{
    struct dossier_path path = path_of(writer, writer->stream_name);
    return note_set(note, ERR_STORAGE, "%s: %s", path.text, strerror(errno));
}

static enum err append(struct dossier_writer *writer, struct slice bytes, struct note *note)
{
    hasher_add(&writer->stream_sum, bytes);
    writer->bytes += bytes.length;
    return fwrite(bytes.at, 1, bytes.length, writer->stream) == bytes.length
               ? ERR_OK
               : stream_failed(writer, note);
}

static enum err append_message(struct dossier_writer *writer, const ProtobufCMessage *message,
                               struct note *note)
{
    struct buffer length = {0};
    buffer_clear(&writer->message);
    TRY(fields_pack(message, &writer->message));
    write_varint(&length, writer->message.length);
    enum err err = length.err == ERR_OK ? append(writer, buffer_slice(&length), note) : length.err;
    buffer_fini(&length);
    TRY(err);
    return append(writer, buffer_slice(&writer->message), note);
}

static enum err end_stream(struct dossier_writer *writer, struct note *note)
{
    FILE *stream = writer->stream;
    if (stream == NULL) {
        return ERR_OK;
    }
    bool is_durable = fflush(stream) == 0 && fdatasync(fileno(stream)) == 0;
    bool is_closed = fclose(stream) == 0;
    writer->stream = NULL;
    if (!is_durable || !is_closed) {
        return stream_failed(writer, note);
    }
    add_sum(writer, writer->stream_name, &writer->stream_sum);
    return writer->sums.err;
}

/* The file of messages whose name is set. */
static enum err begin_file(struct dossier_writer *writer, const char *format, struct note *note)
{
    struct dossier_path path = path_of(writer, writer->stream_name);
    writer->stream = fopen(path.text, "wbx");
    if (writer->stream == NULL) {
        return stream_failed(writer, note);
    }
    hasher_init_file(&writer->stream_sum);
    return append(writer, slice_of(format, strlen(format)), note);
}

static enum err begin_stream(struct dossier_writer *writer, const Talea__V1__DossierStream *head,
                             struct note *note)
{
    struct partner_id sender;
    struct partner_id receiver;
    TRY(end_stream(writer, note));
    if (partner_id_parse(head->sender, &sender) != ERR_OK ||
        partner_id_parse(head->receiver, &receiver) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the node sent a stream without a name");
    }
    snprintf(writer->stream_name, sizeof writer->stream_name,
             STREAMS_FOLDER "/%s.%s" STREAM_EXTENSION, sender.text, receiver.text);
    TRY(begin_file(writer, STREAM_FILE_FORMAT, note));
    return append_message(writer, &head->base, note);
}

static enum err put_net(struct dossier_writer *writer, const Talea__V1__DossierNet *net,
                        struct note *note)
{
    if (!writer->is_net) {
        TRY(end_stream(writer, note));
        snprintf(writer->stream_name, sizeof writer->stream_name, NET_NAME);
        TRY(begin_file(writer, NET_FILE_FORMAT, note));
        writer->is_net = true;
    }
    return append_message(writer, &net->base, note);
}

enum err dossier_writer_put(struct dossier_writer *writer,
                            const Talea__V1__ExportPeriodResponse *part, struct note *note)
{
    switch (part->part_case) {
    case TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_CHARTER:
        return put_charter(writer, slice_of(part->charter.data, part->charter.len), note);
    case TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_STREAM:
        return begin_stream(writer, part->stream, note);
    case TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_RUN:
        if (writer->stream != NULL && !writer->is_net) {
            return append_message(writer, &part->run->base, note);
        }
        break;
    case TALEA__V1__EXPORT_PERIOD_RESPONSE__PART_NET:
        return put_net(writer, part->net, note);
    case TALEA__V1__EXPORT_PERIOD_RESPONSE__PART__NOT_SET:
    case _TALEA__V1__EXPORT_PERIOD_RESPONSE__PART__CASE_IS_INT_SIZE:
        break;
    }
    return note_set(note, ERR_INPUT, "the node sent a part that can't be here");
}

enum err dossier_writer_put_statement(struct dossier_writer *writer,
                                      const Talea__V1__GetStatementResponse *document,
                                      struct note *note)
{
    char name[DOSSIER_FILE_MAX];
    struct pair_statement statement;
    struct slice bytes = slice_of(document->statement.data, document->statement.len);
    if (bytes.length == 0) {
        return ERR_OK;
    }
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(wire_statement_decode(bytes, &arena, &statement, note));
    snprintf(name, sizeof name, STATEMENTS_FOLDER "/%s.%s" STATEMENT_EXTENSION,
             statement.halves[0].sender.text, statement.halves[1].sender.text);
    Talea__V1__GetStatementResponse signed_parts = *document;
    signed_parts.pair = NULL; /* how it stands at the node: nobody signs for that */
    buffer_clear(&writer->message);
    TRY(fields_pack(&signed_parts.base, &writer->message));
    return put_file(writer, name, buffer_slice(&writer->message), note);
}

static enum err add_bookings(const Talea__V1__Payment *payment, struct arena *arena,
                             Talea__V1__DossierPayment *message)
{
    message->bookings = arena_alloc(arena, (payment->n_bookings + 1) * sizeof *message->bookings);
    if (message->bookings == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < payment->n_bookings; i++) {
        Talea__V1__DossierBooking *booking = arena_alloc(arena, sizeof *booking);
        if (booking == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__dossier_booking__init(booking);
        booking->bank_reference = payment->bookings[i]->bank_reference;
        booking->amount_minor = payment->bookings[i]->amount_minor;
        booking->booked_unix_ms = payment->bookings[i]->booked_unix_ms;
        message->bookings[message->n_bookings++] = booking;
    }
    return ERR_OK;
}

enum err dossier_writer_put_payment(struct dossier_writer *writer,
                                    const Talea__V1__Payment *payment, struct note *note)
{
    char name[DOSSIER_FILE_MAX];
    struct partner_id debtor;
    struct partner_id creditor;
    if (payment->own_notice.len == 0 && payment->partner_notice.len == 0) {
        return ERR_OK;
    }
    if (partner_id_parse(payment->debtor, &debtor) != ERR_OK ||
        partner_id_parse(payment->creditor, &creditor) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the node sent a payment without names");
    }
    CLEANUP(arena_fini) struct arena arena;
    Talea__V1__DossierPayment message;
    talea__v1__dossier_payment__init(&message);
    arena_init(&arena, LIMIT_DECODED_BYTES);
    message.own_notice = payment->own_notice;
    message.partner_notice = payment->partner_notice;
    TRY(add_bookings(payment, &arena, &message));
    snprintf(name, sizeof name, PAYMENTS_FOLDER "/%s.%s" PAYMENT_EXTENSION, debtor.text,
             creditor.text);
    buffer_clear(&writer->message);
    TRY(fields_pack(&message.base, &writer->message));
    return put_file(writer, name, buffer_slice(&writer->message), note);
}

enum err dossier_writer_finish(struct dossier_writer *writer, struct note *note)
{
    TRY(end_stream(writer, note));
    struct dossier_path path = path_of(writer, SUMS_NAME);
    TRY(file_create(path.text, FILE_PUBLIC, buffer_slice(&writer->sums), note));
    TRY(folder_put_in_place(&writer->beside, writer->target, note));
    writer->beside.text[0] = '\0';
    return ERR_OK;
}

void dossier_writer_close(struct dossier_writer *writer)
{
    if (writer->stream != NULL) {
        (void)fclose(writer->stream);
    }
    if (writer->beside.text[0] != '\0') {
        folder_remove(writer->beside.text);
    }
    buffer_fini(&writer->sums);
    buffer_fini(&writer->message);
}
