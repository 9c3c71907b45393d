/* A return that names the lines that come back: the sale without them is judged once more, on the
 * standing and by the version that it was judged by. What the rest still deserves stays, all else
 * that the sale gave goes back.
 *
 * Thread rule: under the node's return_lock.
 */
#ifndef NODE_JUDGING_LINES_H
#define NODE_JUDGING_LINES_H

#include "node/judging.h"

/* What the till says comes back. */
struct line_back {
    uint32_t line;          /* its place on the receipt, from 1 on */
    int64_t quantity_milli; /* 0: all that is left of it */
};

/* What it comes to. */
struct lines_rest {
    bool is_all;          /* nothing of the sale is left */
    struct money amount;  /* that comes back now, by the prices and discounts that the rest has */
    struct points kept;   /* what the rest deserves */
    struct buffer groups; /* and would have changed; empty when nothing is left */
    struct standing_changes whole; /* what all of the sale changes, judged again; in the arena */
    struct standing_changes left;  /* and what was left of it until now */
    struct buffer remarks;         /* the group that remembers what came back */
    struct buffer evidence; /* kept_return: what came back, and what that changed of each rule */
};
void lines_rest_fini(struct lines_rest *rest);

/* Hash of all that is said of the lines. */
struct hash judging_lines_said(const struct line_back *lines, size_t count, struct money amount);
/* `change` is what the sale changed; `sale` its row. ERR_INPUT with a note: a line that there is
 * not, or of which less is left. ERR_UNSUPPORTED with a note: judged again it would give something
 * else. */
MUST_USE enum err judging_lines_rest(struct node *node, const struct snapshot *snapshot,
                                     const struct uid *id, const struct sale *sale,
                                     const struct command_standing *change,
                                     const struct line_back *lines, size_t count,
                                     struct arena *arena, struct lines_rest *out_rest,
                                     struct note *note);

/* As judging_return_both, of what the lines come to: the command's amount where it is not 0.
 * ERR_NOT_FOUND: the sale was not judged. */
MUST_USE enum err judging_return_lines(struct node *node, const struct snapshot *snapshot,
                                       const struct command *give_back,
                                       const struct line_back *lines, size_t count,
                                       struct outcome *out_outcome, struct note *note);

/* A return by line, or by amount without lines, told by somebody else than the node's engine: all
 * of the commands or none. Nobody looks at events that it takes back. */
typedef enum err judging_tell(void *context, const struct command *commands, size_t count,
                              struct outcome *out_outcomes);
MUST_USE enum err judging_return_told(struct node *node, const struct snapshot *snapshot,
                                      const struct command *give_back,
                                      const struct line_back *lines, size_t count,
                                      judging_tell *tell, void *context,
                                      struct outcome *out_outcome, struct note *note);

#endif
