#include "accounting/deferral.h"

static enum err without_breakage(struct points issued, uint32_t breakage_ppm, int64_t *out_points)
{
    return int64_mul_div(issued.minor, PPM_WHOLE - breakage_ppm, PPM_WHOLE, ROUNDING_HALF_EVEN,
                         out_points);
}

enum err deferral_expected(const struct deferral_case *sales, uint32_t breakage_ppm,
                           struct points *out_expected)
{
    int64_t expected;
    int64_t most;
    TRY(without_breakage(sales->issued, breakage_ppm, &expected));
    TRY(int64_add(sales->redeemed.minor, sales->left.minor, &most));
    expected = expected > most ? most : expected;
    *out_expected = points_of(expected < sales->redeemed.minor ? sales->redeemed.minor : expected);
    return ERR_OK;
}

enum err deferral_allocated(const struct deferral_case *sales, uint32_t breakage_ppm,
                            struct money *out_allocated)
{
    int64_t points;
    int64_t stand_alone;
    int64_t together;
    TRY(without_breakage(sales->issued, breakage_ppm, &points));
    TRY(int64_mul_div(points, sales->price.minor, sales->per.minor, ROUNDING_HALF_EVEN,
                      &stand_alone));
    TRY(int64_add(sales->sales.minor, stand_alone, &together));
    if (sales->sales.minor <= 0 || stand_alone <= 0) { /* nothing was sold, or nothing given */
        *out_allocated = money_of(0);
        return ERR_OK;
    }
    return int64_mul_div(sales->sales.minor, stand_alone, together, ROUNDING_HALF_EVEN,
                         &out_allocated->minor);
}

enum err deferral_recognised(const struct deferral_case *sales, struct money allocated,
                             uint32_t breakage_ppm, struct money *out_recognised)
{
    struct points expected;
    TRY(deferral_expected(sales, breakage_ppm, &expected));
    if (expected.minor <= 0) { /* none is left that anybody is expected to redeem */
        *out_recognised = sales->left.minor > 0 ? money_of(0) : allocated;
        return ERR_OK;
    }
    return int64_mul_div(allocated.minor, sales->redeemed.minor, expected.minor, ROUNDING_HALF_EVEN,
                         &out_recognised->minor);
}
