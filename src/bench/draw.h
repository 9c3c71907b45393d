/* Whom and what the next operation is about: seeded, the same on every machine.
 *
 * Everything is a function of numbers: member 17 has the same id in every run, so that ten million
 * of them need no list. One thread at a time.
 */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include <endian.h>
#include <string.h>

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

/* Version 7 of RFC 9562 of a time and 74 bits, of `high` the lowest 12 and of `low` the lowest 62.
 * As uid_v7, but inlined: a load makes three of them for each transfer. */
static inline struct uid draw_id(int64_t ms, uint64_t high, uint64_t low)
{
    struct uid id;
    uint64_t words[2] = {(uint64_t)ms << 16 | 0x7000u | (high & 0xfffu),
                         UINT64_C(1) << 63 | (low & (UINT64_MAX >> 2))};
    for (int i = 0; i < 2; i++) {
        uint64_t big_endian = htobe64(words[i]);
        memcpy(id.bytes + 8 * i, &big_endian, sizeof big_endian);
    }
    return id;
}

#define DRAW_FIRST_MS       INT64_C(1760000000000) /* when member 0 was made */
#define DRAW_MEMBERS_PER_MS 100u

/* The id of member `index`, at times that follow one another. */
static inline struct uid draw_member(uint64_t index)
{
    struct draw draw = {index};
    uint64_t number = draw_next(&draw);
    return draw_id(DRAW_FIRST_MS + (int64_t)(index / DRAW_MEMBERS_PER_MS), number >> 52, number);
}

/* Transaction ids of version 7 in the order of time. */
struct id_source {
    uint64_t next;
    int64_t base_ms; /* of number 0; a thousand follow in each millisecond */
};

#define DRAW_IDS_PER_MS 1000u

static inline struct uid id_source_next(struct id_source *source)
{
    uint64_t number = source->next++;
    struct draw draw = {number ^ (uint64_t)source->base_ms};
    return draw_id(source->base_ms + (int64_t)(number / DRAW_IDS_PER_MS), number % DRAW_IDS_PER_MS,
                   draw_next(&draw));
}

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
