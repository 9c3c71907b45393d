/* chart.yaml: the names that an accountant's books use for the ledger's accounts.
 *
 *   available: Liabilities:Loyalty:Available
 *   payable: Liabilities:Loyalty:Payable:{partner}
 *   ...
 *
 * Every line may be left out; the default is in its place. `{partner}` becomes the partner's id.
 * Names are parts of letters, digits, "-", "_" and spaces, each beginning with a letter or digit,
 * parted by single colons: what hledger, Ledger and (with capitals) Beancount take.
 */
#ifndef CONFIG_CHART_FILE_H
#define CONFIG_CHART_FILE_H

#include "base/bytes.h"

#define CHART_NAME_MAX 128 /* bytes, with the final NUL */

enum chart_line {
    CHART_AVAILABLE,
    CHART_PENDING,
    CHART_HELD,
    CHART_DEBT,
    CHART_RECEIVABLE,
    CHART_PAYABLE,
    CHART_SUSPENSE,
    CHART_ISSUED,
    CHART_REDEEMED,
    CHART_BREAKAGE,
    CHART_ADJUSTMENT,
    CHART_LINES
};

struct chart {
    char names[CHART_LINES][CHART_NAME_MAX];
};

/* The keys of chart.yaml: the ledger's own names. */
const char *chart_line_name(enum chart_line line);
/* ERR_NOT_FOUND for a name that is none. */
MUST_USE enum err chart_line_parse(const char *name, enum chart_line *out_line);

void chart_default(struct chart *out_chart);
/* ERR_INPUT with a note that names line and key, or what document_read_file says. */
MUST_USE enum err chart_file_load(const char *path, struct chart *out_chart, struct note *note);
MUST_USE enum err chart_file_parse(struct slice yaml, const char *name, struct chart *out_chart,
                                   struct note *note);

#endif
