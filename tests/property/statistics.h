/* How often each answer was given to each kind of command, and which never were though the
 * documented precedence (ledger/precedence.h) says that they can be. */
#ifndef PROPERTY_STATISTICS_H
#define PROPERTY_STATISTICS_H

#include "ledger/command.h"

struct statistics {
    uint64_t counts[COMMAND_KIND_END][VERDICT_END];
};

void statistics_print(const struct statistics *statistics);
/* Prints what never occurred of what should; gives how many pairs that are. */
size_t statistics_print_missing(const struct statistics *statistics);
/* The same of what occurred though it is not documented. */
size_t statistics_print_undocumented(const struct statistics *statistics);

#endif
