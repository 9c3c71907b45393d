/* Evidence against partners: listed, and handed out. */
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/admin.pb-c.h"
#include "wire/messages.h"

#define INVALID_ARGUMENT 3
#define NOT_FOUND        5

/* The rows found so far. */
struct listing {
    const struct ledger_view *view;
    struct arena *arena;
    Talea__V1__ListEvidenceResponse response;
    size_t capacity;
};

static enum err add_row(struct listing *listing, const struct partner_id *partner, uint64_t number,
                        struct slice bytes)
{
    struct arena decoding;
    struct evidence evidence;
    Talea__V1__EvidenceRow *row = arena_alloc(listing->arena, sizeof *row);
    if (row == NULL || listing->response.n_rows == listing->capacity) {
        return ERR_RESOURCE;
    }
    talea__v1__evidence_row__init(row);
    arena_init(&decoding, LIMIT_DECODED_BYTES);
    bool is_read = wire_evidence_decode(bytes, &decoding, &evidence, NULL) == ERR_OK;
    arena_fini(&decoding);
    row->partner = message_copy(listing->arena, partner->text, sizeof partner->text);
    row->number = number;
    row->kind = (char *)(uintptr_t)(is_read ? evidence_kind_name(evidence.kind) : "unknown");
    row->found_unix_ms = is_read ? evidence.found.ms : 0;
    row->reason = message_copy(listing->arena, is_read ? evidence.reason : "", EVIDENCE_REASON_MAX);
    listing->response.rows[listing->response.n_rows++] = row;
    return row->partner == NULL || row->reason == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err add_partner(struct listing *listing, const struct partner_id *partner)
{
    for (uint64_t number = 1; number <= LIMIT_EVIDENCE_PER_PARTNER; number++) {
        struct ledger_key key;
        struct slice value;
        key_evidence(partner, number, &key);
        enum err err = view_get(listing->view, TABLE_EVIDENCE, &key, &value);
        if (err == ERR_NOT_FOUND) {
            break;
        }
        TRY(err);
        TRY(add_row(listing, partner, number, value));
    }
    return ERR_OK;
}

static enum err list(const struct roster *roster, struct listing *listing)
{
    listing->capacity = roster->partner_count * LIMIT_EVIDENCE_PER_PARTNER;
    listing->response.rows = arena_alloc(listing->arena, (listing->capacity + 1) * sizeof(void *));
    if (listing->response.rows == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < roster->partner_count; i++) {
        TRY(add_partner(listing, &roster->partners[i].id));
    }
    return ERR_OK;
}

void admin_list_evidence(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct state_reader *reader;
    struct listing listing = {.arena = rpc_call_arena(call)};
    (void)message;
    talea__v1__list_evidence_response__init(&listing.response);
    enum err err = readers_take(node->readers, &reader);
    if (err == ERR_OK) {
        struct ledger_view view = state_reader_view(reader);
        struct snapshot *snapshot = node_snapshot(node);
        listing.view = &view;
        err = list(&snapshot->roster, &listing);
        snapshot_release(snapshot);
        readers_give(node->readers, reader);
    }
    if (err == ERR_OK) {
        rpc_call_reply(call, &listing.response.base);
    } else {
        refuse_err(call, err, NULL);
    }
}

static enum err read_evidence(struct node *node, const struct partner_id *partner, uint64_t number,
                              struct buffer *out)
{
    struct state_reader *reader;
    struct ledger_key key;
    struct slice value;
    if (number == 0) { /* what is there is no evidence */
        return ERR_NOT_FOUND;
    }
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    key_evidence(partner, number, &key);
    enum err err = view_get(&view, TABLE_EVIDENCE, &key, &value);
    if (err == ERR_OK) {
        write_bytes(out, value.at, value.length);
        err = out->err;
    }
    readers_give(node->readers, reader);
    return err;
}

void admin_get_evidence(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__GetEvidenceRequest *request =
        (const Talea__V1__GetEvidenceRequest *)(const void *)message;
    Talea__V1__GetEvidenceResponse response;
    struct partner_id partner;
    struct buffer bytes = {0};
    talea__v1__get_evidence_response__init(&response);
    if (partner_id_parse(request->partner, &partner) != ERR_OK) {
        refuse(call, INVALID_ARGUMENT, "INVALID_PARTNER", "There is no partner \"%.40s\".",
               request->partner);
        return;
    }
    enum err err = read_evidence(context, &partner, request->number, &bytes);
    if (err == ERR_OK) {
        response.evidence.data = bytes.at;
        response.evidence.len = bytes.length;
        rpc_call_reply(call, &response.base);
    } else if (err == ERR_NOT_FOUND) {
        refuse(call, NOT_FOUND, "EVIDENCE_UNKNOWN", "There is no evidence %llu against %s.",
               (unsigned long long)request->number, partner.text);
    } else {
        refuse_err(call, err, NULL);
    }
    buffer_fini(&bytes);
}
