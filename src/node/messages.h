/* Domain values as the API's messages. Everything lives in the caller's arena or in the values
 * given. NULL when the arena is full. */
#ifndef NODE_MESSAGES_H
#define NODE_MESSAGES_H

#include "base/arena.h"
#include "ledger/decide.h"
#include "talea/v1/types.pb-c.h"

struct node;

char *message_uid(struct arena *arena, const struct uid *id);
/* Of a field of fixed size, which need not end in a NUL. */
char *message_copy(struct arena *arena, const char *text, size_t capacity);
/* A member's balance, exact at `now`. `member` is settled by the call. */
Talea__V1__Balance *message_balance(struct arena *arena, struct member *member, struct unix_ms now);
/* What a member of ours has now; NULL also for the nil id and when it can't be read. */
Talea__V1__Balance *message_balance_now(struct node *node, struct arena *arena,
                                        const struct uid *member);
/* What a settled member has that ends one day, soonest first. */
Talea__V1__Expiry **message_expiring(struct arena *arena, const struct member *member,
                                     size_t *out_count);

#endif
