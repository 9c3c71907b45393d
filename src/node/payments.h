/* This brand's payments, gathered for one call, and as messages. Internal to the module. */
#ifndef NODE_PAYMENTS_H
#define NODE_PAYMENTS_H

#include "node/partner_host.h"
#include "talea/v1/payment.pb-c.h"

struct payment_line {
    struct partner_id partner;
    struct period period;
    struct obligation obligation; /* its slices are in the arena */
};

struct payment_lines {
    struct arena arena;
    struct payment_line **lines; /* newest period first, then by partner */
    size_t count;
    size_t capacity;
    struct period only; /* 0: all */
    const struct partner_id *self;
    enum err err;
};

/* Those of a period, 0: of all, as they are durable. The caller ends it with payment_lines_fini,
 * also after an error. */
MUST_USE enum err payment_lines_read(struct node *node, const struct partner_id *self,
                                     struct period only, struct payment_lines *out_lines);
void payment_lines_fini(struct payment_lines *lines);
/* NULL when there is none. */
const struct payment_line *payment_lines_find(const struct payment_lines *lines,
                                              const char *reference);
/* In the arena, which the message's texts borrow from, too. NULL when it is full. */
Talea__V1__Payment *payment_message(const struct payment_line *line, const struct partner_id *self,
                                    struct arena *arena);
/* One line for people about what it waits for, in the arena; empty when for nothing. */
char *payment_waits_for(const struct obligation *obligation, const struct partner_id *self,
                        struct arena *arena);
Talea__V1__SettlementState payment_state(const struct obligation *obligation);

#endif
