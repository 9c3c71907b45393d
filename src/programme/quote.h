/* What a basket would cost and give, said before it is paid: the judgement, and how much of it
 * points may pay. What is confirmed is what was promised: the same occasion at the quote's time,
 * judged on the same numbers, has the same bytes. Pure; any thread.
 */
#ifndef PROGRAMME_QUOTE_H
#define PROGRAMME_QUOTE_H

#include "programme/judge.h"

struct burn_terms {
    int64_t smallest_minor; /* points; fewer can't be spent on a basket */
    struct decimal share;   /* percent of what the basket costs, 0 to 100, that points may pay */
    int64_t points_minor;   /* so many points pay; 0: points pay nothing */
    int64_t worth_minor;    /* so much money, 1 or more */
    const uint16_t *except; /* sets of goods that points don't pay */
    size_t except_count;
};

/* ERR_INPUT when they are not as said above; `goods` is how many sets there are. */
MUST_USE enum err burn_terms_check(const struct burn_terms *terms, size_t goods);

/* What points may pay at most of a basket that was judged: its share of what the lines that points
 * pay cost after discounts, rounded down. ERR_RANGE, ERR_RESOURCE. */
MUST_USE enum err burn_terms_most(const struct rules *rules, const struct burn_terms *terms,
                                  const struct occasion *occasion,
                                  const struct judgement *judgement, struct arena *arena,
                                  struct money *out_most);

struct quote {
    struct judgement judgement; /* as nothing was paid in points, unless the occasion says so */
    struct points spendable;    /* of the balance, on this basket */
    struct money payable;       /* what these pay */
};

/* What judge says; ERR_INPUT also for terms that are not as said above. */
MUST_USE enum err quote_make(const struct rules *rules, const struct burn_terms *terms,
                             const struct standing *standing, const struct occasion *occasion,
                             struct arena *arena, struct quote *out_quote, struct note *note);

/* All that the quote promises, and of what, in bytes for a digest: lines and their discounts,
 * codes, points, what each rule gave, what changes and is claimed. Two quotes that promise the same
 * have the same. */
void quote_write(const struct rules *rules, const struct occasion *occasion,
                 const struct quote *quote, struct buffer *out);

#endif
