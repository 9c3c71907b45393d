#include "programme/returned_lines.h"

#define WHOLE 1000 /* of a line without a quantity */

uint64_t returned_lines_slot(void)
{
    return slot_named(SLOT_LINE_BACK, 0, "line");
}

int64_t returned_lines_whole(const struct basket_line *line)
{
    return line->quantity_milli > 0 ? line->quantity_milli : WHOLE;
}

/* Nothing is left: no line. */
static enum err rest_of(const struct basket_line *line, int64_t back, struct basket_line *out_rest)
{
    int64_t whole = returned_lines_whole(line);
    *out_rest = *line;
    out_rest->quantity_milli = line->quantity_milli > 0 ? whole - back : 0;
    return int64_mul_div(line->amount.minor, whole - back, whole, ROUNDING_HALF_UP,
                         &out_rest->amount.minor);
}

enum err returned_lines_rest(const struct occasion *sold, const int64_t *back, struct arena *arena,
                             struct occasion *out_rest)
{
    struct basket_line *lines = arena_alloc(arena, (sold->line_count + 1) * sizeof *lines);
    struct money cost = {0};
    struct money rest = {0};
    if (lines == NULL) {
        return ERR_RESOURCE;
    }
    *out_rest = *sold;
    out_rest->lines = lines;
    out_rest->line_count = 0;
    for (size_t i = 0; i < sold->line_count; i++) {
        const struct basket_line *line = &sold->lines[i];
        TRY(money_add(cost, line->amount, &cost));
        if (back[i] < 0 || back[i] > returned_lines_whole(line)) {
            return ERR_RANGE;
        }
        if (back[i] < returned_lines_whole(line)) {
            TRY(rest_of(line, back[i], &lines[out_rest->line_count]));
            TRY(money_add(rest, lines[out_rest->line_count++].amount, &rest));
        }
    }
    out_rest->paid_in_points = money_of(0);
    return cost.minor == 0 ? ERR_OK
                           : int64_mul_div(sold->paid_in_points.minor, rest.minor, cost.minor,
                                           ROUNDING_DOWN, &out_rest->paid_in_points.minor);
}

int64_t returned_part(int64_t gave, int64_t taken, int64_t rest)
{
    int64_t left = gave + taken;
    return rest < 0 ? left : left - rest;
}

enum err returned_share(int64_t gave, int64_t before, int64_t after, int64_t whole,
                        int64_t *out_part)
{
    int64_t then = 0;
    int64_t now = gave;
    if (whole > 0) {
        TRY(int64_mul_div(gave, before, whole, ROUNDING_DOWN, &then));
        TRY(int64_mul_div(gave, after, whole, ROUNDING_DOWN, &now));
    }
    *out_part = now - then;
    return ERR_OK;
}
