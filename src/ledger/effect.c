/* Effects as bytes: a kind, and its fields. */
#include "ledger/codec.h"
#include "ledger/record.h"

/* In the byte of an entry's kind: a mark that says which period is next. */
#define MARK_HAS_NEXT 0x20

enum {
    PUT_ACCOUNT_MAX = 1 + PUT_PARTNER_MAX + VARINT_MAX,
    POST_MAX = 1 + 2 * PUT_ACCOUNT_MAX + VARINT_MAX,
    LOT_MAX = 1 + PUT_UID_MAX + PUT_LOT_KEY_MAX + 2 * VARINT_MAX,
    HISTORY_MAX = 1 + PUT_UID_MAX + VARINT_MAX + 1
};

/* Only the fields that an account of its kind has. */
static uint8_t *put_account_ref(uint8_t *to, struct id_table *names,
                                const struct account_ref *account)
{
    ASSERT(account->kind > 0 && account->kind < ACCOUNT_KIND_END);
    to = put_u8(to, account->kind);
    if (account_kind_is_member(account->kind)) {
        to = put_uid(to, names, &account->member);
    } else if (account_kind_is_partner(account->kind)) {
        to = put_partner(to, names, &account->partner);
        to = put_varint(to, account->period.code);
    }
    return to;
}

/* A partner's id that must be there. */
static void read_some_partner(struct reader *in, struct partner_id *out_partner)
{
    read_partner(in, out_partner);
    read_expect(in, out_partner->text[0] != '\0');
}

static void read_account_ref(struct reader *in, struct account_ref *out_account)
{
    *out_account = (struct account_ref){0};
    out_account->kind = (enum account_kind)read_choice(in, ACCOUNT_AVAILABLE, ACCOUNT_KIND_END);
    if (account_kind_is_member(out_account->kind)) {
        read_uid(in, &out_account->member);
        read_expect(in, !uid_is_nil(&out_account->member));
    } else if (account_kind_is_partner(out_account->kind)) {
        read_some_partner(in, &out_account->partner);
        out_account->period = read_some_period(in);
    }
}

static void write_entry_effect(struct buffer *out, const struct effect_entry *effect)
{
    write_partner(out, &effect->partner);
    write_varint(out, effect->entry.number);
    bool has_next = effect->entry.next_period.code != 0;
    write_u8(out, (uint8_t)(effect->entry.kind | (has_next ? MARK_HAS_NEXT : 0)));
    write_period(out, effect->entry.period);
    if (has_next) {
        write_period(out, effect->entry.next_period);
    }
    write_hash(out, &effect->hash);
    write_block(out, effect->bytes);
}

static void read_entry_effect(struct reader *in, struct effect_entry *out_effect)
{
    read_some_partner(in, &out_effect->partner);
    out_effect->entry = (struct clearing_entry){.number = read_varint(in)};
    read_expect(in, out_effect->entry.number >= 1);
    uint8_t kind = read_u8(in);
    out_effect->entry.kind = (enum entry_kind)(kind & ~MARK_HAS_NEXT);
    read_expect(in, entry_kind_is_known(out_effect->entry.kind));
    out_effect->entry.period = read_some_period(in);
    if (kind & MARK_HAS_NEXT) {
        read_expect(in, out_effect->entry.kind == ENTRY_PERIOD_MARK);
        out_effect->entry.next_period = read_some_period(in);
    }
    read_hash(in, &out_effect->hash);
    out_effect->bytes = read_block(in);
    read_expect(in, out_effect->bytes.length >= 1 &&
                        out_effect->bytes.length <= LIMIT_CLEARING_ENTRY_BYTES);
}

static void write_total_effect(struct buffer *out, const struct effect_total *effect)
{
    write_u8(out, (uint8_t)effect->direction);
    write_partner(out, &effect->partner);
    write_period(out, effect->period);
    write_u8(out, (uint8_t)effect->kind);
    write_varint(out, effect->tariff);
    write_svarint(out, effect->count_delta);
    write_svarint(out, effect->points_delta);
}

static void read_total_effect(struct reader *in, struct effect_total *out_effect)
{
    out_effect->direction = (enum stream_direction)read_choice(in, STREAM_OUT, STREAM_IN + 1);
    read_some_partner(in, &out_effect->partner);
    out_effect->period = read_some_period(in);
    out_effect->kind = (enum entry_kind)read_choice(in, ENTRY_EARN, ENTRY_KIND_END);
    out_effect->tariff = read_varint32(in);
    out_effect->count_delta = read_svarint(in);
    out_effect->points_delta = read_svarint(in);
}

static uint8_t *put_block(uint8_t *to, struct slice block)
{
    to = put_varint(to, block.length);
    return put_bytes(to, block.at, block.length);
}

static void write_row_effect(struct buffer *out, const struct effect_row *effect)
{
    size_t value_length = effect->is_deleted ? 0 : effect->value.length;
    uint8_t *to = write_reserve(out, 2 + 2 * VARINT_MAX + effect->key.length + value_length);
    if (to != NULL) {
        to = put_u8(to, effect->table);
        to = put_block(to, effect->key);
        to = put_u8(to, effect->is_deleted);
        write_end(out, effect->is_deleted ? to : put_block(to, effect->value));
    }
}

static void read_row_effect(struct reader *in, struct effect_row *out_effect)
{
    out_effect->table = (enum ledger_table)read_choice(in, TABLE_MEMBER, TABLE_END);
    read_expect(in, ledger_table_is_known((unsigned)out_effect->table));
    out_effect->key = read_block(in);
    read_expect(in, out_effect->key.length >= 1 && out_effect->key.length <= LEDGER_KEY_MAX);
    out_effect->is_deleted = read_bool(in);
    out_effect->value = slice_of(NULL, 0);
    if (!out_effect->is_deleted) {
        out_effect->value = read_block(in);
    }
}

static void write_mark_effect(struct buffer *out, const struct effect_mark *effect)
{
    write_uid(out, &effect->member);
    write_bool(out, effect->is_blocked);
    write_bool(out, effect->is_pool);
    write_bool(out, effect->is_erased);
    write_uid(out, &effect->merged_into);
    write_time(out, effect->active_at);
}

static void read_mark_effect(struct reader *in, struct effect_mark *out_effect)
{
    read_uid(in, &out_effect->member);
    out_effect->is_blocked = read_bool(in);
    out_effect->is_pool = read_bool(in);
    out_effect->is_erased = read_bool(in);
    read_uid(in, &out_effect->merged_into);
    out_effect->active_at = read_time(in);
}

void effect_encode_post(struct buffer *out, const struct account_ref *debit,
                        const struct account_ref *credit, struct points points)
{
    uint8_t *to = write_reserve(out, POST_MAX);
    if (to != NULL) {
        to = put_u8(to, EFFECT_POST);
        to = put_account_ref(to, out->names, debit);
        to = put_account_ref(to, out->names, credit);
        write_end(out, put_svarint(to, points.minor));
    }
}

void effect_encode_lot(struct buffer *out, const struct uid *member, const struct lot_key *key,
                       int64_t free_delta, int64_t held_delta)
{
    uint8_t *to = write_reserve(out, LOT_MAX);
    if (to != NULL) {
        to = put_u8(to, EFFECT_LOT);
        to = put_uid(to, out->names, member);
        to = put_lot_key(to, out->names, key);
        to = put_svarint(to, free_delta);
        write_end(out, put_svarint(to, held_delta));
    }
}

void effect_encode_history(struct buffer *out, const struct uid *member, uint64_t previous_row,
                           bool is_active)
{
    uint8_t *to = write_reserve(out, HISTORY_MAX);
    if (to != NULL) {
        to = put_u8(to, EFFECT_HISTORY);
        to = put_uid(to, out->names, member);
        to = put_varint(to, previous_row);
        write_end(out, put_u8(to, is_active));
    }
}

void effect_encode(const struct effect *effect, struct buffer *out)
{
    switch (effect->kind) {
    case EFFECT_POST:
        effect_encode_post(out, &effect->post.debit, &effect->post.credit, effect->post.points);
        break;
    case EFFECT_LOT:
        effect_encode_lot(out, &effect->lot.member, &effect->lot.key, effect->lot.free_delta,
                          effect->lot.held_delta);
        break;
    case EFFECT_ENTRY:
        write_u8(out, EFFECT_ENTRY);
        write_entry_effect(out, &effect->entry);
        break;
    case EFFECT_TOTAL:
        write_u8(out, EFFECT_TOTAL);
        write_total_effect(out, &effect->total);
        break;
    case EFFECT_ROW:
        write_u8(out, EFFECT_ROW);
        write_row_effect(out, &effect->row);
        break;
    case EFFECT_HISTORY:
        effect_encode_history(out, &effect->history.member, effect->history.previous_row,
                              effect->history.is_active);
        break;
    case EFFECT_MARK:
        write_u8(out, EFFECT_MARK);
        write_mark_effect(out, &effect->mark);
        break;
    case EFFECT_KIND_END:
        ASSERT(false);
    }
}

void effect_read(struct reader *in, struct effect *out_effect)
{
    out_effect->kind = (enum effect_kind)read_choice(in, EFFECT_POST, EFFECT_KIND_END);
    if (in->err != ERR_OK) {
        return;
    }
    switch (out_effect->kind) {
    case EFFECT_POST:
        read_account_ref(in, &out_effect->post.debit);
        read_account_ref(in, &out_effect->post.credit);
        out_effect->post.points = read_points(in);
        read_expect(in, out_effect->post.points.minor > 0);
        break;
    case EFFECT_LOT:
        read_uid(in, &out_effect->lot.member);
        read_lot_key(in, &out_effect->lot.key);
        out_effect->lot.free_delta = read_svarint(in);
        out_effect->lot.held_delta = read_svarint(in);
        break;
    case EFFECT_ENTRY:
        read_entry_effect(in, &out_effect->entry);
        break;
    case EFFECT_TOTAL:
        read_total_effect(in, &out_effect->total);
        break;
    case EFFECT_ROW:
        read_row_effect(in, &out_effect->row);
        break;
    case EFFECT_HISTORY:
        read_uid(in, &out_effect->history.member);
        out_effect->history.previous_row = read_varint(in);
        out_effect->history.is_active = read_bool(in);
        break;
    case EFFECT_MARK:
        read_mark_effect(in, &out_effect->mark);
        break;
    case EFFECT_KIND_END:
        break;
    }
}
