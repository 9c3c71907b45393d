/* What the parts of rewards share. Internal to the module. */
#ifndef NODE_REWARDS_H
#define NODE_REWARDS_H

#include "node/snapshot.h"
#include "programme/kept_case.h"

/* More than any price: what a member of another home has is its home's to say. */
#define REWARD_BALANCE_UNKNOWN INT64_C(1000000000000000)

/* Was a reward among what the occasion gave? */
bool rewards_are_in(const struct snapshot *snapshot, const struct kept_case *kept);

#endif
