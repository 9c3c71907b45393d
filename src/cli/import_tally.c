#include "cli/import_tally.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amounts.h"
#include "cli/table.h"

static bool is_word_part(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* How long the number at `at` is, with what stands between its digits as in 1,000.50, 17:04 and
 * 2026-10-03; 0 for none, and for digits of a word such as UTF-8 or a product's code. */
static size_t number_length(const char *text, const char *at)
{
    bool is_marked = at > text && (at[-1] == '-' || at[-1] == '.');
    if (at > text &&
        (is_word_part(at[-1]) || (is_marked && at - 1 > text && is_word_part(at[-2])))) {
        return 0;
    }
    size_t sign = *at == '-' ? 1 : 0;
    if (!isdigit((unsigned char)at[sign])) {
        return 0;
    }
    size_t length = sign + strspn(at + sign, "0123456789.,:/-");
    if (is_word_part(at[length])) {
        return 0;
    }
    while (!isdigit((unsigned char)at[length - 1])) {
        length--;
    }
    return length;
}

/* "quantity -2 of \"x\"" and "quantity 17 of \"y\"" become "quantity N of ...". */
static void generalise(const char *reason, char out[TALLY_REASON_MAX])
{
    size_t used = 0;
    size_t number = 0;
    const char *at = reason;
    while (*at != '\0' && used + 4 < TALLY_REASON_MAX) {
        const char *quote = *at == '"' ? strchr(at + 1, '"') : NULL;
        if (quote != NULL) {
            memcpy(out + used, "...", 3);
            used += 3;
            at = quote + 1;
        } else if ((number = number_length(reason, at)) > 0) {
            out[used++] = 'N';
            at += number;
        } else {
            out[used++] = *at++;
        }
    }
    out[used] = '\0';
}

void tally_reject(struct import_tally *tally, const char *reason, uint64_t rows)
{
    char general[TALLY_REASON_MAX];
    tally->rows_rejected += rows;
    generalise(reason, general);
    for (size_t i = 0; i < tally->reason_count; i++) {
        if (strcmp(tally->reasons[i].reason, general) == 0) {
            tally->reasons[i].rows += rows;
            return;
        }
    }
    if (tally->reason_count == TALLY_REASONS_MAX) {
        struct tally_reason *last = &tally->reasons[TALLY_REASONS_MAX - 1];
        snprintf(last->reason, sizeof last->reason, "other reasons");
        last->rows += rows;
        return;
    }
    struct tally_reason *added = &tally->reasons[tally->reason_count++];
    memcpy(added->reason, general, sizeof general);
    added->rows = rows;
}

static void add(struct import_tally *tally, int64_t points, int64_t *sum)
{
    if (int64_add(*sum, points, sum) != ERR_OK) {
        tally->is_overflown = true;
    }
}

static struct tally_home *find_home(struct import_tally *tally, const char *home)
{
    for (size_t i = 0; i < tally->home_count; i++) {
        if (strcmp(tally->homes[i].home, home) == 0) {
            return &tally->homes[i];
        }
    }
    if (tally->home_count == TALLY_HOMES_MAX) {
        return NULL;
    }
    struct tally_home *added = &tally->homes[tally->home_count++];
    snprintf(added->home, sizeof added->home, "%s", home);
    return added;
}

void tally_receipt(struct import_tally *tally, bool is_return, bool is_repeat, const char *home,
                   int64_t points)
{
    *(is_return ? &tally->returns : &tally->sales) += 1;
    tally->repeats += is_repeat ? 1 : 0;
    add(tally, points, is_return ? &tally->taken_points : &tally->given_points);
    struct tally_home *of_home = find_home(tally, home);
    if (of_home != NULL) {
        of_home->receipts++;
        add(tally, points, is_return ? &of_home->taken_points : &of_home->given_points);
    }
}

static json_t *homes_json(const struct import_tally *tally)
{
    json_t *list = json_array();
    for (size_t i = 0; i < tally->home_count; i++) {
        const struct tally_home *home = &tally->homes[i];
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I}", "home", home->home,
                                              "receipts", (json_int_t)home->receipts,
                                              "given_points", (json_int_t)home->given_points,
                                              "taken_points", (json_int_t)home->taken_points));
    }
    return list;
}

static json_t *reasons_json(const struct import_tally *tally)
{
    json_t *list = json_array();
    for (size_t i = 0; i < tally->reason_count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:I}", "reason", tally->reasons[i].reason,
                                              "rows", (json_int_t)tally->reasons[i].rows));
    }
    return list;
}

static uint64_t all_rows(const struct import_tally *tally)
{
    return tally->rows_imported + tally->rows_returned + tally->rows_rejected;
}

static enum cli_exit print_json(const struct import_tally *tally, struct cli *cli)
{
    return cli_print_json(
        cli,
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "rows",
                  (json_int_t)all_rows(tally), "rows_imported", (json_int_t)tally->rows_imported,
                  "rows_returned", (json_int_t)tally->rows_returned, "rows_rejected",
                  (json_int_t)tally->rows_rejected, "sales", (json_int_t)tally->sales, "returns",
                  (json_int_t)tally->returns, "repeats", (json_int_t)tally->repeats, "given_points",
                  (json_int_t)tally->given_points, "taken_points", (json_int_t)tally->taken_points,
                  "codes_taken", (json_int_t)tally->codes_taken, "codes_left",
                  (json_int_t)tally->codes_left, "homes", homes_json(tally), "rejected",
                  reasons_json(tally)));
}

static void print_homes(const struct import_tally *tally, const struct cli *cli,
                        const struct units *units)
{
    static const char *const titles[] = {"home", ">receipts", ">given", ">taken"};
    struct table table;
    table_init(&table, titles, 4);
    for (size_t i = 0; i < tally->home_count; i++) {
        const struct tally_home *home = &tally->homes[i];
        char text[AMOUNT_TEXT_MAX];
        table_cell(&table, "%s", home->home);
        table_cell(&table, "%llu", (unsigned long long)home->receipts);
        table_cell(&table, "%s", amounts_points(units, home->given_points, text));
        table_cell(&table, "%s", amounts_points(units, home->taken_points, text));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_reasons(const struct import_tally *tally, const struct cli *cli)
{
    static const char *const titles[] = {">rows", "rejected because"};
    struct table table;
    table_init(&table, titles, 2);
    for (size_t i = 0; i < tally->reason_count; i++) {
        table_cell(&table, "%llu", (unsigned long long)tally->reasons[i].rows);
        table_cell(&table, "%s", tally->reasons[i].reason);
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static int compare_homes(const void *a, const void *b)
{
    const struct tally_home *left = a;
    const struct tally_home *right = b;
    return strcmp(left->home, right->home);
}

static int compare_reasons(const void *a, const void *b)
{
    const struct tally_reason *left = a;
    const struct tally_reason *right = b;
    if (left->rows != right->rows) {
        return left->rows > right->rows ? -1 : 1;
    }
    return strcmp(left->reason, right->reason);
}

enum cli_exit tally_print(struct import_tally *tally, struct cli *cli, const struct units *units)
{
    qsort(tally->homes, tally->home_count, sizeof tally->homes[0], compare_homes);
    qsort(tally->reasons, tally->reason_count, sizeof tally->reasons[0], compare_reasons);
    if (cli->is_json) {
        return print_json(tally, cli);
    }
    char given[AMOUNT_TEXT_MAX];
    char taken[AMOUNT_TEXT_MAX];
    fprintf(cli->out, "rows       %llu = %llu imported + %llu returned + %llu rejected\n",
            (unsigned long long)all_rows(tally), (unsigned long long)tally->rows_imported,
            (unsigned long long)tally->rows_returned, (unsigned long long)tally->rows_rejected);
    fprintf(cli->out, "receipts   %llu sales, %llu returns; %llu of them were in before\n",
            (unsigned long long)tally->sales, (unsigned long long)tally->returns,
            (unsigned long long)tally->repeats);
    fprintf(cli->out, "points     %s given, %s taken%s\n",
            amounts_points(units, tally->given_points, given),
            amounts_points(units, tally->taken_points, taken),
            tally->is_overflown ? " (more than can be counted)" : "");
    if (tally->codes_taken + tally->codes_left > 0) {
        fprintf(cli->out, "codes      %llu taken, %llu not\n",
                (unsigned long long)tally->codes_taken, (unsigned long long)tally->codes_left);
    }
    if (tally->home_count > 0) {
        print_homes(tally, cli, units);
    }
    if (tally->reason_count > 0) {
        print_reasons(tally, cli);
    }
    return CLI_OK;
}
