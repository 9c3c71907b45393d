/* What the commands over the BackOfficeService share. */
#ifndef CLI_OFFICE_H
#define CLI_OFFICE_H

#include "cli/session.h"

/* session_call of the BackOfficeService. */
MUST_USE enum cli_exit office_call(struct cli *cli, const char *method,
                                   const ProtobufCMessage *request, ProtobufCMessage **out_reply);
/* "2026-10" to year * 100 + month. */
MUST_USE enum cli_exit office_read_period(struct cli *cli, const char *text, uint32_t *out_period);
/* The statement with the partner and of the period that the first two arguments name; refused
 * where there is none yet. The message is the caller's, as of session_call. */
MUST_USE enum cli_exit office_get_statement(struct cli *cli, ProtobufCMessage **out_statement);

#endif
