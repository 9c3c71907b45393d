/* What the journal tells fraud rules, row by row: purchases of our shops and of partners', burns,
 * returns, and the alerts that were raised. Used under the gate's lock. */
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
    bool is_alert; /* that was raised: rule and subject */
    char rule[LIMIT_RULE_NAME_BYTES + 1];
    char subject[LIMIT_ALERT_BYTES + 1];
    struct uid id; /* of the transaction */
    struct uid sale;
    struct unix_ms time;
    struct fraud_activity activity; /* its texts are in the feed until the next event */
};

struct fraud_feed {
    struct node *node;
    struct record_reader records;
    uint64_t next_row; /* 0: to be found */
    uint64_t last_row; /* of this round */
    struct command command;
    struct card_number card;
    char referrer[UID_TEXT_MAX];
};

void fraud_feed_init(struct fraud_feed *feed, struct node *node);
void fraud_feed_fini(struct fraud_feed *feed);
/* From the beginning of the longest window on, once more. */
void fraud_feed_rewind(struct fraud_feed *feed);
/* Up to what is durable now. */
MUST_USE enum err fraud_feed_begin(struct fraud_feed *feed, int64_t window_ms);
MUST_USE enum err fraud_feed_next(struct fraud_feed *feed, struct fraud_event *out_event,
                                  bool *out_is_more);
/* A till's purchase before the ledger knows it; texts are the command's. */
struct fraud_activity fraud_activity_of_earn(const struct command *earn);

#endif
