#include "node/earning.h"

#include <string.h>

#include "node/node.h"

static struct unix_ms later(struct unix_ms a, struct unix_ms b)
{
    return a.ms > b.ms ? a : b;
}

/* The next midnight, UTC: the points of one day are one lot. */
static struct unix_ms whole_day(struct unix_ms time)
{
    int64_t rest = time.ms % DAY_MS;
    return rest == 0 ? time : (struct unix_ms){time.ms - rest + DAY_MS};
}

enum verdict earning_terms(const struct snapshot *snapshot, struct unix_ms now,
                           struct command *command)
{
    struct command_earn *earn = &command->earn;
    struct unix_ms active_from;
    struct unix_ms expires_at;
    struct unix_ms unused;
    const struct programme_version *version =
        programmes_at(snapshot->programmes, command->business_time);
    const char *currency = version->file.currency.code;
    if (earn->currency[0] == '\0') {
        memcpy(earn->currency, currency, sizeof earn->currency);
    }
    if (strncmp(earn->currency, currency, sizeof earn->currency) != 0) {
        return VERDICT_CURRENCY_MISMATCH;
    }
    earn->rate = version->programme.rate;
    struct unix_ms given = later(now, command->business_time);
    enum err err =
        programme_lot_terms(&version->programme, command->business_time, &active_from, &unused);
    ASSERT(err == ERR_OK); /* the request's time and the programme's months are bounded */
    err = programme_lot_terms(&version->programme, given, &unused, &expires_at);
    ASSERT(err == ERR_OK);
    bool is_spendable = active_from.ms <= now.ms;
    bool is_for_ever = expires_at.ms == PROGRAMME_NEVER_MS;
    earn->active_from = is_spendable ? (struct unix_ms){0} : whole_day(active_from);
    earn->idle_months = programme_idle_months(&version->programme);
    earn->expires_at = is_for_ever ? (struct unix_ms){0} : whole_day(expires_at);
    return VERDICT_OK;
}

bool earning_is_within(const struct command_earn *earn, struct points points_max)
{
    struct points points = earn->fixed_points;
    return (earn->is_fixed || earn_rate_points(&earn->rate, earn->amount, &points) == ERR_OK) &&
           points.minor <= points_max.minor;
}

void earning_life(const struct snapshot *snapshot, struct unix_ms now,
                  struct unix_ms *out_expires_at, uint8_t *out_idle_months)
{
    struct unix_ms unused;
    struct unix_ms end;
    enum err err = programme_lot_terms(&snapshot->version->programme, now, &unused, &end);
    ASSERT(err == ERR_OK);
    *out_expires_at = end.ms == PROGRAMME_NEVER_MS ? (struct unix_ms){0} : whole_day(end);
    *out_idle_months = programme_idle_months(&snapshot->version->programme);
}

bool earning_was_by_rate(struct node *node, const struct uid *id)
{
    struct state_reader *reader;
    struct sale sale;
    if (readers_take(node->readers, &reader) != ERR_OK) {
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_sale(&view, &node->config.partner, id, &sale);
    readers_give(node->readers, reader);
    return err == ERR_OK && !sale.is_fixed;
}
