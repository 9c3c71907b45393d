/* A call whose answer comes in parts, shown as it gets on. */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "cli/progress.h"
#include "cli/session.h"

/* Takes one message, and shows how far it is. An error ends the call; the note says why. */
typedef enum err follow_take(void *context, const ProtobufCMessage *message,
                             struct progress *progress, struct note *note);

/* Calls a method of "talea.v1.<service>" and gives each message to `take`. It may last: only
 * silence is limited by --timeout. Prints what went wrong. */
MUST_USE enum cli_exit follow_call(struct cli *cli, const ProtobufCServiceDescriptor *service,
                                   const char *method, const ProtobufCMessage *request,
                                   const char *progress_label, follow_take *take, void *context);

#endif
