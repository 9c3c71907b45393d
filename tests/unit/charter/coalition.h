/* A coalition of three in memory: keys, authorities, introductions, and a charter of them. */
#ifndef TESTS_CHARTER_COALITION_H
#define TESTS_CHARTER_COALITION_H

#include "charter/charter_file.h"
#include "charter/introduction.h"

#define MEMBERS 3

struct member {
    struct partner_id id;
    struct signing_key root;
    struct introduction_key online;
    char *ca; /* PEM */
    struct buffer introduction;
};

struct coalition {
    struct member members[MEMBERS]; /* fuel, grocer, hotel */
    struct charter_tariff tariffs[2];
    struct charter_terms terms;
};

void coalition_begin(struct coalition *coalition);
void coalition_end(struct coalition *coalition);

struct signing_key key_of(uint8_t seed);
/* The terms of one member's introduction. */
struct introduction_terms introduction_terms_of(const struct coalition *coalition, unsigned member);
/* The unsigned charter of all three; appends. */
enum err coalition_charter(const struct coalition *coalition, struct buffer *out,
                           struct note *note);

#endif
