/* Stored bytes of what programmes remember, and of its changes. */
#include "ledger/standings.h"

#include <stdlib.h>

#include "ledger/codec.h"
#include "ledger/gift_card.h"

enum {
    STANDING_VERSION = 1,
    OCCASION_VERSION = 1,
    ADD_HAS_LEAST = 0x10, /* in the byte of a step's kind */
    ADD_HAS_MOST = 0x20,
    HOW_MASK = 0x0F,
    STEP_MAX = 1 + 8 + 4 * VARINT_MAX,
    NUMBER_MAX = 8 + 3 * VARINT_MAX
};

/* ---- Owners ---- */

static size_t owner_length(enum standing_owner_kind kind)
{
    switch (kind) {
    case OWNER_MEMBER:
    case OWNER_SALE:
        return sizeof(struct uid);
    case OWNER_CARD:
    case OWNER_CODE:
    case OWNER_GIFT_CARD:
    case OWNER_RAISED:
    case OWNER_LIST:
        return STANDING_OWNER_BYTES;
    case OWNER_PROGRAMME:
    case OWNER_KIND_END:
        break;
    }
    return 0;
}

static struct standing_owner owner_of(enum standing_owner_kind kind, const void *id)
{
    struct standing_owner owner = {.kind = kind};
    memcpy(owner.id, id, owner_length(kind));
    return owner;
}

struct standing_owner standing_of_member(const struct uid *member)
{
    return owner_of(OWNER_MEMBER, member->bytes);
}

struct standing_owner standing_of_card(const struct card_number *card)
{
    _Static_assert(sizeof card->digits == STANDING_OWNER_BYTES,
                   "a card's digits are an owner's id");
    return owner_of(OWNER_CARD, card->digits);
}

struct standing_owner standing_of_sale(const struct uid *sale)
{
    return owner_of(OWNER_SALE, sale->bytes);
}

struct standing_owner standing_of_code(const struct hash *code)
{
    return owner_of(OWNER_CODE, code->bytes);
}

struct standing_owner standing_of_programme(void)
{
    return (struct standing_owner){.kind = OWNER_PROGRAMME};
}

struct standing_owner standing_of_list(struct slice name)
{
    struct hash hash = hash_of(HASH_DOMAIN_STANDING, name);
    return owner_of(OWNER_LIST, hash.bytes);
}

struct standing_owner standing_of_raised(const struct uid *occasion, unsigned place)
{
    uint8_t id[STANDING_OWNER_BYTES] = {0};
    memcpy(id, occasion->bytes, sizeof occasion->bytes);
    id[STANDING_OWNER_BYTES - 1] = (uint8_t)place;
    return owner_of(OWNER_RAISED, id);
}

bool standing_owner_equal(const struct standing_owner *a, const struct standing_owner *b)
{
    return a->kind == b->kind && memcmp(a->id, b->id, sizeof a->id) == 0;
}

struct standing standing_of_row(const struct standing_row *row)
{
    return (struct standing){row->numbers, row->count};
}

static void write_owner(struct buffer *out, const struct standing_owner *owner)
{
    write_u8(out, (uint8_t)owner->kind);
    write_bytes(out, owner->id, owner_length(owner->kind));
}

/* Digits, and zeros behind them. */
static bool is_card(const uint8_t id[STANDING_OWNER_BYTES])
{
    size_t length = 0;
    while (length < STANDING_OWNER_BYTES && id[length] >= '0' && id[length] <= '9') {
        length++;
    }
    bool is_so = length >= CARD_DIGITS_MIN && length <= CARD_DIGITS_MAX;
    for (size_t i = length; i < STANDING_OWNER_BYTES; i++) {
        is_so = is_so && id[i] == 0;
    }
    return is_so;
}

/* 16 digits, the first a 0, and zeros behind them. */
static bool is_gift_card(const uint8_t id[STANDING_OWNER_BYTES])
{
    struct gift_number number;
    char text[STANDING_OWNER_BYTES + 1] = "";
    memcpy(text, id, STANDING_OWNER_BYTES);
    return is_card(id) && gift_number_parse(text, &number) == ERR_OK;
}

/* A member's id is somebody's; a card is one. */
static void read_owner(struct reader *in, struct standing_owner *out_owner)
{
    static const struct uid nobody = {{0}};
    *out_owner = (struct standing_owner){
        .kind = (enum standing_owner_kind)read_choice(in, OWNER_MEMBER, OWNER_KIND_END)};
    read_copy(in, out_owner->id, in->err == ERR_OK ? owner_length(out_owner->kind) : 0);
    if (out_owner->kind == OWNER_MEMBER) {
        read_expect(in, memcmp(out_owner->id, nobody.bytes, sizeof nobody.bytes) != 0);
    } else if (out_owner->kind == OWNER_CARD) {
        read_expect(in, is_card(out_owner->id));
    } else if (out_owner->kind == OWNER_GIFT_CARD) {
        read_expect(in, is_gift_card(out_owner->id));
    }
}

/* ---- Changes ---- */

static int compare_steps(const void *a, const void *b)
{
    const struct standing_step *x = a;
    const struct standing_step *y = b;
    if (x->slot != y->slot) {
        return x->slot < y->slot ? -1 : 1;
    }
    return (x->bucket > y->bucket) - (x->bucket < y->bucket);
}

static uint8_t *put_u64_le(uint8_t *to, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
    return to + 8;
}

static void write_step(struct buffer *out, const struct standing_step *step)
{
    bool is_add = step->how == STANDING_ADD;
    unsigned bounds = (is_add && step->least != INT64_MIN ? ADD_HAS_LEAST : 0u) |
                      (is_add && step->most != INT64_MAX ? ADD_HAS_MOST : 0u);
    uint8_t *to = write_reserve(out, STEP_MAX);
    if (to == NULL) {
        return;
    }
    to = put_u8(to, (unsigned)step->how | bounds);
    to = put_u64_le(to, step->slot);
    to = put_svarint(to, step->bucket);
    if (step->how == STANDING_SET) {
        to = put_svarint(to, step->before);
        to = put_svarint(to, step->after);
    } else {
        to = put_svarint(to, step->delta);
        to = (bounds & ADD_HAS_LEAST) ? put_svarint(to, step->least) : to;
        to = (bounds & ADD_HAS_MOST) ? put_svarint(to, step->most) : to;
    }
    write_end(out, to);
}

void standing_read_step(struct reader *in, struct standing_step *out_step)
{
    uint8_t how = read_u8(in);
    *out_step = (struct standing_step){
        .how = (enum standing_how)(how & HOW_MASK), .least = INT64_MIN, .most = INT64_MAX};
    out_step->slot = read_u64(in);
    out_step->bucket = read_svarint(in);
    read_expect(in, out_step->slot != 0);
    if (how == STANDING_SET) {
        out_step->before = read_svarint(in);
        out_step->after = read_svarint(in);
        read_expect(in, out_step->before != out_step->after);
        return;
    }
    bool is_known = how == STANDING_TAKE || out_step->how == STANDING_ADD;
    read_expect(in, is_known && (how & ~(HOW_MASK | ADD_HAS_LEAST | ADD_HAS_MOST)) == 0);
    out_step->delta = read_svarint(in);
    read_expect(in, out_step->delta != 0 && out_step->delta != INT64_MIN);
    if (how & ADD_HAS_LEAST) {
        out_step->least = read_svarint(in);
        read_expect(in, out_step->least != INT64_MIN);
    }
    if (how & ADD_HAS_MOST) {
        out_step->most = read_svarint(in);
        read_expect(in, out_step->most != INT64_MAX);
    }
}

void standing_write_group(struct buffer *out, const struct standing_owner *owner,
                          struct standing_step *steps, size_t count)
{
    if (count == 0) {
        return;
    }
    qsort(steps, count, sizeof steps[0], compare_steps);
    write_owner(out, owner);
    write_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        write_step(out, &steps[i]);
    }
}

void standing_read_group(struct reader *in, struct standing_owner *out_owner, uint32_t *out_count)
{
    read_owner(in, out_owner);
    *out_count = read_count(in, LIMIT_STANDING_STEPS);
    read_expect(in, *out_count > 0);
}

static void check_group(struct reader *in, struct standing_owner *out_owner, uint32_t *step_count)
{
    struct standing_step before = {0};
    uint32_t count;
    standing_read_group(in, out_owner, &count);
    for (uint32_t i = 0; i < count && in->err == ERR_OK; i++) {
        struct standing_step step;
        standing_read_step(in, &step);
        read_expect(in, i == 0 || compare_steps(&before, &step) < 0);
        before = step;
    }
    *step_count += count;
    read_expect(in, *step_count <= LIMIT_STANDING_STEPS);
}

enum err standing_check_groups(struct slice groups)
{
    struct reader in = reader_of(groups);
    struct standing_owner owners[LIMIT_STANDING_OWNERS];
    uint32_t step_count = 0;
    for (size_t count = 0; in.err == ERR_OK && in.at != in.end; count++) {
        if (count == LIMIT_STANDING_OWNERS) {
            return ERR_CORRUPT;
        }
        check_group(&in, &owners[count], &step_count);
        for (size_t i = 0; i < count; i++) {
            read_expect(&in, !standing_owner_equal(&owners[i], &owners[count]));
        }
    }
    return reader_finish(&in);
}

/* ---- Rows ---- */

static size_t buckets_of(const struct standing_row *row, size_t first)
{
    size_t end = first + 1;
    while (end < row->count && row->numbers[end].slot == row->numbers[first].slot) {
        end++;
    }
    return end - first;
}

/* The buckets of a slot, each but the first by what lies between it and the one before. */
static void write_buckets(struct buffer *out, const struct standing_number *numbers, size_t count)
{
    uint8_t *to = write_reserve(out, NUMBER_MAX + count * 2 * VARINT_MAX);
    if (to == NULL) {
        return;
    }
    to = put_u64_le(to, numbers[0].slot);
    to = put_varint(to, count);
    for (size_t i = 0; i < count; i++) {
        to = i == 0 ? put_svarint(to, numbers[i].bucket)
                    : put_varint(to,
                                 (uint64_t)numbers[i].bucket - (uint64_t)numbers[i - 1].bucket - 1);
        to = put_svarint(to, numbers[i].value);
    }
    write_end(out, to);
}

void standing_row_encode(const struct standing_row *row, struct buffer *out)
{
    write_u8(out, STANDING_VERSION);
    write_varint(out, row->count);
    for (size_t i = 0; i < row->count; i += buckets_of(row, i)) {
        write_buckets(out, &row->numbers[i], buckets_of(row, i));
    }
}

static int64_t read_next_bucket(struct reader *in, int64_t before)
{
    uint64_t between = read_varint(in);
    uint64_t room = (uint64_t)INT64_MAX - (uint64_t)before;
    read_expect(in, between < room);
    return in->err == ERR_OK ? (int64_t)((uint64_t)before + between + 1) : 0;
}

static void read_buckets(struct reader *in, uint32_t left, struct standing_row *row)
{
    size_t first = row->count;
    uint64_t slot = read_u64(in);
    uint32_t count = read_count(in, left);
    read_expect(in, count > 0 && slot != 0 && (first == 0 || row->numbers[first - 1].slot < slot));
    for (uint32_t i = 0; i < count && in->err == ERR_OK; i++) {
        struct standing_number *n = &row->numbers[row->count++];
        n->slot = slot;
        n->bucket = i == 0 ? read_svarint(in) : read_next_bucket(in, n[-1].bucket);
        n->value = read_svarint(in);
        read_expect(in, n->value != 0);
    }
}

enum err standing_row_decode(struct slice value, struct standing_row *out_row)
{
    struct reader in = reader_of(value);
    out_row->count = 0;
    read_version(&in, STANDING_VERSION);
    uint32_t count = read_count(&in, LIMIT_STANDING_NUMBERS);
    read_expect(&in, count > 0);
    while (in.err == ERR_OK && out_row->count < count) {
        read_buckets(&in, count - (uint32_t)out_row->count, out_row);
    }
    return reader_finish(&in);
}

void occasion_row_encode(const struct occasion_row *row, struct buffer *out)
{
    write_u8(out, OCCASION_VERSION);
    write_time(out, row->until);
    write_block(out, row->groups);
}

enum err occasion_row_decode(struct slice value, struct occasion_row *out_row)
{
    struct reader in = reader_of(value);
    struct occasion_row row;
    read_version(&in, OCCASION_VERSION);
    row.until = read_time(&in);
    read_expect(&in, row.until.ms >= 0);
    row.groups = read_block(&in);
    TRY(reader_finish(&in));
    TRY(standing_check_groups(row.groups));
    *out_row = row;
    return ERR_OK;
}
