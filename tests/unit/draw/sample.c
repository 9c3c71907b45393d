#include "sample.h"

#include <stdlib.h>
#include <string.h>

void sample_entrants(struct draw_entrant out_entrants[SAMPLE_ENTRANTS])
{
    for (unsigned i = 0; i < SAMPLE_ENTRANTS; i++) {
        unsigned number = i + 1;
        memset(out_entrants[i].id, (int)(17 * number), DRAW_ID_BYTES);
        out_entrants[i].tickets = number * number + 1;
    }
}

struct draw_seed sample_seed(void)
{
    struct draw_seed seed;
    for (unsigned i = 0; i < DRAW_SEED_BYTES; i++) {
        seed.bytes[i] = (uint8_t)i;
    }
    return seed;
}

static void sample_signing_key(struct signing_key *out_key)
{
    uint8_t seed[SIGNING_SEED_BYTES] = {9};
    signing_key_from_seed(seed, out_key);
}

struct public_key sample_key(void)
{
    struct signing_key key;
    sample_signing_key(&key);
    struct public_key public_key = key.public_key;
    signing_key_fini(&key);
    return public_key;
}

static struct draw_terms sample_terms(void)
{
    struct draw_seed seed = sample_seed();
    struct draw_terms terms = {.coalition = "demo",
                               .brand = {"grocer"},
                               .name = "summer",
                               .opened = {1780300800000},
                               .metric = "tickets",
                               .until_day = 20697,
                               .beacon = "drand round 4512000",
                               .is_once = true,
                               .prize_count = 2,
                               .prizes = {{"car", 1}, {"voucher", 2}},
                               .reserves = 1,
                               .commitment = draw_commitment("summer", &seed)};
    return terms;
}

static void write_result(const struct draw_terms *terms, const struct draw_entrant *entrants,
                         struct buffer *out)
{
    struct draw_rules rules = {draw_wanted(terms), terms->is_once};
    struct draw_winner winners[4];
    struct draw_result *result = calloc(1, sizeof *result);
    ASSERT(result != NULL && rules.wanted == 4);
    result->revealed = (struct unix_ms){1788249600000};
    result->seed = sample_seed();
    memcpy(result->value, "9c1f", 5);
    ASSERT(draw_select(&rules, &result->seed, result->value, entrants, SAMPLE_ENTRANTS, winners,
                       &result->winner_count) == ERR_OK);
    for (size_t i = 0; i < result->winner_count; i++) {
        memcpy(result->winners[i].id, entrants[winners[i].entrant].id, DRAW_ID_BYTES);
        result->winners[i].ticket = winners[i].ticket;
    }
    draw_write_result(result, out);
    free(result);
}

void sample_paper(enum draw_stage stage, struct buffer *out)
{
    struct signing_key key;
    struct key_signer keeper;
    struct signer signer;
    struct draw_entrant entrants[SAMPLE_ENTRANTS];
    struct draw_terms terms = sample_terms();
    struct draw_closing closing = {.closed = {1788163200000}, .entrants = SAMPLE_ENTRANTS};
    sample_signing_key(&key);
    sample_entrants(entrants);
    ASSERT(key_signer_init(&keeper, &key, "demo", &signer) == ERR_OK);
    draw_write_terms(&terms, out);
    ASSERT(draw_sign(&signer, 3, out) == ERR_OK);
    if (stage >= DRAW_CLOSED) {
        ASSERT(draw_list_hash(entrants, SAMPLE_ENTRANTS, &closing.list, &closing.tickets) ==
               ERR_OK);
        draw_write_closing(&closing, out);
        ASSERT(draw_sign(&signer, 3, out) == ERR_OK);
    }
    if (stage >= DRAW_REVEALED) {
        write_result(&terms, entrants, out);
        ASSERT(draw_sign(&signer, 3, out) == ERR_OK);
    }
    for (size_t i = 0; stage >= DRAW_CLOSED && i < SAMPLE_ENTRANTS; i++) {
        char line[DRAW_LINE_MAX];
        size_t length = draw_entrant_line(&entrants[i], line);
        write_bytes(out, line, length);
    }
    signing_key_fini(&key);
}
