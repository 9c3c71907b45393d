/* Whose certificate is this?
 *
 * A node's TLS trusts the union of all partners' authorities, so a handshake says only that some
 * partner vouches for the caller. What makes the identity true is the check here: the chain must
 * lead to the authority of exactly the partner that the identity names. Chains are PEM, leaf first;
 * an authority is one PEM certificate. Thread rule: any thread.
 */
#ifndef PKI_TRUST_H
#define PKI_TRUST_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/limits.h"
#include "pki/identity.h"

#define FINGERPRINT_BYTES 32

struct fingerprint {
    uint8_t bytes[FINGERPRINT_BYTES];
};

/* ERR_OK when the leaf chains to exactly this authority at this time, may be used as a TLS client
 * and is no authority itself. ERR_DENIED with the reason in the note otherwise; ERR_INPUT for
 * malformed PEM or an authority that is not one certificate. */
MUST_USE enum err pki_chain_is_of(struct slice chain_pem, struct slice authority_pem,
                                  struct unix_ms at, struct note *note);

/* The identity in the leaf's SAN. ERR_INPUT for malformed PEM; ERR_DENIED when it has not exactly
 * one URI or that is no identity. Nothing is verified: ask pki_chain_is_of as well. */
MUST_USE enum err pki_identity_of(struct slice chain_pem, struct identity *out_identity,
                                  struct note *note);

/* Both at once: the chain is of this authority, and its identity is of this coalition and this
 * partner, whose authority it is. ERR_DENIED otherwise. */
MUST_USE enum err pki_accept(struct slice chain_pem, struct slice authority_pem,
                             const char *coalition, const struct partner_id *partner,
                             struct unix_ms at, struct identity *out_identity, struct note *note);

/* The DNS names and IP addresses that the leaf names, in its order. ERR_RANGE when there are more
 * than `capacity` or one is too long; ERR_INPUT for malformed PEM. */
struct host_name {
    char text[LIMIT_HOST_BYTES + 1];
};
MUST_USE enum err pki_hosts_of(struct slice chain_pem, struct host_name *out_hosts, size_t capacity,
                               size_t *out_count, struct note *note);

/* The last moment at which the leaf is valid. */
MUST_USE enum err pki_not_after(struct slice chain_pem, struct unix_ms *out_not_after,
                                struct note *note);

/* SHA-256 over the leaf's DER. */
MUST_USE enum err pki_fingerprint(struct slice chain_pem, struct fingerprint *out_fingerprint,
                                  struct note *note);

#endif
