#include "sim_workload.h"

#include <stdlib.h>

struct share {
    enum sim_step_kind kind;
    unsigned weight;
};

static const struct share trade[] = {
    {SIM_STEP_ENROL, 40},       {SIM_STEP_EARN, 260},    {SIM_STEP_HOLD, 200},
    {SIM_STEP_CAPTURE, 170},    {SIM_STEP_VOID, 50},     {SIM_STEP_RETURN_SALE, 60},
    {SIM_STEP_RETURN_BURN, 60}, {SIM_STEP_TRANSFER, 50}, {SIM_STEP_CLASH, 6},
    {SIM_STEP_REPEAT, 40},      {SIM_STEP_BLOCK, 8},     {SIM_STEP_CLOSE, 2},
    {SIM_STEP_ROTATE, 4},
};

static const struct share faults[] = {
    {SIM_STEP_CRASH, 30},   {SIM_STEP_CUT, 15},  {SIM_STEP_SILENCE, 15},
    {SIM_STEP_WEATHER, 12}, {SIM_STEP_DISK, 14}, {SIM_STEP_CLOCK, 6},
};

/* After the first of them, which is the join. */
static const struct share partings[] = {
    {SIM_STEP_JOIN, 4}, {SIM_STEP_LEAVE, 3}, {SIM_STEP_DROP, 7}, {SIM_STEP_CLOSE, 5}};

static const struct share restores[] = {{SIM_STEP_COPY, 3}, {SIM_STEP_RESTORE, 2}};

const char *sim_step_name(enum sim_step_kind kind)
{
    static const char *const names[SIM_STEP_KIND_END] = {
        "enrol",       "earn",     "hold",  "capture", "void",    "return-sale",
        "return-burn", "transfer", "clash", "repeat",  "block",   "pool",
        "dispute",     "move",     "close", "rotate",  "epoch",   "join",
        "leave",       "drop",     "crash", "cut",     "silence", "rush",
        "weather",     "disk",     "clock", "copy",    "restore"};
    return names[kind];
}

static enum sim_step_kind draw_kind(struct sim_random *luck, const struct share *shares,
                                    size_t count)
{
    unsigned all = 0;
    for (size_t i = 0; i < count; i++) {
        all += shares[i].weight;
    }
    uint64_t at = sim_random_below(luck, all);
    size_t i = 0;
    while (at >= shares[i].weight) {
        at -= shares[i++].weight;
    }
    return shares[i].kind;
}

/* What is in a run comes out of the seed by draws that know nothing of each other, so that all of
 * it meets in some seed. */
static bool has(uint64_t seed, uint64_t what, unsigned per_mille)
{
    struct sim_random luck = sim_random_of(seed * UINT64_C(0x9e3779b97f4a7c15) ^ what);
    (void)sim_random_next(&luck);
    return sim_random_chance(&luck, per_mille);
}

bool sim_restores_of_seed(uint64_t seed)
{
    return seed % 5 == 2;
}

bool sim_lies_of_seed(uint64_t seed)
{
    return seed % 5 == 0;
}

bool sim_changes_of_seed(uint64_t seed)
{
    return has(seed, 0x6b657973, 400);
}

bool sim_parts_of_seed(uint64_t seed)
{
    return has(seed, 0x7061727473, 300);
}

bool sim_moves_of_seed(uint64_t seed)
{
    return has(seed, 0x6d6f766573, 300);
}

bool sim_limits_of_seed(uint64_t seed)
{
    return has(seed, 0x6c696d697473, 250);
}

bool sim_pools_of_seed(uint64_t seed)
{
    return has(seed, 0x706f6f6c73, 150);
}

bool sim_disputes_of_seed(uint64_t seed)
{
    return has(seed, 0x6469737075746573, 450);
}

static unsigned nodes_of(uint64_t seed)
{
    struct sim_random luck = sim_random_of(seed ^ 0x6e6f646573);
    uint64_t draw = sim_random_below(&luck, 100);
    if (draw < 55) {
        return 3 + (unsigned)sim_random_below(&luck, 2);
    }
    return draw < 85 ? 5 + (unsigned)sim_random_below(&luck, 3)
                     : 8 + (unsigned)sim_random_below(&luck, 5);
}

unsigned sim_nodes_of_seed(uint64_t seed)
{
    unsigned count = nodes_of(seed);
    return sim_parts_of_seed(seed) && count < 4 ? 4 : count;
}

struct sim_list sim_list_draw(const struct sim_options *options)
{
    struct sim_random luck = sim_random_of(options->seed ^ 0x7374657073);
    size_t count = options->steps != 0 ? options->steps : 600 + sim_random_below(&luck, 700);
    unsigned fault_share = 5 + (unsigned)sim_random_below(&luck, 60); /* per mille */
    int64_t mean = options->hours * SIM_HOUR / (int64_t)count;
    struct sim_list list = {calloc(count, sizeof *list.steps), count};
    /* In a short list, too, there is to be a copy that is put back. */
    unsigned restore_share = !sim_restores_of_seed(options->seed) ? 0
                             : count < 600                        ? (unsigned)(6 * 600 / count)
                                                                  : 6;
    unsigned parting_share = sim_parts_of_seed(options->seed) ? 20 : 0;
    unsigned move_share = sim_moves_of_seed(options->seed) ? 20 : 0;
    unsigned rush_share = sim_limits_of_seed(options->seed) ? 8 : 0;
    unsigned pool_share = sim_pools_of_seed(options->seed) ? 40 : 0;
    unsigned dispute_share = sim_disputes_of_seed(options->seed) ? 70 : 0;
    unsigned epoch_share = sim_changes_of_seed(options->seed) ? 6 : 0;
    int64_t at = 0;
    ASSERT(list.steps != NULL);
    for (size_t i = 0; i < count; i++) {
        struct sim_step *step = &list.steps[i];
        bool is_early = i < 30;
        bool is_rest = sim_random_chance(&luck, 100);
        uint64_t gap = is_rest ? (uint64_t)(mean * 18) : 400;
        at += (int64_t)sim_random_below(&luck, gap + 1);
        *step = (struct sim_step){.at = at};
        step->kind = is_early ? (i % 2 == 0 ? SIM_STEP_ENROL : SIM_STEP_EARN)
                     : restore_share > 0 && sim_random_chance(&luck, restore_share)
                         ? draw_kind(&luck, restores, sizeof restores / sizeof restores[0])
                     : parting_share > 0 && sim_random_chance(&luck, parting_share)
                         ? draw_kind(&luck, partings, sizeof partings / sizeof partings[0])
                     : move_share > 0 && sim_random_chance(&luck, move_share) ? SIM_STEP_MOVE
                     : rush_share > 0 && sim_random_chance(&luck, rush_share) ? SIM_STEP_RUSH
                     : pool_share > 0 && sim_random_chance(&luck, pool_share) ? SIM_STEP_POOL
                     : dispute_share > 0 && sim_random_chance(&luck, dispute_share)
                         ? SIM_STEP_DISPUTE
                     : epoch_share > 0 && sim_random_chance(&luck, epoch_share) ? SIM_STEP_EPOCH
                     : sim_random_chance(&luck, fault_share)
                         ? draw_kind(&luck, faults, sizeof faults / sizeof faults[0])
                         : draw_kind(&luck, trade, sizeof trade / sizeof trade[0]);
        for (size_t n = 0; n < 4; n++) {
            step->numbers[n] = (uint32_t)sim_random_next(&luck);
        }
    }
    return list;
}

void sim_list_free(struct sim_list *list)
{
    free(list->steps);
}
