/* A new home's promise to take a member and its points, as a plain value. */
#ifndef CLEARING_MOVE_H
#define CLEARING_MOVE_H

#include "base/calendar.h"
#include "base/ident.h"

struct move_acceptance {
    struct partner_id old_home;
    struct partner_id new_home; /* who signs */
    struct card_number card;    /* the old home's */
    struct card_number new_card;
    struct unix_ms valid_until; /* a move recorded later needs another */
};

#endif
