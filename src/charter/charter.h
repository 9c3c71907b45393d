/* The charter: the coalition's roster with keys, prices and addresses, signed by m of n root keys
 * (proto/talea/v1/charter.proto). Immutable once opened; shared between threads by reference.
 */
#ifndef CHARTER_CHARTER_H
#define CHARTER_CHARTER_H

#include "clearing/roster.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "pki/identity.h"

#define CHARTER_ONLINE_KEYS_MAX       8u
#define CHARTER_POINTS_DECIMALS_MAX   6u
#define CHARTER_CURRENCY_DECIMALS_MAX 4u /* ISO 4217 has no more */

struct charter_key {
    struct public_key key;
    struct key_id id;
    struct unix_ms valid_from;
    struct unix_ms valid_until;
};

struct charter_partner {
    struct partner_id id;
    const char *display_name;
    const char *address; /* host:port */
    struct card_prefix prefix;
    struct public_key root;
    struct charter_key online[CHARTER_ONLINE_KEYS_MAX];
    size_t online_count;
    const char *tls_ca_pem;
    bool has_signed; /* this charter */
};

struct charter {
    char coalition[COALITION_NAME_MAX];
    uint64_t epoch;
    struct hash previous_hash;    /* the payload_hash of the epoch before; zeros for epoch 1 */
    uint32_t required_signatures; /* more than half of the partners */
    const char *points_name;
    unsigned points_decimals;
    char currency[4];
    unsigned currency_decimals;
    struct unix_ms valid_from;
    struct charter_partner *partners; /* sorted by id */
    size_t partner_count;
    struct tariff *tariffs;
    const char **tariff_names;
    size_t tariff_count;
    struct money net_debit_cap; /* 0: none */
    unsigned signature_count;   /* valid ones */
    struct slice payload;
    struct hash payload_hash;
};

/* Reads a SignedCharter; checks everything but the number of signatures: forms, bounds, what may
 * not be there twice, online keys against their root keys, every signature against its root key (an
 * invalid one is ERR_SIGNATURE). Owns all it points to. */
MUST_USE enum err charter_open(struct slice bytes, struct charter **out_charter, struct note *note);
void charter_close(struct charter *charter);
/* Signed by as many root keys as it requires? ERR_SIGNATURE with a note that says who is missing.
 */
MUST_USE enum err charter_check_signatures(const struct charter *charter, struct note *note);
/* May it take the place of `previous`? It must be of the same coalition and the epoch after, name
 * the previous payload, and be signed by as many of the previous charter's root keys as that
 * requires, so that new keys alone never make an epoch; its own signatures are asked for apart.
 * ERR_CONFLICT or ERR_SIGNATURE with a note. */
MUST_USE enum err charter_follows(const struct charter *charter, const struct charter *previous,
                                  struct note *note);

const struct charter_partner *charter_partner_find(const struct charter *charter,
                                                   const struct partner_id *partner);
/* The partner's online key of this id, valid at `now`; NULL when there is none. */
const struct charter_key *charter_key_find(const struct charter *charter,
                                           const struct partner_id *partner,
                                           const struct key_id *id, struct unix_ms now);
/* The roster for the ledger as seen by `self`, streams beginning in the month of valid_from;
 * release with charter_roster_fini. ERR_NOT_FOUND when `self` is no partner. */
MUST_USE enum err charter_roster(const struct charter *charter, const struct partner_id *self,
                                 struct roster *out_roster, struct note *note);
void charter_roster_fini(struct roster *roster);

#endif
