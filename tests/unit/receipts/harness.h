/* What the tests of receipts share: a mapping and a file from text, and all that comes out. */
#ifndef TESTS_RECEIPTS_HARNESS_H
#define TESTS_RECEIPTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "receipts/read.h"

/* Everything a reading gave, as lines of text, and sums. */
struct outcome {
    enum err err;
    struct note note;
    struct receipts_tally tally;
    struct buffer log; /* a line for each receipt, line and reject */
    uint64_t rows_listed;
    int64_t sale_total;
    int64_t return_total;
    int64_t sale_points;
    uint64_t progress;
    uint64_t size;
    int64_t last_time;
    bool is_out_of_order;
    bool is_quiet; /* no log */
};

struct mapping *harness_mapping(const char *yaml);
/* The note of a mapping that is refused. */
void harness_refuse_mapping(const char *yaml, const char *sentence);
/* Reads `csv`; to be given to outcome_fini. */
struct outcome harness_read(const char *yaml, const char *csv);
struct outcome harness_read_bytes(const struct mapping *mapping, struct slice csv,
                                  const struct receipts_options *options);
struct outcome harness_read_source(const struct mapping *mapping, struct source *source,
                                   const struct receipts_options *options, bool is_quiet);
void outcome_fini(struct outcome *outcome);
/* The log is exactly this. */
void outcome_expect(struct outcome *outcome, const char *log);

#endif
