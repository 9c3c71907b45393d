/* A node's engine on files of its own, with a clock that is told and a disk that fails on demand.
 */
#ifndef PROPERTY_ENGINE_NODE_H
#define PROPERTY_ENGINE_NODE_H

#include <stdatomic.h>

#include "clearing/roster.h"
#include "engine/engine.h"
#include "store/state.h"
#include "ledger/view.h"

enum reopening {
    REOPEN_CLEAN,   /* after a last checkpoint */
    REOPEN_ABRUPT,  /* without it: what was not written yet must come from the journal */
    REOPEN_REBUILT, /* the state is gone: all of it must */
    REOPEN_END
};

struct engine_node {
    char folder[96];
    const struct roster *roster;
    int64_t refund_grace_ms;
    int64_t debt_limit;
    struct signing_key key;
    struct key_signer key_signer;
    struct signer signer;
    _Atomic int64_t now_ms;
    atomic_int journal_failures; /* so many commits fail */
    atomic_bool is_state_broken; /* its commits fail */
    struct journal_file *file;
    struct state *state;
    struct engine *engine;
    struct state_reader *reader;
    struct ledger_view view; /* of what is durable; of one thread */
};

/* An empty node in a new temporary folder, open. The roster is borrowed. */
MUST_USE enum err engine_node_begin(struct engine_node *node, const struct roster *roster,
                                    int64_t refund_grace_ms, int64_t debt_limit, struct unix_ms now,
                                    struct note *note);
MUST_USE enum err engine_node_reopen(struct engine_node *node, enum reopening how,
                                     struct note *note);
/* Everything follows from the journal, and the tables are what it gives. */
MUST_USE enum err engine_node_audit(struct engine_node *node, struct note *note);
/* The last row that the journal has. */
uint64_t engine_node_row(const struct engine_node *node);
/* Prints the records behind a row: what was told, and what the node did by itself. */
void engine_node_print_behind(const struct engine_node *node, uint64_t row);
/* Closed, and its folder removed. */
void engine_node_end(struct engine_node *node);

#endif
