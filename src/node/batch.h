/* Commands in bulk: from a message to an array of commands and from their outcomes to answers, with
 * no memory taken for a single one. What both calls (unary, stream) share.
 *
 * A room holds one batch from its reading to its answer. It is large, so it is made once and used
 * again; only the part that a batch fills is ever touched.
 *
 * Threads: one at a time has a room: the reader, then the engine until `done`, then the answerer.
 */
#ifndef NODE_BATCH_H
#define NODE_BATCH_H

#include "base/arena.h"
#include "node/fraud_gate.h"
#include "node/judged_codes.h"
#include "node/node.h"
#include "node/replier.h"
#include "talea/v1/ledger.pb-c.h"

/* Of coupons, shown with the purchases of one batch: what became of them fits in one answer of
 * LIMIT_MESSAGE_BYTES, with rules of LIMIT_RULE_NAME_BYTES. */
#define BATCH_CODES_MAX 16384u

/* What a caller sent, of either call. Borrowed. */
struct batch_said {
    Talea__V1__BatchCommand *const *commands;
    size_t count;
    bool is_linked;
};

/* A batch's commands that are sent to the ledger by others than the ledger's own kinds: how. */
enum batch_way {
    BATCH_PLAIN,
    BATCH_WATCHED, /* an earn by the rate that fraud rules are about */
    BATCH_JUDGED,  /* an earn that rules judge */
    BATCH_RETURNED /* a return of one */
};

struct batch_room {
    struct errand errand;  /* of a unary call: its answer */
    struct rpc_call *call; /* the same */
    void *stream;          /* of a stream: whose it is ... */
    bool is_done;          /* ... and that the ledger is done with it */
    struct batch_room *next;
    struct node *node;
    bool is_linked;
    size_t count;     /* commands of the request */
    size_t submitted; /* those of them that went to the ledger */
    enum err err;     /* of the batch as a whole, once it is done */
    /* By place in the request: why it did not go to the ledger; 0 when it did. */
    uint16_t refusals[LIMIT_BATCH_COMMANDS];
    /* By place among the submitted: the place in the request. */
    uint16_t places[LIMIT_BATCH_COMMANDS];
    uint8_t ways[LIMIT_BATCH_COMMANDS]; /* enum batch_way */
    size_t judged;                      /* those of them that are not plain */
    /* What fraud rules say, by place in the request; only where there are such rules. */
    bool is_watched;
    char *messages[LIMIT_BATCH_COMMANDS];    /* in the room's memory; NULL: none */
    struct uid alerts[LIMIT_BATCH_COMMANDS]; /* nil: none */
    bool is_office;
    Talea__V1__BatchCommand *const *said; /* until they are submitted */
    struct command commands[LIMIT_BATCH_COMMANDS];
    struct outcome outcomes[LIMIT_BATCH_COMMANDS];
    /* By place among the submitted, of those that rules judged; in the room's memory. */
    struct judged_codes codes[LIMIT_BATCH_COMMANDS];
    struct arena memory; /* of one batch */
    Talea__V1__BatchAnswer answers[LIMIT_BATCH_COMMANDS];
    Talea__V1__BatchAnswer *answer_list[LIMIT_BATCH_COMMANDS];
};

/* NULL without memory. */
struct batch_room *batch_room_create(struct node *node);
void batch_room_destroy(struct batch_room *room);

/* From 1 to LIMIT_BATCH_COMMANDS commands, and at most BATCH_CODES_MAX codes with them? */
bool batch_fits(const struct batch_said *said);
/* Of one that does not fit. */
struct rpc_status batch_refusal(const struct batch_said *said);
/* Reads every command; `said` fits. What is wrong with one is its answer, and, when the batch is
 * linked, that of all others. `said` is borrowed until batch_submit returns. */
void batch_read(struct batch_room *room, const struct identity *caller,
                const struct batch_said *said);
/* Sends what was read to the ledger. `done` runs once, on the engine's thread or, when there was
 * nothing to send or rules judged some of it, on this one; judging waits for the ledger.
 * Unless ERR_RESOURCE or ERR_UNAVAILABLE is returned. */
MUST_USE enum err batch_submit(struct batch_room *room, engine_done *done, void *context);
/* The same of a batch of which rules judge some; waits for all of it. */
MUST_USE enum err batch_submit_judged(struct batch_room *room);
/* The same of a linked batch with purchases that fraud rules are about. */
MUST_USE enum err batch_submit_link(struct batch_room *room);
/* For fraud rules: who sent it. */
enum fraud_teller batch_teller(const struct batch_room *room);
/* A fraud rule refuses the command, by its place among the submitted. May wait. */
MUST_USE enum err batch_refuse_fraud(struct batch_room *room, size_t at,
                                     const struct fraud_decision *decision);
/* Of repeats of purchases that are held: by which alert. */
void batch_tell_repeats(struct batch_room *room);
/* It was done: is it held? */
void batch_tell_held(struct batch_room *room, size_t at, const struct fraud_decision *decision);
/* The answers, in the order of the request, `room->count` of them. They live in the room. */
Talea__V1__BatchAnswer **batch_answer(struct batch_room *room);

/* The rooms of unary calls, LIMIT_BATCH_ROOMS at most. */
struct batch_rooms;
MUST_USE enum err batch_rooms_open(struct node *node, struct batch_rooms **out_rooms);
/* All rooms must have been given back. NULL is allowed. */
void batch_rooms_close(struct batch_rooms *rooms);
/* Waits while all are in use. NULL without memory. */
struct batch_room *batch_rooms_take(struct batch_rooms *rooms);
void batch_rooms_give(struct batch_rooms *rooms, struct batch_room *room);

/* At most LIMIT_BATCH_STREAMS at once. False: too many already. */
bool batch_rooms_begin_stream(struct batch_rooms *rooms);
void batch_rooms_end_stream(struct batch_rooms *rooms);

#endif
