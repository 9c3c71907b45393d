/* Things that rules gave: which of them get a gift card or a voucher of their own, and how they are
 * told.
 *
 * Numbers and PINs are made of the vault's secret: whoever has not that cannot guess them, nothing
 * of a PIN is kept anywhere, and told again they are the same.
 */
#ifndef NODE_GIVEN_ITEMS_H
#define NODE_GIVEN_ITEMS_H

#include "ledger/gift_card.h"
#include "node/judging.h"
#include "talea/v1/till.pb-c.h"

/* How many one occasion may give. */
#define GIVEN_CODES_MAX 8u

/* A number that no card has yet: the `index`-th of what `issue` gives. ERR_CONFLICT when none is
 * found. */
MUST_USE enum err gift_new_number(const struct node *node, const struct ledger_view *view,
                                  const struct uid *issue, uint32_t index,
                                  struct gift_number *out_number);
void gift_pin(const struct node *node, const struct gift_number *number,
              char out_pin[GIFT_PIN_DIGITS + 1]);

/* Appends what makes cards and vouchers of what the judgement gave. ERR_INPUT with a note when they
 * are too many. */
MUST_USE enum err given_write_cards(const struct node *node, const struct ledger_view *view,
                                    struct judging_case *judged, struct note *note);

/* Of a sale of which something came back: appends to `out`, as what is put on each card in
 * `groups`, the changes that the sale made, what of it the rest deserves. */
MUST_USE enum err given_keep_cards(const struct programme_version *version,
                                   const struct kept_case *sold, const struct judgement *rest,
                                   struct slice groups, struct buffer *out);

/* Those in `groups`, the changes that the occasion made, are told with the items that were kept of
 * it. Texts are in the arena. ERR_RESOURCE. */
MUST_USE enum err given_tell_cards(const struct node *node, const struct programme_version *version,
                                   const struct kept_case *kept, struct slice groups,
                                   struct arena *arena, Talea__V1__GivenItem **items);

#endif
