/* A ledger's files proven or derived anew on this machine, by the keys of a charter; coalition and
 * partner are those of the home's node.yaml. */
#ifndef CLI_PROOF_H
#define CLI_PROOF_H

#include "audit/audit.h"
#include "charter/charter_chain.h"
#include "cli/cli.h"
#include "cli/progress.h"

/* Zero-initialised is empty. */
struct proof {
    const struct node_config *config;
    struct charter_chain chain;
    struct journal_file *journal;
    struct state *state; /* NULL: there is none in the folder */
    struct vault *vault; /* likewise */
    struct progress progress;
    struct audit_summary summary;
    struct audit_finding finding;
};

/* Configuration and charter; amounts are in its units from then on. */
MUST_USE enum err proof_begin(struct cli *cli, struct proof *proof, struct note *note);
/* ERR_NOT_FOUND with a note when the folder holds no journal. */
MUST_USE enum err proof_folder(const char *folder, struct note *note);
/* Over the journal and the state that are open; they show their progress. */
struct audit_options proof_options(struct proof *proof);
/* Closes what is open. */
void proof_end(struct proof *proof);

#endif
