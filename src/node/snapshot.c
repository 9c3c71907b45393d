#include "node/snapshot.h"

#include <stdlib.h>
#include <string.h>

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

/* The terms of the version that is in force. */
static void use_version(struct snapshot *snapshot, struct unix_ms now)
{
    const struct programme_version *version = programmes_at(snapshot->programmes, now);
    snapshot->version = version;
    snapshot->refund_grace_ms = version->refund_grace_ms;
    snapshot->debt_limit = version->debt_limit;
}

static enum err load_programme(const struct node_config *config, struct snapshot *snapshot,
                               struct note *note)
{
    struct programme_version *version;
    TRY(programme_version_load(config->programme.text, snapshot->charter->points_decimals, &version,
                               note));
    return programmes_add(NULL, version, &snapshot->programmes);
}

void snapshot_use_programmes(struct snapshot *snapshot, struct programmes *programmes,
                             struct unix_ms now)
{
    struct programmes *before = snapshot->programmes;
    snapshot->programmes = programmes_hold(programmes);
    programmes_release(before);
    use_version(snapshot, now);
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
                     const struct snapshot *before, struct unix_ms now, struct note *note)
{
    TRY(use_chain(config, snapshot, note));
    if (before == NULL) {
        TRY(load_programme(config, snapshot, note));
    } else {
        snapshot->programmes = programmes_hold(before->programmes);
    }
    use_version(snapshot, now);
    snapshot->outbox_entries = config->limits.outbox_entries;
    snapshot->till_points_max = till_points_max(config, snapshot->charter);
    return gather_roots(snapshot, note);
}

enum err snapshot_make(const struct node_config *config, const struct charter_chain *chain,
                       const struct snapshot *before, struct unix_ms now,
                       struct snapshot **out_snapshot, struct note *note)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the charter");
    }
    atomic_init(&snapshot->references, 1);
    enum err err = charter_chain_copy(chain, &snapshot->chain);
    if (err == ERR_OK) {
        err = fill(config, snapshot, before, now, note);
    }
    if (err != ERR_OK) {
        snapshot_release(snapshot);
        return err;
    }
    *out_snapshot = snapshot;
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
    programmes_release(snapshot->programmes);
    free(snapshot->trusted_roots);
    free(snapshot);
}
