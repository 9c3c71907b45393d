/* Two brands at odds: what either says in a dispute about an entry of alfa's, and what both ledgers
 * must have of it. */
#ifndef LEDGER_QUARREL_H
#define LEDGER_QUARREL_H

#include "pair.h"

enum {
    GIVEN = 100, /* by the earn */
    BURNT = 60   /* by the capture */
};

/* The sides and the disputed entry. */
struct quarrel {
    struct pair *pair;
    enum entry_kind kind;
    struct uid earn;
    struct uid hold;
    uint64_t number; /* of the disputed entry, of alfa's stream */
    struct desk *opener;
    struct desk *answerer;
};

struct uid quarrel_earn(struct pair *pair);
/* Beta grants a hold to alfa's till, if it does; alfa has it in any case. */
struct uid quarrel_hold(struct pair *pair, bool is_granted);
void quarrel_use(struct pair *pair, enum command_kind kind, const struct uid *hold);
/* Something to dispute: the last entry of alfa's. Refused ones are of a card that beta blocks for
 * the moment, of a hold that it did not grant, or under a tariff that it does not have just now. */
void quarrel_make(struct quarrel *q, enum entry_kind kind, bool is_applied);

/* By the opener. */
enum verdict quarrel_open(struct quarrel *q, int64_t claim);
enum verdict quarrel_step(struct quarrel *q, struct desk *desk, enum dispute_step step);

struct dispute quarrel_row(struct quarrel *q, const struct desk *desk);
/* At both; and both have noted what was said. */
void quarrel_assert_state(struct quarrel *q, enum dispute_state state);

#endif
