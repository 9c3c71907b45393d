/* A programme's file as the commands `talea programme ...` use it: read, checked, with its rules.
 * Internal to the commands. */
#ifndef CLI_PROGRAMME_H
#define CLI_PROGRAMME_H

#include "cli/cli.h"
#include "config/programme_file.h"
#include "programme/advice.h"
#include "programme/trial.h"
#include "receipts/read.h"
#include "talea/v1/programme.pb-c.h"

struct programme_opened {
    struct programme_file file;
    struct rules *rules;
    struct units units; /* of the home's coalition where there is one; the file's currency */
};

/* A file without `rules` has its `earn` as its only one. What is wrong is printed. */
MUST_USE enum cli_exit programme_open(struct cli *cli, const char *path,
                                      struct programme_opened *out_programme);
#define PROGRAMME_ADVICE_BYTES (16u << 20) /* of an arena */

/* What is wrong with it though it can be read; not what the file's other parts use. ERR_RESOURCE.
 */
MUST_USE enum err programme_advise(const struct programme_opened *programme, struct arena *arena,
                                   struct advice_list *out_list);
void programme_print_advice(FILE *out, const char *path, const struct advice_list *list);
/* Zeroes are fine. */
void programme_close(struct programme_opened *programme);

/* The node's version of this number, for its words; 0 of its configuration. Without `rules`. What
 * is wrong is printed. */
MUST_USE enum cli_exit programme_fetch(struct cli *cli, uint32_t number,
                                       struct programme_opened *out_programme);
/* The one in force, with its rules. */
MUST_USE enum cli_exit programme_fetch_current(struct cli *cli,
                                               struct programme_opened *out_programme);

/* A reason's name in words, without its numbers; the name itself where there are none. */
const char *programme_reason_words(const char *reason);
/* Of an event that no rule gave anything for: why, rule by rule. */
MUST_USE enum cli_exit programme_explain_missed(struct cli *cli, const char *id);

/* A receipt as an occasion; the lines live until the next call. */
struct basket_lines {
    struct basket_line at[LIMIT_RECEIPT_LINES];
};
/* ERR_RANGE when a quantity does not fit. */
MUST_USE enum err basket_of_receipt(const struct receipt *receipt, struct basket_lines *lines,
                                    struct occasion *out_occasion);
/* A line of it that the node kept; its texts are borrowed. */
struct basket_line basket_line_of(const Talea__V1__BasketLine *from);
/* A sale that the node judged, likewise. */
MUST_USE enum err basket_of_purchase(const Talea__V1__Purchase *purchase,
                                     struct basket_lines *lines, struct occasion *out_occasion);
/* The brand's number of the customer, else the card; empty for neither. */
struct slice member_of_receipt(const struct receipt *receipt);

/* In what a rule gives: the currency, "points", "days", "times" or a metric's name; and of how many
 * decimals that is. */
const char *programme_unit(const struct programme_opened *programme, const struct rule *rule);
unsigned programme_decimals(const struct programme_opened *programme, const struct rule *rule);

/* Prints what a rule's row of a trace says, as one line. */
void programme_print_row(struct cli *cli, const struct programme_opened *programme,
                         const struct trace_row *row);

#endif
