/* Inside libtalea: selectors and balances, which several calls share. */
#ifndef CLIENT_ACCOUNT_H
#define CLIENT_ACCOUNT_H

#include <talea/v1/types.pb-c.h>

#include "client/client.h"

/* Borrows. TALEA_INVALID_ARGUMENT unless exactly one is given. */
int account_select(const struct talea_selector *selector, Talea__V1__MemberSelector *out,
                   struct talea_error *error);
/* Copies; all zeros for NULL. TALEA_RESOURCE_EXHAUSTED without memory. */
int account_copy_balance(const Talea__V1__Balance *balance, const char *member_id,
                         struct talea_balance *out, struct talea_error *error);

#endif
