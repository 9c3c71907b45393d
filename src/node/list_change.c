/* Members put on a static list, or taken off: a stream of them, one answer for each, in order. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "node/audience.h"
#include "node/import_refusal.h"
#include "node/in_flight.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

#define GROUP_BYTES 128u /* of one number of one member */
#define TRIES       16u

struct list_item {
    struct in_flight *in_flight;
    struct uid transaction;
    struct uid member;
    struct import_refusal refusal; /* before the command was submitted */
    char list[LIMIT_RULE_NAME_BYTES + 1];
    bool is_on; /* afterwards */
    bool is_submitted;
    uint8_t groups[GROUP_BYTES];
    struct command command;
    struct outcome outcome;
};

/* One call. */
struct list_stream {
    struct node *node;
    struct rpc_stream *stream;
    struct state_reader *reader;
    struct snapshot *snapshot;
    struct in_flight in_flight;
    struct note note;                      /* why the call ends */
    char known[LIMIT_RULE_NAME_BYTES + 1]; /* the last list that there is */
    size_t count;
    struct list_item group[LIMIT_IMPORT_GROUP_MEMBERS];
};

/* On the writer's thread. */
static void changed(void *context, const struct outcome *outcome)
{
    struct list_item *item = context;
    item->outcome = *outcome;
    in_flight_end(item->in_flight);
}

static enum err look_up_list(struct list_stream *lists, struct list_item *item)
{
    struct ledger_view view = state_reader_view(lists->reader);
    struct slice name = slice_of(item->list, strlen(item->list));
    struct standing_owner owner = standing_of_list(name);
    struct static_list unused;
    struct standing_row row;
    if (strcmp(lists->known, item->list) == 0) {
        return ERR_OK;
    }
    TRY(standing_get_row(&view, &owner, &row));
    struct standing standing = standing_of_row(&row);
    if (!list_read(&standing, &unused)) {
        (void)import_refuse(&item->refusal, "LIST_UNKNOWN",
                            "There is no such list: make it first, talea list create.");
        return ERR_OK;
    }
    memcpy(lists->known, item->list, sizeof lists->known);
    return ERR_OK;
}

/* What the member has of it now. */
static enum err read_value(struct list_stream *lists, const struct list_item *item,
                           int64_t *out_value)
{
    struct ledger_view view = state_reader_view(lists->reader);
    struct standing_owner owner = standing_of_member(&item->member);
    struct standing_row row;
    TRY(ledger_get_standing(&view, &lists->snapshot->roster, &owner, &row));
    struct standing standing = standing_of_row(&row);
    *out_value = standing_value(&standing, list_slot(slice_of(item->list, strlen(item->list))),
                                STANDING_KEPT);
    return ERR_OK;
}

static struct hash said_of(const struct list_item *item)
{
    struct hasher hasher;
    const uint8_t is_on = item->is_on ? 1 : 0;
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(item->list, strlen(item->list) + 1));
    hasher_add(&hasher, slice_of(item->member.bytes, sizeof item->member.bytes));
    hasher_add(&hasher, slice_of(&is_on, 1));
    return hasher_finish(&hasher);
}

/* False: it is as it should be already. */
static enum err make_command(struct list_stream *lists, struct list_item *item, bool *out_is_needed)
{
    int64_t before = 0;
    struct standing_owner owner = standing_of_member(&item->member);
    struct buffer groups = {
        .at = item->groups, .capacity = sizeof item->groups, .limit = sizeof item->groups};
    TRY(read_value(lists, item, &before));
    *out_is_needed = (before != 0) != item->is_on;
    if (!*out_is_needed) {
        return ERR_OK;
    }
    struct standing_step step = {.how = STANDING_SET,
                                 .slot = list_slot(slice_of(item->list, strlen(item->list))),
                                 .bucket = STANDING_KEPT,
                                 .before = before,
                                 .after = item->is_on ? 1 : 0};
    standing_write_group(&groups, &owner, &step, 1);
    TRY(groups.err);
    struct uid id =
        standing_transaction(STANDING_ID_CHANGE, &lists->node->config.partner, &item->transaction);
    item->command = command_now(lists->node, COMMAND_CHANGE_STANDING, &id);
    item->command.standing = (struct command_standing){.issuer = lists->node->config.partner,
                                                       .occasion = item->transaction,
                                                       .said = said_of(item),
                                                       .groups = buffer_slice(&groups)};
    return ERR_OK;
}

/* False: refused. */
static bool read_item(struct list_stream *lists, const Talea__V1__ChangeListRequest *request,
                      struct list_item *item)
{
    struct ledger_view view = state_reader_view(lists->reader);
    struct member row;
    if (!import_check_text(&item->refusal, "list", request->list, LIMIT_RULE_NAME_BYTES)) {
        return false;
    }
    memcpy(item->list, request->list, strlen(request->list));
    item->is_on = !request->is_removed;
    enum err err = member_selected(lists->node, &view, request->member, &item->member);
    if (err == ERR_OK) {
        err = ledger_follow_member(&view, &item->member, &row);
    }
    if (err == ERR_INPUT) {
        return import_refuse(&item->refusal, "INVALID_SELECTOR",
                             "What names the member is no card number, member_id or reference.");
    }
    if (err != ERR_OK || row.is_pool) {
        return import_refuse_verdict(&item->refusal, VERDICT_MEMBER_UNKNOWN);
    }
    return row.is_erased ? import_refuse_verdict(&item->refusal, VERDICT_MEMBER_ERASED) : true;
}

static enum err submit(struct list_stream *lists, const Talea__V1__ChangeListRequest *request,
                       struct list_item *item)
{
    bool is_needed = false;
    if (!read_item(lists, request, item)) {
        return ERR_OK;
    }
    TRY(look_up_list(lists, item));
    if (item->refusal.code != NULL) {
        return ERR_OK;
    }
    TRY(make_command(lists, item, &is_needed));
    if (!is_needed) {
        return ERR_OK;
    }
    item->is_submitted = true;
    in_flight_begin(&lists->in_flight);
    enum err err = engine_submit(lists->node->engine, &item->command, changed, item);
    if (err != ERR_OK) {
        in_flight_end(&lists->in_flight);
    }
    return err;
}

/* Somebody changed the member's number meanwhile, as another row of the same file may. */
static enum err change_again(struct list_stream *lists, struct list_item *item)
{
    for (unsigned i = 0; i < TRIES && item->is_submitted && item->outcome.err == ERR_OK &&
                         item->outcome.verdict == VERDICT_STANDING_MOVED;
         i++) {
        TRY(make_command(lists, item, &item->is_submitted));
        if (item->is_submitted) {
            item->outcome = engine_execute(lists->node->engine, &item->command);
        }
    }
    return ERR_OK;
}

static enum err answer(struct list_stream *lists, struct list_item *item)
{
    Talea__V1__ChangeListResponse response;
    talea__v1__change_list_response__init(&response);
    char transaction[UID_TEXT_MAX];
    char member[UID_TEXT_MAX];
    response.transaction_id = (char *)(uintptr_t)uid_format(&item->transaction, transaction);
    if (item->refusal.code == NULL && item->is_submitted && item->outcome.verdict != VERDICT_OK) {
        import_refuse_verdict(&item->refusal, item->outcome.verdict);
    }
    if (item->refusal.code != NULL) {
        response.refusal = (char *)(uintptr_t)item->refusal.code;
        response.message = item->refusal.message.text;
    } else {
        response.member_id = (char *)(uintptr_t)uid_format(&item->member, member);
        response.is_changed = item->is_submitted;
    }
    return rpc_stream_send(lists->stream, &response.base);
}

/* Waits for the group and answers it. */
static enum err flush(void *context)
{
    struct list_stream *lists = context;
    size_t count = lists->count;
    lists->count = 0;
    in_flight_wait(&lists->in_flight, 0);
    for (size_t i = 0; i < count; i++) {
        struct list_item *item = &lists->group[i];
        TRY(change_again(lists, item));
        if (item->is_submitted && item->outcome.err != ERR_OK) {
            return ERR_UNAVAILABLE; /* the outcome is unknown: the caller sends it again */
        }
        TRY(answer(lists, item));
    }
    return ERR_OK;
}

static enum err take(void *context, const ProtobufCMessage *message)
{
    struct list_stream *lists = context;
    const Talea__V1__ChangeListRequest *request =
        (const Talea__V1__ChangeListRequest *)(const void *)message;
    struct list_item *item = &lists->group[lists->count];
    *item = (struct list_item){.in_flight = &lists->in_flight};
    if (uid_parse(request->transaction_id, &item->transaction) != ERR_OK ||
        uid_is_nil(&item->transaction)) {
        TRY(flush(lists));
        return note_set(&lists->note, ERR_INPUT,
                        "transaction_id is not a UUID in its 36-character form");
    }
    if (submit(lists, request, item) != ERR_OK) {
        TRY(flush(lists));
        return ERR_UNAVAILABLE;
    }
    lists->count++;
    return lists->count == LIMIT_IMPORT_GROUP_MEMBERS ? flush(lists) : ERR_OK;
}

struct rpc_status office_change_list(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct list_stream *lists = calloc(1, sizeof *lists);
    if (lists == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    struct in_flight_group group = {lists, &lists->count, take, flush};
    lists->node = node;
    lists->stream = stream;
    lists->snapshot = node_snapshot(node);
    in_flight_init(&lists->in_flight);
    enum err err = readers_take(node->readers, &lists->reader);
    if (err == ERR_OK) {
        err = in_flight_serve(stream, &group);
        in_flight_wait(&lists->in_flight, 0);
        readers_give(node->readers, lists->reader);
    }
    in_flight_fini(&lists->in_flight);
    snapshot_release(lists->snapshot);
    struct note note = lists->note;
    free(lists);
    return err == ERR_NOT_FOUND ? rpc_status_ok()
                                : rpc_status_of(err, note.text[0] != '\0' ? &note : NULL);
}
