/* What a proof of a ledger says, from wherever the ledger was read. */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include <talea/v1/admin.pb-c.h>

#include "cli/cli.h"

/* Prints figures or finding; CLI_CORRUPT when it is not clean. Amounts are in the units of `cli`,
 * which must have them unless it prints JSON or the response has no figures. */
enum cli_exit verify_print(struct cli *cli, const Talea__V1__VerifyLedgerResponse *verdict);
/* The ledger in the folder of --data, without a node. */
enum cli_exit verify_data(struct cli *cli);

#endif
