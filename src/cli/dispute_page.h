/* A dispute as a page to print: HTML in one file, A4, in a language (cli/page_text.h). */
#ifndef CLI_DISPUTE_PAGE_H
#define CLI_DISPUTE_PAGE_H

#include "cli/dispute_sight.h"
#include "cli/page_text.h"

/* Appends the page. Names and units are those of the last charter. ERR_RESOURCE. */
MUST_USE enum err dispute_page(const struct dispute_sight *sight, enum page_language language,
                               struct buffer *out);

#endif
