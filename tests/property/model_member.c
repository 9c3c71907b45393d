/* Members: lots, holds on them, and the accounts that their points come from and go to. */
#include "model.h"

#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool keys_equal(const struct model_key *a, const struct model_key *b)
{
    return a->issuer == b->issuer && a->tariff == b->tariff && a->active_from == b->active_from &&
           a->expires_at == b->expires_at;
}

/* Soonest expiry first, never last; then soonest active, issuer, tariff. */
static bool is_before(const struct model_key *a, const struct model_key *b)
{
    int64_t end_a = a->expires_at == 0 ? INT64_MAX : a->expires_at;
    int64_t end_b = b->expires_at == 0 ? INT64_MAX : b->expires_at;
    if (end_a != end_b) {
        return end_a < end_b;
    }
    if (a->active_from != b->active_from) {
        return a->active_from < b->active_from;
    }
    return a->issuer != b->issuer ? a->issuer < b->issuer : a->tariff < b->tariff;
}

static bool is_expired(const struct model_key *key, int64_t now)
{
    return key->expires_at != 0 && key->expires_at <= now;
}

static struct model_lot *find_lot(struct model_member *member, const struct model_key *key)
{
    for (size_t i = 0; i < member->lot_count; i++) {
        if (keys_equal(&member->lots[i].key, key)) {
            return &member->lots[i];
        }
    }
    return NULL;
}

static void drop_empty(struct model_member *member)
{
    for (size_t i = 0; i < member->lot_count;) {
        if (member->lots[i].free == 0 && member->lots[i].held == 0) {
            member->lots[i] = member->lots[--member->lot_count];
        } else {
            i++;
        }
    }
}

static void add_free(struct model_member *member, const struct model_key *key, int64_t points)
{
    struct model_lot *lot = find_lot(member, key);
    if (lot == NULL && points != 0) {
        ASSERT(member->lot_count < sizeof member->lots / sizeof member->lots[0]);
        lot = &member->lots[member->lot_count++];
        *lot = (struct model_lot){.key = *key};
    }
    if (lot != NULL) {
        lot->free += points;
    }
}

int64_t model_settle_at(struct model_member *member, int64_t now)
{
    int64_t expired = 0;
    for (size_t i = 0; i < member->lot_count; i++) {
        struct model_lot *lot = &member->lots[i];
        if (lot->key.active_from != 0 && lot->key.active_from <= now) {
            struct model_key active = lot->key;
            int64_t points = lot->free;
            active.active_from = 0;
            struct model_lot *other = find_lot(member, &active);
            if (other == NULL) {
                lot->key = active;
            } else {
                other->free += points;
                lot->free = 0;
            }
        }
    }
    for (size_t i = 0; i < member->lot_count; i++) {
        struct model_lot *lot = &member->lots[i];
        if (is_expired(&lot->key, now)) {
            expired += lot->free;
            lot->free = 0;
        }
    }
    drop_empty(member);
    return expired;
}

void model_settle(struct model *m, struct model_member *member)
{
    int64_t expired = model_settle_at(member, m->now);
    model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_BREAKAGE, 0, (struct period){0}, expired);
}

struct model_balances model_balances(const struct model *m, int member, struct unix_ms now)
{
    struct model_member copy = m->members[member];
    struct model_balances sums = {.debt = copy.debt};
    (void)model_settle_at(&copy, now.ms);
    for (size_t i = 0; i < copy.lot_count; i++) {
        *(copy.lots[i].key.active_from == 0 ? &sums.available : &sums.pending) += copy.lots[i].free;
        sums.held += copy.lots[i].held;
    }
    return sums;
}

static struct model_account *account_of(struct model *m, enum account_kind kind, int partner,
                                        struct period period)
{
    if (!account_kind_is_partner(kind)) {
        partner = 0;
        period.yyyymm = 0;
    }
    for (size_t i = 0; i < m->account_count; i++) {
        struct model_account *account = &m->accounts[i];
        if (account->kind == kind && account->partner == partner &&
            account->period == period.yyyymm) {
            return account;
        }
    }
    ASSERT(m->account_count < MODEL_ACCOUNTS);
    struct model_account *account = &m->accounts[m->account_count++];
    *account = (struct model_account){kind, partner, period.yyyymm, 0, 0};
    return account;
}

void model_post(struct model *m, enum account_kind debit, enum account_kind credit, int partner,
                struct period period, int64_t points)
{
    if (points == 0) {
        return;
    }
    account_of(m, debit, partner, period)->debit += points;
    account_of(m, credit, partner, period)->credit += points;
}

static struct model_key as_at(struct model_key key, int64_t now)
{
    if (key.active_from <= now) {
        key.active_from = 0;
    }
    return key;
}

bool model_has_room(struct model *m, const struct model_member *member, struct model_key key,
                    int64_t points)
{
    struct model_member copy = *member;
    struct model_key actual = as_at(key, m->now);
    return points <= member->debt || find_lot(&copy, &actual) != NULL ||
           member->lot_count < LIMIT_LOTS_PER_MEMBER;
}

void model_give(struct model *m, struct model_member *member, struct model_key key, int64_t points)
{
    int64_t repaid = least(member->debt, points);
    struct model_key actual = as_at(key, m->now);
    member->debt -= repaid;
    add_free(member, &actual, points - repaid);
}

static int64_t take_from(struct model_lot *lot, int64_t points)
{
    int64_t taken = lot == NULL ? 0 : least(lot->free, points);
    if (lot != NULL) {
        lot->free -= taken;
    }
    return points - taken;
}

/* The first lot with free points, spendable or pending. */
static struct model_lot *first_lot(struct model_member *member, bool is_pending)
{
    struct model_lot *first = NULL;
    for (size_t i = 0; i < member->lot_count; i++) {
        struct model_lot *lot = &member->lots[i];
        if (lot->free > 0 && (lot->key.active_from != 0) == is_pending &&
            (first == NULL || is_before(&lot->key, &first->key))) {
            first = lot;
        }
    }
    return first;
}

int64_t model_take(struct model_member *member, struct model_key key, int64_t points)
{
    struct model_lot *lot;
    struct model_key active = key;
    active.active_from = 0;
    points = take_from(find_lot(member, &key), points);
    points = take_from(find_lot(member, &active), points);
    while (points > 0 && (lot = first_lot(member, false)) != NULL) {
        points = take_from(lot, points);
    }
    while (points > 0 && (lot = first_lot(member, true)) != NULL) {
        points = take_from(lot, points);
    }
    drop_empty(member);
    member->debt += points;
    return points;
}

enum verdict model_reserve(struct model *m, struct model_hold *hold, int64_t points)
{
    struct model_member copy = m->members[hold->member];
    (void)model_settle_at(&copy, m->now);
    hold->granted = points;
    hold->left = points;
    int64_t spendable = 0;
    for (size_t i = 0; i < copy.lot_count; i++) {
        spendable += copy.lots[i].key.active_from == 0 ? copy.lots[i].free : 0;
    }
    if (spendable < points) {
        return VERDICT_INSUFFICIENT_POINTS;
    }
    while (points > 0) {
        struct model_lot *lot = first_lot(&copy, false);
        int64_t held = least(lot->free, points);
        if (hold->lot_count == LIMIT_LOTS_PER_HOLD) {
            return VERDICT_TOO_MANY_LOTS;
        }
        hold->lots[hold->lot_count++] = (struct model_hold_lot){lot->key, held, 0};
        lot->free -= held;
        lot->held += held;
        points -= held;
    }
    model_settle(m, &m->members[hold->member]);
    m->members[hold->member] = copy;
    return VERDICT_OK;
}

void model_capture(struct model *m, struct model_hold *hold, int64_t points)
{
    struct model_member *member = &m->members[hold->member];
    hold->captured += points;
    hold->left -= points;
    for (size_t i = 0; i < hold->lot_count; i++) {
        struct model_hold_lot *part = &hold->lots[i];
        int64_t captured = least(part->held, points);
        if (captured > 0) {
            find_lot(member, &part->key)->held -= captured;
        }
        part->held -= captured;
        part->captured += captured;
        points -= captured;
    }
    drop_empty(member);
    hold->has_ended = hold->left == 0;
}

void model_release(struct model *m, struct model_hold *hold)
{
    struct model_member *member = &m->members[hold->member];
    for (size_t i = 0; i < hold->lot_count; i++) {
        struct model_hold_lot *part = &hold->lots[i];
        if (part->held > 0) {
            struct model_lot *lot = find_lot(member, &part->key);
            lot->held -= part->held;
            lot->free += part->held;
            part->held = 0;
        }
    }
    model_settle(m, member); /* what is past its expiry goes at once */
    hold->left = 0;
    hold->has_ended = true;
}

enum verdict model_refund(struct model *m, struct model_hold *hold, int64_t points)
{
    struct model_member copy = m->members[hold->member];
    struct model_hold changed = *hold;
    int64_t expired = model_settle_at(&copy, m->now);
    changed.returned += points;
    for (size_t i = changed.lot_count; i-- > 0 && points > 0;) {
        struct model_hold_lot *part = &changed.lots[i];
        struct model_key key = part->key;
        int64_t back = least(part->captured, points);
        if (is_expired(&key, m->now) && m->grace_ms > 0) {
            key.expires_at = m->now + m->grace_ms;
        }
        if (!model_has_room(m, &copy, key, back)) {
            return VERDICT_TOO_MANY_LOTS;
        }
        part->captured -= back;
        points -= back;
        model_give(m, &copy, key, back);
        expired += model_settle_at(&copy, m->now);
    }
    m->members[hold->member] = copy;
    *hold = changed;
    model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_BREAKAGE, 0, (struct period){0}, expired);
    return VERDICT_OK;
}
