/* Members of a list or a segment, page after page. */
#ifndef CLI_AUDIENCE_H
#define CLI_AUDIENCE_H

#include <talea/v1/back_office.pb-c.h>

#include "cli/session.h"

/* As CSV with the columns member and card, into --out's file where it is given; or as JSON. */
MUST_USE enum cli_exit audience_print(struct cli *cli, Talea__V1__ListAudienceRequest *request);

#endif
