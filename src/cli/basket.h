/* What was bought, as `talea earn` is told of it: lines of the command line, or a file. */
#ifndef CLI_BASKET_H
#define CLI_BASKET_H

#include "cli/cli.h"
#include "talea/v1/till.pb-c.h"

struct basket {
    Talea__V1__BasketLine *lines;
    Talea__V1__BasketLine **list;
    size_t count;
    char *texts; /* of --line */
    json_t *file;
};

/* Fills lines, store, channel and paid_in_points_minor of the request from --line, --store,
 * --channel and --basket; prints what is wrong. They live as long as the basket, which the caller
 * ends whatever comes out. */
MUST_USE enum cli_exit basket_read(struct cli *cli, const char *currency, struct basket *basket,
                                   Talea__V1__EarnRequest *request);
/* Of a line, in thousandths, 0 or more; prints what is wrong. */
MUST_USE enum cli_exit basket_read_quantity(struct cli *cli, const char *text, int64_t *out_milli);
/* Argument 1, or 0 where lines say it; prints what is wrong. */
MUST_USE enum cli_exit basket_read_amount(struct cli *cli, const char *currency,
                                          int64_t *out_minor);
void basket_fini(struct basket *basket);

#endif
