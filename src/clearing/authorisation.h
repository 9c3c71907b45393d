/* Online authorisation between the redeeming brand and the card's home, as plain values. */
#ifndef CLEARING_AUTHORISATION_H
#define CLEARING_AUTHORISATION_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/ident.h"
#include "clearing/receipt.h"

struct hold_request {
    struct uid transaction_id; /* names the hold */
    struct partner_id redeemer;
    struct partner_id home;
    struct card_number card;
    struct points points;
    struct unix_ms requested;
    struct unix_ms capture_by;
};

struct hold_grant {
    struct uid hold;
    struct partner_id redeemer;
    struct partner_id home;
    struct card_number card;
    struct points points;
    struct unix_ms capture_by; /* T1 */
    struct unix_ms deliver_by; /* T2 */
};

struct hold_refusal {
    struct uid hold;
    struct partner_id redeemer;
    struct partner_id home;
    char reason[REASON_NAME_MAX];
};

/* Does the grant answer the request: same parties, card, hold, no other amount, T1 < T2? */
bool grant_answers(const struct hold_grant *grant, const struct hold_request *request);

#endif
