/* The distinct customers that a brand's export files name, in order of their numbers.
 *
 * A customer counts when the mapping can read the row's texts, whatever becomes of the row later: a
 * receipt that is excluded or returned still names one. Numbers longer than a member's reference
 * (LIMIT_REFERENCE_BYTES) are no customers; the import rejects them.
 */
#ifndef GENERATOR_CUSTOMERS_H
#define GENERATOR_CUSTOMERS_H

#include "base/error.h"

/* Zeroed is empty. */
struct customers {
    char **at;
    size_t count;
    size_t capacity;
};

/* Adds a file's customers. A mapping without customers adds none. What the mapping and the file
 * give as errors. */
MUST_USE enum err customers_read(struct customers *customers, const char *file, const char *mapping,
                                 struct note *note);
/* Sorts and drops repeats: whole numbers by value and first, other texts after them by bytes. */
void customers_rank(struct customers *customers);
void customers_fini(struct customers *customers);

#endif
