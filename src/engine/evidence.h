/* What a partner said that can't be honest, put together so that it proves itself
 * (clearing/evidence.h). Appends to `out`, which stays empty when it can't be made: a stream is
 * frozen all the same. */
#ifndef ENGINE_EVIDENCE_H
#define ENGINE_EVIDENCE_H

#include "clearing/evidence.h"
#include "engine/engine.h"

/* Something signed that does not fit. Any thread. */
void evidence_of_claim(const struct engine *engine, const struct partner_id *partner,
                       const char *reason, struct slice said, struct unix_ms now,
                       struct buffer *out);
/* Two signed messages that contradict each other. Any thread. */
void evidence_of_two(const struct engine *engine, enum evidence_kind kind,
                     const struct partner_id *partner, const char *reason, struct slice first,
                     struct slice second, struct unix_ms now, struct buffer *out);
/* On the writer's thread: a batch that tells another story than the one taken last. */
void evidence_of_fork(struct engine *engine, const struct incoming_batch *batch, const char *reason,
                      struct buffer *out);
/* Likewise: a receipt that contradicts the one before (`previous`, Signed; empty: it is the first),
 * or our entries. */
void evidence_of_receipt(struct engine *engine, const struct incoming_receipt *in,
                         enum evidence_kind kind, struct slice previous, const char *reason,
                         struct buffer *out);

#endif
