/* A brand with members, and of each kind of command one that will be VERDICT_OK: for tests that let
 * something fail in it. */
#ifndef TEST_KINDS_H
#define TEST_KINDS_H

#include "coalition.h"

#define KINDS_TOLD 32

struct kinds {
    struct brand a;
    struct uid member; /* with many points */
    struct card_number card;
    struct uid mandate; /* of the partner's, held; nil: not yet */
    unsigned last_id;
    uint8_t groups[256]; /* of the last change of standings that was made */
};

/* All that a caller may tell. */
extern const enum command_kind kinds_told[KINDS_TOLD];

/* Opens the brand. It makes no checkpoint by itself. */
void kinds_init(struct kinds *k);
void kinds_fini(struct kinds *k);
/* Of its own in `*state`, for each test; audited at its end. */
int kinds_setup(void **state);
int kinds_teardown(void **state);
/* Closes and opens: nothing is in memory, and buffers are small again. */
void kinds_reopen(struct kinds *k);
/* What the command needs is done before; it has an id of its own. */
struct command kinds_make(struct kinds *k, enum command_kind kind);

#endif
