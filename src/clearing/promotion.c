#include "clearing/promotion.h"

#include <string.h>

#include "base/limits.h"

static enum err wrong(const struct promotion *promotion, const char *what, struct note *note)
{
    return note_set(note, ERR_INPUT, "promotion %u%s", promotion->id, what);
}

static enum err check_parts(const struct promotion *promotion, struct note *note)
{
    uint64_t sum = 0;
    if (promotion->part_count == 0 || promotion->part_count > PROMOTION_PARTS_MAX) {
        return wrong(promotion, ": split has no parts, or too many", note);
    }
    for (size_t i = 0; i < promotion->part_count; i++) {
        const struct promotion_part *part = &promotion->parts[i];
        if (part->share == 0) {
            return wrong(promotion, ": split has a part of nothing", note);
        }
        if (promotion_part_of(promotion, &part->partner) != i) {
            return wrong(promotion, ": split names a partner twice", note);
        }
        sum += part->share;
    }
    return sum == SHARE_WHOLE ? ERR_OK : wrong(promotion, ": split is not 100 per cent", note);
}

enum err promotion_check(const struct promotion *promotion, struct note *note)
{
    if (promotion->id == 0) {
        return wrong(promotion, ": its id is 0", note);
    }
    if (promotion->valid_from.ms < 0 || promotion->valid_until.ms <= promotion->valid_from.ms) {
        return wrong(promotion, ": valid_until is not after valid_from", note);
    }
    if (promotion->budget.minor <= 0 || promotion->budget.minor > LIMIT_POINTS_PER_PARTNER) {
        return wrong(promotion, ": budget is nothing, or too much", note);
    }
    if (promotion->per_purchase.minor <= 0 ||
        promotion->per_purchase.minor > LIMIT_POINTS_PER_COMMAND) {
        return wrong(promotion, ": per_purchase is nothing, or too much", note);
    }
    return check_parts(promotion, note);
}

bool promotion_equal(const struct promotion *a, const struct promotion *b)
{
    bool is_equal = a->id == b->id && partner_id_equal(&a->shop, &b->shop) &&
                    a->valid_from.ms == b->valid_from.ms &&
                    a->valid_until.ms == b->valid_until.ms && a->budget.minor == b->budget.minor &&
                    a->per_purchase.minor == b->per_purchase.minor &&
                    a->part_count == b->part_count;
    for (size_t i = 0; is_equal && i < a->part_count; i++) {
        is_equal = a->parts[i].share == b->parts[i].share &&
                   partner_id_equal(&a->parts[i].partner, &b->parts[i].partner);
    }
    return is_equal;
}

bool promotion_holds(const struct promotion *promotion, const struct partner_id *shop,
                     struct unix_ms time)
{
    return partner_id_equal(&promotion->shop, shop) && time.ms >= promotion->valid_from.ms &&
           time.ms < promotion->valid_until.ms;
}

static int64_t rounded_down(const struct promotion_part *part, struct points points)
{
    int64_t share = 0;
    enum err err = int64_mul_div(points.minor, part->share, SHARE_WHOLE, ROUNDING_DOWN, &share);
    ASSERT(err == ERR_OK); /* a part is not more than the whole */
    return share;
}

struct points promotion_share(const struct promotion *promotion, size_t index, struct points points)
{
    int64_t rest = points.minor;
    if (index > 0) {
        return points_of(rounded_down(&promotion->parts[index], points));
    }
    for (size_t i = 1; i < promotion->part_count; i++) {
        rest -= rounded_down(&promotion->parts[i], points);
    }
    return points_of(rest);
}

size_t promotion_part_of(const struct promotion *promotion, const struct partner_id *partner)
{
    size_t i = 0;
    while (i < promotion->part_count && !partner_id_equal(&promotion->parts[i].partner, partner)) {
        i++;
    }
    return i;
}
