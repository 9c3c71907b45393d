#include "programme/kept_case.h"

#include "base/limits.h"

enum {
    KEPT_CASE_VERSION = 1
};

/* What only some cases have, behind what all have: a tag and a block each, ascending by tag. */
enum kept_part {
    PART_SHOPPER = 1,
    PART_CODES = 2,
    PART_ITEMS = 3,
    PART_COST = 4,
    PART_END
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

/* Without the birthday, which is the member's own and is forgotten with it. */
static void write_shopper(struct buffer *out, const struct kept_case *kept)
{
    const struct shopper *shopper = &kept->occasion.shopper;
    write_block(out, shopper->key);
    write_block(out, shopper->referrer);
    write_svarint(out, shopper->enrolled_day);
    write_svarint(out, shopper->balance.minor);
    write_varint(out, shopper->list_count);
    for (size_t i = 0; i < shopper->list_count; i++) {
        write_block(out, shopper->lists[i]);
    }
}

static bool is_shopper_known(const struct shopper *shopper)
{
    return shopper->key.length + shopper->referrer.length + shopper->list_count > 0 ||
           shopper->enrolled_day != 0 || shopper->balance.minor != 0;
}

static void write_codes(struct buffer *out, const struct kept_case *kept)
{
    write_varint(out, kept->occasion.code_count);
    for (size_t i = 0; i < kept->occasion.code_count; i++) {
        write_block(out, kept->occasion.codes[i].text);
        write_standing(out, &kept->occasion.codes[i].standing);
        write_varint(out, kept->codes[i].rule);
        write_varint(out, (uint64_t)kept->codes[i].reason);
    }
}

static void write_items(struct buffer *out, const struct kept_case *kept)
{
    write_varint(out, kept->item_count);
    for (size_t i = 0; i < kept->item_count; i++) {
        const struct kept_item *item = &kept->items[i];
        write_varint(out, item->rule);
        write_block(out, item->name);
        write_svarint(out, item->count);
        write_svarint(out, item->worth.minor);
        write_svarint(out, item->until_day);
        write_varint(out, item->code_count);
        for (size_t c = 0; c < item->code_count; c++) {
            write_block(out, item->codes[c]);
        }
    }
}

static void write_cost(struct buffer *out, const struct kept_case *kept)
{
    write_svarint(out, kept->spent.minor);
    write_svarint(out, kept->due.minor);
    write_svarint(out, kept->refund.minor);
}

typedef void write_part(struct buffer *out, const struct kept_case *kept);

static void add_part(struct buffer *out, enum kept_part tag, write_part *write,
                     const struct kept_case *kept)
{
    struct buffer part = {0};
    write(&part, kept);
    write_u8(out, (uint8_t)tag);
    write_block(out, buffer_slice(&part));
    out->err = out->err == ERR_OK ? part.err : out->err;
    buffer_fini(&part);
}

static void write_parts(struct buffer *out, const struct kept_case *kept)
{
    if (is_shopper_known(&kept->occasion.shopper)) {
        add_part(out, PART_SHOPPER, write_shopper, kept);
    }
    if (kept->occasion.code_count > 0) {
        add_part(out, PART_CODES, write_codes, kept);
    }
    if (kept->item_count > 0) {
        add_part(out, PART_ITEMS, write_items, kept);
    }
    if (kept->spent.minor != 0 || kept->due.minor != 0 || kept->refund.minor != 0) {
        add_part(out, PART_COST, write_cost, kept);
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
    write_parts(out, kept);
}

bool kept_case_is_sale(struct slice bytes)
{
    struct reader in = reader_of(bytes);
    (void)read_u8(&in);     /* the form */
    (void)read_varint(&in); /* the programme */
    return kept_case_is(bytes) && read_u8(&in) == OCCASION_SALE && in.err == ERR_OK;
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

static uint16_t read_rule(struct reader *in)
{
    uint64_t rule = read_varint(in);
    if (rule >= LIMIT_RULES) {
        read_fail(in);
        rule = 0;
    }
    return (uint16_t)rule;
}

static enum err read_awards(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    struct award *awards = read_list(in, arena, LIMIT_RULES, sizeof *awards, &kept->award_count);
    if (awards == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept->award_count; i++) {
        uint16_t rule = read_rule(in);
        int64_t wanted = read_svarint(in);
        int64_t given = read_svarint(in);
        awards[i] = (struct award){.rule = rule, .wanted = wanted, .given = given};
    }
    kept->awards = awards;
    return ERR_OK;
}

static enum err read_shopper(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    struct shopper *shopper = &kept->occasion.shopper;
    shopper->key = read_block(in);
    shopper->referrer = read_block(in);
    shopper->enrolled_day = read_svarint(in);
    shopper->balance = points_of(read_svarint(in));
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

static enum err read_codes(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    size_t count;
    struct shown_code *codes = read_list(in, arena, LIMIT_SHOWN_CODES, sizeof *codes, &count);
    struct code_verdict *verdicts = arena_alloc(arena, (count + 1) * sizeof *verdicts);
    if (codes == NULL || verdicts == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        codes[i].text = read_block(in);
        TRY(read_standing(in, arena, &codes[i].standing));
        uint64_t rule = read_varint(in);
        uint64_t reason = read_varint(in);
        if ((rule >= LIMIT_RULES && rule != NO_RULE) || reason >= TRACE_REASON_COUNT ||
            standing_check(&codes[i].standing) != ERR_OK) {
            read_fail(in);
            reason = 0;
        }
        verdicts[i] = (struct code_verdict){(uint16_t)rule, (enum trace_reason)reason};
    }
    kept->occasion.codes = codes;
    kept->occasion.code_count = count;
    kept->codes = verdicts;
    return ERR_OK;
}

static enum err read_item(struct reader *in, struct arena *arena, struct kept_item *out_item)
{
    out_item->rule = read_rule(in);
    out_item->name = read_block(in);
    out_item->count = read_svarint(in);
    out_item->worth = money_of(read_svarint(in));
    out_item->until_day = read_svarint(in);
    struct slice *codes =
        read_list(in, arena, LIMIT_GIVEN_CODES, sizeof *codes, &out_item->code_count);
    if (codes == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < out_item->code_count; i++) {
        codes[i] = read_block(in);
    }
    out_item->codes = codes;
    return ERR_OK;
}

static enum err read_items(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    struct kept_item *items = read_list(in, arena, LIMIT_RULES, sizeof *items, &kept->item_count);
    if (items == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < kept->item_count; i++) {
        TRY(read_item(in, arena, &items[i]));
    }
    kept->items = items;
    return ERR_OK;
}

static enum err read_cost(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    (void)arena;
    kept->spent.minor = read_svarint(in);
    kept->due.minor = read_svarint(in);
    kept->refund.minor = read_svarint(in);
    return ERR_OK;
}

typedef enum err read_part(struct reader *in, struct arena *arena, struct kept_case *kept);

static enum err read_parts(struct reader *in, struct arena *arena, struct kept_case *kept)
{
    static read_part *const parts[PART_END] = {[PART_SHOPPER] = read_shopper,
                                               [PART_CODES] = read_codes,
                                               [PART_ITEMS] = read_items,
                                               [PART_COST] = read_cost};
    unsigned last = 0;
    while (in->err == ERR_OK && in->at != in->end) {
        unsigned tag = read_u8(in);
        struct reader part = reader_of(read_block(in));
        if (tag <= last || tag >= PART_END) {
            return ERR_CORRUPT;
        }
        last = tag;
        TRY(parts[tag](&part, arena, kept));
        TRY(reader_finish(&part));
    }
    return ERR_OK;
}

bool kept_case_is(struct slice bytes)
{
    return bytes.length > 0 && bytes.at[0] == KEPT_CASE_VERSION;
}

enum err kept_case_decode(struct slice bytes, struct arena *arena, struct kept_case *out_case)
{
    struct reader in = reader_of(bytes);
    struct kept_case kept = {.programme = 0};
    struct occasion *occasion = &kept.occasion;
    struct note unused;
    struct money total;
    if (read_u8(&in) != KEPT_CASE_VERSION) {
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
    TRY(read_parts(&in, arena, &kept));
    TRY(reader_finish(&in));
    if (standing_check(&kept.standing) != ERR_OK ||
        standing_check(&occasion->programme) != ERR_OK ||
        occasion_check(occasion, &total, &unused) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out_case = kept;
    return ERR_OK;
}
