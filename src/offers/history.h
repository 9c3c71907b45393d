/* What members bought, day by day, as offers are chosen by.
 *
 * A line is remembered by number: its goods, of which each is a few things that a reason can name
 * (product, category, the programme's sets of goods), and which offers it is about. So memory is
 * some 12 bytes a line and a few hundred for each of the different goods. Not thread-safe.
 */
#ifndef OFFERS_HISTORY_H
#define OFFERS_HISTORY_H

#include "programme/offer.h"

struct history;

/* `rules` is borrowed. ERR_RESOURCE. */
MUST_USE enum err history_create(const struct rules *rules, struct history **out_history);
/* NULL is allowed. */
void history_destroy(struct history *history);

/* A line of what a member bought on that day of the brand's clock; in any order. `member` is any
 * text of 1 byte or more. ERR_RESOURCE with a note that says what there is too much of. */
MUST_USE enum err history_add(struct history *history, struct slice member, int64_t day,
                              const struct basket_line *line, struct note *note);
/* After the last line, before anything is asked; once. ERR_RESOURCE. */
MUST_USE enum err history_close(struct history *history);

size_t history_members(const struct history *history);
/* Borrowed. */
struct slice history_member(const struct history *history, size_t member);
/* ERR_NOT_FOUND: bought nothing. */
MUST_USE enum err history_find(const struct history *history, struct slice member,
                               size_t *out_member);
uint64_t history_lines(const struct history *history);
/* The latest day on which something was bought; 0 for nothing. */
int64_t history_last_day(const struct history *history);

/* One line, in the order of days. */
struct bought {
    uint32_t member;
    int32_t day;
    uint32_t goods;
};
const struct bought *history_of(const struct history *history, size_t member, size_t *out_count);

/* Of goods: the things that they are, and the offers that they are about, one bit each. */
struct goods_things {
    const uint32_t *at;
    size_t count;
    uint64_t about;
};
size_t history_goods(const struct history *history);
struct goods_things history_things(const struct history *history, uint32_t goods);

/* How many things there are, what one is called, and the offers that any of its goods is about. */
size_t history_thing_count(const struct history *history);
struct slice history_thing_name(const struct history *history, uint32_t thing);
uint64_t history_thing_about(const struct history *history, uint32_t thing);

const struct rules *history_rules(const struct history *history);

#endif
