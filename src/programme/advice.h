/* What is wrong with a programme though it can be read: rules that can never give anything, names
 * that nothing uses, and pairs of which one always stands in the other's way. Pure; any thread.
 */
#ifndef PROGRAMME_ADVICE_H
#define PROGRAMME_ADVICE_H

#include "programme/rules.h"

enum advice_of {
    ADVICE_NEVER_FIRES, /* the rule can't give anything */
    ADVICE_CONTRADICTS, /* two rules: the second never gets its turn */
    ADVICE_UNUSED       /* goods or a metric that no rule looks at */
};

struct advice {
    enum advice_of of;
    unsigned line; /* of the file; 0 where it is not known */
    char text[192];
};

struct advice_list {
    const struct advice *at; /* in the arena; by line */
    size_t count;
};

/* ERR_RESOURCE. */
MUST_USE enum err advice_give(const struct rules *rules, struct arena *arena,
                              struct advice_list *out_list);

#endif
