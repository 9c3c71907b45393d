/* What the commands over the RewardService share. */
#ifndef CLI_REWARD_H
#define CLI_REWARD_H

#include <talea/v1/till.pb-c.h>

#include "cli/amounts.h"

/* session_call of the RewardService. */
MUST_USE enum cli_exit reward_call(struct cli *cli, const char *method,
                                   const ProtobufCMessage *request, ProtobufCMessage **out_reply);
/* A day since 1970-01-01: "2026-10-03". */
const char *reward_day(int64_t day, char out_text[TIME_TEXT_MAX]);
/* Things that were given, with their numbers and PINs. */
void reward_print_items(struct cli *cli, const struct units *units,
                        Talea__V1__GivenItem *const *items, size_t count);

#endif
