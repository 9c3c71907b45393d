/* Whom and what a random command is about. A pick is the thing whose name goes best with the random
 * number, so that it stays the same when other things come or go. */
#ifndef PROPERTY_PICKS_H
#define PROPERTY_PICKS_H

#include "model.h"

#define HOUR_MS INT64_C(3600000)

/* What an id names, so that ids of different things never collide by chance. */
enum id_use {
    ID_TRANSACTION = 1,
    ID_MEMBER = 2,
    ID_POOL = 3,
    ID_DUE = 4,
    ID_MANDATE = 5,
    ID_STAND_IN = 6, /* holds of partners that were not asked for */
    ID_NOBODY = 9,
    ID_OCCASION = 10,
    ID_RETURN = 11,
    ID_QUOTE = 12
};

struct uid pick_id(uint32_t serial, enum id_use use);
bool one_in(uint32_t number, uint32_t chances);
struct card_number card_under(const struct card_prefix *prefix, uint32_t serial);

enum member_taste {
    MEMBER_ANY,    /* merged and erased ones, too */
    MEMBER_LIVING, /* a person that is neither, mostly */
    MEMBER_POOL    /* a pool, mostly */
};

/* -1 when there is none. */
int pick_member(const struct model *m, uint32_t number, enum member_taste taste);
/* Its id, or now and then one that nobody has. */
struct uid pick_member_id(const struct model *m, uint32_t number, enum member_taste taste);
/* Mostly a card of ours. */
struct card_number pick_card(const struct model *m, uint32_t number);
struct card_number pick_foreign_card(const struct model *m, uint32_t number);
/* Mostly small; sometimes zero, negative or too many. */
int64_t pick_points(uint32_t number, uint32_t limit);
/* Now and then what is there to the point, or one more; otherwise pick_points. */
int64_t pick_points_of(uint32_t number, uint32_t limit, int64_t there);
/* Those a redeemer has, mostly new ones that are open or, if wanted, captured. NULL: none. */
const struct model_hold *pick_hold(const struct model *m, uint32_t number, int redeemer,
                                   bool wants_captured);
const struct model_sale *pick_sale(const struct model *m, uint32_t number, int issuer);
/* A command whose id is remembered, or was forgotten. NULL: none. */
const struct model_command *pick_command(const struct model *m, uint32_t number, bool is_forgotten);

#endif
