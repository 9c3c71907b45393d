/* What an office says of a member in its own words: why points should move, what a review found.
 *
 * About a member of this brand it comes sealed under the member's own key, as personal data does,
 * and goes with it: nobody can read it any more once the member is erased. The ledger can neither
 * read nor compare it. What is about nobody with a key, a pool or a till, is plain; so is all of it
 * in ledgers of before.
 */
#ifndef LEDGER_REMARK_H
#define LEDGER_REMARK_H

#include "base/bytes.h"
#include "base/limits.h"

#define PERSONAL_TAG_SIZE 16

/* In a command. */
struct remark {
    char text[LIMIT_NAME_BYTES + 1]; /* empty where it is sealed */
    uint8_t tag[PERSONAL_TAG_SIZE];  /* keyed hash of what was said; zeros: `text` is it */
    struct slice sealed; /* at most LIMIT_SEALED_REMARK_BYTES; empty: there is no key any more */
};

/* In a row. */
struct kept_remark {
    char text[LIMIT_NAME_BYTES + 1];
    bool is_sealed;
    size_t sealed_length; /* may be 0, as above */
    uint8_t sealed[LIMIT_SEALED_REMARK_BYTES];
};

bool remark_is_sealed(const struct remark *remark);
struct kept_remark remark_kept(const struct remark *remark);

/* Stored bytes. The text is a field of every version; what is sealed stands behind all fields, in
 * a version of its own. Reading sticks to the reader's error; slices point into its input. */
void remark_write_text(struct buffer *out, const struct remark *remark);
void remark_read_text(struct reader *in, struct remark *out_remark);
void remark_write_sealed(struct buffer *out, const struct remark *remark);
void remark_read_sealed(struct reader *in, struct remark *remark);
/* What a repeat agrees in. */
void remark_write_said(struct buffer *out, const struct remark *remark);

void kept_remark_write_text(struct buffer *out, const struct kept_remark *kept);
void kept_remark_read_text(struct reader *in, struct kept_remark *out_kept);
/* Nothing for one that isn't sealed. */
void kept_remark_write_sealed(struct buffer *out, const struct kept_remark *kept);
void kept_remark_read_sealed(struct reader *in, struct kept_remark *kept);

#endif
