/* A payment in a dossier: what debtor and creditor signed about it. What it must be of follows from
 * the statements, and is compared where these are together (settlement_audit.h). */
#ifndef DOSSIER_PAYMENT_AUDIT_H
#define DOSSIER_PAYMENT_AUDIT_H

#include "base/arena.h"
#include "charter/charter_chain.h"
#include "dossier/report.h"
#include "settlement/obligation.h"

/* One side's word. */
struct payment_word {
    bool is_there;
    bool counts; /* its key is not revoked: such a key's word proves nothing */
    uint64_t number;
    struct obligation_figures figures;
};

struct dossier_payment {
    const char *file;              /* borrowed */
    struct obligation_terms terms; /* as both say */
    struct payment_word debtor;
    struct payment_word creditor;
    struct money booked; /* by the holder's bank; nobody signs for it */
};

/* `bytes` is a DossierPayment. ERR_CORRUPT: the flaw is in the place's report; ERR_RESOURCE. */
MUST_USE enum err payment_audit(struct slice bytes, const struct charter_chain *chain,
                                const struct partner_id *holder, struct period period,
                                const struct audit_place *place, struct arena *arena,
                                struct dossier_payment *out_payment);

#endif
