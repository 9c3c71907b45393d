/* All webhooks together: started, stopped, loaded anew, counted. */
#include "node/notifier.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/box.h"
#include "node/notify_parts.h"

#define SERIES_MAX (2 * LIMIT_NOTIFY_WEBHOOKS) /* also of webhooks that a reload took away */

/* Metrics of one name; they outlive a reload. */
struct notify_series {
    struct notifier *notifier;
    char name[NOTIFY_WEBHOOK_NAME_MAX];
};

struct notifier {
    struct node *node;
    pthread_mutex_t lock; /* of what follows */
    struct notify_file *file;
    size_t count;
    struct webhook_thread *threads;
    size_t series_count;
    struct notify_series series[SERIES_MAX];
};

static bool has_file(const struct node_config *config)
{
    return config->notifications.text[0] != '\0';
}

static enum err load(const struct node_config *config, struct notify_file **out_file,
                     struct note *note)
{
    struct notify_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = notify_file_load(config->notifications.text, file, note);
    for (size_t i = 0; err == ERR_OK && i < file->webhook_count; i++) {
        struct buffer secret = {0};
        err = notify_secret_load(&file->webhooks[i], &secret, note);
        secret_forget(secret.at, secret.length);
        buffer_fini(&secret);
    }
    if (err != ERR_OK) {
        notify_file_fini(file);
        free(file);
        return err;
    }
    *out_file = file;
    return ERR_OK;
}

static void unload(struct notify_file *file)
{
    if (file != NULL) {
        notify_file_fini(file);
        free(file);
    }
}

enum err notifier_check(const struct node_config *config, struct note *note)
{
    struct notify_file *file = NULL;
    enum err err = has_file(config) ? load(config, &file, note) : ERR_OK;
    unload(file);
    return err;
}

/* ---- Metrics ---- */

static struct notify_report report_of(struct notify_series *series)
{
    struct notifier *notifier = series->notifier;
    struct notify_report report = {.name = NULL};
    pthread_mutex_lock(&notifier->lock);
    for (size_t i = 0; i < notifier->count; i++) {
        if (strcmp(notifier->file->webhooks[i].name, series->name) == 0) {
            report = webhook_report(&notifier->threads[i]);
        }
    }
    pthread_mutex_unlock(&notifier->lock);
    return report;
}

static int64_t read_behind(void *context)
{
    return (int64_t)report_of(context).rows_behind;
}

static int64_t read_failing(void *context)
{
    return report_of(context).failures > 0 ? 1 : 0;
}

static int64_t read_sent(void *context)
{
    return (int64_t)report_of(context).cursor.sent;
}

static int64_t read_aside(void *context)
{
    return (int64_t)report_of(context).cursor.aside;
}

static int64_t read_stale(void *context)
{
    return (int64_t)report_of(context).cursor.stale;
}

static enum err add_series(struct notifier *notifier, const char *name)
{
    static const struct metric_spec behind = {
        "talea_notify_rows_behind", "Journal rows that a webhook's gateway was not told of yet.",
        0};
    static const struct metric_spec failing = {
        "talea_notify_failing", "1 while a webhook's gateway does not answer well.", 0};
    static const struct metric_spec sent = {"talea_notify_sent_total",
                                            "Notifications that a gateway took.", 0};
    static const struct metric_spec aside = {"talea_notify_set_aside_total",
                                             "Notifications that a gateway refused for good.", 0};
    static const struct metric_spec stale = {
        "talea_notify_stale_total", "Notifications that were too old when their turn came.", 0};
    for (size_t i = 0; i < notifier->series_count; i++) {
        if (strcmp(notifier->series[i].name, name) == 0) {
            return ERR_OK;
        }
    }
    if (notifier->series_count == SERIES_MAX) {
        return ERR_OK;
    }
    struct metrics *metrics = notifier->node->metrics;
    struct notify_series *series = &notifier->series[notifier->series_count++];
    series->notifier = notifier;
    memcpy(series->name, name, sizeof series->name);
    struct metric_labels labels = METRIC_LABELS({"webhook", series->name});
    TRY(metrics_add_gauge_read(metrics, &behind, labels, read_behind, series));
    TRY(metrics_add_gauge_read(metrics, &failing, labels, read_failing, series));
    TRY(metrics_add_counter_read(metrics, &sent, labels, read_sent, series));
    TRY(metrics_add_counter_read(metrics, &aside, labels, read_aside, series));
    return metrics_add_counter_read(metrics, &stale, labels, read_stale, series);
}

/* ---- Start and end ---- */

static void stop_threads(struct notifier *notifier)
{
    for (size_t i = 0; i < notifier->count; i++) {
        webhook_stop(&notifier->threads[i]);
    }
    free(notifier->threads);
    unload(notifier->file);
    notifier->threads = NULL;
    notifier->file = NULL;
    notifier->count = 0;
}

/* The file is the notifier's from now on. */
static enum err start_threads(struct notifier *notifier, struct notify_file *file,
                              struct note *note)
{
    notifier->file = file;
    notifier->threads = calloc(file->webhook_count, sizeof *notifier->threads);
    enum err err = notifier->threads == NULL ? ERR_RESOURCE : ERR_OK;
    while (err == ERR_OK && notifier->count < file->webhook_count) {
        const struct notify_webhook *webhook = &file->webhooks[notifier->count];
        err =
            webhook_start(&notifier->threads[notifier->count], notifier->node, file, webhook, note);
        notifier->count += err == ERR_OK ? 1 : 0;
    }
    if (err != ERR_OK) {
        stop_threads(notifier);
    }
    return err;
}

static enum err add_all_series(struct notifier *notifier)
{
    for (size_t i = 0; notifier->file != NULL && i < notifier->file->webhook_count; i++) {
        TRY(add_series(notifier, notifier->file->webhooks[i].name));
    }
    return ERR_OK;
}

enum err notifier_start(struct node *node, struct notifier **out_notifier, struct note *note)
{
    struct notify_file *file = NULL;
    struct notifier *notifier = calloc(1, sizeof *notifier);
    if (notifier == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(notifier);
        return ERR_RESOURCE;
    }
    notifier->node = node;
    pthread_mutex_init(&notifier->lock, NULL);
    enum err err = has_file(&node->config) ? load(&node->config, &file, note) : ERR_OK;
    if (err == ERR_OK && file != NULL) {
        err = start_threads(notifier, file, note);
    }
    err = err == ERR_OK ? add_all_series(notifier) : err;
    if (err != ERR_OK) {
        notifier_stop(notifier);
        return err;
    }
    *out_notifier = notifier;
    return ERR_OK;
}

void notifier_stop(struct notifier *notifier)
{
    if (notifier == NULL) {
        return;
    }
    pthread_mutex_lock(&notifier->lock);
    stop_threads(notifier);
    pthread_mutex_unlock(&notifier->lock);
    pthread_mutex_destroy(&notifier->lock);
    curl_global_cleanup();
    free(notifier);
}

enum err notifier_reload(struct notifier *notifier, struct note *note)
{
    struct notify_file *file = NULL;
    if (notifier == NULL || !has_file(&notifier->node->config)) {
        return ERR_OK;
    }
    pthread_mutex_lock(&notifier->node->reload_lock); /* one at a time */
    enum err err = load(&notifier->node->config, &file, note);
    if (err == ERR_OK) {
        pthread_mutex_lock(&notifier->lock);
        stop_threads(notifier);
        err = start_threads(notifier, file, note);
        pthread_mutex_unlock(&notifier->lock);
        err = err == ERR_OK ? add_all_series(notifier) : err;
    }
    pthread_mutex_unlock(&notifier->node->reload_lock);
    return err;
}

void notifier_each(struct notifier *notifier,
                   void (*visit)(void *context, const struct notify_report *report), void *context)
{
    if (notifier == NULL) {
        return;
    }
    pthread_mutex_lock(&notifier->lock);
    for (size_t i = 0; i < notifier->count; i++) {
        struct notify_report report = webhook_report(&notifier->threads[i]);
        visit(context, &report);
    }
    pthread_mutex_unlock(&notifier->lock);
}
