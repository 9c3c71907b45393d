/* A small node in memory: commands are decided and applied, and their records become a journal. */
#ifndef AUDIT_FIXTURE_H
#define AUDIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "ledger/batch.h"
#include "ledger/decide.h"
#include "ledger/memory_store.h"

#define FIXTURE_BATCHES 16
#define FIXTURE_START   INT64_C(1790000000000) /* within September 2026 */

struct stored_batch {
    uint64_t first_row; /* under which it is stored */
    struct buffer bytes;
};

struct fixture {
    struct roster_partner partners[2];
    struct tariff tariff;
    struct roster roster;
    struct ledger_terms terms;
    struct signing_key key;
    struct key_signer key_signer;
    struct signer signer;

    struct memory_store *tables;
    struct ledger_store store;
    struct plan plan;
    struct batch_builder builder;
    struct unix_ms now;
    struct hash head;
    uint64_t next_row; /* after those in the builder */
    uint8_t last_id;

    struct stored_batch batches[FIXTURE_BATCHES]; /* the journal */
    size_t batch_count;

    struct audit_options options; /* of this journal, without a state */
    struct audit_summary summary;
    struct audit_finding finding;
};

/* With an empty journal. */
void fixture_init(struct fixture *f);
void fixture_fini(struct fixture *f);

/* Ids by number. */
struct uid id_of(uint8_t number);
/* Decides, applies and adds to the batch at hand; a new transaction id where it has none. The
 * verdict must be OK. */
struct answer fixture_run(struct fixture *f, struct command command);
/* Adds a record without a decision; its row and time are filled in. Nothing is applied. */
void fixture_add_raw(struct fixture *f, struct record record);
/* A record of a settling, whose effects are the caller's, in a batch of its own. */
void fixture_add_effects(struct fixture *f, const struct effect *effects, uint32_t count);
/* Borrows key and value. */
struct effect fixture_row_effect(enum ledger_table table, const struct ledger_key *key,
                                 const struct buffer *value);
/* Seals the batch at hand and puts it into the journal. */
void fixture_commit(struct fixture *f);

/* A member with a card and `points` available. */
struct answer fixture_enrol(struct fixture *f, const char *reference, int64_t points);
/* Three batches: members, earns at home and abroad, holds of both roles, captures, returns, a
 * partner's entries. */
void fixture_trade(struct fixture *f);

/* Our receipt for all of beta's entries, which says that we took so many earns of so many points.
 */
void fixture_receipt(struct fixture *f, uint64_t earns, int64_t points);

/* Audits. */
enum err fixture_audit(struct fixture *f);
void fixture_expect_clean(struct fixture *f);
/* A finding at this row whose invariant begins so. */
void fixture_expect(struct fixture *f, uint64_t row, const char *invariant);

#endif
