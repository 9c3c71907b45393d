/* Two sides compare a half over the ledgers that their nodes left. */
#include <stdlib.h>

#include "bench/measure.h"
#include "bench/settle.h"
#include "peer/half.h"
#include "settlement/reconcile.h"

#define FEW_ENTRIES 10000u

/* One side's half, over the ledger in its folder. */
struct side {
    struct ledger ledger;
    struct state_reader *reader;
    struct peer_host host;
    struct half_view half;
};

static enum err side_open(struct side *side, const struct home *home, const char *partner,
                          enum stream_direction direction, struct period period,
                          uint64_t last_number, struct note *note)
{
    struct partner_id id;
    side->ledger = (struct ledger){.home = *home, .is_made = true};
    TRY(partner_id_parse(partner, &id));
    TRY(ledger_open(&side->ledger, note));
    TRY(state_reader_create(side->ledger.state, &side->reader));
    side->host = (struct peer_host){.engine = side->ledger.engine,
                                    .signer = &side->ledger.home.signer,
                                    .charter = home->charter,
                                    .roster = &home->roster,
                                    .view = state_reader_view(side->reader)};
    return half_open(&side->half, &side->host, &id, direction, period, last_number, note);
}

static void side_close(struct side *side)
{
    if (side->host.engine != NULL) {
        half_close(&side->half);
    }
    if (side->reader != NULL) {
        state_reader_destroy(side->reader);
    }
    ledger_close(&side->ledger);
}

/* A tree in which some leaves are others than those that are kept. */
struct faults {
    const struct tree_reader *kept;
    uint64_t leaves[SETTLE_DIFFERENCES];
    size_t count;
};

static enum err faulty_whole(void *context, struct tree_place place, struct hash *out_hash)
{
    const struct faults *faults = context;
    bool is_hit = false;
    for (size_t i = 0; i < faults->count; i++) {
        is_hit = is_hit || faults->leaves[i] >> place.level == place.index;
    }
    if (!is_hit || place.level == 0) {
        TRY(faults->kept->whole(faults->kept->context, place, out_hash));
        out_hash->bytes[0] ^= is_hit ? 1 : 0;
        return ERR_OK;
    }
    struct hash left;
    struct hash right;
    TRY(faulty_whole(context, (struct tree_place){place.level - 1, place.index * 2}, &left));
    TRY(faulty_whole(context, (struct tree_place){place.level - 1, place.index * 2 + 1}, &right));
    *out_hash = tree_node(&left, &right);
    return ERR_OK;
}

static enum err search(struct side *asker, struct side *answerer, size_t differences,
                       struct searched *out)
{
    uint64_t before = measure_memory(0);
    struct hash *hashes = malloc(RECONCILE_PLACES * sizeof *hashes);
    struct reconcile *reconcile = malloc(sizeof *reconcile);
    uint64_t count = answerer->half.tree.count;
    struct note note = {""};
    struct faults faults = {.kept = &answerer->half.tree, .count = differences};
    for (size_t i = 0; i < differences; i++) {
        faults.leaves[i] = (2 * i + 1) * count / (2 * differences);
    }
    struct tree_reader theirs = {&faults, count, faulty_whole};
    enum err err = hashes == NULL || reconcile == NULL ? ERR_RESOURCE : ERR_OK;
    uint64_t begun = measure_ns();
    if (err == ERR_OK) {
        reconcile_begin(reconcile, &asker->half.tree, asker->half.first_number);
    }
    while (err == ERR_OK && !reconcile_is_over(reconcile)) {
        size_t places;
        const struct tree_place *asked = reconcile_ask(reconcile, &places);
        err = reconcile_answer_places(&theirs, asked, places, hashes);
        struct reconcile_answer answer = {answerer->half.first_number, count, hashes, places};
        err = err == ERR_OK ? reconcile_take(reconcile, &answer, &note) : err;
    }
    if (err == ERR_OK) {
        bool is_right = differences == 0 ? reconcile->stage == RECONCILE_EQUAL
                                         : reconcile->node_count == differences;
        *out = (struct searched){measure_ns() - begun, count, reconcile->rounds, reconcile->hashes,
                                 measure_memory(0) - before};
        err = is_right ? ERR_OK : ERR_INTERNAL;
    }
    free(reconcile);
    free(hashes);
    return err;
}

static enum err search_between(struct bench *bench, const struct settled *settled,
                               uint64_t last_number, size_t differences, struct searched *out)
{
    struct side *sides = calloc(2, sizeof *sides);
    enum err err = sides == NULL ? ERR_RESOURCE : ERR_OK;
    if (err == ERR_OK) {
        err = side_open(&sides[0], &bench->ledgers[LEDGER_MEDIUM].home, HOME_SHOP, STREAM_IN,
                        settled->period, last_number, bench->note);
    }
    if (err == ERR_OK) {
        err = side_open(&sides[1], &bench->pair.shop, HOME_PARTNER, STREAM_OUT, settled->period,
                        last_number, bench->note);
    }
    if (err == ERR_OK) {
        err = search(&sides[0], &sides[1], differences, out);
    }
    for (size_t i = 0; sides != NULL && i < 2; i++) {
        side_close(&sides[i]);
    }
    free(sides);
    return err;
}

enum err searched_of(struct bench *bench, enum searched_name name,
                     const struct searched **out_searched)
{
    struct settled *settled;
    TRY(settled_of(bench, &settled));
    struct searched *searched = &settled->searched[name];
    if (searched->rounds == 0) {
        pair_stop(bench);
        uint64_t last = name == SEARCHED_FEW ? FEW_ENTRIES : 0;
        size_t differences = name == SEARCHED_ALIKE ? 0 : SETTLE_DIFFERENCES;
        TRY(search_between(bench, settled, last, differences, searched));
    }
    *out_searched = searched;
    return ERR_OK;
}
