/* Stored bytes of what belongs to a member, and of accounts. */
#include <stddef.h>
#include <string.h>

#include "ledger/codec.h"
#include "ledger/lots.h"

enum {
    MEMBER_VERSION = 3,
    PROFILE_VERSION = 2,
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

/* A member's row says in flags which of its fields follow. Balances are the sums of the lots. */
enum {
    MEMBER_BLOCKED = 1 << 0,
    MEMBER_POOL = 1 << 1,
    MEMBER_ERASED = 1 << 2,
    MEMBER_MERGED = 1 << 3, /* merged_into follows */
    MEMBER_DEBT = 1 << 4,   /* debt follows */
    MEMBER_ACTIVE = 1 << 5, /* active_at follows */
    MEMBER_LOTS = 6,        /* behind these flags: how many lots; MANY_LOTS: the count follows */
    MANY_LOTS = 3,
    MEMBER_FLAGS_END = 1 << 8
};

/* The fields of a lot that are mostly zero. */
enum {
    LOT_ACTIVE_FROM = 1 << 0,
    LOT_EXPIRES_AT = 1 << 1,
    LOT_IDLE_MONTHS = 1 << 2,
    LOT_FREE = 1 << 3,
    LOT_HELD = 1 << 4,
    LOT_FLAGS_END = 1 << 5
};

static unsigned member_flags(const struct member *member)
{
    return (member->is_blocked ? MEMBER_BLOCKED : 0u) | (member->is_pool ? MEMBER_POOL : 0u) |
           (member->is_erased ? MEMBER_ERASED : 0u) | (member->is_merged ? MEMBER_MERGED : 0u) |
           (member->debt.minor != 0 ? MEMBER_DEBT : 0u) |
           (member->active_at.ms != 0 ? MEMBER_ACTIVE : 0u);
}

enum {
    LOT_MAX = 1 + PUT_LOT_KEY_MAX + 2 * VARINT_MAX,
    MEMBER_HEAD_MAX = 2 + 5 * VARINT_MAX + PUT_UID_MAX
};

static uint8_t *put_lot(uint8_t *to, struct id_table *names, const struct lot *lot)
{
    const struct lot_key *key = &lot->key;
    unsigned flags = (key->active_from.ms != 0 ? LOT_ACTIVE_FROM : 0u) |
                     (key->expires_at.ms != 0 ? LOT_EXPIRES_AT : 0u) |
                     (key->idle_months != 0 ? LOT_IDLE_MONTHS : 0u) |
                     (lot->free.minor != 0 ? LOT_FREE : 0u) |
                     (lot->held.minor != 0 ? LOT_HELD : 0u);
    to = put_u8(to, flags);
    to = put_partner(to, names, &key->issuer);
    to = put_varint(to, key->tariff);
    to = flags & LOT_ACTIVE_FROM ? put_svarint(to, key->active_from.ms) : to;
    to = flags & LOT_EXPIRES_AT ? put_svarint(to, key->expires_at.ms) : to;
    to = flags & LOT_IDLE_MONTHS ? put_u8(to, key->idle_months) : to;
    to = flags & LOT_FREE ? put_svarint(to, lot->free.minor) : to;
    return flags & LOT_HELD ? put_svarint(to, lot->held.minor) : to;
}

/* A field that is there is not zero. */
static int64_t read_present(struct reader *in, unsigned flags, unsigned flag)
{
    if (!(flags & flag)) {
        return 0;
    }
    int64_t value = read_svarint(in);
    read_expect(in, value != 0);
    return value;
}

static void read_lot(struct reader *in, struct lot *lot)
{
    unsigned flags = read_choice(in, 0, LOT_FLAGS_END);
    read_partner(in, &lot->key.issuer);
    lot->key.tariff = read_varint32(in);
    lot->key.active_from.ms = read_present(in, flags, LOT_ACTIVE_FROM);
    lot->key.expires_at.ms = read_present(in, flags, LOT_EXPIRES_AT);
    lot->key.idle_months = flags & LOT_IDLE_MONTHS ? read_choice(in, 1, UINT8_MAX + 1) : 0;
    lot->free.minor = read_present(in, flags, LOT_FREE);
    lot->held.minor = read_present(in, flags, LOT_HELD);
}

void member_encode(const struct member *member, struct buffer *out)
{
    unsigned flags = member_flags(member);
    unsigned lots = member->lot_count < MANY_LOTS ? (unsigned)member->lot_count : MANY_LOTS;
    uint8_t *to = write_reserve(out, MEMBER_HEAD_MAX + member->lot_count * LOT_MAX);
    if (to == NULL) {
        return;
    }
    to = put_u8(to, MEMBER_VERSION);
    to = put_u8(to, flags | lots << MEMBER_LOTS);
    to = put_varint(to, member->last_row);
    to = put_svarint(to, member->enrolled.ms);
    if (flags & MEMBER_ACTIVE) {
        to = put_svarint(to, time_difference(member->active_at, member->enrolled));
    }
    to = flags & MEMBER_DEBT ? put_svarint(to, member->debt.minor) : to;
    to = flags & MEMBER_MERGED ? put_uid(to, out->names, &member->merged_into) : to;
    to = lots == MANY_LOTS ? put_varint(to, member->lot_count) : to;
    for (size_t i = 0; i < member->lot_count; i++) {
        to = put_lot(to, out->names, &member->lots[i]);
    }
    write_end(out, to);
}

static void read_member_marks(struct reader *in, unsigned flags, struct member *member)
{
    member->is_blocked = flags & MEMBER_BLOCKED;
    member->is_pool = flags & MEMBER_POOL;
    member->is_erased = flags & MEMBER_ERASED;
    member->is_merged = flags & MEMBER_MERGED;
    member->last_row = read_varint(in);
    member->enrolled = read_time(in);
    member->active_at.ms = 0;
    if (flags & MEMBER_ACTIVE) {
        member->active_at.ms =
            (int64_t)((uint64_t)member->enrolled.ms + (uint64_t)read_svarint(in));
        read_expect(in, member->active_at.ms != 0);
    }
    member->debt.minor = read_present(in, flags, MEMBER_DEBT);
    member->merged_into = (struct uid){{0}};
    if (flags & MEMBER_MERGED) {
        read_uid(in, &member->merged_into);
        read_expect(in, !uid_is_nil(&member->merged_into));
    }
}

enum err member_decode(struct slice value, struct member *out_member)
{
    struct reader in = reader_of(value);
    struct member *member = out_member;
    read_version(&in, MEMBER_VERSION);
    unsigned flags = read_choice(&in, 0, MEMBER_FLAGS_END);
    read_member_marks(&in, flags, member);
    member->lot_count = flags >> MEMBER_LOTS;
    if (member->lot_count == MANY_LOTS) {
        member->lot_count = read_count(&in, LIMIT_LOTS_PER_MEMBER);
        read_expect(&in, member->lot_count >= MANY_LOTS);
    }
    for (size_t i = 0; i < member->lot_count; i++) {
        read_lot(&in, &member->lots[i]);
    }
    TRY(reader_finish(&in));
    return lots_sum_up(member) == ERR_OK && member->debt.minor >= 0 ? ERR_OK : ERR_CORRUPT;
}

void member_copy(const struct member *from, struct member *out_member)
{
    memcpy(out_member, from,
           offsetof(struct member, lots) + from->lot_count * sizeof from->lots[0]);
}

void profile_encode(const struct profile *profile, struct buffer *out)
{
    write_u8(out, PROFILE_VERSION);
    write_block(out, slice_of(profile->sealed, profile->sealed_length));
    write_bytes(out, profile->reference_tag, sizeof profile->reference_tag);
    write_text(out, profile->name, sizeof profile->name);
    write_varint(out, profile->pool_count);
    write_varint(out, profile->card_count);
    for (size_t i = 0; i < profile->card_count; i++) {
        write_card(out, &profile->cards[i]);
    }
    write_varint(out, profile->merged_count);
    for (size_t i = 0; i < profile->merged_count; i++) {
        write_uid(out, &profile->merged[i]);
    }
}

static void read_sealed(struct reader *in, struct profile *profile)
{
    struct slice sealed = read_block(in);
    read_expect(in, sealed.length <= sizeof profile->sealed);
    if (in->err == ERR_OK && sealed.length > 0) {
        memcpy(profile->sealed, sealed.at, sealed.length);
        profile->sealed_length = sealed.length;
    }
}

enum err profile_decode(struct slice value, struct profile *out_profile)
{
    struct reader in = reader_of(value);
    struct profile profile = {0};
    read_version(&in, PROFILE_VERSION);
    read_sealed(&in, &profile);
    read_copy(&in, profile.reference_tag, sizeof profile.reference_tag);
    read_text(&in, profile.name, sizeof profile.name);
    profile.pool_count = read_varint32(&in);
    profile.card_count = read_count(&in, LIMIT_CARDS_PER_MEMBER);
    for (size_t i = 0; i < profile.card_count; i++) {
        read_card(&in, &profile.cards[i]);
        read_expect(&in, profile.cards[i].digits[0] != '\0');
    }
    profile.merged_count = read_count(&in, LIMIT_MERGED_PER_MEMBER);
    for (size_t i = 0; i < profile.merged_count; i++) {
        read_uid(&in, &profile.merged[i]);
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
