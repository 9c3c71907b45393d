#include "node/draw_seen.h"

#include <stdlib.h>
#include <string.h>

#include "node/judging.h"
#include "node/messages.h"
#include "node/node.h"

#define SEEN_BYTES (32u << 20)

static const struct draw_plan *plan_in(const struct programme_version *version, const char *name)
{
    const struct programme_plans *plans = &version->file.plans;
    for (size_t i = 0; i < plans->draw_count; i++) {
        if (strcmp(plans->draws[i].name, name) == 0) {
            return &plans->draws[i];
        }
    }
    return NULL;
}

static void find_plan_of(struct draw_seen *seen, const char *name, struct unix_ms time)
{
    seen->version = programmes_at(seen->snapshot->programmes, time);
    seen->plan = seen->version->rules == NULL ? NULL : plan_in(seen->version, name);
}

/* What it was opened by, or, where that is not kept, what is in force; so of one that was not
 * opened. */
static void find_plan(struct draw_seen *seen, const char *name)
{
    if (seen->state.stage != 0) {
        find_plan_of(seen, name, seen->state.opened);
    }
    if (seen->plan == NULL) {
        find_plan_of(seen, name, node_now(seen->node));
    }
}

enum err draw_see_again(struct draw_seen *seen, struct note *note)
{
    draw_paper_fini(seen->paper);
    seen->paper = NULL;
    buffer_clear(&seen->text);
    if (seen->state.stage == 0) {
        return ERR_OK;
    }
    enum err err = draw_read_steps(seen->node, seen->snapshot, &seen->state, &seen->arena,
                                   &seen->text, &seen->sealed);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, err,
                        "It was opened, or revealed, so long ago that its records are forgotten.");
    }
    TRY(err);
    return draw_read(buffer_slice(&seen->text), &seen->paper, note);
}

enum err draw_see(struct node *node, struct snapshot *snapshot, const char *name,
                  struct draw_seen *out_seen, struct note *note)
{
    struct draw_seen *seen = out_seen;
    *seen = (struct draw_seen){.node = node, .snapshot = snapshot};
    arena_init(&seen->arena, SEEN_BYTES);
    TRY(draw_find(node, name, &seen->state));
    find_plan(seen, name);
    if (seen->state.stage == 0 && seen->plan == NULL) {
        return note_set(note, ERR_NOT_FOUND, "The programme in force has no draw of this name.");
    }
    return draw_see_again(seen, note);
}

void draw_unsee(struct draw_seen *seen)
{
    draw_paper_fini(seen->paper);
    buffer_fini(&seen->text);
    arena_fini(&seen->arena);
    snapshot_release(seen->snapshot);
}

/* ---- As a message ---- */

static char *copy_of(struct draw_seen *seen, const char *text)
{
    return arena_text(&seen->arena, slice_of(text, strlen(text)));
}

static char *hex_of(struct draw_seen *seen, const uint8_t *bytes, size_t length)
{
    char text[HASH_TEXT_MAX];
    ASSERT(length <= HASH_BYTES);
    return copy_of(seen, hex_format(bytes, length, text));
}

/* A row for each of `count` things; NULL without memory. */
static void *rows_of(struct draw_seen *seen, size_t count, size_t size)
{
    void **rows = arena_alloc(&seen->arena, (count + 1) * sizeof rows[0]);
    char *at = arena_alloc(&seen->arena, (count + 1) * size);
    for (size_t i = 0; rows != NULL && at != NULL && i < count; i++) {
        rows[i] = at + i * size;
    }
    return at == NULL ? NULL : rows;
}

static bool add_prizes(struct draw_seen *seen, Talea__V1__Draw *message)
{
    size_t count = seen->paper != NULL ? seen->paper->terms.prize_count : seen->plan->prize_count;
    message->prizes = rows_of(seen, count, sizeof **message->prizes);
    for (size_t i = 0; message->prizes != NULL && i < count; i++) {
        Talea__V1__DrawPrize *prize = message->prizes[i];
        talea__v1__draw_prize__init(prize);
        prize->name = copy_of(seen, seen->paper != NULL ? seen->paper->terms.prizes[i].name
                                                        : seen->plan->prizes[i].name);
        prize->count =
            seen->paper != NULL ? seen->paper->terms.prizes[i].count : seen->plan->prizes[i].count;
        if (prize->name == NULL) {
            return false;
        }
        message->n_prizes++;
    }
    return message->prizes != NULL;
}

enum err draw_owner_now(struct draw_seen *seen, const struct standing_owner *owner,
                        struct standing_owner *out_owner)
{
    struct state_reader *reader;
    TRY(readers_take(seen->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = ledger_follow_owner(&view, &seen->snapshot->roster, owner, out_owner);
    readers_give(seen->node->readers, reader);
    return err;
}

static bool name_winner(struct draw_seen *seen, const struct draw_member *members, size_t winner,
                        Talea__V1__DrawWinner *message)
{
    const struct draw_place *place = &seen->paper->result.winners[winner];
    size_t count = (size_t)seen->paper->closing.entrants;
    size_t at = members == NULL ? SIZE_MAX : draw_member_at(members, count, place->id);
    struct standing_owner owner;
    char text[DRAW_OWNER_MAX];
    if (at == SIZE_MAX || draw_owner_now(seen, &members[at].owner, &owner) != ERR_OK) {
        return true;
    }
    char *who = copy_of(seen, draw_owner_text(&owner, text));
    struct uid won = draw_step_id(&seen->state, DRAW_STEP_WON, NULL, winner);
    if (who == NULL) {
        return false;
    }
    *(owner.kind == OWNER_MEMBER ? &message->member_id : &message->card) = who;
    message->is_given = judging_was_judged(seen->node, &won);
    return true;
}

static bool add_winners(struct draw_seen *seen, const struct draw_member *members,
                        Talea__V1__Draw *message)
{
    const struct draw_result *result = &seen->paper->result;
    message->winners = rows_of(seen, result->winner_count, sizeof **message->winners);
    for (size_t i = 0; message->winners != NULL && i < result->winner_count; i++) {
        const struct draw_prize *prize = draw_prize_of(&seen->paper->terms, i);
        Talea__V1__DrawWinner *winner = message->winners[i];
        talea__v1__draw_winner__init(winner);
        winner->entrant = hex_of(seen, result->winners[i].id, DRAW_ID_BYTES);
        winner->ticket = result->winners[i].ticket;
        winner->prize = copy_of(seen, prize == NULL ? "" : prize->name);
        if (winner->entrant == NULL || winner->prize == NULL ||
            !name_winner(seen, members, i, winner)) {
            return false;
        }
        message->n_winners++;
    }
    return message->winners != NULL;
}

static bool add_steps(struct draw_seen *seen, Talea__V1__Draw *message)
{
    const struct draw_paper *paper = seen->paper;
    message->opened_unix_ms = paper->terms.opened.ms;
    message->commitment = hex_of(seen, paper->terms.commitment.bytes, HASH_BYTES);
    if (paper->stage >= DRAW_CLOSED) {
        message->closed_unix_ms = paper->closing.closed.ms;
        message->entrants = paper->closing.entrants;
        message->total_tickets = paper->closing.tickets;
        message->list = hex_of(seen, paper->closing.list.bytes, HASH_BYTES);
    }
    if (paper->stage == DRAW_REVEALED) {
        message->revealed_unix_ms = paper->result.revealed.ms;
        message->seed = hex_of(seen, paper->result.seed.bytes, DRAW_SEED_BYTES);
        message->value = copy_of(seen, paper->result.value);
    }
    return message->commitment != NULL && message->list != NULL && message->seed != NULL &&
           message->value != NULL;
}

Talea__V1__Draw *draw_message(struct draw_seen *seen, const struct draw_member *members,
                              bool with_winners)
{
    const struct draw_paper *paper = seen->paper;
    const struct draw_plan *plan = seen->plan;
    Talea__V1__Draw *message = arena_alloc(&seen->arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__draw__init(message);
    message->stage = (Talea__V1__DrawStage)(seen->state.stage + 1);
    message->name = copy_of(seen, paper != NULL ? paper->terms.name : plan->name);
    message->tickets =
        copy_of(seen, paper != NULL ? paper->terms.metric
                                    : seen->version->file.rules.metrics[plan->metric].name);
    const char *beacon = paper != NULL ? paper->terms.beacon : plan->beacon;
    message->beacon = copy_of(seen, beacon == NULL ? "" : beacon);
    message->until_day = paper != NULL ? paper->terms.until_day : plan->until_day;
    message->is_once = paper != NULL ? paper->terms.is_once : plan->is_once;
    message->reserves = paper != NULL ? paper->terms.reserves : plan->reserves;
    bool has_all = message->name != NULL && message->tickets != NULL && message->beacon != NULL &&
                   add_prizes(seen, message);
    has_all = has_all && (paper == NULL || add_steps(seen, message));
    if (has_all && with_winners && paper != NULL && paper->stage == DRAW_REVEALED) {
        has_all = add_winners(seen, members, message);
    }
    return has_all ? message : NULL;
}
