#include "node/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "config/programme_file.h"

/* The chain's last charter, and the roster made from it. */
static enum err use_chain(const struct node_config *config, struct snapshot *snapshot,
                          struct note *note)
{
    snapshot->charter = charter_chain_last(&snapshot->chain);
    if (strcmp(snapshot->charter->coalition, config->coalition) != 0) {
        return note_set(note, ERR_INPUT, "%s: the charter is of %s, the configuration says %s",
                        config->charter.text, snapshot->charter->coalition, config->coalition);
    }
    return charter_roster(snapshot->charter, &config->partner, &snapshot->roster, note);
}

static enum expiry_kind expiry_of_file(enum programme_file_expiry kind)
{
    switch (kind) {
    case PROGRAMME_FILE_EXPIRY_MONTHS:
        return EXPIRY_MONTHS;
    case PROGRAMME_FILE_EXPIRY_END_OF_MONTH:
        return EXPIRY_END_OF_MONTH_AFTER;
    case PROGRAMME_FILE_EXPIRY_FIXED_DATE:
        return EXPIRY_FIXED_DATE;
    case PROGRAMME_FILE_EXPIRY_INACTIVITY:
        return EXPIRY_INACTIVITY;
    case PROGRAMME_FILE_EXPIRY_NEVER:
        break;
    }
    return EXPIRY_NONE;
}

static enum err load_programme(const struct node_config *config, struct snapshot *snapshot,
                               struct note *note)
{
    struct programme_file file;
    TRY(programme_file_load(config->programme.text, snapshot->charter->points_decimals, &file,
                            note));
    bool has_rules = file.has_rules;
    programme_file_fini(&file);
    if (has_rules) {
        return note_set(note, ERR_UNSUPPORTED,
                        "%s: rules can be tried (talea programme try), not yet run by a node",
                        config->programme.text);
    }
    snapshot->programme = (struct programme){
        .version = file.version,
        .rate = {file.earn_points_minor, file.earn_per_minor, file.earn_rounding,
                 file.earn_minimum_minor},
        .pending_days = file.pending_days,
        .expiry_months = file.expiry_months,
        .expiry_kind = expiry_of_file(file.expiry),
        .expiry_month = file.expiry_month,
        .expiry_day = file.expiry_day,
    };
    memcpy(snapshot->programme_currency, file.currency.code, sizeof snapshot->programme_currency);
    snapshot->programme_currency_decimals = file.money_decimals;
    snapshot->refund_grace_ms = (int64_t)file.refund_expired_grace_days * DAY_MS;
    snapshot->debt_limit = points_of(file.debt_limit_minor);
    return programme_check(&snapshot->programme, note);
}

/* What the configuration says in whole points, in the charter's units. */
static struct points till_points_max(const struct node_config *config,
                                     const struct charter *charter)
{
    int64_t points = config->limits.points_per_command_max;
    for (unsigned i = 0; i < charter->points_decimals && points < LIMIT_POINTS_PER_COMMAND; i++) {
        points *= 10;
    }
    return points_of(points < LIMIT_POINTS_PER_COMMAND ? points : LIMIT_POINTS_PER_COMMAND);
}

static enum err gather_roots(struct snapshot *snapshot, struct note *note)
{
    struct buffer roots = {0};
    for (size_t i = 0; i < snapshot->charter->partner_count; i++) {
        const char *pem = snapshot->charter->partners[i].tls_ca_pem;
        write_bytes(&roots, pem, strlen(pem));
        write_u8(&roots, '\n');
    }
    write_u8(&roots, '\0');
    if (roots.err != ERR_OK) {
        buffer_fini(&roots);
        return note_set(note, ERR_RESOURCE, "no memory for the partners' CAs");
    }
    snapshot->trusted_roots = (char *)roots.at;
    return ERR_OK;
}

static enum err fill(const struct node_config *config, struct snapshot *snapshot,
                     const struct snapshot *before, struct note *note)
{
    TRY(use_chain(config, snapshot, note));
    if (before == NULL) {
        TRY(load_programme(config, snapshot, note));
    } else {
        snapshot->programme = before->programme;
        memcpy(snapshot->programme_currency, before->programme_currency,
               sizeof snapshot->programme_currency);
        snapshot->programme_currency_decimals = before->programme_currency_decimals;
        snapshot->refund_grace_ms = before->refund_grace_ms;
        snapshot->debt_limit = before->debt_limit;
    }
    snapshot->outbox_entries = config->limits.outbox_entries;
    snapshot->till_points_max = till_points_max(config, snapshot->charter);
    return gather_roots(snapshot, note);
}

enum err snapshot_make(const struct node_config *config, const struct charter_chain *chain,
                       const struct snapshot *before, struct snapshot **out_snapshot,
                       struct note *note)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the charter");
    }
    atomic_init(&snapshot->references, 1);
    enum err err = charter_chain_copy(chain, &snapshot->chain);
    if (err == ERR_OK) {
        err = fill(config, snapshot, before, note);
    }
    if (err != ERR_OK) {
        snapshot_release(snapshot);
        return err;
    }
    *out_snapshot = snapshot;
    return ERR_OK;
}

enum err snapshot_check_programme(const struct snapshot *before, const struct snapshot *after,
                                  struct note *note)
{
    unsigned old_version = before->programme.version;
    unsigned new_version = after->programme.version;
    bool is_same = programme_gives_the_same(&before->programme, &after->programme) &&
                   strcmp(before->programme_currency, after->programme_currency) == 0 &&
                   before->programme_currency_decimals == after->programme_currency_decimals &&
                   before->refund_grace_ms == after->refund_grace_ms &&
                   before->debt_limit.minor == after->debt_limit.minor;
    if (new_version < old_version) {
        return note_set(note, ERR_CONFLICT, "the programme file has version %u, in force is %u",
                        new_version, old_version);
    }
    if (new_version == old_version && !is_same) {
        return note_set(note, ERR_CONFLICT,
                        "the programme file has changed under version %u, which is in force: raise "
                        "its version",
                        old_version);
    }
    return ERR_OK;
}

/* Is the partner's id among these? */
static bool is_among(const struct partner_id *partners, size_t count,
                     const struct partner_id *partner)
{
    for (size_t i = 0; i < count; i++) {
        if (partner_id_equal(&partners[i], partner)) {
            return true;
        }
    }
    return false;
}

enum err snapshot_everybody(const struct snapshot *snapshot, struct arena *arena,
                            struct partner_id **out_partners, size_t *out_count)
{
    const struct charter_chain *chain = &snapshot->chain;
    size_t most = 0;
    size_t count = 0;
    for (size_t i = 0; i < chain->count; i++) {
        most += chain->charters[i]->partner_count;
    }
    struct partner_id *partners = arena_alloc(arena, (most + 1) * sizeof *partners);
    if (partners == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < chain->count; i++) {
        const struct charter *charter = chain->charters[i];
        for (size_t k = 0; k < charter->partner_count; k++) {
            const struct partner_id *partner = &charter->partners[k].id;
            if (!is_among(partners, count, partner)) {
                partners[count++] = *partner;
            }
        }
    }
    *out_partners = partners;
    *out_count = count;
    return ERR_OK;
}

bool snapshot_has_had(const struct snapshot *snapshot, const struct partner_id *partner)
{
    for (size_t i = 0; i < snapshot->chain.count; i++) {
        if (charter_partner_find(snapshot->chain.charters[i], partner) != NULL) {
            return true;
        }
    }
    return false;
}

struct snapshot *snapshot_hold(struct snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->references, 1);
    return snapshot;
}

void snapshot_release(struct snapshot *snapshot)
{
    if (snapshot == NULL || atomic_fetch_sub(&snapshot->references, 1) != 1) {
        return;
    }
    charter_roster_fini(&snapshot->roster);
    charter_chain_fini(&snapshot->chain);
    free(snapshot->trusted_roots);
    free(snapshot);
}
