/* The steps of a draw: opened, closed, revealed, and what prizes give. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/box.h"
#include "crypto/random.h"
#include "node/draw_list.h"
#include "node/draw_steps.h"
#include "node/given_event.h"
#include "node/judging.h"
#include "node/node.h"
#include "store/vault.h"

/* Somebody else did it meanwhile: then it is as that made it. */
static enum err end_step(struct draw_seen *seen, const char *name, const struct outcome *outcome,
                         struct note *note)
{
    bool is_late = outcome->verdict == VERDICT_STANDING_MOVED ||
                   outcome->verdict == VERDICT_TRANSACTION_ID_REUSED;
    if (outcome->verdict != VERDICT_OK && !is_late) {
        return ERR_CONFLICT;
    }
    TRY(draw_find(seen->node, name, &seen->state));
    return draw_see_again(seen, note);
}

/* Signs what there is and the new lines, and keeps it all. */
static enum err keep_step(struct draw_seen *seen, const char *name, enum draw_step step,
                          struct buffer *text, struct slice sealed, struct note *note)
{
    struct outcome outcome;
    const struct snapshot *snapshot = seen->snapshot;
    TRY(draw_sign(&snapshot->signer, snapshot->charter->epoch, text));
    struct draw_kept kept = {buffer_slice(text), sealed};
    TRY(draw_write_step(seen->node, &seen->state, step, &kept, &outcome));
    return end_step(seen, name, &outcome, note);
}

/* ---- Opening ---- */

static enum err fill_terms(struct draw_seen *seen, const struct draw_seed *seed,
                           struct draw_terms *terms)
{
    const struct draw_plan *plan = seen->plan;
    const char *metric = seen->version->file.rules.metrics[plan->metric].name;
    *terms = (struct draw_terms){.brand = seen->node->config.partner,
                                 .opened = seen->state.opened,
                                 .until_day = plan->until_day,
                                 .is_once = plan->is_once,
                                 .reserves = plan->reserves,
                                 .commitment = draw_commitment(plan->name, seed)};
    TRY(text_copy(terms->coalition, sizeof terms->coalition, seen->snapshot->charter->coalition));
    TRY(text_copy(terms->name, sizeof terms->name, plan->name));
    TRY(text_copy(terms->metric, sizeof terms->metric, metric));
    TRY(text_copy(terms->beacon, sizeof terms->beacon, plan->beacon == NULL ? "" : plan->beacon));
    for (size_t i = 0; i < plan->prize_count; i++) {
        terms->prizes[i].count = plan->prizes[i].count;
        TRY(text_copy(terms->prizes[i].name, sizeof terms->prizes[i].name, plan->prizes[i].name));
    }
    terms->prize_count = plan->prize_count;
    return ERR_OK;
}

/* `out_sealed` has the seed and the key of the blinds. */
static enum err make_secret(struct node *node, struct draw_seed *out_seed,
                            struct buffer *out_sealed)
{
    uint8_t secret[DRAW_SECRET_BYTES];
    struct random_source source = random_system();
    uint64_t slot;
    random_fill(&source, secret, sizeof secret);
    memcpy(out_seed->bytes, secret, DRAW_SEED_BYTES);
    enum err err = vault_add(node->vault, 1, &slot);
    if (err == ERR_OK) {
        err = vault_seal(node->vault, slot, slice_of(secret, sizeof secret), out_sealed);
    }
    secret_forget(secret, sizeof secret);
    return err;
}

/* To close it takes what is written down now. */
static enum err may_open(struct draw_seen *seen, struct note *note)
{
    int64_t days = draw_days_kept(seen->node);
    struct unix_ms local = judging_local(seen->node, seen->version, node_now(seen->node));
    return seen->plan->until_day <= unix_day(local) + days
               ? ERR_OK
               : note_set(note, ERR_CONFLICT,
                          "Its tickets' last day is more than %lld days away, and what is written "
                          "down now may be forgotten by then: open it later.",
                          (long long)days);
}

enum err draw_step_open(struct draw_seen *seen, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    CLEANUP(buffer_fini) struct buffer sealed = {0};
    struct draw_terms terms;
    struct draw_seed seed;
    if (seen->state.stage != 0) {
        return ERR_OK;
    }
    TRY(may_open(seen, note));
    seen->state.opened = node_now(seen->node);
    TRY(make_secret(seen->node, &seed, &sealed));
    enum err err = fill_terms(seen, &seed, &terms);
    secret_forget(&seed, sizeof seed);
    err = err == ERR_OK ? draw_terms_check(&terms, note) : err;
    TRY(err);
    draw_write_terms(&terms, &text);
    return keep_step(seen, terms.name, DRAW_STEP_OPEN, &text, buffer_slice(&sealed), note);
}

static enum err open_secret(struct draw_seen *seen, uint8_t out_secret[DRAW_SECRET_BYTES],
                            struct note *note)
{
    enum err err = draw_open_secret(seen->node, seen->sealed, out_secret);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "The draw's seed can't be opened.");
}

/* ---- Closing ---- */

struct telling {
    draw_tell *tell;
    void *context;
    uint64_t total;
};

static bool tell_pages(void *context, uint64_t done)
{
    struct telling *telling = context;
    return telling->tell(telling->context, done, telling->total);
}

static enum err write_list(struct draw_seen *seen, const struct draw_list *list, draw_tell *tell,
                           void *context, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    struct telling telling = {tell, context, list->count};
    struct draw_closing closing = {.closed = node_now(seen->node),
                                   .entrants = list->count,
                                   .tickets = list->tickets,
                                   .list = list->hash};
    TRY(draw_write_pages(seen->node, &seen->state, &list->hash, list->members, list->count,
                         tell_pages, &telling));
    write_bytes(&text, seen->text.at, seen->text.length);
    draw_write_closing(&closing, &text);
    return keep_step(seen, seen->paper->terms.name, DRAW_STEP_CLOSE, &text, seen->sealed, note);
}

static enum err may_close(struct draw_seen *seen, struct note *note)
{
    struct unix_ms local = judging_local(seen->node, seen->version, node_now(seen->node));
    if (seen->state.stage == 0) {
        return note_set(note, ERR_CONFLICT, "The draw was not opened.");
    }
    if (seen->plan == NULL) {
        return note_set(note, ERR_CONFLICT, "The programme that it was opened by is not kept.");
    }
    if (strcmp(seen->version->file.rules.metrics[seen->plan->metric].name,
               seen->paper->terms.metric) != 0) {
        return note_set(note, ERR_CONFLICT,
                        "The programme counts other tickets than %s, which was published.",
                        seen->paper->terms.metric);
    }
    if (unix_day(local) < seen->paper->terms.until_day) {
        return note_set(note, ERR_CONFLICT, "Its tickets' last day is not over.");
    }
    return ERR_OK;
}

enum err draw_step_close(struct draw_seen *seen, draw_tell *tell, void *context, struct note *note)
{
    uint8_t secret[DRAW_SECRET_BYTES];
    struct draw_list list;
    if (seen->state.stage >= DRAW_CLOSED) {
        return ERR_OK;
    }
    TRY(may_close(seen, note));
    TRY(open_secret(seen, secret, note));
    enum err err =
        draw_list_make(seen->node, seen->snapshot, seen->version, seen->plan, secret, &list, note);
    secret_forget(secret, sizeof secret);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_CONFLICT, "Nobody has a ticket.");
    }
    TRY(err);
    err = write_list(seen, &list, tell, context, note);
    draw_list_fini(&list);
    return err;
}

/* ---- Revealing ---- */

static enum err select_winners(const struct draw_terms *terms, const struct draw_member *members,
                               size_t count, struct draw_result *result)
{
    struct draw_rules rules = {draw_wanted(terms), terms->is_once};
    struct draw_winner *winners = calloc(rules.wanted, sizeof winners[0]);
    struct draw_entrant *entrants = calloc(count, sizeof entrants[0]);
    enum err err = winners == NULL || entrants == NULL ? ERR_RESOURCE : ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        entrants[i] = members[i].entrant;
    }
    if (err == ERR_OK) {
        err = draw_select(&rules, &result->seed, result->value, entrants, count, winners,
                          &result->winner_count);
    }
    for (size_t i = 0; err == ERR_OK && i < result->winner_count; i++) {
        memcpy(result->winners[i].id, entrants[winners[i].entrant].id, DRAW_ID_BYTES);
        result->winners[i].ticket = winners[i].ticket;
    }
    free(winners);
    free(entrants);
    return err;
}

static enum err write_result(struct draw_seen *seen, struct draw_result *result, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    struct draw_member *members;
    const struct draw_closing *closing = &seen->paper->closing;
    enum err err = draw_read_list(seen->node, seen->snapshot, &seen->state, closing, &members);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_CONFLICT,
                        "It was closed so long ago that its list is forgotten.");
    }
    TRY(err);
    err = select_winners(&seen->paper->terms, members, (size_t)closing->entrants, result);
    free(members);
    TRY(err);
    write_bytes(&text, seen->text.at, seen->text.length);
    draw_write_result(result, &text);
    return keep_step(seen, seen->paper->terms.name, DRAW_STEP_REVEAL, &text, seen->sealed, note);
}

static enum err may_reveal(const struct draw_seen *seen, const char *value, struct note *note)
{
    struct slice text = slice_of(value, strlen(value));
    if (seen->state.stage < DRAW_CLOSED) {
        return note_set(note, ERR_CONFLICT, "The draw's list is not fixed yet: close it first.");
    }
    if (text.length > LIMIT_NAME_BYTES || !text_is_printable(text) || value[0] == ' ') {
        return note_set(note, ERR_INPUT, "The value is not up to %u printable bytes.",
                        LIMIT_NAME_BYTES);
    }
    if ((value[0] != '\0') != (seen->paper->terms.beacon[0] != '\0')) {
        return note_set(note, ERR_CONFLICT,
                        value[0] != '\0' ? "The draw has no beacon: it takes no value."
                                         : "The value of the draw's beacon is missing.");
    }
    return ERR_OK;
}

enum err draw_step_reveal(struct draw_seen *seen, const char *value, struct note *note)
{
    uint8_t secret[DRAW_SECRET_BYTES];
    TRY(may_reveal(seen, value, note));
    if (seen->state.stage < DRAW_REVEALED) {
        struct draw_result *result = calloc(1, sizeof *result);
        enum err err = result == NULL ? ERR_RESOURCE : open_secret(seen, secret, note);
        if (err == ERR_OK) {
            result->revealed = node_now(seen->node);
            memcpy(result->seed.bytes, secret, DRAW_SEED_BYTES);
            memcpy(result->value, value, strlen(value) + 1);
            secret_forget(secret, sizeof secret);
            err = write_result(seen, result, note);
        }
        free(result);
        TRY(err);
    }
    return strcmp(seen->paper->result.value, value) == 0
               ? ERR_OK
               : note_set(note, ERR_CONFLICT, "It was revealed with another value.");
}

/* ---- Prizes ---- */

static const char *event_of(const struct draw_plan *plan, const char *prize)
{
    for (size_t i = 0; plan != NULL && i < plan->prize_count; i++) {
        if (strcmp(plan->prizes[i].name, prize) == 0) {
            return plan->prizes[i].event;
        }
    }
    return NULL;
}

static enum err give_prize(struct draw_seen *seen, size_t winner,
                           const struct standing_owner *owner, const char *prize, struct note *note)
{
    struct outcome outcome;
    struct given_event event = {.id = draw_step_id(&seen->state, DRAW_STEP_EVENT, NULL, winner),
                                .owner = *owner,
                                .event = event_of(seen->plan, prize),
                                .store = "",
                                .channel = ""};
    struct uid won = draw_step_id(&seen->state, DRAW_STEP_WON, NULL, winner);
    if (judging_was_judged(seen->node, &won)) {
        return ERR_OK;
    }
    if (event.event != NULL) {
        enum err err = given_event_record(seen->node, seen->snapshot, &event, &outcome, note);
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err); /* its rule is gone: what is left is the prize */
        if (err == ERR_OK && outcome.verdict != VERDICT_OK &&
            outcome.verdict != VERDICT_TRANSACTION_ID_REUSED) {
            return ERR_OK; /* of who is blocked: not given yet, and tried again with the next call
                            */
        }
    }
    return draw_write_won(seen->node, &seen->state, winner, owner, prize);
}

enum err draw_give_prizes(struct draw_seen *seen, const struct draw_member *members,
                          uint32_t *out_gone, struct note *note)
{
    const struct draw_result *result = &seen->paper->result;
    size_t count = (size_t)seen->paper->closing.entrants;
    uint32_t gone = 0;
    int64_t days = unix_day(node_now(seen->node)) - unix_day(result->revealed);
    if (days > draw_days_kept(seen->node)) {
        *out_gone = 0; /* who got one may be forgotten: nobody gets it twice */
        return ERR_OK;
    }
    for (size_t i = 0; i < result->winner_count; i++) {
        const struct draw_prize *prize = draw_prize_of(&seen->paper->terms, i);
        size_t at = draw_member_at(members, count, result->winners[i].id);
        struct standing_owner owner;
        if (prize == NULL) {
            break; /* reserves get what somebody decides */
        }
        enum err err =
            at == SIZE_MAX ? ERR_CORRUPT : draw_owner_now(seen, &members[at].owner, &owner);
        gone += err == ERR_NOT_FOUND ? 1 : 0;
        TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
        if (err == ERR_OK) {
            TRY(give_prize(seen, i, &owner, prize->name, note));
        }
    }
    *out_gone = gone;
    return ERR_OK;
}
