#include "offers/effect.h"

#include "base/limits.h"

#define PPM INT64_C(1000000)
/* 1.96, the 97.5 % point of the normal distribution. */
#define Z_OVER  196u
#define Z_UNDER 100u

typedef effect_square wide;

enum err effect_add(struct effect_group *group, int64_t spend_minor, bool is_buyer)
{
    if (spend_minor < 0 || spend_minor > LIMIT_OFFER_MINOR ||
        __builtin_add_overflow(group->spend_minor, spend_minor, &group->spend_minor)) {
        return ERR_RANGE;
    }
    group->members++;
    group->buyers += is_buyer ? 1 : 0;
    group->squares += (wide)spend_minor * (wide)spend_minor; /* at most 10^24 each */
    return ERR_OK;
}

/* The smallest number whose square is not less. */
static uint64_t root_up(wide value)
{
    wide low = 0;
    wide high = UINT64_MAX;
    while (low < high) {
        wide middle = low + (high - low) / 2;
        if (middle * middle < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (uint64_t)low;
}

static wide divide_up(wide value, wide by)
{
    return (value + by - 1) / by;
}

/* Of a share's estimate, in millionths squared: p (1 - p) / n. */
static wide share_variance(const struct effect_group *group)
{
    wide hits = group->buyers;
    wide n = group->members;
    return divide_up(hits * (n - hits) * PPM * PPM, n * n * n);
}

/* Of a mean's estimate, in minor units squared: s^2 / n, with the sample's variance s^2. */
static wide mean_variance(const struct effect_group *group)
{
    wide n = group->members;
    if (n < 2) {
        return 0;
    }
    /* The sum of squares about the mean: sum of x^2 less (sum of x)^2 / n, never below 0. */
    wide sum = (wide)group->spend_minor;
    wide mean_part = sum / n * sum + sum % n * (sum / n) + (sum % n) * (sum % n) / n;
    wide about = group->squares > mean_part ? group->squares - mean_part : 0;
    return divide_up(divide_up(about, n - 1), n);
}

static struct effect_span span_of(int64_t middle, wide variance)
{
    uint64_t error = root_up(variance);
    uint64_t reach =
        error > UINT64_MAX / 512 ? INT64_MAX / 4 : (error * Z_OVER + Z_UNDER - 1) / Z_UNDER;
    return (struct effect_span){middle - (int64_t)reach, middle, middle + (int64_t)reach};
}

static enum effect_verdict verdict_of(struct effect_span span, bool are_enough)
{
    if (!are_enough) {
        return EFFECT_TOO_FEW;
    }
    return span.low > 0 ? EFFECT_MORE : span.high < 0 ? EFFECT_LESS : EFFECT_NONE;
}

struct effect effect_of(const struct effect_group *offered, const struct effect_group *control)
{
    struct effect effect = {.of_share = EFFECT_TOO_FEW, .of_spend = EFFECT_TOO_FEW};
    if (offered->members == 0 || control->members == 0) {
        return effect;
    }
    bool are_enough =
        offered->members >= EFFECT_MEMBERS_MIN && control->members >= EFFECT_MEMBERS_MIN;
    effect.offered_share_ppm = (int64_t)(offered->buyers * (uint64_t)PPM / offered->members);
    effect.control_share_ppm = (int64_t)(control->buyers * (uint64_t)PPM / control->members);
    effect.share_ppm = span_of(effect.offered_share_ppm - effect.control_share_ppm,
                               share_variance(offered) + share_variance(control));
    effect.offered_spend_minor = offered->spend_minor / (int64_t)offered->members;
    effect.control_spend_minor = control->spend_minor / (int64_t)control->members;
    effect.spend_minor = span_of(effect.offered_spend_minor - effect.control_spend_minor,
                                 mean_variance(offered) + mean_variance(control));
    effect.of_share = verdict_of(effect.share_ppm, are_enough);
    effect.of_spend = verdict_of(effect.spend_minor, are_enough);
    return effect;
}

const char *effect_verdict_name(enum effect_verdict verdict)
{
    static const char *const names[EFFECT_VERDICT_COUNT] = {
        [EFFECT_TOO_FEW] = "too_few",
        [EFFECT_NONE] = "none",
        [EFFECT_MORE] = "more",
        [EFFECT_LESS] = "less",
    };
    return verdict < EFFECT_VERDICT_COUNT ? names[verdict] : "";
}
