/* The brand's own receipts, kept to find the sale that a return belongs to. An LMDB environment of
 * its own beside the ledger: it decides nothing about points, and importing the receipts again
 * fills it again.
 */
#ifndef NODE_ARCHIVE_H
#define NODE_ARCHIVE_H

#include "base/error.h"

struct archive;

MUST_USE enum err archive_open(const char *folder, struct archive **out_archive, struct note *note);
/* NULL is allowed. */
void archive_close(struct archive *archive);

#endif
