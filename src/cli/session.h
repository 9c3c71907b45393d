/* The connection to the node, and what every command that calls does alike. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "charter/charter_store.h"
#include "cli/cli.h"

/* Connects (lazily: C core does it with the first call) with the certificate of the command's role
 * or --as. Prints what is wrong. */
MUST_USE enum cli_exit session_open(struct cli *cli);

/* One unary call of "talea.v1.<service>"; repeats it for a moment while the node is not there. On
 * CLI_OK `*out_reply` is the caller's (message_free); else a line was printed. */
MUST_USE enum cli_exit session_call(struct cli *cli, const ProtobufCServiceDescriptor *service,
                                    const char *method, const ProtobufCMessage *request,
                                    ProtobufCMessage **out_reply);
/* The same without printing. */
MUST_USE struct rpc_status session_try(struct cli *cli, const ProtobufCServiceDescriptor *service,
                                       const char *method, const ProtobufCMessage *request,
                                       ProtobufCMessage **out_reply);

/* --transaction-id, or a new one, kept for the advice of a failure. */
MUST_USE enum cli_exit session_transaction_id(struct cli *cli, const char **out_id);

/* The coalition's units: from the node, or, where this role may not ask, from the home's charter.
 */
MUST_USE enum cli_exit session_units(struct cli *cli, const struct units **out_units);

/* The charter of --charter alone; or the home's with all epochs that its node accepted. With enough
 * signatures; the caller ends it with charter_chain_fini. */
MUST_USE enum err session_chain(struct cli *cli, struct charter_chain *out_chain,
                                struct note *note);
/* The last one of these; the caller closes it. */
MUST_USE enum err session_charter(struct cli *cli, struct charter **out_charter, struct note *note);
/* From now on, amounts are in this charter's units. */
MUST_USE enum err session_use_units(struct cli *cli, const struct charter *charter);

/* The message as JSON. */
enum cli_exit session_print_json(struct cli *cli, const ProtobufCMessage *message);

#endif
