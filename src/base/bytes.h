/* Bounded reading and writing of bytes: little-endian integers, lengths checked once, sticky
 * errors.
 *
 * A cursor carries its first error, so that a run of reads or writes needs one check at the end.
 * After an error reads give zeros and writes do nothing.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>

#include "base/error.h"

/* Borrowed bytes; never freed through this. */
struct slice {
    const uint8_t *at;
    size_t length;
};

static inline struct slice slice_of(const void *at, size_t length)
{
    return (struct slice){at, length};
}

bool slice_equal(struct slice a, struct slice b);

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    enum err err; /* ERR_OK or ERR_CORRUPT */
};

struct reader reader_of(struct slice bytes);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
int64_t read_i64(struct reader *r);
/* LEB128, at most 10 bytes and no longer than the value needs, so that each value has one form; any
 * other is an error. */
uint64_t read_varint(struct reader *r);
/* Zigzag LEB128. */
int64_t read_svarint(struct reader *r);
/* Copies exactly `length` bytes. */
void read_copy(struct reader *r, void *out, size_t length);
/* Borrows the next `length` bytes of the input. */
struct slice read_slice(struct reader *r, size_t length);
/* Borrows bytes written by write_block. */
struct slice read_block(struct reader *r);
/* ERR_CORRUPT on an earlier error or when bytes are left over. */
MUST_USE enum err reader_finish(const struct reader *r);

/* A growing buffer. `limit` bounds it (0 is no bound). Zero-initialised is empty and valid. */
struct buffer {
    uint8_t *at;
    size_t length;
    size_t capacity;
    size_t limit;
    enum err err; /* ERR_OK or ERR_RESOURCE */
};

void buffer_clear(struct buffer *b); /* keeps the memory */
void buffer_fini(struct buffer *b);
struct slice buffer_slice(const struct buffer *b);
void write_u8(struct buffer *b, uint8_t value);
void write_u16(struct buffer *b, uint16_t value);
void write_u32(struct buffer *b, uint32_t value);
void write_u64(struct buffer *b, uint64_t value);
void write_i64(struct buffer *b, int64_t value);
void write_varint(struct buffer *b, uint64_t value);
void write_svarint(struct buffer *b, int64_t value);
void write_bytes(struct buffer *b, const void *at, size_t length);
/* A varint length and the bytes. */
void write_block(struct buffer *b, struct slice block);
/* Room for `length` more bytes, to be filled by the caller at once; NULL after an error. */
uint8_t *write_reserve(struct buffer *b, size_t length);

/* Big-endian, for keys that must sort by number. */
void put_u64_be(uint8_t out[8], uint64_t value);
uint64_t get_u64_be(const uint8_t in[8]);
void put_u32_be(uint8_t out[4], uint32_t value);
uint32_t get_u32_be(const uint8_t in[4]);

/* Lower-case hexadecimal with a final NUL: out_text has 2 * length + 1 bytes. */
const char *hex_format(const void *bytes, size_t length, char *out_text);
/* Exactly `length` bytes from 2 * length digits of either case. */
MUST_USE enum err hex_parse(const char *text, void *out_bytes, size_t length);

#endif
