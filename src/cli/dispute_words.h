/* What is said in disputes, in the pages' languages. */
#ifndef CLI_DISPUTE_WORDS_H
#define CLI_DISPUTE_WORDS_H

#include "cli/page_text.h"
#include "clearing/dispute.h"

/* Their plain names where there are no words. */
const char *page_dispute_state(enum page_language language, enum dispute_state state);
const char *page_dispute_step(enum page_language language, enum dispute_step step);
const char *page_dispute_reason(enum page_language language, enum dispute_reason reason);

#endif
