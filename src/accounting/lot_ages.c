#include "accounting/lot_ages.h"

#include <stdlib.h>
#include <string.h>

void lot_ages_fini(struct lot_ages *ages)
{
    for (size_t i = 0; i < ages->capacity; i++) {
        free(ages->lots[i].layers);
    }
    free(ages->lots);
    free(ages->taken);
    cohorts_fini(&ages->cohorts);
    *ages = (struct lot_ages){.lots = NULL};
}

/* ---- The lots, by hash ---- */

static bool lot_equal(const struct lot_name *a, const struct lot_name *b)
{
    return a->expires_at_ms == b->expires_at_ms && a->tariff == b->tariff &&
           a->idle_months == b->idle_months && uid_equal(&a->member, &b->member) &&
           partner_id_equal(&a->issuer, &b->issuer);
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. The journal is one's own: nobody picks its
 * values to collide. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t lot_hash(const struct lot_name *lot)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), lot->member.bytes, sizeof lot->member.bytes);
    hash = mix(hash, lot->issuer.text, strlen(lot->issuer.text));
    hash = mix(hash, &lot->expires_at_ms, sizeof lot->expires_at_ms);
    return mix(hash, &lot->tariff, sizeof lot->tariff);
}

/* The lot's place or the free one where it belongs. */
static struct lot_layers *find(const struct lot_ages *ages, const struct lot_name *lot)
{
    size_t at = (size_t)lot_hash(lot) & (ages->capacity - 1);
    while (ages->lots[at].capacity > 0 && !lot_equal(&ages->lots[at].lot, lot)) {
        at = (at + 1) & (ages->capacity - 1);
    }
    return &ages->lots[at];
}

/* Twice the places, without the lots that are used up. */
static enum err grow(struct lot_ages *ages)
{
    struct lot_ages larger = *ages;
    larger.capacity = ages->capacity == 0 ? 1024 : ages->capacity * 2;
    larger.lots = calloc(larger.capacity, sizeof *larger.lots);
    larger.used = 0;
    if (larger.lots == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < ages->capacity; i++) {
        struct lot_layers *lot = &ages->lots[i];
        if (lot->first < lot->count) {
            *find(&larger, &lot->lot) = *lot;
            larger.used++;
        } else {
            free(lot->layers);
        }
    }
    free(ages->lots);
    *ages = larger;
    return ERR_OK;
}

/* ---- Layers ---- */

/* One more place at the end. */
static enum err make_room(struct lot_layers *layers)
{
    if (layers->first > 0) {
        layers->count -= layers->first;
        memmove(layers->layers, layers->layers + layers->first,
                layers->count * sizeof *layers->layers);
        layers->first = 0;
        return ERR_OK;
    }
    uint32_t capacity = layers->capacity * 2 + 2;
    struct lot_layer *rows = realloc(layers->layers, capacity * sizeof *rows);
    if (rows == NULL) {
        return ERR_RESOURCE;
    }
    layers->layers = rows;
    layers->capacity = capacity;
    return ERR_OK;
}

static enum err push(struct lot_ages *ages, const struct lot_name *lot, struct lot_layer layer)
{
    if (ages->used * 4 >= ages->capacity * 3) {
        TRY(grow(ages));
    }
    struct lot_layers *layers = find(ages, lot);
    if (layers->count == layers->capacity) {
        bool is_new = layers->capacity == 0;
        TRY(make_room(layers));
        ages->used += is_new;
        layers->lot = *lot;
    }
    struct lot_layer *last =
        layers->count > layers->first ? &layers->layers[layers->count - 1] : NULL;
    if (last != NULL && last->day == layer.day && last->cohort == layer.cohort) {
        return int64_add(last->points, layer.points, &last->points);
    }
    uint32_t at = layers->count++; /* transferred ones may be older than what is there */
    for (; at > layers->first && layers->layers[at - 1].day > layer.day; at--) {
        layers->layers[at] = layers->layers[at - 1];
    }
    layers->layers[at] = layer;
    return ERR_OK;
}

static enum err keep_taken(struct lot_ages *ages, struct lot_layer layer)
{
    if (ages->taken_count == ages->taken_capacity) {
        size_t capacity = ages->taken_capacity * 2 + 16;
        struct lot_layer *taken = realloc(ages->taken, capacity * sizeof *taken);
        if (taken == NULL) {
            return ERR_RESOURCE;
        }
        ages->taken = taken;
        ages->taken_capacity = capacity;
    }
    ages->taken[ages->taken_count++] = layer;
    return ERR_OK;
}

/* The oldest go first. What is used up leaves room for what comes. */
static enum err pop(struct lot_ages *ages, const struct lot_name *lot, int64_t points)
{
    struct lot_layers *layers = ages->capacity == 0 ? NULL : find(ages, lot);
    while (points > 0) {
        if (layers == NULL || layers->first == layers->count) {
            return ERR_CORRUPT;
        }
        struct lot_layer *layer = &layers->layers[layers->first];
        struct lot_layer part = *layer;
        part.points = layer->points < points ? layer->points : points;
        TRY(keep_taken(ages, part));
        layer->points -= part.points;
        points -= part.points;
        layers->first += layer->points == 0;
    }
    if (layers != NULL && layers->first == layers->count) {
        layers->first = layers->count = 0;
    }
    return ERR_OK;
}

/* ---- A record ---- */

static struct period month_of(struct unix_ms time)
{
    struct civil civil = civil_from_unix(time);
    return (struct period){(uint32_t)civil.year * 100 + (uint32_t)civil.month};
}

static void net_moves(struct lot_event *event)
{
    for (size_t i = 0; i < event->count; i++) {
        for (size_t j = i + 1; event->moves[i].points != 0 && j < event->count; j++) {
            if (lot_equal(&event->moves[i].lot, &event->moves[j].lot)) {
                event->moves[i].points += event->moves[j].points;
                event->moves[j].points = 0;
            }
        }
    }
}

/* Of what the record took from other lots of the same origin: a transfer. */
static enum err give_taken(struct lot_ages *ages, struct lot_move *move)
{
    for (size_t i = 0; i < ages->taken_count && move->points > 0; i++) {
        struct lot_layer *taken = &ages->taken[i];
        const struct cohort *cohort = &ages->cohorts.rows[taken->cohort];
        if (taken->points > 0 && cohort->tariff == move->lot.tariff &&
            partner_id_equal(&cohort->issuer, &move->lot.issuer)) {
            struct lot_layer part = *taken;
            part.points = taken->points < move->points ? taken->points : move->points;
            TRY(push(ages, &move->lot, part));
            taken->points -= part.points;
            move->points -= part.points;
        }
    }
    return ERR_OK;
}

static int32_t first_day(struct period month)
{
    struct civil civil = {
        .year = (int)(month.code / 100), .month = (int)(month.code % 100), .day = 1};
    struct unix_ms time = {0};
    return civil_to_unix(&civil, &time) == ERR_OK ? (int32_t)(time.ms / DAY_MS) : 0;
}

/* Out of what was redeemed before. */
static enum err give_returned(struct lot_ages *ages, struct lot_event *event, struct lot_move *move)
{
    size_t place;
    while (event->returned > 0 && move->points > 0 &&
           cohorts_redeemed(&ages->cohorts, &move->lot.issuer, move->lot.tariff, &place) ==
               ERR_OK) {
        const struct cohort *cohort = &ages->cohorts.rows[place];
        int64_t points = cohort->redeemed.minor;
        points = points < move->points ? points : move->points;
        points = points < event->returned ? points : event->returned;
        TRY(push(ages, &move->lot,
                 (struct lot_layer){points, first_day(cohort->month), (uint32_t)place}));
        TRY(cohorts_redeem(&ages->cohorts, place, month_of(event->at), -points));
        event->returned -= points;
        move->points -= points;
    }
    return ERR_OK;
}

static enum err give_new(struct lot_ages *ages, struct lot_event *event, struct lot_move *move)
{
    size_t place;
    if (move->points <= 0) {
        return ERR_OK;
    }
    TRY(cohorts_place(&ages->cohorts, &move->lot.issuer, move->lot.tariff, month_of(event->at),
                      &place));
    struct cohort *cohort = &ages->cohorts.rows[place];
    TRY(points_add(cohort->issued, points_of(move->points), &cohort->issued));
    TRY(money_add(cohort->sales, event->sale, &cohort->sales));
    event->sale = money_of(0); /* once */
    return push(
        ages, &move->lot,
        (struct lot_layer){move->points, (int32_t)(event->at.ms / DAY_MS), (uint32_t)place});
}

/* Points that left: expired, redeemed, or taken back. */
static enum err end_taken(struct lot_ages *ages, struct lot_event *event)
{
    struct period month = month_of(event->at);
    for (size_t i = 0; i < ages->taken_count; i++) {
        struct lot_layer *taken = &ages->taken[i];
        int64_t expired = taken->points < event->expired ? taken->points : event->expired;
        event->expired -= expired;
        taken->points -= expired;
        int64_t redeemed = taken->points < event->redeemed ? taken->points : event->redeemed;
        event->redeemed -= redeemed;
        taken->points -= redeemed;
        if (expired > 0) {
            TRY(cohorts_expire(&ages->cohorts, taken->cohort, month, expired));
        }
        if (redeemed > 0) {
            TRY(cohorts_redeem(&ages->cohorts, taken->cohort, month, redeemed));
        }
        if (taken->points > 0) {
            TRY(cohorts_take_back(&ages->cohorts, taken->cohort, taken->points));
        }
    }
    return ERR_OK;
}

enum err lot_ages_apply(struct lot_ages *ages, struct lot_event *event)
{
    net_moves(event);
    ages->taken_count = 0;
    for (size_t i = 0; i < event->count; i++) {
        if (event->moves[i].points < 0) {
            TRY(pop(ages, &event->moves[i].lot, -event->moves[i].points));
        }
    }
    for (size_t i = 0; i < event->count; i++) {
        struct lot_move *move = &event->moves[i];
        if (move->points > 0) {
            TRY(give_taken(ages, move));
            TRY(give_returned(ages, event, move));
            TRY(give_new(ages, event, move));
        }
    }
    return end_taken(ages, event);
}

enum err lot_ages_visit(const struct lot_ages *ages, lot_ages_visitor *visit, void *context)
{
    for (size_t i = 0; i < ages->capacity; i++) {
        const struct lot_layers *lot = &ages->lots[i];
        for (uint32_t layer = lot->first; layer < lot->count; layer++) {
            TRY(visit(context, &lot->lot, &lot->layers[layer]));
        }
    }
    return ERR_OK;
}
