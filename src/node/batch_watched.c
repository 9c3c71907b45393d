/* What fraud rules say of a batch's purchases, and linked batches that have such purchases. */
#include <stdlib.h>
#include <string.h>

#include "node/alerts.h"
#include "node/batch.h"

#define FRAUD_LIMIT    ((uint16_t)TALEA__V1__REFUSAL__REFUSAL_FRAUD_LIMIT)
#define LINKED_REFUSED ((uint16_t)TALEA__V1__REFUSAL__REFUSAL_LINKED_REFUSED)

enum fraud_teller batch_teller(const struct batch_room *room)
{
    return room->is_office ? FRAUD_TOLD_BY_OFFICE : FRAUD_TOLD_BY_TILL;
}

enum err batch_refuse_fraud(struct batch_room *room, size_t at,
                            const struct fraud_decision *decision)
{
    size_t place = room->places[at];
    struct note words;
    fraud_gate_words(decision, &words);
    room->refusals[place] = FRAUD_LIMIT;
    room->messages[place] = arena_text(&room->memory, slice_of(words.text, strlen(words.text)));
    return fraud_gate_raise(room->node->fraud_gate, decision);
}

void batch_tell_held(struct batch_room *room, size_t at, const struct fraud_decision *decision)
{
    if (decision->has_alert && decision->alert.finding.action == ALERT_HELD) {
        room->alerts[room->places[at]] = decision->alert.transaction_id;
    }
}

void batch_tell_repeats(struct batch_room *room)
{
    struct uid alert;
    for (size_t i = 0; room->is_watched && i < room->submitted; i++) {
        const struct command *command = &room->commands[i];
        bool is_repeat = room->refusals[room->places[i]] == 0 && command->kind == COMMAND_EARN &&
                         room->outcomes[i].is_repeat;
        if (is_repeat && alert_holds_sale(room->node, &command->transaction_id, &alert)) {
            room->alerts[room->places[i]] = alert;
        }
    }
}

/* A linked batch with the alerts about it. */
struct batch_link {
    struct batch_room *room;
    struct fraud_decision *decisions; /* by place among the submitted */
    size_t admitted;                  /* so many of the submitted */
    struct command *commands;         /* those of the room, then the alerts */
    struct outcome *outcomes;
    size_t count;
    bool has_happened;
};

static enum err link_create(struct batch_room *room, struct batch_link *out_link)
{
    size_t most = 2 * room->submitted;
    *out_link = (struct batch_link){
        .room = room,
        .decisions = calloc(room->submitted, sizeof *out_link->decisions),
        .commands = malloc(most * sizeof *out_link->commands),
        .outcomes = calloc(most, sizeof *out_link->outcomes),
    };
    bool is_whole =
        out_link->decisions != NULL && out_link->commands != NULL && out_link->outcomes != NULL;
    return is_whole ? ERR_OK : ERR_RESOURCE;
}

static void link_destroy(struct batch_link *link)
{
    free(link->decisions);
    free(link->commands);
    free(link->outcomes);
}

/* Nothing came of any of it, as far as it is known: what the journal has after all is counted when
 * it is read. */
static void link_drop(struct batch_link *link)
{
    for (size_t i = 0; i < link->admitted; i++) {
        fraud_gate_drop(link->room->node->fraud_gate, &link->room->commands[i],
                        &link->decisions[i]);
    }
}

/* Up to one that is refused, whose place it gives; else that behind the last. */
static enum err link_admit(struct batch_link *link, size_t *out_refused)
{
    struct batch_room *room = link->room;
    bool is_refused = false;
    while (!is_refused && link->admitted < room->submitted) {
        size_t at = link->admitted;
        if (room->ways[at] == BATCH_WATCHED) {
            TRY(fraud_gate_admit(room->node->fraud_gate, FRAUD_GIVES_BY_RATE, batch_teller(room),
                                 &room->commands[at], &link->decisions[at]));
        }
        is_refused = link->decisions[at].is_refused;
        link->admitted++;
    }
    *out_refused = is_refused ? link->admitted - 1 : room->submitted;
    return ERR_OK;
}

static enum err link_refuse(struct batch_link *link, size_t refused)
{
    struct batch_room *room = link->room;
    for (size_t i = 0; i < room->count; i++) {
        room->refusals[i] = LINKED_REFUSED;
    }
    return batch_refuse_fraud(room, refused, &link->decisions[refused]);
}

/* ERR_RESOURCE when there is no room for the alerts. */
static enum err link_execute(struct batch_link *link)
{
    struct batch_room *room = link->room;
    memcpy(link->commands, room->commands, room->submitted * sizeof link->commands[0]);
    link->count = room->submitted;
    for (size_t i = 0; i < room->submitted; i++) {
        if (link->decisions[i].has_alert) {
            link->commands[link->count++] = link->decisions[i].alert;
        }
    }
    if (link->count > LIMIT_BATCH_COMMANDS) {
        return ERR_RESOURCE;
    }
    TRY(engine_execute_batch(room->node->engine, link->commands, link->count, true,
                             link->outcomes));
    memcpy(room->outcomes, link->outcomes, room->submitted * sizeof room->outcomes[0]);
    link->has_happened = room->outcomes[0].verdict == VERDICT_OK; /* of all, or of none */
    for (size_t i = 0; link->has_happened && i < room->submitted; i++) {
        batch_tell_held(room, i, &link->decisions[i]);
    }
    return ERR_OK;
}

enum err batch_submit_link(struct batch_room *room)
{
    struct batch_link link;
    size_t refused = 0;
    enum err err = link_create(room, &link);
    if (err == ERR_OK) {
        err = link_admit(&link, &refused);
    }
    if (err == ERR_OK) {
        err = refused < room->submitted ? link_refuse(&link, refused) : link_execute(&link);
    }
    if (!link.has_happened) { /* refused, by whichever rule, or the ledger could not take it */
        link_drop(&link);
    }
    link_destroy(&link);
    return err;
}
