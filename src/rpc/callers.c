#include "rpc/callers.h"

#include <stdint.h>
#include <string.h>

#define SCHEME    "talea://"
#define PROBE     8u /* entries looked at for one connection */
#define CHAIN_MAX (64u << 10)

void callers_init(struct callers *callers, const struct rpc_server_tls *tls)
{
    memset(callers, 0, sizeof *callers);
    callers->tls = *tls;
}

void callers_fini(struct callers *callers)
{
    for (size_t i = 0; i < LIMIT_CALLERS_CACHED; i++) {
        if (callers->entries[i].connection != NULL) {
            grpc_auth_context_release(callers->entries[i].connection);
            callers->entries[i].connection = NULL;
        }
    }
}

/* The one SAN URI of our scheme. Others (of another scheme) may stand beside it. */
static const char *read_identity(const grpc_auth_context *connection, struct identity *out_identity)
{
    grpc_auth_property_iterator it =
        grpc_auth_context_find_properties_by_name(connection, GRPC_PEER_URI_PROPERTY_NAME);
    const grpc_auth_property *property;
    unsigned found = 0;
    while ((property = grpc_auth_property_iterator_next(&it)) != NULL) {
        if (strncmp(property->value, SCHEME, strlen(SCHEME)) != 0) {
            continue;
        }
        if (strlen(property->value) != property->value_length ||
            identity_parse(property->value, out_identity) != ERR_OK) {
            return "NO_IDENTITY";
        }
        found++;
    }
    return found == 1 ? NULL : found == 0 ? "NO_IDENTITY" : "AMBIGUOUS_IDENTITY";
}

static void append_property(const grpc_auth_context *connection, const char *name,
                            struct buffer *out)
{
    grpc_auth_property_iterator it = grpc_auth_context_find_properties_by_name(connection, name);
    const grpc_auth_property *property;
    while ((property = grpc_auth_property_iterator_next(&it)) != NULL) {
        write_bytes(out, property->value, property->value_length);
    }
}

/* The leaf and, on the server's side of C core, the chain without it. */
static bool is_accepted(const struct callers *callers, const grpc_auth_context *connection,
                        const struct identity *identity)
{
    CLEANUP(buffer_fini) struct buffer chain = {.limit = CHAIN_MAX};
    append_property(connection, GRPC_X509_PEM_CERT_PROPERTY_NAME, &chain);
    append_property(connection, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME, &chain);
    write_u8(&chain, 0);
    return chain.err == ERR_OK &&
           callers->tls.accepts(callers->tls.context, identity, (const char *)chain.at);
}

static void judge(struct callers *callers, struct caller *entry)
{
    entry->refusal = "NO_IDENTITY";
    if (grpc_auth_context_peer_is_authenticated(entry->connection) == 0) {
        return;
    }
    entry->refusal = read_identity(entry->connection, &entry->identity);
    if (entry->refusal == NULL && !is_accepted(callers, entry->connection, &entry->identity)) {
        entry->refusal = "IDENTITY_NOT_ACCEPTED";
    }
}

/* The connection's entry, or the one among its places that was used longest ago. */
static struct caller *find_place(struct callers *callers, const grpc_auth_context *connection)
{
    uintptr_t address = (uintptr_t)connection;
    size_t start = (size_t)((address >> 4) ^ (address >> 12));
    struct caller *oldest = &callers->entries[start % LIMIT_CALLERS_CACHED];
    for (size_t i = 0; i < PROBE; i++) {
        struct caller *entry = &callers->entries[(start + i) % LIMIT_CALLERS_CACHED];
        if (entry->connection == connection) {
            return entry;
        }
        if (entry->last_used < oldest->last_used) {
            oldest = entry;
        }
    }
    return oldest;
}

const char *callers_identify(struct callers *callers, grpc_call *call,
                             struct identity *out_identity)
{
    grpc_auth_context *connection = grpc_call_auth_context(call);
    if (connection == NULL) {
        return "NO_IDENTITY";
    }
    uint64_t generation = callers->tls.generation(callers->tls.context);
    struct caller *entry = find_place(callers, connection);
    if (entry->connection == connection && entry->generation == generation) {
        grpc_auth_context_release(connection);
    } else {
        if (entry->connection != NULL) {
            grpc_auth_context_release(entry->connection);
        }
        *entry = (struct caller){.connection = connection, .generation = generation};
        judge(callers, entry);
    }
    entry->last_used = ++callers->clock;
    *out_identity = entry->identity;
    return entry->refusal;
}
