#include "cli/given.h"

#include <string.h>

#include "cli/amounts.h"
#include "cli/selector.h"

char **given_codes(const struct cli *cli)
{
    return (char **)(uintptr_t)cli->args.codes; /* protobuf-c does not write through it */
}

static void print_awards(struct cli *cli, const struct units *units, const struct given *given)
{
    for (size_t i = 0; i < given->award_count; i++) {
        const Talea__V1__Award *award = given->awards[i];
        char text[AMOUNT_TEXT_MAX];
        if (award->discount_minor > 0) {
            fprintf(cli->out, "  %-32s %s off\n", award->rule,
                    amount_format(award->discount_minor, units->currency_decimals, text));
        } else if (award->metric_days > 0) {
            fprintf(cli->out, "  %-32s %lld days of %s\n", award->rule,
                    (long long)award->metric_days, award->metric);
        } else if (award->metric_points > 0) {
            fprintf(cli->out, "  %-32s %s %s\n", award->rule,
                    amounts_points(units, award->metric_points, text), award->metric);
        } else if (award->points > 0) {
            fprintf(cli->out, "  %-32s %s %s\n", award->rule,
                    amounts_points(units, award->points, text), units->points_name);
        } else {
            fprintf(cli->out, "  %s\n", award->rule);
        }
    }
}

/* Of codes in words; what else rules ask for by its name, as `talea explain` tells it in full. */
const char *given_code_reason(const char *reason)
{
    static const char *const words[][2] = {
        {"code_unknown", "no coupon has this code"}, {"code_over", "its time is over"},
        {"code_used", "used as often as it may be"}, {"code_other", "it is another member's"},
        {"code_spare", "another code did it"},       {"code_revoked", "it was revoked"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], reason) == 0) {
            return words[i][1];
        }
    }
    return reason;
}

static void print_codes(struct cli *cli, const struct given *given)
{
    for (size_t i = 0; i < given->code_count; i++) {
        const Talea__V1__CodeAnswer *code = given->codes[i];
        if (code->is_taken) {
            fprintf(cli->out, "code       %s: taken by %s\n", code->code, code->rule);
        } else {
            fprintf(cli->out, "code       %s: not taken, %s%s%s\n", code->code,
                    given_code_reason(code->reason), code->rule[0] != '\0' ? " of " : "",
                    code->rule);
        }
    }
}

static void print_items(struct cli *cli, const struct given *given)
{
    for (size_t i = 0; i < given->item_count; i++) {
        const Talea__V1__GivenItem *item = given->items[i];
        char time[TIME_TEXT_MAX];
        fprintf(cli->out, "given      %lld %s%s%s\n", (long long)item->count, item->item,
                item->until_local_ms == 0 ? "" : ", good before ",
                item->until_local_ms == 0 ? "" : amounts_time(item->until_local_ms, time));
        for (size_t c = 0; c < item->n_codes; c++) {
            fprintf(cli->out, "  %s\n", item->codes[c]);
        }
    }
}

enum cli_exit given_print(struct cli *cli, const struct given *given)
{
    const struct units *units;
    char text[AMOUNT_TEXT_MAX];
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome == CLI_OK) {
        fprintf(cli->out, "earned     %s %s\n", amounts_points(units, given->points, text),
                units->points_name);
        print_awards(cli, units, given);
        print_codes(cli, given);
        print_items(cli, given);
    }
    return outcome;
}

enum cli_exit given_print_sale(struct cli *cli, const Talea__V1__EarnResponse *reply)
{
    struct given given = {reply->earned_points, reply->awards, reply->n_awards, reply->codes,
                          reply->n_codes,       reply->items,  reply->n_items};
    enum cli_exit outcome = given_print(cli, &given);
    if (outcome != CLI_OK) {
        return outcome;
    }
    fprintf(cli->out, "home       %s\n", reply->home);
    fprintf(cli->out, "sale       %s\n", reply->sale_id);
    if (reply->alert_id[0] != '\0') {
        fprintf(cli->out, "held       the points wait for a review of alert %s\n", reply->alert_id);
    }
    return selector_print_balance(cli, reply->balance);
}
