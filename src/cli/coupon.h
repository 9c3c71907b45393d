/* What the commands about coupons share. */
#ifndef CLI_COUPON_H
#define CLI_COUPON_H

#include "cli/session.h"
#include "talea/v1/programme.pb-c.h"

/* session_call of the ProgrammeService. */
MUST_USE enum cli_exit coupon_call(struct cli *cli, const char *method,
                                   const ProtobufCMessage *request, ProtobufCMessage **out_reply);

/* --until, the first day on which codes are over; 0 where it isn't given. A time is refused. */
MUST_USE enum cli_exit coupon_read_until(struct cli *cli, int64_t *out_local_ms);

/* Is it --segment or --list whose members get codes? */
bool coupon_has_audience(const struct cli *cli);
/* A code for each of them. Prints what is wrong, and what was done. */
MUST_USE enum cli_exit coupon_issue_audience(struct cli *cli);

#endif
