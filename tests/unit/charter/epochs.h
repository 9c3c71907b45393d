/* Epochs of the coalition, made and signed in memory. */
#ifndef TESTS_CHARTER_EPOCHS_H
#define TESTS_CHARTER_EPOCHS_H

#include "charter/charter_chain.h"
#include "coalition.h"

#define SEPTEMBER_2026 INT64_C(1790000000000) /* of the coalition's first charter */

/* Members sign with their root keys, bit 0 the first. The SignedCharter; appends. */
void epoch_sign(const struct coalition *coalition, unsigned signers, struct buffer *bytes);
/* The epoch that the terms say, signed by these, opened; the caller closes it. */
struct charter *epoch_make(const struct coalition *coalition, unsigned signers);
/* Terms of the epoch after `previous`, which must outlive them. */
void epoch_continue(struct coalition *coalition, const struct charter *previous);
/* Makes the terms' epoch and expects this of charter_make, and of charter_follows where that makes
 * one; NULL: it follows. */
void epoch_expect(struct coalition *coalition, const struct charter *previous, const char *problem);

#endif
