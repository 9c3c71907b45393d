#include "dossier/line_sums.h"

#include <string.h>

static struct receipt_total *line_of(struct line_sums *sums, enum entry_kind kind, uint32_t tariff)
{
    size_t i = 0;
    while (i < sums->count && (sums->lines[i].kind < kind ||
                               (sums->lines[i].kind == kind && sums->lines[i].tariff < tariff))) {
        i++;
    }
    struct receipt_total *line = &sums->lines[i];
    if (i < sums->count && line->kind == kind && line->tariff == tariff) {
        return line;
    }
    if (sums->count == RECEIPT_TOTALS_MAX) {
        return NULL;
    }
    memmove(line + 1, line, (sums->count - i) * sizeof *line);
    *line = (struct receipt_total){kind, tariff, 0, 0};
    sums->count++;
    return line;
}

enum err line_sums_add(struct line_sums *sums, const struct receipt_total *more)
{
    struct receipt_total *line = line_of(sums, more->kind, more->tariff);
    if (line == NULL || more->count > UINT64_MAX - line->count) {
        return ERR_RANGE;
    }
    TRY(int64_add(line->points, more->points, &line->points));
    line->count += more->count;
    return ERR_OK;
}

static const struct receipt_total *find_line(const struct receipt_total *lines, size_t count,
                                             const struct receipt_total *wanted)
{
    static const struct receipt_total none = {0};
    for (size_t i = 0; i < count; i++) {
        if (lines[i].kind == wanted->kind && lines[i].tariff == wanted->tariff) {
            return &lines[i];
        }
    }
    return &none;
}

static bool is_same(const struct receipt_total *a, const struct receipt_total *b)
{
    return a->count == b->count && a->points == b->points;
}

bool line_sums_are(const struct line_sums *sums, const struct receipt_total *lines, size_t count,
                   const struct receipt_total **out_ours, const struct receipt_total **out_said)
{
    for (size_t i = 0; i < count; i++) {
        *out_said = &lines[i];
        *out_ours = find_line(sums->lines, sums->count, &lines[i]);
        if (!is_same(*out_ours, *out_said)) {
            return false;
        }
    }
    for (size_t i = 0; i < sums->count; i++) {
        *out_ours = &sums->lines[i];
        *out_said = find_line(lines, count, &sums->lines[i]);
        if (!is_same(*out_ours, *out_said)) {
            return false;
        }
    }
    return true;
}
