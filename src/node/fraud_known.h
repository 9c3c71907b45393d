/* Purchases that a node's ways in told of lately, and what fraud rules made of them: so that the
 * journal's row of one is not counted again, and a repeat is answered as before. Has its size; of
 * those that fall together the latest stay. One thread at a time. */
#ifndef NODE_FRAUD_KNOWN_H
#define NODE_FRAUD_KNOWN_H

#include "base/ident.h"
#include "base/limits.h"

struct known_purchase {
    struct uid id;
    bool is_counted; /* false: refused, by a rule or by the ledger */
    bool has_points; /* they are counted, too */
    bool has_hit;
    bool is_new; /* of the hit, as what follows */
    uint8_t rule;
    int64_t points; /* that are counted */
    int64_t found;
    int64_t total;
};

struct fraud_known;

/* NULL without memory. */
struct fraud_known *fraud_known_create(void);
void fraud_known_destroy(struct fraud_known *known); /* NULL is allowed */
/* NULL: it isn't known. */
struct known_purchase *fraud_known_find(struct fraud_known *known, const struct uid *id);
/* It is not known yet; all but the id is zero. */
struct known_purchase *fraud_known_keep(struct fraud_known *known, const struct uid *id);
void fraud_known_drop(struct known_purchase *purchase);

#endif
