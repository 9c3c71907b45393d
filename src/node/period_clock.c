#include "node/period_clock.h"

#include "crypto/random.h"
#include "node/peers.h"
#include "node/requests.h"

#define CLOSES_PER_LOOK 32u
#define ALONE_MS_MAX    (INT64_C(60) * 60 * 1000) /* nobody is waited for longer */

struct period_end period_clock_end(struct node *node, const struct period_calendar *calendar,
                                   struct period period)
{
    int64_t last_day = period_last_day(period);
    const struct period_rule *rule = calendar_rule_on(calendar, last_day);
    struct period_end end = {.is_zone_unknown = false};
    if (time_zone_day_start(&node->time_zones, rule->time_zone, last_day + 1, &end.ends_at) !=
        ERR_OK) {
        end.ends_at.ms = (last_day + 1) * DAY_MS;
        end.is_zone_unknown = true;
    }
    if (rule->is_closed_by_node) {
        end.closes_at.ms = end.ends_at.ms + (int64_t)rule->grace_s * 1000;
    }
    return end;
}

/* The first of the open periods; 0 when no stream is open. Streams are in one period but for what
 * an operator or a stopped stream left behind. */
static enum err first_open(struct node *node, const struct roster *roster,
                           struct period *out_period)
{
    struct state_reader *reader;
    enum err err = ERR_OK;
    out_period->code = 0;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    for (size_t i = 0; err == ERR_OK && i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        struct period last = roster_last_period(roster, partner);
        struct stream stream;
        if (roster_is_self(roster, partner)) {
            continue;
        }
        err = ledger_get_stream(&view, roster, STREAM_OUT, partner, &stream);
        bool is_open = err == ERR_OK && !stream.is_frozen && !stream.is_recovering &&
                       (last.code == 0 || !period_is_before(last, stream.period));
        if (is_open && (out_period->code == 0 || period_is_before(stream.period, *out_period))) {
            *out_period = stream.period;
        }
    }
    readers_give(node->readers, reader);
    return err;
}

/* Said once, until something else is to be said. */
static void tell(struct node *node, struct period period, enum err err, enum verdict verdict)
{
    char text[PERIOD_TEXT_MAX];
    bool is_closed = err == ERR_OK && verdict == VERDICT_OK;
    bool is_told = node->period_told.err == err && period_equal(node->period_told.period, period);
    node->period_told.period = period;
    node->period_told.err = err;
    if (is_closed) {
        log_event(&node->log, LOG_LEVEL_INFO, "period_closed",
                  LOG_TEXT("period", period_format(period, text)));
    } else if (err != ERR_OK && !is_told) {
        log_event(&node->log, LOG_LEVEL_WARNING, "period_not_closed",
                  LOG_TEXT("period", period_format(period, text)),
                  LOG_TEXT("detail", err_describe(err)->sentence));
    }
}

/* ERR_NOT_FOUND when nothing is due. */
static enum err close_next(struct node *node, const struct roster *roster)
{
    struct period period;
    struct outcome outcome;
    TRY(first_open(node, roster, &period));
    if (period.code == 0) {
        return ERR_NOT_FOUND;
    }
    struct period_end end = period_clock_end(node, &roster->calendar, period);
    struct unix_ms now = node_now(node);
    if (end.closes_at.ms == 0 || now.ms < end.closes_at.ms) {
        return ERR_NOT_FOUND;
    }
    struct random_source random = random_system();
    struct uid transaction = uid_new(&random, now);
    struct command command = command_now(node, COMMAND_CLOSE_PERIOD, &transaction);
    command.close_period.period = period;
    outcome = engine_execute(node->engine, &command);
    tell(node, period, outcome.err, outcome.verdict);
    /* What is not open any more was closed by somebody else at the same moment. */
    return outcome.err;
}

static bool has_closing_node(const struct period_calendar *calendar)
{
    for (size_t i = 0; i < calendar->rule_count; i++) {
        if (calendar->rules[i].is_closed_by_node) {
            return true;
        }
    }
    return false;
}

/* Latched. A node that was away may not know the calendar of today: it hears of the charter from
 * the first partner that it meets, before the session counts as connected. */
static bool has_met_somebody(struct node *node)
{
    pthread_mutex_lock(&node->peers_lock);
    size_t count = node->peers == NULL ? 0 : peers_count(node->peers);
    for (size_t i = 0; !node->has_met_somebody && i < count; i++) {
        node->has_met_somebody = peers_report(node->peers, i).is_connected;
    }
    pthread_mutex_unlock(&node->peers_lock);
    return node->has_met_somebody || node_now(node).ms - node->started.ms >= ALONE_MS_MAX;
}

void period_clock_look(struct node *node)
{
    struct snapshot *snapshot = node_snapshot(node);
    bool may_close = has_closing_node(&snapshot->roster.calendar) &&
                     !recovery_gate_is_closed(&node->recovery_gate) &&
                     !disk_guard_is_full(&node->disk_guard) && atomic_load(&node->has_key) &&
                     has_met_somebody(node);
    enum err err = ERR_OK;
    for (unsigned i = 0; may_close && err == ERR_OK && i < CLOSES_PER_LOOK; i++) {
        err = close_next(node, &snapshot->roster);
    }
    snapshot_release(snapshot);
}
