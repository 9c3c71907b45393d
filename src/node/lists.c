/* Static lists and segments, as the office asks for them. */
#include <string.h>

#include "node/audience.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

#define INVALID_ARGUMENT   3
#define NOT_FOUND          5
#define ALREADY_EXISTS     6
#define RESOURCE_EXHAUSTED 8

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

/* ---- Lists ---- */

static void send_created(struct reply *reply)
{
    Talea__V1__CreateListResponse response;
    talea__v1__create_list_response__init(&response);
    response.journal_row = reply->outcome.answer.row;
    if (reply->outcome.verdict == VERDICT_STANDING_MOVED) {
        refuse(reply->call, ALREADY_EXISTS, "LIST_EXISTS", "There is a list of this name.");
    } else if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
    } else {
        rpc_call_reply(reply->call, &response.base);
    }
}

/* False: refused, since there are as many as there may be, and this is none of them. */
static bool has_room(struct node *node, struct rpc_call *call, const char *name)
{
    struct static_list *lists = arena_alloc(rpc_call_arena(call), LIMIT_LISTS * sizeof *lists);
    size_t count = 0;
    enum err err = lists == NULL ? ERR_RESOURCE : audience_lists(node, lists, &count);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lists[i].name, name) == 0) {
            return true;
        }
    }
    if (count == LIMIT_LISTS) {
        refuse(call, RESOURCE_EXHAUSTED, "TOO_MANY_LISTS", "There are %u lists already.",
               LIMIT_LISTS);
    }
    return count < LIMIT_LISTS;
}

void office_create_list(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__CreateListRequest *request =
        (const Talea__V1__CreateListRequest *)(const void *)message;
    struct uid transaction;
    struct static_list list = {.created = node_now(node)};
    struct standing_step steps[LIST_STEPS];
    struct buffer groups = {.limit = LIST_STEPS * 64u};
    if (!request_transaction(call, request->transaction_id, &transaction) ||
        !request_text(call, "list", request->list, list.name, sizeof list.name)) {
        return;
    }
    if (list.name[0] == '\0') {
        refuse(call, INVALID_ARGUMENT, "INVALID_TEXT", "list is empty.");
        return;
    }
    if (!has_room(node, call, list.name)) {
        return;
    }
    uint8_t *bytes = arena_alloc(rpc_call_arena(call), groups.limit);
    if (bytes == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    groups.at = bytes;
    groups.capacity = groups.limit;
    struct standing_owner owner = standing_of_list(text_of(list.name));
    struct uid id = standing_transaction(STANDING_ID_CHANGE, &node->config.partner, &transaction);
    struct command command = command_now(node, COMMAND_CHANGE_STANDING, &id);
    standing_write_group(&groups, &owner, steps, list_steps(&list, steps));
    command.standing =
        (struct command_standing){.issuer = node->config.partner,
                                  .occasion = transaction,
                                  .said = hash_of(HASH_DOMAIN_BODY, text_of(list.name)),
                                  .groups = buffer_slice(&groups)};
    reply_after(node, call, &command, NULL, send_created);
}

static bool is_counted(const struct audience_report *report, const char *name, uint64_t *out_count)
{
    for (size_t i = 0; i < report->list_count; i++) {
        if (strcmp(report->lists[i].list.name, name) == 0) {
            *out_count = report->lists[i].members;
            return true;
        }
    }
    return false;
}

static enum err fill_lists(struct node *node, struct arena *arena,
                           const struct audience_report *report,
                           Talea__V1__ListListsResponse *response)
{
    struct static_list *lists = arena_alloc(arena, LIMIT_LISTS * sizeof *lists);
    size_t count = 0;
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    TRY(audience_lists(node, lists, &count));
    response->lists = arena_alloc(arena, (count + 1) * sizeof(void *));
    for (size_t i = 0; response->lists != NULL && i < count; i++) {
        Talea__V1__StaticList *row = arena_alloc(arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__static_list__init(row);
        row->list = lists[i].name;
        row->created_unix_ms = lists[i].created.ms;
        row->is_counted = is_counted(report, lists[i].name, &row->members);
        response->lists[response->n_lists++] = row;
    }
    return response->lists == NULL ? ERR_RESOURCE : ERR_OK;
}

void office_list_lists(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    Talea__V1__ListListsResponse response;
    talea__v1__list_lists_response__init(&response);
    struct arena *arena = rpc_call_arena(call);
    struct audience_report *report = arena_alloc(arena, sizeof *report);
    enum err err = ERR_RESOURCE;
    (void)message;
    if (report != NULL) {
        audience_get_report(node->audience, report);
        response.counted_unix_ms = report->counted_at.ms;
        err = fill_lists(node, arena, report, &response);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
}

/* ---- Segments ---- */

void office_list_segments(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    Talea__V1__ListSegmentsResponse response;
    talea__v1__list_segments_response__init(&response);
    struct arena *arena = rpc_call_arena(call);
    struct audience_report *report = arena_alloc(arena, sizeof *report);
    (void)message;
    if (report == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    audience_get_report(node->audience, report);
    struct snapshot *snapshot = node_snapshot(node);
    const struct programme_version *version = programmes_at(snapshot->programmes, node_now(node));
    const struct rules_text *text = &version->file.rules;
    bool is_counted = report->counted_at.ms != 0 && report->version == version->number;
    response.programme_version = version->programme.version;
    response.counted_unix_ms = is_counted ? report->counted_at.ms : 0;
    response.members = is_counted ? report->members : 0;
    response.is_counting = report->is_counting;
    response.looked_at = report->looked_at;
    response.segments = arena_alloc(arena, (text->segment_count + 1) * sizeof(void *));
    for (size_t s = 0; response.segments != NULL && s < text->segment_count; s++) {
        Talea__V1__Segment *row = arena_alloc(arena, sizeof *row);
        if (row == NULL) {
            break;
        }
        talea__v1__segment__init(row);
        row->segment = arena_text(arena, text_of(text->segments[s].name));
        row->members = is_counted ? report->segments[s] : 0;
        response.segments[response.n_segments++] = row;
    }
    snapshot_release(snapshot);
    if (response.n_segments != text->segment_count) {
        refuse_err(call, ERR_RESOURCE, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
}

void office_refresh_segments(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    Talea__V1__RefreshSegmentsResponse response;
    talea__v1__refresh_segments_response__init(&response);
    (void)message;
    audience_refresh(node->audience);
    rpc_call_reply(call, &response.base);
}

static enum err fill_reasons(struct arena *arena, const struct programme_version *version,
                             unsigned points_decimals, const struct audience_member *member,
                             Talea__V1__ShowSegmentsResponse *response)
{
    const struct rules_text *text = &version->file.rules;
    size_t count = member->segments == NULL ? 0 : text->segment_count;
    response->segments = arena_alloc(arena, (count + 1) * sizeof(void *));
    for (size_t s = 0; response->segments != NULL && s < count; s++) {
        const struct trace_row *trace = &member->segments[s];
        Talea__V1__SegmentReason *row = arena_alloc(arena, sizeof *row);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
        talea__v1__segment_reason__init(row);
        row->segment = arena_text(arena, text_of(text->segments[s].name));
        row->is_in = trace->reason == TRACE_FIRED;
        row->reason =
            row->is_in ? row->reason : (char *)(uintptr_t)trace_reason_name(trace->reason);
        row->has = trace->reason == TRACE_SEGMENT ? 0 : trace->has;
        row->wants = trace->wants;
        if (trace->metric != NO_METRIC) {
            row->decimals = metric_of_decimals(text->metrics[trace->metric].of, points_decimals,
                                               version->file.money_decimals);
            row->metric = arena_text(arena, text_of(text->metrics[trace->metric].name));
        }
        if (trace->reason == TRACE_SEGMENT) {
            row->other = arena_text(arena, text_of(text->segments[trace->has].name));
        }
        if (row->segment == NULL || row->metric == NULL || row->other == NULL) {
            return ERR_RESOURCE;
        }
        response->segments[response->n_segments++] = row;
    }
    return response->segments == NULL ? ERR_RESOURCE : ERR_OK;
}

static void reply_segments(struct node *node, struct rpc_call *call, const struct ledger_view *view,
                           const struct uid *id)
{
    Talea__V1__ShowSegmentsResponse response;
    talea__v1__show_segments_response__init(&response);
    struct arena arena;
    struct audience_member member;
    struct snapshot *snapshot = node_snapshot(node);
    const struct programme_version *version = programmes_at(snapshot->programmes, node_now(node));
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err =
        audience_look(node, view, snapshot, id, audience_today(node, version), &arena, &member);
    if (err == ERR_OK && !member.is_somebody) {
        err = ERR_NOT_FOUND;
    }
    if (err == ERR_OK) {
        response.member_id = message_uid(&arena, id);
        response.programme_version = version->programme.version;
        err = response.member_id == NULL
                  ? ERR_RESOURCE
                  : fill_reasons(&arena, version, snapshot->charter->points_decimals, &member,
                                 &response);
    }
    if (err == ERR_NOT_FOUND) {
        refuse_verdict(call, VERDICT_MEMBER_UNKNOWN);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else {
        rpc_call_reply(call, &response.base);
    }
    arena_fini(&arena);
    snapshot_release(snapshot);
}

void office_show_segments(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ShowSegmentsRequest *request =
        (const Talea__V1__ShowSegmentsRequest *)(const void *)message;
    request_about_member(context, call, request->member, reply_segments);
}
