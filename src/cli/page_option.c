#include "cli/page_option.h"

enum cli_exit page_read_language(struct cli *cli, enum page_language *out_language)
{
    const char *code = cli_option(cli, OPT_LANGUAGE);
    *out_language = PAGE_EN;
    return code == NULL || page_language_parse(code, out_language) == ERR_OK
               ? CLI_OK
               : cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "en, ru, kk",
                          "--language: \"%s\" is none", code);
}
