/* An engine on files and its model, told the same in batches. */
#ifndef PROPERTY_ENGINE_WORLD_H
#define PROPERTY_ENGINE_WORLD_H

#include "commands.h"
#include "engine_node.h"
#include "statistics.h"

enum {
    TOLD_MAX = 48 /* commands at once */
};

/* How commands are told. */
enum telling {
    TELL_EACH,   /* the next one when the one before is answered */
    TELL_BATCH,  /* together */
    TELL_LINKED, /* all or none */
    TELL_AHEAD,  /* each by itself, without waiting */
    TELL_END
};

struct engine_world {
    struct roster_partner partners[MODEL_PARTNERS];
    struct tariff tariffs[MODEL_PREPAID];
    struct promotion promotions[MODEL_PROMOTIONS];
    struct roster roster;
    struct mood mood; /* of the run */
    struct engine_node node;
    struct model *model;
    struct model *before; /* as it was when the batch began */
    struct unix_ms now;
    size_t count; /* of the batch */
    struct command commands[TOLD_MAX];
    struct command_room rooms[TOLD_MAX];
    struct outcome outcomes[TOLD_MAX];
    struct step entries[TOLD_MAX]; /* steps that are a partner's entries */
    size_t entry_count;
    bool is_failing; /* commits were told to fail */
    bool is_loud;
    bool is_silent;                /* nothing is printed of a run that disagrees */
    uint64_t row;                  /* the journal's last one when the batch began */
    struct statistics *statistics; /* NULL: not counted */
    uint64_t batches[TELL_END];
    uint64_t failures; /* commands that no commit took */
    uint64_t reopenings[REOPEN_END];
    char complaint[512];
};

void engine_world_init(struct engine_world *w);
void engine_world_fini(struct engine_world *w);
/* Runs the steps on a new node in the world's mood. False: the last of those that were run
 * disagreed, and the world's complaint says how. */
bool engine_world_run(struct engine_world *w, const struct step *steps, size_t count,
                      size_t *out_ran);

#endif
