/* What every fuzz target is made of.
 *
 * A target gives LLVMFuzzerTestOneInput. In the preset `fuzz` libFuzzer calls it; in every other
 * build replay.c calls it once for each file of its corpus. An expectation that does not hold is an
 * ASSERT, which ends the process. Targets of several formats take the first byte of the input as
 * the format's number.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

/* The encoder had no error, and made these bytes. */
void fuzz_expect_same(struct slice bytes, const struct buffer *again);
/* A refusal is the input's fault or a limit's, never ours, and says so in one printable line. */
void fuzz_expect_refusal(enum err err, const struct note *note);
/* The same of what has no note. */
void fuzz_expect_blame(enum err err);
/* The format's number, below `count`, and the input without it. False when there is none. */
bool fuzz_choose(struct slice *bytes, unsigned count, unsigned *out_choice);
/* A text of the input's bytes up to the first NUL; NULL without memory. The caller frees it. */
char *fuzz_text(struct slice bytes);
void fuzz_text_free(char **text); /* for CLEANUP() */

#endif
