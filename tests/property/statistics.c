#include "statistics.h"

#include <inttypes.h>
#include <stdio.h>

#include "ledger/precedence.h"

/* What a restored ledger writes again, rows that are put right, and disputes, which need two
 * ledgers, are random in tests of their own. */
static bool is_drawn(unsigned kind)
{
    bool recovers = kind >= COMMAND_RECOVER_ENTRY && kind <= COMMAND_SET_APART;
    bool disputes = kind >= COMMAND_OPEN_DISPUTE && kind <= COMMAND_DISPUTE_DUE;
    return command_kind_is_known(kind) && !recovers && !disputes;
}

static bool is_of_disputes(enum verdict verdict)
{
    return verdict >= VERDICT_DISPUTE_UNKNOWN && verdict <= VERDICT_STEP_UNDER_WAY;
}

void statistics_print(const struct statistics *statistics)
{
    for (unsigned kind = 1; kind < COMMAND_KIND_END; kind++) {
        for (unsigned verdict = 0; verdict < VERDICT_END; verdict++) {
            uint64_t count = statistics->counts[kind][verdict];
            if (count > 0) {
                (void)printf("%9" PRIu64 " %s %s\n", count,
                             command_kind_name((enum command_kind)kind),
                             verdict_describe((enum verdict)verdict)->name);
            }
        }
    }
}

static bool is_missing(const struct statistics *statistics, unsigned kind, enum verdict verdict)
{
    /* So many cards take too long to send: the unit tests say that they are known already. The
     * coalition of these runs stays as it is, and its tariffs are everybody's for ever. */
    bool is_far = (kind == COMMAND_TAKE_ENTRY && verdict == VERDICT_TOO_MANY_CARDS) ||
                  (kind == COMMAND_BOOK_PAYMENT && verdict == VERDICT_TOO_MANY_BOOKINGS) ||
                  (kind == COMMAND_RULE_ALERT && verdict == VERDICT_TOO_MANY_LOTS) ||
                  verdict == VERDICT_STANDING_FULL;
    bool is_of_charter = verdict == VERDICT_PARTNER_LEFT || verdict == VERDICT_TARIFF_NOT_IN_FORCE;
    if (is_far || is_of_charter || is_of_disputes(verdict) ||
        statistics->counts[kind][verdict] > 0) {
        return false;
    }
    (void)printf("no %s was answered %s\n", command_kind_name((enum command_kind)kind),
                 verdict_describe(verdict)->name);
    return true;
}

size_t statistics_print_missing(const struct statistics *statistics)
{
    size_t missing = 0;
    for (unsigned kind = 1; kind < COMMAND_KIND_END; kind++) {
        if (!is_drawn(kind)) {
            continue;
        }
        const enum verdict *verdicts = command_verdicts((enum command_kind)kind);
        missing += is_missing(statistics, kind, VERDICT_OK);
        if (command_is_idempotent((enum command_kind)kind)) {
            missing += is_missing(statistics, kind, VERDICT_TRANSACTION_ID_REUSED);
        }
        for (size_t i = 0; verdicts[i] != VERDICT_OK; i++) {
            missing += is_missing(statistics, kind, verdicts[i]);
        }
    }
    return missing;
}

/* A repeat gets what it got before; whatever has an id may come in a linked group. */
static bool is_documented(enum command_kind kind, enum verdict verdict)
{
    const enum verdict *verdicts = command_verdicts(kind);
    if (verdict == VERDICT_OK || verdict == VERDICT_LINKED_REFUSED) {
        return true;
    }
    if (verdict == VERDICT_TRANSACTION_ID_REUSED) {
        return command_is_idempotent(kind);
    }
    while (*verdicts != VERDICT_OK && *verdicts != verdict) {
        verdicts++;
    }
    return *verdicts == verdict;
}

size_t statistics_print_undocumented(const struct statistics *statistics)
{
    size_t found = 0;
    for (unsigned kind = 1; kind < COMMAND_KIND_END; kind++) {
        for (unsigned verdict = 0; verdict < VERDICT_END; verdict++) {
            if (statistics->counts[kind][verdict] > 0 &&
                !is_documented((enum command_kind)kind, (enum verdict)verdict)) {
                (void)printf("%s may not be answered %s\n",
                             command_kind_name((enum command_kind)kind),
                             verdict_describe((enum verdict)verdict)->name);
                found++;
            }
        }
    }
    return found;
}
