/* Draws, over RPC. */
#include <stdlib.h>
#include <string.h>

#include "node/draw_list.h"
#include "node/draw_steps.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"

#define EXPORT_BYTES      (256u << 10) /* in one message, about */
#define EXPORT_TIMEOUT_MS 60000

/* False: the call was refused. */
static bool see(struct node *node, struct rpc_call *call, const char *name, struct draw_seen *seen)
{
    struct note note = {""};
    enum err err = draw_see(node, node_snapshot(node), name, seen, &note);
    if (err == ERR_OK) {
        return true;
    }
    draw_unsee(seen);
    if (err == ERR_NOT_FOUND) {
        refuse(call, 5, "DRAW_UNKNOWN", "%s", note.text);
    } else {
        refuse_err(call, err, note.text[0] != '\0' ? &note : NULL);
    }
    return false;
}

static void refuse_step(struct rpc_call *call, enum err err, const struct note *note)
{
    if (err == ERR_CONFLICT && note->text[0] != '\0') {
        refuse(call, 9, "DRAW_STAGE", "%s", note->text);
    } else {
        refuse_err(call, err, note->text[0] != '\0' ? note : NULL);
    }
}

static struct rpc_status stream_status(enum err err, const struct note *note)
{
    bool is_noted = note->text[0] != '\0';
    if (err == ERR_OK) {
        return rpc_status_ok();
    }
    return is_noted && err == ERR_CONFLICT    ? rpc_status_make(9, "DRAW_STAGE", "%s", note->text)
           : is_noted && err == ERR_NOT_FOUND ? rpc_status_make(5, "DRAW_UNKNOWN", "%s", note->text)
                                              : rpc_status_of(err, is_noted ? note : NULL);
}

void draw_open(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__OpenDrawRequest *request =
        (const Talea__V1__OpenDrawRequest *)(const void *)message;
    Talea__V1__OpenDrawResponse response;
    struct draw_seen seen;
    struct note note = {""};
    talea__v1__open_draw_response__init(&response);
    if (!see(node, call, request->name, &seen)) {
        return;
    }
    enum err err = draw_step_open(&seen, &note);
    response.draw = err == ERR_OK ? draw_message(&seen, NULL, false) : NULL;
    if (err == ERR_OK && response.draw != NULL) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_step(call, err == ERR_OK ? ERR_RESOURCE : err, &note);
    }
    draw_unsee(&seen);
}

static bool tell_stream(void *context, uint64_t done, uint64_t total)
{
    struct rpc_stream *stream = context;
    Talea__V1__CloseDrawResponse response;
    talea__v1__close_draw_response__init(&response);
    response.entrants_done = done;
    response.entrants_total = total;
    return rpc_stream_send(stream, &response.base) == ERR_OK;
}

struct rpc_status draw_close(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    const ProtobufCMessage *message;
    Talea__V1__CloseDrawResponse response;
    struct draw_seen seen;
    struct note note = {""};
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    const char *name = ((const Talea__V1__CloseDrawRequest *)(const void *)message)->name;
    talea__v1__close_draw_response__init(&response);
    err = draw_see(node, node_snapshot(node), name, &seen, &note);
    err = err == ERR_OK ? draw_step_close(&seen, tell_stream, stream, &note) : err;
    if (err == ERR_OK) {
        response.draw = draw_message(&seen, NULL, false);
        response.entrants_done = seen.paper->closing.entrants;
        response.entrants_total = response.entrants_done;
        err = response.draw == NULL ? ERR_RESOURCE : rpc_stream_send(stream, &response.base);
    }
    draw_unsee(&seen);
    return stream_status(err, &note);
}

/* With the list, to say who is who; not where its pages are forgotten. */
static enum err read_members(struct draw_seen *seen, struct draw_member **out_members)
{
    *out_members = NULL;
    if (seen->paper == NULL || seen->paper->stage < DRAW_REVEALED) {
        return ERR_OK;
    }
    enum err err = draw_read_list(seen->node, seen->snapshot, &seen->state, &seen->paper->closing,
                                  out_members);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

void draw_reveal(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__RevealDrawRequest *request =
        (const Talea__V1__RevealDrawRequest *)(const void *)message;
    Talea__V1__RevealDrawResponse response;
    struct draw_seen seen;
    struct draw_member *members = NULL;
    struct note note = {""};
    talea__v1__reveal_draw_response__init(&response);
    if (!see(node, call, request->name, &seen)) {
        return;
    }
    enum err err = draw_step_reveal(&seen, request->value, &note);
    err = err == ERR_OK ? read_members(&seen, &members) : err;
    if (err == ERR_OK && members != NULL) {
        err = draw_give_prizes(&seen, members, &response.gone, &note);
    }
    response.draw = err == ERR_OK ? draw_message(&seen, members, true) : NULL;
    if (err == ERR_OK && response.draw != NULL) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_step(call, err == ERR_OK ? ERR_RESOURCE : err, &note);
    }
    free(members);
    draw_unsee(&seen);
}

void draw_get(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetDrawRequest *request =
        (const Talea__V1__GetDrawRequest *)(const void *)message;
    Talea__V1__GetDrawResponse response;
    struct draw_seen seen;
    struct draw_member *members = NULL;
    talea__v1__get_draw_response__init(&response);
    if (!see(node, call, request->name, &seen)) {
        return;
    }
    enum err err = read_members(&seen, &members);
    response.draw = err == ERR_OK ? draw_message(&seen, members, true) : NULL;
    if (response.draw != NULL) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err == ERR_OK ? ERR_RESOURCE : err, NULL);
    }
    free(members);
    draw_unsee(&seen);
}

/* ---- All of them ---- */

/* Those of all versions, each once, the newest version first. */
static size_t list_names(const struct programmes *programmes, const char **names, size_t max)
{
    size_t count = 0;
    for (size_t v = programmes->count; v-- > 0;) {
        const struct programme_plans *plans = &programmes->at[v]->file.plans;
        for (size_t i = 0; i < plans->draw_count && count < max; i++) {
            size_t at = 0;
            while (at < count && strcmp(names[at], plans->draws[i].name) != 0) {
                at++;
            }
            names[at] = plans->draws[i].name;
            count += at == count ? 1 : 0;
        }
    }
    return count;
}

/* One whose records are forgotten, or that was dropped unopened, is left out. */
static enum err add_draw(struct node *node, struct rpc_call *call, const char *name,
                         struct draw_seen *seen, Talea__V1__ListDrawsResponse *response)
{
    struct note note = {""};
    (void)call;
    enum err err = draw_see(node, node_snapshot(node), name, seen, &note);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    Talea__V1__Draw *draw = draw_message(seen, NULL, false);
    if (draw == NULL) {
        return ERR_RESOURCE;
    }
    response->draws[response->n_draws++] = draw;
    return ERR_OK;
}

#define LISTED_DRAWS 256u

void draw_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    Talea__V1__ListDrawsResponse response;
    struct snapshot *snapshot = node_snapshot(node);
    struct arena *arena = rpc_call_arena(call);
    const char **names = arena_alloc(arena, LISTED_DRAWS * sizeof names[0]);
    struct draw_seen *seen = calloc(LISTED_DRAWS, sizeof seen[0]);
    (void)message;
    talea__v1__list_draws_response__init(&response);
    response.draws = arena_alloc(arena, LISTED_DRAWS * sizeof response.draws[0]);
    enum err err = names == NULL || seen == NULL || response.draws == NULL ? ERR_RESOURCE : ERR_OK;
    size_t count = err == ERR_OK ? list_names(snapshot->programmes, names, LISTED_DRAWS) : 0;
    size_t looked = 0;
    while (err == ERR_OK && looked < count) {
        err = add_draw(node, call, names[looked], &seen[looked], &response);
        looked++;
    }
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    while (looked > 0) {
        draw_unsee(&seen[--looked]);
    }
    free(seen);
    snapshot_release(snapshot);
}

/* ---- What is published ---- */

static enum err send_text(struct rpc_stream *stream, struct slice text)
{
    Talea__V1__ExportDrawResponse response;
    talea__v1__export_draw_response__init(&response);
    response.text = (ProtobufCBinaryData){text.length, (uint8_t *)(uintptr_t)text.at};
    return rpc_stream_send_timed(stream, EXPORT_TIMEOUT_MS, &response.base);
}

static enum err send_list(struct draw_seen *seen, struct rpc_stream *stream)
{
    const struct draw_closing *closing = &seen->paper->closing;
    CLEANUP(buffer_fini) struct buffer text = {0};
    struct draw_member *members = calloc(DRAW_PAGE_MEMBERS, sizeof members[0]);
    enum err err = members == NULL ? ERR_RESOURCE : ERR_OK;
    for (uint64_t sent = 0; err == ERR_OK && sent < closing->entrants;) {
        size_t count = 0;
        err = draw_read_page(seen->node, seen->snapshot, &seen->state, &closing->list,
                             sent / DRAW_PAGE_MEMBERS, members, &count);
        for (size_t i = 0; err == ERR_OK && i < count; i++) {
            char line[DRAW_LINE_MAX];
            size_t length = draw_entrant_line(&members[i].entrant, line);
            write_bytes(&text, line, length);
        }
        sent += count;
        err = err == ERR_OK && count == 0 ? ERR_CORRUPT : err;
        err = err == ERR_OK ? text.err : err;
        if (err == ERR_OK && (text.length > EXPORT_BYTES || sent == closing->entrants)) {
            err = send_text(stream, buffer_slice(&text));
            buffer_clear(&text);
        }
    }
    free(members);
    return err;
}

struct rpc_status draw_export(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    const ProtobufCMessage *message;
    struct draw_seen seen;
    struct note note = {""};
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    const char *name = ((const Talea__V1__ExportDrawRequest *)(const void *)message)->name;
    err = draw_see(node, node_snapshot(node), name, &seen, &note);
    if (err == ERR_OK && seen.paper == NULL) {
        err = note_set(&note, ERR_CONFLICT, "The draw was not opened: nothing is published of it.");
    }
    err = err == ERR_OK ? send_text(stream, buffer_slice(&seen.text)) : err;
    if (err == ERR_OK && seen.paper->stage >= DRAW_CLOSED) {
        err = send_list(&seen, stream);
        err = err == ERR_NOT_FOUND ? ERR_OK : err; /* its pages are forgotten: without a list */
    }
    draw_unsee(&seen);
    return stream_status(err, &note);
}

/* ---- One's own chance ---- */

/* A member of ours, or whoever another brand's card belongs to. */
static bool read_owner(struct draw_seen *seen, struct rpc_call *call,
                       const Talea__V1__MemberSelector *selector, struct standing_owner *out_owner)
{
    struct card_number card;
    struct uid member;
    if (selector != NULL && selector->by_case == TALEA__V1__MEMBER_SELECTOR__BY_CARD) {
        if (!request_card(call, selector->card, &card)) {
            return false;
        }
        *out_owner = standing_of_card(&card);
    } else if (request_member_now(seen->node, call, selector, &member)) {
        *out_owner = standing_of_member(&member);
    } else {
        return false;
    }
    enum err err = draw_owner_now(seen, out_owner, out_owner);
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_MEMBER_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
    return err == ERR_OK;
}

/* What the list says of the entrant, as it was fixed; nothing when its pages are forgotten. */
static enum err find_fixed(struct draw_seen *seen, const uint8_t id[DRAW_ID_BYTES],
                           uint64_t *out_tickets)
{
    struct draw_member member;
    enum err err = draw_find_entrant(seen->node, seen->snapshot, &seen->state,
                                     &seen->paper->closing, id, &member);
    *out_tickets = err == ERR_OK ? member.entrant.tickets : 0;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Where who won is out, and all have a prize, each is sure of one; else others' tickets that leave
 * make it more, but for the first prize. */
static void fill_ppm(const struct draw_terms *terms, const struct draw_closing *closing,
                     Talea__V1__GetDrawChanceResponse *response)
{
    bool is_sure = terms->is_once && response->tickets > 0 && closing->entrants <= response->prizes;
    uint32_t ppm = draw_chance_ppm(response->tickets, response->total_tickets, response->prizes);
    response->chance_ppm = is_sure ? 1000000 : ppm;
    response->is_at_least =
        terms->is_once && response->prizes > 1 && ppm > 0 && response->chance_ppm < 1000000;
}

static enum err fill_chance(struct draw_seen *seen, const struct standing_owner *owner,
                            Talea__V1__GetDrawChanceResponse *response)
{
    uint8_t secret[DRAW_SECRET_BYTES];
    uint8_t blind[DRAW_BLIND_BYTES];
    uint8_t id[DRAW_ID_BYTES];
    char text[DRAW_OWNER_MAX];
    char hex[2 * DRAW_ID_BYTES + 1];
    const struct draw_paper *paper = seen->paper;
    if (paper == NULL || paper->stage < DRAW_CLOSED) {
        TRY(seen->plan == NULL ? ERR_NOT_FOUND
                               : draw_tickets_of(seen->node, seen->snapshot, seen->version,
                                                 seen->plan, owner, &response->tickets));
    }
    if (paper == NULL) {
        return ERR_OK;
    }
    TRY(draw_open_secret(seen->node, seen->sealed, secret));
    draw_blind(paper->terms.name, secret, owner, blind, id);
    response->entrant =
        arena_text(&seen->arena, slice_of(hex_format(id, sizeof id, hex), 2 * DRAW_ID_BYTES));
    response->blind = arena_text(
        &seen->arena, slice_of(hex_format(blind, sizeof blind, hex), 2 * DRAW_BLIND_BYTES));
    draw_owner_text(owner, text);
    response->owner = arena_text(&seen->arena, slice_of(text, strlen(text)));
    if (paper->stage >= DRAW_CLOSED) {
        TRY(find_fixed(seen, id, &response->tickets));
        response->total_tickets = paper->closing.tickets;
        response->prizes = (uint32_t)(draw_wanted(&paper->terms) - paper->terms.reserves);
        fill_ppm(&paper->terms, &paper->closing, response);
    }
    return response->entrant == NULL || response->blind == NULL || response->owner == NULL
               ? ERR_RESOURCE
               : ERR_OK;
}

void draw_chance(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetDrawChanceRequest *request =
        (const Talea__V1__GetDrawChanceRequest *)(const void *)message;
    Talea__V1__GetDrawChanceResponse response;
    struct draw_seen seen;
    struct standing_owner owner;
    talea__v1__get_draw_chance_response__init(&response);
    if (!see(node, call, request->name, &seen)) {
        return;
    }
    if (read_owner(&seen, call, request->member, &owner)) {
        enum err err = fill_chance(&seen, &owner, &response);
        if (err == ERR_OK) {
            rpc_call_reply(call, &response.base);
        } else {
            refuse_err(call, err, NULL);
        }
    }
    draw_unsee(&seen);
}
