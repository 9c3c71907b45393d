/* A brand's export file, by the mapping that the first byte chooses: each row comes out once, and
 * sums are those of the lines. */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "receipts/read.h"

static const char *const mappings[] = {
    "columns:\n"
    "  receipt: {column: bill}\n"
    "  time: {column: time}\n"
    "  customer: {column: customer}\n"
    "  product: {column: product}\n"
    "  quantity: {column: quantity}\n"
    "  unit_price: {column: price}\n"
    "  currency: {value: EUR}\n"
    "time: {formats: [\"%Y-%m-%d %H:%M:%S\", \"%m/%d/%Y %H:%M\", \"%d %b %y %I:%M %p\"]}\n"
    "number: {point: \".\", group: \",\"}\n"
    "money: {rounding: half_even}\n"
    "returns: {prefix: C, negative: true, match: [customer, product]}\n"
    "exclude: {product: [POST]}\n",
    "format: {delimiter: \";\", encoding: latin-1}\n"
    "repeated: reject\n"
    "columns:\n"
    "  receipt: {column: Bon}\n"
    "  line: {column: Pos}\n"
    "  date: {column: Datum}\n"
    "  clock: {column: Zeit}\n"
    "  store: {column: Filiale, drop_prefix: F}\n"
    "  card: {column: Karte}\n"
    "  product: {column: Artikel}\n"
    "  quantity: {column: Menge}\n"
    "  amount: {column: Betrag}\n"
    "  currency: {value: EUR}\n"
    "  points: {column: Punkte}\n"
    "  kind: {column: Art}\n"
    "  original: {column: Urbon}\n"
    "time: {formats: [\"%d.%m.%Y %H:%M\"], offset: \"+01:00\"}\n"
    "number: {point: \",\", group: \".\"}\n"
    "returns: {values: [R], negative: true, match: [receipt, product]}\n",
    "format: {header: false, quote: none, delimiter: tab}\n"
    "rows: lines\n"
    "grouped: false\n"
    "receipt_from: [customer, store, date]\n"
    "columns:\n"
    "  date: {column: 1}\n"
    "  store: {column: 2}\n"
    "  customer: {column: 3}\n"
    "  product: {column: 4}\n"
    "  quantity: {column: 5}\n"
    "  amount: {column: 6}\n"
    "  currency: {value: EUR}\n"
    "time: {formats: [\"%Y%m%d\", \"%Y-%m-%dT%H:%M:%S.%f%z\"]}\n",
};

#define MAPPINGS ((unsigned)(sizeof mappings / sizeof mappings[0]))

struct heard {
    uint64_t rows;
    uint64_t rejected;
    uint64_t sales;
    uint64_t returns;
    bool has_columns;
};

static void check_lines(const struct receipt *receipt)
{
    int64_t total = 0;
    int64_t points = 0;
    for (size_t i = 0; i < receipt->line_count; i++) {
        const struct receipt_line *line = &receipt->lines[i];
        ASSERT(line->quantity.mantissa >= 0 && line->amount.minor >= 0 && line->points.minor >= 0);
        ASSERT(text_is_utf8(slice_of(line->product, strlen(line->product))));
        ASSERT(int64_add(total, line->amount.minor, &total) == ERR_OK);
        ASSERT(int64_add(points, line->points.minor, &points) == ERR_OK);
    }
    ASSERT(total == receipt->total.minor && points == receipt->points.minor);
}

static enum err on_receipt(void *context, const struct receipt *receipt, struct note *note)
{
    struct heard *heard = context;
    (void)note;
    size_t reference = strlen(receipt->reference);
    ASSERT(reference > 0 && reference <= LIMIT_REFERENCE_BYTES);
    ASSERT(text_is_utf8(slice_of(receipt->reference, reference)));
    ASSERT(receipt->line_count >= 1 && receipt->line_count <= LIMIT_RECEIPT_LINES);
    ASSERT(receipt->line_count <= receipt->row_count);
    ASSERT(receipt->first_row <= receipt->last_row);
    check_lines(receipt);
    heard->rows += receipt->row_count;
    *(receipt->kind == RECEIPT_SALE ? &heard->sales : &heard->returns) += 1;
    return ERR_OK;
}

static enum err on_reject(void *context, const struct receipt_row *row, const char *reason,
                          struct note *note)
{
    struct heard *heard = context;
    (void)row;
    (void)note;
    ASSERT(reason != NULL && reason[0] != '\0');
    ASSERT(text_is_printable(slice_of(reason, strlen(reason))));
    heard->rows++;
    heard->rejected++;
    return ERR_OK;
}

static enum err on_columns(void *context, struct slice columns, struct note *note)
{
    struct heard *heard = context;
    (void)columns;
    (void)note;
    ASSERT(!heard->has_columns && heard->rows == 0);
    heard->has_columns = true;
    return ERR_OK;
}

static void check_tally(const struct receipts_tally *tally, const struct heard *heard)
{
    ASSERT(tally->rows == tally->rows_sale + tally->rows_return + tally->rows_rejected);
    ASSERT(tally->rows == heard->rows && tally->rows_rejected == heard->rejected);
    ASSERT(tally->sales == heard->sales && tally->returns == heard->returns);
}

static void close_source(struct source **source)
{
    source_close(*source);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static const struct receipts_options options = {.points_decimals = 2};
    static struct mapping *parsed[MAPPINGS]; /* made on first use, kept */
    CLEANUP(close_source) struct source *source = NULL;
    struct slice bytes = slice_of(at, length);
    struct note note = {{0}};
    struct heard heard = {0};
    struct receipts_tally tally = {0};
    unsigned choice;
    if (!fuzz_choose(&bytes, MAPPINGS, &choice)) {
        return 0;
    }
    const char *yaml = mappings[choice];
    if (parsed[choice] == NULL) {
        ASSERT(mapping_parse(yaml, strlen(yaml), "map.yaml", &parsed[choice], &note) == ERR_OK);
    }
    ASSERT(source_of_memory(bytes, "fuzz.csv", &source, &note) == ERR_OK);
    struct receipts_sink sink = {&heard, on_receipt, on_reject, on_columns, NULL};
    enum err err = receipts_read(source, parsed[choice], &options, &sink, &tally, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    check_tally(&tally, &heard);
    return 0;
}
