/* Points and money as people write them, to minor units and back: exact or refused. */
#ifndef CLI_AMOUNTS_H
#define CLI_AMOUNTS_H

#include "base/amount.h"
#include "base/calendar.h"
#include "cli/session.h"

/* `name` is what the line of a failure calls it. More than zero. */
MUST_USE enum cli_exit amounts_read_points(struct cli *cli, const char *name, const char *text,
                                           int64_t *out_points);
/* The same, less than zero too, but not zero. */
MUST_USE enum cli_exit amounts_read_change(struct cli *cli, const char *name, const char *text,
                                           int64_t *out_points);
/* Of `currency`, or of the coalition's where that is NULL. More than zero. */
MUST_USE enum cli_exit amounts_read_money(struct cli *cli, const char *name, const char *text,
                                          const char *currency, int64_t *out_minor);
/* ISO 4217: 0 for yen and others without a minor unit, 3 for dinars, otherwise 2. */
unsigned amounts_currency_decimals(const char *currency);

/* --time, or 0. */
MUST_USE enum cli_exit amounts_read_time(struct cli *cli, int64_t *out_unix_ms);
/* The time of an option that `name` is the name of, or 0. A date is its first moment, UTC. */
MUST_USE enum cli_exit amounts_read_time_of(struct cli *cli, enum option_key key, const char *name,
                                            int64_t *out_unix_ms);
/* --from and --to, 0 where one is not given; an empty range is refused. */
MUST_USE enum cli_exit amounts_read_range(struct cli *cli, int64_t *out_from_ms,
                                          int64_t *out_to_ms);

static inline const char *amounts_points(const struct units *units, int64_t points,
                                         char out_text[AMOUNT_TEXT_MAX])
{
    return amount_format(points, units->points_decimals, out_text);
}

/* "2026-10-03 17:04:05"; "-" for 0. */
const char *amounts_time(int64_t unix_ms, char out_text[TIME_TEXT_MAX]);
/* The same of a lot's end; of one that ends by inactivity alone "after 6 idle months". */
const char *amounts_lot_end(int64_t expires_at_ms, uint32_t idle_months,
                            char out_text[TIME_TEXT_MAX]);

#endif
