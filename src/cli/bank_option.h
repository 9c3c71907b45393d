/* The bank account of a brand, from the command line. */
#ifndef CLI_BANK_OPTION_H
#define CLI_BANK_OPTION_H

#include "cli/cli.h"
#include "settlement/bank_account.h"

/* --iban, --bic and --account-holder; the holder is `name` unless it is given. Without --iban there
 * is no account, and `*out_is_given` is false. ERR_INPUT with a note. */
MUST_USE enum err bank_option_read(const struct cli *cli, const char *name,
                                   struct bank_account *out_account, bool *out_is_given,
                                   struct note *note);

#endif
