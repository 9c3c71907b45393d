/* Lots: what a member's points are made of, and the accounts that they come from and go to. */
#include "model_parts.h"

int64_t model_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool model_keys_equal(const struct model_key *a, const struct model_key *b)
{
    return a->issuer == b->issuer && a->tariff == b->tariff && a->active_from == b->active_from &&
           a->expires_at == b->expires_at && a->idle_months == b->idle_months;
}

/* The same day and time of day so many months later, or the last day of that month. */
int64_t model_months_after(int64_t time, unsigned months)
{
    struct unix_ms start = {time - time % 1000};
    struct civil civil = civil_from_unix(start);
    int month = civil.month - 1 + (int)months;
    civil.year += month / 12;
    civil.month = month % 12 + 1;
    int last = civil_days_in_month(civil.year, civil.month);
    civil.day = civil.day < last ? civil.day : last;
    ASSERT(civil_to_unix(&civil, &start) == ERR_OK);
    return start.ms + time % 1000;
}

int64_t model_end(const struct model_member *member, const struct model_key *key)
{
    int64_t end = key->expires_at == 0 ? INT64_MAX : key->expires_at;
    int64_t active = member->active_at == 0 ? member->enrolled : member->active_at;
    return key->idle_months == 0 ? end
                                 : model_least(end, model_months_after(active, key->idle_months));
}

/* Of equal ends, the order that the rows document: expires_at, idle_months, active_from, issuer,
 * tariff; none comes last. */
static bool is_before(const struct model_member *member, const struct model_key *a,
                      const struct model_key *b)
{
    const int64_t keys[][2] = {
        {model_end(member, a), model_end(member, b)},
        {a->expires_at == 0 ? INT64_MAX : a->expires_at,
         b->expires_at == 0 ? INT64_MAX : b->expires_at},
        {a->idle_months == 0 ? INT64_MAX : a->idle_months,
         b->idle_months == 0 ? INT64_MAX : b->idle_months},
        {a->active_from, b->active_from},
        {a->issuer, b->issuer},
        {a->tariff, b->tariff},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1];
        }
    }
    return false;
}

static bool is_expired(const struct model *m, const struct model_member *member,
                       const struct model_key *key, int64_t now)
{
    int64_t end = model_end(member, key);
    return m->flaw == FLAW_END_IS_INCLUSIVE ? end < now : end <= now;
}

struct model_lot *model_find_lot(struct model_member *member, const struct model_key *key)
{
    for (size_t i = 0; i < member->lot_count; i++) {
        if (model_keys_equal(&member->lots[i].key, key)) {
            return &member->lots[i];
        }
    }
    return NULL;
}

void model_drop_empty(struct model_member *member)
{
    for (size_t i = 0; i < member->lot_count;) {
        if (member->lots[i].free == 0 && member->lots[i].held == 0) {
            member->lots[i] = member->lots[--member->lot_count];
        } else {
            i++;
        }
    }
}

void model_add_free(struct model_member *member, const struct model_key *key, int64_t points)
{
    struct model_lot *lot = model_find_lot(member, key);
    if (lot == NULL && points != 0) {
        ASSERT(member->lot_count < sizeof member->lots / sizeof member->lots[0]);
        lot = &member->lots[member->lot_count++];
        *lot = (struct model_lot){.key = *key};
    }
    if (lot != NULL) {
        lot->free += points;
    }
}

struct model_lot *model_first_lot(const struct model *m, struct model_member *member,
                                  bool is_pending)
{
    struct model_lot *first = NULL;
    for (size_t i = 0; i < member->lot_count; i++) {
        struct model_lot *lot = &member->lots[i];
        bool fits = lot->free > 0 && (lot->key.active_from != 0) == is_pending;
        if (fits && (first == NULL ||
                     is_before(member, &lot->key, &first->key) != (m->flaw == FLAW_SPENDS_LAST))) {
            first = lot;
        }
    }
    return first;
}

int64_t model_spendable(const struct model_member *member)
{
    int64_t spendable = 0;
    for (size_t i = 0; i < member->lot_count; i++) {
        spendable += member->lots[i].key.active_from == 0 ? member->lots[i].free : 0;
    }
    return spendable;
}

/* What became active joins what was so before. */
static void activate(struct model_member *member, int64_t now)
{
    for (size_t i = 0; i < member->lot_count; i++) {
        struct model_lot *lot = &member->lots[i];
        if (lot->key.active_from != 0 && lot->key.active_from <= now) {
            struct model_key active = lot->key;
            int64_t points = lot->free;
            active.active_from = 0;
            struct model_lot *other = model_find_lot(member, &active);
            if (other == NULL) {
                lot->key = active;
            } else {
                other->free += points;
                lot->free = 0;
            }
        }
    }
}

int64_t model_settle_at(const struct model *m, struct model_member *member, int64_t now)
{
    int64_t expired = 0;
    activate(member, now);
    for (size_t i = 0; i < member->lot_count; i++) {
        struct model_lot *lot = &member->lots[i];
        if (is_expired(m, member, &lot->key, now)) {
            expired += lot->free;
            lot->free = 0;
        }
    }
    model_drop_empty(member);
    return expired;
}

void model_settle(struct model *m, struct model_member *member)
{
    int64_t expired = model_settle_at(m, member, m->now);
    model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_BREAKAGE, 0, (struct period){0}, expired);
}

static struct model_account *account_of(struct model *m, enum account_kind kind, int partner,
                                        struct period period)
{
    if (!account_kind_is_partner(kind)) {
        partner = 0;
        period.code = 0;
    }
    for (size_t i = 0; i < m->account_count; i++) {
        struct model_account *account = &m->accounts[i];
        if (account->kind == kind && account->partner == partner &&
            account->period == period.code) {
            return account;
        }
    }
    ASSERT(m->account_count < MODEL_ACCOUNTS);
    struct model_account *account = &m->accounts[m->account_count++];
    *account = (struct model_account){kind, partner, period.code, 0, 0};
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

static size_t lots_of(const struct model_member *member, int issuer)
{
    size_t count = 0;
    for (size_t i = 0; i < member->lot_count; i++) {
        count += member->lots[i].key.issuer == issuer;
    }
    return count;
}

/* The first millisecond of the month after the one that the last moment before `end` is in. */
static int64_t month_after(int64_t end)
{
    struct civil civil = civil_from_unix((struct unix_ms){end - 1});
    struct unix_ms start;
    civil.hour = civil.minute = civil.second = 0;
    civil.day = 1;
    civil.year += civil.month / 12;
    civil.month = civil.month % 12 + 1;
    ASSERT(civil_to_unix(&civil, &start) == ERR_OK);
    return start.ms;
}

struct model_key model_partner_key(const struct model *m, struct model_member *member,
                                   struct model_key key)
{
    struct model_key rounded = key;
    struct model_key actual = as_at(key, m->now);
    if (lots_of(member, key.issuer) < LIMIT_LOTS_AS_GIVEN ||
        model_find_lot(member, &actual) != NULL) {
        return key;
    }
    rounded.active_from = key.active_from / DAY_MS * DAY_MS;
    rounded.expires_at = key.expires_at == 0 ? 0 : month_after(key.expires_at);
    return as_at(rounded, m->now);
}

bool model_has_partner_room(struct model_member *member, struct model_key key, int64_t points,
                            int64_t now)
{
    struct model_key actual = as_at(key, now);
    return points <= member->debt || lots_of(member, key.issuer) < LIMIT_LOTS_PER_PARTNER ||
           model_find_lot(member, &actual) != NULL;
}

bool model_has_room(struct model *m, const struct model_member *member, struct model_key key,
                    int64_t points)
{
    struct model_key actual = as_at(key, m->now);
    bool has_lot = false;
    for (size_t i = 0; i < member->lot_count; i++) {
        has_lot = has_lot || model_keys_equal(&member->lots[i].key, &actual);
    }
    return points <= member->debt || has_lot || member->lot_count < LIMIT_LOTS_PER_MEMBER;
}

void model_give(struct model *m, struct model_member *member, struct model_key key, int64_t points)
{
    if (member->is_erased) {
        model_post(m, ACCOUNT_AVAILABLE, ACCOUNT_BREAKAGE, 0, (struct period){0}, points);
        return;
    }
    int64_t repaid = m->flaw == FLAW_FORGETS_DEBT ? 0 : model_least(member->debt, points);
    struct model_key actual = as_at(key, m->now);
    member->debt -= repaid;
    model_spend(m, &key, repaid);
    model_add_free(member, &actual, points - repaid);
}

static int64_t take_from(struct model_lot *lot, int64_t points)
{
    int64_t taken = lot == NULL ? 0 : model_least(lot->free, points);
    if (lot != NULL) {
        lot->free -= taken;
    }
    return points - taken;
}

void model_take(struct model *m, struct model_member *member, const struct model_key *key,
                int64_t points, struct model_sink sink, struct model_answer *answer)
{
    int64_t wanted = points;
    struct model_lot *lot;
    if (key != NULL) {
        struct model_key active = *key;
        active.active_from = 0;
        points = take_from(model_find_lot(member, key), points);
        points = take_from(model_find_lot(member, &active), points);
        if (model_end(member, key) > m->now && !member->is_erased) { /* they went before */
            model_spend(m, key, -points);
        }
    }
    for (int is_pending = 0; is_pending < 2; is_pending++) {
        while (points > 0 && (lot = model_first_lot(m, member, is_pending != 0)) != NULL) {
            int64_t part = model_least(lot->free, points);
            if (sink.account != ACCOUNT_ADJUSTMENT) {
                model_spend(m, &lot->key, part);
            }
            points = take_from(lot, points);
        }
    }
    model_drop_empty(member);
    int64_t limit = member->is_erased ? 0 : m->debt_limit;
    int64_t room = limit > member->debt ? limit - member->debt : 0;
    answer->debt = model_least(points, room);
    answer->written_off = points - answer->debt;
    member->debt += answer->debt;
    model_post(m, ACCOUNT_AVAILABLE, sink.account, sink.partner, sink.period,
               wanted - answer->written_off);
    if (sink.account != ACCOUNT_ADJUSTMENT) {
        model_post(m, ACCOUNT_ADJUSTMENT, sink.account, sink.partner, sink.period,
                   answer->written_off);
    }
}

void model_cancel_debt(struct model *m, struct model_member *member)
{
    for (int is_pending = 0; is_pending < 2; is_pending++) {
        struct model_lot *lot;
        while (member->debt > 0 && (lot = model_first_lot(m, member, is_pending != 0)) != NULL) {
            int64_t repaid = model_least(lot->free, member->debt);
            model_spend(m, &lot->key, repaid);
            lot->free -= repaid;
            member->debt -= repaid;
        }
    }
    model_drop_empty(member);
}

struct model_balances model_balances(const struct model *m, int member, struct unix_ms now)
{
    struct model_member copy = m->members[member];
    struct model_balances sums = {.debt = copy.debt};
    (void)model_settle_at(m, &copy, now.ms);
    for (size_t i = 0; i < copy.lot_count; i++) {
        *(copy.lots[i].key.active_from == 0 ? &sums.available : &sums.pending) += copy.lots[i].free;
        sums.held += copy.lots[i].held;
    }
    return sums;
}

void model_view(const struct model *m, int member, int64_t now, struct model_member *out_member)
{
    *out_member = m->members[member];
    (void)model_settle_at(m, out_member, now);
}
