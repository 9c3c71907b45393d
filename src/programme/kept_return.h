/* What is kept of a return by line, as bytes: which lines came back, and what each rule's part of
 * the sale was before and is with what is left. Pure; any thread.
 */
#ifndef PROGRAMME_KEPT_RETURN_H
#define PROGRAMME_KEPT_RETURN_H

#include "base/arena.h"
#include "programme/judge.h"

/* Of a line, in all, in thousandths as returned_lines.h counts it. */
struct kept_back {
    uint32_t line; /* its place on the receipt, from 1 on */
    int64_t before;
    int64_t after;
};

/* Of a rule, in what it gives. */
struct kept_change {
    uint16_t rule; /* by place in the version's text */
    int64_t before;
    int64_t after;
};

struct kept_return {
    uint32_t programme; /* its number in the ledger */
    const struct kept_back *lines;
    size_t line_count;
    const struct kept_change *rules; /* of those whose part changed */
    size_t rule_count;
};

/* The rules whose awards differ, in the order of the text. In the arena. ERR_RESOURCE. */
MUST_USE enum err kept_return_compare(const struct judgement *before, const struct judgement *after,
                                      size_t rules, struct arena *arena,
                                      struct kept_return *out_return);
/* Sticks to the buffer's error. */
void kept_return_encode(const struct kept_return *kept, struct buffer *out);
/* Lists are in the arena. ERR_NOT_FOUND: it is something else; ERR_CORRUPT, ERR_RESOURCE. */
MUST_USE enum err kept_return_decode(struct slice bytes, struct arena *arena,
                                     struct kept_return *out_return);

#endif
