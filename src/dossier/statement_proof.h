/* Is this statement what both sides signed, and does it follow from the charter's prices? Needs
 * nothing but the statement's file and the charter. */
#ifndef DOSSIER_STATEMENT_PROOF_H
#define DOSSIER_STATEMENT_PROOF_H

#include <talea/v1/back_office.pb-c.h>

#include "base/arena.h"
#include "charter/charter_chain.h"
#include "settlement/apart.h"
#include "settlement/statement.h"

enum proof_state {
    PROOF_ABSENT,
    PROOF_VALID,
    PROOF_INVALID
};

struct proof_signature {
    enum proof_state state;
    struct partner_id signer; /* when valid */
    struct key_id key;
    char why[sizeof(((struct note *)NULL)->text)]; /* when invalid */
};

struct statement_proof {
    struct pair_statement statement;      /* its arrays are in the arena */
    struct proof_signature own;           /* over the statement's bytes, as its maker */
    struct proof_signature countersigned; /* over the same bytes, by the other partner */
    struct proof_signature partner;       /* the other partner's own statement, saying the same */
    enum proof_state figures;             /* owed and net from totals and prices; absent without the
                                             charter of the statement's epoch */
    char figures_why[512];
    /* What was set apart of each half of which it says so; absent when the file has none. */
    enum proof_state apart_state;
    char apart_why[256];
    struct apart_half apart[2]; /* their entries are in the arena */
};

/* ERR_INPUT when there is no statement to speak of; what does not verify is told in the proof. */
MUST_USE enum err statement_prove(const Talea__V1__GetStatementResponse *document,
                                  const struct charter_chain *chain, struct arena *arena,
                                  struct statement_proof *out_proof, struct note *note);
/* Both partners signed the same bytes, and nothing is wrong. */
bool statement_is_agreed(const struct statement_proof *proof);
bool statement_is_broken(const struct statement_proof *proof);

#endif
