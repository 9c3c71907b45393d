/* A ledger on tables in memory and its model, told the same, step by step. */
#ifndef PROPERTY_WORLD_H
#define PROPERTY_WORLD_H

#include "commands.h"
#include "journal.h"
#include "ledger/apply.h"
#include "ledger/decide.h"
#include "ledger/memory_store.h"
#include "statistics.h"

struct world {
    struct roster_partner partners[MODEL_PARTNERS];
    struct tariff tariffs[MODEL_PREPAID];
    struct promotion promotions[MODEL_PROMOTIONS];
    struct roster roster;
    struct ledger_terms terms;
    struct mood mood; /* of the run */
    struct model *model;
    struct memory_store *tables;
    struct ledger_store store;
    struct plan plan;
    struct ledger_applier *applier; /* keeps sums until it is flushed */
    struct buffer body;
    struct buffer record;
    struct buffer entry_bytes;
    struct command_room room;
    struct unix_ms now;
    uint64_t row;
    struct run_journal journal;    /* of this run's records */
    bool is_audited;               /* at the run's end */
    bool is_loud;                  /* each command is printed, with its answer */
    struct statistics *statistics; /* of answers that both agreed on; NULL: not counted */
    char complaint[512];           /* of the step that disagreed */
};

/* A world for models of this kind. Fails the test without memory. */
void world_init(struct world *w, enum model_flaw flaw);
void world_fini(struct world *w);
/* Runs the steps on an empty node in the world's mood. False: the last of those that were run
 * disagreed, and the world's complaint says how. */
bool world_run(struct world *w, const struct step *steps, size_t count, size_t *out_ran);
/* The steps shortened to what still disagrees, told loudly; gives how many they are. */
size_t world_explain(struct world *w, struct step *steps, size_t count, unsigned seconds);

/* The roster of the model's coalition, into storage that the caller keeps. */
void world_roster(struct roster_partner partners[MODEL_PARTNERS],
                  struct tariff tariffs[MODEL_PREPAID],
                  struct promotion promotions[MODEL_PROMOTIONS], struct roster *out_roster);

#endif
