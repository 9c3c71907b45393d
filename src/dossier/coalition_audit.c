#include "dossier/coalition_audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dossier/settlement_audit.h"

struct coalition {
    struct audit_report *report;
    struct arena *arena;
    const struct charter *pinned;
    struct dossier *dossiers;
    size_t count;
    size_t pair_capacity;
};

static struct audit_place place_of(const struct coalition *coalition, const char *file)
{
    return (struct audit_place){coalition->report, file, ""};
}

/* ---- Charters ---- */

static enum err compare_charters(const struct coalition *coalition, const struct dossier *dossier,
                                 const struct charter *charter)
{
    struct audit_place place = place_of(coalition, dossier->folder);
    const struct charter *here = charter_chain_find(&dossier->chain, charter->epoch);
    char what[96];
    snprintf(what, sizeof what, "hash of the charter of epoch %" PRIu64, charter->epoch);
    if (here == NULL || hash_equal(&here->payload_hash, &charter->payload_hash)) {
        return ERR_OK;
    }
    return audit_flawed_hashes(&place, 0, what, &charter->payload_hash, &here->payload_hash);
}

static enum err check_pinned(const struct coalition *coalition, const struct dossier *dossier)
{
    const struct charter *pinned = coalition->pinned;
    struct audit_place place = place_of(coalition, dossier->folder);
    if (pinned == NULL) {
        return ERR_OK;
    }
    if (charter_chain_find(&dossier->chain, pinned->epoch) == NULL) {
        return audit_flawed_numbers(&place, 0, "epoch of the last charter", pinned->epoch,
                                    charter_chain_last(&dossier->chain)->epoch);
    }
    return compare_charters(coalition, dossier, pinned);
}

static enum err check_chains(const struct coalition *coalition)
{
    const struct charter_chain *first = &coalition->dossiers[0].chain;
    for (size_t i = 0; i < coalition->count; i++) {
        const struct dossier *dossier = &coalition->dossiers[i];
        TRY(check_pinned(coalition, dossier));
        for (size_t j = 0; i > 0 && j < first->count; j++) {
            TRY(compare_charters(coalition, dossier, first->charters[j]));
        }
    }
    return ERR_OK;
}

/* ---- Dossiers beside each other ---- */

static enum err check_sides(const struct coalition *coalition, size_t at)
{
    const struct dossier *dossier = &coalition->dossiers[at];
    struct audit_place place = place_of(coalition, dossier->folder);
    char texts[2][PERIOD_TEXT_MAX];
    for (size_t i = 0; i < at; i++) {
        const struct dossier *other = &coalition->dossiers[i];
        if (partner_id_equal(&other->holder, &dossier->holder)) {
            return audit_flawed(&place, 0, "whose dossier it is", "each brand once",
                                dossier->holder.text);
        }
        if (other->period.code != dossier->period.code) {
            return audit_flawed(&place, 0, "period of the dossier",
                                period_format(other->period, texts[0]),
                                period_format(dossier->period, texts[1]));
        }
    }
    return ERR_OK;
}

static bool totals_equal(const struct stream_summary *a, const struct stream_summary *b)
{
    bool are_equal = a->total_count == b->total_count;
    for (size_t i = 0; are_equal && i < a->total_count; i++) {
        const struct receipt_total *x = &a->totals[i];
        const struct receipt_total *y = &b->totals[i];
        are_equal = x->kind == y->kind && x->tariff == y->tariff && x->count == y->count &&
                    x->points == y->points;
    }
    return are_equal;
}

/* The same stream by both its ends. While a period is open, one may have come further. */
static enum err compare_streams(const struct coalition *coalition, const struct stream_summary *a,
                                const struct stream_summary *b, const char *file)
{
    struct audit_place place = place_of(coalition, file);
    snprintf(place.stream, sizeof place.stream, "%s to %s", a->head.sender.text,
             a->head.receiver.text);
    bool is_open = !a->is_ended || !b->is_ended;
    if (is_open && a->head.last_number != b->head.last_number) {
        return ERR_OK;
    }
    if (a->head.first_number != b->head.first_number) {
        return audit_flawed_numbers(&place, 0, "first entry, as the other side has it",
                                    a->head.first_number, b->head.first_number);
    }
    if (a->head.last_number != b->head.last_number) {
        return audit_flawed_numbers(&place, 0, "last entry, as the other side has it",
                                    a->head.last_number, b->head.last_number);
    }
    if (!hash_equal(&a->last_hash, &b->last_hash) || !hash_equal(&a->root, &b->root)) {
        return audit_flawed_hashes(&place, b->head.last_number,
                                   "hash of the last entry, as the other side has it",
                                   &a->last_hash, &b->last_hash);
    }
    return totals_equal(a, b) ? ERR_OK
                              : audit_flawed(&place, 0, "totals, as the other side has them",
                                             "the same refusals", "others");
}

/* Did both sign that they differ in it? Then each dossier's statement was held against its own
 * entries, and the statements are held against each other. */
static bool is_set_apart(const struct dossier *dossier, const struct stream_head *head)
{
    for (size_t i = 0; i < dossier->statement_count; i++) {
        const struct dossier_statement *said = &dossier->statements[i];
        for (size_t side = 0; side < 2; side++) {
            const struct statement_half *half = &said->statement.halves[side];
            if (said->is_agreed && partner_id_equal(&half->sender, &head->sender) &&
                partner_id_equal(&half->receiver, &head->receiver)) {
                return !hash_is_zero(&half->apart_hash);
            }
        }
    }
    return false;
}

/* The stream between the two, whichever of them is the sender, in the other one's dossier. */
static enum err compare_dossiers(const struct coalition *coalition, const struct dossier *a,
                                 const struct dossier *b)
{
    for (size_t i = 0; i < a->stream_count; i++) {
        const struct stream_head *x = &a->streams[i].head;
        for (size_t j = 0; j < b->stream_count; j++) {
            const struct stream_head *y = &b->streams[j].head;
            if (partner_id_equal(&x->sender, &y->sender) &&
                partner_id_equal(&x->receiver, &y->receiver) && !is_set_apart(a, x)) {
                TRY(compare_streams(coalition, &a->streams[i], &b->streams[j], b->stream_files[j]));
            }
        }
    }
    return ERR_OK;
}

/* ---- Pairs ---- */

static struct audit_pair *pair_of(struct coalition *coalition, const struct partner_id *a,
                                  const struct partner_id *b)
{
    struct audit_report *report = coalition->report;
    bool is_sorted = partner_id_compare(a, b) < 0;
    const struct partner_id *first = is_sorted ? a : b;
    const struct partner_id *second = is_sorted ? b : a;
    size_t at = 0;
    while (at < report->pair_count) {
        const struct audit_pair *pair = &report->pairs[at];
        int order = partner_id_compare(&pair->partners[0], first);
        order = order != 0 ? order : partner_id_compare(&pair->partners[1], second);
        if (order == 0) {
            return &report->pairs[at];
        }
        if (order > 0) {
            break;
        }
        at++;
    }
    ASSERT(report->pair_count < coalition->pair_capacity);
    struct audit_pair *pair = &report->pairs[at];
    memmove(pair + 1, pair, (report->pair_count - at) * sizeof *pair);
    *pair = (struct audit_pair){.partners = {*first, *second}};
    report->pair_count++;
    return pair;
}

static void add_streams(struct coalition *coalition, const struct dossier *dossier)
{
    for (size_t i = 0; i < dossier->stream_count; i++) {
        const struct stream_head *head = &dossier->streams[i].head;
        struct audit_pair *pair = pair_of(coalition, &head->sender, &head->receiver);
        unsigned side = partner_id_equal(&head->sender, &pair->partners[0]) ? 0 : 1;
        uint64_t entries = head->first_number == 0 ? 0 : head->last_number - head->first_number + 1;
        pair->entries[side] = entries > pair->entries[side] ? entries : pair->entries[side];
        pair->dossiers += side == 0; /* each has both streams */
    }
}

static enum err add_statement(struct coalition *coalition,
                              const struct dossier_statement *statement)
{
    struct note why = {""};
    const struct statement_half *halves = statement->statement.halves;
    struct audit_pair *pair = pair_of(coalition, &halves[0].sender, &halves[1].sender);
    if (!statement->is_agreed) {
        return ERR_OK;
    }
    if (!pair->is_agreed) {
        pair->is_agreed = true;
        pair->statement = statement->statement;
        return ERR_OK;
    }
    struct audit_place place = place_of(coalition, statement->file);
    return statement_equal(&pair->statement, &statement->statement, &why)
               ? ERR_OK
               : audit_flawed(&place, 0, "the statement", "the same as the other side's", why.text);
}

static void describe(struct coalition *coalition)
{
    struct audit_report *report = coalition->report;
    const struct dossier *dossier = &coalition->dossiers[0];
    const struct charter *last = charter_chain_last(&dossier->chain);
    memcpy(report->coalition, last->coalition, sizeof report->coalition);
    memcpy(report->currency, last->currency, sizeof report->currency);
    report->currency_decimals = last->currency_decimals;
    report->period = dossier->period;
    report->first_epoch = dossier->chain.charters[0]->epoch;
    report->last_epoch = last->epoch;
    report->last_charter = last->payload_hash;
}

static enum err audit_together(struct coalition *coalition)
{
    struct audit_report *report = coalition->report;
    TRY(check_chains(coalition));
    for (size_t i = 0; i < coalition->count; i++) {
        coalition->pair_capacity += coalition->dossiers[i].stream_count + 1;
        for (size_t j = 0; j < i; j++) {
            TRY(compare_dossiers(coalition, &coalition->dossiers[j], &coalition->dossiers[i]));
        }
    }
    report->pairs = arena_alloc(coalition->arena, coalition->pair_capacity * sizeof *report->pairs);
    if (report->pairs == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < coalition->count; i++) {
        const struct dossier *dossier = &coalition->dossiers[i];
        add_streams(coalition, dossier);
        for (size_t j = 0; j < dossier->statement_count; j++) {
            TRY(add_statement(coalition, &dossier->statements[j]));
        }
    }
    return settlement_audit(coalition->dossiers, coalition->count, report, coalition->arena);
}

static enum err audit_all(struct coalition *coalition, const char *const *folders, size_t count,
                          struct note *note)
{
    for (size_t i = 0; i < count; i++) {
        struct dossier *dossier = &coalition->dossiers[coalition->count++];
        TRY(dossier_audit(folders[i], coalition->report, coalition->arena, dossier, note));
        TRY(check_sides(coalition, i));
        if (i == 0) {
            describe(coalition);
        }
    }
    return audit_together(coalition);
}

enum err coalition_audit(const char *const *folders, size_t count, const struct charter *pinned,
                         struct arena *arena, struct audit_report *out_report, struct note *note)
{
    *out_report = (struct audit_report){.is_flawed = false};
    struct coalition coalition = {.report = out_report, .arena = arena, .pinned = pinned};
    coalition.dossiers = calloc(count, sizeof *coalition.dossiers);
    if (coalition.dossiers == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = audit_all(&coalition, folders, count, note);
    for (size_t i = 0; i < coalition.count; i++) {
        dossier_fini(&coalition.dossiers[i]);
    }
    free(coalition.dossiers);
    return err;
}
