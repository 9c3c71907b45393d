/* Admission: what is about to be written. What the journal tells is read in node/fraud_look.c. */
#include "node/fraud_gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/fraud_gate_parts.h"
#include "node/node.h"
#include "node/requests.h"

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
    int64_t end = node_now(gate->node).ms + (int64_t)gate->tally->rules.review_days * DAY_MS;
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
    (void)snprintf(finding->rule, sizeof finding->rule, "%s",
                   gate->tally->rules.rules[hit->rule].name);
    (void)snprintf(finding->subject, sizeof finding->subject, "%s", hit->subject);
    fraud_words(&gate->tally->rules, hit, finding->found);
    return alert;
}

static enum alert_action meant_by(const struct fraud_gate *gate, size_t rule,
                                  enum fraud_giving giving)
{
    static const enum alert_action actions[FRAUD_ACTION_END] = {ALERT_ONLY, ALERT_HELD,
                                                                ALERT_REFUSED};
    enum fraud_action action = gate->tally->rules.rules[rule].action;
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
    fraud_metrics_count(&gate->metrics, &gate->tally->rules.rules[hit->rule]);
    decide(gate, hit, giving, earn, out);
    if (out->is_refused) {
        fraud_watch_forget(gate->tally->watch, activity);
        known->is_counted = false;
        out->is_counted = false;
    }
    if (out->has_alert) {
        fraud_watch_alerted(gate->tally->watch, out->alert.finding.rule, hit->subject,
                            activity->time);
    }
}

static void admit_anew(struct fraud_gate *gate, enum fraud_giving giving, struct command *earn,
                       struct fraud_decision *out)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    char member[UID_TEXT_MAX];
    struct fraud_activity activity = fraud_activity_of_earn(earn, member);
    struct known_purchase *known = fraud_known_keep(gate->tally->known, &earn->transaction_id);
    known->has_points = giving == FRAUD_GIVES_BY_RATE;
    known->points = known->has_points ? fraud_points_of_earn(&earn->earn) : 0;
    activity.points = known->points;
    size_t count = fraud_watch_note(gate->tally->watch, &activity, hits);
    const struct fraud_hit *hit = choose(&gate->tally->rules, hits, count);
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
    if (known->has_hit &&
        fraud_subject(&gate->tally->rules.rules[hit.rule], &activity, hit.subject)) {
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

/* A till tells of it so long after that fraud rules have no counts of then to rely on, or that it
 * could as well have been made up. */
static bool is_late(const struct fraud_gate *gate, enum fraud_giving giving,
                    enum fraud_teller teller, const struct command *earn)
{
    int64_t age = node_now(gate->node).ms - earn->business_time.ms;
    return teller == FRAUD_TOLD_BY_TILL && giving != FRAUD_GIVES_PROMISED &&
           age > (int64_t)gate->tally->rules.late_days * DAY_MS;
}

/* Nothing is counted, nor is an alert raised. */
static void refuse_late(const struct fraud_gate *gate, const struct command *earn,
                        struct fraud_decision *out)
{
    static const struct fraud_rule by_card = {.by = FRAUD_BY_CARD};
    struct alert_finding *finding = &out->alert.finding;
    char member[UID_TEXT_MAX];
    struct fraud_activity activity = fraud_activity_of_earn(earn, member);
    int64_t age = node_now(gate->node).ms - earn->business_time.ms;
    *finding = (struct alert_finding){.action = ALERT_REFUSED, .sale = earn->transaction_id};
    (void)snprintf(finding->rule, sizeof finding->rule, "late_days");
    (void)fraud_subject(&by_card, &activity, finding->subject);
    (void)snprintf(finding->found, sizeof finding->found,
                   "told %" PRId64 " d after it took place, more than %u d", age / DAY_MS,
                   gate->tally->rules.late_days);
    out->is_refused = true;
}

/* Under the lock. */
static enum err admit(struct fraud_gate *gate, enum fraud_giving giving, enum fraud_teller teller,
                      struct command *earn, struct fraud_decision *out)
{
    bool is_behind;
    begin_decision(out);
    if (gate->tally == NULL) {
        return ERR_OK;
    }
    TRY(fraud_tally_read(gate->tally, FRAUD_ROWS_AT_ONCE, &is_behind));
    const struct known_purchase *known =
        fraud_known_find(gate->tally->known, &earn->transaction_id);
    out->is_watched = true;
    if (known != NULL) {
        admit_again(gate, known, giving, earn, out);
    } else if (is_late(gate, giving, teller, earn)) {
        refuse_late(gate, earn, out);
    } else {
        admit_anew(gate, giving, earn, out);
    }
    return ERR_OK;
}

bool fraud_gate_is_needed(const struct snapshot *snapshot)
{
    return snapshot->version->file.guard.fraud.count > 0;
}

/* Are there any? ERR_UNAVAILABLE: what they count is not known yet. */
static enum err find_rules(struct fraud_gate *gate, bool *out_has_rules)
{
    pthread_mutex_lock(&gate->lock);
    enum err err = gate->is_open ? ERR_OK : ERR_UNAVAILABLE;
    *out_has_rules = gate->tally != NULL;
    pthread_mutex_unlock(&gate->lock);
    return err;
}

enum err fraud_gate_admit(struct fraud_gate *gate, enum fraud_giving giving,
                          enum fraud_teller teller, struct command *earn,
                          struct fraud_decision *out_decision)
{
    bool has_rules;
    bool is_repeat = false;
    begin_decision(out_decision);
    TRY(find_rules(gate, &has_rules));
    TRY(has_rules ? is_told(gate->node, earn, &is_repeat) : ERR_OK);
    if (!has_rules || is_repeat) {
        return ERR_OK;
    }
    pthread_mutex_lock(&gate->lock);
    enum err err = admit(gate, giving, teller, earn, out_decision);
    pthread_mutex_unlock(&gate->lock);
    return err;
}

/* NULL: it was not admitted, or others are the rules by now. */
static struct known_purchase *find_known(struct fraud_gate *gate, const struct uid *id)
{
    return gate->tally == NULL ? NULL : fraud_known_find(gate->tally->known, id);
}

/* As if it had never been refused. */
static void forget_refusal(struct fraud_gate *gate, const struct command *earn,
                           const struct fraud_decision *decision)
{
    const struct alert_finding *finding = &decision->alert.finding;
    struct known_purchase *known = find_known(gate, &earn->transaction_id);
    if (known == NULL || known->is_counted) {
        return; /* other rules are in force by now */
    }
    if (decision->has_alert && known->is_new) {
        fraud_watch_not_alerted(gate->tally->watch, finding->rule, finding->subject,
                                earn->business_time);
    }
    fraud_known_drop(known);
}

/* Others get their turn between the rows. */
static enum err catch_up_wholly(struct fraud_gate *gate)
{
    bool is_behind = true;
    enum err err = ERR_OK;
    while (err == ERR_OK && is_behind) {
        is_behind = false;
        pthread_mutex_lock(&gate->lock);
        if (gate->tally != NULL) {
            err = fraud_tally_read(gate->tally, FRAUD_ROWS_AT_ONCE, &is_behind);
        }
        pthread_mutex_unlock(&gate->lock);
    }
    return err;
}

enum err fraud_gate_admit_again(struct fraud_gate *gate, enum fraud_giving giving,
                                enum fraud_teller teller, struct command *earn,
                                struct fraud_decision *out_decision)
{
    TRY(catch_up_wholly(gate));
    pthread_mutex_lock(&gate->lock);
    forget_refusal(gate, earn, out_decision);
    enum err err = admit(gate, giving, teller, earn, out_decision);
    pthread_mutex_unlock(&gate->lock);
    return err;
}

/* Something stricter was found. */
static void take_hit_back(struct fraud_gate *gate, const struct known_purchase *known,
                          struct command *earn, const struct fraud_decision *decision)
{
    const struct alert_finding *finding = &decision->alert.finding;
    if (decision->has_alert && known->is_new) {
        fraud_watch_not_alerted(gate->tally->watch, finding->rule, finding->subject,
                                earn->business_time);
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
        fraud_watch_forget(gate->tally->watch, &activity);
    }
    known->has_points = true;
    known->points = points;
    activity.points = points;
    size_t count = fraud_watch_note(gate->tally->watch, &activity, hits);
    const struct fraud_hit *hit = choose(&gate->tally->rules, hits, count);
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
    struct known_purchase *known = find_known(gate, &earn->transaction_id);
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
    struct known_purchase *known = find_known(gate, &earn->transaction_id);
    if (known == NULL || !known->is_counted) {
        return; /* other rules are in force by now, or the journal said so, too */
    }
    struct fraud_activity activity = fraud_activity_of_earn(earn, member);
    activity.points = known->points;
    fraud_watch_forget(gate->tally->watch, &activity);
    if (decision->has_alert && known->is_new) {
        fraud_watch_not_alerted(gate->tally->watch, decision->alert.finding.rule,
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
