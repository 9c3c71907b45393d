/* Stored bytes of what belongs to a member, and of accounts. */
#include <stddef.h>
#include <string.h>

#include "ledger/codec.h"
#include "ledger/lots.h"

enum {
    MEMBER_VERSION = 1,
    PROFILE_VERSION = 1,
    CARD_VERSION = 1,
    ACCOUNT_VERSION = 1
};

const char *account_kind_name(enum account_kind kind)
{
    static const char *const names[ACCOUNT_KIND_END] = {
        [ACCOUNT_AVAILABLE] = "available",
        [ACCOUNT_PENDING] = "pending",
        [ACCOUNT_HELD] = "held",
        [ACCOUNT_DEBT] = "debt",
        [ACCOUNT_RECEIVABLE] = "receivable",
        [ACCOUNT_PAYABLE] = "payable",
        [ACCOUNT_SUSPENSE] = "suspense",
        [ACCOUNT_ISSUED] = "issued",
        [ACCOUNT_REDEEMED] = "redeemed",
        [ACCOUNT_BREAKAGE] = "breakage",
        [ACCOUNT_ADJUSTMENT] = "adjustment",
    };
    return kind > 0 && kind < ACCOUNT_KIND_END ? names[kind] : "unknown";
}

bool account_kind_is_member(enum account_kind kind)
{
    return kind >= ACCOUNT_AVAILABLE && kind <= ACCOUNT_DEBT;
}

bool account_kind_is_partner(enum account_kind kind)
{
    return kind >= ACCOUNT_RECEIVABLE && kind <= ACCOUNT_SUSPENSE;
}

void member_encode(const struct member *member, struct buffer *out)
{
    write_u8(out, MEMBER_VERSION);
    write_points(out, member->available);
    write_points(out, member->pending);
    write_points(out, member->held);
    write_points(out, member->debt);
    write_varint(out, member->last_row);
    write_time(out, member->enrolled);
    write_varint(out, member->lot_count);
    for (size_t i = 0; i < member->lot_count; i++) {
        write_lot_key(out, &member->lots[i].key);
        write_points(out, member->lots[i].free);
        write_points(out, member->lots[i].held);
    }
}

enum err member_decode(struct slice value, struct member *out_member)
{
    struct reader in = reader_of(value);
    struct member member;
    read_version(&in, MEMBER_VERSION);
    member.available = read_points_held(&in);
    member.pending = read_points_held(&in);
    member.held = read_points_held(&in);
    member.debt = read_points_held(&in);
    member.last_row = read_varint(&in);
    member.enrolled = read_time(&in);
    member.lot_count = read_count(&in, LIMIT_LOTS_PER_MEMBER);
    for (size_t i = 0; i < member.lot_count; i++) {
        read_lot_key(&in, &member.lots[i].key);
        member.lots[i].free = read_points_held(&in);
        member.lots[i].held = read_points_held(&in);
    }
    TRY(reader_finish(&in));
    TRY(member_check(&member, NULL));
    memcpy(out_member, &member,
           offsetof(struct member, lots) + member.lot_count * sizeof member.lots[0]);
    return ERR_OK;
}

void profile_encode(const struct profile *profile, struct buffer *out)
{
    write_u8(out, PROFILE_VERSION);
    write_text(out, profile->reference, sizeof profile->reference);
    write_text(out, profile->name, sizeof profile->name);
    write_varint(out, profile->card_count);
    for (size_t i = 0; i < profile->card_count; i++) {
        write_card(out, &profile->cards[i]);
    }
}

enum err profile_decode(struct slice value, struct profile *out_profile)
{
    struct reader in = reader_of(value);
    struct profile profile = {0};
    read_version(&in, PROFILE_VERSION);
    read_text(&in, profile.reference, sizeof profile.reference);
    read_text(&in, profile.name, sizeof profile.name);
    profile.card_count = read_count(&in, LIMIT_CARDS_PER_MEMBER);
    for (size_t i = 0; i < profile.card_count; i++) {
        read_card(&in, &profile.cards[i]);
        read_expect(&in, profile.cards[i].digits[0] != '\0');
    }
    TRY(reader_finish(&in));
    *out_profile = profile;
    return ERR_OK;
}

void card_encode(const struct card *card, struct buffer *out)
{
    write_u8(out, CARD_VERSION);
    write_uid(out, &card->member);
    write_bool(out, card->is_blocked);
}

enum err card_decode(struct slice value, struct card *out_card)
{
    struct reader in = reader_of(value);
    struct card card;
    read_version(&in, CARD_VERSION);
    read_uid(&in, &card.member);
    card.is_blocked = read_bool(&in);
    TRY(reader_finish(&in));
    *out_card = card;
    return ERR_OK;
}

void account_encode(const struct account *account, struct buffer *out)
{
    write_u8(out, ACCOUNT_VERSION);
    write_points(out, points_of(account->debit));
    write_points(out, points_of(account->credit));
}

enum err account_decode(struct slice value, struct account *out_account)
{
    struct reader in = reader_of(value);
    struct account account;
    read_version(&in, ACCOUNT_VERSION);
    account.debit = read_points_held(&in).minor;
    account.credit = read_points_held(&in).minor;
    TRY(reader_finish(&in));
    *out_account = account;
    return ERR_OK;
}
