/* Brands in one process, each with its engine on files of its own, for the engine's tests. */
#ifndef TEST_COALITION_H
#define TEST_COALITION_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"
#include "store/state.h"
#include "engine/outbox.h"

#define BRANDS 2

/* A journal that can be made to fail, before or after the batch is durable, or to take long. */
struct faulty_journal {
    struct journal real;
    int failures_before; /* so many appends fail and leave nothing */
    int failures_after;  /* so many appends are durable but report a failure */
    int sound_before;    /* so many appends go well before the first failure */
    bool is_mortal;      /* dies with the append behind `lives`: nothing is appended any more */
    int lives;
    bool dies_late; /* that append is durable, and nobody is told */
    bool is_dead;
    atomic_bool is_held; /* appends wait */
    atomic_uint waiting; /* that do */
    pthread_t last;      /* the thread of the last append */
};

struct brand {
    char folder[128];
    struct partner_id id;
    struct roster roster;
    struct roster_partner partners[BRANDS];
    struct tariff tariffs[1];
    struct signing_key key;
    struct key_signer key_signer;
    struct signer signer;
    struct unix_ms now;
    struct journal_file *file;
    struct faulty_journal journal;
    struct state *state;
    struct engine *engine;
    atomic_uint troubles;
    int64_t checkpoint_every_ms; /* of the next opening */
    bool is_driven;              /* likewise */
    atomic_bool is_full;         /* the guard before new work says ERR_RESOURCE */
    atomic_bool fails_at_look;   /* at the clock: an append that is held fails meanwhile */
};

void brand_init(struct brand *brand, unsigned index);
void brand_open(struct brand *brand);
/* The same; on an error it is closed. */
MUST_USE enum err brand_try_open(struct brand *brand, struct note *note);
/* Stops; what the checkpoint holds depends on the engine's close. */
void brand_close(struct brand *brand);
/* As a kill leaves it; of a driven one. */
void brand_kill(struct brand *brand);
void brand_fini(struct brand *brand);

/* Another home whose files are what a kill at this moment would leave. Nothing may be under way. */
void brand_copy(const struct brand *brand, struct brand *out_copy, unsigned index);

struct uid id_of(unsigned number);
struct outcome brand_enrol(struct brand *brand, unsigned number, struct uid *out_member,
                           struct card_number *out_card);
struct outcome brand_earn(struct brand *brand, unsigned number, const struct card_number *card,
                          int64_t amount);
struct command brand_command(struct brand *brand, enum command_kind kind, unsigned number);
struct member brand_member(struct brand *brand, const struct uid *member);
struct stream brand_stream(struct brand *brand, enum stream_direction direction,
                           const struct brand *partner);
/* Everything follows from the journal, and the tables are what it gives. */
void brand_assert_audit(struct brand *brand);

/* What one brand has for another, sent and receipted step by step; a step that failed may be taken
 * again. */
struct clearing {
    struct brand *from;
    struct brand *to;
    struct stream out;
    size_t count;
    struct batch_entry *entries;
    struct clearing_entry *plain;
    struct buffer *bytes;
    struct batch_outcome outcome;
};

void clearing_begin(struct clearing *c, struct brand *from, struct brand *to);
/* To the home, whose receipt is kept. */
MUST_USE enum err clearing_send(struct clearing *c);
/* The receipt, to the shop. */
MUST_USE enum err clearing_receive(struct clearing *c, size_t *out_refused, struct note *note);
void clearing_end(struct clearing *c);

/* Sends what `from` has for `to` in one batch, takes the receipt. Gives how many were refused. */
size_t clear_once(struct brand *from, struct brand *to);

/* Lets time go by for the brand's engine, whose threads read the clock meanwhile. */
void brand_wait(struct brand *brand, int64_t ms);
/* The clock, for clock_port. */
struct unix_ms brand_now(void *brand);

#endif
