/* What a programme's fraud rules would have found in an export of receipts: the false alarms are
 * among it. Exports say neither till nor cashier: rules by these find nothing there. */
#ifndef CLI_PROGRAMME_FRAUD_H
#define CLI_PROGRAMME_FRAUD_H

#include <jansson.h>

#include "cli/programme.h"
#include "receipts/receipt.h"

struct fraud_trial;

/* NULL in `*out_trial` for a programme without such rules. ERR_RESOURCE. */
MUST_USE enum err fraud_trial_create(const struct fraud_rules *rules,
                                     struct fraud_trial **out_trial);
void fraud_trial_destroy(struct fraud_trial *trial); /* NULL is allowed */
/* A sale with its points, or a return; NULL is allowed, and who is nobody is left out. */
void fraud_trial_note(struct fraud_trial *trial, const struct receipt *receipt, struct slice member,
                      int64_t points);
/* A table for people; nothing for NULL. */
void fraud_trial_print(const struct fraud_trial *trial, struct cli *cli);
/* NULL for NULL. */
json_t *fraud_trial_json(const struct fraud_trial *trial);

#endif
