/* A ledger in this process with so many members, each with a card and with points, ready to be
 * measured; and the loads that are put on it.
 *
 * Its folder is a node's home, so that a node can go on with it. Members are numbered from 0; their
 * ids follow from the number (draw.h) and so do their cards.
 */
#ifndef BENCH_LEDGER_H
#define BENCH_LEDGER_H

#include "bench/draw.h"
#include "bench/home.h"
#include "bench/load.h"
#include "store/state.h"
#include "store/vault.h"

struct ledger {
    struct home home;
    bool is_made;
    uint64_t members;
    uint64_t transfers; /* that it holds */
    struct id_source ids;
    size_t cache_bytes; /* of the state, and what it may have unwritten; 0: the defaults */
    size_t dirty_bytes;
    struct journal_file *file; /* NULL while it is closed */
    struct state *state;
    struct vault *vault; /* a node asks for it; no member here has personal data */
    struct engine *engine;
    struct note trouble; /* what the engine reported last */
};

/* Opens the engine. ERR_INTERNAL and others with a note. */
MUST_USE enum err ledger_open(struct ledger *ledger, struct note *note);
/* As a clean stop does. Closing a closed one does nothing. */
void ledger_close(struct ledger *ledger);

/* Enrols the members, without personal data, and gives each `points` to spend. With `by_transfer`
 * they come from one member who has a great many, so that the ledger then holds as many transfers
 * as members; otherwise each earns them. */
MUST_USE enum err ledger_fill(struct ledger *ledger, uint64_t members, bool by_transfer,
                              struct note *note);

/* The card of a member. */
struct card_number ledger_card(uint64_t member);

/* Changes of standings that are on their way at once, and how long each is at most. */
#define JUDGED_GROUPS       32768u
#define JUDGED_GROUPS_BYTES 256u

/* The fills of struct load: `context` is a struct traffic. */
struct traffic {
    struct ledger *ledger;
    struct population population;
    struct draw draw;
    struct state_reader *reader; /* for queries; NULL in those without */
    uint64_t failures;           /* queries that did not find their member */
    struct uid holds[256];       /* to be captured, round and round */
    struct uid sales[256];       /* to be returned */
    uint32_t held;               /* so many were put there ... */
    uint32_t captured;           /* ... and so many taken away */
    uint32_t sold;
    uint32_t returned;
    uint64_t earns;
    uint8_t deck;                           /* place in a hundred operations */
    uint8_t (*groups)[JUDGED_GROUPS_BYTES]; /* of changes on their way, round and round */
    uint64_t judged;
    int64_t hurry_ms; /* 0; else lots and holds end so soon after they were made */
};

MUST_USE enum err traffic_init(struct traffic *traffic, struct ledger *ledger, bool is_zipf);
void traffic_fini(struct traffic *traffic);

/* One point from one member to another. */
size_t traffic_transfers(void *context, struct command *commands, size_t count);
/* The mix of a programme: of a hundred operations 80 earns, 5 holds and 5 captures of them, 5
 * returns of purchases, all by card, and 5 balance queries, which the client makes itself. */
size_t traffic_programme(void *context, struct command *commands, size_t count);
/* Of two operations one is an earn, and one is what it changes of the member's standing: 10
 * numbers, with what a judgement would leave as evidence. */
size_t traffic_judged(void *context, struct command *commands, size_t count);

#endif
