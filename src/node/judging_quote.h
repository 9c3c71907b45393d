/* The parts of a judgement that only quotes have. Internal to node/judging*.c. */
#ifndef NODE_JUDGING_QUOTE_H
#define NODE_JUDGING_QUOTE_H

#include "node/judging.h"

/* Judges a quote on the member's standing; fills judgement, quote and digest. */
MUST_USE enum err judging_make_quote(struct judging_case *judged, const struct standing *standing,
                                     struct note *note);
/* The judgement that a quote promised. ERR_RESOURCE. */
MUST_USE enum err judging_take_promise(struct judging_case *judged);
/* The command that holds what the case promises; its evidence becomes a kept_quote. */
MUST_USE enum err judging_make_reserve(const struct node *node, struct judging_case *judged,
                                       struct note *note);
/* The command of the record at this row; what a change or a promise says is copied. ERR_CORRUPT
 * when it is another. */
MUST_USE enum err judging_read_command(struct node *node, uint64_t row, struct arena *arena,
                                       struct command *out_command);

#endif
