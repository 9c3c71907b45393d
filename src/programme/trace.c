/* Why each rule gave something or didn't, kept while it is judged. */
#include "programme/judging.h"

const char *trace_reason_name(enum trace_reason reason)
{
    static const char *const names[TRACE_REASON_COUNT] = {
        [TRACE_FIRED] = "fired",
        [TRACE_OTHER_OCCASION] = "other_occasion",
        [TRACE_NOT_YET] = "not_yet",
        [TRACE_OVER] = "over",
        [TRACE_WEEKDAY] = "weekday",
        [TRACE_HOUR] = "hour",
        [TRACE_STORE] = "store",
        [TRACE_CHANNEL] = "channel",
        [TRACE_BASKET] = "basket",
        [TRACE_NO_GOODS] = "no_goods",
        [TRACE_GOODS_AMOUNT] = "goods_amount",
        [TRACE_GOODS_COUNT] = "goods_count",
        [TRACE_METRIC_BELOW] = "metric_below",
        [TRACE_METRIC_ABOVE] = "metric_above",
        [TRACE_PURCHASE] = "purchase",
        [TRACE_PURCHASE_HAD] = "purchase_had",
        [TRACE_NOTHING] = "nothing",
        [TRACE_GROUP] = "group",
        [TRACE_EXCLUDED] = "excluded",
        [TRACE_CAP] = "cap",
        [TRACE_AROUND] = "around",
        [TRACE_TIER] = "tier",
        [TRACE_REFERRER] = "referrer",
        [TRACE_NO_CODE] = "no_code",
        [TRACE_CODE_UNKNOWN] = "code_unknown",
        [TRACE_CODE_OVER] = "code_over",
        [TRACE_CODE_OTHER] = "code_other",
        [TRACE_CODE_USED] = "code_used",
        [TRACE_CODE_SPARE] = "code_spare",
        [TRACE_SEGMENT] = "segment",
        [TRACE_LIST] = "list",
        [TRACE_BALANCE] = "balance",
        [TRACE_TAKE] = "take",
        [TRACE_CODE_REVOKED] = "code_revoked",
    };
    ASSERT(reason < TRACE_REASON_COUNT);
    return names[reason];
}

/* What the row says about codes of the rule's coupon; what was taken stays so. */
static void judge_codes(struct judging *j, const struct trace_row *row, size_t used)
{
    const uint16_t *coupon = j->text->rules[row->rule].when.coupon;
    bool is_taken = row->reason == TRACE_FIRED;
    for (size_t i = 0; coupon != NULL && i < j->occasion->code_count; i++) {
        if (j->coupons[i] == *coupon && j->verdicts[i].reason != TRACE_FIRED) {
            enum trace_reason reason = is_taken && i != used ? TRACE_CODE_SPARE : row->reason;
            j->verdicts[i] = (struct code_verdict){row->rule, reason};
        }
    }
}

void judging_trace(struct judging *j, struct trace_row row, size_t code)
{
    judge_codes(j, &row, code);
    if (j->trace != NULL) {
        ASSERT(j->trace_count < j->text->rule_count);
        j->trace[j->trace_count++] = row;
    }
}
