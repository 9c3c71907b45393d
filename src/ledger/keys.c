/* Keys of the ledger's tables: fields of fixed width, one after the other, numbers big-endian. */
#include <string.h>

#include "ledger/codec.h"
#include "ledger/dispute_line.h"
#include "ledger/standings.h"
#include "ledger/programme_row.h"

static void key_add(struct ledger_key *key, const void *bytes, size_t length)
{
    ASSERT(length <= sizeof key->bytes - key->length);
    memcpy(key->bytes + key->length, bytes, length);
    key->length += length;
}

static void key_add_u8(struct ledger_key *key, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    key_add(key, &byte, 1);
}

static void key_add_u32(struct ledger_key *key, uint32_t value)
{
    uint8_t bytes[4];
    put_u32_be(bytes, value);
    key_add(key, bytes, sizeof bytes);
}

static void key_add_u64(struct ledger_key *key, uint64_t value)
{
    uint8_t bytes[8];
    put_u64_be(bytes, value);
    key_add(key, bytes, sizeof bytes);
}

static void key_add_partner(struct ledger_key *key, const struct partner_id *partner)
{
    key_add(key, partner->text, sizeof partner->text);
}

static void key_add_uid(struct ledger_key *key, const struct uid *uid)
{
    key_add(key, uid->bytes, sizeof uid->bytes);
}

void key_member(const struct uid *member, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_uid(out_key, member);
}

void key_card(const struct card_number *card, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add(out_key, card->digits, sizeof card->digits);
}

void key_card_news(uint64_t number, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u64(out_key, number);
}

void key_reference(const uint8_t tag[PERSONAL_TAG_SIZE], struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add(out_key, tag, PERSONAL_TAG_SIZE);
}

void key_id(const struct uid *id, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_uid(out_key, id);
}

void key_pool(const struct uid *pool, const struct uid *member, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_uid(out_key, pool);
    key_add_uid(out_key, member);
}

void key_account(const struct account_ref *account, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u8(out_key, account->kind);
    key_add_uid(out_key, &account->member);
    key_add_partner(out_key, &account->partner);
    key_add_u32(out_key, account->period.code);
}

void key_origin(const struct partner_id *origin, const struct uid *id, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, origin);
    key_add_uid(out_key, id);
}

void key_stream(enum stream_direction direction, const struct partner_id *partner,
                struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u8(out_key, direction);
    key_add_partner(out_key, partner);
}

void key_total(enum stream_direction direction, const struct partner_id *partner,
               struct period period, enum entry_kind kind, uint32_t tariff,
               struct ledger_key *out_key)
{
    key_half(direction, partner, period, out_key);
    key_add_u8(out_key, kind);
    key_add_u32(out_key, tariff);
}

void key_receipt(enum stream_direction direction, const struct partner_id *partner,
                 uint64_t receipt_number, struct ledger_key *out_key)
{
    key_stream(direction, partner, out_key);
    key_add_u64(out_key, receipt_number);
}

void key_outbox(const struct partner_id *partner, uint64_t number, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, partner);
    key_add_u64(out_key, number);
}

void key_half(enum stream_direction direction, const struct partner_id *partner,
              struct period period, struct ledger_key *out_key)
{
    key_stream(direction, partner, out_key);
    key_add_u32(out_key, period.code);
}

void key_netting(enum netting_row_kind kind, struct period period, const struct partner_id *first,
                 const struct partner_id *second, uint32_t round, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u8(out_key, kind);
    key_add_u32(out_key, period.code);
    key_add_partner(out_key, first);
    key_add_partner(out_key, second);
    if (kind == NETTING_VOTE) {
        key_add_u32(out_key, round);
    }
}

/* Behind the places of all levels. */
enum {
    TREE_FRONTIER = 0xFF
};

void key_tree(enum stream_direction direction, const struct partner_id *partner,
              struct period period, struct tree_place place, struct ledger_key *out_key)
{
    key_half(direction, partner, period, out_key);
    key_add_u8(out_key, place.level);
    key_add_u64(out_key, place.index);
}

void key_half_tree(enum stream_direction direction, const struct partner_id *partner,
                   struct period period, struct ledger_key *out_key)
{
    key_half(direction, partner, period, out_key);
    key_add_u8(out_key, TREE_FRONTIER);
}

void key_pair(const struct partner_id *partner, struct period period, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, partner);
    key_add_u32(out_key, period.code);
}

void key_recovery(const struct partner_id *partner, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, partner);
}

void key_evidence(const struct partner_id *partner, uint64_t number, struct ledger_key *out_key)
{
    key_outbox(partner, number, out_key);
}

void key_dispute(const struct partner_id *partner, enum stream_direction direction, uint64_t number,
                 struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, partner);
    key_add_u8(out_key, direction);
    key_add_u64(out_key, number);
}

void key_dispute_line(const struct partner_id *partner, enum stream_direction direction,
                      uint64_t number, enum stream_direction way, uint64_t line_number,
                      struct ledger_key *out_key)
{
    key_dispute(partner, direction, number, out_key);
    key_add_u8(out_key, way);
    key_add_u64(out_key, line_number);
}

struct uid dispute_due_id(enum stream_direction direction, uint64_t number)
{
    struct uid id = {{0}};
    id.bytes[0] = (uint8_t)direction;
    put_u64_be(id.bytes + 8, number);
    return id;
}

void key_exposure(const struct partner_id *partner, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, partner);
}

void key_due(struct unix_ms time, enum due_kind kind, const struct partner_id *origin,
             const struct uid *id, struct ledger_key *out_key)
{
    ASSERT(time.ms >= 0);
    out_key->length = 0;
    key_add_u64(out_key, (uint64_t)time.ms);
    key_add_u8(out_key, kind);
    key_add_partner(out_key, origin);
    key_add_uid(out_key, id);
}

void key_mandate(const struct partner_id *home, const struct partner_id *redeemer,
                 const struct uid *id, struct ledger_key *out_key)
{
    key_mandate_line(home, redeemer, out_key);
    key_add_uid(out_key, id);
}

void key_mandate_line(const struct partner_id *home, const struct partner_id *redeemer,
                      struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, home);
    key_add_partner(out_key, redeemer);
}

void key_block(const struct partner_id *seller, const struct partner_id *buyer,
               const struct uid *id, struct ledger_key *out_key)
{
    key_mandate(seller, buyer, id, out_key);
}

void key_block_line(const struct partner_id *seller, const struct partner_id *buyer,
                    struct ledger_key *out_key)
{
    key_mandate_line(seller, buyer, out_key);
}

void key_promotion(uint32_t promotion, const struct partner_id *payer, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u32(out_key, promotion);
    key_add_partner(out_key, payer);
}

void key_funding(const struct partner_id *issuer, uint32_t tariff, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_partner(out_key, issuer);
    key_add_u32(out_key, tariff);
}

void key_waiting(const struct partner_id *home, uint64_t number, struct ledger_key *out_key)
{
    key_outbox(home, number, out_key);
}

void key_standing(const struct standing_owner *owner, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u8(out_key, owner->kind);
    key_add(out_key, owner->id, sizeof owner->id);
}

enum err key_standing_parse(struct slice key, struct standing_owner *out_owner)
{
    struct reader in = reader_of(key);
    unsigned kind = read_u8(&in);
    struct standing_owner owner = {.kind = OWNER_PROGRAMME};
    read_copy(&in, owner.id, sizeof owner.id);
    TRY(reader_finish(&in));
    if (kind < OWNER_MEMBER || kind >= OWNER_KIND_END) {
        return ERR_CORRUPT;
    }
    owner.kind = (enum standing_owner_kind)kind;
    *out_owner = owner;
    return ERR_OK;
}

void key_occasion(enum occasion_row_kind kind, const struct partner_id *issuer,
                  const struct uid *id, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u8(out_key, kind);
    key_add_partner(out_key, issuer);
    key_add_uid(out_key, id);
}

void key_programme(uint32_t number, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add_u32(out_key, number);
}

void key_meta(const char *name, struct ledger_key *out_key)
{
    out_key->length = 0;
    key_add(out_key, name, strlen(name));
}

/* A partner field of a key: a zero-padded id, or all zeros. */
static void read_key_partner(struct reader *in, struct partner_id *out_partner)
{
    static const struct partner_id none = {{0}};
    struct partner_id parsed;
    read_copy(in, out_partner->text, sizeof out_partner->text);
    read_expect(in, partner_id_equal(out_partner, &none) ||
                        (partner_id_parse(out_partner->text, &parsed) == ERR_OK &&
                         partner_id_equal(out_partner, &parsed)));
}

static uint64_t read_key_u64(struct reader *in)
{
    uint8_t bytes[8];
    read_copy(in, bytes, sizeof bytes);
    return get_u64_be(bytes);
}

enum err key_account_parse(struct slice key, struct account_ref *out_account)
{
    struct reader in = reader_of(key);
    struct account_ref account;
    uint8_t period[4];
    account.kind = (enum account_kind)read_choice(&in, ACCOUNT_AVAILABLE, ACCOUNT_KIND_END);
    read_uid(&in, &account.member);
    read_key_partner(&in, &account.partner);
    read_copy(&in, period, sizeof period);
    account.period.code = get_u32_be(period);
    read_expect(&in, account.period.code == 0 || period_is_valid(account.period));
    TRY(reader_finish(&in));
    *out_account = account;
    return ERR_OK;
}

enum err key_pool_parse(struct slice key, struct uid *out_pool, struct uid *out_member)
{
    struct reader in = reader_of(key);
    struct uid pool;
    struct uid member;
    read_uid(&in, &pool);
    read_uid(&in, &member);
    TRY(reader_finish(&in));
    *out_pool = pool;
    *out_member = member;
    return ERR_OK;
}

enum err key_dispute_parse(struct slice key, struct partner_id *out_partner,
                           enum stream_direction *out_direction, uint64_t *out_number)
{
    struct reader in = reader_of(key);
    struct partner_id partner;
    read_key_partner(&in, &partner);
    enum stream_direction direction =
        (enum stream_direction)read_choice(&in, STREAM_OUT, STREAM_IN + 1);
    uint64_t number = read_key_u64(&in);
    TRY(reader_finish(&in));
    *out_partner = partner;
    *out_direction = direction;
    *out_number = number;
    return ERR_OK;
}

enum err key_dispute_line_parse(struct slice key, enum stream_direction *out_way,
                                uint64_t *out_line_number)
{
    struct reader in = reader_of(key);
    struct partner_id partner;
    read_key_partner(&in, &partner);
    (void)read_choice(&in, STREAM_OUT, STREAM_IN + 1);
    (void)read_key_u64(&in);
    enum stream_direction way = (enum stream_direction)read_choice(&in, STREAM_OUT, STREAM_IN + 1);
    uint64_t line_number = read_key_u64(&in);
    TRY(reader_finish(&in));
    *out_way = way;
    *out_line_number = line_number;
    return ERR_OK;
}

enum err dispute_due_parse(const struct uid *id, enum stream_direction *out_direction,
                           uint64_t *out_number)
{
    enum stream_direction direction = (enum stream_direction)id->bytes[0];
    uint64_t number = get_u64_be(id->bytes + 8);
    struct uid expected = dispute_due_id(direction, number);
    if ((direction != STREAM_OUT && direction != STREAM_IN) || !uid_equal(id, &expected)) {
        return ERR_CORRUPT;
    }
    *out_direction = direction;
    *out_number = number;
    return ERR_OK;
}

enum err key_due_parse(struct slice key, struct unix_ms *out_time, enum due_kind *out_kind,
                       struct partner_id *out_origin, struct uid *out_id)
{
    struct reader in = reader_of(key);
    uint64_t time = read_key_u64(&in);
    read_expect(&in, time <= INT64_MAX);
    enum due_kind kind = (enum due_kind)read_choice(&in, DUE_MEMBER, DUE_QUOTE + 1);
    read_expect(&in, kind == DUE_MEMBER || kind == DUE_HOLD || kind >= DUE_CARD_NEWS);
    struct partner_id origin;
    struct uid id;
    read_key_partner(&in, &origin);
    read_uid(&in, &id);
    TRY(reader_finish(&in));
    *out_time = (struct unix_ms){(int64_t)time};
    *out_kind = kind;
    *out_origin = origin;
    *out_id = id;
    return ERR_OK;
}
