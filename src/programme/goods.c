#include "programme/goods.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "programme/hash.h"

/* One text and where its sets stand in `sets`. */
struct goods_row {
    uint64_t hash; /* 0: an empty place */
    const uint8_t *text;
    uint32_t length;
    uint32_t first;
    uint32_t count;
    enum goods_by by;
};

struct goods {
    struct goods_row *rows; /* a power of two of them, at most half full */
    size_t row_count;
    uint16_t *sets;
    uint8_t *texts;
    uint32_t *prefix_lengths; /* ascending, each once */
    size_t prefix_count;
};

/* Folded, so that low bits depend on all. Never 0. */
static uint64_t hash_of(enum goods_by by, struct slice text)
{
    uint64_t hash = hash_bytes(HASH_BEGIN ^ (uint64_t)by, text);
    hash ^= hash >> 32;
    return hash == 0 ? 1 : hash;
}

static bool is_row_of(const struct goods_row *row, uint64_t hash, enum goods_by by,
                      struct slice text)
{
    return row->hash == hash && row->by == by && row->length == text.length &&
           memcmp(row->text, text.at, text.length) == 0;
}

/* The row of that text, or the empty one where it would be. */
static struct goods_row *row_find(const struct goods *goods, enum goods_by by, struct slice text)
{
    uint64_t hash = hash_of(by, text);
    size_t mask = goods->row_count - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct goods_row *row = &goods->rows[i];
        if (row->hash == 0 || is_row_of(row, hash, by, text)) {
            return row;
        }
    }
}

struct totals {
    size_t members;
    size_t bytes;
};

static enum err count_members(const struct goods_set *sets, size_t count, struct totals *out,
                              struct note *note)
{
    if (count > LIMIT_GOODS_SETS) {
        return note_set(note, ERR_INPUT, "%zu sets of goods, more than %u", count,
                        LIMIT_GOODS_SETS);
    }
    struct totals totals = {0};
    for (size_t s = 0; s < count; s++) {
        totals.members += sets[s].member_count;
        if (totals.members > LIMIT_GOODS_MEMBERS) {
            return note_set(note, ERR_INPUT, "more than %u goods in all sets", LIMIT_GOODS_MEMBERS);
        }
        for (size_t m = 0; m < sets[s].member_count; m++) {
            size_t length = sets[s].members[m].text.length;
            if (length == 0 || length > LIMIT_GOODS_TEXT_BYTES) {
                return note_set(note, ERR_INPUT, "goods %s: a text has 1 to %u bytes", sets[s].name,
                                LIMIT_GOODS_TEXT_BYTES);
            }
            totals.bytes += length;
        }
    }
    *out = totals;
    return ERR_OK;
}

/* Makes a row for each text, and counts how often it comes. */
static void place_texts(struct goods *goods, const struct goods_set *sets, size_t count)
{
    uint8_t *next = goods->texts;
    for (size_t s = 0; s < count; s++) {
        for (size_t m = 0; m < sets[s].member_count; m++) {
            const struct goods_member *member = &sets[s].members[m];
            struct goods_row *row = row_find(goods, member->by, member->text);
            if (row->hash == 0) {
                memcpy(next, member->text.at, member->text.length);
                *row = (struct goods_row){.hash = hash_of(member->by, member->text),
                                          .text = next,
                                          .length = (uint32_t)member->text.length,
                                          .by = member->by};
                next += member->text.length;
            }
            row->count++;
        }
    }
}

/* Each row's sets, ascending; a text that a set has twice counts once. */
static void place_sets(struct goods *goods, const struct goods_set *sets, size_t count)
{
    uint32_t first = 0;
    for (size_t i = 0; i < goods->row_count; i++) {
        goods->rows[i].first = first;
        first += goods->rows[i].count;
        goods->rows[i].count = 0;
    }
    for (size_t s = 0; s < count; s++) {
        for (size_t m = 0; m < sets[s].member_count; m++) {
            const struct goods_member *member = &sets[s].members[m];
            struct goods_row *row = row_find(goods, member->by, member->text);
            uint16_t *at = goods->sets + row->first;
            if (row->count == 0 || at[row->count - 1] != (uint16_t)s) {
                at[row->count++] = (uint16_t)s;
            }
        }
    }
}

static int compare_lengths(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void place_prefix_lengths(struct goods *goods)
{
    size_t count = 0;
    for (size_t i = 0; i < goods->row_count; i++) {
        const struct goods_row *row = &goods->rows[i];
        if (row->hash != 0 && row->by == GOODS_BY_PRODUCT_PREFIX) {
            goods->prefix_lengths[count++] = row->length;
        }
    }
    qsort(goods->prefix_lengths, count, sizeof goods->prefix_lengths[0], compare_lengths);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || goods->prefix_lengths[i] != goods->prefix_lengths[i - 1]) {
            goods->prefix_lengths[goods->prefix_count++] = goods->prefix_lengths[i];
        }
    }
}

enum err goods_create(const struct goods_set *sets, size_t count, struct goods **out_goods,
                      struct note *note)
{
    struct totals totals = {0};
    TRY(count_members(sets, count, &totals, note));
    struct goods *goods = calloc(1, sizeof *goods);
    if (goods == NULL) {
        return ERR_RESOURCE;
    }
    goods->row_count = 2;
    while (goods->row_count < totals.members * 2) {
        goods->row_count *= 2;
    }
    goods->rows = calloc(goods->row_count, sizeof goods->rows[0]);
    goods->sets = calloc(totals.members + 1, sizeof goods->sets[0]);
    goods->texts = malloc(totals.bytes + 1);
    goods->prefix_lengths = calloc(totals.members + 1, sizeof goods->prefix_lengths[0]);
    if (goods->rows == NULL || goods->sets == NULL || goods->texts == NULL ||
        goods->prefix_lengths == NULL) {
        goods_destroy(goods);
        return ERR_RESOURCE;
    }
    place_texts(goods, sets, count);
    place_sets(goods, sets, count);
    place_prefix_lengths(goods);
    *out_goods = goods;
    return ERR_OK;
}

void goods_destroy(struct goods *goods)
{
    if (goods != NULL) {
        free(goods->rows);
        free(goods->sets);
        free(goods->texts);
        free(goods->prefix_lengths);
        free(goods);
    }
}

/* What is found for one line, before it is made one list. */
struct found {
    const struct goods_row *rows[GOODS_BY_COUNT + LIMIT_GOODS_TEXT_BYTES];
    size_t row_count;
    size_t set_count;
};

static void look_up(const struct goods *goods, enum goods_by by, struct slice text,
                    struct found *found)
{
    if (text.length > 0 && text.length <= LIMIT_GOODS_TEXT_BYTES) {
        const struct goods_row *row = row_find(goods, by, text);
        if (row->hash != 0) {
            found->rows[found->row_count++] = row;
            found->set_count += row->count;
        }
    }
}

/* Puts a row's sets into an ascending list in which each stands once. */
static size_t merge_sets(uint16_t *list, size_t count, const uint16_t *more, size_t more_count)
{
    for (size_t m = 0; m < more_count; m++) {
        size_t at = count;
        while (at > 0 && list[at - 1] > more[m]) {
            at--;
        }
        if (at > 0 && list[at - 1] == more[m]) {
            continue;
        }
        memmove(list + at + 1, list + at, (count - at) * sizeof list[0]);
        list[at] = more[m];
        count++;
    }
    return count;
}

enum err goods_of_line(const struct goods *goods, const struct basket_line *line,
                       struct arena *arena, struct goods_list *out_list)
{
    struct found found;
    found.row_count = 0;
    found.set_count = 0;
    look_up(goods, GOODS_BY_PRODUCT, line->product, &found);
    look_up(goods, GOODS_BY_CATEGORY, line->category, &found);
    look_up(goods, GOODS_BY_BRAND, line->brand, &found);
    for (size_t i = 0; i < goods->prefix_count; i++) {
        if (goods->prefix_lengths[i] <= line->product.length) {
            look_up(goods, GOODS_BY_PRODUCT_PREFIX,
                    slice_of(line->product.at, goods->prefix_lengths[i]), &found);
        }
    }
    if (found.row_count == 1) {
        *out_list = (struct goods_list){goods->sets + found.rows[0]->first, found.rows[0]->count};
        return ERR_OK;
    }
    if (found.row_count == 0) {
        *out_list = (struct goods_list){NULL, 0};
        return ERR_OK;
    }
    uint16_t *list = arena_alloc(arena, found.set_count * sizeof list[0]);
    if (list == NULL) {
        return ERR_RESOURCE;
    }
    size_t count = 0;
    for (size_t i = 0; i < found.row_count; i++) {
        count = merge_sets(list, count, goods->sets + found.rows[i]->first, found.rows[i]->count);
    }
    *out_list = (struct goods_list){list, count};
    return ERR_OK;
}

bool goods_list_has(struct goods_list list, uint16_t set)
{
    for (size_t i = 0; i < list.count && list.at[i] <= set; i++) {
        if (list.at[i] == set) {
            return true;
        }
    }
    return false;
}
