#include "node/earning.h"

#include <string.h>

static struct unix_ms later(struct unix_ms a, struct unix_ms b)
{
    return a.ms > b.ms ? a : b;
}

enum verdict earning_terms(const struct snapshot *snapshot, struct unix_ms now,
                           struct command *command)
{
    struct command_earn *earn = &command->earn;
    struct unix_ms active_from;
    struct unix_ms expires_at;
    struct unix_ms unused;
    if (earn->currency[0] == '\0') {
        memcpy(earn->currency, snapshot->programme_currency, sizeof earn->currency);
    }
    if (strncmp(earn->currency, snapshot->programme_currency, sizeof earn->currency) != 0) {
        return VERDICT_CURRENCY_MISMATCH;
    }
    earn->rate = snapshot->programme.rate;
    struct unix_ms given = later(now, command->business_time);
    if (programme_lot_terms(&snapshot->programme, command->business_time, &active_from, &unused) !=
            ERR_OK ||
        programme_lot_terms(&snapshot->programme, given, &unused, &expires_at) != ERR_OK) {
        return VERDICT_AMOUNT_NEGATIVE;
    }
    earn->active_from = active_from.ms <= now.ms ? (struct unix_ms){0} : active_from;
    earn->expires_at = expires_at.ms == PROGRAMME_NEVER_MS ? (struct unix_ms){0} : expires_at;
    return VERDICT_OK;
}
