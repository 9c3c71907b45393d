/* What the notifier's files share. Internal to the module. */
#ifndef NODE_NOTIFY_PARTS_H
#define NODE_NOTIFY_PARTS_H

#include <pthread.h>

#include "config/notify_file.h"
#include "engine/record_reader.h"
#include "node/node.h"
#include "node/notifier.h"
#include "notify/occasion.h"
#include "notify/payload.h"

/* ---- One request's messages ---- */

enum round_source {
    ROUND_ROWS,
    ROUND_MEMBERS
};

struct notify_round {
    enum round_source source;
    size_t count;
    struct notify_item items[LIMIT_NOTIFY_BATCH];
    size_t text_at[LIMIT_NOTIFY_BATCH]; /* in `texts`, while it may still move */
    struct buffer texts;
    struct notify_cursor after; /* where the webhook is once the gateway has them */
};

struct notify_collector {
    struct node *node;
    const struct notify_file *file;
    const struct notify_webhook *webhook;
    struct record_reader records;
    struct notify_row said; /* by the row that is looked at: too large for a stack */
    unsigned points_decimals;
};

/* Those from the cursor on, at most `room`, for members that may be written to by this channel.
 * Looks at a bounded part of the journal or of the members. Errors are the store's. */
MUST_USE enum err notify_collect_rows(struct notify_collector *collector,
                                      const struct notify_cursor *cursor, size_t room,
                                      struct notify_round *round);
/* The same of what expires; the cursor has a pass. */
MUST_USE enum err notify_collect_members(struct notify_collector *collector,
                                         const struct notify_cursor *cursor, size_t room,
                                         struct notify_round *round);
/* Begins a pass when it is time. False: none is under way. */
bool notify_pass_is_due(const struct notify_file *file, const struct notify_webhook *webhook,
                        struct unix_ms now, struct notify_cursor *cursor);

/* ---- Files ---- */

/* notify/NAME.json in the data folder. ERR_NOT_FOUND: a new webhook. */
MUST_USE enum err notify_cursor_load(const char *data, const char *name,
                                     struct notify_cursor *out_cursor, struct note *note);
/* Durable on ERR_OK. */
MUST_USE enum err notify_cursor_save(const char *data, const char *name,
                                     const struct notify_cursor *cursor, struct note *note);
/* notify/NAME.aside: a line of JSON each, of the first LIMIT_NOTIFY_ASIDE. Durable on ERR_OK. */
MUST_USE enum err notify_aside_append(const char *data, const char *name, uint64_t known,
                                      const struct notify_aside *aside, struct note *note);
/* The latest of them. What can't be read is left out. */
size_t notify_aside_load(const char *data, const char *name,
                         struct notify_aside out_aside[NOTIFY_ASIDE_SHOWN]);

/* ---- HTTP ---- */

struct notify_http;

struct notify_answer {
    int status; /* 0: none came */
    unsigned retry_after_s;
    char problem[NOTIFY_PROBLEM_MAX];
};

/* `is_stopping` ends a request that is under way. ERR_RESOURCE. */
MUST_USE enum err notify_http_open(const struct notify_webhook *webhook,
                                   const atomic_bool *is_stopping, struct notify_http **out_http);
void notify_http_close(struct notify_http *http); /* NULL is allowed */
void notify_http_post(struct notify_http *http, struct slice body, const char *signature,
                      struct notify_answer *out_answer);

/* ---- A webhook's thread ---- */

struct webhook_thread {
    struct notify_collector collector;
    struct notify_round *round;
    struct notify_http *http;
    struct buffer secret;
    struct buffer body;
    struct delivery delivery;
    struct notify_cursor cursor; /* the thread's; `report` has a copy */
    bool is_saved;
    bool is_members_turn;
    atomic_bool is_stopping;
    pthread_mutex_t lock; /* of the report, and of the wake */
    pthread_cond_t wake;
    struct notify_report report;
    pthread_t thread;
    bool is_running;
};

/* Opens everything and starts the thread. The file outlives it. */
MUST_USE enum err webhook_start(struct webhook_thread *thread, struct node *node,
                                const struct notify_file *file,
                                const struct notify_webhook *webhook, struct note *note);
void webhook_stop(struct webhook_thread *thread);
struct notify_report webhook_report(struct webhook_thread *thread);

/* notify_judged.c: appends which tier the occasion of a record brought its member to. It comes last
 * in its row: a version of the programme that is gone moves no other message's place. */
MUST_USE enum err notify_of_judged(struct node *node, const struct record *record,
                                   struct notify_row *row);

#endif
