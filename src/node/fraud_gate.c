#include "node/fraud_gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/fraud_feed.h"
#include "node/fraud_metrics.h"
#include "node/node.h"
#include "node/requests.h"

enum {
    KNOWN_SETS = 1024, /* of purchases that tills told of lately */
    KNOWN_WAYS = 8,
    RAISED_AT_ONCE = 64
};

struct known_purchase {
    struct uid id;
    bool has_hit;
    struct fraud_hit hit;
};

struct known_set {
    unsigned next;
    struct known_purchase ways[KNOWN_WAYS];
};

struct fraud_gate {
    pthread_mutex_t lock;
    struct node *node;
    struct fraud_rules rules;  /* of the watch */
    struct fraud_watch *watch; /* NULL: no rules */
    struct fraud_feed feed;
    struct fraud_metrics metrics;
    size_t raised_count;
    struct fraud_finding_row raised[RAISED_AT_ONCE]; /* found in the journal, to be raised */
    struct known_set known[KNOWN_SETS];
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
        pthread_mutex_destroy(&gate->lock);
        free(gate);
    }
}

/* An id that follows from another one, at the same place in time. */
static struct uid derived(const char *what, struct slice from, const struct uid *at)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(what, strlen(what)));
    hasher_add(&hasher, from);
    struct hash hash = hasher_finish(&hasher);
    struct uid id = *at;
    memcpy(id.bytes + 8, hash.bytes, sizeof id.bytes - 8);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3Fu) | 0x80u); /* RFC 9562, variant 10 */
    return id;
}

struct uid fraud_alert_id(const struct uid *sale)
{
    return derived("alert", slice_of(sale->bytes, sizeof sale->bytes), sale);
}

struct uid fraud_return_id(const struct uid *alert)
{
    return derived("alert return", slice_of(alert->bytes, sizeof alert->bytes), alert);
}

static struct known_set *known_set(struct fraud_gate *gate, const struct uid *id)
{
    return &gate->known[get_u64_be(id->bytes + 8) % KNOWN_SETS];
}

static struct known_purchase *find_known(struct fraud_gate *gate, const struct uid *id)
{
    struct known_set *set = known_set(gate, id);
    for (size_t i = 0; i < KNOWN_WAYS; i++) {
        if (uid_equal(&set->ways[i].id, id)) {
            return &set->ways[i];
        }
    }
    return NULL;
}

static struct known_purchase *keep_known(struct fraud_gate *gate, const struct uid *id)
{
    struct known_set *set = known_set(gate, id);
    struct known_purchase *known = &set->ways[set->next++ % KNOWN_WAYS];
    *known = (struct known_purchase){.id = *id};
    return known;
}

/* The rules that are in force now; others begin to count anew. */
static enum err use_rules(struct fraud_gate *gate, const struct fraud_rules *rules)
{
    bool is_same = fraud_rules_equal(&gate->rules, rules);
    if (is_same && (gate->watch != NULL || rules->count == 0)) {
        return ERR_OK;
    }
    fraud_watch_destroy(gate->watch);
    gate->watch = rules->count == 0 ? NULL : fraud_watch_create(rules);
    gate->rules = *rules;
    gate->raised_count = 0;
    memset(gate->known, 0, sizeof gate->known);
    fraud_feed_rewind(&gate->feed);
    fraud_metrics_use(&gate->metrics, rules);
    return gate->watch == NULL && rules->count > 0 ? ERR_RESOURCE : ERR_OK;
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
    if (!hit->is_new || gate->raised_count == RAISED_AT_ONCE ||
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
    fraud_watch_alerted(gate->watch, event->rule, slice_of(event->subject, strlen(event->subject)),
                        event->time);
}

/* One of the journal's rows. Of a purchase that a till told of only the points are new. */
static void take_event(struct fraud_gate *gate, const struct fraud_event *event)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    struct fraud_activity activity = event->activity;
    if (event->is_alert) {
        forget_raised(gate, event);
        return;
    }
    if (activity.kind == FRAUD_EARNS && find_known(gate, &event->id) != NULL) {
        activity.kind = FRAUD_POINTS;
    }
    size_t count = fraud_watch_note(gate->watch, &activity, hits);
    for (size_t i = 0; i < count; i++) {
        keep_hit(gate, event, &hits[i]);
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

static enum err catch_up(struct fraud_gate *gate)
{
    struct fraud_event event;
    bool is_more = true;
    TRY(fraud_feed_begin(&gate->feed, longest_window(&gate->rules)));
    while (is_more) {
        TRY(fraud_feed_next(&gate->feed, &event, &is_more));
        if (is_more && event.is_of_interest) {
            take_event(gate, &event);
        }
    }
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
    *finding = (struct alert_finding){.action = action, .sale = earn->transaction_id};
    (void)snprintf(finding->rule, sizeof finding->rule, "%s", gate->rules.rules[hit->rule].name);
    (void)snprintf(finding->subject, sizeof finding->subject, "%s", hit->subject);
    fraud_words(&gate->rules, hit, finding->found);
    return alert;
}

/* What the hit means for the purchase. */
static void decide(const struct fraud_gate *gate, const struct fraud_hit *hit, struct command *earn,
                   struct fraud_decision *out)
{
    static const enum alert_action actions[FRAUD_ACTION_END] = {ALERT_ONLY, ALERT_HELD,
                                                                ALERT_REFUSED};
    enum fraud_action action = gate->rules.rules[hit->rule].action;
    action = action == FRAUD_REFUSE && out->is_promised ? FRAUD_HOLD : action;
    out->is_refused = action == FRAUD_REFUSE;
    out->has_alert = action == FRAUD_HOLD || hit->is_new;
    out->alert = alert_of(gate, earn, hit, actions[action]);
    if (action == FRAUD_HOLD) {
        struct unix_ms end = review_end(gate, &earn->earn);
        out->alert.finding.begins_at = earn->earn.active_from;
        earn->earn.active_from = end.ms > earn->earn.active_from.ms ? end : earn->earn.active_from;
    }
}

static void admit_anew(struct fraud_gate *gate, struct command *earn, struct fraud_decision *out)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    struct fraud_activity activity = fraud_activity_of_earn(earn);
    size_t count = fraud_watch_note(gate->watch, &activity, hits);
    const struct fraud_hit *hit = choose(&gate->rules, hits, count);
    struct known_purchase *known = keep_known(gate, &earn->transaction_id);
    if (hit == NULL) {
        return;
    }
    known->has_hit = true;
    known->hit = *hit;
    fraud_metrics_count(&gate->metrics, &gate->rules.rules[hit->rule]);
    decide(gate, hit, earn, out);
    if (out->is_refused) {
        fraud_watch_forget(gate->watch, &activity);
    }
    if (out->has_alert) {
        fraud_watch_alerted(gate->watch, out->alert.finding.rule,
                            slice_of(hit->subject, strlen(hit->subject)), activity.time);
    }
}

/* Is it in the ledger already? Then what it was answered stands. */
static enum err is_told(struct node *node, const struct command *earn, bool *out_is_told)
{
    struct state_reader *reader;
    struct sale sale;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_get_sale(&view, &node->config.partner, &earn->transaction_id, &sale);
    readers_give(node->readers, reader);
    *out_is_told = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err admit(struct fraud_gate *gate, const struct fraud_rules *rules,
                      struct command *earn, struct fraud_decision *out)
{
    TRY(use_rules(gate, rules));
    TRY(catch_up(gate));
    const struct known_purchase *known = find_known(gate, &earn->transaction_id);
    if (known == NULL) {
        admit_anew(gate, earn, out);
    } else if (known->has_hit) { /* a repeat: the same again */
        decide(gate, &known->hit, earn, out);
    }
    return ERR_OK;
}

enum err fraud_gate_admit(struct fraud_gate *gate, const struct snapshot *snapshot,
                          bool is_promised, struct command *earn,
                          struct fraud_decision *out_decision)
{
    const struct fraud_rules *rules = &snapshot->version->file.guard.fraud;
    bool is_repeat;
    out_decision->is_promised = is_promised;
    out_decision->is_refused = false;
    out_decision->has_alert = false;
    if (rules->count == 0) {
        return ERR_OK;
    }
    TRY(is_told(gate->node, earn, &is_repeat));
    if (is_repeat) {
        return ERR_OK;
    }
    pthread_mutex_lock(&gate->lock);
    enum err err = admit(gate, rules, earn, out_decision);
    pthread_mutex_unlock(&gate->lock);
    return err;
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
                     struct fraud_finding_row rows[RAISED_AT_ONCE], size_t *out_count)
{
    TRY(use_rules(gate, rules));
    TRY(catch_up(gate));
    *out_count = gate->raised_count;
    memcpy(rows, gate->raised, gate->raised_count * sizeof rows[0]);
    for (size_t i = 0; i < gate->raised_count; i++) {
        count_found(gate, rows[i].rule);
        fraud_watch_alerted(gate->watch, rows[i].rule,
                            slice_of(rows[i].subject, strlen(rows[i].subject)), rows[i].time);
    }
    gate->raised_count = 0;
    return ERR_OK;
}

/* One that can't be raised is found again by the next start. */
static void raise_found(struct fraud_gate *gate, const struct fraud_finding_row *row)
{
    struct uid id = derived(row->rule, slice_of(row->subject, strlen(row->subject)), &row->at);
    struct command alert = command_now(gate->node, COMMAND_RAISE_ALERT, &id);
    alert.finding = (struct alert_finding){.action = ALERT_ONLY, .sale = row->sale};
    memcpy(alert.finding.rule, row->rule, sizeof alert.finding.rule);
    memcpy(alert.finding.subject, row->subject, sizeof alert.finding.subject);
    memcpy(alert.finding.found, row->found, sizeof alert.finding.found);
    struct outcome outcome = engine_execute(gate->node->engine, &alert);
    if (outcome.err == ERR_OK && !outcome.is_repeat) {
        log_event(&gate->node->log, LOG_LEVEL_WARNING, "fraud_found", LOG_TEXT("rule", row->rule),
                  LOG_TEXT("found", row->found));
    }
}

void fraud_gate_look(struct fraud_gate *gate)
{
    struct fraud_finding_row *rows = malloc(RAISED_AT_ONCE * sizeof rows[0]);
    struct snapshot *snapshot = node_snapshot(gate->node);
    const struct fraud_rules *rules = &snapshot->version->file.guard.fraud;
    size_t count = 0;
    if (rows != NULL && rules->count > 0) {
        pthread_mutex_lock(&gate->lock);
        enum err err = look(gate, rules, rows, &count);
        pthread_mutex_unlock(&gate->lock);
        count = err == ERR_OK ? count : 0;
    }
    snapshot_release(snapshot);
    for (size_t i = 0; i < count; i++) {
        raise_found(gate, &rows[i]);
    }
    free(rows);
}
