#include "bench/draw.h"

#include <math.h>
#include <stdlib.h>

#define ZIPF_THETA 0.99

/* Gray et al., "Quickly Generating Billion-Record Synthetic Databases", SIGMOD 1994, section 3. */
struct zipf {
    double items;
    double alpha;
    double zeta;
    double eta;
};

static struct zipf zipf_of(uint64_t members)
{
    struct zipf zipf = {(double)members, 1.0 / (1.0 - ZIPF_THETA), 0.0, 0.0};
    for (uint64_t k = 1; k <= members; k++) {
        zipf.zeta += 1.0 / pow((double)k, ZIPF_THETA);
    }
    double first_two = 1.0 + 1.0 / pow(2.0, ZIPF_THETA);
    zipf.eta = (1.0 - pow(2.0 / zipf.items, 1.0 - ZIPF_THETA)) / (1.0 - first_two / zipf.zeta);
    return zipf;
}

static uint64_t zipf_rank(const struct zipf *zipf, struct draw *draw)
{
    double u = (double)(draw_next(draw) >> 11) * 0x1p-53;
    double uz = u * zipf->zeta;
    if (uz < 1.0) {
        return 0;
    }
    if (uz < 1.0 + pow(0.5, ZIPF_THETA)) {
        return 1;
    }
    double rank = zipf->items * pow(zipf->eta * u - zipf->eta + 1.0, zipf->alpha);
    return rank >= zipf->items ? (uint64_t)zipf->items - 1u : (uint64_t)rank;
}

enum err population_init(struct population *population, uint64_t members, bool is_zipf,
                         uint64_t seed)
{
    uint32_t *drawn = is_zipf ? malloc(POPULATION_DRAWN * sizeof *drawn) : NULL;
    if (is_zipf && drawn == NULL) {
        return ERR_RESOURCE;
    }
    *population = (struct population){members, drawn, 0, {seed}};
    if (is_zipf) {
        struct zipf zipf = zipf_of(members);
        for (size_t i = 0; i < POPULATION_DRAWN; i++) {
            struct draw shuffle = {zipf_rank(&zipf, &population->draw)};
            drawn[i] = (uint32_t)draw_below(&shuffle, members);
        }
    }
    return ERR_OK;
}

void population_fini(struct population *population)
{
    free(population->drawn);
    population->drawn = NULL;
}
