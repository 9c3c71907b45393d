/* What the journal tells the fraud gate: at a start, and when other rules come into force, all of
 * the last days; later what is new.
 *
 * Rules that are new to the gate are counted beside those it goes by, on the thread that brings
 * them in, and take their place when they have caught up: nobody waits, nothing that was counted is
 * lost meanwhile, and the journal is read once for each change. What is on its way at that moment
 * is counted when the journal has it. At a start there are none to go by: see fraud_gate_admit. */
#include <stdlib.h>
#include <string.h>

#include "node/fraud_gate_parts.h"
#include "node/node.h"
#include "node/requests.h"

#define LOOKS_AT_ONCE 1000u /* in one of the housekeeper's rounds */

struct fraud_gate *fraud_gate_create(struct node *node)
{
    struct fraud_gate *gate = calloc(1, sizeof *gate);
    if (gate != NULL) {
        gate->node = node;
        gate->is_open = !fraud_gate_is_needed(node->snapshot);
        pthread_mutex_init(&gate->lock, NULL);
        pthread_mutex_init(&gate->reading, NULL);
        gate->metrics.metrics = node->metrics;
    }
    return gate;
}

void fraud_gate_destroy(struct fraud_gate *gate)
{
    if (gate != NULL) {
        fraud_tally_destroy(gate->tally);
        pthread_mutex_destroy(&gate->reading);
        pthread_mutex_destroy(&gate->lock);
        free(gate);
    }
}

/* ---- Rules that come into force ---- */

static bool goes_by(struct fraud_gate *gate, const struct fraud_rules *rules)
{
    pthread_mutex_lock(&gate->lock);
    bool is_same =
        gate->tally == NULL ? rules->count == 0 : fraud_rules_equal(&gate->tally->rules, rules);
    is_same = is_same && gate->is_open;
    pthread_mutex_unlock(&gate->lock);
    return is_same;
}

static void put(struct fraud_gate *gate, struct fraud_tally *tally)
{
    pthread_mutex_lock(&gate->lock);
    struct fraud_tally *before = gate->tally;
    gate->tally = tally;
    gate->is_open = true;
    if (tally != NULL) {
        fraud_metrics_use(&gate->metrics, &tally->rules);
    }
    pthread_mutex_unlock(&gate->lock);
    fraud_tally_destroy(before);
}

/* Nobody else has the tally yet, so nobody waits. */
static enum err read_wholly(struct fraud_gate *gate, struct fraud_tally *tally)
{
    bool is_behind = true;
    while (is_behind) {
        TRY(fraud_tally_read(tally, FRAUD_ROWS_AT_ONCE, &is_behind));
        atomic_store(&gate->rows_left, fraud_tally_left(tally));
    }
    return ERR_OK;
}

static enum err use_rules(struct fraud_gate *gate, const struct fraud_rules *rules)
{
    struct fraud_tally *tally = NULL;
    if (goes_by(gate, rules)) {
        return ERR_OK;
    }
    if (rules->count > 0) {
        TRY(fraud_tally_create(gate->node, rules, &tally));
        enum err err = read_wholly(gate, tally);
        if (err != ERR_OK) {
            fraud_tally_destroy(tally);
            return err;
        }
    }
    put(gate, tally);
    return ERR_OK;
}

/* Whichever are in force when it is one's turn, so that the newest have the last word. Reading is
 * one's own. */
static void follow(struct fraud_gate *gate)
{
    struct snapshot *snapshot = node_snapshot(gate->node);
    enum err err = use_rules(gate, &snapshot->version->file.guard.fraud);
    snapshot_release(snapshot);
    if (err != ERR_OK && !gate->is_failing) {
        log_event(&gate->node->log, LOG_LEVEL_ERROR, "fraud_rules_not_counted",
                  LOG_TEXT("detail", err_describe(err)->sentence));
    }
    gate->is_failing = err != ERR_OK;
}

void fraud_gate_follow(struct fraud_gate *gate)
{
    pthread_mutex_lock(&gate->reading);
    follow(gate);
    pthread_mutex_unlock(&gate->reading);
}

bool fraud_gate_is_open(struct fraud_gate *gate, uint64_t *out_rows_left)
{
    pthread_mutex_lock(&gate->lock);
    bool is_open = gate->is_open;
    pthread_mutex_unlock(&gate->lock);
    *out_rows_left = atomic_load(&gate->rows_left);
    return is_open;
}

/* ---- What is new in the journal ---- */

static void count_found(struct fraud_gate *gate, const char *rule)
{
    for (size_t i = 0; i < gate->tally->rules.count; i++) {
        if (strcmp(gate->tally->rules.rules[i].name, rule) == 0) {
            fraud_metrics_count(&gate->metrics, &gate->tally->rules.rules[i]);
        }
    }
}

/* Under the lock. */
static enum err look(struct fraud_gate *gate, struct fraud_finding_row rows[FRAUD_RAISED_AT_ONCE],
                     size_t *out_count, bool *out_is_behind)
{
    struct fraud_tally *tally = gate->tally;
    TRY(fraud_tally_read(tally, FRAUD_ROWS_AT_ONCE, out_is_behind));
    *out_count = tally->raised_count;
    memcpy(rows, tally->raised, tally->raised_count * sizeof rows[0]);
    for (size_t i = 0; i < tally->raised_count; i++) {
        count_found(gate, rows[i].rule);
        fraud_watch_alerted(tally->watch, rows[i].rule, rows[i].subject, rows[i].time);
    }
    tally->raised_count = 0;
    return ERR_OK;
}

/* One that can't be raised is found again by the next start; its id is the same then. */
static void raise_found(struct fraud_gate *gate, const struct fraud_finding_row *row)
{
    struct uid id = fraud_found_id(row->rule, row->subject, &row->at);
    struct command alert = command_now(gate->node, COMMAND_RAISE_ALERT, &id);
    alert.business_time = row->time;
    alert.is_dated = true;
    alert.finding = (struct alert_finding){.action = ALERT_ONLY, .sale = row->sale};
    memcpy(alert.finding.rule, row->rule, sizeof alert.finding.rule);
    memcpy(alert.finding.subject, row->subject, sizeof alert.finding.subject);
    memcpy(alert.finding.found, row->found, sizeof alert.finding.found);
    struct outcome outcome = engine_execute(gate->node->engine, &alert);
    if (outcome.err == ERR_OK && outcome.verdict == VERDICT_OK && !outcome.is_repeat) {
        log_event(&gate->node->log, LOG_LEVEL_WARNING, "fraud_found", LOG_TEXT("rule", row->rule),
                  LOG_TEXT("found", row->found));
    }
}

/* So many rows of the journal. False: it has come to the end, or can't. */
static bool look_on(struct fraud_gate *gate, struct fraud_finding_row rows[FRAUD_RAISED_AT_ONCE])
{
    size_t count = 0;
    bool is_behind = false;
    pthread_mutex_lock(&gate->lock);
    enum err err = gate->tally == NULL ? ERR_OK : look(gate, rows, &count, &is_behind);
    pthread_mutex_unlock(&gate->lock);
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        raise_found(gate, &rows[i]);
    }
    return err == ERR_OK && is_behind;
}

void fraud_gate_look(struct fraud_gate *gate)
{
    if (pthread_mutex_trylock(&gate->reading) == 0) { /* else it is being done */
        follow(gate);
        pthread_mutex_unlock(&gate->reading);
    }
    struct fraud_finding_row *rows = malloc(FRAUD_RAISED_AT_ONCE * sizeof rows[0]);
    bool is_behind = rows != NULL;
    for (unsigned i = 0; is_behind && i < LOOKS_AT_ONCE; i++) {
        is_behind = look_on(gate, rows);
    }
    free(rows);
}
