/* What looks like fraud: so many purchases of one card, one card at one cashier all day, points
 * that are earned and returned over and over; and what the last hours had of it.
 *
 * A rule counts something by somebody in a window that ends with the activity at hand. A window is
 * FRAUD_SLOTS slots long, and the oldest is given up whole, so that what is counted is of at most
 * one window, and of at least 15/16 of one: a rule never finds too much. Times are those in the
 * shops and may come in any order: a month of history that is read in one evening counts day by
 * day, beside what the tills tell of today. A watch has room for FRAUD_KEYS stretches of
 * FRAUD_SLOTS slots; with more of them those that were about longest ago are forgotten.
 *
 * No I/O, no clock, nothing random. A watch is used by one thread at a time.
 */
#ifndef PROGRAMME_FRAUD_H
#define PROGRAMME_FRAUD_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/limits.h"

enum fraud_counts {
    FRAUD_EARNS,
    FRAUD_POINTS, /* that are earned */
    FRAUD_BURNS,
    FRAUD_RETURNS,   /* of purchases */
    FRAUD_REFERRALS, /* new members that somebody brought */
    FRAUD_COUNTS_END
};

enum fraud_by {
    FRAUD_BY_CARD,
    FRAUD_BY_CASHIER,
    FRAUD_BY_TILL,
    FRAUD_BY_CARD_AT_CASHIER,
    FRAUD_BY_CARD_AT_TILL,
    FRAUD_BY_REFERRER,
    FRAUD_BY_END
};

enum fraud_action {
    FRAUD_ALERT,  /* somebody is told */
    FRAUD_HOLD,   /* and the points of the purchase wait for a review */
    FRAUD_REFUSE, /* or nothing is given */
    FRAUD_ACTION_END
};

struct fraud_rule {
    char name[LIMIT_RULE_NAME_BYTES + 1];
    enum fraud_counts counts;
    enum fraud_by by;
    int64_t more_than; /* minor units of points; else a number of times */
    /* Only where this is more than so many percent: of the cashier's (the till's) own, for a card
     * there; of the card's purchases, for returns. 0: however much it is. */
    unsigned share;
    int64_t window_ms;
    enum fraud_action action;
};

struct fraud_rules {
    unsigned review_days; /* after which points that wait for a review begin all the same */
    unsigned late_days;   /* a till may tell of a purchase so long afterwards */
    unsigned points_decimals;
    size_t count;
    struct fraud_rule rules[LIMIT_FRAUD_RULES];
};

/* In the words of a programme's file. NULL beyond the last. */
const char *fraud_counts_name(enum fraud_counts counts);
const char *fraud_by_name(enum fraud_by by);
const char *fraud_action_name(enum fraud_action action);
/* ERR_INPUT with a note: a share that is of nothing, a hold or a refusal of what is no purchase. */
MUST_USE enum err fraud_rule_check(const struct fraud_rule *rule, struct note *note);

bool fraud_rules_equal(const struct fraud_rules *a, const struct fraud_rules *b);

/* One thing that happened; texts are borrowed, an empty one is not known. */
struct fraud_activity {
    enum fraud_counts kind; /* POINTS: those of an earn that was counted when they were not known */
    struct slice card;
    struct slice member; /* by id, of whom no card was shown; of REFERRALS who brought the member */
    struct slice till;
    struct slice cashier;
    struct unix_ms time; /* in the shop */
    int64_t points;      /* of EARNS and POINTS */
};

enum {
    FRAUD_SLOTS = 16,
    FRAUD_KEYS = 1 << 18,
    FRAUD_WORDS_BYTES = LIMIT_ALERT_BYTES + 1
};

/* Who it is, as the rule counts: "card 9280010000000012 at cashier 7". False when that is not
 * known.
 */
bool fraud_subject(const struct fraud_rule *rule, const struct fraud_activity *activity,
                   char out[FRAUD_WORDS_BYTES]);

struct fraud_hit {
    size_t rule;
    int64_t found;
    int64_t total;                   /* that a share is of */
    bool is_new;                     /* the first in its window */
    char subject[FRAUD_WORDS_BYTES]; /* "card 9280010000000012" */
};

struct fraud_watch;
/* The rules are copied. NULL without memory. */
struct fraud_watch *fraud_watch_create(const struct fraud_rules *rules);
void fraud_watch_destroy(struct fraud_watch *watch); /* NULL is allowed */
/* Counts it, and gives the rules that it breaks, in their order; LIMIT_FRAUD_RULES at most. An
 * earn, and a return, is also held against what is counted of the card's returns. */
size_t fraud_watch_note(struct fraud_watch *watch, const struct fraud_activity *activity,
                        struct fraud_hit out_hits[LIMIT_FRAUD_RULES]);
/* It is not counted, after all: it was noted, and nothing came of it. */
void fraud_watch_forget(struct fraud_watch *watch, const struct fraud_activity *activity);
/* An alert was raised for it, as of the time of what it is about: what is found less than a window
 * before or after is not new. */
void fraud_watch_alerted(struct fraud_watch *watch, const char *rule, const char *subject,
                         struct unix_ms time);
/* That one was not raised, after all. */
void fraud_watch_not_alerted(struct fraud_watch *watch, const char *rule, const char *subject,
                             struct unix_ms time);
/* What was found, for people: "6 earns in 1 h, more than 5". */
void fraud_words(const struct fraud_rules *rules, const struct fraud_hit *hit,
                 char out[FRAUD_WORDS_BYTES]);

#endif
