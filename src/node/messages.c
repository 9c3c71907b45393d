#include "node/messages.h"

#include <string.h>

#include "ledger/lots.h"
#include "node/node.h"

char *message_uid(struct arena *arena, const struct uid *id)
{
    char *text = arena_alloc(arena, UID_TEXT_MAX);
    if (text != NULL) {
        uid_format(id, text);
    }
    return text;
}

char *message_copy(struct arena *arena, const char *text, size_t capacity)
{
    return arena_text(arena, slice_of(text, strnlen(text, capacity)));
}

static Talea__V1__Lot *message_lot(struct arena *arena, const struct lot *lot)
{
    Talea__V1__Lot *message = arena_alloc(arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__lot__init(message);
    message->issuer = message_copy(arena, lot->key.issuer.text, PARTNER_ID_MAX);
    message->idle_months = lot->key.idle_months;
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

Talea__V1__Balance *message_balance_now(struct node *node, struct arena *arena,
                                        const struct uid *member)
{
    struct state_reader *reader;
    struct member row;
    if (uid_is_nil(member) || readers_take(node->readers, &reader) != ERR_OK) {
        return NULL;
    }
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_member(&view, member, &row);
    readers_give(node->readers, reader);
    return err == ERR_OK ? message_balance(arena, &row, node_now(node)) : NULL;
}

/* Into the first `count` of the list, by time, together with what ends then already. */
static size_t add_expiry(Talea__V1__Expiry **list, size_t count, Talea__V1__Expiry *row)
{
    size_t place = count;
    while (place > 0 && list[place - 1]->expires_at_unix_ms > row->expires_at_unix_ms) {
        place--;
    }
    if (place > 0 && list[place - 1]->expires_at_unix_ms == row->expires_at_unix_ms) {
        list[place - 1]->points += row->points;
        return count;
    }
    memmove(&list[place + 1], &list[place], (count - place) * sizeof(Talea__V1__Expiry *));
    list[place] = row;
    return count + 1;
}

Talea__V1__Expiry **message_expiring(struct arena *arena, const struct member *member,
                                     size_t *out_count)
{
    size_t room = member->lot_count + 1;
    Talea__V1__Expiry **list = arena_alloc(arena, room * sizeof *list);
    Talea__V1__Expiry *rows = arena_alloc(arena, room * sizeof *rows);
    size_t count = 0;
    if (list == NULL || rows == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < member->lot_count; i++) {
        const struct lot *lot = &member->lots[i];
        struct unix_ms end = lots_end(member, &lot->key);
        if (end.ms != 0) {
            talea__v1__expiry__init(&rows[i]);
            rows[i].expires_at_unix_ms = end.ms;
            rows[i].points = lot->free.minor + lot->held.minor;
            count = add_expiry(list, count, &rows[i]);
        }
    }
    *out_count = count;
    return list;
}
