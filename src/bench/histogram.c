#include "bench/histogram.h"

#include <string.h>

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

/* The cells of power p (from 1 on) are 2^(p-1) wide; those of power 0 are exact. */
static size_t cell_of(uint64_t ns)
{
    if (ns < HISTOGRAM_PARTS) {
        return (size_t)ns;
    }
    unsigned power = 63u - (unsigned)__builtin_clzll(ns) - HISTOGRAM_PART_BITS + 1u;
    return (size_t)(HISTOGRAM_PARTS * power + ((ns >> (power - 1u)) & (HISTOGRAM_PARTS - 1u)));
}

/* The largest value that lies in the cell. */
static uint64_t end_of(size_t cell)
{
    if (cell < HISTOGRAM_PARTS) {
        return cell;
    }
    unsigned power = (unsigned)(cell / HISTOGRAM_PARTS);
    uint64_t part = cell % HISTOGRAM_PARTS + HISTOGRAM_PARTS;
    return ((part + 1u) << (power - 1u)) - 1u;
}

void histogram_record(struct histogram *histogram, uint64_t ns)
{
    uint64_t value = ns > HISTOGRAM_NS_MAX ? HISTOGRAM_NS_MAX : ns;
    histogram->count++;
    histogram->cells[cell_of(value)]++;
    histogram->largest = value > histogram->largest ? value : histogram->largest;
}

uint64_t histogram_quantile(const struct histogram *histogram, unsigned permille)
{
    uint64_t rank =
        histogram->count / 1000u * permille + histogram->count % 1000u * permille / 1000u;
    uint64_t seen = 0;
    if (histogram->count == 0) {
        return 0;
    }
    rank = rank * 1000u < histogram->count * permille ? rank + 1u : rank;
    for (size_t i = 0; i < HISTOGRAM_CELLS; i++) {
        seen += histogram->cells[i];
        if (seen >= rank && seen > 0) {
            uint64_t end = end_of(i);
            return end > histogram->largest ? histogram->largest : end;
        }
    }
    return histogram->largest;
}
