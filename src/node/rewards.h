/* What the parts of rewards share. Internal to the module. */
#ifndef NODE_REWARDS_H
#define NODE_REWARDS_H

#include "base/amount.h"

/* More than any price: what a member of another home has is its home's to say. */
#define REWARD_BALANCE_UNKNOWN INT64_C(1000000000000000)

#endif
