/* accounting.yaml: how this brand's books are kept. Everything may be left out; the default is in
 * its place. `talea books example` prints one with comments.
 *
 *   accounts:                  # names of the chart's accounts (accounting/chart.h)
 *     bank: 1200 Bank
 *   own:                       # accounts beside these, for the postings below
 *     - {key: marketing, type: expense, name: "6100 Marketing:Points"}
 *   postings:                  # what is debited and credited when (accounting/templates.h)
 *     earn_sent: {debit: marketing, text: "Points for {partner}, {period}"}
 *   liability:
 *     price: 0.01              # of one point; default: the redemption price of the charter
 *     breakage: [{from: 2026-01, percent: 5}]   # default: by what expired in the last `months`
 *     months: 12
 *     ages: [30, 90, 365]      # days
 */
#ifndef CONFIG_ACCOUNTING_FILE_H
#define CONFIG_ACCOUNTING_FILE_H

#include "accounting/liability.h"
#include "accounting/templates.h"
#include "base/decimal.h"

struct accounting_file {
    struct chart chart;
    struct posting_templates templates;
    bool has_price;
    struct decimal price; /* in the settlement currency */
    struct breakage breakage;
    size_t age_count; /* 0: as by default */
    unsigned ages[LIABILITY_AGES_MAX];
};

void accounting_file_default(struct accounting_file *out_file);
/* ERR_INPUT with a note that names line and key, or what document_read_file says. */
MUST_USE enum err accounting_file_load(const char *path, struct accounting_file *out_file,
                                       struct note *note);
MUST_USE enum err accounting_file_parse(struct slice yaml, const char *name,
                                        struct accounting_file *out_file, struct note *note);

#endif
