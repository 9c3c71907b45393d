#include "node/fraud_tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err fraud_tally_create(struct node *node, const struct fraud_rules *rules,
                            struct fraud_tally **out_tally)
{
    struct fraud_tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL) {
        return ERR_RESOURCE;
    }
    tally->rules = *rules;
    fraud_feed_init(&tally->feed, node);
    tally->watch = fraud_watch_create(rules);
    tally->known = fraud_known_create();
    if (tally->watch == NULL || tally->known == NULL) {
        fraud_tally_destroy(tally);
        return ERR_RESOURCE;
    }
    *out_tally = tally;
    return ERR_OK;
}

void fraud_tally_destroy(struct fraud_tally *tally)
{
    if (tally != NULL) {
        fraud_feed_fini(&tally->feed);
        fraud_watch_destroy(tally->watch);
        fraud_known_destroy(tally->known);
        free(tally);
    }
}

static bool is_raised_for(const struct fraud_finding_row *row, const char *rule,
                          const char *subject)
{
    return strcmp(row->rule, rule) == 0 && strcmp(row->subject, subject) == 0;
}

static size_t find_raised(const struct fraud_tally *tally, const char *rule, const char *subject)
{
    size_t i = 0;
    while (i < tally->raised_count && !is_raised_for(&tally->raised[i], rule, subject)) {
        i++;
    }
    return i;
}

/* To be raised, unless the journal has it behind. */
static void keep_hit(struct fraud_tally *tally, const struct fraud_event *event,
                     const struct fraud_hit *hit)
{
    const char *rule = tally->rules.rules[hit->rule].name;
    if (!hit->is_new || event->is_past || tally->raised_count == FRAUD_RAISED_AT_ONCE ||
        find_raised(tally, rule, hit->subject) < tally->raised_count) {
        return;
    }
    struct fraud_finding_row *row = &tally->raised[tally->raised_count++];
    *row = (struct fraud_finding_row){.at = event->id, .sale = event->sale, .time = event->time};
    (void)snprintf(row->rule, sizeof row->rule, "%s", rule);
    (void)snprintf(row->subject, sizeof row->subject, "%s", hit->subject);
    fraud_words(&tally->rules, hit, row->found);
}

static void forget_raised(struct fraud_tally *tally, const struct fraud_event *event)
{
    size_t i = find_raised(tally, event->rule, event->subject);
    if (i < tally->raised_count) {
        tally->raised[i] = tally->raised[--tally->raised_count];
    }
    fraud_watch_alerted(tally->watch, event->rule, event->subject, event->time);
}

/* It counted since it was admitted. */
static void forget_refused(struct fraud_tally *tally, const struct fraud_event *event)
{
    struct known_purchase *known = fraud_known_find(tally->known, &event->id);
    if (known != NULL && known->is_counted) {
        struct fraud_activity activity = event->activity;
        activity.points = known->points;
        fraud_watch_forget(tally->watch, &activity);
        known->is_counted = false;
    }
}

/* Of a purchase that was admitted only the points may be new. */
static bool is_news(struct fraud_tally *tally, const struct fraud_event *event,
                    struct fraud_activity *activity)
{
    struct known_purchase *known = fraud_known_find(tally->known, &event->id);
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
static void take_event(struct fraud_tally *tally, const struct fraud_event *event)
{
    struct fraud_hit hits[LIMIT_FRAUD_RULES];
    struct fraud_activity activity = event->activity;
    if (event->is_alert) {
        forget_raised(tally, event);
    } else if (event->is_refused) {
        forget_refused(tally, event);
    } else if (is_news(tally, event, &activity)) {
        size_t count = fraud_watch_note(tally->watch, &activity, hits);
        for (size_t i = 0; i < count; i++) {
            keep_hit(tally, event, &hits[i]);
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

enum err fraud_tally_read(struct fraud_tally *tally, size_t rows, bool *out_is_behind)
{
    struct fraud_event event;
    bool is_more = true;
    TRY(fraud_feed_begin(&tally->feed, longest_window(&tally->rules),
                         (int64_t)tally->rules.late_days * DAY_MS));
    for (size_t row = 0; is_more && row < rows; row++) {
        TRY(fraud_feed_next(&tally->feed, &event, &is_more));
        if (is_more && event.is_of_interest) {
            take_event(tally, &event);
        }
    }
    *out_is_behind = is_more;
    return ERR_OK;
}

uint64_t fraud_tally_left(const struct fraud_tally *tally)
{
    const struct fraud_feed *feed = &tally->feed;
    return feed->next_row <= feed->last_row ? feed->last_row + 1 - feed->next_row : 0;
}
