/* --language of the commands that write pages. */
#ifndef CLI_PAGE_OPTION_H
#define CLI_PAGE_OPTION_H

#include "cli/cli.h"
#include "cli/page_text.h"

/* English when it is not given. */
MUST_USE enum cli_exit page_read_language(struct cli *cli, enum page_language *out_language);

#endif
