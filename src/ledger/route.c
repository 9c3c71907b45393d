#include "ledger/route.h"

#include <string.h>

#include "ledger/decide.h"

enum err ledger_get_card_status(const struct ledger_view *view, const struct card_number *card,
                                struct card_status *out_status)
{
    struct ledger_key key;
    struct slice value;
    key_card(card, &key);
    enum err err = view_get(view, TABLE_CARD_STATUS, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_status = (struct card_status){0};
        return ERR_OK;
    }
    TRY(err);
    return card_status_decode(value, out_status);
}

/* One of ours that moved: was it blocked by itself? */
static enum err own_is_blocked(const struct ledger_view *view, const struct card_number *number,
                               bool *out_is_blocked)
{
    struct card card;
    enum err err = ledger_get_card(view, number, &card);
    *out_is_blocked = err == ERR_OK && card.is_blocked;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err ledger_route_card(const struct ledger_view *view, const struct roster *roster,
                           const struct card_number *card, struct card_route *out_route)
{
    struct card_route route = {.card = *card};
    for (unsigned hops = 0; hops <= LIMIT_CARD_HOPS; hops++) {
        struct card_status status;
        route.home = roster_home_of(roster, &route.card);
        TRY(ledger_get_card_status(view, &route.card, &status));
        bool has_moved = status.moved_to.digits[0] != '\0';
        if (has_moved && route.home != NULL && roster_is_self(roster, &route.home->id)) {
            TRY(own_is_blocked(view, &route.card, &status.is_blocked));
        }
        route.is_blocked = status.is_blocked;
        if (route.is_blocked || !has_moved) {
            *out_route = route;
            return ERR_OK;
        }
        route.card = status.moved_to;
    }
    route.home = NULL;
    *out_route = route;
    return ERR_OK;
}

enum err ledger_route_loops(const struct ledger_view *view, const struct card_number *card,
                            const struct card_number *moved_to, bool *out_loops)
{
    struct card_number at = *moved_to;
    for (unsigned hops = 1; hops < LIMIT_CARD_HOPS; hops++) {
        struct card_status status;
        if (strcmp(at.digits, card->digits) == 0) {
            break;
        }
        TRY(ledger_get_card_status(view, &at, &status));
        if (status.moved_to.digits[0] == '\0') {
            *out_loops = false;
            return ERR_OK;
        }
        at = status.moved_to;
    }
    *out_loops = true;
    return ERR_OK;
}
