/* What the commands over the AccountService share. */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include <talea/v1/account.pb-c.h>

#include "cli/session.h"

/* session_call of the AccountService. */
MUST_USE enum cli_exit account_call(struct cli *cli, const char *method,
                                    const ProtobufCMessage *request, ProtobufCMessage **out_reply);
/* A call of which there is nothing to print but that it is done: "word       what", "row  ...". */
MUST_USE enum cli_exit account_do(struct cli *cli, const char *method,
                                  const ProtobufCMessage *request, const char *word,
                                  const char *what);
/* "points     40 Sparks" and the like. */
MUST_USE enum cli_exit account_print_points(struct cli *cli, const char *word, int64_t points);
/* The id of argument `index`, which must be a UUID; `what` names it in the line of a failure. */
MUST_USE enum cli_exit account_read_id(struct cli *cli, size_t index, const char *what,
                                       const char **out_id);

#endif
