/* Stored bytes of the rights in pools, and of who carries a pool's card. */
#include "ledger/codec.h"
#include "ledger/pool_right.h"

enum {
    POOL_RIGHT_VERSION = 1,
    BEARER_VERSION = 1
};

static bool has_window(enum pool_right_kind kind)
{
    return kind == POOL_RIGHT_DAY || kind == POOL_RIGHT_MONTH;
}

int64_t pool_window(enum pool_right_kind kind, struct unix_ms time)
{
    struct civil civil = civil_from_unix(time);
    return kind == POOL_RIGHT_DAY     ? unix_day(time)
           : kind == POOL_RIGHT_MONTH ? (int64_t)civil.year * 12 + civil.month
                                      : 0;
}

int64_t pool_right_left(const struct pool_right *right, struct unix_ms time)
{
    bool is_now = right->window == pool_window(right->kind, time);
    if (right->kind == POOL_RIGHT_NONE) {
        return 0;
    }
    if (!has_window(right->kind)) {
        return INT64_MAX;
    }
    int64_t left = right->limit.minor - (is_now ? right->spent.minor : 0) - right->held.minor;
    return left > 0 ? left : 0;
}

bool pool_right_allows(const struct pool_right *right, struct unix_ms time, struct points points)
{
    return points.minor <= pool_right_left(right, time);
}

void pool_right_encode(const struct pool_right *right, struct buffer *out)
{
    write_u8(out, POOL_RIGHT_VERSION);
    write_u8(out, (uint8_t)right->kind);
    write_points(out, right->limit);
    write_points(out, right->held);
    write_points(out, right->spent);
    write_svarint(out, right->window);
}

enum err pool_right_decode(struct slice value, struct pool_right *out_right)
{
    struct reader in = reader_of(value);
    struct pool_right right;
    read_version(&in, POOL_RIGHT_VERSION);
    right.kind = (enum pool_right_kind)read_choice(&in, POOL_RIGHT_ALL, POOL_RIGHT_KIND_END);
    right.limit = read_points_held(&in);
    right.held = read_points_held(&in);
    right.spent = read_points_held(&in);
    right.window = read_svarint(&in);
    bool is_bounded = has_window(right.kind);
    read_expect(&in, (right.limit.minor > 0) == is_bounded);
    read_expect(&in, is_bounded || (right.window == 0 && right.spent.minor == 0));
    TRY(reader_finish(&in));
    *out_right = right;
    return ERR_OK;
}

enum err ledger_get_pool_right(const struct ledger_view *view, const struct uid *pool,
                               const struct uid *member, struct pool_right *out_right)
{
    struct ledger_key key;
    struct slice value;
    key_pool(pool, member, &key);
    TRY(view_get(view, TABLE_POOL, &key, &value));
    if (value.length == 0) { /* from before there were rights */
        *out_right = (struct pool_right){.kind = POOL_RIGHT_ALL};
        return ERR_OK;
    }
    return pool_right_decode(value, out_right);
}

void bearer_encode(const struct uid *member, struct buffer *out)
{
    write_u8(out, BEARER_VERSION);
    write_uid(out, member);
}

enum err bearer_decode(struct slice value, struct uid *out_member)
{
    struct reader in = reader_of(value);
    struct uid member;
    read_version(&in, BEARER_VERSION);
    read_uid(&in, &member);
    TRY(reader_finish(&in));
    *out_member = member;
    return ERR_OK;
}

enum err ledger_get_bearer(const struct ledger_view *view, const struct card_number *card,
                           struct uid *out_member)
{
    struct ledger_key key;
    struct slice value;
    key_card(card, &key);
    TRY(view_get(view, TABLE_CARD_BEARER, &key, &value));
    return bearer_decode(value, out_member);
}
