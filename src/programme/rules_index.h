/* The order of a programme's rules, and by what each is found. A rank is a place in that order.
 * Internal to this module. */
#ifndef PROGRAMME_RULES_INDEX_H
#define PROGRAMME_RULES_INDEX_H

#include "programme/rules.h"

struct finding;

struct rules_index {
    uint16_t *order;       /* rank to place in the text */
    uint32_t *goods_first; /* of each set, where its ranks begin in `goods_ranks`; one more */
    uint16_t *goods_ranks;
    struct finding *findings; /* ascending */
    size_t finding_count;
};

/* Keeps what the text borrows. ERR_RESOURCE. */
MUST_USE enum err rules_index_init(const struct rules_text *text, struct rules_index *out_index);
void rules_index_fini(struct rules_index *index);

/* Sets the bits of all ranks that may match, in words of 64. */
void rules_index_mark(const struct rules_index *index, const struct rules_text *text,
                      const struct occasion *occasion, const struct goods_list *lines,
                      uint64_t *bits);

#endif
