/* Why a member has an offer, in words. */
#include <stdio.h>

#include "offers/choose.h"

#define PPM_PERCENT    10000
#define PPM_PERMILLE   1000
#define NAMES_MAX      160
#define THING_NAME_MAX 64

const char *ppm_text(int64_t ppm, char out_text[PPM_TEXT_MAX])
{
    int64_t permille = (ppm + PPM_PERMILLE / 2) / PPM_PERMILLE;
    if (permille >= 100 || permille % 10 == 0) {
        snprintf(out_text, PPM_TEXT_MAX, "%lld %%",
                 (long long)((ppm + PPM_PERCENT / 2) / PPM_PERCENT));
    } else {
        snprintf(out_text, PPM_TEXT_MAX, "%lld.%lld %%", (long long)(permille / 10),
                 (long long)(permille % 10));
    }
    return out_text;
}

/* "filters and cups". */
static const char *goods_text(const struct rules_text *text, const struct offer *offer,
                              char out_text[NAMES_MAX])
{
    size_t length = 0;
    out_text[0] = '\0';
    for (size_t i = 0; i < offer->goods_count && length < NAMES_MAX - 1; i++) {
        int written = snprintf(out_text + length, NAMES_MAX - length, "%s%s",
                               i == 0                        ? ""
                               : i + 1 == offer->goods_count ? " or "
                                                             : ", ",
                               text->goods[offer->goods[i]].name);
        length += written > 0 ? (size_t)written : 0;
    }
    return out_text;
}

static const char *times_text(uint32_t times, char out_text[32])
{
    if (times == 1) {
        snprintf(out_text, 32, "once");
    } else {
        snprintf(out_text, 32, "%u times", times);
    }
    return out_text;
}

static const char *next_text(const struct learned *learned, const struct choice *choice,
                             const char *goods, char out_text[REASON_TEXT_MAX])
{
    char times[32];
    char share[PPM_TEXT_MAX];
    char base[PPM_TEXT_MAX];
    struct slice name = history_thing_name(learned_history(learned), choice->thing);
    int length = (int)(name.length < THING_NAME_MAX ? name.length : THING_NAME_MAX);
    snprintf(
        out_text, REASON_TEXT_MAX,
        "bought %.*s %s in %d days; %s of %u shoppers who did bought %s within %d days, of all "
        "%s; %s",
        length, (const char *)name.at, times_text(choice->times, times), RECENT_DAYS,
        ppm_text(share_ppm(choice->share), share), choice->share.of, goods, NEXT_DAYS,
        ppm_text(choice->base_ppm, base),
        choice->was_ever_bought ? "not bought for long" : "never bought");
    return out_text;
}

const char *choice_reason_text(const struct learned *learned, const struct choice *choice,
                               char out_text[REASON_TEXT_MAX])
{
    const struct rules_text *text = rules_text(history_rules(learned_history(learned)));
    char names[NAMES_MAX];
    char share[PPM_TEXT_MAX];
    char base[PPM_TEXT_MAX];
    char times[32];
    const char *goods = goods_text(text, &text->offers[choice->offer], names);
    if (choice->reason == CHOICE_NEXT) {
        return next_text(learned, choice, goods, out_text);
    }
    snprintf(
        out_text, REASON_TEXT_MAX,
        "bought %s %s, about every %u days, the last time %u days ago; of %u purchases like the "
        "last one %s were followed by another within %d days, of all shoppers %s buy",
        goods, times_text(choice->times, times), choice->every_days, choice->since_days,
        choice->share.of, ppm_text(share_ppm(choice->share), share), NEXT_DAYS,
        ppm_text(choice->base_ppm, base));
    return out_text;
}
