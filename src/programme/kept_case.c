#include "programme/kept_case.h"

#include "base/limits.h"

enum {
    KEPT_CASE_VERSION = 3,
    KEPT_CASE_PLAIN = 1, /* without what is behind it */
    KEPT_CASE_WITH_SHOPPER = 2 /* behind it: who the shopper is; then what was given */,
    OTHERS_FROM = 0x40
};

static void write_line(struct buffer *out, const struct basket_line *line)
{
    write_block(out, line->product);
    write_block(out, line->category);
    write_block(out, line->brand);
    write_svarint(out, line->quantity_milli);
    write_svarint(out, line->amount.minor);
}

static void read_line(struct reader *in, struct basket_line *out_line)
{
    out_line->product = read_block(in);
    out_line->category = read_block(in);
    out_line->brand = read_block(in);
    out_line->quantity_milli = read_svarint(in);
    out_line->amount.minor = read_svarint(in);
}

static void write_standing(struct buffer *out, const struct standing *standing)
{
    write_varint(out, standing->count);
    for (size_t i = 0; i < standing->count; i++) {
        write_u64(out, standing->at[i].slot);
        write_svarint(out, standing->at[i].bucket);
        write_svarint(out, standing->at[i].value);
    }
}

/* Things that were given, and what they cost. */
static void write_items(struct buffer *out, const struct kept_case *kept)
{
    write_svarint(out, kept->spent.minor);
    write_svarint(out, kept->due.minor);
    write_svarint(out, kept->refund.minor);
    write_varint(out, kept->item_count);
    for (size_t i = 0; i < kept->item_count; i++) {
        const struct item *item = &kept->items[i];
        write_varint(out, item->rule);
        write_svarint(out, item->count);
        write_svarint(out, item->worth.minor);
        write_svarint(out, item->until_day);
    }
}

/* Without the birthday, which is the member's own and is forgotten with it. */
static void write_shopper(struct buffer *out, const struct shopper *shopper)
{
    write_block(out, shopper->key);
    write_block(out, shopper->referrer);
    write_svarint(out, shopper->enrolled_day);
    write_svarint(out, shopper->balance.minor);
    write_varint(out, shopper->list_count);
    for (size_t i = 0; i < shopper->list_count; i++) {
        write_block(out, shopper->lists[i]);
    }
}

void kept_case_encode(const struct kept_case *kept, struct buffer *out)
{
    const struct occasion *occasion = &kept->occasion;
    write_u8(out, KEPT_CASE_VERSION);
    write_varint(out, kept->programme);
    write_u8(out, (uint8_t)occasion->kind);
    write_block(out, occasion->event);
    write_svarint(out, occasion->local.ms);
    write_block(out, occasion->store);
    write_block(out, occasion->channel);
    write_svarint(out, occasion->paid_in_points.minor);
    write_varint(out, occasion->line_count);
    for (size_t i = 0; i < occasion->line_count; i++) {
        write_line(out, &occasion->lines[i]);
    }
    write_standing(out, &kept->standing);
    write_standing(out, &occasion->programme);
    write_svarint(out, kept->points.minor);
    write_svarint(out, kept->gross.minor);
    write_svarint(out, kept->discount.minor);
    write_varint(out, kept->award_count);
    for (size_t i = 0; i < kept->award_count; i++) {
        write_varint(out, kept->awards[i].rule);
        write_svarint(out, kept->awards[i].wanted);
        write_svarint(out, kept->awards[i].given);
    }
    write_shopper(out, &occasion->shopper);
    write_items(out, kept);
}

/* A list of at most `most`; NULL without memory, or when there are more. */
static void *read_list(struct reader *in, struct arena *arena, size_t most, size_t size,
                       size_t *out_count)
{
    uint64_t count = read_varint(in);
    if (count > most) {
        read_fail(in);
        count = 0;
    }
    *out_count = (size_t)count;
    return arena_alloc(arena, ((size_t)count + 1) * size);
}

static enum err read_lines(struct reader *in, struct arena *arena, struct occasion *occasion)
{
    struct basket_line *lines =
        read_list(in, arena, LIMIT_RECEIPT_LINES, sizeof *lines, &occasion->line_count);
    if (lines == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < occasion->line_count; i++) {
        read_line(in, &lines[i]);
    }
    occasion->lines = lines;
    return ERR_OK;
}

static enum err read_standing(struct reader *in, struct arena *arena, struct standing *standing)
{
    struct standing_number *numbers =
        read_list(in, arena, LIMIT_STANDING_NUMBERS, sizeof *numbers, &standing->count);
    if (numbers == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < standing->count; i++) {
        numbers[i].slot = read_u64(in);
        numbers[i].bucket = read_svarint(in);
        numbers[i].value = read_svarint(in);
    }
    standing->at = numbers;
    return ERR_OK;
}

static enum err read_awards(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    struct award *awards = read_list(in, arena, LIMIT_RULES, sizeof *awards, &kept->award_count);
    if (awards == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept->award_count; i++) {
        uint64_t rule = read_varint(in);
        int64_t wanted = read_svarint(in);
        int64_t given = read_svarint(in);
        if (rule >= LIMIT_RULES) {
            read_fail(in);
        }
        awards[i] = (struct award){.rule = (uint16_t)rule, .wanted = wanted, .given = given};
    }
    kept->awards = awards;
    return ERR_OK;
}

static enum err read_items(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    kept->spent.minor = read_svarint(in);
    kept->due.minor = read_svarint(in);
    kept->refund.minor = read_svarint(in);
    struct item *items = read_list(in, arena, LIMIT_RULES, sizeof *items, &kept->item_count);
    if (items == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept->item_count; i++) {
        uint64_t rule = read_varint(in);
        if (rule >= LIMIT_RULES) {
            read_fail(in);
        }
        items[i] = (struct item){.rule = (uint16_t)rule, .count = read_svarint(in)};
        items[i].worth.minor = read_svarint(in);
        items[i].until_day = read_svarint(in);
    }
    kept->items = items;
    return ERR_OK;
}

static enum err read_shopper(struct reader *in, struct arena *arena, struct shopper *shopper)
{
    shopper->key = read_block(in);
    shopper->referrer = read_block(in);
    shopper->enrolled_day = read_svarint(in);
    shopper->balance.minor = read_svarint(in);
    struct slice *lists =
        read_list(in, arena, LIMIT_SHOPPER_LISTS, sizeof *lists, &shopper->list_count);
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < shopper->list_count; i++) {
        lists[i] = read_block(in);
    }
    shopper->lists = lists;
    return ERR_OK;
}

bool kept_case_is(struct slice bytes)
{
    return bytes.length > 0 && bytes.at[0] < OTHERS_FROM;
}

enum err kept_case_decode(struct slice bytes, struct arena *arena, struct kept_case *out_case)
{
    struct reader in = reader_of(bytes);
    struct kept_case kept = {.programme = 0};
    struct occasion *occasion = &kept.occasion;
    struct note unused;
    struct money total;
    unsigned version = read_u8(&in);
    if (version < KEPT_CASE_PLAIN || version > KEPT_CASE_VERSION) {
        return ERR_CORRUPT;
    }
    uint64_t programme = read_varint(&in);
    unsigned kind = read_u8(&in);
    if (programme > UINT32_MAX || kind >= OCCASION_KIND_COUNT) {
        return ERR_CORRUPT;
    }
    kept.programme = (uint32_t)programme;
    occasion->kind = (enum occasion_kind)kind;
    occasion->event = read_block(&in);
    occasion->local.ms = read_svarint(&in);
    occasion->store = read_block(&in);
    occasion->channel = read_block(&in);
    occasion->paid_in_points.minor = read_svarint(&in);
    TRY(read_lines(&in, arena, occasion));
    TRY(read_standing(&in, arena, &kept.standing));
    TRY(read_standing(&in, arena, &occasion->programme));
    kept.points.minor = read_svarint(&in);
    kept.gross.minor = read_svarint(&in);
    kept.discount.minor = read_svarint(&in);
    TRY(read_awards(&in, arena, &kept));
    if (version >= KEPT_CASE_WITH_SHOPPER) {
        TRY(read_shopper(&in, arena, &occasion->shopper));
    }
    if (version == KEPT_CASE_VERSION) {
        TRY(read_items(&in, arena, &kept));
    }
    TRY(reader_finish(&in));
    if (standing_check(&kept.standing) != ERR_OK ||
        standing_check(&occasion->programme) != ERR_OK ||
        occasion_check(occasion, &total, &unused) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out_case = kept;
    return ERR_OK;
}
