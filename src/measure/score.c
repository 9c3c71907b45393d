#include "measure/score.h"

#include "base/amount.h"

#define TENTHS   INT64_C(1000)          /* of a percent in a whole */
#define PRECISE  INT64_C(1000000000000) /* the square of a millionth */
#define Z_SQUARE INT64_C(3841600)       /* 1.96^2, times TENTHS^2 */
#define MILLION  INT64_C(1000000)
#define MANY     (UINT64_C(1) << 31)

enum {
    SATISFIED_FROM = 4,
    PROMOTERS_FROM = 9,
    DETRACTORS_TO = 6
};

uint64_t score_answers(const struct score_tally *tally)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i <= SURVEY_SCORE_MAX; i++) {
        sum += tally->counts[i];
    }
    return sum;
}

void score_add(struct score_tally *tally, const struct score_tally *more)
{
    for (unsigned i = 0; i <= SURVEY_SCORE_MAX; i++) {
        tally->counts[i] += more->counts[i];
    }
}

/* The whole part of the root. */
static int64_t root_of(int64_t square)
{
    int64_t low = 0;
    int64_t high = INT64_C(3037000499); /* of INT64_MAX */
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (middle <= square / middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static int64_t divided(int64_t a, int64_t b, int64_t c)
{
    int64_t quotient = 0;
    enum err err = int64_mul_div(a, b, c, ROUNDING_HALF_UP, &quotient);
    ASSERT(err == ERR_OK); /* the counts are bounded */
    return quotient;
}

/* Of `count` answers, `plus` for and `minus` against. */
static struct score_figure figure_of(int64_t count, int64_t plus, int64_t minus, int64_t lowest)
{
    int64_t net = plus - minus;
    struct score_figure figure = {.answers = (uint64_t)count, .net = net};
    if (count == 0) {
        return figure;
    }
    int64_t spread = (plus + minus) * count - net * net; /* the variance, times count^2 */
    int64_t variance = divided(spread, PRECISE, count * count);
    int64_t margin = root_of(divided(variance, Z_SQUARE, count)); /* times a million */
    margin = divided(margin, 1, MILLION);
    figure.tenths = divided(net, TENTHS, count);
    figure.low = figure.tenths - margin < lowest ? lowest : figure.tenths - margin;
    figure.high = figure.tenths + margin > TENTHS ? TENTHS : figure.tenths + margin;
    return figure;
}

/* Counts that fit, in the same proportion when there are too many. */
static struct score_figure figure_from(const struct score_tally *tally, unsigned plus_from,
                                       unsigned minus_to, bool has_minus)
{
    uint64_t plus = 0;
    uint64_t minus = 0;
    uint64_t count = score_answers(tally);
    for (unsigned i = 0; i <= SURVEY_SCORE_MAX; i++) {
        plus += i >= plus_from ? tally->counts[i] : 0;
        minus += has_minus && i <= minus_to ? tally->counts[i] : 0;
    }
    while (count > MANY) {
        count /= 2;
        plus /= 2;
        minus /= 2;
    }
    return figure_of((int64_t)count, (int64_t)plus, (int64_t)minus, has_minus ? -TENTHS : 0);
}

struct score_figure score_satisfied(const struct score_tally *tally)
{
    return figure_from(tally, SATISFIED_FROM, 0, false);
}

struct score_figure score_promoters(const struct score_tally *tally)
{
    return figure_from(tally, PROMOTERS_FROM, DETRACTORS_TO, true);
}
