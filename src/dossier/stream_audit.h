/* One stream's file: signatures, numbers, hashes, periods and totals, from nothing but the charter.
 */
#ifndef DOSSIER_STREAM_AUDIT_H
#define DOSSIER_STREAM_AUDIT_H

#include <stdio.h>

#include "charter/charter_chain.h"
#include "dossier/report.h"
#include "dossier/stream_file.h"

/* What the file says of the period, once it is proven. */
struct stream_summary {
    struct stream_head head;            /* without its receipt */
    bool is_ended;                      /* the period's mark is the last entry */
    struct hash last_hash;              /* of entry head.last_number */
    struct hash root;                   /* of the tree over the period's entries */
    const struct receipt_total *totals; /* over the applied ones; as a statement has them */
    size_t total_count;
    struct hash sum; /* of the whole file */
};

/* `place` names the file; its stream is filled in. The summary's totals are in `keep`. ERR_CORRUPT:
 * the flaw is in the place's report. Others are ERR_RESOURCE and ERR_STORAGE. */
MUST_USE enum err stream_audit(FILE *file, const struct charter_chain *chain,
                               struct audit_place *place, struct arena *keep,
                               struct stream_summary *out_summary);

#endif
