/* How one brand's export file is read: a mapping, written in YAML.
 *
 * A mapping says where in a row each thing stands and how it is written. All of it, with defaults:
 *
 *   format:
 *     delimiter: ","          # one character, or "tab"
 *     quote: "\""             # one character, or "none"
 *     encoding: utf-8         # or latin-1; a row with other bytes is rejected
 *     header: true            # the first row names the columns; false: columns are numbers from 1
 *   rows: lines               # a row is a line of a receipt; `receipts`: a row is a whole receipt
 *   grouped: true             # a receipt's rows stand together; false sorts them first (see below)
 *   repeated: keep            # or reject: rows equal in every column within one receipt
 *   receipt_from: [customer, store, date]  # instead of columns.receipt; any mapped columns; `date`
 *                             # is the local day of the time
 *   columns:                  # each {column: NAME} or {value: CONSTANT}; cleaned of what is
 *                             # written with it by {drop_prefix: "$"} and {drop_suffix: ".0"}
 *     receipt: {column: InvoiceNo}
 *     line: {column: n}       # a line's own number: the same again in a receipt is a repeat
 *     time: {column: t}       # or date, with clock beside it when the time of day is apart (they
 *                             # are read as one text with a blank between them)
 *     kind: {column: k}       # see sales and returns
 *     original: {column: o}   # number of the receipt that is returned
 *                             # and store, card or customer, product, category, quantity (1 without
 *                             # it), unit_price or amount, currency, points, and promotion: the
 *                             # number of the charter's that pays for a sale's points; empty: none;
 *                             # and codes: of coupons that were shown, with blanks, commas or
 *                             # semicolons between them; a receipt's are those of all its rows;
 *                             # and till and cashier, for fraud rules
 *   time:
 *     formats: ["%Y-%m-%d %H:%M:%S"]  # tried in order; see receipts/date.h
 *     offset: "+00:00"        # of the brand's clock from UTC, or minutes (300)
 *   number: {point: ".", group: ","}  # group "" (the default): thousands are not separated
 *   money: {decimals: 2, rounding: exact}  # of the currency; or a name of base/amount.h for
 *                             # quantity x unit_price; exact rejects what is not whole minor units
 *   sales:
 *     values: [SALE]          # what columns.kind says of a sale: a row that says neither this nor
 *                             # one of returns.values is rejected. Without it such a row is a sale,
 *                             # unless another mark or its sign makes it a return
 *   returns:
 *     rows_are: sales         # returns: the file holds nothing but returns
 *     prefix: C               # a receipt number that starts so is a return
 *     values: [REFUND]        # a row with one of these in columns.kind is a return
 *     negative: true          # a negative quantity (or amount, or points) is a return; false:
 *                             # such a row is rejected unless another mark says it is one
 *     match: [customer, product]  # how the sale is found: customer, product, receipt, store, date
 *     unique: false           # true: only if exactly one sale matches
 *   exclude: {product: [POST, "BANK CHARGES"]}  # rows that don't count, by what a column says
 *   cards: cards.csv          # from columns.customer to card numbers: columns customer,card (or
 *                             # reference,card, as `talea member import --cards` writes them); the
 *                             # path is relative to the mapping's folder
 *
 * With `grouped: true` memory holds 12 bytes for each receipt, so that one that comes again is
 * noticed; its rows are rejected. With `grouped: false` the rows are sorted outside memory and
 * receipts come in the order of their times: also what to use for a file that has its newest rows
 * first, since a return has to follow its sale. Otherwise receipts come in the order of the file.
 *
 * A rejects file (receipts/rejects.h) has `row` and `reason` before the file's own columns. `row`
 * is the row's number in the first file; "17 part 0" says that the row belongs to a receipt that
 * was refused as a whole, and to which part of it: part 0 is the receipt itself, part N what came
 * of it from row N on (rows past LIMIT_RECEIPT_LINES, rows that were repaired). The mark stays as
 * it is when the row is repaired: a receipt keeps its identity, and importing again adds nothing
 * twice.
 */
#ifndef RECEIPTS_MAPPING_H
#define RECEIPTS_MAPPING_H

#include "base/amount.h"
#include "base/decimal.h"
#include "base/limits.h"

/* What a column of the file means. */
enum column_role {
    ROLE_RECEIPT,
    ROLE_LINE,
    ROLE_TIME,
    ROLE_DATE,
    ROLE_CLOCK,
    ROLE_STORE,
    ROLE_CARD,
    ROLE_CUSTOMER,
    ROLE_PRODUCT,
    ROLE_CATEGORY,
    ROLE_QUANTITY,
    ROLE_UNIT_PRICE,
    ROLE_AMOUNT,
    ROLE_CURRENCY,
    ROLE_POINTS,
    ROLE_PROMOTION,
    ROLE_KIND,
    ROLE_ORIGINAL,
    ROLE_CODES,
    ROLE_TILL_NAME,
    ROLE_CASHIER_NAME,
    ROLE_COUNT
};

const char *column_role_name(enum column_role role);

/* By what the sale of a return is found. */
enum match_key {
    MATCH_CUSTOMER,
    MATCH_PRODUCT,
    MATCH_RECEIPT, /* the line's `original` */
    MATCH_STORE,
    MATCH_DATE,
    MATCH_COUNT
};

struct mapping_column {
    char *column; /* name or number in the file; NULL for a constant */
    char *value;
    char *drop_prefix; /* NULL for none */
    char *drop_suffix;
};

struct mapping_values {
    char **at;
    unsigned count;
};

enum mapping_encoding {
    ENCODING_UTF_8,
    ENCODING_LATIN_1
};

struct mapping_document;

/* Plain values, whole and consistent once mapping_parse gave it. */
struct mapping {
    const char *name; /* file name, for messages */
    unsigned char delimiter;
    unsigned char quote; /* 0 for none */
    enum mapping_encoding encoding;
    bool has_header;
    bool is_lines;
    bool is_grouped;
    bool is_repeat_rejected;
    const struct mapping_column *columns[ROLE_COUNT]; /* NULL where not mapped */
    enum column_role receipt_from[ROLE_COUNT];
    unsigned receipt_from_count; /* 0: columns[ROLE_RECEIPT] */
    struct mapping_values formats;
    int offset_minutes;
    struct decimal_style number;
    unsigned money_decimals;
    bool is_exact; /* otherwise `rounding` */
    enum rounding rounding;
    bool is_returns_only;
    bool is_negative_return;
    const char *return_prefix;         /* NULL for none */
    struct mapping_values sale_values; /* empty: any kind that isn't a return's is a sale's */
    struct mapping_values return_values;
    enum match_key match[MATCH_COUNT];
    unsigned match_count;
    bool is_match_unique;
    struct mapping_values exclude[ROLE_COUNT];
    const char *cards; /* path as written, NULL for none */
    struct mapping_document *document;
};

/* Reads a mapping from `length` bytes at `text`; `name` is what messages call it. ERR_INPUT with a
 * note that names file, line and key. To be given to mapping_destroy. */
MUST_USE enum err mapping_parse(const char *text, size_t length, const char *name,
                                struct mapping **out_mapping, struct note *note);
/* The same from a file; `cards` is then found beside it. ERR_NOT_FOUND, ERR_STORAGE. */
MUST_USE enum err mapping_load(const char *path, struct mapping **out_mapping, struct note *note);
void mapping_destroy(struct mapping *mapping);

bool mapping_values_have(const struct mapping_values *values, const char *value);
bool mapping_matches_by(const struct mapping *mapping, enum match_key key);

#endif
