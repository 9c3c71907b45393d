/* What a purchase or an event got, printed; and the codes that were shown with it. */
#ifndef CLI_GIVEN_H
#define CLI_GIVEN_H

#include "cli/cli.h"
#include "talea/v1/till.pb-c.h"

#define CODE_OPTION                                                                                \
    {                                                                                              \
        "code", OPT_CODE, "TEXT", 0, "A coupon's code that is shown; may be given more than once", \
            0                                                                                      \
    }

/* Borrowed from an answer. */
struct given {
    int64_t points;
    Talea__V1__Award *const *awards;
    size_t award_count;
    Talea__V1__CodeAnswer *const *codes;
    size_t code_count;
    Talea__V1__GivenItem *const *items;
    size_t item_count;
};

/* Points, what rules gave, what became of codes, and things. */
MUST_USE enum cli_exit given_print(struct cli *cli, const struct given *given);
/* The answer of Earn and of ConfirmQuote. */
MUST_USE enum cli_exit given_print_sale(struct cli *cli, const Talea__V1__EarnResponse *reply);
/* Why a code was not taken, in words; of what else rules ask for, its name. */
const char *given_code_reason(const char *reason);
/* --code, as a message's list. */
char **given_codes(const struct cli *cli);

#endif
