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
        [TRACE_NOTHING] = "nothing",
        [TRACE_GROUP] = "group",
        [TRACE_EXCLUDED] = "excluded",
        [TRACE_CAP] = "cap",
        [TRACE_AROUND] = "around",
        [TRACE_TIER] = "tier",
        [TRACE_REFERRER] = "referrer",
    };
    ASSERT(reason < TRACE_REASON_COUNT);
    return names[reason];
}

void judging_trace(struct judging *j, struct trace_row row)
{
    if (j->trace != NULL) {
        ASSERT(j->trace_count < j->text->rule_count);
        j->trace[j->trace_count++] = row;
    }
}
