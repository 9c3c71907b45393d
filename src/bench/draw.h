/* Whom and what the next operation is about: seeded, the same on every machine.
 *
 * Everything is a function of numbers: member 17 has the same id in every run, so that ten million
 * of them need no list. One thread at a time.
 */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include "base/ident.h"

/* A stream of pseudo-random numbers (splitmix64, Steele et al. 2014). */
struct draw {
    uint64_t state;
};

static inline uint64_t draw_next(struct draw *draw)
{
    uint64_t z = draw->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* From 0 to bound - 1; bound is 1 to 2^32. */
static inline uint64_t draw_below(struct draw *draw, uint64_t bound)
{
    return ((draw_next(draw) >> 32) * bound) >> 32;
}

/* The id of member `index`: version 7, at times that follow one another. */
struct uid draw_member(uint64_t index);

/* Transaction ids of version 7 in the order of time. */
struct id_source {
    uint64_t next;
    int64_t base_ms; /* of number 0; a thousand follow in each millisecond */
};

struct uid id_source_next(struct id_source *source);

/* Members by number: all alike, or a few much more often (Zipf's law: the k-th most frequent with
 * weight 1 / k^0.99, as in YCSB; which member is the k-th is shuffled). */
struct population {
    uint64_t members;
    uint32_t *drawn; /* NULL: all alike; else numbers drawn beforehand, used round and round */
    size_t position;
    struct draw draw;
};

#define POPULATION_DRAWN (1u << 20)

/* ERR_RESOURCE without memory. The caller ends it with population_fini. */
MUST_USE enum err population_init(struct population *population, uint64_t members, bool is_zipf,
                                  uint64_t seed);
void population_fini(struct population *population);

static inline uint64_t population_next(struct population *population)
{
    if (population->drawn == NULL) {
        return draw_below(&population->draw, population->members);
    }
    population->position = (population->position + 1) & (POPULATION_DRAWN - 1u);
    return population->drawn[population->position];
}

#endif
