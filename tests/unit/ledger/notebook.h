/* What programmes remember, as tests write it down: changes of one number, told at a desk. */
#ifndef TESTS_LEDGER_NOTEBOOK_H
#define TESTS_LEDGER_NOTEBOOK_H

#include "desk.h"

/* Slots: the two lowest bits say how their numbers merge. */
enum {
    COUNT = 4,
    LATEST = 8 + SLOT_LATEST,
    EARLIEST = 12 + SLOT_EARLIEST,
    STAYS = 16 + SLOT_STAYS
};

struct standing_step set_step(uint64_t slot, int64_t bucket, int64_t before, int64_t after);
struct standing_step add_step(uint64_t slot, int64_t delta, int64_t least, int64_t most);
struct standing_step take_step(uint64_t slot, int64_t delta);
struct buffer group_of(const struct standing_owner *owner, struct standing_step *steps,
                       size_t count);
struct command change_of(struct desk *desk, struct uid occasion, struct slice groups);
enum verdict change(struct desk *desk, struct uid occasion, const struct standing_owner *owner,
                    struct standing_step step);
enum verdict change_now(struct desk *desk, const struct standing_owner *owner,
                        struct standing_step step);
enum verdict take_back(struct desk *desk, struct uid occasion, const struct standing_owner *owner,
                       struct standing_step step);
int64_t value_at(struct desk *desk, const struct standing_owner *owner, uint64_t slot,
                 int64_t bucket);
int64_t value(struct desk *desk, const struct standing_owner *owner, uint64_t slot);
size_t count_of(struct desk *desk, const struct standing_owner *owner);
struct command reserve_of(struct desk *desk, enum reserve_step step, struct uid quote,
                          struct slice groups);
struct uid quote(struct desk *desk, const struct standing_owner *owner, struct standing_step step,
                 enum verdict *out_verdict);
enum verdict expire(struct desk *desk, struct uid quote_id, struct unix_ms until);

#endif
