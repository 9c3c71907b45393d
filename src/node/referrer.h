/* Who brought a member, as calls say it. */
#ifndef NODE_REFERRER_H
#define NODE_REFERRER_H

#include "base/ident.h"
#include "rpc/server.h"
#include "talea/v1/types.pb-c.h"

struct node;

/* Nil where none is named. Refuses the call by itself (REFERRER_UNKNOWN) and returns false when
 * the one who is named is no member. */
MUST_USE bool request_referrer(struct node *node, struct rpc_call *call,
                               const Talea__V1__MemberSelector *selector, struct uid *out_referrer);

#endif
