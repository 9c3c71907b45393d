/* Bounded reading and writing of bytes: little-endian integers, lengths checked once, sticky
 * errors.
 *
 * A cursor carries its first error, so that a run of reads or writes needs one check at the end.
 * After an error reads give zeros, since it ends the input, and writes do nothing.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>
#include <string.h>

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
    enum err err;      /* ERR_OK or ERR_CORRUPT */
    const void *names; /* of a codec's own: what the bytes refer to by number. May be NULL */
};

struct reader reader_of(struct slice bytes);

/* The input is not what it should be. */
static inline void read_fail(struct reader *r)
{
    r->err = ERR_CORRUPT;
    r->at = r->end;
}

/* Borrows the next `length` bytes of the input. */
static inline struct slice read_slice(struct reader *r, size_t length)
{
    if (length > (size_t)(r->end - r->at)) {
        read_fail(r);
        return (struct slice){NULL, 0};
    }
    struct slice s = {r->at, length};
    if (length > 0) { /* an input that is empty may have no address */
        r->at += length;
    }
    return s;
}

static inline uint8_t read_u8(struct reader *r)
{
    if (r->at == r->end) {
        r->err = ERR_CORRUPT;
        return 0;
    }
    return *r->at++;
}

uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
int64_t read_i64(struct reader *r);
uint64_t read_varint_long(struct reader *r);

/* LEB128, at most 10 bytes and no longer than the value needs, so that each value has one form; any
 * other is an error. */
static inline uint64_t read_varint(struct reader *r)
{
    size_t left = (size_t)(r->end - r->at);
    if (left > 0 && r->at[0] < 0x80) {
        return *r->at++;
    }
    if (left > 1 && r->at[1] < 0x80 && r->at[1] != 0) {
        uint64_t value = (r->at[0] & 0x7fu) | (uint64_t)r->at[1] << 7;
        r->at += 2;
        return value;
    }
    return read_varint_long(r);
}

/* Zigzag LEB128. */
static inline int64_t read_svarint(struct reader *r)
{
    uint64_t raw = read_varint(r);
    return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}

/* Copies exactly `length` bytes. */
static inline void read_copy(struct reader *r, void *out, size_t length)
{
    struct slice s = read_slice(r, length);
    if (s.at == NULL) {
        memset(out, 0, length);
    } else {
        memcpy(out, s.at, length);
    }
}

/* Borrows bytes written by write_block. */
static inline struct slice read_block(struct reader *r)
{
    uint64_t length = read_varint(r);
    return read_slice(r, (size_t)length);
}

/* ERR_CORRUPT on an earlier error or when bytes are left over. */
MUST_USE enum err reader_finish(const struct reader *r);

/* A growing buffer. `limit` bounds it (0 is no bound). Zero-initialised is empty and valid. */
struct buffer {
    uint8_t *at;
    size_t length;
    size_t capacity;
    size_t limit;
    enum err err; /* ERR_OK or ERR_RESOURCE */
    void *names;  /* as a reader's */
};

void buffer_clear(struct buffer *b); /* keeps the memory */
void buffer_fini(struct buffer *b);
struct slice buffer_slice(const struct buffer *b);
uint8_t *write_reserve_slowly(struct buffer *b, size_t length);

/* Room for `length` more bytes, to be filled by the caller at once; NULL after an error. */
static inline uint8_t *write_reserve(struct buffer *b, size_t length)
{
    size_t end = b->length + length;
    /* No limit is 0, and then the largest one. */
    bool has_room =
        end - 1 < b->capacity && end - 1 <= b->limit - 1 && end >= length && b->err == ERR_OK;
    if (!has_room) {
        return write_reserve_slowly(b, length);
    }
    uint8_t *at = b->at + b->length;
    b->length = end;
    return at;
}

/* Of what was reserved last, all from `end` on was not needed. So a run of fields takes one look at
 * the room there is: reserve what they take at most, put them one behind the other, end. */
static inline void write_end(struct buffer *b, const uint8_t *end)
{
    b->length = (size_t)(end - b->at);
}

/* Each puts a field into memory that has room for it, and gives the end of it. */
#define VARINT_MAX 10u

static inline uint8_t *put_u8(uint8_t *to, unsigned value)
{
    *to = (uint8_t)value;
    return to + 1;
}

static inline uint8_t *put_bytes(uint8_t *to, const void *at, size_t length)
{
    if (length > 0) { /* nothing may have no address */
        memcpy(to, at, length);
    }
    return to + length;
}

static inline uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        *to++ = (uint8_t)(value | 0x80);
    }
    *to = (uint8_t)value;
    return to + 1;
}

static inline uint8_t *put_svarint(uint8_t *to, int64_t value)
{
    return put_varint(to, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static inline void write_u8(struct buffer *b, uint8_t value)
{
    uint8_t *to = write_reserve(b, 1);
    if (to != NULL) {
        *to = value;
    }
}

void write_u16(struct buffer *b, uint16_t value);
void write_u32(struct buffer *b, uint32_t value);
void write_u64(struct buffer *b, uint64_t value);
void write_i64(struct buffer *b, int64_t value);
void write_varint_long(struct buffer *b, uint64_t value);

static inline void write_varint(struct buffer *b, uint64_t value)
{
    if (value < 0x80) {
        write_u8(b, (uint8_t)value);
    } else {
        write_varint_long(b, value);
    }
}

static inline void write_svarint(struct buffer *b, int64_t value)
{
    write_varint(b, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static inline void write_bytes(struct buffer *b, const void *at, size_t length)
{
    if (length > 0) {
        uint8_t *to = write_reserve(b, length);
        if (to != NULL) {
            memcpy(to, at, length);
        }
    }
}

/* A varint length and the bytes. */
static inline void write_block(struct buffer *b, struct slice block)
{
    write_varint(b, block.length);
    write_bytes(b, block.at, block.length);
}

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
