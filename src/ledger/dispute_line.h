/* The steps of a dispute as they were said, a row each: what is shown of a dispute follows from
 * them. */
#ifndef LEDGER_DISPUTE_LINE_H
#define LEDGER_DISPUTE_LINE_H

#include "ledger/rows.h"

/* A step of a dispute as it was said: an entry of ours (OUT) or of the partner's (IN). */
struct dispute_line {
    enum dispute_step step;
    enum verdict verdict; /* the partner's ledger's of ours; VERDICT_OK as long as it did not say */
    struct unix_ms said;  /* by the clock of who said it, as signed */
    struct unix_ms noted; /* by ours */
    char note[LIMIT_DISPUTE_NOTE_BYTES + 1];
};

/* `way`: of the step's entry. Those of one dispute stand together. */
void key_dispute_line(const struct partner_id *partner, enum stream_direction direction,
                      uint64_t number, enum stream_direction way, uint64_t line_number,
                      struct ledger_key *out_key);
MUST_USE enum err key_dispute_line_parse(struct slice key, enum stream_direction *out_way,
                                         uint64_t *out_line_number);

void dispute_line_encode(const struct dispute_line *line, struct buffer *out);
MUST_USE enum err dispute_line_decode(struct slice value, struct dispute_line *out_line);

#endif
