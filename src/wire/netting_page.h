/* Pages of what a node has of a period's net (FetchNetting), as values and as messages. */
#ifndef WIRE_NETTING_PAGE_H
#define WIRE_NETTING_PAGE_H

#include "base/arena.h"
#include "base/ident.h"
#include "wire/signed_message.h"

/* Agreed statements come by their other partner, then words by whose they are. */
struct netting_place {
    bool is_words;
    struct partner_id partner; /* empty: before the first */
};

struct netting_agreed {
    struct partner_id other;
    struct signed_message statement;
    struct signed_message countersignature; /* by the other */
};

struct netting_said {
    struct partner_id partner;
    struct signed_message word;
};

struct netting_page {
    struct netting_agreed *statements;
    size_t statement_count;
    struct netting_said *words;
    size_t word_count;
    bool is_more; /* behind the last of these */
};

/* Borrow from their input; arrays and texts are in the arena, of a place in itself. ERR_INPUT with
 * a note, ERR_RESOURCE. */
MUST_USE enum err netting_place_of_message(const Talea__V1__NettingPlace *message,
                                           struct netting_place *out_place, struct note *note);
void netting_place_to_message(struct netting_place *place, Talea__V1__NettingPlace *out_message);
MUST_USE enum err netting_page_of_message(const Talea__V1__FetchNettingResponse *message,
                                          struct arena *arena, struct netting_page *out_page,
                                          struct note *note);
MUST_USE enum err netting_page_to_message(const struct netting_page *page, struct arena *arena,
                                          Talea__V1__FetchNettingResponse *out_message);

#endif
