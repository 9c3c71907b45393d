#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/metrics_registry.h"

#define REGISTRY_BYTES (64u << 20)
#define CACHE_LINE     64u
#define NAME_BYTES_MAX 128u
#define HELP_BYTES_MAX 512u
#define DECIMALS_MAX   9u

enum err metrics_create(struct metrics **out_metrics)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL) {
        return ERR_RESOURCE;
    }
    if (pthread_mutex_init(&metrics->lock, NULL) != 0) {
        free(metrics);
        return ERR_RESOURCE;
    }
    arena_init(&metrics->arena, REGISTRY_BYTES);
    *out_metrics = metrics;
    return ERR_OK;
}

void metrics_destroy(struct metrics *metrics)
{
    if (metrics != NULL) {
        pthread_mutex_destroy(&metrics->lock);
        arena_fini(&metrics->arena);
        free(metrics);
    }
}

static bool is_name(const char *name)
{
    size_t length = strnlen(name, NAME_BYTES_MAX + 1);
    return length > 0 && length <= NAME_BYTES_MAX && (name[0] < '0' || name[0] > '9') &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static bool ends_in(const char *name, const char *tail)
{
    size_t length = strlen(name);
    size_t tail_length = strlen(tail);
    return length > tail_length && strcmp(name + length - tail_length, tail) == 0;
}

static bool is_spec(const struct metric_spec *spec, enum metric_kind kind)
{
    static const char *const reserved[] = {"_bucket", "_count", "_sum"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (ends_in(spec->name, reserved[i])) {
            return false;
        }
    }
    size_t help_length = strnlen(spec->help, HELP_BYTES_MAX + 1);
    return is_name(spec->name) && ends_in(spec->name, "_total") == (kind == METRIC_COUNTER) &&
           help_length > 0 && help_length <= HELP_BYTES_MAX && spec->decimals <= DECIMALS_MAX;
}

static bool are_labels(struct metric_labels labels)
{
    if (labels.count > LIMIT_METRIC_LABELS) {
        return false;
    }
    for (size_t i = 0; i < labels.count; i++) {
        const struct metric_label *label = &labels.at[i];
        size_t length = strnlen(label->value, LIMIT_METRIC_LABEL_BYTES + 1);
        if (!is_name(label->name) || strncmp(label->name, "__", 2) == 0 ||
            strcmp(label->name, "le") == 0 || strcmp(label->name, "quantile") == 0 ||
            length > LIMIT_METRIC_LABEL_BYTES ||
            !text_is_printable(slice_of(label->value, length))) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(labels.at[j].name, label->name) == 0) {
                return false;
            }
        }
    }
    return true;
}

static bool are_bounds(struct bucket_bounds bounds)
{
    if (bounds.count == 0 || bounds.count > LIMIT_METRIC_BUCKETS) {
        return false;
    }
    for (size_t i = 1; i < bounds.count; i++) {
        if (bounds.at[i] <= bounds.at[i - 1]) {
            return false;
        }
    }
    return true;
}

static char *copy_text(struct metrics *metrics, const char *text)
{
    return arena_text(&metrics->arena, slice_of(text, strlen(text)));
}

static struct metric_family *find_family(const struct metrics *metrics, const char *name)
{
    struct metric_family *family = metrics->first;
    while (family != NULL && strcmp(family->spec.name, name) != 0) {
        family = family->next;
    }
    return family;
}

static enum err check_series(const struct metric_family *family, const struct metric_spec *spec,
                             enum metric_kind kind, struct bucket_bounds bounds,
                             struct metric_labels labels)
{
    if (family->kind != kind || family->spec.decimals != spec->decimals ||
        strcmp(family->spec.help, spec->help) != 0 || family->bounds.count != bounds.count ||
        family->first->labels.count != labels.count) {
        return ERR_CONFLICT;
    }
    if (bounds.count > 0 &&
        memcmp(family->bounds.at, bounds.at, bounds.count * sizeof *bounds.at) != 0) {
        return ERR_CONFLICT;
    }
    for (size_t i = 0; i < labels.count; i++) {
        if (strcmp(family->first->labels.at[i].name, labels.at[i].name) != 0) {
            return ERR_CONFLICT;
        }
    }
    for (const struct metric_series *s = family->first; s != NULL; s = s->next) {
        size_t same = 0;
        while (same < labels.count &&
               strcmp(s->labels.at[same].value, labels.at[same].value) == 0) {
            same++;
        }
        if (same == labels.count) {
            return ERR_EXISTS;
        }
    }
    return family->series_count == LIMIT_METRIC_SERIES ? ERR_RESOURCE : ERR_OK;
}

static enum err make_family(struct metrics *metrics, const struct metric_spec *spec,
                            enum metric_kind kind, struct bucket_bounds bounds,
                            struct metric_family **out_family)
{
    struct metric_family *family = arena_alloc(&metrics->arena, sizeof *family);
    char *name = copy_text(metrics, spec->name);
    char *help = copy_text(metrics, spec->help);
    int64_t *copy = arena_alloc(&metrics->arena, (bounds.count + 1) * sizeof *copy);
    if (family == NULL || name == NULL || help == NULL || copy == NULL) {
        return ERR_RESOURCE;
    }
    if (bounds.count > 0) {
        memcpy(copy, bounds.at, bounds.count * sizeof *copy);
    }
    *family = (struct metric_family){
        .spec = {name, help, spec->decimals}, .kind = kind, .bounds = {copy, bounds.count}};
    *out_family = family;
    return ERR_OK;
}

/* Each value sits on cache lines of its own, so that threads don't slow each other down. */
static void *alloc_value(struct metrics *metrics, size_t size)
{
    uint8_t *at = arena_alloc(&metrics->arena, size + 2 * CACHE_LINE);
    if (at == NULL) {
        return NULL;
    }
    at += CACHE_LINE - (uintptr_t)at % CACHE_LINE;
    memset(at, 0, size);
    return at;
}

static enum err copy_labels(struct metrics *metrics, struct metric_labels labels,
                            struct metric_labels *out_copy)
{
    struct metric_label *copy = arena_alloc(&metrics->arena, (labels.count + 1) * sizeof *copy);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < labels.count; i++) {
        copy[i].name = copy_text(metrics, labels.at[i].name);
        copy[i].value = copy_text(metrics, labels.at[i].value);
        if (copy[i].name == NULL || copy[i].value == NULL) {
            return ERR_RESOURCE;
        }
    }
    *out_copy = (struct metric_labels){copy, labels.count};
    return ERR_OK;
}

static enum err make_series(struct metrics *metrics, const struct metric_family *family,
                            struct metric_labels labels, metric_read *read, void *context,
                            struct metric_series **out_series)
{
    struct metric_series *series = arena_alloc(&metrics->arena, sizeof *series);
    if (series == NULL) {
        return ERR_RESOURCE;
    }
    *series = (struct metric_series){.read = read, .read_context = context};
    TRY(copy_labels(metrics, labels, &series->labels));
    if (family->kind == METRIC_HISTOGRAM) {
        series->histogram = alloc_value(metrics, sizeof *series->histogram);
        if (series->histogram == NULL) {
            return ERR_RESOURCE;
        }
        series->histogram->bounds = family->bounds;
    } else if (read == NULL) {
        void *value =
            alloc_value(metrics, sizeof(struct metric_counter) + sizeof(struct metric_gauge));
        if (value == NULL) {
            return ERR_RESOURCE;
        }
        series->counter = family->kind == METRIC_COUNTER ? value : NULL;
        series->gauge = family->kind == METRIC_GAUGE ? value : NULL;
    }
    *out_series = series;
    return ERR_OK;
}

static void link_family(struct metrics *metrics, struct metric_family *family)
{
    if (metrics->last == NULL) {
        metrics->first = family;
    } else {
        metrics->last->next = family;
    }
    metrics->last = family;
    metrics->family_count++;
}

static void link_series(struct metric_family *family, struct metric_series *series)
{
    if (family->last == NULL) {
        family->first = series;
    } else {
        family->last->next = series;
    }
    family->last = series;
    family->series_count++;
}

/* What is asked for, in one piece. */
struct request {
    const struct metric_spec *spec;
    enum metric_kind kind;
    struct bucket_bounds bounds;
    struct metric_labels labels;
    metric_read *read;
    void *context;
};

static enum err add_locked(struct metrics *metrics, const struct request *r,
                           struct metric_series **out_series)
{
    struct metric_family *family = find_family(metrics, r->spec->name);
    bool is_new = family == NULL;
    if (is_new && metrics->family_count == LIMIT_METRIC_FAMILIES) {
        return ERR_RESOURCE;
    }
    TRY(is_new ? make_family(metrics, r->spec, r->kind, r->bounds, &family)
               : check_series(family, r->spec, r->kind, r->bounds, r->labels));
    struct metric_series *series = NULL;
    TRY(make_series(metrics, family, r->labels, r->read, r->context, &series));
    if (is_new) {
        link_family(metrics, family);
    }
    link_series(family, series);
    *out_series = series;
    return ERR_OK;
}

static enum err add(struct metrics *metrics, const struct request *r,
                    struct metric_series **out_series)
{
    if (!is_spec(r->spec, r->kind) || !are_labels(r->labels) ||
        (r->kind == METRIC_HISTOGRAM && !are_bounds(r->bounds))) {
        return ERR_INPUT;
    }
    pthread_mutex_lock(&metrics->lock);
    enum err err = add_locked(metrics, r, out_series);
    pthread_mutex_unlock(&metrics->lock);
    return err;
}

enum err metrics_add_counter(struct metrics *metrics, const struct metric_spec *spec,
                             struct metric_labels labels, struct metric_counter **out_counter)
{
    struct request r = {.spec = spec, .kind = METRIC_COUNTER, .labels = labels};
    struct metric_series *series = NULL;
    TRY(add(metrics, &r, &series));
    *out_counter = series->counter;
    return ERR_OK;
}

enum err metrics_add_gauge(struct metrics *metrics, const struct metric_spec *spec,
                           struct metric_labels labels, struct metric_gauge **out_gauge)
{
    struct request r = {.spec = spec, .kind = METRIC_GAUGE, .labels = labels};
    struct metric_series *series = NULL;
    TRY(add(metrics, &r, &series));
    *out_gauge = series->gauge;
    return ERR_OK;
}

enum err metrics_add_histogram(struct metrics *metrics, const struct metric_spec *spec,
                               struct bucket_bounds bounds, struct metric_labels labels,
                               struct metric_histogram **out_histogram)
{
    struct request r = {.spec = spec, .kind = METRIC_HISTOGRAM, .bounds = bounds, .labels = labels};
    struct metric_series *series = NULL;
    TRY(add(metrics, &r, &series));
    *out_histogram = series->histogram;
    return ERR_OK;
}

enum err metrics_add_counter_read(struct metrics *metrics, const struct metric_spec *spec,
                                  struct metric_labels labels, metric_read *read, void *context)
{
    struct request r = {spec, METRIC_COUNTER, {NULL, 0}, labels, read, context};
    struct metric_series *series = NULL;
    return add(metrics, &r, &series);
}

enum err metrics_add_gauge_read(struct metrics *metrics, const struct metric_spec *spec,
                                struct metric_labels labels, metric_read *read, void *context)
{
    struct request r = {spec, METRIC_GAUGE, {NULL, 0}, labels, read, context};
    struct metric_series *series = NULL;
    return add(metrics, &r, &series);
}

void metric_histogram_observe(struct metric_histogram *histogram, int64_t value)
{
    size_t bucket = 0;
    while (bucket < histogram->bounds.count && value > histogram->bounds.at[bucket]) {
        bucket++;
    }
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum, value, memory_order_relaxed);
}

struct bucket_bounds metric_bounds_of_latency(void)
{
    static const int64_t bounds[] = {50,     100,     250,     500,     1000,    2500,
                                     5000,   10000,   25000,   50000,   100000,  250000,
                                     500000, 1000000, 2500000, 5000000, 10000000};
    return (struct bucket_bounds){bounds, sizeof bounds / sizeof *bounds};
}
