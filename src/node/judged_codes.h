/* Coupons' codes of purchases that come in batches and imports: read before they are judged, and
 * answered when all is durable.
 */
#ifndef NODE_JUDGED_CODES_H
#define NODE_JUDGED_CODES_H

#include "node/judging.h"
#include "talea/v1/till.pb-c.h"

/* What became of them. */
struct judged_codes {
    Talea__V1__CodeAnswer **at;
    size_t count;
};

/* Into the case; borrows the texts until it was judged. ERR_INPUT with a note: more than
 * LIMIT_SHOWN_CODES, or one that is empty, too long, not printable, or shown before. */
MUST_USE enum err judged_codes_read(char *const *codes, size_t count, struct judging_case *judged,
                                    struct note *note);

/* As it was judged now, or, of a repeat, when it was told first; in the arena. None where none were
 * shown. ERR_RESOURCE, ERR_STORAGE, ERR_CORRUPT. */
MUST_USE enum err judged_codes_answer(struct node *node, const struct judging_case *judged,
                                      bool is_repeat, struct arena *arena,
                                      struct judged_codes *out_codes);

#endif
