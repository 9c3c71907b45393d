/* A statement as a page to print: HTML in one file, A4, in a language (cli/page_text.h). */
#ifndef CLI_STATEMENT_PAGE_H
#define CLI_STATEMENT_PAGE_H

#include "cli/page_text.h"
#include "dossier/statement_proof.h"

/* Appends the page. Prices and names are those of `charter`. ERR_RESOURCE, or what charter_roster
 * says. */
MUST_USE enum err statement_page(const struct statement_proof *proof, const struct charter *charter,
                                 enum page_language language, struct buffer *out,
                                 struct note *note);

#endif
