/* Why a rule gave something or didn't, in words. */
#include <string.h>

#include "cli/amounts.h"
#include "cli/programme.h"
#include "programme/describe.h"

struct number_text {
    char text[AMOUNT_TEXT_MAX];
};

static struct number_text number(int64_t minor, unsigned decimals)
{
    struct number_text number;
    amount_format(minor, decimals, number.text);
    return number;
}

static struct number_text day(int64_t day)
{
    struct number_text text;
    struct civil civil = civil_of_day(day);
    snprintf(text.text, sizeof text.text, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    return text;
}

/* Reasons that have no numbers. */
static const char *const words[TRACE_REASON_COUNT] = {
    [TRACE_FIRED] = "gave something",
    [TRACE_OTHER_OCCASION] = "for another occasion",
    [TRACE_WEEKDAY] = "not on this weekday",
    [TRACE_STORE] = "not in this store",
    [TRACE_CHANNEL] = "not in this channel",
    [TRACE_NO_GOODS] = "none of its goods are in the basket",
    [TRACE_NOTHING] = "would give nothing",
    [TRACE_GROUP] = "another of its group gives more",
    [TRACE_EXCLUDED] = "an exclusive rule went before it",
    [TRACE_PURCHASE_HAD] = "another purchase, or a quote, had it already",
    [TRACE_CAP] = "its cap is used up",
    [TRACE_NO_CODE] = "no code of its coupon was shown",
    [TRACE_CODE_UNKNOWN] = "the code was never issued",
    [TRACE_CODE_OTHER] = "the code is somebody else's",
    [TRACE_CODE_USED] = "the code is used up",
    [TRACE_CODE_SPARE] = "another code of the coupon was taken",
    [TRACE_CODE_REVOKED] = "the code was revoked",
    [TRACE_LIST] = "on none of its lists",
    [TRACE_AROUND] = "not around that day of the member's year",
};

const char *programme_reason_words(const char *reason)
{
    for (size_t i = 0; i < TRACE_REASON_COUNT; i++) {
        if (words[i] != NULL && strcmp(trace_reason_name((enum trace_reason)i), reason) == 0) {
            return words[i];
        }
    }
    return strcmp(reason, trace_reason_name(TRACE_METRIC_BELOW)) == 0   ? "too little"
           : strcmp(reason, trace_reason_name(TRACE_METRIC_ABOVE)) == 0 ? "too much"
           : strcmp(reason, trace_reason_name(TRACE_TAKE)) == 0         ? "too little"
                                                                        : reason;
}

static void print_metric(FILE *out, const struct programme_opened *programme,
                         const struct trace_row *row)
{
    const struct metric *metric = &programme->file.rules.metrics[row->metric];
    unsigned decimals = metric_of_decimals(metric->of, programme->units.points_decimals,
                                           programme->units.currency_decimals);
    fprintf(out, "%s is %s, %s %s", metric->name, number(row->has, decimals).text,
            row->reason == TRACE_METRIC_ABOVE ? "not below" : "less than",
            number(row->wants, decimals).text);
}

static void print_bound(FILE *out, const char *what, const struct trace_row *row, unsigned decimals)
{
    fprintf(out, "%s %s, less than %s", what, number(row->has, decimals).text,
            number(row->wants, decimals).text);
}

static const char *tier_name(const struct programme_opened *programme, unsigned bit)
{
    const struct rules_text *text = &programme->file.rules;
    for (size_t t = 0; t < text->tier_count; t++) {
        if (bit == TIER_BIT(t)) {
            return text->tiers[t].name;
        }
    }
    return "none";
}

static void print_why(FILE *out, const struct programme_opened *programme,
                      const struct trace_row *row)
{
    unsigned money = programme->units.currency_decimals;
    if (words[row->reason] != NULL) {
        fputs(words[row->reason], out);
    } else if (row->reason == TRACE_NOT_YET) {
        fprintf(out, "begins on %s", day(row->wants).text);
    } else if (row->reason == TRACE_CODE_OVER) {
        fprintf(out, "the code was over on %s", day(row->wants).text);
    } else if (row->reason == TRACE_OVER) {
        fprintf(out, "was over on %s", day(row->wants).text);
    } else if (row->reason == TRACE_HOUR) {
        fprintf(out, "not at %02d:%02d", (int)(row->has / 60), (int)(row->has % 60));
    } else if (row->reason == TRACE_BASKET) {
        print_bound(out, "the basket costs", row, money);
    } else if (row->reason == TRACE_GOODS_AMOUNT) {
        print_bound(out, "its goods cost", row, money);
    } else if (row->reason == TRACE_GOODS_COUNT) {
        print_bound(out, "its goods are", row, QUANTITY_DECIMALS);
    } else if (row->reason == TRACE_PURCHASE) {
        fprintf(out, "this is purchase %lld, not %lld", (long long)row->has, (long long)row->wants);
    } else if (row->reason == TRACE_SEGMENT) {
        fprintf(out, "decided by the segment %s", programme->file.rules.segments[row->has].name);
    } else if (row->reason == TRACE_BALANCE) {
        print_bound(out, "points that can be spent:", row, programme->units.points_decimals);
    } else if (row->reason == TRACE_TIER) {
        fprintf(out, "for other tiers than %s", tier_name(programme, (unsigned)row->has));
    } else if (row->reason == TRACE_REFERRER) {
        fputs(row->has != 0 ? "members do not bring themselves" : "nobody brought the member", out);
    } else {
        print_metric(out, programme, row);
    }
}

const char *programme_unit(const struct programme_opened *programme, const struct rule *rule)
{
    switch (rule_given_in(rule)) {
    case GIVEN_IN_MONEY:
        return programme->units.currency;
    case GIVEN_IN_DAYS:
        return "days";
    case GIVEN_IN_TIMES:
        return "times";
    case GIVEN_IN_POINTS:
    default:
        return rule->gift.metric == NULL ? "points"
                                         : programme->file.rules.metrics[*rule->gift.metric].name;
    }
}

unsigned programme_decimals(const struct programme_opened *programme, const struct rule *rule)
{
    struct described_units units = {programme->units.points_decimals,
                                    programme->units.currency_decimals};
    return described_decimals(rule, units);
}

void programme_print_row(struct cli *cli, const struct programme_opened *programme,
                         const struct trace_row *row)
{
    const struct rule *rule = &programme->file.rules.rules[row->rule];
    unsigned decimals = programme_decimals(programme, rule);
    const char *unit = programme_unit(programme, rule);
    if (row->reason == TRACE_FIRED) {
        fprintf(cli->out, "  + %-32s %s %s", rule->name, number(row->has, decimals).text, unit);
        if (row->wants != row->has) {
            fprintf(cli->out, ", cut by a cap from %s", number(row->wants, decimals).text);
        }
    } else {
        fprintf(cli->out, "  - %-32s ", rule->name);
        print_why(cli->out, programme, row);
    }
    fputc('\n', cli->out);
}
