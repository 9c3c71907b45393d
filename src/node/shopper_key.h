/* Who buys in our shops, as messages name them: our own members by their ids, another home's by
 * their cards. Any thread. */
#ifndef NODE_SHOPPER_KEY_H
#define NODE_SHOPPER_KEY_H

#include "base/arena.h"
#include "ledger/standings.h"
#include "talea/v1/programme.pb-c.h"

/* The text that names an owner wherever offers are chosen: a member's id, a card's digits. */
struct shopper_text {
    char text[UID_TEXT_MAX];
};
struct shopper_text shopper_text(const struct standing_owner *owner);

/* In the arena; NULL when it is full. Of a member or a card. */
Talea__V1__ShopperKey *shopper_key_message(struct arena *arena, const struct standing_owner *owner);
/* False: it names nobody. */
bool shopper_key_read(const Talea__V1__ShopperKey *key, struct standing_owner *out_owner);

#endif
