/* Every entry of a statement as CSV, fetched from the node page by page. */
#ifndef CLI_STATEMENT_CSV_H
#define CLI_STATEMENT_CSV_H

#include "charter/charter.h"
#include "cli/session.h"
#include "settlement/statement.h"

/* A new file. The entries must add up to the statement's totals, or none is left behind. What went
 * wrong is printed. */
MUST_USE enum cli_exit statement_csv(struct cli *cli, const char *partner,
                                     const struct pair_statement *statement,
                                     const struct charter *charter, const char *path);

#endif
