/* Brings notifications to gateways: for each webhook of notifications.yaml one thread that follows
 * the journal from a cursor of its own (notify/README.md).
 *
 * A slow or dead gateway waits alone: nothing of the ledger and no other webhook knows of it. What
 * it has not heard stays in the journal.
 */
#ifndef NODE_NOTIFIER_H
#define NODE_NOTIFIER_H

#include "config/node_config.h"
#include "notify/cursor.h"

struct node;
struct notifier;

/* Can the file be read, and the secrets it names? ERR_OK where there is no file. */
MUST_USE enum err notifier_check(const struct node_config *config, struct note *note);
/* After the ledger is open. */
MUST_USE enum err notifier_start(struct node *node, struct notifier **out_notifier,
                                 struct note *note);
void notifier_stop(struct notifier *notifier); /* NULL is allowed */
/* The file anew: texts, webhooks, secrets. What can't be read leaves everything as it was. */
MUST_USE enum err notifier_reload(struct notifier *notifier, struct note *note);

#define NOTIFY_PROBLEM_MAX 128
#define NOTIFY_ASIDE_SHOWN 20u

/* A message that its gateway refused for good. */
struct notify_aside {
    char id[LIMIT_NOTIFY_ASIDE_BYTES];
    struct unix_ms time;
    unsigned http_status;
};

/* How a webhook is. */
struct notify_report {
    const char *name; /* while the notifier is not stopped or reloaded: copy it */
    const char *url;
    unsigned channel;
    struct notify_cursor cursor;
    uint64_t rows_behind;
    unsigned failures;
    struct unix_ms failing_since;
    char problem[NOTIFY_PROBLEM_MAX];
    size_t aside_count; /* the latest, oldest first */
    struct notify_aside aside[NOTIFY_ASIDE_SHOWN];
};

/* Visits each, under the notifier's lock: quick. */
void notifier_each(struct notifier *notifier,
                   void (*visit)(void *context, const struct notify_report *report), void *context);

#endif
