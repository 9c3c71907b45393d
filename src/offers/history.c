#include "offers/history.h"

#include <stdlib.h>

#include "base/limits.h"
#include "offers/things.h"

#define FIRST_ROOM  4096
#define ARENA_BYTES (1u << 20)

/* What a thing's text begins with, so that a product and a category of one name are two. */
enum thing_kind {
    THING_PRODUCT = 'p',
    THING_CATEGORY = 'c',
    THING_SET = 's'
};

struct goods_row {
    uint32_t first; /* in `thing_lists` */
    uint32_t count;
    uint64_t about;
};

struct history {
    const struct rules *rules;
    struct things members;
    struct things goods;  /* by product, category and brand */
    struct things things; /* by kind and name */
    struct goods_row *goods_rows;
    size_t goods_capacity;
    uint32_t *thing_lists;
    size_t list_count;
    size_t list_capacity;
    uint64_t *thing_about;
    size_t about_capacity;
    struct bought *lines;
    size_t line_count;
    size_t line_capacity;
    uint32_t *first_line; /* of each member, and the end; once closed */
    int64_t last_day;
    struct buffer key;
    struct arena arena;
};

enum err history_create(const struct rules *rules, struct history **out_history)
{
    struct history *history = calloc(1, sizeof *history);
    if (history == NULL) {
        return ERR_RESOURCE;
    }
    history->rules = rules;
    things_init(&history->members, LIMIT_OFFER_MEMBERS);
    things_init(&history->goods, LIMIT_HISTORY_GOODS);
    things_init(&history->things, 2 * LIMIT_HISTORY_GOODS + LIMIT_GOODS_SETS);
    arena_init(&history->arena, ARENA_BYTES);
    *out_history = history;
    return ERR_OK;
}

void history_destroy(struct history *history)
{
    if (history == NULL) {
        return;
    }
    things_fini(&history->members);
    things_fini(&history->goods);
    things_fini(&history->things);
    free(history->goods_rows);
    free(history->thing_lists);
    free(history->thing_about);
    free(history->lines);
    free(history->first_line);
    buffer_fini(&history->key);
    arena_fini(&history->arena);
    free(history);
}

/* Room for one more; what is behind `*capacity` is zeroed. */
static enum err make_room(void **rows, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return ERR_OK;
    }
    size_t more = *capacity == 0 ? FIRST_ROOM : *capacity * 2;
    uint8_t *grown = realloc(*rows, more * size);
    if (grown == NULL) {
        return ERR_RESOURCE;
    }
    memset(grown + *capacity * size, 0, (more - *capacity) * size);
    *rows = grown;
    *capacity = more;
    return ERR_OK;
}

static enum err add_thing(struct history *history, enum thing_kind kind, struct slice name,
                          struct goods_row *row)
{
    uint32_t number;
    void *about = history->thing_about;
    void *lists = history->thing_lists;
    if (name.length == 0) {
        return ERR_OK;
    }
    buffer_clear(&history->key);
    write_u8(&history->key, (uint8_t)kind);
    write_bytes(&history->key, name.at, name.length);
    TRY(history->key.err);
    TRY(things_number(&history->things, buffer_slice(&history->key), &number, NULL));
    enum err err = make_room(&about, number, &history->about_capacity, sizeof(uint64_t));
    history->thing_about = about;
    TRY(err);
    history->thing_about[number] |= row->about;
    err = make_room(&lists, history->list_count, &history->list_capacity, sizeof(uint32_t));
    history->thing_lists = lists;
    TRY(err);
    history->thing_lists[history->list_count++] = number;
    row->count++;
    return ERR_OK;
}

/* Looks goods up that are seen for the first time. */
static enum err learn_goods(struct history *history, const struct basket_line *line,
                            struct goods_row *out_row)
{
    const struct rules_text *text = rules_text(history->rules);
    struct goods_row row = {.first = (uint32_t)history->list_count};
    struct goods_list list;
    arena_reset(&history->arena);
    TRY(goods_of_line(rules_goods(history->rules), line, &history->arena, &list));
    for (size_t o = 0; o < text->offer_count; o++) {
        row.about |= offer_is_about(&text->offers[o], &list) ? UINT64_C(1) << o : 0;
    }
    TRY(add_thing(history, THING_PRODUCT, line->product, &row));
    TRY(add_thing(history, THING_CATEGORY, line->category, &row));
    for (size_t i = 0; i < list.count; i++) {
        const char *name = text->goods[list.at[i]].name;
        TRY(add_thing(history, THING_SET, slice_of(name, strlen(name)), &row));
    }
    *out_row = row;
    return ERR_OK;
}

static enum err goods_number(struct history *history, const struct basket_line *line,
                             uint32_t *out_number)
{
    bool is_new;
    void *rows = history->goods_rows;
    buffer_clear(&history->key);
    write_block(&history->key, line->product);
    write_block(&history->key, line->category);
    write_block(&history->key, line->brand);
    TRY(history->key.err);
    TRY(things_number(&history->goods, buffer_slice(&history->key), out_number, &is_new));
    if (!is_new) {
        return ERR_OK;
    }
    enum err err =
        make_room(&rows, *out_number, &history->goods_capacity, sizeof(struct goods_row));
    history->goods_rows = rows;
    TRY(err);
    return learn_goods(history, line, &history->goods_rows[*out_number]);
}

static enum err add_line(struct history *history, const struct bought *line)
{
    void *lines = history->lines;
    enum err err = make_room(&lines, history->line_count, &history->line_capacity, sizeof *line);
    history->lines = lines;
    TRY(err);
    history->lines[history->line_count++] = *line;
    return ERR_OK;
}

enum err history_add(struct history *history, struct slice member, int64_t day,
                     const struct basket_line *line, struct note *note)
{
    struct bought bought = {.day = (int32_t)day};
    ASSERT(history->first_line == NULL);
    if (history->line_count >= LIMIT_HISTORY_LINES) {
        return note_set(note, ERR_RESOURCE, "more than %u lines were bought", LIMIT_HISTORY_LINES);
    }
    if (things_number(&history->members, member, &bought.member, NULL) != ERR_OK) {
        return note_set(note, ERR_RESOURCE, "more than %u members bought something",
                        LIMIT_OFFER_MEMBERS);
    }
    if (goods_number(history, line, &bought.goods) != ERR_OK) {
        return note_set(note, ERR_RESOURCE, "more than %u different goods were bought",
                        LIMIT_HISTORY_GOODS);
    }
    history->last_day = day > history->last_day ? day : history->last_day;
    return add_line(history, &bought);
}

static int compare_lines(const void *a, const void *b)
{
    const struct bought *x = a;
    const struct bought *y = b;
    if (x->member != y->member) {
        return x->member < y->member ? -1 : 1;
    }
    if (x->day != y->day) {
        return x->day < y->day ? -1 : 1;
    }
    return (x->goods > y->goods) - (x->goods < y->goods);
}

enum err history_close(struct history *history)
{
    size_t members = history->members.count;
    uint32_t *first = calloc(members + 1, sizeof first[0]);
    ASSERT(history->first_line == NULL);
    if (history->line_count > 0) {
        qsort(history->lines, history->line_count, sizeof history->lines[0], compare_lines);
    }
    if (first == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < history->line_count; i++) { /* each member has a line */
        first[history->lines[i].member + 1] = (uint32_t)i + 1;
    }
    history->first_line = first;
    return ERR_OK;
}

size_t history_members(const struct history *history)
{
    return history->first_line == NULL ? 0 : history->members.count;
}

struct slice history_member(const struct history *history, size_t member)
{
    return things_text(&history->members, (uint32_t)member);
}

enum err history_find(const struct history *history, struct slice member, size_t *out_member)
{
    uint32_t number;
    TRY(things_find(&history->members, member, &number));
    *out_member = number;
    return ERR_OK;
}

uint64_t history_lines(const struct history *history)
{
    return history->line_count;
}

int64_t history_last_day(const struct history *history)
{
    return history->last_day;
}

const struct bought *history_of(const struct history *history, size_t member, size_t *out_count)
{
    ASSERT(history->first_line != NULL && member < history->members.count);
    *out_count = history->first_line[member + 1] - history->first_line[member];
    return &history->lines[history->first_line[member]];
}

size_t history_goods(const struct history *history)
{
    return history->goods.count;
}

struct goods_things history_things(const struct history *history, uint32_t goods)
{
    const struct goods_row *row = &history->goods_rows[goods];
    return (struct goods_things){&history->thing_lists[row->first], row->count, row->about};
}

size_t history_thing_count(const struct history *history)
{
    return history->things.count;
}

struct slice history_thing_name(const struct history *history, uint32_t thing)
{
    struct slice text = things_text(&history->things, thing);
    return slice_of(text.at + 1, text.length - 1);
}

uint64_t history_thing_about(const struct history *history, uint32_t thing)
{
    return history->thing_about[thing];
}

const struct rules *history_rules(const struct history *history)
{
    return history->rules;
}
