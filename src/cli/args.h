/* The command line after parsing: options by key, and what stands alone.
 *
 * Parsing is glibc's argp; a command says which options it has in an array of argp_option whose
 * keys are the ones below. Help and completion are made of the same arrays. All texts are borrowed
 * from argv.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <argp.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"

enum option_key {
    OPT_FIRST = 256, /* above every character: none has a short form */
    OPT_HELP = OPT_FIRST,
    OPT_VERSION,
    OPT_HOME,
    OPT_ADDRESS,
    OPT_AS,
    OPT_JSON,
    OPT_TIMEOUT,
    OPT_COALITION,
    OPT_PARTNER,
    OPT_NAME,
    OPT_PREFIX,
    OPT_LISTEN,
    OPT_HTTP,
    OPT_PUBLIC_ADDRESS,
    OPT_HOST,
    OPT_CN,
    OPT_DAYS,
    OPT_OUT_DIR,
    OPT_REPLACE,
    OPT_SEAL,
    OPT_PASSPHRASE_FILE,
    OPT_OUT,
    OPT_QR,
    OPT_TERMS,
    OPT_PREVIOUS,
    OPT_VALID_FROM,
    OPT_KEY,
    OPT_CHARTER,
    OPT_TRANSACTION_ID,
    OPT_REFERENCE,
    OPT_MEMBER,
    OPT_AMOUNT,
    OPT_CURRENCY,
    OPT_POINTS,
    OPT_RECEIPT,
    OPT_PROMOTION,
    OPT_TIME,
    OPT_WITHIN,
    OPT_LIMIT,
    OPT_PAGE,
    OPT_CARDS,
    OPT_MAP,
    OPT_REJECTS,
    OPT_DRY_RUN,
    OPT_DATA,
    OPT_DIR,
    OPT_QUICK,
    OPT_ONLY,
    OPT_LIST,
    OPT_MARKDOWN,
    OPT_SCALE,
    OPT_PART,
    OPT_MEMBERS,
    OPT_COMMANDS,
    OPT_TO,
    OPT_FORCE,
    OPT_REASON,
    OPT_NOTE,
    OPT_UNTIL,
    OPT_STATE,
    OPT_BY,
    OPT_YES,
    OPT_ANYWAY,
    OPT_AT,
    OPT_KIND,
    OPT_ACCOUNT,
    OPT_FROM,
    OPT_TRANSACTION,
    OPT_FOLLOW,
    OPT_ORIGIN,
    OPT_NEW_PASSPHRASE_FILE,
    OPT_DROP,
    OPT_WITHOUT,
    OPT_CARD,
    OPT_FORMAT,
    OPT_ACCOUNTS,
    OPT_IBAN,
    OPT_BIC,
    OPT_HOLDER,
    OPT_PERIOD,
    OPT_HTML,
    OPT_CSV,
    OPT_LANGUAGE,
    OPT_TARIFFS,
    OPT_TARIFF,
    OPT_DIRECTION,
    OPT_ALL,
    OPT_REFUSED,
    OPT_RESIDUAL,
    OPT_DATE,
    OPT_RECEIPTS,
    OPT_AGAINST,
    OPT_PRICE,
    OPT_LINE,
    OPT_BASKET,
    OPT_STORE,
    OPT_EARLY,
    OPT_CHANNEL,
    OPT_PROGRAMME,
    OPT_CODE,
    OPT_COUNT,
    OPT_SEGMENT,
    OPT_BIRTHDAY,
    OPT_REFERRER,
    OPT_VALUE,
    OPT_SCORE,
    OPT_COMMENT,
    OPT_SPEND,
    OPT_TILL,
    OPT_CASHIER,
    OPT_VERDICT,
    OPT_RULE,
    OPT_PIN,
    OPT_LAST
};

#define ARGS_LINES_MAX      256u
#define ARGS_POSITIONAL_MAX 1024u /* introductions of a charter, mostly */

struct args {
    const char *options[OPT_LAST - OPT_FIRST]; /* the last one given; "" for a flag */
    const char *hosts[LIMIT_CERTIFICATE_HOSTS];
    size_t host_count;
    const char *lines[ARGS_LINES_MAX]; /* of a basket */
    size_t line_count;
    const char *codes[LIMIT_SHOWN_CODES]; /* of coupons */
    size_t code_count;
    const char *positional[ARGS_POSITIONAL_MAX];
    size_t count;
    const char *excess; /* the first argument that did not fit */
};

static inline const char *args_option(const struct args *args, enum option_key key)
{
    return args->options[key - OPT_FIRST];
}

static inline bool args_has(const struct args *args, enum option_key key)
{
    return args_option(args, key) != NULL;
}

/* The options of every command. */
extern const struct argp_option args_global_options[];

/* Parses up to the first argument that is no option; `*out_used` is how many of argv were taken.
 * ERR_INPUT after a line on stderr. Keeps what `out_args` has. */
MUST_USE enum err args_parse_globals(int argc, char **argv, struct args *out_args, int *out_used);
/* Parses all of argv (argv[0] is the command's name) with a command's options and the global ones.
 * Keeps what `out_args` has. */
MUST_USE enum err args_parse_command(int argc, char **argv, const struct argp_option *options,
                                     struct args *out_args);
/* A command's help: usage, `doc` (before and after the options, divided by \v), options (NULL:
 * none of its own). */
void args_help(FILE *out, const char *name, const char *arguments, const char *doc,
               const struct argp_option *options);

/* A whole number from `min` to `max`, or `fallback` where the option is not given. */
MUST_USE enum err args_number(const struct args *args, enum option_key key, const char *name,
                              int64_t min, int64_t max, int64_t fallback, int64_t *out_number,
                              struct note *note);

#endif
