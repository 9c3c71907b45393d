/* --language of the commands that write pages. */
#ifndef CLI_PAGE_OPTION_H
#define CLI_PAGE_OPTION_H

#include "cli/cli.h"
#include "cli/page_text.h"

#define PAGE_OPTIONS                                                                               \
    {"html", OPT_HTML, "FILE", 0, "Also write a page to print to a new file", 0},                  \
    {                                                                                              \
        "language", OPT_LANGUAGE, "en|ru|kk", 0, "The page's language (default: en)", 0            \
    }

/* English when it is not given. */
MUST_USE enum cli_exit page_read_language(struct cli *cli, enum page_language *out_language);

#endif
