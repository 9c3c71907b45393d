#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are stored as they are in memory");

bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

struct reader reader_of(struct slice bytes)
{
    /* An empty slice may have no address, and C adds nothing to that, not even 0. */
    const uint8_t *end = bytes.length == 0 ? bytes.at : bytes.at + bytes.length;
    return (struct reader){bytes.at, end, ERR_OK, NULL};
}

static uint64_t read_little(struct reader *r, size_t width)
{
    struct slice s = read_slice(r, width);
    uint64_t value = 0;
    if (s.length > 0) {
        memcpy(&value, s.at, s.length);
    }
    return value;
}

uint16_t read_u16(struct reader *r)
{
    return (uint16_t)read_little(r, 2);
}

uint32_t read_u32(struct reader *r)
{
    return (uint32_t)read_little(r, 4);
}

uint64_t read_u64(struct reader *r)
{
    return read_little(r, 8);
}

int64_t read_i64(struct reader *r)
{
    return (int64_t)read_little(r, 8);
}

/* Byte by byte: near the end of the input, and for what is longer than 8 bytes or wrong. */
static uint64_t read_varint_slowly(struct reader *r)
{
    uint64_t value = 0;
    const uint8_t *at = r->at;
    for (unsigned shift = 0; shift < 70 && at != r->end; shift += 7) {
        uint8_t byte = *at++;
        bool is_longer_than_needed = shift > 0 && byte == 0;
        if (is_longer_than_needed || (shift == 63 && byte > 1)) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            r->at = at;
            return value;
        }
    }
    read_fail(r);
    return 0;
}

/* Groups of 7 bits, one in each byte, to one number. */
static uint64_t pack_groups(uint64_t groups)
{
    groups = (groups & 0x007f007f007f007f) | (groups & 0x7f007f007f007f00) >> 1;
    groups = (groups & 0x00003fff00003fff) | (groups & 0x3fff00003fff0000) >> 2;
    return (groups & 0x0fffffff) | (groups & 0x0fffffff00000000) >> 4;
}

uint64_t read_varint_long(struct reader *r)
{
    uint64_t word;
    if ((size_t)(r->end - r->at) < sizeof word) {
        return read_varint_slowly(r);
    }
    memcpy(&word, r->at, sizeof word);
    uint64_t ends = ~word & 0x8080808080808080;
    if (ends == 0) {
        return read_varint_slowly(r);
    }
    unsigned last = (unsigned)__builtin_ctzll(ends); /* the top bit of the last byte */
    word &= UINT64_MAX >> (63 - last);
    if (last > 7 && word >> (last - 7) == 0) { /* longer than needed */
        return read_varint_slowly(r);
    }
    r->at += last / 8 + 1;
    return pack_groups(word & 0x7f7f7f7f7f7f7f7f);
}

enum err reader_finish(const struct reader *r)
{
    return r->err == ERR_OK && r->at == r->end ? ERR_OK : ERR_CORRUPT;
}

void buffer_clear(struct buffer *b)
{
    b->length = 0;
    b->err = ERR_OK;
}

void buffer_fini(struct buffer *b)
{
    free(b->at);
    *b = (struct buffer){0};
}

struct slice buffer_slice(const struct buffer *b)
{
    return (struct slice){b->at, b->length};
}

static bool buffer_grow(struct buffer *b, size_t need)
{
    size_t capacity = b->capacity == 0 ? 256 : b->capacity;
    while (capacity < need) {
        capacity *= 2;
    }
    uint8_t *at = realloc(b->at, capacity);
    if (at == NULL) {
        b->err = ERR_RESOURCE;
        return false;
    }
    b->at = at;
    b->capacity = capacity;
    return true;
}

uint8_t *write_reserve_slowly(struct buffer *b, size_t length)
{
    if (b->err != ERR_OK) {
        return NULL;
    }
    size_t bound = b->limit == 0 ? SIZE_MAX / 4 : b->limit;
    if (length > bound || b->length > bound - length) {
        b->err = ERR_RESOURCE;
        return NULL;
    }
    bool is_short = b->at == NULL || b->length + length > b->capacity; /* room for none is room */
    if (is_short && !buffer_grow(b, b->length + length)) {
        return NULL;
    }
    uint8_t *at = b->at + b->length;
    b->length += length;
    return at;
}

static inline void write_little(struct buffer *b, uint64_t value, size_t width)
{
    uint8_t *to = write_reserve(b, width);
    if (to != NULL) {
        memcpy(to, &value, width);
    }
}

void write_u16(struct buffer *b, uint16_t value)
{
    write_little(b, value, 2);
}

void write_u32(struct buffer *b, uint32_t value)
{
    write_little(b, value, 4);
}

void write_u64(struct buffer *b, uint64_t value)
{
    write_little(b, value, 8);
}

void write_i64(struct buffer *b, int64_t value)
{
    write_little(b, (uint64_t)value, 8);
}

void write_varint_long(struct buffer *b, uint64_t value)
{
    uint8_t whole[VARINT_MAX];
    size_t end = b->length + VARINT_MAX;
    bool has_room = b->err == ERR_OK && end <= b->capacity && (b->limit == 0 || end <= b->limit);
    if (has_room) {
        write_end(b, put_varint(b->at + b->length, value));
    } else {
        write_bytes(b, whole, (size_t)(put_varint(whole, value) - whole));
    }
}

void put_u64_be(uint8_t out[8], uint64_t value)
{
    uint64_t swapped = __builtin_bswap64(value);
    memcpy(out, &swapped, sizeof swapped);
}

uint64_t get_u64_be(const uint8_t in[8])
{
    uint64_t swapped;
    memcpy(&swapped, in, sizeof swapped);
    return __builtin_bswap64(swapped);
}

void put_u32_be(uint8_t out[4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

uint32_t get_u32_be(const uint8_t in[4])
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

const char *hex_format(const void *bytes, size_t length, char *out_text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    for (size_t i = 0; i < length; i++) {
        out_text[2 * i] = digits[in[i] >> 4];
        out_text[2 * i + 1] = digits[in[i] & 15];
    }
    out_text[2 * length] = '\0';
    return out_text;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err hex_parse(const char *text, void *out_bytes, size_t length)
{
    uint8_t *out = out_bytes;
    if (strnlen(text, 2 * length + 1) != 2 * length) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < 2 * length; i++) {
        if (hex_value(text[i]) < 0) {
            return ERR_INPUT;
        }
    }
    for (size_t i = 0; i < length; i++) {
        out[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    }
    return ERR_OK;
}
