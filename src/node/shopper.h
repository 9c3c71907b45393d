/* Who the shopper is, as far as the ledger knows: what rules ask of a member besides its standing.
 *
 * Any thread.
 */
#ifndef NODE_SHOPPER_H
#define NODE_SHOPPER_H

#include "ledger/decide.h"
#include "ledger/standings.h"
#include "node/programmes.h"
#include "programme/occasion.h"

struct node;

/* The text that nobody else has: a member's id, another home's card. In the arena; empty for who is
 * neither. ERR_RESOURCE. */
MUST_USE enum err shopper_key(const struct standing_owner *owner, struct arena *arena,
                              struct slice *out_key);

/* Of whom a standing is, as the version's rules may ask of it; `standing` is all of its numbers.
 * The birthday is looked up only where a rule asks for it, the balance as it is at the time `now`.
 * Texts and lists are in the arena. ERR_RESOURCE, ERR_STORAGE, ERR_CORRUPT. */
MUST_USE enum err shopper_fill(struct node *node, const struct ledger_view *view,
                               const struct programme_version *version,
                               const struct standing_owner *owner, const struct standing *standing,
                               struct arena *arena, struct shopper *out_shopper);
/* The birthday alone, of a member or where it was merged to; none of who is erased. */
MUST_USE enum err shopper_birthday(struct node *node, const struct ledger_view *view,
                                   const struct uid *member, unsigned *out_month,
                                   unsigned *out_day);

/* Adds the birthday, which is not kept with what was judged, as it is known now, where the
 * version's rules ask for it. */
MUST_USE enum err shopper_add_birthday(struct node *node, const struct programme_version *version,
                                       struct shopper *shopper);

/* Does any rule of the text ask for a birthday? */
bool shopper_needs_birthday(const struct rules_text *text);

#endif
