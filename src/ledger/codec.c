#include "ledger/codec.h"

#include <string.h>

enum {
    ENTRY_HAS_NEXT = 0x20,    /* the period that a mark says is next, behind these; of an earn, the
                                 promotion that pays for it */
    ENTRY_HAS_DISPUTE = 0x40, /* what it says of a dispute comes last */
    ENTRY_HAS_MANDATE = 0x80, /* in the byte of an entry's kind: its mandate comes last */
    ENTRY_KIND_BITS = 0x1f
};

enum verdict read_verdict(struct reader *in)
{
    uint8_t value = read_u8(in);
    read_expect(in, verdict_is_known(value));
    return (enum verdict)value;
}

uint32_t read_varint32(struct reader *in)
{
    uint64_t value = read_varint(in);
    read_expect(in, value <= UINT32_MAX);
    return (uint32_t)value;
}

uint32_t read_count(struct reader *in, uint32_t limit)
{
    uint64_t value = read_varint(in);
    read_expect(in, value <= limit);
    return in->err == ERR_OK ? (uint32_t)value : 0;
}

void write_hash(struct buffer *out, const struct hash *hash)
{
    write_bytes(out, hash->bytes, sizeof hash->bytes);
}

void read_hash(struct reader *in, struct hash *out_hash)
{
    read_copy(in, out_hash->bytes, sizeof out_hash->bytes);
}

void write_period(struct buffer *out, struct period period)
{
    write_varint(out, period.code);
}

struct period read_period(struct reader *in)
{
    struct period period = {read_varint32(in)};
    read_expect(in, period.code == 0 || period_is_valid(period));
    return period;
}

struct period read_some_period(struct reader *in)
{
    struct period period = read_period(in);
    read_expect(in, period.code != 0);
    return period;
}

struct points read_points_held(struct reader *in)
{
    struct points points = read_points(in);
    read_expect(in, points.minor >= 0);
    return points;
}

void write_money(struct buffer *out, struct money money)
{
    write_svarint(out, money.minor);
}

struct money read_money(struct reader *in)
{
    return money_of(read_svarint(in));
}

uint8_t *put_text(uint8_t *to, const char *text, size_t capacity)
{
    size_t length = strnlen(text, capacity);
    ASSERT(length < capacity);
    to = put_varint(to, length);
    return put_bytes(to, text, length);
}

void write_text(struct buffer *out, const char *text, size_t capacity)
{
    size_t length = strnlen(text, capacity);
    ASSERT(length < capacity);
    write_block(out, slice_of(text, length));
}

void read_text(struct reader *in, char *out_text, size_t capacity)
{
    struct slice text = read_block(in);
    read_expect(in, text.length < capacity);
    memset(out_text, 0, capacity);
    if (in->err != ERR_OK || text.length == 0) {
        return;
    }
    memcpy(out_text, text.at, text.length);
    read_expect(in, memchr(text.at, 0, text.length) == NULL);
}

/* A partner's id as two words: what lies behind its text is 0. */
struct partner_words {
    uint64_t front;
    uint64_t back;
};

static size_t text_bytes(uint64_t word)
{
    return word == 0 ? 0 : sizeof word - (size_t)__builtin_clzll(word) / 8;
}

/* A length and the text; all of its room is written, which takes no call. */
static uint8_t *put_partner_text(uint8_t *to, const struct partner_id *partner)
{
    struct partner_words words;
    memcpy(&words, partner->text, sizeof words);
    size_t length =
        words.back != 0 ? sizeof words.front + text_bytes(words.back) : text_bytes(words.front);
    ASSERT(length < sizeof partner->text);
    *to = (uint8_t)length;
    memcpy(to + 1, partner->text, sizeof partner->text);
    return to + 1 + length;
}

uint8_t *put_partner(uint8_t *to, struct id_table *names, const struct partner_id *partner)
{
    uint8_t number = names == NULL ? ID_WRITTEN_OUT : id_table_partner(names, partner);
    if (names != NULL) {
        to = put_u8(to, number);
    }
    return number == ID_WRITTEN_OUT ? put_partner_text(to, partner) : to;
}

void write_partner(struct buffer *out, const struct partner_id *partner)
{
    uint8_t *to = write_reserve(out, PUT_PARTNER_MAX);
    if (to != NULL) {
        write_end(out, put_partner(to, out->names, partner));
    }
}

uint8_t *put_uid(uint8_t *to, struct id_table *names, const struct uid *uid)
{
    uint8_t number = names == NULL ? ID_WRITTEN_OUT : id_table_uid(names, uid);
    if (names != NULL) {
        to = put_u8(to, number);
    }
    return number == ID_WRITTEN_OUT ? put_bytes(to, uid->bytes, sizeof uid->bytes) : to;
}

void write_uid(struct buffer *out, const struct uid *uid)
{
    uint8_t *to = write_reserve(out, PUT_UID_MAX);
    if (to != NULL) {
        write_end(out, put_uid(to, out->names, uid));
    }
}

/* The number of an id that is in a table of so many; 0 for nil, ID_WRITTEN_OUT when it follows. */
static uint8_t read_number(struct reader *in, uint32_t count)
{
    uint8_t number = read_u8(in);
    read_expect(in, number <= count || number == ID_WRITTEN_OUT);
    return in->err == ERR_OK ? number : 0;
}

void read_uid_named(struct reader *in, struct uid *out_uid)
{
    const struct id_table *table = in->names;
    uint8_t number = read_number(in, table->uid_count);
    if (number == ID_WRITTEN_OUT) {
        read_copy(in, out_uid->bytes, sizeof out_uid->bytes);
        read_expect(in, id_table_lacks_uid(table, out_uid));
    } else {
        *out_uid = number == 0 ? (struct uid){{0}} : table->uids[number - 1];
    }
}

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))
#define TOP_BITS         EACH_BYTE(0x80)

/* The top bit of each byte that lies between these two, when all are below 0x80. */
static uint64_t bytes_between(uint64_t word, unsigned first, unsigned last)
{
    return (word + EACH_BYTE(0x80 - first)) & ~(word + EACH_BYTE(0x7f - last)) & TOP_BITS;
}

/* The first bytes of a word, so many of 8. */
static uint64_t first_bytes(size_t count)
{
    return count >= sizeof(uint64_t) ? UINT64_MAX : (UINT64_C(1) << 8 * count) - 1;
}

/* Are its first bytes, so many, [a-z0-9-], and the others 0? */
static bool are_partner_chars(uint64_t word, size_t count)
{
    uint64_t good = bytes_between(word, 'a', 'z') | bytes_between(word, '0', '9') |
                    bytes_between(word, '-', '-');
    return (word & TOP_BITS) == 0 && good == (TOP_BITS & first_bytes(count));
}

/* Of up to 8 bytes; `end` is that of the input, which mostly goes on. */
static uint64_t word_of(const uint8_t *at, size_t count, const uint8_t *end)
{
    uint64_t word = 0;
    if ((size_t)(end - at) >= sizeof word) {
        memcpy(&word, at, sizeof word);
        return word & first_bytes(count);
    }
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)at[i] << 8 * i;
    }
    return word;
}

/* As partner_id_parse has it: every lot of every member has one. */
static void read_partner_text(struct reader *in, struct partner_id *out_partner)
{
    struct slice text = read_block(in);
    size_t front = text.length < sizeof(uint64_t) ? text.length : sizeof(uint64_t);
    size_t back = text.length - front;
    struct partner_words words = {0, 0};
    if (text.length > 0 && text.length < sizeof out_partner->text) {
        words.front = word_of(text.at, front, in->end);
        words.back = back == 0 ? 0 : word_of(text.at + front, back, in->end);
    }
    unsigned first = words.front & 0xff;
    memcpy(out_partner->text, &words, sizeof words);
    read_expect(in, text.length == 0 || (first >= 'a' && first <= 'z'));
    read_expect(in, are_partner_chars(words.front, front));
    read_expect(in, back == 0 || are_partner_chars(words.back, back));
}

void read_partner(struct reader *in, struct partner_id *out_partner)
{
    const struct id_table *table = in->names;
    uint8_t number = table == NULL ? ID_WRITTEN_OUT : read_number(in, table->partner_count);
    if (number == ID_WRITTEN_OUT) {
        read_partner_text(in, out_partner);
        read_expect(in, table == NULL || id_table_lacks_partner(table, out_partner));
    } else {
        *out_partner = number == 0 ? (struct partner_id){{0}} : table->partners[number - 1];
    }
}

uint8_t *put_card(uint8_t *to, const struct card_number *card)
{
    return put_text(to, card->digits, sizeof card->digits);
}

void write_card(struct buffer *out, const struct card_number *card)
{
    write_text(out, card->digits, sizeof card->digits);
}

void read_card(struct reader *in, struct card_number *out_card)
{
    read_text(in, out_card->digits, sizeof out_card->digits);
    size_t length = strlen(out_card->digits);
    read_expect(in, strspn(out_card->digits, "0123456789") == length &&
                        (length == 0 || length >= CARD_DIGITS_MIN));
}

uint8_t *put_lot_key(uint8_t *to, struct id_table *names, const struct lot_key *key)
{
    to = put_partner(to, names, &key->issuer);
    to = put_varint(to, key->tariff);
    to = put_svarint(to, key->active_from.ms);
    to = put_svarint(to, key->expires_at.ms);
    return put_u8(to, key->idle_months);
}

void write_lot_key(struct buffer *out, const struct lot_key *key)
{
    uint8_t *to = write_reserve(out, PUT_LOT_KEY_MAX);
    if (to != NULL) {
        write_end(out, put_lot_key(to, out->names, key));
    }
}

void read_lot_key(struct reader *in, struct lot_key *out_key)
{
    read_partner(in, &out_key->issuer);
    out_key->tariff = read_varint32(in);
    out_key->active_from = read_time(in);
    out_key->expires_at = read_time(in);
    out_key->idle_months = read_u8(in);
}

uint8_t *put_earn_rate(uint8_t *to, const struct earn_rate *rate)
{
    to = put_svarint(to, rate->points_minor);
    to = put_svarint(to, rate->per_minor);
    to = put_u8(to, rate->rounding);
    return put_svarint(to, rate->minimum_minor);
}

void write_earn_rate(struct buffer *out, const struct earn_rate *rate)
{
    uint8_t *to = write_reserve(out, PUT_EARN_RATE_MAX);
    if (to != NULL) {
        write_end(out, put_earn_rate(to, rate));
    }
}

void read_earn_rate(struct reader *in, struct earn_rate *out_rate)
{
    out_rate->points_minor = read_svarint(in);
    out_rate->per_minor = read_svarint(in);
    out_rate->rounding = (enum rounding)read_choice(in, 0, ROUNDING_COUNT);
    out_rate->minimum_minor = read_svarint(in);
}

static void write_dispute_part(struct buffer *out, const struct dispute_part *part)
{
    write_varint(out, part->number);
    write_bool(out, part->is_of_sender);
    write_u8(out, (uint8_t)part->step);
    write_u8(out, (uint8_t)part->reason);
    write_text(out, part->note, sizeof part->note);
}

static void read_dispute_part(struct reader *in, struct dispute_part *out_part)
{
    out_part->number = read_varint(in);
    read_expect(in, out_part->number != 0);
    out_part->is_of_sender = read_bool(in);
    out_part->step = (enum dispute_step)read_choice(in, STEP_OPEN, STEP_END);
    out_part->reason = (enum dispute_reason)read_choice(in, 0, DISPUTE_REASON_END);
    read_text(in, out_part->note, sizeof out_part->note);
}

uint32_t read_promotion(struct reader *in, unsigned earn_flags)
{
    if ((earn_flags & EARN_IS_PROMOTED) == 0) {
        return 0;
    }
    uint32_t promotion = read_varint32(in);
    read_expect(in, promotion != 0);
    return promotion;
}

void write_entry(struct buffer *out, const struct clearing_entry *entry)
{
    write_varint(out, entry->number);
    write_hash(out, &entry->previous_hash);
    write_period(out, entry->period);
    write_time(out, entry->business_time);
    write_uid(out, &entry->transaction_id);
    bool has_mandate = !uid_is_nil(&entry->mandate);
    bool has_dispute = entry->dispute.number != 0;
    bool is_earn = entry->kind == ENTRY_EARN;
    bool has_next = is_earn ? entry->promotion != 0 : entry->next_period.code != 0;
    write_u8(out,
             (uint8_t)(entry->kind | (has_mandate ? ENTRY_HAS_MANDATE : 0) |
                       (has_dispute ? ENTRY_HAS_DISPUTE : 0) | (has_next ? ENTRY_HAS_NEXT : 0)));
    write_card(out, &entry->card);
    write_points(out, entry->points);
    write_varint(out, entry->tariff);
    write_uid(out, &entry->subject);
    write_time(out, entry->active_from);
    write_time(out, entry->expires_at);
    if (entry_kind_is_promotion(entry->kind) || entry->kind == ENTRY_FUNDING_RETURN) {
        write_varint(out, entry->promotion);
    }
    if (entry->kind == ENTRY_BLOCK_BOUGHT) {
        write_bool(out, entry->refuses_when_empty);
    }
    if (has_mandate) {
        write_uid(out, &entry->mandate);
    }
    if (entry->kind == ENTRY_CARD_MOVED || entry->kind == ENTRY_MOVED_LOT) {
        write_card(out, &entry->moved_to);
        write_partner(out, &entry->issuer);
    }
    if (has_dispute) {
        write_dispute_part(out, &entry->dispute);
    }
    if (has_next && is_earn) {
        write_varint(out, entry->promotion);
    } else if (has_next) {
        write_period(out, entry->next_period);
    }
}

void read_entry(struct reader *in, struct clearing_entry *out_entry)
{
    out_entry->number = read_varint(in);
    read_hash(in, &out_entry->previous_hash);
    out_entry->period = read_period(in);
    out_entry->business_time = read_time(in);
    read_uid(in, &out_entry->transaction_id);
    uint8_t kind = read_u8(in);
    out_entry->kind = (enum entry_kind)(kind & ENTRY_KIND_BITS);
    read_expect(in, entry_kind_is_known(out_entry->kind));
    read_card(in, &out_entry->card);
    out_entry->points = read_points(in);
    out_entry->tariff = read_varint32(in);
    read_uid(in, &out_entry->subject);
    out_entry->active_from = read_time(in);
    out_entry->expires_at = read_time(in);
    bool may_promote =
        entry_kind_is_promotion(out_entry->kind) || out_entry->kind == ENTRY_FUNDING_RETURN;
    out_entry->promotion = may_promote ? read_varint32(in) : 0;
    out_entry->refuses_when_empty = out_entry->kind == ENTRY_BLOCK_BOUGHT && read_bool(in);
    out_entry->mandate = (struct uid){{0}};
    if (kind & ENTRY_HAS_MANDATE) {
        read_uid(in, &out_entry->mandate);
        read_expect(in, !uid_is_nil(&out_entry->mandate));
    }
    out_entry->moved_to = (struct card_number){{0}};
    out_entry->issuer = (struct partner_id){{0}};
    if (out_entry->kind == ENTRY_CARD_MOVED || out_entry->kind == ENTRY_MOVED_LOT) {
        read_card(in, &out_entry->moved_to);
        read_partner(in, &out_entry->issuer);
    }
    out_entry->dispute = (struct dispute_part){0};
    if (kind & ENTRY_HAS_DISPUTE) {
        read_dispute_part(in, &out_entry->dispute);
    }
    out_entry->next_period = (struct period){0};
    if ((kind & ENTRY_HAS_NEXT) && out_entry->kind == ENTRY_EARN) {
        out_entry->promotion = read_varint32(in);
        read_expect(in, out_entry->promotion != 0);
    } else if (kind & ENTRY_HAS_NEXT) {
        out_entry->next_period = read_some_period(in);
    }
}

void write_mandate(struct buffer *out, const struct mandate *mandate)
{
    write_uid(out, &mandate->id);
    write_partner(out, &mandate->home);
    write_partner(out, &mandate->redeemer);
    write_points(out, mandate->floor);
    write_points(out, mandate->daily_cap);
    write_time(out, mandate->valid_from);
    write_time(out, mandate->valid_until);
}

void read_mandate(struct reader *in, struct mandate *out_mandate)
{
    read_uid(in, &out_mandate->id);
    read_partner(in, &out_mandate->home);
    read_partner(in, &out_mandate->redeemer);
    out_mandate->floor = read_points(in);
    out_mandate->daily_cap = read_points(in);
    out_mandate->valid_from = read_time(in);
    out_mandate->valid_until = read_time(in);
}

void write_block_terms(struct buffer *out, const struct block_terms *terms)
{
    write_uid(out, &terms->id);
    write_partner(out, &terms->seller);
    write_partner(out, &terms->buyer);
    write_points(out, terms->points);
    write_varint(out, terms->tariff);
    write_time(out, terms->offered_until);
    write_time(out, terms->valid_from);
    write_time(out, terms->valid_until);
    write_bool(out, terms->refuses_when_empty);
}

void read_block_terms(struct reader *in, struct block_terms *out_terms)
{
    read_uid(in, &out_terms->id);
    read_partner(in, &out_terms->seller);
    read_partner(in, &out_terms->buyer);
    out_terms->points = read_points(in);
    out_terms->tariff = read_varint32(in);
    out_terms->offered_until = read_time(in);
    out_terms->valid_from = read_time(in);
    out_terms->valid_until = read_time(in);
    out_terms->refuses_when_empty = read_bool(in);
}
