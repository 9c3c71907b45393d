#include "cli/statement_csv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talea/v1/back_office.pb-c.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/csv.h"
#include "cli/message.h"
#include "cli/office.h"

/* What is said of entries and what they came to, one half at a time. */
struct csv {
    struct cli *cli;
    const struct charter *charter;
    const struct pair_statement *statement;
    const char *partner;
    struct roster roster;
    FILE *file;
    const struct statement_half *half;
    uint64_t next_number;
    uint64_t last_number; /* of the half's lines, as they are listed */
    struct receipt_total sums[RECEIPT_TOTALS_MAX];
    size_t sum_count;
};

static void write_titles(struct csv *csv)
{
    static const char *const titles[] = {
        "sender",      "receiver", "number",     "verdict",   "kind",        "time",
        "transaction", "card",     "points",     "disputed",  "tariff",      "price",
        "per_points",  "currency", "owed_minor", "owed_rest", "owed_rest_of"};
    struct csv_row row = {.out = csv->file};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        csv_text(&row, titles[i]);
    }
    csv_end(&row);
}

/* points * price / per as a whole number of minor units, rounded down, and the rest in per-ths of
 * one: nothing is rounded away. What is disputed waits and is owed by nobody yet. The product may
 * not fit, its rest always does. */
static enum err write_worth(struct csv *csv, struct csv_row *row,
                            const Talea__V1__StatementLine *line)
{
    struct receipt_total one = {(enum entry_kind)line->kind, line->tariff, 1, line->points};
    struct line_price price;
    char text[AMOUNT_TEXT_MAX];
    int64_t whole;
    int64_t points = line->points - line->disputed_points;
    TRY(price_line(&csv->roster, &one, &price));
    if (price.tariff == NULL) {
        for (unsigned i = 0; i < 6; i++) {
            csv_text(row, i == 2 ? csv->statement->currency : i >= 3 ? (i == 5 ? "1" : "0") : "");
        }
        return ERR_OK;
    }
    int64_t per = price.tariff->per.minor;
    bool counts = line->refusal[0] == '\0';
    int64_t sign = counts ? tariff_debt(price.tariff, one.kind).sign : 0;
    TRY(int64_mul_div(points, price.price.minor, per, ROUNDING_DOWN, &whole));
    uint64_t rest =
        (uint64_t)points * (uint64_t)price.price.minor - (uint64_t)whole * (uint64_t)per;
    csv_text(row, amount_format(price.price.minor, csv->charter->currency_decimals, text));
    csv_text(row, amount_format(per, csv->charter->points_decimals, text));
    csv_text(row, csv->statement->currency);
    csv_number(row, "%" PRId64, sign * whole);
    csv_number(row, "%" PRId64, sign * (int64_t)rest);
    csv_number(row, "%" PRId64, per);
    return ERR_OK;
}

static enum err write_line(struct csv *csv, const Talea__V1__StatementLine *line)
{
    struct csv_row row = {.out = csv->file};
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    csv_text(&row, csv->half->sender.text);
    csv_text(&row, csv->half->receiver.text);
    csv_number(&row, "%" PRIu64, line->number);
    csv_text(&row, line->refusal[0] == '\0' ? "OK" : line->refusal);
    csv_text(&row, entry_kind_name((enum entry_kind)line->kind));
    csv_text(&row, unix_ms_format((struct unix_ms){line->business_unix_ms}, time));
    csv_text(&row, line->transaction_id);
    csv_text(&row, line->card);
    csv_text(&row, amount_format(line->points, csv->charter->points_decimals, text));
    csv_text(&row, amount_format(line->disputed_points, csv->charter->points_decimals, text));
    csv_number(&row, "%u", line->tariff);
    TRY(write_worth(csv, &row, line));
    csv_end(&row);
    return ERR_OK;
}

/* Into the sum of its kind and tariff. */
static enum err count(struct csv *csv, const Talea__V1__StatementLine *line)
{
    size_t i = 0;
    if (line->refusal[0] != '\0' || line->is_set_apart) {
        return ERR_OK;
    }
    while (i < csv->sum_count && (csv->sums[i].kind != (enum entry_kind)line->kind ||
                                  csv->sums[i].tariff != line->tariff)) {
        i++;
    }
    if (i == RECEIPT_TOTALS_MAX) {
        return ERR_CORRUPT;
    }
    if (i == csv->sum_count) {
        csv->sums[csv->sum_count++] =
            (struct receipt_total){(enum entry_kind)line->kind, line->tariff, 0, 0};
    }
    csv->sums[i].count++;
    return int64_add(csv->sums[i].points, line->points - line->disputed_points,
                     &csv->sums[i].points);
}

/* Of a half of which entries were set apart each side has its own lines, by its own numbers: the
 * statement's figures are of what both have. */
static bool is_apart(const struct csv *csv)
{
    return !hash_is_zero(&csv->half->apart_hash);
}

static enum err take_page(struct csv *csv, const Talea__V1__ListStatementLinesResponse *page)
{
    bool is_it = (page->last_number == csv->half->last_number || is_apart(csv)) &&
                 page->first_number == csv->half->first_number && page->n_lines > 0;
    csv->last_number = page->last_number;
    for (size_t i = 0; is_it && i < page->n_lines; i++) {
        const Talea__V1__StatementLine *line = page->lines[i];
        bool can_be = line->disputed_points == 0 ||
                      (line->disputed_points > 0 && line->disputed_points <= line->points);
        if (line->number != csv->next_number || !can_be) {
            return ERR_CORRUPT;
        }
        TRY(write_line(csv, line));
        TRY(count(csv, line));
        csv->next_number++;
    }
    bool is_last = csv->next_number > csv->last_number;
    return is_it && page->next_number == (is_last ? 0 : csv->next_number) ? ERR_OK : ERR_CORRUPT;
}

static bool adds_up(const struct csv *csv)
{
    size_t found = 0;
    for (size_t i = 0; i < csv->half->total_count; i++) {
        const struct receipt_total *said = &csv->half->totals[i];
        for (size_t k = 0; k < csv->sum_count; k++) {
            const struct receipt_total *sum = &csv->sums[k];
            found += receipt_total_compare(sum, said) == 0 && sum->count == said->count &&
                             sum->points == said->points
                         ? 1
                         : 0;
        }
    }
    return found == csv->half->total_count && found == csv->sum_count;
}

static enum cli_exit corrupt(struct csv *csv, const char *what)
{
    return cli_fail(csv->cli, CLI_CORRUPT, "DATA_CORRUPT", "talea period reconcile",
                    "the entries from %s to %s %s", csv->half->sender.text,
                    csv->half->receiver.text, what);
}

static enum cli_exit write_half(struct csv *csv, const struct statement_half *half)
{
    csv->half = half;
    csv->sum_count = 0;
    csv->next_number = half->first_number;
    csv->last_number = half->last_number;
    while (csv->next_number <= csv->last_number) {
        Talea__V1__ListStatementLinesRequest request;
        talea__v1__list_statement_lines_request__init(&request);
        request.partner = message_text(csv->partner);
        request.period = csv->statement->period.code;
        request.sender = message_text(half->sender.text);
        request.from_number = csv->next_number;
        CLEANUP(message_release) ProtobufCMessage *message = NULL;
        enum cli_exit outcome =
            office_call(csv->cli, "ListStatementLines", &request.base, &message);
        if (outcome != CLI_OK) {
            return outcome;
        }
        if (take_page(csv, (const Talea__V1__ListStatementLinesResponse *)(const void *)message) !=
            ERR_OK) {
            return corrupt(csv, "are not those of the statement, or have no price");
        }
    }
    return adds_up(csv) || is_apart(csv) ? CLI_OK
                                         : corrupt(csv, "do not add up to the statement's totals");
}

static enum cli_exit write_all(struct csv *csv, const char *path)
{
    write_titles(csv);
    enum cli_exit outcome = write_half(csv, &csv->statement->halves[0]);
    if (outcome == CLI_OK) {
        outcome = write_half(csv, &csv->statement->halves[1]);
    }
    bool is_written =
        fflush(csv->file) == 0 && ferror(csv->file) == 0 && fsync(fileno(csv->file)) == 0;
    return outcome == CLI_OK && !is_written
               ? cli_fail(csv->cli, CLI_INTERNAL, "STORAGE_FAILED", NULL, "can't write %s", path)
               : outcome;
}

static enum cli_exit write_file(struct csv *csv, const char *path)
{
    csv->file = fopen(path, "wx");
    if (csv->file == NULL) {
        int code = errno;
        struct note note;
        enum err err = note_set(&note, file_err_of(code), "%s: %s", path, strerror(code));
        return cli_fail_err(csv->cli, err, &note);
    }
    enum cli_exit outcome = write_all(csv, path);
    (void)fclose(csv->file);
    if (outcome != CLI_OK) {
        (void)unlink(path);
    }
    return outcome;
}

enum cli_exit statement_csv(struct cli *cli, const char *partner,
                            const struct pair_statement *statement, const struct charter *charter,
                            const char *path)
{
    struct note note = {""};
    struct csv *csv = calloc(1, sizeof *csv);
    enum err err = csv == NULL ? ERR_RESOURCE : ERR_OK;
    if (err == ERR_OK) {
        err = charter_roster(charter, &statement->halves[0].sender, &csv->roster, &note);
    }
    if (err != ERR_OK) {
        free(csv);
        return cli_fail_err(cli, err, &note);
    }
    csv->cli = cli;
    csv->charter = charter;
    csv->statement = statement;
    csv->partner = partner;
    enum cli_exit outcome = write_file(csv, path);
    charter_roster_fini(&csv->roster);
    free(csv);
    return outcome;
}
