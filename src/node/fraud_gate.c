#include "node/fraud_gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/fraud_feed.h"
#include "node/fraud_known.h"
#include "node/fraud_metrics.h"
#include "node/node.h"
#include "node/requests.h"

enum {
    RAISED_AT_ONCE = 64,
    ROWS_AT_ONCE = 512,  /* read under the lock while others wait */
    LOOKS_AT_ONCE = 1000 /* in one of the housekeeper's rounds */
};

struct fraud_gate {
    pthread_mutex_t lock;
    struct node *node;
    struct fraud_rules rules;  /* of the watch */
    struct fraud_watch *watch; /* NULL: no rules */
    struct fraud_known *known; /* likewise */
    bool is_ready;             /* the journal was read once */
    struct fraud_feed feed;
    struct fraud_metrics metrics;
    size_t raised_count;
    struct fraud_finding_row raised[RAISED_AT_ONCE]; /* found in the journal, to be raised */
};

struct fraud_gate *fraud_gate_create(struct node *node)
{
    struct fraud_gate *gate = calloc(1, sizeof *gate);
    if (gate != NULL) {
        gate->node = node;
        pthread_mutex_init(&gate->lock, NULL);
        gate->metrics.metrics = node->metrics;
        fraud_feed_init(&gate->feed, node);
    }
    return gate;
}

void fraud_gate_destroy(struct fraud_gate *gate)
{
    if (gate != NULL) {
        fraud_feed_fini(&gate->feed);
        fraud_watch_destroy(gate->watch);
        fraud_known_destroy(gate->known);
        pthread_mutex_destroy(&gate->lock);
        free(gate);
    }
}

/* The rules that are in force now; others begin to count anew. */
static enum err use_rules(struct fraud_gate *gate, const struct fraud_rules *rules)
{
    bool is_same = fraud_rules_equal(&gate->rules, rules);
    if (is_same && (gate->watch != NULL || rules->count == 0)) {
        return ERR_OK;
    }
    fraud_watch_destroy(gate->watch);
    fraud_known_destroy(gate->known);
    gate->watch = rules->count == 0 ? NULL : fraud_watch_create(rules);
    gate->known = rules->count == 0 ? NULL : fraud_known_create();
    if (rules->count > 0 && (gate->watch == NULL || gate->known == NULL)) {
        fraud_watch_destroy(gate->watch);
        fraud_known_destroy(gate->known);
        gate->watch = NULL;
        gate->known = NULL;
        return ERR_RESOURCE;
    }
    gate->rules = *rules;
    gate->raised_count = 0;
    gate->is_ready = false;
    fraud_feed_rewind(&gate->feed);
    fraud_metrics_use(&gate->metrics, rules);
    return ERR_OK;
}

static bool is_raised_for(const struct fraud_finding_row *row, const char *rule,
                          const char *subject)
{
    return strcmp(row->rule, rule) == 0 && strcmp(row->subject, subject) == 0;
}

static size_t find_raised(const struct fraud_gate *gate, const char *rule, const char *subject)
{
    size_t i = 0;
    while (i < gate->raised_count && !is_raised_for(&gate->raised[i], rule, subject)) {
        i++;
    }
    return i;
}

/* To be raised, unless the journal has it behind. */
static void keep_hit(struct fraud_gate *gate, const struct fraud_event *event,
                     const struct fraud_hit *hit)
{
    const char *rule = gate->rules.rules[hit->rule].name;
    if (!hit->is_new || event->is_past || gate->raised_count == RAISED_AT_ONCE ||
        find_raised(gate, rule, hit->subject) < gate->raised_count) {
        return;
    }
    struct fraud_finding_row *row = &gate->raised[gate->raised_count++];
    *row = (struct fraud_finding_row){.at = event->id, .sale = event->sale, .time = event->time};
    (void)snprintf(row->rule, sizeof row->rule, "%s", rule);
    (void)snprintf(row->subject, sizeof row->subject, "%s", hit->subject);
    fraud_words(&gate->rules, hit, row->found);
}

static void forget_raised(struct fraud_gate *gate, const struct fraud_event *event)
{
    size_t i = find_raised(gate, event->rule, event->subject);
    if (i < gate->raised_count) {
        gate->raised[i] = gate->raised[--gate->raised_count];
    }
    fraud_watch_alerted(gate->watch, event->rule, event->subject, event->time);
}

/* It counted since it was admitted. */
static void forget_refused(struct fraud_gate *gate, const struct fraud_event *event)
{
    struct known_purchase *known = fraud_known_find(gate->known, &event->id);
    if (known != NULL && known->is_counted) {
        struct fraud_activity activity = event->activity;
        activity.points = known->points;
        fraud_watch_forget(gate->watch, &activity);
        known->is_counted = false;
    }
}

/* Of a purchase that was admitted only the points may be new. */
static bool is_news(struct fraud_gate *gate, const struct fraud_event *event,
                    struct fraud_activity *activity)
{
    struct known_purchase *known = fraud_known_find(gate->known, &event->id);
    if (activity->kind != FRAUD_EARNS || known == NULL || !known->is_counted) {
        return true;
    }
    bool has_points = known->has_points;
    if (!has_points) {
        known->has_points = true;
        known->points = activity->points;
    }
    activity->kind = FRAUD_POINTS;
    return !has_points;
}

/* One of the journal's rows. */
static void take_event(struct fraud_gate *gate, const struct fraud_event *event)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    struct fraud_activity activity = event->activity;
    if (event->is_alert) {
        forget_raised(gate, event);
    } else if (event->is_refused) {
        forget_refused(gate, event);
    } else if (is_news(gate, event, &activity)) {
        size_t count = fraud_watch_note(gate->watch, &activity, hits);
        for (size_t i = 0; i < count; i++) {
            keep_hit(gate, event, &hits[i]);
        }
    }
}

static int64_t longest_window(const struct fraud_rules *rules)
{
    int64_t longest = 0;
    for (size_t i = 0; i < rules->count; i++) {
        longest = rules->rules[i].window_ms > longest ? rules->rules[i].window_ms : longest;
    }
    return longest;
}

/* All of it the first time; later no more than the others have patience for. */
static enum err catch_up(struct fraud_gate *gate, bool *out_is_behind)
{
    struct fraud_event event;
    bool is_more = true;
    TRY(fraud_feed_begin(&gate->feed, longest_window(&gate->rules)));
    for (size_t rows = 0; is_more && (!gate->is_ready || rows < ROWS_AT_ONCE); rows++) {
        TRY(fraud_feed_next(&gate->feed, &event, &is_more));
        if (is_more && event.is_of_interest) {
            take_event(gate, &event);
        }
    }
    gate->is_ready = true;
    *out_is_behind = is_more;
    return ERR_OK;
}

/* The strictest that was found. */
static const struct fraud_hit *choose(const struct fraud_rules *rules, const struct fraud_hit *hits,
                                      size_t count)
{
    const struct fraud_hit *chosen = NULL;
    for (size_t i = 0; i < count; i++) {
        if (chosen == NULL ||
            rules->rules[hits[i].rule].action > rules->rules[chosen->rule].action) {
            chosen = &hits[i];
        }
    }
    return chosen;
}

static struct unix_ms review_end(const struct fraud_gate *gate, const struct command_earn *earn)
{
    int64_t end = node_now(gate->node).ms + (int64_t)gate->rules.review_days * DAY_MS;
    end += (DAY_MS - end % DAY_MS) % DAY_MS;
    if (earn->expires_at.ms != 0 && end >= earn->expires_at.ms) {
        end = earn->expires_at.ms - 1; /* they end before they could be reviewed */
    }
    return (struct unix_ms){end};
}

static struct command alert_of(const struct fraud_gate *gate, const struct command *earn,
                               const struct fraud_hit *hit, enum alert_action action)
{
    struct uid id = fraud_alert_id(&earn->transaction_id);
    struct command alert = command_now(gate->node, COMMAND_RAISE_ALERT, &id);
    struct alert_finding *finding = &alert.finding;
    alert.business_time = earn->business_time;
    alert.is_dated = true;
    *finding = (struct alert_finding){.action = action, .sale = earn->transaction_id};
    (void)snprintf(finding->rule, sizeof finding->rule, "%s", gate->rules.rules[hit->rule].name);
    (void)snprintf(finding->subject, sizeof finding->subject, "%s", hit->subject);
    fraud_words(&gate->rules, hit, finding->found);
    return alert;
}

static enum alert_action meant_by(const struct fraud_gate *gate, size_t rule,
                                  enum fraud_giving giving)
{
    static const enum alert_action actions[FRAUD_ACTION_END] = {ALERT_ONLY, ALERT_HELD,
                                                                ALERT_REFUSED};
    enum fraud_action action = gate->rules.rules[rule].action;
    bool is_promised = action == FRAUD_REFUSE && giving == FRAUD_GIVES_PROMISED;
    return actions[is_promised ? FRAUD_HOLD : action];
}

/* What the hit means for the purchase. */
static void decide(const struct fraud_gate *gate, const struct fraud_hit *hit,
                   enum fraud_giving giving, struct command *earn, struct fraud_decision *out)
{
    enum alert_action action = meant_by(gate, hit->rule, giving);
    out->is_refused = action == ALERT_REFUSED;
    out->has_alert = action == ALERT_HELD || hit->is_new;
    out->alert = alert_of(gate, earn, hit, action);
    if (action == ALERT_HELD) {
        struct unix_ms end = review_end(gate, &earn->earn);
        out->alert.finding.begins_at = earn->earn.active_from;
        earn->earn.active_from = end.ms > earn->earn.active_from.ms ? end : earn->earn.active_from;
    }
}

/* `activity` is all of the purchase that is counted. */
static void take_hit(struct fraud_gate *gate, const struct fraud_hit *hit,
                     const struct fraud_activity *activity, enum fraud_giving giving,
                     struct command *earn, struct known_purchase *known, struct fraud_decision *out)
{
    known->has_hit = true;
    known->is_new = hit->is_new;
    known->rule = (uint8_t)hit->rule;
    known->found = hit->found;
    known->total = hit->total;
    fraud_metrics_count(&gate->metrics, &gate->rules.rules[hit->rule]);
    decide(gate, hit, giving, earn, out);
    if (out->is_refused) {
        fraud_watch_forget(gate->watch, activity);
        known->is_counted = false;
        out->is_counted = false;
    }
    if (out->has_alert) {
        fraud_watch_alerted(gate->watch, out->alert.finding.rule, hit->subject, activity->time);
    }
}

static void admit_anew(struct fraud_gate *gate, enum fraud_giving giving, struct command *earn,
                       struct fraud_decision *out)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    char member[UID_TEXT_MAX];
    struct fraud_activity activity = fraud_activity_of_earn(earn, member);
    struct known_purchase *known = fraud_known_keep(gate->known, &earn->transaction_id);
    known->has_points = giving == FRAUD_GIVES_BY_RATE;
    known->points = known->has_points ? fraud_points_of_earn(&earn->earn) : 0;
    activity.points = known->points;
    size_t count = fraud_watch_note(gate->watch, &activity, hits);
    const struct fraud_hit *hit = choose(&gate->rules, hits, count);
    known->is_counted = true;
    out->is_counted = true;
    out->is_anew = true;
    if (hit != NULL) {
        take_hit(gate, hit, &activity, giving, earn, known, out);
    }
}

/* A repeat: the same again. */
static void admit_again(struct fraud_gate *gate, const struct known_purchase *known,
                        enum fraud_giving giving, struct command *earn, struct fraud_decision *out)
{
    char member[UID_TEXT_MAX];
    struct fraud_activity activity = fraud_activity_of_earn(earn, member);
    struct fraud_hit hit = {
        .rule = known->rule, .found = known->found, .total = known->total, .is_new = known->is_new};
    if (known->has_hit && fraud_subject(&gate->rules.rules[hit.rule], &activity, hit.subject)) {
        decide(gate, &hit, giving, earn, out);
    }
}

/* Is its id in the ledger already? Then what it was answered stands. */
static enum err is_told(struct node *node, const struct command *earn, bool *out_is_told)
{
    struct state_reader *reader;
    struct ledger_key key;
    struct slice value;
    key_origin(&earn->origin, &earn->transaction_id, &key);
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = view_get(&view, TABLE_TRANSACTION, &key, &value);
    readers_give(node->readers, reader);
    *out_is_told = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void begin_decision(struct fraud_decision *out)
{
    out->is_watched = false;
    out->is_anew = false;
    out->is_counted = false;
    out->is_refused = false;
    out->has_alert = false;
}

static enum err admit(struct fraud_gate *gate, const struct fraud_rules *rules,
                      enum fraud_giving giving, struct command *earn, struct fraud_decision *out)
{
    bool is_behind;
    begin_decision(out);
    TRY(use_rules(gate, rules));
    TRY(catch_up(gate, &is_behind));
    const struct known_purchase *known = fraud_known_find(gate->known, &earn->transaction_id);
    out->is_watched = true;
    if (known == NULL) {
        admit_anew(gate, giving, earn, out);
    } else {
        admit_again(gate, known, giving, earn, out);
    }
    return ERR_OK;
}

bool fraud_gate_is_needed(const struct snapshot *snapshot)
{
    return snapshot->version->file.guard.fraud.count > 0;
}

enum err fraud_gate_admit(struct fraud_gate *gate, const struct snapshot *snapshot,
                          enum fraud_giving giving, struct command *earn,
                          struct fraud_decision *out_decision)
{
    const struct fraud_rules *rules = &snapshot->version->file.guard.fraud;
    bool is_repeat;
    begin_decision(out_decision);
    if (rules->count == 0) {
        return ERR_OK;
    }
    TRY(is_told(gate->node, earn, &is_repeat));
    if (is_repeat) {
        return ERR_OK;
    }
    pthread_mutex_lock(&gate->lock);
    enum err err = admit(gate, rules, giving, earn, out_decision);
    pthread_mutex_unlock(&gate->lock);
    return err;
}

/* As if it had never been refused. */
static void forget_refusal(struct fraud_gate *gate, const struct command *earn,
                           const struct fraud_decision *decision)
{
    const struct alert_finding *finding = &decision->alert.finding;
    struct known_purchase *known = fraud_known_find(gate->known, &earn->transaction_id);
    if (known == NULL || known->is_counted) {
        return; /* other rules are in force by now */
    }
    if (decision->has_alert && known->is_new) {
        fraud_watch_not_alerted(gate->watch, finding->rule, finding->subject, earn->business_time);
    }
    fraud_known_drop(known);
}

/* Others get their turn between the rows. */
static enum err catch_up_wholly(struct fraud_gate *gate, const struct fraud_rules *rules)
{
    bool is_behind = true;
    enum err err = ERR_OK;
    while (err == ERR_OK && is_behind) {
        pthread_mutex_lock(&gate->lock);
        err = use_rules(gate, rules);
        err = err == ERR_OK ? catch_up(gate, &is_behind) : err;
        pthread_mutex_unlock(&gate->lock);
    }
    return err;
}

enum err fraud_gate_admit_again(struct fraud_gate *gate, const struct snapshot *snapshot,
                                enum fraud_giving giving, struct command *earn,
                                struct fraud_decision *out_decision)
{
    const struct fraud_rules *rules = &snapshot->version->file.guard.fraud;
    TRY(catch_up_wholly(gate, rules));
    pthread_mutex_lock(&gate->lock);
    enum err err = use_rules(gate, rules);
    if (err == ERR_OK) {
        forget_refusal(gate, earn, out_decision);
        err = admit(gate, rules, giving, earn, out_decision);
    }
    pthread_mutex_unlock(&gate->lock);
    return err;
}

/* Something stricter was found. */
static void take_hit_back(struct fraud_gate *gate, const struct known_purchase *known,
                          struct command *earn, const struct fraud_decision *decision)
{
    const struct alert_finding *finding = &decision->alert.finding;
    if (decision->has_alert && known->is_new) {
        fraud_watch_not_alerted(gate->watch, finding->rule, finding->subject, earn->business_time);
    }
    if (decision->has_alert && finding->action == ALERT_HELD) {
        earn->earn.active_from = finding->begins_at;
    }
}

/* Under the lock. */
static void count_points(struct fraud_gate *gate, enum fraud_giving giving, int64_t points,
                         struct command *earn, struct known_purchase *known,
                         struct fraud_decision *out)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    char member[UID_TEXT_MAX];
    struct fraud_activity activity = fraud_activity_of_earn(earn, member);
    activity.kind = FRAUD_POINTS;
    activity.points = known->points;
    if (known->has_points) {
        fraud_watch_forget(gate->watch, &activity);
    }
    known->has_points = true;
    known->points = points;
    activity.points = points;
    size_t count = fraud_watch_note(gate->watch, &activity, hits);
    const struct fraud_hit *hit = choose(&gate->rules, hits, count);
    bool is_taken =
        hit != NULL && (!known->has_hit || (!out->has_alert && hit->is_new) ||
                        meant_by(gate, hit->rule, giving) > meant_by(gate, known->rule, giving));
    if (is_taken) {
        activity.kind = FRAUD_EARNS;
        take_hit_back(gate, known, earn, out);
        take_hit(gate, hit, &activity, giving, earn, known, out);
    }
}

void fraud_gate_count_points(struct fraud_gate *gate, enum fraud_giving giving, int64_t points,
                             struct command *earn, struct fraud_decision *decision)
{
    pthread_mutex_lock(&gate->lock);
    struct known_purchase *known =
        gate->known == NULL ? NULL : fraud_known_find(gate->known, &earn->transaction_id);
    bool is_found = decision->is_refused || decision->has_alert;
    if (known != NULL && known->is_counted && decision->is_counted) {
        count_points(gate, giving, points, earn, known, decision);
    } else if (known != NULL && !decision->is_counted && !is_found) {
        admit_again(gate, known, giving, earn, decision); /* what became of it meanwhile */
    }
    pthread_mutex_unlock(&gate->lock);
}

/* Under the lock. */
static void drop(struct fraud_gate *gate, const struct command *earn,
                 const struct fraud_decision *decision)
{
    char member[UID_TEXT_MAX];
    struct known_purchase *known =
        gate->known == NULL ? NULL : fraud_known_find(gate->known, &earn->transaction_id);
    if (known == NULL || !known->is_counted) {
        return; /* other rules are in force by now, or the journal said so, too */
    }
    struct fraud_activity activity = fraud_activity_of_earn(earn, member);
    activity.points = known->points;
    fraud_watch_forget(gate->watch, &activity);
    if (decision->has_alert && known->is_new) {
        fraud_watch_not_alerted(gate->watch, decision->alert.finding.rule,
                                decision->alert.finding.subject, activity.time);
    }
    fraud_known_drop(known);
}

void fraud_gate_drop(struct fraud_gate *gate, const struct command *earn,
                     const struct fraud_decision *decision)
{
    if (decision->is_counted) {
        pthread_mutex_lock(&gate->lock);
        drop(gate, earn, decision);
        pthread_mutex_unlock(&gate->lock);
    }
}

enum err fraud_gate_raise(struct fraud_gate *gate, const struct fraud_decision *decision)
{
    return decision->has_alert ? engine_execute(gate->node->engine, &decision->alert).err : ERR_OK;
}

void fraud_gate_words(const struct fraud_decision *decision, struct note *out_note)
{
    const struct alert_finding *finding = &decision->alert.finding;
    (void)note_set(out_note, ERR_INPUT, "The programme's rule \"%s\" refuses it: %s, %s.",
                   finding->rule, finding->subject, finding->found);
}

static void count_found(struct fraud_gate *gate, const char *rule)
{
    for (size_t i = 0; i < gate->rules.count; i++) {
        if (strcmp(gate->rules.rules[i].name, rule) == 0) {
            fraud_metrics_count(&gate->metrics, &gate->rules.rules[i]);
        }
    }
}

static enum err look(struct fraud_gate *gate, const struct fraud_rules *rules,
                     struct fraud_finding_row rows[RAISED_AT_ONCE], size_t *out_count,
                     bool *out_is_behind)
{
    TRY(use_rules(gate, rules));
    TRY(catch_up(gate, out_is_behind));
    *out_count = gate->raised_count;
    memcpy(rows, gate->raised, gate->raised_count * sizeof rows[0]);
    for (size_t i = 0; i < gate->raised_count; i++) {
        count_found(gate, rows[i].rule);
        fraud_watch_alerted(gate->watch, rows[i].rule, rows[i].subject, rows[i].time);
    }
    gate->raised_count = 0;
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
static bool look_on(struct fraud_gate *gate, struct fraud_finding_row rows[RAISED_AT_ONCE])
{
    struct snapshot *snapshot = node_snapshot(gate->node);
    size_t count = 0;
    bool is_behind = false;
    if (fraud_gate_is_needed(snapshot)) {
        pthread_mutex_lock(&gate->lock);
        enum err err = look(gate, &snapshot->version->file.guard.fraud, rows, &count, &is_behind);
        pthread_mutex_unlock(&gate->lock);
        is_behind = is_behind && err == ERR_OK;
        count = err == ERR_OK ? count : 0;
    }
    snapshot_release(snapshot);
    for (size_t i = 0; i < count; i++) {
        raise_found(gate, &rows[i]);
    }
    return is_behind;
}

void fraud_gate_look(struct fraud_gate *gate)
{
    struct fraud_finding_row *rows = malloc(RAISED_AT_ONCE * sizeof rows[0]);
    bool is_behind = rows != NULL;
    for (unsigned i = 0; is_behind && i < LOOKS_AT_ONCE; i++) {
        is_behind = look_on(gate, rows);
    }
    free(rows);
}
