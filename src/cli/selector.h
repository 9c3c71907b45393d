/* Whose account a command is about: a card as an argument, or --member, or --reference. */
#ifndef CLI_SELECTOR_H
#define CLI_SELECTOR_H

#include <talea/v1/types.pb-c.h>

#include "cli/cli.h"

#define SELECTOR_OPTIONS                                                                           \
    {"member", OPT_MEMBER, "ID", 0, "By the member's id instead of a card", 0},                    \
    {                                                                                              \
        "reference", OPT_REFERENCE, "TEXT", 0, "By the brand's own customer number", 0             \
    }

#define TRANSACTION_OPTION                                                                         \
    {                                                                                              \
        "transaction-id", OPT_TRANSACTION_ID, "UUID", 0,                                           \
            "Of an earlier attempt: the same call again gives the same answer", 0                  \
    }

/* Borrows from the arguments. Exactly one of the three; prints what is wrong. */
MUST_USE enum cli_exit selector_read(struct cli *cli, Talea__V1__MemberSelector *out_selector);
/* A card number or a member's or pool's id; `name` is what the line of a failure calls it. Borrows.
 */
MUST_USE enum cli_exit selector_read_text(struct cli *cli, const char *name, const char *text,
                                          Talea__V1__MemberSelector *out_selector);
/* Argument `index` as a card number, blanks and dashes taken out. */
MUST_USE enum cli_exit selector_read_card(struct cli *cli, size_t index, char out_card[20]);

/* Argument `index` as a number from 1 on; `what` is what it numbers: "entry". `advice` may be NULL.
 */
MUST_USE enum cli_exit selector_read_number(struct cli *cli, size_t index, const char *what,
                                            const char *advice, uint64_t *out_number);

/* Balance and lots for people. */
enum cli_exit selector_print_balance(struct cli *cli, const Talea__V1__Balance *balance);

#endif
