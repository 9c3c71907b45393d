/* Luck from a seed: xoshiro256** by Blackman and Vigna, seeded by their splitmix64. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t s[4];
};

static inline uint64_t sim_mix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline struct sim_random sim_random_of(uint64_t seed)
{
    struct sim_random r;
    for (int i = 0; i < 4; i++) {
        r.s[i] = sim_mix(&seed);
    }
    return r;
}

static inline uint64_t sim_random_next(struct sim_random *r)
{
    uint64_t five = r->s[1] * 5;
    uint64_t result = ((five << 7) | (five >> 57)) * 9;
    uint64_t t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = (r->s[3] << 45) | (r->s[3] >> 19);
    return result;
}

/* 0 to `bound` - 1; 0 for a bound of 0. */
static inline uint64_t sim_random_below(struct sim_random *r, uint64_t bound)
{
    return bound == 0 ? 0 : sim_random_next(r) % bound;
}

/* True in `per_mille` of 1,000 cases. */
static inline bool sim_random_chance(struct sim_random *r, unsigned per_mille)
{
    return sim_random_below(r, 1000) < per_mille;
}

#endif
