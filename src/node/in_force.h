/* What is in force in a node, and how it changes: charter, keys, certificates, programme.
 *
 *   at start, on SIGHUP     from the files that the configuration names, behind the epochs that
 * were accepted before from a partner, pushed  the next epoch, when it follows: kept on disk, then
 * in force at once by the clock            another of the node's own keys became the newest that is
 * valid
 *
 * Each change makes a new snapshot, whole or not at all: TLS roots, the ledger's terms, the
 * sessions with partners and the metrics follow it. Thread rule: any thread; changes take turns.
 */
#ifndef NODE_IN_FORCE_H
#define NODE_IN_FORCE_H

#include "node/node.h"

/* Reads and checks everything; the node's snapshot, credentials and keys are there afterwards. */
MUST_USE enum err in_force_open(struct node *node, struct note *note);
/* Once the ledger is open: keeps the charter in force with the accepted ones. */
MUST_USE enum err in_force_keep(struct node *node, struct note *note);
/* Certificate, keys, charter and programme again from their files: all of them, or none when one is
 * not as it must be (the note says which and why). */
MUST_USE enum err in_force_reload(struct node *node, struct note *note);
/* A SignedCharter that came from `whom`. ERR_EXISTS: it was accepted before. ERR_DISAGREE: two were
 * signed under one epoch; the evidence is kept. ERR_UNAVAILABLE: epochs before it are missing. Else
 * as charter_open and charter_follows say. */
MUST_USE enum err in_force_take(struct node *node, struct slice charter, const char *whom,
                                struct note *note);
struct programme_activation;
/* Durable, and in force when its time comes. A verdict is an answer: nothing has changed then. */
MUST_USE enum err in_force_activate(struct node *node,
                                    const struct programme_activation *activation,
                                    struct outcome *out_outcome, struct note *note);
/* Now and then: is the right one of the own keys in use, and of the programmes? */
void in_force_look(struct node *node);

/* The ledger's terms of a snapshot, which they hold. */
struct engine_terms in_force_terms(struct snapshot *snapshot);

#endif
