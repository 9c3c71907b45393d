/* What the commands over the TillService share. */
#ifndef CLI_TILL_H
#define CLI_TILL_H

#include <talea/v1/till.pb-c.h>

#include "cli/session.h"

/* session_call of the TillService. */
MUST_USE enum cli_exit till_call(struct cli *cli, const char *method,
                                 const ProtobufCMessage *request, ProtobufCMessage **out_reply);
/* --limit and --page; leaves the token as it is without one. */
MUST_USE enum cli_exit till_read_page(struct cli *cli, uint32_t *out_size, char **out_token);

#endif
