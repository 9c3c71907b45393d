/* The parts of a judgement that only quotes have. Internal to node/judging*.c. */
#ifndef NODE_JUDGING_QUOTE_H
#define NODE_JUDGING_QUOTE_H

#include "node/judging.h"

/* Judges a quote, or once more what one promised, on the member's standing; fills judgement, quote
 * and digest. ERR_INTERNAL with a note when what was promised comes out otherwise. */
MUST_USE enum err judging_make_quote(const struct node *node, const struct ledger_view *view,
                                     struct judging_case *judged, const struct standing *standing,
                                     struct note *note);
/* The command that holds what the case promises; its evidence becomes a kept_quote. */
MUST_USE enum err judging_make_reserve(const struct node *node, struct judging_case *judged,
                                       struct note *note);
/* The command of the record at this row; what a change or a promise says is copied. ERR_CORRUPT
 * when it is another. */
MUST_USE enum err judging_read_command(struct node *node, uint64_t row, struct arena *arena,
                                       struct command *out_command);

#endif
