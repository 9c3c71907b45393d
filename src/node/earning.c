#include "node/earning.h"

#include <string.h>

#include "node/judging.h"
#include "node/node.h"

static struct unix_ms later(struct unix_ms a, struct unix_ms b)
{
    return a.ms > b.ms ? a : b;
}

/* The next beginning of a day on the brand's clock, of which `local` is a time written as if it
 * were UTC: the points of one day are one lot. */
static struct unix_ms whole_day(struct node *node, const struct programme_version *version,
                                struct unix_ms local)
{
    const char *zone = version->file.time_zone;
    int64_t rest = local.ms % DAY_MS;
    struct unix_ms midnight = {rest == 0 ? local.ms : local.ms - rest + DAY_MS};
    struct unix_ms start = midnight;
    if (zone[0] != '\0' &&
        time_zone_day_start(&node->time_zones, zone, midnight.ms / DAY_MS, &start) != ERR_OK) {
        return midnight; /* checked when the file was read: the database is gone */
    }
    return start;
}

/* The end of points that are given at this time; 0: none by a date. Months and days are counted on
 * the brand's clock. */
static struct unix_ms end_of_life(struct node *node, const struct programme_version *version,
                                  struct unix_ms given)
{
    struct unix_ms unused;
    struct unix_ms end;
    enum err err = programme_lot_terms(&version->programme, judging_local(node, version, given),
                                       &unused, &end);
    ASSERT(err == ERR_OK); /* the request's time and the programme's months are bounded */
    return end.ms == PROGRAMME_NEVER_MS ? (struct unix_ms){0} : whole_day(node, version, end);
}

enum verdict earning_terms(struct node *node, const struct snapshot *snapshot, struct unix_ms now,
                           struct command *command)
{
    struct command_earn *earn = &command->earn;
    struct unix_ms active_from;
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
    enum err err =
        programme_lot_terms(&version->programme, command->business_time, &active_from, &unused);
    ASSERT(err == ERR_OK);
    earn->active_from = (struct unix_ms){0};
    if (active_from.ms > now.ms) {
        struct unix_ms local = judging_local(node, version, command->business_time);
        local.ms += active_from.ms - command->business_time.ms; /* by the clock, as the end is */
        earn->active_from = whole_day(node, version, local);
    }
    earn->idle_months = programme_idle_months(&version->programme);
    earn->expires_at = end_of_life(node, version, later(now, command->business_time));
    return VERDICT_OK;
}

bool earning_is_within(const struct command_earn *earn, struct points points_max)
{
    struct points points = earn->fixed_points;
    return (earn->is_fixed || earn_rate_points(&earn->rate, earn->amount, &points) == ERR_OK) &&
           points.minor <= points_max.minor;
}

void earning_life(struct node *node, const struct snapshot *snapshot, struct unix_ms now,
                  struct unix_ms *out_expires_at, uint8_t *out_idle_months)
{
    *out_expires_at = end_of_life(node, snapshot->version, now);
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
