/* Writing a corpus: one file a seed. */
#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H

#include "base/bytes.h"

/* The new file FOLDER/TARGET/NAME; a file of that name is replaced. Ends the process if it can't.
 */
void seed_write(const char *folder, const char *target, const char *name, struct slice bytes);
/* The same with a format's number before it. */
void seed_write_choice(const char *folder, const char *target, const char *name, unsigned choice,
                       struct slice bytes);

#endif
