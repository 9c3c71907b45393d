/* What the commands over the PaymentService share. */
#ifndef CLI_PAYMENT_H
#define CLI_PAYMENT_H

#include <talea/v1/payment.pb-c.h>

#include "cli/session.h"

/* session_call of the PaymentService. */
MUST_USE enum cli_exit payment_call(struct cli *cli, const char *method,
                                    const ProtobufCMessage *request, ProtobufCMessage **out_reply);
const char *payment_state_word(Talea__V1__SettlementState state);
/* --period, or 0. */
MUST_USE enum cli_exit payment_read_period(struct cli *cli, uint32_t *out_period);

#endif
