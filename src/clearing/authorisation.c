#include "clearing/authorisation.h"

#include <string.h>

bool grant_answers(const struct hold_grant *grant, const struct hold_request *request)
{
    return uid_equal(&grant->hold, &request->transaction_id) &&
           partner_id_equal(&grant->redeemer, &request->redeemer) &&
           partner_id_equal(&grant->home, &request->home) &&
           strncmp(grant->card.digits, request->card.digits, sizeof grant->card.digits) == 0 &&
           grant->points.minor == request->points.minor &&
           grant->capture_by.ms < grant->deliver_by.ms;
}
