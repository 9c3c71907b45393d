/* What history and events both say of a journal record. Values only; any thread. */
#ifndef NODE_RECORD_WORDS_H
#define NODE_RECORD_WORDS_H

#include "ledger/record.h"

/* The command's own, or that of the partner's entry it took; may be nil. */
const struct uid *record_transaction(const struct record *record, const struct command *command);
struct unix_ms record_business_time(const struct record *record, const struct command *command);
/* In whose shop it happened. */
const struct partner_id *record_shop(const struct command *command, const struct partner_id *self);
/* Receipt number or the like; may be empty. */
const char *record_receipt(const struct command *command);
/* The card that was presented; may be empty. */
const struct card_number *record_card(const struct record *record, const struct command *command);

#endif
