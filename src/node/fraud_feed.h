/* What the journal tells fraud rules, row by row: purchases of our shops and of partners', burns,
 * returns, and the alerts that were raised. Events and rewards are no purchases: of these only the
 * points count. One thread at a time. */
#ifndef NODE_FRAUD_FEED_H
#define NODE_FRAUD_FEED_H

#include "engine/record_reader.h"
#include "ledger/command.h"
#include "programme/fraud.h"

struct node;

/* What was found in the journal, and is to be raised. */
struct fraud_finding_row {
    char rule[LIMIT_RULE_NAME_BYTES + 1];
    char subject[LIMIT_ALERT_BYTES + 1];
    char found[LIMIT_ALERT_BYTES + 1];
    struct uid at; /* whose time the alert's id has */
    struct uid sale;
    struct unix_ms time;
};

struct fraud_event {
    bool is_of_interest;
    bool is_refused; /* a purchase that the ledger refused */
    bool is_alert;   /* that was raised: rule and subject */
    bool is_past;    /* before what is looked for: counted, and not to be raised */
    char rule[LIMIT_RULE_NAME_BYTES + 1];
    char subject[LIMIT_ALERT_BYTES + 1];
    struct uid id; /* of the transaction */
    struct uid sale;
    struct unix_ms time;            /* in the shop; of an alert, of what it is about */
    struct fraud_activity activity; /* its texts are in the feed until the next event */
};

struct fraud_feed {
    struct node *node;
    struct record_reader records;
    struct record_reader ahead;
    uint64_t next_row; /* 0: to be found */
    uint64_t last_row; /* of this round */
    struct unix_ms finds_from;
    struct command command;
    struct card_number card;
    char member[UID_TEXT_MAX];
};

void fraud_feed_init(struct fraud_feed *feed, struct node *node);
void fraud_feed_fini(struct fraud_feed *feed);
/* Up to what is durable now. The first time it begins with what was recorded in two windows, of
 * which what the second has is looked for and the first may have alerts about it, and in so long
 * before these as a till's purchase may be late. */
MUST_USE enum err fraud_feed_begin(struct fraud_feed *feed, int64_t window_ms, int64_t late_ms);
MUST_USE enum err fraud_feed_next(struct fraud_feed *feed, struct fraud_event *out_event,
                                  bool *out_is_more);
/* A purchase; texts are the command's, or in `member`. Of its points nothing is said. */
struct fraud_activity fraud_activity_of_earn(const struct command *earn, char member[UID_TEXT_MAX]);
/* What it gives by hand or by the rate. */
int64_t fraud_points_of_earn(const struct command_earn *earn);

#endif
