/* The Prometheus text exposition format, version 0.0.4. */
#include <string.h>

#include "base/amount.h"
#include "telemetry/metrics_registry.h"

static void put(struct buffer *b, const char *text)
{
    write_bytes(b, text, strlen(text));
}

/* Backslash and line feed, and in label values the quote, are escaped. */
static void put_escaped(struct buffer *b, const char *text, bool is_label)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n') {
            put(b, "\\n");
        } else {
            if (*at == '\\' || (*at == '"' && is_label)) {
                put(b, "\\");
            }
            write_bytes(b, at, 1);
        }
    }
}

/* The shortest exact form: no zeros at the end of the decimals. */
static const char *format_value(int64_t value, unsigned decimals, char out[AMOUNT_TEXT_MAX])
{
    amount_format(value, decimals, out);
    size_t length = strlen(out);
    while (decimals > 0 && out[length - 1] == '0') {
        out[--length] = '\0';
    }
    if (decimals > 0 && out[length - 1] == '.') {
        out[length - 1] = '\0';
    }
    return out;
}

/* One line; `bound` is the le label of a histogram's bucket, or NULL. */
static void put_sample(struct buffer *b, const struct metric_family *family, const char *tail,
                       struct metric_labels labels, const char *bound, const char *value)
{
    put(b, family->spec.name);
    put(b, tail);
    bool is_open = false;
    for (size_t i = 0; i < labels.count; i++) {
        put(b, is_open ? "," : "{");
        is_open = true;
        put(b, labels.at[i].name);
        put(b, "=\"");
        put_escaped(b, labels.at[i].value, true);
        put(b, "\"");
    }
    if (bound != NULL) {
        put(b, is_open ? ",le=\"" : "{le=\"");
        put(b, bound);
        put(b, "\"");
        is_open = true;
    }
    put(b, is_open ? "} " : " ");
    put(b, value);
    put(b, "\n");
}

/* The count is the sum of the buckets as read here, so that one page never contradicts itself. */
static void put_histogram(struct buffer *b, const struct metric_family *family,
                          const struct metric_series *series)
{
    struct metric_histogram *histogram = series->histogram;
    char bound[AMOUNT_TEXT_MAX];
    char value[AMOUNT_TEXT_MAX];
    int64_t sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
    int64_t count = 0;
    for (size_t i = 0; i <= family->bounds.count; i++) {
        bool is_last = i == family->bounds.count;
        count += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        if (!is_last) {
            format_value(family->bounds.at[i], family->spec.decimals, bound);
        }
        put_sample(b, family, "_bucket", series->labels, is_last ? "+Inf" : bound,
                   amount_format(count, 0, value));
    }
    put_sample(b, family, "_sum", series->labels, NULL,
               format_value(sum, family->spec.decimals, value));
    put_sample(b, family, "_count", series->labels, NULL, amount_format(count, 0, value));
}

static int64_t read_value(const struct metric_series *series)
{
    if (series->read != NULL) {
        return series->read(series->read_context);
    }
    return series->counter != NULL
               ? atomic_load_explicit(&series->counter->value, memory_order_relaxed)
               : atomic_load_explicit(&series->gauge->value, memory_order_relaxed);
}

static void put_family(struct buffer *b, const struct metric_family *family)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    put(b, "# HELP ");
    put(b, family->spec.name);
    put(b, " ");
    put_escaped(b, family->spec.help, false);
    put(b, "\n# TYPE ");
    put(b, family->spec.name);
    put(b, " ");
    put(b, kinds[family->kind]);
    put(b, "\n");
    for (const struct metric_series *s = family->first; s != NULL; s = s->next) {
        if (family->kind == METRIC_HISTOGRAM) {
            put_histogram(b, family, s);
            continue;
        }
        char text[AMOUNT_TEXT_MAX];
        int64_t value = read_value(s);
        put_sample(b, family, "", s->labels, NULL,
                   format_value(value, family->spec.decimals, text));
    }
}

enum err metrics_render(struct metrics *metrics, struct buffer *buffer)
{
    pthread_mutex_lock(&metrics->lock);
    for (const struct metric_family *family = metrics->first; family != NULL;
         family = family->next) {
        put_family(buffer, family);
    }
    pthread_mutex_unlock(&metrics->lock);
    return buffer->err;
}
