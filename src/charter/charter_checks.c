#include "charter/charter_checks.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum err charter_check_tariff_pair(const struct charter *charter, const struct tariff *tariff,
                                   struct note *note)
{
    for (size_t i = 0; i < 2 && !tariff_is_for_all(tariff); i++) {
        if (charter_partner_find(charter, &tariff->pair[i]) == NULL) {
            return note_set(note, ERR_INPUT, "charter: tariff %u: partners: %s is none", tariff->id,
                            tariff->pair[i].text);
        }
    }
    return ERR_OK;
}

static enum err check_numbers(const struct charter *c, struct note *note)
{
    if (c->epoch == 0) {
        return note_set(note, ERR_INPUT, "charter: epochs begin with 1");
    }
    if ((c->epoch == 1) != hash_is_zero(&c->previous_hash)) {
        return note_set(note, ERR_INPUT,
                        "charter: epoch 1 has no previous charter, every other one names it");
    }
    if (c->required_signatures > c->partner_count ||
        2 * (uint64_t)c->required_signatures <= c->partner_count) {
        return note_set(note, ERR_INPUT,
                        "charter: %u of %zu signatures are required; it must be more than half and "
                        "at most all",
                        c->required_signatures, c->partner_count);
    }
    if (c->points_decimals > CHARTER_POINTS_DECIMALS_MAX ||
        c->currency_decimals > CHARTER_CURRENCY_DECIMALS_MAX) {
        return note_set(note, ERR_INPUT,
                        "charter: points have %u decimals and %s has %u; at most %u and %u are "
                        "allowed",
                        c->points_decimals, c->currency, c->currency_decimals,
                        CHARTER_POINTS_DECIMALS_MAX, CHARTER_CURRENCY_DECIMALS_MAX);
    }
    if (c->net_debit_cap.minor < 0) {
        return note_set(note, ERR_INPUT, "charter: the net debit cap is below zero");
    }
    return ERR_OK;
}

static enum err check_order(const struct charter *c, struct note *note)
{
    for (size_t i = 1; i < c->partner_count; i++) {
        int order = partner_id_compare(&c->partners[i - 1].id, &c->partners[i].id);
        if (order >= 0) {
            return note_set(note, ERR_INPUT, "charter: partner %s %s", c->partners[i].id.text,
                            order == 0 ? "is there twice" : "is not in the order of the ids");
        }
    }
    for (size_t i = 1; i < c->tariff_count; i++) {
        if (c->tariffs[i - 1].id >= c->tariffs[i].id) {
            return note_set(note, ERR_INPUT, "charter: tariff %u is there twice or not in order",
                            c->tariffs[i].id);
        }
    }
    return ERR_OK;
}

static enum err check_named(const struct charter *charter, const struct promotion *promotion,
                            const char *field, const struct partner_id *partner, struct note *note)
{
    return charter_partner_find(charter, partner) != NULL
               ? ERR_OK
               : note_set(note, ERR_INPUT, "charter: promotion %u: %s: %s is no partner",
                          promotion->id, field, partner->text);
}

enum err charter_check_promotion_partners(const struct charter *charter,
                                          const struct promotion *promotion, struct note *note)
{
    TRY(check_named(charter, promotion, "shop", &promotion->shop, note));
    for (size_t i = 0; i < promotion->part_count; i++) {
        TRY(check_named(charter, promotion, "split", &promotion->parts[i].partner, note));
    }
    return ERR_OK;
}

static enum err check_first_promotions(const struct charter *c, struct note *note)
{
    for (size_t i = 0; c->epoch == 1 && i < c->promotion_count; i++) {
        TRY(charter_check_promotion_partners(c, &c->promotions[i], note));
    }
    return ERR_OK;
}

static enum err check_periods(const struct charter *c, struct note *note)
{
    for (size_t i = 0; i < c->partner_count; i++) {
        const struct charter_partner *p = &c->partners[i];
        if (p->last_period.code != 0 && period_is_before(p->last_period, p->first_period)) {
            return note_set(note, ERR_INPUT, "charter: the streams of %s end before they begin",
                            p->id.text);
        }
    }
    return ERR_OK;
}

/* Later epochs may still have tariffs of partners that left (charter_continuity.h). */
static enum err check_first_tariffs(const struct charter *c, struct note *note)
{
    for (size_t i = 0; c->epoch == 1 && i < c->tariff_count; i++) {
        TRY(charter_check_tariff_pair(c, &c->tariffs[i], note));
    }
    return ERR_OK;
}

/* What belongs to one partner alone, to be sorted and compared with its neighbour. */
struct owned {
    struct hash hash;
    const struct partner_id *owner;
    const char *what;
};

static int compare_owned(const void *a, const void *b)
{
    const struct owned *first = a;
    const struct owned *second = b;
    return hash_compare(&first->hash, &second->hash);
}

static size_t list_owned(const struct charter *c, struct owned *out)
{
    size_t count = 0;
    for (size_t i = 0; i < c->partner_count; i++) {
        const struct charter_partner *p = &c->partners[i];
        out[count++] = (struct owned){
            hash_of(HASH_DOMAIN_KEY, slice_of(p->root.bytes, sizeof p->root.bytes)), &p->id, "key"};
        for (size_t k = 0; k < p->online_count; k++) {
            const struct public_key *key = &p->online[k].key;
            out[count++] = (struct owned){
                hash_of(HASH_DOMAIN_KEY, slice_of(key->bytes, sizeof key->bytes)), &p->id, "key"};
        }
        out[count++] = (struct owned){
            hash_of(HASH_DOMAIN_IDENTIFIER, slice_of(p->tls_ca_pem, strlen(p->tls_ca_pem))), &p->id,
            "TLS authority"};
    }
    return count;
}

static enum err check_owned(const struct charter *c, struct note *note)
{
    struct owned *owned = calloc(c->partner_count * (CHARTER_ONLINE_KEYS_MAX + 2), sizeof *owned);
    if (owned == NULL) {
        return note_set(note, ERR_RESOURCE, "charter: there is no memory for it");
    }
    size_t count = list_owned(c, owned);
    qsort(owned, count, sizeof *owned, compare_owned);
    enum err err = ERR_OK;
    for (size_t i = 1; i < count && err == ERR_OK; i++) {
        if (compare_owned(&owned[i - 1], &owned[i]) == 0) {
            err = note_set(note, ERR_INPUT, "charter: partners %s and %s have the same %s",
                           owned[i - 1].owner->text, owned[i].owner->text, owned[i].what);
        }
    }
    free(owned);
    return err;
}

/* Prefixes and prices, as the ledger will look at them. */
static enum err check_roster(const struct charter *c, struct note *note)
{
    struct roster roster;
    struct note reason = {{0}};
    enum err err = charter_roster(c, &c->partners[0].id, &roster, &reason);
    if (err != ERR_OK) {
        return note_set(note, err, "charter: %.400s", reason.text);
    }
    charter_roster_fini(&roster);
    return ERR_OK;
}

enum err charter_check(const struct charter *charter, struct note *note)
{
    TRY(check_numbers(charter, note));
    TRY(check_order(charter, note));
    TRY(check_periods(charter, note));
    TRY(check_first_tariffs(charter, note));
    TRY(check_first_promotions(charter, note));
    TRY(check_owned(charter, note));
    return check_roster(charter, note);
}
