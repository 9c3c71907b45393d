/* Domain values as the API's messages. Everything lives in the caller's arena or in the values
 * given. NULL when the arena is full. */
#ifndef NODE_MESSAGES_H
#define NODE_MESSAGES_H

#include "base/arena.h"
#include "ledger/decide.h"
#include "talea/v1/types.pb-c.h"

char *message_uid(struct arena *arena, const struct uid *id);
/* A member's balance, exact at `now`. `member` is settled by the call. */
Talea__V1__Balance *message_balance(struct arena *arena, struct member *member, struct unix_ms now);

#endif
