/* Who is in a segment or on a list: pages of members, each looked at when it is asked for. */
#include <string.h>

#include "node/audience.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

#define INVALID_ARGUMENT 3
#define NOT_FOUND        5
#define LOOKED_AT_MAX    4096u /* by one call: a page may be shorter than it was asked for */
#define TOKEN_BYTES      (2 * sizeof((struct uid){{0}}.bytes) + 1)

struct page {
    struct node *node;
    struct rpc_call *call;
    struct snapshot *snapshot;
    int64_t day;
    size_t segment; /* its place; SIZE_MAX: a list */
    uint64_t slot;  /* the list's */
    size_t size;
    size_t id_count;
    struct uid ids[LOOKED_AT_MAX + 1];
};

static enum err gather(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct page *page = context;
    struct reader in = reader_of(key);
    read_copy(&in, page->ids[page->id_count].bytes, sizeof page->ids[0].bytes);
    TRY(reader_finish(&in));
    page->id_count++;
    return page->id_count > LOOKED_AT_MAX ? ERR_NOT_FOUND : ERR_OK;
}

static bool is_wanted(const struct page *page, const struct audience_member *member)
{
    if (!member->is_somebody) {
        return false;
    }
    return page->segment == SIZE_MAX
               ? standing_value(&member->standing, page->slot, STANDING_KEPT) != 0
               : member->segments != NULL && member->segments[page->segment].reason == TRACE_FIRED;
}

static enum err add_row(struct arena *arena, const struct ledger_view *view, const struct uid *id,
                        Talea__V1__ListAudienceResponse *response)
{
    struct profile profile;
    Talea__V1__AudienceMember *row = arena_alloc(arena, sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__audience_member__init(row);
    row->member_id = message_uid(arena, id);
    enum err err = ledger_get_profile(view, id, &profile);
    if (err == ERR_OK && profile.card_count > 0) {
        row->card = message_copy(arena, profile.cards[0].digits, sizeof profile.cards[0].digits);
    }
    if (row->member_id == NULL || row->card == NULL) {
        return ERR_RESOURCE;
    }
    response->members[response->n_members++] = row;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Gives the place of the first that was not looked at. */
static enum err look(struct page *page, struct arena *arena,
                     Talea__V1__ListAudienceResponse *response, size_t *out_next)
{
    struct state_reader *reader;
    struct arena scratch;
    size_t count = page->id_count < LOOKED_AT_MAX ? page->id_count : LOOKED_AT_MAX;
    size_t i = 0;
    TRY(readers_take(page->node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    arena_init(&scratch, LIMIT_DECODED_BYTES);
    enum err err = ERR_OK;
    for (; i < count && err == ERR_OK && response->n_members < page->size; i++) {
        struct audience_member member;
        arena_reset(&scratch);
        err = rpc_call_is_cancelled(page->call)
                  ? ERR_CANCELLED
                  : audience_look(page->node, &view, page->snapshot, &page->ids[i], page->day,
                                  &scratch, &member);
        if (err == ERR_OK && is_wanted(page, &member)) {
            err = add_row(arena, &view, &page->ids[i], response);
        }
    }
    arena_fini(&scratch);
    readers_give(page->node->readers, reader);
    *out_next = i;
    return err;
}

static void reply_page(struct page *page)
{
    Talea__V1__ListAudienceResponse response;
    talea__v1__list_audience_response__init(&response);
    char token[TOKEN_BYTES] = "";
    struct arena *arena = rpc_call_arena(page->call);
    size_t next = 0;
    response.members = arena_alloc(arena, (page->size + 1) * sizeof(void *));
    enum err err = response.members == NULL ? ERR_RESOURCE : look(page, arena, &response, &next);
    if (err != ERR_OK) {
        refuse_err(page->call, err, NULL);
        return;
    }
    if (next < page->id_count) {
        hex_format(page->ids[next].bytes, sizeof page->ids[0].bytes, token);
    }
    response.looked_at = next;
    response.next_page_token = token;
    rpc_call_reply(page->call, &response.base);
}

/* False: refused. */
static bool find_segment(struct page *page, const char *name)
{
    const struct rules_text *text =
        &programmes_at(page->snapshot->programmes, node_now(page->node))->file.rules;
    for (page->segment = 0; page->segment < text->segment_count; page->segment++) {
        if (strcmp(text->segments[page->segment].name, name) == 0) {
            return true;
        }
    }
    refuse(page->call, NOT_FOUND, "SEGMENT_UNKNOWN", "The programme has no such segment.");
    return false;
}

static bool find_list(struct page *page, const char *name)
{
    struct state_reader *reader;
    struct static_list unused;
    struct slice text = slice_of(name, strlen(name));
    struct standing_owner owner = standing_of_list(text);
    struct standing_row row = {.count = 0};
    enum err err = readers_take(page->node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        err = standing_get_row(&view, &owner, &row);
        readers_give(page->node->readers, reader);
    }
    if (err != ERR_OK) {
        refuse_err(page->call, err, NULL);
        return false;
    }
    struct standing standing = standing_of_row(&row);
    page->segment = SIZE_MAX;
    page->slot = text.length <= LIMIT_RULE_NAME_BYTES ? list_slot(text) : 0;
    if (page->slot == 0 || !list_read(&standing, &unused)) {
        refuse(page->call, NOT_FOUND, "LIST_UNKNOWN", "There is no such list.");
        return false;
    }
    return true;
}

static void list_audience(struct page *page, const Talea__V1__ListAudienceRequest *request)
{
    struct uid from = {{0}};
    bool has_token = request->page_token[0] != '\0';
    page->size = request->page_size == 0 ? LIMIT_PAGE_ROWS : request->page_size;
    if (page->size > LIMIT_PAGE_ROWS) {
        refuse(page->call, INVALID_ARGUMENT, "PAGE_TOO_LARGE", "page_size is more than %u.",
               LIMIT_PAGE_ROWS);
        return;
    }
    if (has_token && hex_parse(request->page_token, from.bytes, sizeof from.bytes) != ERR_OK) {
        refuse(page->call, INVALID_ARGUMENT, "INVALID_PAGE_TOKEN",
               "page_token is not one of an earlier answer.");
        return;
    }
    bool is_list = request->of_case == TALEA__V1__LIST_AUDIENCE_REQUEST__OF_LIST;
    if (!is_list && request->of_case != TALEA__V1__LIST_AUDIENCE_REQUEST__OF_SEGMENT) {
        refuse(page->call, INVALID_ARGUMENT, "INVALID_INPUT", "Name a list or a segment.");
        return;
    }
    if (is_list ? !find_list(page, request->list) : !find_segment(page, request->segment)) {
        return;
    }
    enum err err = has_token ? ERR_OK : engine_checkpoint(page->node->engine);
    if (err == ERR_OK) {
        err = state_scan(page->node->state, TABLE_MEMBER, slice_of(NULL, 0),
                         slice_of(from.bytes, has_token ? sizeof from.bytes : 0), gather, page);
    }
    if (err != ERR_OK) {
        refuse_err(page->call, err, NULL);
        return;
    }
    reply_page(page);
}

void office_list_audience(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct page *page = arena_alloc(rpc_call_arena(call), sizeof *page);
    if (page == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    memset(page, 0, sizeof *page);
    page->node = node;
    page->call = call;
    page->snapshot = node_snapshot(node);
    page->day = audience_today(node, programmes_at(page->snapshot->programmes, node_now(node)));
    struct snapshot *snapshot = page->snapshot;
    list_audience(page, (const Talea__V1__ListAudienceRequest *)(const void *)message);
    snapshot_release(snapshot);
}
