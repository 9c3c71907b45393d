/* What a dispute's evidence proves, for people and as JSON. */
#ifndef CLI_DISPUTE_PRINT_H
#define CLI_DISPUTE_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "dossier/dispute_audit.h"

/* Who signed the entry and what answered it, the promise behind it, and what the steps come to;
 * `with_steps`: with each of them. */
void dispute_print_proof(FILE *out, const struct charter *charter,
                         const struct dispute_proof *proof, bool with_steps);
/* To be freed by json_decref; NULL without memory. */
json_t *dispute_proof_json(const struct dispute_proof *proof);
/* The first thing that is wrong, as one line; cut to fit. */
void dispute_flaw_text(const struct audit_flaw *flaw, char *out, size_t capacity);

#endif
