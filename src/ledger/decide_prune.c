/* Transaction ids that nobody will repeat any more are forgotten. */
#include "ledger/decision.h"

#include <string.h>

enum err decide_prune(struct decision *d)
{
    struct slice keys = d->command->prune.keys;
    if (keys.length % TRANSACTION_KEY_SIZE != 0 ||
        keys.length / TRANSACTION_KEY_SIZE > LIMIT_PRUNE_KEYS) {
        return ERR_INPUT;
    }
    for (size_t at = 0; at < keys.length; at += TRANSACTION_KEY_SIZE) {
        struct ledger_key key = {.length = TRANSACTION_KEY_SIZE};
        memcpy(key.bytes, keys.at + at, TRANSACTION_KEY_SIZE);
        plan_delete(d->plan, TABLE_TRANSACTION, &key);
    }
    return ERR_OK;
}
