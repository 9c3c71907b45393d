#include "cli/amounts.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal.h"

/* Without a sign, and not 0. */
static bool parse_amount(const char *text, unsigned decimals, int64_t *out_minor)
{
    struct decimal_style style = {'.', 0};
    struct decimal value;
    return decimal_parse(text, strlen(text), style, &value) == ERR_OK &&
           decimal_to_minor_exact(value, decimals, out_minor) == ERR_OK && *out_minor > 0;
}

static enum cli_exit read_amount(struct cli *cli, const char *name, const char *text,
                                 unsigned decimals, int64_t *out_minor)
{
    if (!parse_amount(text, decimals, out_minor)) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "%s: \"%s\" is not a number above 0 with at most %u decimals", name, text,
                        decimals);
    }
    return CLI_OK;
}

enum cli_exit amounts_read_points(struct cli *cli, const char *name, const char *text,
                                  int64_t *out_points)
{
    const struct units *units;
    enum cli_exit outcome = session_units(cli, &units);
    return outcome == CLI_OK ? read_amount(cli, name, text, units->points_decimals, out_points)
                             : outcome;
}

enum cli_exit amounts_read_change(struct cli *cli, const char *name, const char *text,
                                  int64_t *out_points)
{
    const struct units *units;
    bool is_less = text[0] == '-';
    int64_t points;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (!parse_amount(is_less ? text + 1 : text, units->points_decimals, &points)) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL,
                        "%s: \"%s\" is not a number with at most %u decimals, above 0 to give or "
                        "below 0 to take",
                        name, text, units->points_decimals);
    }
    *out_points = is_less ? -points : points;
    return CLI_OK;
}

unsigned amounts_currency_decimals(const char *currency)
{
    static const char *const without[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                          "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"};
    static const char *const three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        if (strcmp(currency, without[i]) == 0) {
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof three / sizeof three[0]; i++) {
        if (strcmp(currency, three[i]) == 0) {
            return 3;
        }
    }
    return 2;
}

enum cli_exit amounts_read_money(struct cli *cli, const char *name, const char *text,
                                 const char *currency, int64_t *out_minor)
{
    const struct units *units;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    bool is_own = currency == NULL || strcmp(currency, units->currency) == 0;
    return read_amount(cli, name, text,
                       is_own ? units->currency_decimals : amounts_currency_decimals(currency),
                       out_minor);
}

enum cli_exit amounts_read_time_of(struct cli *cli, enum option_key key, const char *name,
                                   int64_t *out_unix_ms)
{
    const char *text = cli_option(cli, key);
    struct unix_ms time = {0};
    if (text != NULL && unix_ms_parse(text, &time) != ERR_OK) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", "write 2026-10-03 or 2026-10-03T17:04:05Z",
                        "%s: \"%s\" is no time", name, text);
    }
    /* 0 is "not given", for the node too: the first moment of 1970 is said as the one after it. */
    *out_unix_ms = text != NULL && time.ms == 0 ? 1 : time.ms;
    return CLI_OK;
}

enum cli_exit amounts_read_range(struct cli *cli, int64_t *out_from_ms, int64_t *out_to_ms)
{
    int64_t from_ms;
    int64_t to_ms;
    enum cli_exit outcome = amounts_read_time_of(cli, OPT_FROM, "--from", &from_ms);
    if (outcome == CLI_OK) {
        outcome = amounts_read_time_of(cli, OPT_TO, "--to", &to_ms);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (cli_option(cli, OPT_FROM) != NULL && cli_option(cli, OPT_TO) != NULL && from_ms >= to_ms) {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "--to: \"%s\" is not after --from",
                        cli_option(cli, OPT_TO));
    }
    *out_from_ms = from_ms;
    *out_to_ms = to_ms;
    return CLI_OK;
}

enum cli_exit amounts_read_time(struct cli *cli, int64_t *out_unix_ms)
{
    return amounts_read_time_of(cli, OPT_TIME, "--time", out_unix_ms);
}

const char *amounts_time(int64_t unix_ms, char out_text[TIME_TEXT_MAX])
{
    if (unix_ms == 0) {
        return "-";
    }
    unix_ms_format((struct unix_ms){unix_ms}, out_text);
    if (strlen(out_text) > 19) {
        out_text[10] = ' ';
        out_text[19] = '\0';
    }
    return out_text;
}

const char *amounts_lot_end(int64_t expires_at_ms, uint32_t idle_months,
                            char out_text[TIME_TEXT_MAX])
{
    if (expires_at_ms != 0 || idle_months == 0) {
        return amounts_time(expires_at_ms, out_text);
    }
    (void)snprintf(out_text, TIME_TEXT_MAX, "after %u idle months", idle_months % 1000);
    return out_text;
}
