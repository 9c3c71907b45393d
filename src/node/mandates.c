/* What operators see of mandates: given to partners and held of them. */
#include <string.h>

#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/standin.h"
#include "talea/v1/back_office.pb-c.h"

/* One answer in the making. */
struct listing {
    struct node *node;
    struct arena *arena;
    struct ledger_view view;
    struct unix_ms now;
    Talea__V1__MandateRow **rows;
    size_t count;
    size_t capacity;
};

static Talea__V1__MandateState state_of(const struct mandate *mandate, struct unix_ms now)
{
    if (now.ms < mandate->valid_from.ms) {
        return TALEA__V1__MANDATE_STATE__MANDATE_STATE_UPCOMING;
    }
    return mandate_is_valid_at(mandate, now) ? TALEA__V1__MANDATE_STATE__MANDATE_STATE_LIVE
                                             : TALEA__V1__MANDATE_STATE__MANDATE_STATE_ENDED;
}

static char *text_of(struct arena *arena, const char *text)
{
    return arena_text(arena, slice_of(text, strlen(text)));
}

/* NULL without memory. */
static Talea__V1__MandateRow *row_message(const struct listing *listing,
                                          const struct mandate_row *row)
{
    const struct mandate *mandate = &row->mandate;
    char id[UID_TEXT_MAX];
    Talea__V1__MandateRow *message = arena_alloc(listing->arena, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    talea__v1__mandate_row__init(message);
    message->mandate_id = text_of(listing->arena, uid_format(&mandate->id, id));
    message->home = text_of(listing->arena, mandate->home.text);
    message->redeemer = text_of(listing->arena, mandate->redeemer.text);
    message->floor_points = mandate->floor.minor;
    message->daily_cap_points = mandate->daily_cap.minor;
    message->valid_from_unix_ms = mandate->valid_from.ms;
    message->valid_until_unix_ms = mandate->valid_until.ms;
    message->used_points = row->used.minor;
    message->burns = row->burns;
    message->state = state_of(mandate, listing->now);
    bool is_whole =
        message->mandate_id != NULL && message->home != NULL && message->redeemer != NULL;
    return is_whole ? message : NULL;
}

static enum err add_row(struct listing *listing, const struct mandate_row *row)
{
    ASSERT(listing->count < listing->capacity);
    listing->rows[listing->count] = row_message(listing, row);
    return listing->rows[listing->count++] == NULL ? ERR_RESOURCE : ERR_OK;
}

/* Those that are valid or will be, or else the last one. */
static enum err add_line(struct listing *listing, const struct partner_id *home,
                         const struct partner_id *redeemer, int64_t *left)
{
    struct standin_mandates mandates;
    struct mandate_row last;
    TRY(standin_mandates(&listing->view, home, redeemer, listing->now, &mandates));
    *left += standin_left(&mandates);
    for (size_t i = 0; i < mandates.count; i++) {
        TRY(add_row(listing, &mandates.rows[i]));
    }
    if (mandates.count > 0) {
        return ERR_OK;
    }
    enum err err = ledger_newest_mandate(&listing->view, home, redeemer, &last);
    return err == ERR_OK ? add_row(listing, &last) : err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err list_all(struct listing *listing, const struct roster *roster,
                         Talea__V1__ListMandatesResponse *response)
{
    listing->capacity = roster->partner_count * 2 * STANDIN_MANDATES_MAX;
    listing->rows = arena_alloc(listing->arena, (listing->capacity + 1) * sizeof *listing->rows);
    if (listing->rows == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        if (!roster_is_self(roster, partner)) {
            TRY(add_line(listing, &roster->self, partner, &response->exposure_points));
            TRY(add_line(listing, partner, &roster->self, &response->allowance_points));
        }
    }
    response->mandates = listing->rows;
    response->n_mandates = listing->count;
    return ERR_OK;
}

/* Whichever partner it is with. */
static enum err find_mandate(struct listing *listing, const struct roster *roster,
                             const struct uid *id, struct mandate_row *out_row)
{
    for (size_t i = 0; i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        enum err err = ledger_get_mandate(&listing->view, &roster->self, partner, id, out_row);
        if (err == ERR_NOT_FOUND) {
            err = ledger_get_mandate(&listing->view, partner, &roster->self, id, out_row);
        }
        if (err != ERR_NOT_FOUND) {
            return err;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err listing_begin(struct node *node, struct rpc_call *call, struct listing *listing,
                              struct state_reader **out_reader)
{
    TRY(readers_take(node->readers, out_reader));
    *listing = (struct listing){.node = node,
                                .arena = rpc_call_arena(call),
                                .view = state_reader_view(*out_reader),
                                .now = node_now(node)};
    return ERR_OK;
}

void office_list_mandates(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct listing listing;
    struct state_reader *reader;
    (void)message;
    Talea__V1__ListMandatesResponse response;
    talea__v1__list_mandates_response__init(&response);
    enum err err = listing_begin(node, call, &listing, &reader);
    if (err == ERR_OK) {
        struct snapshot *snapshot = node_snapshot(node);
        err = list_all(&listing, &snapshot->roster, &response);
        snapshot_release(snapshot);
        readers_give(node->readers, reader);
    }
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
}

void office_get_mandate(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__GetMandateRequest *request =
        (const Talea__V1__GetMandateRequest *)(const void *)message;
    struct uid id;
    struct listing listing;
    struct mandate_row row;
    struct state_reader *reader;
    Talea__V1__GetMandateResponse response;
    talea__v1__get_mandate_response__init(&response);
    if (!request_uid(call, "mandate_id", request->mandate_id, &id)) {
        return;
    }
    enum err err = listing_begin(node, call, &listing, &reader);
    if (err == ERR_OK) {
        struct snapshot *snapshot = node_snapshot(node);
        err = find_mandate(&listing, &snapshot->roster, &id, &row);
        snapshot_release(snapshot);
        readers_give(node->readers, reader);
    }
    if (err == ERR_NOT_FOUND) {
        refuse(call, 5, "MANDATE_UNKNOWN", "There is no such mandate.");
        return;
    }
    if (err == ERR_OK) {
        response.mandate = row_message(&listing, &row);
        err = response.mandate == NULL ? ERR_RESOURCE : ERR_OK;
    }
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
}
