/* The parts of a judgement that only quotes have. Internal to node/judging*.c and till_quote.c. */
#ifndef NODE_JUDGING_QUOTE_H
#define NODE_JUDGING_QUOTE_H

#include "node/judging.h"

/* Judges a quote on the member's standing; fills judgement, quote and digest. */
MUST_USE enum err judging_make_quote(struct judging_case *judged, const struct standing *standing,
                                     struct note *note);
/* Makes the case one of JUDGING_CONFIRM: of what was promised, and of the quote's card and time.
 * All is borrowed, and outlives the case. */
void judging_begin_confirm(struct judging_case *judged, const struct programme_version *version,
                           const struct kept_quote *promise, const struct kept_case *promised);
/* The judgement that a quote promised, on the member's standing as it is now. ERR_RESOURCE. */
MUST_USE enum err judging_take_promise(struct judging_case *judged, const struct standing *now);
/* The command that holds what the case promises; its evidence becomes a kept_quote. */
MUST_USE enum err judging_make_reserve(const struct node *node, struct judging_case *judged,
                                       struct note *note);
/* The journal row of the quote's promise. ERR_NOT_FOUND: there was none, or its id is forgotten. */
MUST_USE enum err judging_find_reserve(const struct node *node, const struct ledger_view *view,
                                       const struct uid *quote, uint64_t *out_row);
/* The command of the record at this row; what a change or a promise says is copied. ERR_CORRUPT
 * when it is another. */
MUST_USE enum err judging_read_command(struct node *node, uint64_t row, struct arena *arena,
                                       struct command *out_command);

#endif
