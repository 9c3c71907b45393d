/* Named sets of goods, and which of them a line of a basket is in.
 *
 * A set is a union: a line is in it by its product, by the beginning of its product's number, by
 * its category or by its brand. Texts are compared byte by byte. Looking a line up costs a few
 * hashes, however many sets and products there are.
 *
 * Immutable once made; any thread.
 */
#ifndef PROGRAMME_GOODS_H
#define PROGRAMME_GOODS_H

#include "base/arena.h"
#include "programme/occasion.h"

enum goods_by {
    GOODS_BY_PRODUCT,
    GOODS_BY_PRODUCT_PREFIX,
    GOODS_BY_CATEGORY,
    GOODS_BY_BRAND,
    GOODS_BY_COUNT
};

struct goods_member {
    enum goods_by by;
    struct slice text; /* not empty */
};

struct goods_set {
    const char *name;
    const struct goods_member *members;
    size_t member_count;
    unsigned line; /* of the file; 0: not from a file */
};

/* The sets that a line is in, by their place in the list, ascending. */
struct goods_list {
    const uint16_t *at;
    size_t count;
};

struct goods;

/* Copies what it needs. At most LIMIT_GOODS_SETS sets and LIMIT_GOODS_MEMBERS members in all.
 * ERR_INPUT, ERR_RESOURCE. */
MUST_USE enum err goods_create(const struct goods_set *sets, size_t count, struct goods **out_goods,
                               struct note *note);
void goods_destroy(struct goods *goods);

/* In the arena's memory, or in that of `goods`. ERR_RESOURCE. */
MUST_USE enum err goods_of_line(const struct goods *goods, const struct basket_line *line,
                                struct arena *arena, struct goods_list *out_list);
bool goods_list_has(struct goods_list list, uint16_t set);

#endif
