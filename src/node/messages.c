#include "node/messages.h"

#include <string.h>

char *message_uid(struct arena *arena, const struct uid *id)
{
    char *text = arena_alloc(arena, UID_TEXT_MAX);
    if (text != NULL) {
        uid_format(id, text);
    }
    return text;
}

static Talea__V1__Lot *message_lot(struct arena *arena, const struct lot *lot)
{
    Talea__V1__Lot *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__lot__init(message);
    message->issuer = arena_text(
        arena, slice_of(lot->key.issuer.text, strnlen(lot->key.issuer.text, PARTNER_ID_MAX)));
    message->tariff = lot->key.tariff;
    message->active_from_unix_ms = lot->key.active_from.ms;
    message->expires_at_unix_ms = lot->key.expires_at.ms;
    message->free_points = lot->free.minor;
    message->held_points = lot->held.minor;
    return message->issuer == NULL ? NULL : message;
}

Talea__V1__Balance *message_balance(struct arena *arena, struct member *member, struct unix_ms now)
{
    Talea__V1__Balance *message = arena_alloc(arena, sizeof *message);
    member_settle_view(member, now);
    Talea__V1__Lot **lots = arena_alloc(arena, (member->lot_count + 1) * sizeof *lots);
    if (message == NULL || lots == NULL) {
        return NULL;
    }
    talea__v1__balance__init(message);
    message->available_points = member->available.minor;
    message->pending_points = member->pending.minor;
    message->held_points = member->held.minor;
    message->debt_points = member->debt.minor;
    message->as_of_unix_ms = now.ms;
    message->lots = lots;
    for (size_t i = 0; i < member->lot_count; i++) {
        lots[i] = message_lot(arena, &member->lots[i]);
        if (lots[i] == NULL) {
            return NULL;
        }
        message->n_lots++;
    }
    return message;
}
