/* A brand's customer numbers and the cards that belong to them, from the file that a mapping's
 * `cards` names: CSV with the columns customer and card (others are ignored), plain or gzip, comma,
 * UTF-8. Without a column customer, reference is the customer's number: what `talea member import
 * --cards` writes is such a file. About 20 bytes a customer and the number itself in memory. */
#ifndef RECEIPTS_CARDS_H
#define RECEIPTS_CARDS_H

#include "base/ident.h"
#include "receipts/source.h"

struct cards;

/* ERR_INPUT names the row: not a card number, a customer twice with different cards, a column
 * missing. */
MUST_USE enum err cards_load(const char *path, struct cards **out_cards, struct note *note);
MUST_USE enum err cards_read(struct source *source, struct cards **out_cards, struct note *note);
void cards_destroy(struct cards *cards);

bool cards_find(const struct cards *cards, const char *customer, struct card_number *out_card);
size_t cards_count(const struct cards *cards);

#endif
