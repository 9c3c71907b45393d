/* The charter: the coalition's roster with keys, prices and addresses, signed by m of n root keys
 * (proto/talea/v1/charter.proto). Immutable once opened; shared between threads by reference.
 */
#ifndef CHARTER_CHARTER_H
#define CHARTER_CHARTER_H

#include "base/arena.h"
#include "clearing/roster.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "pki/identity.h"
#include "settlement/bank_account.h"

#define CHARTER_ONLINE_KEYS_MAX       8u
#define CHARTER_POINTS_DECIMALS_MAX   6u
#define CHARTER_CURRENCY_DECIMALS_MAX 4u /* ISO 4217 has no more */

/* What a revoked key signed on the streams between its partner and `peer` counts up to here. */
struct charter_revoked_stream {
    struct partner_id peer;
    uint64_t last_entry;
    uint64_t last_receipt;
};

struct charter_revocation {
    struct partner_id partner;
    struct key_id key;
    struct charter_revoked_stream *streams; /* sorted by peer; of others nothing counts */
    size_t stream_count;
};

struct charter_key {
    struct public_key key;
    struct key_id id;
    struct unix_ms valid_from;
    struct unix_ms valid_until;
    const struct charter_revocation *revocation; /* NULL: it is not revoked */
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
    struct bank_account account; /* signed by its root key; without an IBAN: none */
    struct period first_period;  /* its streams begin here, or where the other one's begin later */
    struct period last_period;   /* its streams end here; 0: it does not leave */
    bool has_signed;             /* this charter */
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
    struct promotion *promotions; /* sorted by id */
    const char **promotion_names;
    size_t promotion_count;
    struct money net_debit_cap; /* 0: none */
    bool waits_at_cap;          /* new debt beyond it waits; else it is refused */
    uint32_t dispute_answer_s;  /* 0: 14 days */
    uint32_t dispute_escalate_s;
    bool is_multilateral; /* all pairs' nets of a period are netted together */
    struct period_calendar calendar;
    struct charter_revocation *revocations;
    size_t revocation_count;
    unsigned signature_count; /* valid ones */
    struct slice bytes;       /* the SignedCharter it was opened from */
    struct slice payload;
    struct hash payload_hash;
};

/* Reads a SignedCharter; checks everything but the number of signatures: forms, bounds, what may
 * not be there twice, online keys against their root keys, every signature against its root key (an
 * invalid one is ERR_SIGNATURE). Owns all it points to. */
MUST_USE enum err charter_open(struct slice bytes, struct charter **out_charter, struct note *note);
/* One more holder, who closes it as well. */
struct charter *charter_hold(struct charter *charter);
/* The last holder's call frees it; NULL is allowed. */
void charter_close(struct charter *charter);
/* Signed by as many root keys as it requires, and in epoch 1 by each brand that pays for a
 * promotion? ERR_SIGNATURE with a note that says who is missing. */
MUST_USE enum err charter_check_signatures(const struct charter *charter, struct note *note);
/* May it take the place of `previous`? It must be of the same coalition and the epoch after, name
 * the previous payload, keep what lasts (charter_continuity.h), and be signed by as many of the
 * previous charter's root keys as that requires, so that new keys alone never make an epoch, and
 * by each brand that pays for a new promotion; its own signatures are asked for apart. ERR_CONFLICT
 * or ERR_SIGNATURE with a note. */
MUST_USE enum err charter_follows(const struct charter *charter, const struct charter *previous,
                                  struct note *note);

/* The period that runs on the day, by UTC, from which the charter is valid. */
struct period charter_period(const struct charter *charter);
const struct charter_partner *charter_partner_find(const struct charter *charter,
                                                   const struct partner_id *partner);
/* What people call it; its id when the charter does not have it. Lives as long as both. */
const char *charter_partner_name(const struct charter *charter, const struct partner_id *partner);
/* Those whose streams run in the period, sorted, in the arena. ERR_RESOURCE. */
MUST_USE enum err charter_partners_in(const struct charter *charter, struct period period,
                                      struct arena *arena, struct partner_id **out_partners,
                                      size_t *out_count);
/* The partner's online key of this id, valid at `now` as far as its dates say; NULL when there is
 * none. */
const struct charter_key *charter_key_find(const struct charter *charter,
                                           const struct partner_id *partner,
                                           const struct key_id *id, struct unix_ms now);
/* The same whatever the time: of signatures that were taken before. */
const struct charter_key *charter_key_by_id(const struct charter *charter,
                                            const struct partner_id *partner,
                                            const struct key_id *id);
/* Which row of a pair's streams a signature is about: for a batch its last entry, for a receipt its
 * number, as signed by the key's partner towards `peer`. */
struct charter_place {
    enum purpose purpose;
    const struct partner_id *peer;
    uint64_t number;
};
/* Does a signature of this key count there? Always, unless the key is revoked: then up to the
 * numbers that the charter gives, and for nothing but batches and receipts. ERR_REVOKED with a
 * note. */
MUST_USE enum err charter_key_counts(const struct charter_key *key,
                                     const struct charter_place *place, struct note *note);
/* The roster for the ledger as seen by `self`; release with charter_roster_fini. ERR_NOT_FOUND when
 * `self` is no partner. */
MUST_USE enum err charter_roster(const struct charter *charter, const struct partner_id *self,
                                 struct roster *out_roster, struct note *note);
void charter_roster_fini(struct roster *roster);

#endif
