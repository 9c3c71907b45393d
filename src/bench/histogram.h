/* How long things took: a histogram of fixed size, to three digits.
 *
 * Values are nanoseconds. Each power of two is divided into 1,024 equal parts, so that a quantile
 * read back lies at most 1/1,024 (0.1 %) above the value that was recorded; below 2,048 ns values
 * are exact. Values beyond HISTOGRAM_NS_MAX (about 18 minutes) count as that. Recording takes no
 * memory and no lock: one thread at a time.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_PART_BITS 10u
#define HISTOGRAM_PARTS     (1u << HISTOGRAM_PART_BITS)
#define HISTOGRAM_POWERS    30u
#define HISTOGRAM_CELLS     (HISTOGRAM_PARTS * (HISTOGRAM_POWERS + 1u))
#define HISTOGRAM_NS_MAX    ((UINT64_C(1) << (HISTOGRAM_PART_BITS + HISTOGRAM_POWERS)) - 1u)

struct histogram {
    uint64_t count;
    uint64_t largest;
    uint64_t cells[HISTOGRAM_CELLS];
};

void histogram_clear(struct histogram *histogram);
void histogram_record(struct histogram *histogram, uint64_t ns);
/* The smallest recorded value that at least permille in 1,000 of all do not exceed, within the
 * error above; 0 when nothing was recorded. */
uint64_t histogram_quantile(const struct histogram *histogram, unsigned permille);

#endif
