/* The node's status, for the commands that show parts of it. */
#ifndef CLI_NODE_H
#define CLI_NODE_H

#include <talea/v1/admin.pb-c.h>

#include "cli/session.h"

/* The caller releases the reply. */
MUST_USE enum cli_exit node_get_status(struct cli *cli, ProtobufCMessage **out_reply);
void node_print_peers(struct cli *cli, const Talea__V1__GetStatusResponse *status);

#endif
