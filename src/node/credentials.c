#include "node/credentials.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "pki/certificate.h"
#include "pki/trust.h"

/* PEM texts that some handshake may still be reading: the ones before the current are kept until
 * the next reload. */
struct credential_set {
    struct certificate_pair pair; /* NUL-terminated PEM texts */
    char *roots;
    struct unix_ms not_after;
};

struct credentials {
    pthread_mutex_t lock;
    struct node_config config;
    struct clock_port clock;
    struct snapshot *snapshot;
    struct credential_set current;
    struct credential_set previous;
    uint64_t generation;
};

static void set_fini(struct credential_set *set)
{
    certificate_pair_fini(&set->pair);
    free(set->roots);
    *set = (struct credential_set){0};
}

/* The node's own certificate: a node's, of this partner and coalition, by the CA that the charter
 * names, valid now. */
static enum err check_certificate(const struct node_config *config, const struct snapshot *snapshot,
                                  const struct certificate_pair *pair, struct unix_ms now,
                                  struct note *note)
{
    struct note why = {""};
    struct identity identity;
    const struct charter_partner *self = charter_partner_find(snapshot->charter, &config->partner);
    ASSERT(self != NULL);
    enum err err = pki_accept(buffer_slice(&pair->certificate),
                              slice_of(self->tls_ca_pem, strlen(self->tls_ca_pem)),
                              config->coalition, &config->partner, now, &identity, &why);
    if (err != ERR_OK) {
        return note_set(note, err, "%s: %s", config->tls_certificate.text, why.text);
    }
    if (identity.role != ROLE_PEER) {
        return note_set(note, ERR_DENIED, "%s is a certificate for a %s, not for a node",
                        config->tls_certificate.text, role_name(identity.role));
    }
    return ERR_OK;
}

static enum err set_load(const struct node_config *config, const struct snapshot *snapshot,
                         struct unix_ms now, struct credential_set *out_set, struct note *note)
{
    struct credential_set set = {0};
    enum err err =
        certificate_pair_load(config->tls_certificate.text, config->tls_key.text, &set.pair, note);
    if (err == ERR_OK) {
        err = check_certificate(config, snapshot, &set.pair, now, note);
    }
    if (err == ERR_OK) {
        err = pki_not_after(buffer_slice(&set.pair.certificate), &set.not_after, note);
    }
    if (err == ERR_OK) {
        set.roots = strdup(snapshot->trusted_roots);
        write_u8(&set.pair.certificate, '\0');
        write_u8(&set.pair.key, '\0');
        err = set.roots == NULL ? ERR_RESOURCE : set.pair.certificate.err;
    }
    if (err != ERR_OK) {
        set_fini(&set);
        return err;
    }
    *out_set = set;
    return ERR_OK;
}

enum err credentials_open(const struct node_config *config, struct snapshot *snapshot,
                          struct clock_port clock, struct credentials **out_credentials,
                          struct note *note)
{
    struct credentials *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return ERR_RESOURCE;
    }
    c->config = *config;
    c->clock = clock;
    c->generation = 1;
    enum err err = set_load(config, snapshot, clock_now(&clock), &c->current, note);
    if (err != ERR_OK) {
        free(c);
        return err;
    }
    c->snapshot = snapshot_hold(snapshot);
    pthread_mutex_init(&c->lock, NULL);
    *out_credentials = c;
    return ERR_OK;
}

void credentials_close(struct credentials *c)
{
    if (c == NULL) {
        return;
    }
    set_fini(&c->current);
    set_fini(&c->previous);
    snapshot_release(c->snapshot);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void use_set(struct credentials *c, const struct credential_set *set,
                    struct snapshot *snapshot)
{
    pthread_mutex_lock(&c->lock);
    set_fini(&c->previous);
    c->previous = c->current;
    c->current = *set;
    snapshot_release(c->snapshot);
    c->snapshot = snapshot_hold(snapshot);
    c->generation++;
    pthread_mutex_unlock(&c->lock);
}

enum err credentials_reload(struct credentials *c, struct snapshot *snapshot, struct note *note)
{
    struct credential_set set;
    TRY(set_load(&c->config, snapshot, clock_now(&c->clock), &set, note));
    use_set(c, &set, snapshot);
    return ERR_OK;
}

/* The pair in use, and the snapshot's roots. */
static enum err set_copy(const struct credential_set *from, const struct snapshot *snapshot,
                         struct credential_set *out_set)
{
    struct credential_set set = {.not_after = from->not_after};
    set.roots = strdup(snapshot->trusted_roots);
    write_bytes(&set.pair.certificate, from->pair.certificate.at, from->pair.certificate.length);
    write_bytes(&set.pair.key, from->pair.key.at, from->pair.key.length);
    if (set.roots == NULL || set.pair.certificate.err != ERR_OK || set.pair.key.err != ERR_OK) {
        set_fini(&set);
        return ERR_RESOURCE;
    }
    *out_set = set;
    return ERR_OK;
}

enum err credentials_follow(struct credentials *c, struct snapshot *snapshot, struct note *note)
{
    struct credential_set set;
    if (set_load(&c->config, snapshot, clock_now(&c->clock), &set, note) != ERR_OK) {
        TRY(set_copy(&c->current, snapshot, &set));
    } else {
        note->text[0] = '\0';
    }
    use_set(c, &set, snapshot);
    return ERR_OK;
}

uint64_t credentials_generation(struct credentials *c)
{
    pthread_mutex_lock(&c->lock);
    uint64_t generation = c->generation;
    pthread_mutex_unlock(&c->lock);
    return generation;
}

static uint64_t server_generation(void *context)
{
    return credentials_generation(context);
}

static enum err server_load(void *context, const char **out_chain, const char **out_key,
                            const char **out_roots)
{
    struct credentials *c = context;
    pthread_mutex_lock(&c->lock);
    *out_chain = (const char *)c->current.pair.certificate.at;
    *out_key = (const char *)c->current.pair.key.at;
    *out_roots = c->current.roots;
    pthread_mutex_unlock(&c->lock);
    return ERR_OK;
}

/* A handshake says that some partner vouches for the caller; this says that the right one does.
 * Only our own CA makes tills and offices of ours; another partner's certificates are nodes only.
 */
static bool server_accepts(void *context, const struct identity *identity, const char *chain_pem)
{
    struct credentials *c = context;
    pthread_mutex_lock(&c->lock);
    struct snapshot *snapshot = snapshot_hold(c->snapshot);
    pthread_mutex_unlock(&c->lock);
    const struct charter_partner *partner =
        charter_partner_find(snapshot->charter, &identity->partner);
    bool is_ours = partner_id_equal(&identity->partner, &snapshot->roster.self);
    bool accepted = false;
    if (partner != NULL && (is_ours || identity->role == ROLE_PEER)) {
        struct identity found;
        struct note note;
        accepted = pki_accept(slice_of(chain_pem, strlen(chain_pem)),
                              slice_of(partner->tls_ca_pem, strlen(partner->tls_ca_pem)),
                              snapshot->charter->coalition, &partner->id, clock_now(&c->clock),
                              &found, &note) == ERR_OK;
    }
    snapshot_release(snapshot);
    return accepted;
}

struct rpc_server_tls credentials_server_tls(struct credentials *credentials)
{
    return (struct rpc_server_tls){credentials, server_generation, server_load, server_accepts};
}

enum err credentials_connect(struct credentials *c, const struct charter_partner *partner,
                             struct rpc_client **out_client, struct note *note)
{
    char name[PARTNER_ID_MAX + COALITION_NAME_MAX + 16];
    pthread_mutex_lock(&c->lock);
    snprintf(name, sizeof name, "%s.%s.talea", partner->id.text, c->config.coalition);
    struct rpc_client_options options = {
        .address = partner->address,
        .certificate_chain = (const char *)c->current.pair.certificate.at,
        .key = (const char *)c->current.pair.key.at,
        .trusted_roots = partner->tls_ca_pem,
        .server_dns_name = name,
    };
    enum err err = rpc_client_open(&options, out_client, note);
    pthread_mutex_unlock(&c->lock);
    return err;
}

struct unix_ms credentials_not_after(struct credentials *c)
{
    pthread_mutex_lock(&c->lock);
    struct unix_ms not_after = c->current.not_after;
    pthread_mutex_unlock(&c->lock);
    return not_after;
}
