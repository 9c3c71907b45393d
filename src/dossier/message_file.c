#include "dossier/message_file.h"

#include <inttypes.h>
#include <string.h>

#define LENGTH_BYTES_MAX 5u

static enum err storage(const struct message_file *in, struct note *note)
{
    return note_set(note, ERR_STORAGE, "can't be read at byte %" PRIu64, in->next);
}

enum err message_file_ends_early(const struct message_file *in, struct note *note)
{
    return note_set(note, ERR_CORRUPT, "ends within the message at byte %" PRIu64, in->offset);
}

/* Replaces the message by `length` bytes of the file. */
static enum err read_bytes(struct message_file *in, size_t length, struct note *note)
{
    buffer_clear(&in->message);
    uint8_t *to = write_reserve(&in->message, length);
    if (to == NULL) {
        return ERR_RESOURCE;
    }
    if (fread(to, 1, length, in->file) != length) {
        return ferror(in->file) ? storage(in, note) : message_file_ends_early(in, note);
    }
    in->next += length;
    hasher_add(&in->sum, buffer_slice(&in->message));
    return ERR_OK;
}

/* ERR_NOT_FOUND when the file ends before it. */
static enum err read_length(struct message_file *in, uint64_t *out_length, struct note *note)
{
    uint8_t bytes[LENGTH_BYTES_MAX];
    size_t count = 0;
    do {
        int byte = getc(in->file);
        if (byte == EOF) {
            return ferror(in->file) ? storage(in, note)
                   : count == 0     ? ERR_NOT_FOUND
                                    : message_file_ends_early(in, note);
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

enum err message_file_begin(struct message_file *in, FILE *file, const char *format,
                            struct note *note)
{
    bool is_older;
    return message_file_begin_either(in, file, format, format, &is_older, note);
}

enum err message_file_begin_either(struct message_file *in, FILE *file, const char *format,
                                   const char *older, bool *out_is_older, struct note *note)
{
    size_t length = strlen(format);
    ASSERT(strlen(older) == length);
    *in = (struct message_file){.file = file};
    hasher_init_file(&in->sum);
    TRY(read_bytes(in, length, note));
    *out_is_older = memcmp(in->message.at, older, length) == 0;
    return *out_is_older || memcmp(in->message.at, format, length) == 0
               ? ERR_OK
               : note_set(note, ERR_UNSUPPORTED, "does not begin with \"%.*s\"", (int)length - 1,
                          format);
}

enum err message_file_next(struct message_file *in, struct note *note)
{
    uint64_t length;
    in->offset = in->next;
    TRY(read_length(in, &length, note));
    if (length == 0 || length > LIMIT_MESSAGE_BYTES) {
        return note_set(note, ERR_CORRUPT, "has a message of %" PRIu64 " bytes at byte %" PRIu64,
                        length, in->offset);
    }
    return read_bytes(in, (size_t)length, note);
}

enum err message_file_misread(const struct message_file *in, enum err err, const struct note *why,
                              struct note *note)
{
    return note_set(note, err == ERR_RESOURCE ? ERR_RESOURCE : ERR_CORRUPT,
                    "the message at byte %" PRIu64 " is malformed: %.300s", in->offset, why->text);
}

struct hash message_file_sum(struct message_file *in)
{
    return hasher_finish(&in->sum);
}

void message_file_end(struct message_file *in)
{
    buffer_fini(&in->message);
}
