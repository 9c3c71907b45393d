/* Why one item of an import was not taken: a reason for programs and a sentence for people. */
#ifndef NODE_IMPORT_REFUSAL_H
#define NODE_IMPORT_REFUSAL_H

#include "base/error.h"
#include "ledger/verdict.h"

struct import_refusal {
    const char *code; /* a constant; NULL: not refused */
    struct note message;
};

/* Gives false, so that `return import_refuse(...)` reads well where true means fine. */
bool import_refuse(struct import_refusal *refusal, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* By the ledger's verdict, in its words. */
bool import_refuse_verdict(struct import_refusal *refusal, enum verdict verdict);
/* Printable UTF-8 of at most `limit` bytes? If not, refuses with INVALID_TEXT or TEXT_TOO_LONG. */
bool import_check_text(struct import_refusal *refusal, const char *field, const char *text,
                       size_t limit);

#endif
