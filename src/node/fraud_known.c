#include "node/fraud_known.h"

#include <stdlib.h>

#include "base/bytes.h"

enum {
    SETS = 1 << 16, /* some times what can be under way at once */
    WAYS = 8
};

struct known_set {
    unsigned next;
    struct known_purchase ways[WAYS];
};

struct fraud_known {
    struct known_set sets[SETS];
};

_Static_assert(LIMIT_FRAUD_RULES <= UINT8_MAX, "a rule's number is a byte");

struct fraud_known *fraud_known_create(void)
{
    return calloc(1, sizeof(struct fraud_known));
}

void fraud_known_destroy(struct fraud_known *known)
{
    free(known);
}

/* Ids are random behind their time. */
static struct known_set *set_of(struct fraud_known *known, const struct uid *id)
{
    return &known->sets[get_u64_be(id->bytes + 8) % SETS];
}

struct known_purchase *fraud_known_find(struct fraud_known *known, const struct uid *id)
{
    struct known_set *set = set_of(known, id);
    for (size_t i = 0; i < WAYS; i++) {
        if (uid_equal(&set->ways[i].id, id)) {
            return &set->ways[i];
        }
    }
    return NULL;
}

struct known_purchase *fraud_known_keep(struct fraud_known *known, const struct uid *id)
{
    struct known_set *set = set_of(known, id);
    struct known_purchase *purchase = &set->ways[set->next++ % WAYS];
    *purchase = (struct known_purchase){.id = *id};
    return purchase;
}

void fraud_known_drop(struct known_purchase *purchase)
{
    *purchase = (struct known_purchase){.has_hit = false};
}
