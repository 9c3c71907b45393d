#include "programme/fraud.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "programme/hash.h"

enum {
    WAYS = 8, /* places where a key may be */
    HOUR_MS = 3600000,
    MINUTE_MS = 60000
};

/* Of one thing that is counted, in one stretch of FRAUD_SLOTS slots: a window is in two stretches
 * at most, whichever time it ends at. */
struct counter {
    int64_t seen_ms;    /* the latest time of what is in it */
    int64_t alerted_ms; /* INT64_MIN: no alert was raised */
    int64_t slots[FRAUD_SLOTS];
};

struct fraud_watch {
    struct fraud_rules rules;
    uint64_t keys[FRAUD_KEYS]; /* whose counter; 0: nobody's */
    struct counter counters[FRAUD_KEYS];
};

static const char *const counts_names[] = {"earns", "points", "burns", "returns", "referrals"};
static const char *const by_names[] = {"card",         "cashier", "till", "card_at_cashier",
                                       "card_at_till", "referrer"};
static const char *const action_names[] = {"alert", "hold", "refuse"};

const char *fraud_counts_name(enum fraud_counts counts)
{
    return counts < FRAUD_COUNTS_END ? counts_names[counts] : NULL;
}

const char *fraud_by_name(enum fraud_by by)
{
    return by < FRAUD_BY_END ? by_names[by] : NULL;
}

const char *fraud_action_name(enum fraud_action action)
{
    return action < FRAUD_ACTION_END ? action_names[action] : NULL;
}

static bool is_at(enum fraud_by by)
{
    return by == FRAUD_BY_CARD_AT_CASHIER || by == FRAUD_BY_CARD_AT_TILL;
}

enum err fraud_rule_check(const struct fraud_rule *rule, struct note *note)
{
    bool has_whole = is_at(rule->by) || rule->counts == FRAUD_RETURNS;
    if (rule->share > 0 && !has_whole) {
        return note_set(note, ERR_INPUT,
                        "a share is of a cashier's or till's own (by card_at_cashier or "
                        "card_at_till), or of a card's purchases (counts returns)");
    }
    if ((rule->counts == FRAUD_REFERRALS) != (rule->by == FRAUD_BY_REFERRER)) {
        return note_set(note, ERR_INPUT, "referrals are counted by referrer, and nothing else is");
    }
    bool is_at_desk = rule->counts == FRAUD_EARNS || rule->counts == FRAUD_POINTS;
    if (!is_at_desk && rule->by != FRAUD_BY_CARD && rule->by != FRAUD_BY_REFERRER) {
        return note_set(note, ERR_INPUT,
                        "of burns and returns it is not known at which till: by card alone");
    }
    if (rule->action != FRAUD_ALERT &&
        (rule->counts == FRAUD_BURNS || rule->counts == FRAUD_REFERRALS)) {
        return note_set(note, ERR_INPUT, "only purchases can be held or refused: action alert");
    }
    return ERR_OK;
}

struct fraud_watch *fraud_watch_create(const struct fraud_rules *rules)
{
    struct fraud_watch *watch = calloc(1, sizeof *watch);
    if (watch != NULL) {
        watch->rules = *rules;
    }
    return watch;
}

void fraud_watch_destroy(struct fraud_watch *watch)
{
    free(watch);
}

static bool name_subject(enum fraud_by by, const struct fraud_activity *activity,
                         char out[FRAUD_WORDS_BYTES])
{
    bool at_till = by == FRAUD_BY_TILL || by == FRAUD_BY_CARD_AT_TILL;
    const struct slice *desk = at_till ? &activity->till : &activity->cashier;
    const char *word = at_till ? "till" : "cashier";
    bool is_alone = by == FRAUD_BY_CARD || by == FRAUD_BY_REFERRER;
    bool has_card = by != FRAUD_BY_REFERRER && activity->card.length > 0;
    const struct slice *who = has_card ? &activity->card : &activity->member;
    const char *kind = has_card ? "card" : "member";
    bool needs_who = is_alone || is_at(by);
    if ((needs_who && who->length == 0) || (!is_alone && desk->length == 0)) {
        return false;
    }
    if (is_alone) {
        (void)snprintf(out, FRAUD_WORDS_BYTES, "%s %.*s", kind, (int)who->length, who->at);
    } else if (is_at(by)) {
        (void)snprintf(out, FRAUD_WORDS_BYTES, "%s %.*s at %s %.*s", kind, (int)who->length,
                       who->at, word, (int)desk->length, desk->at);
    } else {
        (void)snprintf(out, FRAUD_WORDS_BYTES, "%s %.*s", word, (int)desk->length, desk->at);
    }
    return true;
}

bool fraud_subject(const struct fraud_rule *rule, const struct fraud_activity *activity,
                   char out[FRAUD_WORDS_BYTES])
{
    return name_subject(rule->by, activity, out);
}

static uint64_t key_of(size_t rule, bool is_whole, const char *subject)
{
    uint64_t hash = hash_add(hash_add(HASH_BEGIN, rule), is_whole);
    return hash_bytes(hash, slice_of(subject, strlen(subject)));
}

static int64_t slot_ms(const struct fraud_rule *rule)
{
    int64_t length = rule->window_ms / FRAUD_SLOTS;
    return length > 0 ? length : 1;
}

/* Which stretch a slot is in, and where in it. */
static int64_t stretch_of(int64_t slot)
{
    return slot >= 0 ? slot / FRAUD_SLOTS : -((FRAUD_SLOTS - 1 - slot) / FRAUD_SLOTS);
}

static size_t place_of(int64_t slot)
{
    return (size_t)(slot - stretch_of(slot) * FRAUD_SLOTS);
}

/* The key of a thing in a stretch. */
static uint64_t key_in(uint64_t thing, int64_t stretch)
{
    uint64_t hash = hash_add(thing, (uint64_t)stretch);
    hash ^= hash >> 29;
    hash *= UINT64_C(0xBF58476D1CE4E5B9); /* of splitmix64 */
    hash ^= hash >> 32;
    return hash == 0 ? 1 : hash;
}

static size_t set_of(uint64_t key)
{
    return key % (FRAUD_KEYS / WAYS) * WAYS;
}

/* NULL: nothing is known of it. */
static struct counter *find_counter(struct fraud_watch *watch, uint64_t thing, int64_t stretch)
{
    uint64_t key = key_in(thing, stretch);
    size_t set = set_of(key);
    for (size_t i = set; i < set + WAYS; i++) {
        if (watch->keys[i] == key) {
            return &watch->counters[i];
        }
    }
    return NULL;
}

/* The same, or one that is made in the place of the one that was about longest ago. */
static struct counter *make_counter(struct fraud_watch *watch, uint64_t thing, int64_t stretch)
{
    struct counter *counter = find_counter(watch, thing, stretch);
    uint64_t key = key_in(thing, stretch);
    size_t set = set_of(key);
    size_t oldest = set;
    if (counter != NULL) {
        return counter;
    }
    for (size_t i = set; i < set + WAYS && watch->keys[oldest] != 0; i++) {
        if (watch->keys[i] == 0 || watch->counters[i].seen_ms < watch->counters[oldest].seen_ms) {
            oldest = i;
        }
    }
    watch->keys[oldest] = key;
    watch->counters[oldest] = (struct counter){.seen_ms = INT64_MIN, .alerted_ms = INT64_MIN};
    return &watch->counters[oldest];
}

/* Adds to the slot of the time, and gives what is in the window that ends with it. */
static int64_t count(struct fraud_watch *watch, const struct fraud_rule *rule, uint64_t thing,
                     struct unix_ms time, int64_t amount)
{
    int64_t slot = time.ms / slot_ms(rule);
    size_t place = place_of(slot);
    struct counter *counter = make_counter(watch, thing, stretch_of(slot));
    int64_t sum = 0;
    counter->seen_ms = time.ms > counter->seen_ms ? time.ms : counter->seen_ms;
    if (counter->slots[place] <= INT64_MAX / (2 * FRAUD_SLOTS) - amount) {
        counter->slots[place] += amount;
    }
    for (size_t i = 0; i <= place; i++) {
        sum += counter->slots[i];
    }
    const struct counter *before = find_counter(watch, thing, stretch_of(slot) - 1);
    for (size_t i = place + 1; before != NULL && i < FRAUD_SLOTS; i++) {
        sum += before->slots[i];
    }
    return sum;
}

/* Was an alert raised for it less than a window before or after? */
static bool was_told(struct fraud_watch *watch, const struct fraud_rule *rule, uint64_t thing,
                     struct unix_ms time)
{
    int64_t stretch = stretch_of(time.ms / slot_ms(rule));
    for (int64_t i = stretch - 1; i <= stretch + 1; i++) {
        const struct counter *counter = find_counter(watch, thing, i);
        if (counter != NULL && counter->alerted_ms != INT64_MIN &&
            counter->alerted_ms > time.ms - rule->window_ms &&
            counter->alerted_ms < time.ms + rule->window_ms) {
            return true;
        }
    }
    return false;
}

/* How much of what the rule counts the activity is. */
static int64_t amount_of(const struct fraud_rule *rule, const struct fraud_activity *activity)
{
    if (rule->counts == FRAUD_POINTS) {
        bool is_earn = activity->kind == FRAUD_EARNS || activity->kind == FRAUD_POINTS;
        return is_earn && activity->points > 0 ? activity->points : 0;
    }
    return rule->counts == activity->kind ? 1 : 0;
}

/* What a share is of: what the desk did of the same kind, or the card's purchases. */
struct whole {
    char name[FRAUD_WORDS_BYTES];
    int64_t amount; /* of the activity */
};

static bool name_whole(const struct fraud_rule *rule, const struct fraud_activity *activity,
                       const char *subject, struct whole *out)
{
    enum fraud_by desk = rule->by == FRAUD_BY_CARD_AT_TILL ? FRAUD_BY_TILL : FRAUD_BY_CASHIER;
    if (rule->counts == FRAUD_RETURNS) {
        (void)snprintf(out->name, sizeof out->name, "%s", subject);
        out->amount = activity->kind == FRAUD_EARNS ? 1 : 0;
        return true;
    }
    out->amount = amount_of(rule, activity);
    return name_subject(desk, activity, out->name);
}

static int64_t whole_of(struct fraud_watch *watch, size_t index,
                        const struct fraud_activity *activity, const char *subject)
{
    const struct fraud_rule *rule = &watch->rules.rules[index];
    struct whole whole;
    if (!name_whole(rule, activity, subject, &whole)) {
        return 0;
    }
    return count(watch, rule, key_of(index, true, whole.name), activity->time, whole.amount);
}

static bool is_broken(const struct fraud_rule *rule, int64_t found, int64_t total)
{
    int64_t share = 0;
    return found > rule->more_than &&
           (rule->share == 0 ||
            (int64_mul_div(total, rule->share, 100, ROUNDING_DOWN, &share) == ERR_OK &&
             found > share));
}

/* Who returned much is looked at when they buy again, too. */
static bool is_about(const struct fraud_rule *rule, enum fraud_counts kind)
{
    if (rule->counts == FRAUD_POINTS) {
        return kind == FRAUD_EARNS || kind == FRAUD_POINTS;
    }
    return rule->counts == kind || (rule->counts == FRAUD_RETURNS && kind == FRAUD_EARNS);
}

static bool judge_rule(struct fraud_watch *watch, size_t index,
                       const struct fraud_activity *activity, struct fraud_hit *out)
{
    const struct fraud_rule *rule = &watch->rules.rules[index];
    *out = (struct fraud_hit){.rule = index};
    if (!is_about(rule, activity->kind) || !name_subject(rule->by, activity, out->subject)) {
        return false;
    }
    uint64_t thing = key_of(index, false, out->subject);
    out->found = count(watch, rule, thing, activity->time, amount_of(rule, activity));
    out->total = rule->share == 0 ? 0 : whole_of(watch, index, activity, out->subject);
    if (!is_broken(rule, out->found, out->total)) {
        return false;
    }
    out->is_new = !was_told(watch, rule, thing, activity->time);
    return true;
}

size_t fraud_watch_note(struct fraud_watch *watch, const struct fraud_activity *activity,
                        struct fraud_hit out_hits[LIMIT_FRAUD_RULES])
{
    size_t count = 0;
    for (size_t i = 0; i < watch->rules.count; i++) {
        if (judge_rule(watch, i, activity, &out_hits[count])) {
            count++;
        }
    }
    return count;
}

/* Back out of one slot. */
static void take_out(struct fraud_watch *watch, const struct fraud_rule *rule, uint64_t thing,
                     struct unix_ms time, int64_t amount)
{
    int64_t slot = time.ms / slot_ms(rule);
    struct counter *counter = find_counter(watch, thing, stretch_of(slot));
    if (counter != NULL && counter->slots[place_of(slot)] >= amount) {
        counter->slots[place_of(slot)] -= amount;
    }
}

void fraud_watch_forget(struct fraud_watch *watch, const struct fraud_activity *activity)
{
    for (size_t i = 0; i < watch->rules.count; i++) {
        const struct fraud_rule *rule = &watch->rules.rules[i];
        char subject[FRAUD_WORDS_BYTES];
        if (!is_about(rule, activity->kind) || !name_subject(rule->by, activity, subject)) {
            continue;
        }
        struct whole whole = {.amount = 0};
        take_out(watch, rule, key_of(i, false, subject), activity->time, amount_of(rule, activity));
        if (rule->share > 0 && name_whole(rule, activity, subject, &whole)) {
            take_out(watch, rule, key_of(i, true, whole.name), activity->time, whole.amount);
        }
    }
}

bool fraud_rules_equal(const struct fraud_rules *a, const struct fraud_rules *b)
{
    bool is_equal = a->review_days == b->review_days && a->late_days == b->late_days &&
                    a->count == b->count && a->points_decimals == b->points_decimals;
    for (size_t i = 0; i < a->count && is_equal; i++) {
        const struct fraud_rule *x = &a->rules[i];
        const struct fraud_rule *y = &b->rules[i];
        is_equal = strcmp(x->name, y->name) == 0 && x->counts == y->counts && x->by == y->by &&
                   x->more_than == y->more_than && x->share == y->share &&
                   x->window_ms == y->window_ms && x->action == y->action;
    }
    return is_equal;
}

static void set_alerted(struct fraud_watch *watch, const char *rule, const char *subject,
                        struct unix_ms time, int64_t alerted_ms)
{
    for (size_t i = 0; i < watch->rules.count; i++) {
        const struct fraud_rule *row = &watch->rules.rules[i];
        if (strcmp(row->name, rule) == 0) {
            int64_t stretch = stretch_of(time.ms / slot_ms(row));
            struct counter *counter = make_counter(watch, key_of(i, false, subject), stretch);
            counter->seen_ms = time.ms > counter->seen_ms ? time.ms : counter->seen_ms;
            counter->alerted_ms = alerted_ms;
        }
    }
}

void fraud_watch_alerted(struct fraud_watch *watch, const char *rule, const char *subject,
                         struct unix_ms time)
{
    set_alerted(watch, rule, subject, time, time.ms);
}

void fraud_watch_not_alerted(struct fraud_watch *watch, const char *rule, const char *subject,
                             struct unix_ms time)
{
    set_alerted(watch, rule, subject, time, INT64_MIN);
}

/* "1 h", "30 min", "7 d". */
static void window_words(int64_t ms, char out[32])
{
    if (ms % DAY_MS == 0) {
        (void)snprintf(out, 32, "%" PRId64 " d", ms / DAY_MS);
    } else if (ms % HOUR_MS == 0) {
        (void)snprintf(out, 32, "%" PRId64 " h", ms / HOUR_MS);
    } else {
        (void)snprintf(out, 32, "%" PRId64 " min", ms / MINUTE_MS);
    }
}

void fraud_words(const struct fraud_rules *rules, const struct fraud_hit *hit,
                 char out[FRAUD_WORDS_BYTES])
{
    const struct fraud_rule *rule = &rules->rules[hit->rule];
    unsigned decimals = rule->counts == FRAUD_POINTS ? rules->points_decimals : 0;
    char found[AMOUNT_TEXT_MAX];
    char bound[AMOUNT_TEXT_MAX];
    char total[AMOUNT_TEXT_MAX];
    char window[32];
    window_words(rule->window_ms, window);
    int length = snprintf(out, FRAUD_WORDS_BYTES, "%s %s in %s, more than %s",
                          amount_format(hit->found, decimals, found), counts_names[rule->counts],
                          window, amount_format(rule->more_than, decimals, bound));
    if (rule->share > 0 && length > 0 && (size_t)length < FRAUD_WORDS_BYTES) {
        (void)snprintf(out + length, FRAUD_WORDS_BYTES - (size_t)length,
                       "; of %s %s, more than %u %%", amount_format(hit->total, decimals, total),
                       rule->counts == FRAUD_RETURNS ? "earns" : "there", rule->share);
    }
}
