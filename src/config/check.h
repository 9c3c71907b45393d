/* Turns the texts of a loaded YAML file into values, and says which line is wrong.
 *
 * A check carries its first error, so that a run of conversions needs one look at the end; after an
 * error they do nothing. Who mends a file wants all of them: with `faults`, check_next goes on
 * behind an entry that is wrong, so of each entry the first mistake is found. A NULL text is an
 * optional key that is not there: its output keeps the default that the caller put in. The note
 * reads "node.yaml:7: listen: ...".
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "base/address.h"
#include "base/amount.h"
#include "base/decimal.h"
#include "base/ident.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "config/positions.h"

struct check_faults {
    struct note at[LIMIT_CHECK_FAULTS];
    size_t count;
    size_t left_off; /* beyond these */
};

struct check {
    const struct positions *positions;
    const char *folder; /* what relative paths are relative to */
    struct note *note;
    enum err err;
    struct check_faults *faults; /* NULL: the first mistake is enough */
    bool has_faults;             /* behind which the check went on */
};

/* A file named in a configuration, and the line that names it. */
struct config_path {
    char text[LIMIT_PATH_BYTES + 1]; /* absolute, or relative to the working folder */
    unsigned line;
};

struct currency {
    char code[4]; /* ISO 4217: three capital letters */
};

/* Notes the first error only. */
void check_fail(struct check *check, const char *path, const char *format, ...) PRINTF_LIKE(3, 4);

/* Between two entries of a file of which one may be wrong without the other: a mistake in the first
 * is put aside. Without `faults`, and of any other error than ERR_INPUT, nothing happens. */
void check_next(struct check *check);
/* After all of them: the error, and the first mistake in the note. */
MUST_USE enum err check_end(struct check *check);

/* Says that there is no `what` of this name, "no metric is called spned", and which of those that
 * were offered may be meant. */
void check_fail_name(struct check *check, const char *path, const char *what,
                     const struct nearest *nearest);

void check_unsigned(struct check *check, const char *path, const char *text, unsigned min,
                    unsigned max, unsigned *out_value);
/* One of `count` words; its number. */
void check_choice(struct check *check, const char *path, const char *text, const char *const *words,
                  size_t count, unsigned *out_number);
/* Printable UTF-8 that fits into `capacity` bytes with its NUL. */
void check_text(struct check *check, const char *path, const char *text, char *out,
                size_t capacity);
/* A coalition's name: [a-z0-9-], first a letter. */
void check_coalition(struct check *check, const char *path, const char *text,
                     char out_name[LIMIT_COALITION_BYTES + 1]);
void check_partner(struct check *check, const char *path, const char *text,
                   struct partner_id *out_partner);
void check_address(struct check *check, const char *path, const char *text,
                   struct address *out_address);
void check_path(struct check *check, const char *path, const char *text,
                struct config_path *out_path);
void check_currency(struct check *check, const char *path, const char *text,
                    struct currency *out_currency);
void check_rounding(struct check *check, const char *path, const char *text,
                    enum rounding *out_rounding);
/* A plain decimal number, not negative: "0.0100". */
void check_decimal(struct check *check, const char *path, const char *text,
                   struct decimal *out_value);
/* The same in units of 10^-decimals, exactly, from `min` to `max` of them. */
void check_minor(struct check *check, const char *path, const char *text, unsigned decimals,
                 int64_t min, int64_t max, int64_t *out_minor);

/* "30m", "6h", "2d": from one of the unit on; `longest_ms` is at least a day. */
void check_span(struct check *check, const char *path, const char *text, int64_t longest_ms,
                int64_t *out_ms);

/* The folder of a file's path: "." or what stands before the last slash. ERR_INPUT when it is
 * longer than LIMIT_PATH_BYTES. */
MUST_USE enum err config_folder(const char *path, char out_folder[LIMIT_PATH_BYTES + 1]);

#endif
