/* What the two halves of the net's decision share; inside this module. */
#ifndef SETTLEMENT_NETTING_PARTS_H
#define SETTLEMENT_NETTING_PARTS_H

#include "settlement/netting.h"

void partner_set_unite(struct partner_set *set, const struct partner_set *more);

static inline uint32_t netting_word_round(const struct netting_word *word)
{
    return (uint32_t)(word->number >> 32);
}

#endif
