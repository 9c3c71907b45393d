/* A dispute as the node has it, with what both sides signed of it, proven. */
#ifndef CLI_DISPUTE_SIGHT_H
#define CLI_DISPUTE_SIGHT_H

#include <talea/v1/back_office.pb-c.h>

#include "cli/session.h"
#include "dossier/dispute_audit.h"

struct dispute_sight {
    const Talea__V1__GetDisputeResponse *answer;
    struct charter_chain chain;
    struct buffer evidence; /* a GetDisputeEvidenceResponse; empty: the node has none */
    struct arena arena;
    struct audit_report report; /* its flaw, if it is broken */
    bool has_proof;
    struct dispute_proof proof;
    struct partner_id self;
    struct partner_id partner;
    int64_t answer_ms; /* that the charter gives */
    int64_t escalate_ms;
};

/* Asks for the dispute and its evidence. Ended by dispute_sight_fini in any case. */
MUST_USE enum cli_exit dispute_sight_take(struct cli *cli, Talea__V1__StreamEntry *entry,
                                          struct dispute_sight *out);
/* When silence gives in, and whose: ours as the node will act; the partner's as it was told the
 * last step, by our clock. False: nobody's turn is limited. */
bool dispute_deadline(const struct dispute_sight *sight, int64_t *out_unix_ms,
                      const struct partner_id **out_whose);
void dispute_sight_fini(struct dispute_sight *sight);

#endif
