/* The fields that rows, commands and effects are made of, as stored bytes. Used within src/ledger.
 *
 * Times, points and money are zigzag LEB128; counts and numbers LEB128; enums one byte. Each value
 * has exactly one form, and a reader refuses all others (ERR_CORRUPT, sticky).
 */
#ifndef LEDGER_CODEC_H
#define LEDGER_CODEC_H

#include "ledger/id_table.h"
#include "ledger/rows.h"

/* Marks the input as corrupt unless `is_so`. */
static inline void read_expect(struct reader *in, bool is_so)
{
    if (!is_so) {
        read_fail(in);
    }
}

/* The version byte at the head of a value. */
static inline void read_version(struct reader *in, uint8_t version)
{
    read_expect(in, read_u8(in) == version);
}

/* A value that came to have a time: with one it is of the version after, and the time follows. */
static inline void write_dated_version(struct buffer *out, uint8_t version, struct unix_ms time)
{
    write_u8(out, (uint8_t)(version + (time.ms != 0)));
    if (time.ms != 0) {
        write_svarint(out, time.ms);
    }
}

static inline struct unix_ms read_dated_version(struct reader *in, uint8_t version)
{
    uint8_t found = read_u8(in);
    struct unix_ms time = {0};
    read_expect(in, found == version || found == version + 1);
    if (in->err == ERR_OK && found != version) {
        time.ms = read_svarint(in);
        read_expect(in, time.ms != 0);
    }
    return time;
}

/* A byte from `first` to below `end`. */
static inline uint8_t read_choice(struct reader *in, unsigned first, unsigned end)
{
    uint8_t value = read_u8(in);
    read_expect(in, value >= first && value < end);
    return value;
}

static inline void write_bool(struct buffer *out, bool value)
{
    write_u8(out, value ? 1 : 0);
}

static inline bool read_bool(struct reader *in)
{
    return read_choice(in, 0, 2) == 1;
}

enum verdict read_verdict(struct reader *in);
uint32_t read_varint32(struct reader *in);
/* A count up to `limit`. */
uint32_t read_count(struct reader *in, uint32_t limit);

/* Ids of members and transactions, and partners below: in the parts of a record as numbers of its
 * id_table, which is the buffer's or the reader's `names` then; elsewhere as they are. */
enum {
    PUT_UID_MAX = 1 + 16,
    PUT_PARTNER_MAX = 2 + PARTNER_ID_MAX,
    PUT_CARD_MAX = 1 + CARD_DIGITS_MAX,
    PUT_EARN_RATE_MAX = 1 + 3 * VARINT_MAX,
    PUT_LOT_KEY_MAX = PUT_PARTNER_MAX + 3 * VARINT_MAX + 1
};

uint8_t *put_partner(uint8_t *to, struct id_table *names, const struct partner_id *partner);
uint8_t *put_uid(uint8_t *to, struct id_table *names, const struct uid *uid);
uint8_t *put_card(uint8_t *to, const struct card_number *card);
uint8_t *put_text(uint8_t *to, const char *text, size_t capacity);
void write_uid(struct buffer *out, const struct uid *uid);
void read_uid_named(struct reader *in, struct uid *out_uid);

static inline void read_uid(struct reader *in, struct uid *out_uid)
{
    if (in->names != NULL) {
        read_uid_named(in, out_uid);
    } else {
        read_copy(in, out_uid->bytes, sizeof out_uid->bytes);
    }
}

void write_hash(struct buffer *out, const struct hash *hash);
void read_hash(struct reader *in, struct hash *out_hash);
static inline void write_time(struct buffer *out, struct unix_ms time)
{
    write_svarint(out, time.ms);
}

static inline struct unix_ms read_time(struct reader *in)
{
    return (struct unix_ms){read_svarint(in)};
}

/* Times far apart may wrap around; they come back all the same. */
static inline int64_t time_difference(struct unix_ms a, struct unix_ms b)
{
    return (int64_t)((uint64_t)a.ms - (uint64_t)b.ms);
}

void write_period(struct buffer *out, struct period period);
/* Or 0 for none. */
struct period read_period(struct reader *in);
struct period read_some_period(struct reader *in);

static inline void write_points(struct buffer *out, struct points points)
{
    write_svarint(out, points.minor);
}

static inline struct points read_points(struct reader *in)
{
    return points_of(read_svarint(in));
}

/* As stored rows have them: never negative. */
struct points read_points_held(struct reader *in);
void write_money(struct buffer *out, struct money money);
struct money read_money(struct reader *in);

/* NUL-terminated text of less than `capacity` bytes; what lies behind it is zeroed. */
void write_text(struct buffer *out, const char *text, size_t capacity);
void read_text(struct reader *in, char *out_text, size_t capacity);

/* An answer's bytes say first which of its fields follow; the others are zero. */
enum {
    ANSWER_MEMBER = 1 << 0,
    ANSWER_CARD = 1 << 1,
    ANSWER_HOME = 1 << 2,
    ANSWER_POINTS = 1 << 3,
    ANSWER_LEFT = 1 << 4,
    ANSWER_DEBT = 1 << 5,
    ANSWER_CAPTURE_BY = 1 << 6,
    ANSWER_DELIVER_BY = 1 << 7,
    ANSWER_ROW = 1 << 8,
    ANSWER_WRITTEN_OFF = 1 << 9,
    ANSWER_AMOUNT = 1 << 10,
    ANSWER_MANDATE = 1 << 11,
    ANSWER_FIELDS_END = 1 << 12,
    PUT_ANSWER_MAX = 2 * PUT_UID_MAX + PUT_CARD_MAX + PUT_PARTNER_MAX + 9 * VARINT_MAX
};

/* Of member, card, home, row and mandate those named in `left_out` are not said. */
uint8_t *put_answer(uint8_t *to, struct id_table *names, const struct answer *answer,
                    unsigned left_out);
uint8_t *put_lot_key(uint8_t *to, struct id_table *names, const struct lot_key *key);
uint8_t *put_earn_rate(uint8_t *to, const struct earn_rate *rate);
void write_earn_rate(struct buffer *out, const struct earn_rate *rate);
void read_earn_rate(struct reader *in, struct earn_rate *out_rate);
/* How points were given, in earns and sales; with a promotion its number follows. */
enum {
    EARN_IS_FIXED = 1,
    EARN_IS_PROMOTED = 2,
    EARN_IS_JUDGED = 4, /* of earns alone; the basket follows behind the promotion */
    EARN_HAS_DESK = 8,  /* of earns alone; till and cashier follow, before the receipt */
    EARN_FLAGS_END = 16,
    SALE_IS_DRAWN = 4, /* of sales alone; the block follows behind the promotion */
    SALE_FLAGS_END = 8
};
uint32_t read_promotion(struct reader *in, unsigned earn_flags);
void write_entry(struct buffer *out, const struct clearing_entry *entry);
void read_entry(struct reader *in, struct clearing_entry *out_entry);
void write_block_terms(struct buffer *out, const struct block_terms *terms);
void read_block_terms(struct reader *in, struct block_terms *out_terms);
void write_mandate(struct buffer *out, const struct mandate *mandate);
void read_mandate(struct reader *in, struct mandate *out_mandate);

#endif
