/* What a pool's members may spend, for people. */
#ifndef CLI_POOL_RIGHTS_H
#define CLI_POOL_RIGHTS_H

#include <talea/v1/account.pb-c.h>

#include "cli/cli.h"

MUST_USE enum cli_exit pool_print_rights(struct cli *cli, const Talea__V1__GetPoolResponse *reply);

#endif
