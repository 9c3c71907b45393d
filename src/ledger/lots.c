#include "ledger/lots.h"
#include "base/mutant.h"

#include <string.h>

#include "programme/programme.h"

static int compare_i64(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

/* Never expiring comes after every date. */
static int64_t expiry_rank(struct unix_ms expires_at)
{
    return expires_at.ms == 0 ? INT64_MAX : expires_at.ms;
}

/* Never ending by inactivity comes after every number of months. */
static int64_t idle_rank(uint8_t idle_months)
{
    return idle_months == 0 ? UINT8_MAX + 1 : idle_months;
}

int lot_key_compare(const struct lot_key *a, const struct lot_key *b)
{
    int order = compare_i64(expiry_rank(a->expires_at), expiry_rank(b->expires_at));
    if (order == 0) {
        order = compare_i64(idle_rank(a->idle_months), idle_rank(b->idle_months));
    }
    if (order == 0) {
        order = compare_i64(a->active_from.ms, b->active_from.ms);
    }
    if (order == 0) {
        order = partner_id_compare(&a->issuer, &b->issuer);
    }
    if (order == 0) {
        order = compare_i64(a->tariff, b->tariff);
    }
    return order;
}

size_t lots_of_issuer(const struct member *member, const struct partner_id *issuer)
{
    size_t count = 0;
    for (size_t i = 0; i < member->lot_count; i++) {
        count += partner_id_equal(&member->lots[i].key.issuer, issuer);
    }
    return count;
}

struct lot_key lot_key_rounded(const struct lot_key *key)
{
    static const struct civil last_year = {.year = 9999, .month = 1, .day = 1};
    struct lot_key rounded = *key;
    struct unix_ms end_of_calendar;
    enum err err = civil_to_unix(&last_year, &end_of_calendar);
    ASSERT(err == ERR_OK);
    rounded.active_from.ms -= rounded.active_from.ms % DAY_MS;
    if (key->expires_at.ms >= end_of_calendar.ms) {
        rounded.expires_at.ms = 0;
    } else if (key->expires_at.ms != 0) {
        rounded.expires_at = month_end_after((struct unix_ms){key->expires_at.ms - 1}, 0);
    }
    return rounded;
}

void member_empty(struct member *member, struct unix_ms enrolled)
{
    member->available = member->pending = member->held = member->debt = points_of(0);
    member->last_row = 0;
    member->enrolled = enrolled;
    member->active_at = (struct unix_ms){0};
    member->is_blocked = member->is_pool = member->is_erased = member->is_merged = false;
    member->merged_into = (struct uid){{0}};
    member->lot_count = 0;
}

/* The place of `key`: the first lot that is not before it. */
static size_t lots_place(const struct member *member, const struct lot_key *key, bool *out_is_there)
{
    size_t low = 0;
    size_t high = member->lot_count;
    *out_is_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = lot_key_compare(&member->lots[middle].key, key);
        if (order == 0) {
            *out_is_there = true;
            return middle; /* no two are equal */
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct lot *lots_find(struct member *member, const struct lot_key *key)
{
    bool is_there;
    size_t place = lots_place(member, key, &is_there);
    return is_there ? &member->lots[place] : NULL;
}

static void lots_insert(struct member *member, size_t place, const struct lot *lot)
{
    memmove(&member->lots[place + 1], &member->lots[place],
            (member->lot_count - place) * sizeof member->lots[0]);
    member->lots[place] = *lot;
    member->lot_count++;
}

static void lots_remove(struct member *member, size_t place)
{
    member->lot_count--;
    memmove(&member->lots[place], &member->lots[place + 1],
            (member->lot_count - place) * sizeof member->lots[0]);
}

/* ERR_RANGE when either would fall below zero or overflow. */
static enum err lot_amounts(int64_t free_before, int64_t held_before, int64_t free_delta,
                            int64_t held_delta, int64_t *out_free, int64_t *out_held)
{
    TRY(int64_add(free_before, free_delta, out_free));
    TRY(int64_add(held_before, held_delta, out_held));
    return *out_free < 0 || *out_held < 0 ? ERR_RANGE : ERR_OK;
}

enum err lots_change(struct member *member, const struct lot_key *key, int64_t free_delta,
                     int64_t held_delta)
{
    bool is_there;
    size_t place = lots_place(member, key, &is_there);
    int64_t free_after;
    int64_t held_after;
    struct lot *lot = &member->lots[place];
    TRY(lot_amounts(is_there ? lot->free.minor : 0, is_there ? lot->held.minor : 0, free_delta,
                    held_delta, &free_after, &held_after));
    bool is_empty = free_after == 0 && held_after == 0;
    if (is_there && is_empty) {
        lots_remove(member, place);
    } else if (is_there) {
        lot->free.minor = free_after;
        lot->held.minor = held_after;
    } else if (!is_empty) {
        if (member->lot_count == LIMIT_LOTS_PER_MEMBER) {
            return ERR_RESOURCE;
        }
        struct lot added = {*key, {free_after}, {held_after}};
        lots_insert(member, place, &added);
    }
    return ERR_OK;
}

/* One lot by itself. Holds take spendable points only, so that nothing pending is held. */
static enum err lot_check(const struct lot *lot, size_t index, struct note *note)
{
    if (lot->free.minor < 0 || lot->held.minor < 0) {
        return note_set(note, ERR_CORRUPT, "lot %zu is below zero", index);
    }
    if (lot->free.minor == 0 && lot->held.minor == 0) {
        return note_set(note, ERR_CORRUPT, "lot %zu is empty", index);
    }
    if (lot->key.active_from.ms < 0 || lot->key.expires_at.ms < 0) {
        return note_set(note, ERR_CORRUPT, "lot %zu has a time before 1970", index);
    }
    if (lot->key.active_from.ms != 0 && lot->held.minor != 0) {
        return note_set(note, ERR_CORRUPT, "lot %zu is pending and held", index);
    }
    return ERR_OK;
}

struct lot_sums {
    int64_t available;
    int64_t pending;
    int64_t held;
};

static enum err lot_sums_add(struct lot_sums *sums, const struct lot *lot)
{
    int64_t *free_sum = lot->key.active_from.ms == 0 ? &sums->available : &sums->pending;
    TRY(int64_add(*free_sum, lot->free.minor, free_sum));
    return int64_add(sums->held, lot->held.minor, &sums->held);
}

/* Are they what lots must be? And their sums. */
static enum err lots_check(const struct member *member, struct lot_sums *out_sums,
                           struct note *note)
{
    *out_sums = (struct lot_sums){0};
    for (size_t i = 0; i < member->lot_count; i++) {
        TRY(lot_check(&member->lots[i], i, note));
        if (i > 0 && lot_key_compare(&member->lots[i - 1].key, &member->lots[i].key) >= 0) {
            return note_set(note, ERR_CORRUPT, "lot %zu is out of order", i);
        }
        if (lot_sums_add(out_sums, &member->lots[i]) != ERR_OK) {
            return note_set(note, ERR_CORRUPT, "the lots' sum overflows");
        }
    }
    return ERR_OK;
}

enum err lots_sum_up(struct member *member)
{
    struct lot_sums sums;
    TRY(lots_check(member, &sums, NULL));
    member->available.minor = sums.available;
    member->pending.minor = sums.pending;
    member->held.minor = sums.held;
    return ERR_OK;
}

enum err member_check(const struct member *member, struct note *note)
{
    struct lot_sums sums;
    if (member->lot_count > LIMIT_LOTS_PER_MEMBER) {
        return note_set(note, ERR_CORRUPT, "%zu lots are too many", member->lot_count);
    }
    if (member->debt.minor < 0) {
        return note_set(note, ERR_CORRUPT, "the debt is below zero");
    }
    TRY(lots_check(member, &sums, note));
    if (sums.available != member->available.minor || sums.pending != member->pending.minor ||
        sums.held != member->held.minor) {
        return note_set(note, ERR_CORRUPT,
                        "the lots hold %lld available, %lld pending, %lld held; the accounts say "
                        "%lld, %lld, %lld",
                        (long long)sums.available, (long long)sums.pending, (long long)sums.held,
                        (long long)member->available.minor, (long long)member->pending.minor,
                        (long long)member->held.minor);
    }
    return ERR_OK;
}

struct unix_ms lots_end(const struct member *member, const struct lot_key *key)
{
    struct unix_ms end = key->expires_at;
    struct unix_ms since = member->active_at.ms != 0 ? member->active_at : member->enrolled;
    struct unix_ms idle;
    if (key->idle_months == 0 || since.ms < 0 ||
        programme_months_after(since, key->idle_months, &idle) != ERR_OK) {
        return end;
    }
    return end.ms == 0 || idle.ms < end.ms ? idle : end;
}

size_t lots_soonest(const struct member *member, bool is_pending)
{
    size_t soonest = member->lot_count;
    int64_t soonest_rank = 0;
    for (size_t i = 0; i < member->lot_count; i++) {
        const struct lot *lot = &member->lots[i];
        bool is_candidate = lot->free.minor > 0 && (lot->key.active_from.ms != 0) == is_pending;
        if (!is_candidate || (soonest < member->lot_count && lot->key.idle_months == 0 &&
                              !MUTANT(SPEND_LAST_LOT_FIRST))) {
            continue; /* among those that end by date the first is the soonest */
        }
        int64_t rank = expiry_rank(lots_end(member, &lot->key));
        if (soonest == member->lot_count || rank < soonest_rank ||
            (MUTANT(SPEND_LAST_LOT_FIRST) && rank > soonest_rank)) {
            soonest = i;
            soonest_rank = rank;
        }
    }
    return soonest;
}

static void due_take(struct unix_ms *due, struct unix_ms time)
{
    if (time.ms > 0 && (due->ms == 0 || time.ms < due->ms)) {
        *due = time;
    }
}

struct unix_ms lots_next_due(const struct member *member)
{
    struct unix_ms due = {0};
    for (size_t i = 0; i < member->lot_count; i++) {
        const struct lot *lot = &member->lots[i];
        if (lot->free.minor > 0) {
            due_take(&due, lot->key.active_from);
            due_take(&due, lots_end(member, &lot->key));
        }
    }
    return due;
}
