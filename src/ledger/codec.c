#include "ledger/codec.h"

#include <string.h>

#include "ledger/id_table.h"

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

static void write_partner_text(struct buffer *out, const struct partner_id *partner)
{
    const char *end = memchr(partner->text, '\0', sizeof partner->text);
    ASSERT(end != NULL);
    write_block(out, slice_of(partner->text, (size_t)(end - partner->text)));
}

void write_partner(struct buffer *out, const struct partner_id *partner)
{
    uint8_t number = out->names == NULL ? ID_WRITTEN_OUT : id_table_partner(out->names, partner);
    if (out->names != NULL) {
        write_u8(out, number);
    }
    if (number == ID_WRITTEN_OUT) {
        write_partner_text(out, partner);
    }
}

void write_uid_named(struct buffer *out, const struct uid *uid)
{
    uint8_t number = id_table_uid(out->names, uid);
    write_u8(out, number);
    if (number == ID_WRITTEN_OUT) {
        write_bytes(out, uid->bytes, sizeof uid->bytes);
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

static const bool partner_chars[UINT8_MAX + 1] = {
    ['-'] = true, ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true,
    ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true, ['a'] = true,
    ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true,
    ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true,
    ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true,
    ['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true, ['x'] = true, ['y'] = true,
    ['z'] = true};

/* As partner_id_parse has it, in one pass: every lot of every member has one. */
static void read_partner_text(struct reader *in, struct partner_id *out_partner)
{
    struct slice text = read_block(in);
    bool is_sound = text.length < sizeof out_partner->text;
    memset(out_partner->text, 0, sizeof out_partner->text);
    for (size_t i = 0; is_sound && i < text.length; i++) {
        is_sound = partner_chars[text.at[i]];
        out_partner->text[i] = (char)text.at[i];
    }
    bool is_begun = text.length == 0 || (text.at[0] >= 'a' && text.at[0] <= 'z');
    if (!is_sound || !is_begun) {
        read_expect(in, false);
    }
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

void write_lot_key(struct buffer *out, const struct lot_key *key)
{
    write_partner(out, &key->issuer);
    write_varint(out, key->tariff);
    write_time(out, key->active_from);
    write_time(out, key->expires_at);
    write_u8(out, key->idle_months);
}

void read_lot_key(struct reader *in, struct lot_key *out_key)
{
    read_partner(in, &out_key->issuer);
    out_key->tariff = read_varint32(in);
    out_key->active_from = read_time(in);
    out_key->expires_at = read_time(in);
    out_key->idle_months = read_u8(in);
}

void write_earn_rate(struct buffer *out, const struct earn_rate *rate)
{
    write_svarint(out, rate->points_minor);
    write_svarint(out, rate->per_minor);
    write_u8(out, (uint8_t)rate->rounding);
    write_svarint(out, rate->minimum_minor);
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
    if (entry->kind == ENTRY_PROMOTION || entry->kind == ENTRY_FUNDING_RETURN) {
        write_varint(out, entry->promotion);
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
        out_entry->kind == ENTRY_PROMOTION || out_entry->kind == ENTRY_FUNDING_RETURN;
    out_entry->promotion = may_promote ? read_varint32(in) : 0;
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
