/* Two brands with the protocol between them, in one thread: each shop's tills, cleared whenever the
 * test likes, for the tests of this room. */
#ifndef TEST_SHOP_H
#define TEST_SHOP_H

#include "../engine/coalition.h"
#include "peer/holdings.h"
#include "peer/recovery.h"

#define SHOP_HOLDS 64

/* What a shop knows of its tills' holds on the other brand's members. */
struct shop_hold {
    struct uid id;
    int64_t left;
    int64_t captured; /* and not returned */
};

struct shop {
    struct brand brand;
    struct uid member;
    struct card_number card;
    struct shop_hold holds[SHOP_HOLDS];
    size_t hold_count;
    struct uid sales[SHOP_HOLDS]; /* to the other brand's member */
    size_t sale_count;
};

struct street {
    struct shop shops[BRANDS];
    struct charter charter;
    struct charter_partner partners[BRANDS];
    const struct charter_chain *chain; /* of earlier epochs; NULL: none */
    unsigned serial;
    uint64_t random;
    /* Of the first shop's stream, batches and receipts that end with this entry or before were
     * signed by keys that nobody knows any more. */
    uint64_t unproven_to;
};

void street_init(struct street *street, uint64_t seed);
void street_fini(struct street *street);
uint64_t street_random(struct street *street, uint64_t below);

/* A step's host; end it with the reader's. */
struct shop_host {
    struct peer_host host;
    struct state_reader *reader;
};
struct shop_host shop_host(struct street *street, unsigned index);
void shop_host_end(struct shop_host *host);

/* Something happens at the shop's till; `*out_command` is what was told. */
void shop_step(struct street *street, unsigned index, struct command *out_command);
/* The shop's till gets a hold on the other brand's member, and captures all of it. */
struct uid shop_hold(struct street *street, unsigned index, int64_t points);
void shop_capture(struct street *street, unsigned index, const struct uid *hold);
/* The shop's entries go to the other brand. */
void shop_clear(struct street *street, unsigned index);
/* The same where something may fail. */
MUST_USE enum err shop_try_clear(struct street *street, unsigned index, struct note *note);
/* The shop's ledger becomes this copy of it. */
void shop_restore(struct street *street, unsigned index, struct brand *copy);
/* At most `questions` of a recovery; gives ERR_OK when it is done, ERR_UNAVAILABLE when not. */
MUST_USE enum err shop_recover(struct street *street, unsigned index, unsigned questions,
                               struct note *note);
/* Both halves of the pair are the same. */
void street_assert_agrees(struct street *street);

#endif
