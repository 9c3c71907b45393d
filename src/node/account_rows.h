/* Replies that say nothing but where the journal proves it. */
#ifndef NODE_ACCOUNT_ROWS_H
#define NODE_ACCOUNT_ROWS_H

#include "node/requests.h"
#include "node/replier.h"
#include "talea/v1/account.pb-c.h"

/* A reply_fn of this name, for a response whose one field is journal_row. `type` and `init` are
 * protobuf-c's for it. */
#define ACCOUNT_ROW_REPLY(name, type, init)                                                        \
    static void name(struct reply *reply)                                                          \
    {                                                                                              \
        type response;                                                                             \
        init(&response);                                                                           \
        response.journal_row = reply->outcome.answer.row;                                          \
        if (reply->outcome.verdict != VERDICT_OK) {                                                \
            refuse_verdict(reply->call, reply->outcome.verdict);                                   \
        } else {                                                                                   \
            rpc_call_reply(reply->call, &response.base);                                           \
        }                                                                                          \
    }

#endif
