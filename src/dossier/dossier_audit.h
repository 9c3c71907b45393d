/* One brand's dossier: its files against their sums, its charters against each other, its streams,
 * its statements against its streams, and what was signed about the net and about payments. */
#ifndef DOSSIER_DOSSIER_AUDIT_H
#define DOSSIER_DOSSIER_AUDIT_H

#include "dossier/net_audit.h"
#include "dossier/payment_audit.h"
#include "dossier/statement_proof.h"
#include "dossier/stream_audit.h"

struct dossier_statement {
    const char *file; /* in the arena */
    bool is_agreed;
    struct pair_statement statement;
};

/* What a dossier shows, once it is proven. */
struct dossier {
    const char *folder; /* borrowed */
    struct partner_id holder;
    struct period period;
    struct charter_chain chain;
    struct stream_summary *streams; /* in the arena */
    const char **stream_files;      /* likewise, their paths */
    size_t stream_count;
    struct dossier_statement *statements; /* in the arena; of those that were made */
    size_t statement_count;
    bool has_net;
    bool has_votes;                   /* of a format that has those on the net */
    struct netting_table net;         /* of all that is agreed, when has_net */
    struct dossier_payment *payments; /* in the arena */
    size_t payment_count;
};

/* In any case dossier_fini is due. ERR_CORRUPT: the flaw is in the report. ERR_NOT_FOUND with a
 * note when there is no such folder, or it has no SUMS; ERR_RESOURCE, ERR_STORAGE, ERR_DENIED. */
MUST_USE enum err dossier_audit(const char *folder, struct audit_report *report,
                                struct arena *arena, struct dossier *out_dossier,
                                struct note *note);
void dossier_fini(struct dossier *dossier);

/* NULL when the dossier has none. */
const struct stream_summary *dossier_stream(const struct dossier *dossier,
                                            const struct partner_id *sender,
                                            const struct partner_id *receiver);

#endif
