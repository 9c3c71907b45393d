/* The report of `talea books liability`, for people and for programs. */
#include <string.h>

#include "cli/amounts.h"
#include "cli/books_liability.h"
#include "cli/csv.h"
#include "cli/table.h"

/* ---- For people ---- */

static const char *money_text(const struct liability *liability, struct money amount,
                              char out[AMOUNT_TEXT_MAX])
{
    return amount_format(amount.minor, liability->books.units->currency_decimals, out);
}

static void add_sum(struct table *table, const struct liability *liability,
                    const struct liability_sum *sum)
{
    char text[AMOUNT_TEXT_MAX];
    table_cell(table, "%s", amounts_points(liability->books.units, sum->points.minor, text));
    table_cell(table, "%s", amounts_points(liability->books.units, sum->breakage.minor, text));
    table_cell(table, "%s", money_text(liability, sum->worth, text));
    table_cell(table, "%s", money_text(liability, sum->owed, text));
}

enum liability_table_kind {
    TABLE_ISSUER,
    TABLE_AGE,
    TABLE_EXPIRY,
    TABLE_KINDS
};

static const char *const kind_names[TABLE_KINDS] = {"issuer", "age", "expiry"};

static const char *row_name(const struct liability *liability, enum liability_table_kind kind,
                            const struct liability_row *row, char out[64])
{
    const struct liability_terms *terms = &liability->terms;
    if (kind == TABLE_ISSUER) {
        snprintf(out, 64, "%.63s", row->issuer.text);
    } else if (kind == TABLE_EXPIRY) {
        snprintf(out, 64, row->expiry.code == 0 ? "never" : "%04u-%02u", row->expiry.code / 100,
                 row->expiry.code % 100);
    } else if (row->age == terms->age_count) {
        snprintf(out, 64, "over %u days", row->age == 0 ? 0 : terms->ages[row->age - 1]);
    } else {
        snprintf(out, 64, "%u to %u days", row->age == 0 ? 0 : terms->ages[row->age - 1] + 1,
                 terms->ages[row->age]);
    }
    return out;
}

static const struct liability_table *table_of(const struct liability_report *report,
                                              enum liability_table_kind kind)
{
    return kind == TABLE_ISSUER ? &report->by_issuer
           : kind == TABLE_AGE  ? &report->by_age
                                : &report->by_expiry;
}

static void print_table(const struct liability *liability, enum liability_table_kind kind)
{
    const char *const titles[] = {kind_names[kind], ">points", ">breakage", ">worth", ">liability"};
    const struct liability_table *rows = table_of(&liability->report, kind);
    struct table table;
    table_init(&table, titles, 5);
    for (size_t i = 0; i < rows->count; i++) {
        char name[64];
        table_cell(&table, "%s", row_name(liability, kind, &rows->rows[i], name));
        add_sum(&table, liability, &rows->rows[i].sum);
    }
    table_cell(&table, "together");
    add_sum(&table, liability, &liability->report.total);
    table_print(&table, liability->cli->out, liability->cli->is_coloured);
    table_fini(&table);
    fputc('\n', liability->cli->out);
}

static void print_deferrals(const struct liability *liability)
{
    static const char *const titles[] = {"issued in", ">sales",     ">points",     ">redeemed",
                                         ">expected", ">allocated", ">recognised", ">deferred"};
    const struct liability_report *report = &liability->report;
    const struct units *units = liability->books.units;
    struct table table;
    table_init(&table, titles, 8);
    for (size_t i = 0; i < report->deferral_count; i++) {
        const struct deferral_row *row = &report->deferrals[i];
        char text[AMOUNT_TEXT_MAX];
        table_cell(&table, "%04u-%02u", row->month.code / 100, row->month.code % 100);
        table_cell(&table, "%s", money_text(liability, row->sales.sales, text));
        table_cell(&table, "%s", amounts_points(units, row->sales.issued.minor, text));
        table_cell(&table, "%s", amounts_points(units, row->sales.redeemed.minor, text));
        table_cell(&table, "%s", amounts_points(units, row->expected.minor, text));
        table_cell(&table, "%s", money_text(liability, row->allocated, text));
        table_cell(&table, "%s", money_text(liability, row->recognised, text));
        table_cell(&table, "%s", money_text(liability, row->deferred, text));
    }
    table_print(&table, liability->cli->out, liability->cli->is_coloured);
    table_fini(&table);
}

static void print_amount(const struct liability *liability, const char *label, struct money amount)
{
    char text[AMOUNT_TEXT_MAX];
    fprintf(liability->cli->out, "%-34s %12s\n", label, money_text(liability, amount, text));
}

static void print_text(const struct liability *liability)
{
    FILE *out = liability->cli->out;
    const struct liability_report *report = &liability->report;
    const struct deferral_move *moved = &liability->moved;
    char time[TIME_TEXT_MAX];
    char rate[AMOUNT_TEXT_MAX];
    fprintf(out, "Points outstanding on %.10s, in %s; worth in %s at the price of redemption.\n",
            amounts_time(liability->as_of.ms, time), liability->books.units->points_name,
            liability->books.units->currency);
    fprintf(out, "Breakage: %s %% of the points given, %s.\n\n",
            amount_format(report->breakage_ppm, 4, rate),
            liability->terms.breakage.rate_count > 0 ? "as estimated" : "by what expired before");
    for (unsigned kind = 0; kind < TABLE_KINDS; kind++) {
        print_table(liability, (enum liability_table_kind)kind);
    }
    fprintf(out, "Revenue of own sales, deferred for the points that came with them:\n\n");
    print_deferrals(liability);
    if (liability->from_ms != 0) {
        fprintf(out, "\nSince %.10s:\n", amounts_time(liability->from_ms, time));
        print_amount(liability, "deferred then", moved->opening);
        print_amount(liability, "added by sales, less returns", moved->added);
        print_amount(liability, "recognised", money_of(-moved->recognised.minor));
        print_amount(liability, "by a change of the estimate", money_of(-moved->estimate.minor));
        print_amount(liability, "deferred now", moved->closing);
    }
    if (liability->lots.has_other_currency) {
        fprintf(out, "\nSales in other currencies than %s are not counted.\n",
                liability->books.units->currency);
    }
}

/* ---- CSV ---- */

static void csv_sum(struct csv_row *row, const struct liability *liability,
                    const struct liability_sum *sum)
{
    char text[AMOUNT_TEXT_MAX];
    csv_text(row, amounts_points(liability->books.units, sum->points.minor, text));
    csv_text(row, amounts_points(liability->books.units, sum->breakage.minor, text));
    csv_text(row, money_text(liability, sum->worth, text));
    csv_text(row, money_text(liability, sum->owed, text));
}

static void print_csv(const struct liability *liability)
{
    struct csv_row row = {.out = liability->cli->out};
    const struct liability_report *report = &liability->report;
    fputs("table,row,points,breakage,worth,liability,sales,redeemed,expected,allocated,recognised,"
          "deferred\r\n",
          row.out);
    for (unsigned kind = 0; kind < TABLE_KINDS; kind++) {
        const struct liability_table *rows = table_of(report, (enum liability_table_kind)kind);
        for (size_t i = 0; i < rows->count; i++) {
            char name[64];
            csv_text(&row, kind_names[kind]);
            csv_text(&row,
                     row_name(liability, (enum liability_table_kind)kind, &rows->rows[i], name));
            csv_sum(&row, liability, &rows->rows[i].sum);
            for (unsigned empty = 0; empty < 6; empty++) {
                csv_text(&row, "");
            }
            csv_end(&row);
        }
    }
    for (size_t i = 0; i < report->deferral_count; i++) {
        const struct deferral_row *deferral = &report->deferrals[i];
        const struct units *units = liability->books.units;
        char text[AMOUNT_TEXT_MAX];
        csv_text(&row, "deferred");
        csv_number(&row, "%04u-%02u", deferral->month.code / 100, deferral->month.code % 100);
        csv_text(&row, amounts_points(units, deferral->sales.issued.minor, text));
        csv_text(&row, "");
        csv_text(&row, "");
        csv_text(&row, "");
        csv_text(&row, money_text(liability, deferral->sales.sales, text));
        csv_text(&row, amounts_points(units, deferral->sales.redeemed.minor, text));
        csv_text(&row, amounts_points(units, deferral->expected.minor, text));
        csv_text(&row, money_text(liability, deferral->allocated, text));
        csv_text(&row, money_text(liability, deferral->recognised, text));
        csv_text(&row, money_text(liability, deferral->deferred, text));
        csv_end(&row);
    }
}

/* ---- JSON ---- */

static json_t *json_of_sum(const struct liability_sum *sum)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "points", (json_int_t)sum->points.minor,
                     "breakage_points", (json_int_t)sum->breakage.minor, "worth_minor",
                     (json_int_t)sum->worth.minor, "liability_minor", (json_int_t)sum->owed.minor);
}

static json_t *json_of_table(const struct liability *liability, enum liability_table_kind kind)
{
    const struct liability_table *rows = table_of(&liability->report, kind);
    json_t *array = json_array();
    for (size_t i = 0; i < rows->count; i++) {
        char name[64];
        json_t *row = json_of_sum(&rows->rows[i].sum);
        json_object_set_new(row, kind_names[kind],
                            json_string(row_name(liability, kind, &rows->rows[i], name)));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *json_of_deferrals(const struct liability *liability)
{
    json_t *array = json_array();
    for (size_t i = 0; i < liability->report.deferral_count; i++) {
        const struct deferral_row *row = &liability->report.deferrals[i];
        json_array_append_new(array,
                              json_pack("{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:I, s:I}",
                                        "month", (int)row->month.code, "tariff", (int)row->tariff,
                                        "sales_minor", (json_int_t)row->sales.sales.minor, "points",
                                        (json_int_t)row->sales.issued.minor, "redeemed_points",
                                        (json_int_t)row->sales.redeemed.minor, "left_points",
                                        (json_int_t)row->sales.left.minor, "expected_points",
                                        (json_int_t)row->expected.minor, "breakage_ppm",
                                        (int)row->breakage_ppm, "allocated_minor",
                                        (json_int_t)row->allocated.minor, "recognised_minor",
                                        (json_int_t)row->recognised.minor, "deferred_minor",
                                        (json_int_t)row->deferred.minor));
    }
    return array;
}

static json_t *json_of_move(const struct deferral_move *moved)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "opening_minor", (json_int_t)moved->opening.minor,
                     "added_minor", (json_int_t)moved->added.minor, "recognised_minor",
                     (json_int_t)moved->recognised.minor, "estimate_minor",
                     (json_int_t)moved->estimate.minor, "closing_minor",
                     (json_int_t)moved->closing.minor);
}

static enum cli_exit print_json(const struct liability *liability)
{
    const struct liability_report *report = &liability->report;
    json_t *value = json_object();
    json_object_set_new(value, "at_unix_ms", json_integer(liability->as_of.ms));
    json_object_set_new(value, "currency", json_string(liability->books.units->currency));
    json_object_set_new(value, "breakage_ppm", json_integer(report->breakage_ppm));
    json_object_set_new(value, "total", json_of_sum(&report->total));
    json_object_set_new(value, "by_issuer", json_of_table(liability, TABLE_ISSUER));
    json_object_set_new(value, "by_age", json_of_table(liability, TABLE_AGE));
    json_object_set_new(value, "by_expiry", json_of_table(liability, TABLE_EXPIRY));
    json_object_set_new(value, "deferrals", json_of_deferrals(liability));
    json_object_set_new(value, "allocated_minor", json_integer(report->allocated.minor));
    json_object_set_new(value, "recognised_minor", json_integer(report->recognised.minor));
    json_object_set_new(value, "deferred_minor", json_integer(report->deferred.minor));
    if (liability->from_ms != 0) {
        json_object_set_new(value, "moved", json_of_move(&liability->moved));
    }
    return cli_print_json(liability->cli, value);
}

enum cli_exit liability_print(const struct liability *liability)
{
    if (liability->cli->is_json) {
        return print_json(liability);
    }
    if (liability->is_csv) {
        print_csv(liability);
    } else {
        print_text(liability);
    }
    return CLI_OK;
}
