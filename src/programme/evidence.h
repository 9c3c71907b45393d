/* How an occasion was judged, as bytes that are kept with what it gave: by which version of the
 * programme, on what standing, and what each rule gave. Judging again what comes back gives the
 * same, with a trace: so any point can be explained later.
 *
 * Pure; any thread.
 */
#ifndef PROGRAMME_EVIDENCE_H
#define PROGRAMME_EVIDENCE_H

#include "programme/judge.h"

struct evidence {
    uint32_t programme; /* its number in the ledger */
    struct occasion occasion;
    struct standing standing; /* before the occasion, without what had passed by then */
    struct points points;
    struct money gross;
    struct money discount;
    const struct award *awards; /* by place in the version's text */
    size_t award_count;
};

/* Sticks to the buffer's error. */
void evidence_encode(const struct evidence *evidence, struct buffer *out);
/* Texts point into the bytes, lists are in the arena. ERR_CORRUPT, ERR_RESOURCE. */
MUST_USE enum err evidence_decode(struct slice bytes, struct arena *arena,
                                  struct evidence *out_evidence);

#endif
