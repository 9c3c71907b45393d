/* One line of what a bench found, and how it is shown: for people, for programs, for a README.
 *
 * A figure that does not apply is BENCH_NONE. A row's target is for its ratio when it has a
 * reference, else for its rate, and is a least; a row that has neither shows one figure only, and
 * the target is the most that it may be.
 */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "bench/histogram.h"

#define BENCH_NONE     (-1.0)
#define BENCH_NAME_MAX 80 /* bytes, with the final NUL */

struct bench_row {
    const char *name;
    double operations;
    double seconds;
    double rate; /* operations a second */
    double p50_us;
    double p99_us;
    double p999_us;
    double max_us;
    double bytes_per_operation; /* written to disk */
    double memory_bytes;
    const char *reference; /* NULL: none */
    double reference_rate;
    double ratio;
    double target;
};

/* All figures BENCH_NONE. */
struct bench_row row_of(const char *name);
/* Operations in so many nanoseconds: operations, seconds and rate. */
void row_set_rate(struct bench_row *row, uint64_t operations, uint64_t ns);
void row_set_latency(struct bench_row *row, const struct histogram *latency);
/* Compares the rate; a reference of 0 leaves the row without. */
void row_set_reference(struct bench_row *row, const char *name, double rate);
/* Whether the target is met; false too when there is none, or nothing to hold against it. */
bool row_is_met(const struct bench_row *row);

/* The head and the lines of a table for people. */
void row_print_head(FILE *out);
void row_print(FILE *out, const struct bench_row *row);
void row_print_markdown_head(FILE *out);
void row_print_markdown(FILE *out, const struct bench_row *row);
/* NULL without memory. */
json_t *row_json(const struct bench_row *row);

#endif
