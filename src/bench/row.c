#include "bench/row.h"

#include <math.h>
#include <string.h>

#define CELL_MAX 32

struct bench_row row_of(const char *name)
{
    return (struct bench_row){name,       BENCH_NONE, BENCH_NONE, BENCH_NONE, BENCH_NONE,
                              BENCH_NONE, BENCH_NONE, BENCH_NONE, BENCH_NONE, BENCH_NONE,
                              NULL,       BENCH_NONE, BENCH_NONE, BENCH_NONE};
}

void row_set_rate(struct bench_row *row, uint64_t operations, uint64_t ns)
{
    row->operations = (double)operations;
    row->seconds = (double)ns / 1e9;
    row->rate = ns == 0 ? 0.0 : (double)operations * 1e9 / (double)ns;
}

void row_set_latency(struct bench_row *row, const struct histogram *latency)
{
    row->p50_us = (double)histogram_quantile(latency, 500) / 1e3;
    row->p99_us = (double)histogram_quantile(latency, 990) / 1e3;
    row->p999_us = (double)histogram_quantile(latency, 999) / 1e3;
    row->max_us = (double)latency->largest / 1e3;
}

void row_set_reference(struct bench_row *row, const char *name, double rate)
{
    if (rate > 0.0) {
        row->reference = name;
        row->reference_rate = rate;
        row->ratio = row->rate / rate;
    }
}

bool row_is_met(const struct bench_row *row)
{
    const double most[] = {
        row->bytes_per_operation, row->memory_bytes, row->p50_us, row->p99_us, row->seconds,
        row->operations};
    if (row->target < 0.0) {
        return false;
    }
    if (row->ratio >= 0.0 || row->rate >= 0.0) {
        return (row->ratio >= 0.0 ? row->ratio : row->rate) >= row->target;
    }
    for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
        if (most[i] >= 0.0) {
            return most[i] <= row->target;
        }
    }
    return false;
}

/* 1234567 as 1,234,567; a small number keeps `decimals`. */
static const char *format_number(char out[CELL_MAX], double number, unsigned decimals)
{
    char plain[CELL_MAX];
    if (number < 0.0) {
        return "-";
    }
    if (decimals > 0 && number < 100.0) {
        snprintf(out, CELL_MAX, "%.*f", (int)decimals, number);
        return out;
    }
    int length = snprintf(plain, sizeof plain, "%.0f", number);
    size_t at = 0;
    for (int i = 0; i < length && at + 2 < CELL_MAX; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}

static const char *format_bytes(char out[CELL_MAX], double bytes)
{
    if (bytes < 0.0) {
        return "-";
    }
    snprintf(out, CELL_MAX, "%.0f MiB", bytes / 1048576.0);
    return out;
}

static const char *met_text(const struct bench_row *row)
{
    if (row->target < 0.0) {
        return "";
    }
    return row_is_met(row) ? "yes" : "NO";
}

enum {
    CELL_OPERATIONS,
    CELL_RATE,
    CELL_P50,
    CELL_P99,
    CELL_P999,
    CELL_BYTES,
    CELL_MEMORY,
    CELL_RATIO,
    CELL_TARGET,
    CELL_SECONDS,
    CELL_COUNT
};

struct cells {
    char room[CELL_COUNT][CELL_MAX];
    const char *text[CELL_COUNT];
};

static void fill_cells(const struct bench_row *row, struct cells *cells)
{
    const double numbers[CELL_COUNT] = {
        [CELL_OPERATIONS] = row->operations,
        [CELL_RATE] = row->rate,
        [CELL_P50] = row->p50_us,
        [CELL_P99] = row->p99_us,
        [CELL_P999] = row->p999_us,
        [CELL_BYTES] = row->bytes_per_operation,
        [CELL_RATIO] = row->ratio,
        [CELL_TARGET] = row->target,
        [CELL_SECONDS] = row->seconds,
    };
    for (size_t i = 0; i < CELL_COUNT; i++) {
        bool is_fine = i == CELL_RATIO || i == CELL_SECONDS || i == CELL_TARGET;
        unsigned decimals = i == CELL_OPERATIONS || i == CELL_RATE ? 0 : 1;
        cells->text[i] = format_number(cells->room[i], numbers[i], is_fine ? 2 : decimals);
    }
    cells->text[CELL_MEMORY] = format_bytes(cells->room[CELL_MEMORY], row->memory_bytes);
    if (row->rate < 0.0 && row->memory_bytes >= 0.0) {
        cells->text[CELL_TARGET] = format_bytes(cells->room[CELL_TARGET], row->target);
    }
}

static const char line_format[] = "%-54s %11s %8s %10s %9s %10s %10s %7s %9s %7s %10s %-3s\n";

void row_print_head(FILE *out)
{
    fprintf(out, line_format, "", "operations", "seconds", "per second", "p50 us", "p99 us",
            "p99.9 us", "bytes/o", "memory", "ratio", "target", "met");
}

void row_print(FILE *out, const struct bench_row *row)
{
    struct cells cells;
    fill_cells(row, &cells);
    fprintf(out, line_format, row->name, cells.text[CELL_OPERATIONS], cells.text[CELL_SECONDS],
            cells.text[CELL_RATE], cells.text[CELL_P50], cells.text[CELL_P99],
            cells.text[CELL_P999], cells.text[CELL_BYTES], cells.text[CELL_MEMORY],
            cells.text[CELL_RATIO], cells.text[CELL_TARGET], met_text(row));
    fflush(out);
}

void row_print_markdown_head(FILE *out)
{
    fputs("| what | per second | p50 / p99 / p99.9 µs | bytes each | memory | against | ratio | "
          "target | met |\n|---|--:|--:|--:|--:|---|--:|--:|---|\n",
          out);
}

void row_print_markdown(FILE *out, const struct bench_row *row)
{
    struct cells cells;
    fill_cells(row, &cells);
    bool is_time = row->rate < 0.0 && row->seconds >= 0.0;
    fprintf(out, "| %s | %s%s | %s / %s / %s | %s | %s | %s | %s | %s | %s |\n", row->name,
            is_time ? cells.text[CELL_SECONDS] : cells.text[CELL_RATE], is_time ? " s" : "",
            cells.text[CELL_P50], cells.text[CELL_P99], cells.text[CELL_P999],
            cells.text[CELL_BYTES], cells.text[CELL_MEMORY],
            row->reference == NULL ? "" : row->reference, cells.text[CELL_RATIO],
            cells.text[CELL_TARGET], met_text(row));
    fflush(out);
}

static json_t *json_whole(double number)
{
    return number < 0.0 ? json_null() : json_integer((json_int_t)llround(number));
}

/* Three digits behind the point. */
static json_t *json_fine(double number)
{
    return number < 0.0 ? json_null() : json_real(round(number * 1000.0) / 1000.0);
}

static json_t *json_reference(const struct bench_row *row)
{
    if (row->reference == NULL) {
        return json_null();
    }
    return json_pack("{s:s, s:o}", "name", row->reference, "rate", json_whole(row->reference_rate));
}

json_t *row_json(const struct bench_row *row)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "name", row->name, "operations", json_whole(row->operations), "seconds",
                     json_fine(row->seconds), "rate", json_fine(row->rate), "p50_us",
                     json_fine(row->p50_us), "p99_us", json_fine(row->p99_us), "p999_us",
                     json_fine(row->p999_us), "max_us", json_fine(row->max_us),
                     "bytes_per_operation", json_fine(row->bytes_per_operation), "memory_bytes",
                     json_whole(row->memory_bytes), "reference", json_reference(row), "ratio",
                     json_fine(row->ratio), "target", json_fine(row->target), "met",
                     row->target < 0.0 ? json_null() : json_boolean(row_is_met(row)));
}
