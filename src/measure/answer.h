/* The bytes that a journal keeps of a survey's answer, beside what changes standings. Their first
 * byte tells them from all else that is kept there. Pure; any thread. */
#ifndef MEASURE_ANSWER_H
#define MEASURE_ANSWER_H

#include "base/bytes.h"
#include "base/ident.h"
#include "base/limits.h"

#define SURVEY_SCORE_MAX 10u

struct survey_answer {
    struct slice survey; /* its name */
    struct uid sale;
    unsigned score;
    struct slice store; /* where it was bought; may be empty */
    /* Sealed with a key that goes when the member is erased; empty: there is none. */
    struct slice comment;
};

/* Stored. */
#define SURVEY_ANSWER_KIND 0x51u

bool survey_answer_is(struct slice bytes);
/* Sticks to the buffer's error. */
void survey_answer_encode(const struct survey_answer *answer, struct buffer *out);
/* Points into the bytes. ERR_CORRUPT. */
MUST_USE enum err survey_answer_decode(struct slice bytes, struct survey_answer *out_answer);

#endif
