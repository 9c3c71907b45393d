#include "accounting/liability.h"

#include <stdlib.h>
#include <string.h>

void liability_terms_default(const struct roster *roster, struct liability_terms *out_terms)
{
    static const unsigned ages[] = {30, 90, 180, 365, 730};
    *out_terms = (struct liability_terms){.roster = roster, .age_count = 5};
    memcpy(out_terms->ages, ages, sizeof ages);
}

/* A tariff for blocks says what is bought back of a block, not what a burn costs: that is
 * everybody's. */
static enum err price_of(const struct liability_terms *terms, uint32_t tariff,
                         struct money *out_price, struct points *out_per)
{
    const struct tariff *found = roster_tariff(terms->roster, tariff);
    if (!terms->has_price && found == NULL) {
        return ERR_INPUT;
    }
    if (found != NULL && tariff_is_prepaid(found)) {
        const struct partner_id *self = &terms->roster->self;
        found = roster_tariff_for(terms->roster, self, self, (struct unix_ms){INT64_MAX});
    }
    *out_price = terms->has_price ? terms->price : found->redemption_price;
    *out_per = terms->has_price ? terms->per : found->per;
    return ERR_OK;
}

/* ---- Cells: the finest that any table tells apart ---- */

struct cell {
    uint32_t cohort;
    size_t age;
    struct period expiry;
    struct points points;
    struct liability_sum sum;
};

struct cells {
    const struct liability_terms *terms;
    const struct cohorts *cohorts;
    int32_t today;
    struct cell *rows;
    size_t count;
    size_t capacity; /* a power of two, or 0: by hash while layers come */
};

static struct period month_of(int64_t ms)
{
    if (ms == 0) {
        return (struct period){0};
    }
    struct civil civil = civil_from_unix((struct unix_ms){ms});
    return (struct period){(uint32_t)civil.year * 100 + (uint32_t)civil.month};
}

static size_t bucket_of(const struct cells *cells, int32_t day)
{
    size_t age = 0;
    int64_t days = (int64_t)cells->today - day;
    while (age < cells->terms->age_count && days > cells->terms->ages[age]) {
        age++;
    }
    return age;
}

static struct cell *cell_at(const struct cells *cells, const struct cell *cell)
{
    size_t at = (cell->cohort * 31u + cell->age * 7u + cell->expiry.code) * 2654435761u;
    for (at &= cells->capacity - 1; cells->rows[at].points.minor != 0;
         at = (at + 1) & (cells->capacity - 1)) {
        const struct cell *row = &cells->rows[at];
        if (row->cohort == cell->cohort && row->age == cell->age &&
            row->expiry.code == cell->expiry.code) {
            break;
        }
    }
    return &cells->rows[at];
}

static enum err cells_grow(struct cells *cells)
{
    struct cells larger = *cells;
    larger.capacity = cells->capacity == 0 ? 256 : cells->capacity * 2;
    larger.rows = calloc(larger.capacity, sizeof *larger.rows);
    if (larger.rows == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < cells->capacity; i++) {
        if (cells->rows[i].points.minor != 0) {
            *cell_at(&larger, &cells->rows[i]) = cells->rows[i];
        }
    }
    free(cells->rows);
    *cells = larger;
    return ERR_OK;
}

static enum err add_layer(void *context, const struct lot_name *lot, const struct lot_layer *layer)
{
    struct cells *cells = context;
    struct cell cell = {.cohort = layer->cohort,
                        .age = bucket_of(cells, layer->day),
                        .expiry = month_of(lot->expires_at_ms)};
    if (cells->count * 2 >= cells->capacity) {
        TRY(cells_grow(cells));
    }
    struct cell *place = cell_at(cells, &cell);
    if (place->points.minor == 0) {
        *place = cell;
        cells->count++;
    }
    return points_add(place->points, points_of(layer->points), &place->points);
}

static int compare_cells(const void *a, const void *b)
{
    const struct cell *first = a;
    const struct cell *second = b;
    if ((first->points.minor == 0) != (second->points.minor == 0)) {
        return first->points.minor == 0 ? 1 : -1; /* free places to the end */
    }
    if (first->cohort != second->cohort) {
        return first->cohort < second->cohort ? -1 : 1;
    }
    if (first->age != second->age) {
        return first->age < second->age ? -1 : 1;
    }
    return first->expiry.code < second->expiry.code ? -1 : first->expiry.code > second->expiry.code;
}

/* ---- What they are worth ---- */

/* A whole divided over rows: each gets the rounded sum up to it, less what those before it got. */
struct spread {
    int64_t amount;
    int64_t given;
};

static enum err spread_add(struct spread *spread, int64_t amount, int64_t times, int64_t per,
                           int64_t *out_part)
{
    int64_t sum;
    TRY(int64_add(spread->amount, amount, &spread->amount));
    TRY(int64_mul_div(spread->amount, times, per, ROUNDING_HALF_EVEN, &sum));
    *out_part = sum - spread->given;
    spread->given = sum;
    return ERR_OK;
}

static struct deferral_case case_of(const struct cohort *cohort, struct money price,
                                    struct points per)
{
    return (struct deferral_case){.sales = cohort->sales,
                                  .issued = cohort->issued,
                                  .redeemed = cohort->redeemed,
                                  .left = cohort_left(cohort),
                                  .price = price,
                                  .per = per};
}

/* Of each cell, how many points will be redeemed: its part of what its cohort expects. */
static enum err expect(struct cells *cells, uint32_t breakage_ppm)
{
    struct spread spread = {0, 0};
    struct points expected = {0};
    struct deferral_case sales = {.per = {1}};
    for (size_t i = 0; i < cells->count; i++) {
        struct cell *cell = &cells->rows[i];
        int64_t redeemed;
        if (i == 0 || cell->cohort != cells->rows[i - 1].cohort) {
            sales = case_of(&cells->cohorts->rows[cell->cohort], money_of(0), points_of(1));
            TRY(deferral_expected(&sales, breakage_ppm, &expected));
            spread = (struct spread){0, 0};
        }
        if (sales.left.minor <= 0) {
            return ERR_CORRUPT;
        }
        TRY(spread_add(&spread, cell->points.minor, expected.minor - sales.redeemed.minor,
                       sales.left.minor, &redeemed));
        cell->sum.points = cell->points;
        cell->sum.breakage = points_of(cell->points.minor - redeemed);
    }
    return ERR_OK;
}

/* Cells of one tariff have one price. There are few tariffs. */
static enum err value(struct cells *cells)
{
    struct tariff_spread {
        uint32_t tariff;
        struct spread worth;
        struct spread owed;
    } spreads[LIMIT_TARIFFS];
    size_t count = 0;
    for (size_t i = 0; i < cells->count; i++) {
        struct cell *cell = &cells->rows[i];
        uint32_t tariff = cells->cohorts->rows[cell->cohort].tariff;
        struct money price;
        struct points per;
        size_t at = 0;
        while (at < count && spreads[at].tariff != tariff) {
            at++;
        }
        if (at == LIMIT_TARIFFS) {
            return ERR_RESOURCE;
        }
        if (at == count) {
            spreads[count++] = (struct tariff_spread){.tariff = tariff};
        }
        TRY(price_of(cells->terms, tariff, &price, &per));
        TRY(spread_add(&spreads[at].worth, cell->points.minor, price.minor, per.minor,
                       &cell->sum.worth.minor));
        TRY(spread_add(&spreads[at].owed, cell->points.minor - cell->sum.breakage.minor,
                       price.minor, per.minor, &cell->sum.owed.minor));
    }
    return ERR_OK;
}

/* ---- Tables ---- */

static enum err sum_add(struct liability_sum *sum, const struct liability_sum *more)
{
    TRY(points_add(sum->points, more->points, &sum->points));
    TRY(points_add(sum->breakage, more->breakage, &sum->breakage));
    TRY(money_add(sum->worth, more->worth, &sum->worth));
    return money_add(sum->owed, more->owed, &sum->owed);
}

static bool is_same_row(const struct liability_row *a, const struct liability_row *b)
{
    return a->age == b->age && a->expiry.code == b->expiry.code &&
           partner_id_equal(&a->issuer, &b->issuer);
}

static enum err table_add(struct liability_table *table, const struct liability_row *key,
                          const struct liability_sum *sum)
{
    for (size_t i = 0; i < table->count; i++) {
        if (is_same_row(&table->rows[i], key)) {
            return sum_add(&table->rows[i].sum, sum);
        }
    }
    if (table->count == table->capacity) {
        size_t capacity = table->capacity * 2 + 16;
        struct liability_row *rows = realloc(table->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            return ERR_RESOURCE;
        }
        table->rows = rows;
        table->capacity = capacity;
    }
    struct liability_row *row = &table->rows[table->count++];
    *row = *key;
    row->sum = *sum;
    return ERR_OK;
}

static int compare_rows(const void *a, const void *b)
{
    const struct liability_row *first = a;
    const struct liability_row *second = b;
    int order = strcmp(first->issuer.text, second->issuer.text);
    /* 0, which is never, comes last. */
    uint32_t expiry = first->expiry.code - 1;
    uint32_t other = second->expiry.code - 1;
    return order != 0 ? order : expiry < other ? -1 : expiry > other;
}

static enum err make_tables(const struct cells *cells, struct liability_report *report)
{
    static const struct liability_sum zero = {.points = {0}};
    for (size_t age = 0; age <= cells->terms->age_count; age++) {
        struct liability_row row = {.age = age};
        TRY(table_add(&report->by_age, &row, &zero));
    }
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->rows[i];
        struct liability_row issuer = {.issuer = cells->cohorts->rows[cell->cohort].issuer};
        struct liability_row age = {.age = cell->age};
        struct liability_row expiry = {.expiry = cell->expiry};
        TRY(sum_add(&report->total, &cell->sum));
        TRY(table_add(&report->by_issuer, &issuer, &cell->sum));
        TRY(table_add(&report->by_age, &age, &cell->sum));
        TRY(table_add(&report->by_expiry, &expiry, &cell->sum));
    }
    struct liability_table *sorted[] = {&report->by_issuer, &report->by_expiry};
    for (size_t i = 0; i < 2; i++) {
        if (sorted[i]->count > 0) {
            qsort(sorted[i]->rows, sorted[i]->count, sizeof *sorted[i]->rows, compare_rows);
        }
    }
    return ERR_OK;
}

/* ---- Deferred revenue ---- */

enum err deferral_row_of(const struct cohorts *cohorts, const struct cohort *cohort,
                         const struct liability_terms *terms, uint32_t breakage_ppm,
                         struct deferral_row *out_row)
{
    struct deferral_row row = {.month = cohort->month, .tariff = cohort->tariff};
    struct money price;
    struct points per;
    TRY(price_of(terms, cohort->tariff, &price, &per));
    row.sales = case_of(cohort, price, per);
    TRY(breakage_at(&terms->breakage, cohorts, cohort->month, &row.breakage_ppm));
    TRY(deferral_expected(&row.sales, breakage_ppm, &row.expected));
    TRY(deferral_allocated(&row.sales, row.breakage_ppm, &row.allocated));
    TRY(deferral_recognised(&row.sales, row.allocated, breakage_ppm, &row.recognised));
    TRY(money_sub(row.allocated, row.recognised, &row.deferred));
    *out_row = row;
    return ERR_OK;
}

static enum err make_deferrals(const struct cohorts *cohorts, const struct partner_id *self,
                               const struct liability_terms *terms, struct liability_report *report)
{
    report->deferrals = calloc(cohorts->count + 1, sizeof *report->deferrals);
    if (report->deferrals == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < cohorts->count; i++) {
        struct deferral_row *row = &report->deferrals[report->deferral_count];
        if (cohorts->rows[i].issued.minor == 0 ||
            !partner_id_equal(&cohorts->rows[i].issuer, self)) {
            continue;
        }
        TRY(deferral_row_of(cohorts, &cohorts->rows[i], terms, report->breakage_ppm, row));
        TRY(money_add(report->allocated, row->allocated, &report->allocated));
        TRY(money_add(report->recognised, row->recognised, &report->recognised));
        TRY(money_add(report->deferred, row->deferred, &report->deferred));
        report->deferral_count++;
    }
    return ERR_OK;
}

enum err liability_report(const struct lot_ages *ages, const struct partner_id *self,
                          const struct liability_terms *terms, struct unix_ms as_of,
                          struct liability_report *out_report)
{
    struct liability_report report = {.breakage_ppm = 0};
    struct cells cells = {
        .terms = terms, .cohorts = &ages->cohorts, .today = (int32_t)(as_of.ms / DAY_MS)};
    enum err err =
        breakage_at(&terms->breakage, &ages->cohorts, month_of(as_of.ms), &report.breakage_ppm);
    err = err == ERR_OK ? lot_ages_visit(ages, add_layer, &cells) : err;
    if (err == ERR_OK && cells.capacity > 0) {
        qsort(cells.rows, cells.capacity, sizeof *cells.rows, compare_cells);
    }
    err = err == ERR_OK ? expect(&cells, report.breakage_ppm) : err;
    err = err == ERR_OK ? value(&cells) : err;
    err = err == ERR_OK ? make_tables(&cells, &report) : err;
    err = err == ERR_OK ? make_deferrals(&ages->cohorts, self, terms, &report) : err;
    free(cells.rows);
    if (err != ERR_OK) {
        liability_report_fini(&report);
        return err;
    }
    *out_report = report;
    return ERR_OK;
}

void liability_report_fini(struct liability_report *report)
{
    free(report->by_issuer.rows);
    free(report->by_age.rows);
    free(report->by_expiry.rows);
    free(report->deferrals);
    *report = (struct liability_report){.breakage_ppm = 0};
}

/* ---- From one time to another ---- */

/* Sums over all own cohorts, with one estimate for what is still to come. */
static enum err sum_deferrals(const struct cohorts *cohorts, const struct partner_id *self,
                              const struct liability_terms *terms, uint32_t breakage_ppm,
                              struct money *out_allocated, struct money *out_recognised)
{
    *out_allocated = *out_recognised = money_of(0);
    for (size_t i = 0; i < cohorts->count; i++) {
        struct deferral_row row;
        if (partner_id_equal(&cohorts->rows[i].issuer, self)) {
            TRY(deferral_row_of(cohorts, &cohorts->rows[i], terms, breakage_ppm, &row));
            TRY(money_add(*out_allocated, row.allocated, out_allocated));
            TRY(money_add(*out_recognised, row.recognised, out_recognised));
        }
    }
    return ERR_OK;
}

enum err deferral_moved(const struct cohorts *then, struct unix_ms then_at,
                        const struct cohorts *now, struct unix_ms now_at,
                        const struct partner_id *self, const struct liability_terms *terms,
                        struct deferral_move *out_move)
{
    struct money allocated_then;
    struct money recognised_then;
    struct money allocated;
    struct money recognised;  /* by the estimate of then */
    struct money by_estimate; /* of now */
    struct deferral_move move;
    uint32_t rate_then;
    uint32_t rate;
    TRY(breakage_at(&terms->breakage, then, month_of(then_at.ms), &rate_then));
    TRY(breakage_at(&terms->breakage, now, month_of(now_at.ms), &rate));
    TRY(sum_deferrals(then, self, terms, rate_then, &allocated_then, &recognised_then));
    TRY(sum_deferrals(now, self, terms, rate_then, &allocated, &recognised));
    TRY(sum_deferrals(now, self, terms, rate, &allocated, &by_estimate));
    TRY(money_sub(allocated_then, recognised_then, &move.opening));
    TRY(money_sub(allocated, allocated_then, &move.added));
    TRY(money_sub(recognised, recognised_then, &move.recognised));
    TRY(money_sub(by_estimate, recognised, &move.estimate));
    TRY(money_sub(allocated, by_estimate, &move.closing));
    *out_move = move;
    return ERR_OK;
}
