/* What a member agrees to, and when it was born, as calls say it. */
#ifndef NODE_CONSENT_H
#define NODE_CONSENT_H

#include "node/birthday.h"
#include "notify/words.h"
#include "rpc/server.h"
#include "talea/v1/types.pb-c.h"

struct node;

struct consent_change {
    enum notify_language language; /* none: as it is */
    uint8_t changed;               /* a bit for each channel that is named */
    uint8_t agreed;
};

/* Refuses the call by itself and returns false when it is not what it must be. */
MUST_USE bool request_consents(struct rpc_call *call, const char *language,
                               Talea__V1__Consent *const *consents, size_t count,
                               struct consent_change *out_change);
/* The same of a birthday. */
MUST_USE bool request_birthday(const struct node *node, struct rpc_call *call, const char *text,
                               struct birthday *out_birthday);

#endif
