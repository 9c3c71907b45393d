/* Whose a standing is now, and where what changed it is found. */
#include "ledger/decide.h"
#include "ledger/route.h"
#include "ledger/standings.h"

enum {
    ID_TIME_BYTES = 6 /* at the head of an id of version 7: its time, big-endian */
};

struct uid standing_transaction(enum standing_id what, const struct partner_id *issuer,
                                const struct uid *id)
{
    uint8_t bytes[1 + PARTNER_ID_MAX + sizeof id->bytes];
    uint8_t *to = put_u8(bytes, (unsigned)what);
    to = put_bytes(to, issuer->text, sizeof issuer->text);
    put_bytes(to, id->bytes, sizeof id->bytes);
    struct hash hash = hash_of(HASH_DOMAIN_STANDING, slice_of(bytes, sizeof bytes));
    int64_t time_ms = 0;
    for (unsigned i = 0; i < ID_TIME_BYTES; i++) {
        time_ms = time_ms * 256 + id->bytes[i];
    }
    return uid_v8(time_ms, hash.bytes);
}

/* A member's, or the card's at the home where the member went. */
static enum err follow_member(const struct ledger_view *view, const struct uid *member,
                              struct standing_owner *out_owner)
{
    struct uid id = *member;
    struct member row;
    struct profile profile;
    TRY(ledger_follow_member(view, &id, &row));
    if (row.is_erased) {
        return ERR_NOT_FOUND;
    }
    *out_owner = standing_of_member(&id);
    if (!row.is_blocked) { /* who moved is blocked here */
        return ERR_OK;
    }
    TRY(ledger_get_profile(view, &id, &profile));
    for (size_t i = 0; i < profile.card_count; i++) {
        struct card_status status;
        TRY(ledger_get_card_status(view, &profile.cards[i], &status));
        if (status.moved_to.digits[0] != '\0') {
            *out_owner = standing_of_card(&status.moved_to);
            return ERR_OK;
        }
    }
    return ERR_OK;
}

/* As far as its moves are known; then a member's, when the card is ours. */
static enum err follow_card(const struct ledger_view *view, const struct roster *roster,
                            const struct card_number *number, struct standing_owner *out_owner)
{
    struct card_number at = *number;
    struct card card;
    for (unsigned hops = 0; hops < LIMIT_CARD_HOPS; hops++) {
        struct card_status status;
        TRY(ledger_get_card_status(view, &at, &status));
        if (status.moved_to.digits[0] == '\0') {
            break;
        }
        at = status.moved_to;
    }
    const struct roster_partner *home = roster_home_of(roster, &at);
    if (home == NULL || !roster_is_self(roster, &home->id)) {
        *out_owner = standing_of_card(&at);
        return ERR_OK;
    }
    TRY(ledger_get_card(view, &at, &card));
    *out_owner = standing_of_member(&card.member);
    return uid_is_nil(&card.member) ? ERR_NOT_FOUND : ERR_OK;
}

enum err ledger_follow_owner(const struct ledger_view *view, const struct roster *roster,
                             const struct standing_owner *owner, struct standing_owner *out_owner)
{
    struct standing_owner at = *owner;
    /* From card to member to the card where that went: each step but the last is a move. */
    for (unsigned hops = 0; hops < LIMIT_CARD_HOPS; hops++) {
        struct standing_owner next = at;
        struct uid member;
        struct card_number card;
        if (at.kind == OWNER_MEMBER) {
            memcpy(member.bytes, at.id, sizeof member.bytes);
            TRY(follow_member(view, &member, &next));
        } else if (at.kind == OWNER_CARD) {
            memcpy(card.digits, at.id, sizeof card.digits);
            TRY(follow_card(view, roster, &card, &next));
        }
        if (standing_owner_equal(&at, &next)) {
            break;
        }
        at = next;
    }
    *out_owner = at;
    return ERR_OK;
}

enum err standing_get_row(const struct ledger_view *view, const struct standing_owner *owner,
                          struct standing_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_standing(owner, &key);
    enum err err = view_get(view, TABLE_STANDING, &key, &value);
    out_row->count = 0;
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    return standing_row_decode(value, out_row);
}

enum err ledger_get_standing(const struct ledger_view *view, const struct roster *roster,
                             const struct standing_owner *owner, struct standing_row *out_row)
{
    struct standing_owner at;
    enum err err = ledger_follow_owner(view, roster, owner, &at);
    if (err == ERR_NOT_FOUND) {
        out_row->count = 0;
        return ERR_OK;
    }
    TRY(err);
    return standing_get_row(view, &at, out_row);
}

enum err ledger_find_occasion(const struct ledger_view *view, const struct roster *roster,
                              const struct partner_id *issuer, const struct uid *occasion,
                              uint64_t *out_row)
{
    struct uid id = standing_transaction(STANDING_ID_CHANGE, issuer, occasion);
    struct ledger_key key;
    struct slice value;
    struct transaction transaction;
    key_origin(&roster->self, &id, &key);
    TRY(view_get(view, TABLE_TRANSACTION, &key, &value));
    TRY(transaction_decode(value, &transaction));
    *out_row = transaction.row;
    return ERR_OK;
}

enum err ledger_get_occasion(const struct ledger_view *view, enum occasion_row_kind kind,
                             const struct partner_id *issuer, const struct uid *id,
                             struct occasion_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_occasion(kind, issuer, id, &key);
    TRY(view_get(view, TABLE_OCCASION, &key, &value));
    return occasion_row_decode(value, out_row);
}
