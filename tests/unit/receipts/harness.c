#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"

static void log_text(struct outcome *outcome, const char *format, ...) PRINTF_LIKE(2, 3);

static void log_text(struct outcome *outcome, const char *format, ...)
{
    if (outcome->is_quiet) {
        return;
    }
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    assert_true(length >= 0);
    write_bytes(&outcome->log, text, (size_t)length);
    free(text);
}

static void log_line(struct outcome *outcome, const struct receipt *receipt,
                     const struct receipt_line *line)
{
    log_text(outcome, "  %lld: %s", (long long)line->row, line->product);
    if (line->category[0] != '\0') {
        log_text(outcome, " (%s)", line->category);
    }
    if (line->reference[0] != '\0') {
        log_text(outcome, " #%s", line->reference);
    }
    log_text(outcome, " x %llde-%u", (long long)line->quantity.mantissa, line->quantity.scale);
    if (receipt->has_amount) {
        log_text(outcome, " = %lld", (long long)line->amount.minor);
    }
    if (receipt->has_points) {
        log_text(outcome, " %lldp", (long long)line->points.minor);
    }
    if (line->original[0] != '\0') {
        log_text(outcome, " of %s", line->original);
    }
    log_text(outcome, "\n");
}

static void check_sums(const struct receipt *receipt)
{
    int64_t total = 0;
    int64_t points = 0;
    for (size_t i = 0; i < receipt->line_count; i++) {
        assert_true(receipt->lines[i].amount.minor >= 0);
        assert_true(receipt->lines[i].quantity.mantissa >= 0);
        total += receipt->lines[i].amount.minor;
        points += receipt->lines[i].points.minor;
    }
    assert_int_equal(total, receipt->total.minor);
    assert_int_equal(points, receipt->points.minor);
    assert_true(receipt->line_count >= 1 && receipt->line_count <= receipt->row_count);
    assert_true(receipt->line_count <= LIMIT_RECEIPT_LINES);
    assert_true(receipt->first_row <= receipt->last_row);
}

static enum err on_receipt(void *context, const struct receipt *receipt, struct note *note)
{
    struct outcome *outcome = context;
    char time[TIME_TEXT_MAX];
    (void)note;
    check_sums(receipt);
    bool is_sale = receipt->kind == RECEIPT_SALE;
    log_text(outcome, "%s %s", is_sale ? "SALE" : "RETURN", receipt->reference);
    if (receipt->part != 0) {
        log_text(outcome, " part %llu", (unsigned long long)receipt->part);
    }
    log_text(outcome, " %s store %s customer %s", unix_ms_format(receipt->time, time),
             receipt->store, receipt->customer);
    if (receipt->card.digits[0] != '\0') {
        log_text(outcome, " card %s", receipt->card.digits);
    }
    if (receipt->has_amount) {
        log_text(outcome, " %s %lld", receipt->currency, (long long)receipt->total.minor);
    }
    if (receipt->promotion != 0) {
        log_text(outcome, " promotion %u", receipt->promotion);
    }
    for (size_t i = 0; i < receipt->code_count; i++) {
        log_text(outcome, " code %s", receipt->codes[i]);
    }
    log_text(outcome, " rows");
    for (size_t i = 0; i < receipt->row_count; i++) {
        log_text(outcome, " %llu", (unsigned long long)receipt->rows[i].number);
    }
    log_text(outcome, "\n");
    for (size_t i = 0; i < receipt->line_count && !outcome->is_quiet; i++) {
        log_line(outcome, receipt, &receipt->lines[i]);
    }
    outcome->rows_listed += receipt->row_count;
    *(is_sale ? &outcome->sale_total : &outcome->return_total) += receipt->total.minor;
    outcome->sale_points += is_sale ? receipt->points.minor : 0;
    outcome->is_out_of_order = outcome->is_out_of_order || receipt->time.ms < outcome->last_time;
    outcome->last_time = receipt->time.ms;
    return ERR_OK;
}

static enum err on_reject(void *context, const struct receipt_row *row, const char *reason,
                          struct note *note)
{
    struct outcome *outcome = context;
    (void)note;
    log_text(outcome, "REJECT %llu: %s: %.*s\n", (unsigned long long)row->number, reason,
             (int)row->text.length, (const char *)row->text.at);
    outcome->rows_listed++;
    return ERR_OK;
}

static void on_progress(void *context, uint64_t position, uint64_t size)
{
    struct outcome *outcome = context;
    assert_true(position >= outcome->progress && position <= size);
    outcome->progress = position;
    outcome->size = size;
}

struct mapping *harness_mapping(const char *yaml)
{
    struct mapping *mapping = NULL;
    struct note note = {""};
    enum err err = mapping_parse(yaml, strlen(yaml), "map.yaml", &mapping, &note);
    if (err != ERR_OK) {
        fail_msg("%s", note.text);
    }
    return mapping;
}

void harness_refuse_mapping(const char *yaml, const char *sentence)
{
    struct mapping *mapping = NULL;
    struct note note = {""};
    assert_int_equal(mapping_parse(yaml, strlen(yaml), "map.yaml", &mapping, &note), ERR_INPUT);
    assert_string_equal(note.text, sentence);
}

struct outcome harness_read_source(const struct mapping *mapping, struct source *source,
                                   const struct receipts_options *options, bool is_quiet)
{
    struct outcome outcome = {.is_quiet = is_quiet, .last_time = INT64_MIN};
    const struct receipts_sink sink = {.context = &outcome,
                                       .on_receipt = on_receipt,
                                       .on_reject = on_reject,
                                       .on_progress = on_progress};
    outcome.err = receipts_read(source, mapping, options, &sink, &outcome.tally, &outcome.note);
    if (outcome.err == ERR_OK) {
        assert_int_equal(outcome.rows_listed, outcome.tally.rows);
    }
    return outcome;
}

struct outcome harness_read_bytes(const struct mapping *mapping, struct slice csv,
                                  const struct receipts_options *options)
{
    struct source *source = NULL;
    struct note note = {""};
    assert_int_equal(source_of_memory(csv, "file.csv", &source, &note), ERR_OK);
    struct outcome outcome = harness_read_source(mapping, source, options, false);
    source_close(source);
    return outcome;
}

struct outcome harness_read(const char *yaml, const char *csv)
{
    struct mapping *mapping = harness_mapping(yaml);
    const struct receipts_options options = {.points_decimals = 2};
    struct outcome outcome = harness_read_bytes(mapping, slice_of(csv, strlen(csv)), &options);
    mapping_destroy(mapping);
    return outcome;
}

void outcome_fini(struct outcome *outcome)
{
    buffer_fini(&outcome->log);
}

void outcome_expect(struct outcome *outcome, const char *log)
{
    if (outcome->err != ERR_OK) {
        fail_msg("%s: %s", err_name(outcome->err), outcome->note.text);
    }
    write_u8(&outcome->log, 0);
    assert_string_equal((const char *)outcome->log.at, log);
    outcome_fini(outcome);
}
