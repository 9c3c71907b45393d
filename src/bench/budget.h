/* How long what is measured may take, so that a whole run ends in time on whatever machine.
 *
 * A measurement takes as long as it is meant to while all goes as planned. Where making ledgers or
 * starting others has taken more, what is left is shared evenly by the rows to come. What can't be
 * shortened is left out when it does not fit. Time is an argument: nanoseconds, monotonic.
 */
#ifndef BENCH_BUDGET_H
#define BENCH_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define BUDGET_SHARE_MS_MIN 100u /* however late it is */
#define BUDGET_KEPT_MS      1000u

struct budget {
    uint64_t ends_ns;
    unsigned rows_left; /* the one under way is one of them */
    bool is_free;       /* some rows were asked for by name: they have the time they are meant to */
};

/* For a measurement that fills so many rows (at least 1). At most `meant_ms`. */
uint64_t budget_share_ms(const struct budget *budget, uint64_t now_ns, uint64_t meant_ms,
                         unsigned rows);
/* May something take so long that can't be shortened? Each row to come keeps BUDGET_KEPT_MS. */
bool budget_allows(const struct budget *budget, uint64_t now_ns, uint64_t ms);

#endif
