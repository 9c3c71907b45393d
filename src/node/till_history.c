/* A member's history: back from the newest row of its chain through the journal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/record_reader.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/till.pb-c.h"

#define PAGE_ROWS_DEFAULT 50u
#define INVALID_ARGUMENT  3

/* What one record did to the member. */
struct trace {
    bool is_of_member; /* the record is in the member's chain */
    uint64_t previous_row;
    bool has_breakage;
    int64_t available;
    int64_t pending;
    int64_t held;
    int64_t debt;
};

static void trace_side(struct trace *trace, const struct uid *member,
                       const struct account_ref *account, int64_t credited)
{
    bool is_members = uid_equal(&account->member, member);
    if (account->kind == ACCOUNT_BREAKAGE) {
        trace->has_breakage = true;
    } else if (account->kind == ACCOUNT_AVAILABLE && is_members) {
        trace->available += credited;
    } else if (account->kind == ACCOUNT_PENDING && is_members) {
        trace->pending += credited;
    } else if (account->kind == ACCOUNT_HELD && is_members) {
        trace->held += credited;
    } else if (account->kind == ACCOUNT_DEBT && is_members) {
        trace->debt -= credited;
    }
}

static enum err trace_record(const struct record *record, const struct uid *member,
                             struct trace *out_trace)
{
    struct trace trace = {0};
    struct reader in = reader_of(record->effects);
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        if (in.err != ERR_OK) {
            return in.err;
        }
        if (effect.kind == EFFECT_POST) {
            trace_side(&trace, member, &effect.post.debit, -effect.post.points.minor);
            trace_side(&trace, member, &effect.post.credit, effect.post.points.minor);
        } else if (effect.kind == EFFECT_HISTORY && uid_equal(&effect.history.member, member)) {
            trace.is_of_member = true;
            trace.previous_row = effect.history.previous_row;
        }
    }
    *out_trace = trace;
    return ERR_OK;
}

static Talea__V1__HistoryKind kind_of_entry(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_EARN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN;
    case ENTRY_CAPTURE:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_CAPTURE;
    case ENTRY_VOID:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_VOID;
    case ENTRY_EARN_RETURN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN_RETURN;
    case ENTRY_BURN_RETURN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_BURN_RETURN;
    case ENTRY_ADJUSTMENT:
    case ENTRY_PERIOD_MARK:
    case ENTRY_KIND_END:
        break;
    }
    return TALEA__V1__HISTORY_KIND__HISTORY_KIND_ADJUSTMENT;
}

static Talea__V1__HistoryKind kind_of(const struct command *command, const struct trace *trace)
{
    switch (command->kind) {
    case COMMAND_ENROL:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_ENROL;
    case COMMAND_ISSUE_CARD:
    case COMMAND_BLOCK_CARD:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_CARD;
    case COMMAND_EARN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN;
    case COMMAND_HOLD:
    case COMMAND_FOREIGN_HOLD:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_HOLD;
    case COMMAND_CAPTURE:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_CAPTURE;
    case COMMAND_VOID:
    case COMMAND_EXPIRE_HOLD: /* to the member it is the same: the points came back */
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_VOID;
    case COMMAND_RETURN_SALE:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_EARN_RETURN;
    case COMMAND_RETURN_BURN:
        return TALEA__V1__HISTORY_KIND__HISTORY_KIND_BURN_RETURN;
    case COMMAND_SETTLE_MEMBER:
        return trace->has_breakage ? TALEA__V1__HISTORY_KIND__HISTORY_KIND_EXPIRY
                                   : TALEA__V1__HISTORY_KIND__HISTORY_KIND_ACTIVATION;
    case COMMAND_TAKE_ENTRY:
        return kind_of_entry(command->take_entry.entry.kind);
    case COMMAND_TAKE_BATCH:
    case COMMAND_TAKE_RECEIPT:
    case COMMAND_CLOSE_PERIOD:
    case COMMAND_PUT_PAIR:
    case COMMAND_FREEZE_STREAM:
    case COMMAND_TRANSFER:
    case COMMAND_OPEN_POOL:
    case COMMAND_JOIN_POOL:
    case COMMAND_LEAVE_POOL:
    case COMMAND_PROPOSE_ADJUSTMENT:
    case COMMAND_RULE_ADJUSTMENT:
    case COMMAND_UNBLOCK_CARD:
    case COMMAND_BLOCK_MEMBER:
    case COMMAND_UNBLOCK_MEMBER:
    case COMMAND_MERGE_MEMBERS:
    case COMMAND_UNMERGE_MEMBERS:
    case COMMAND_ERASE_MEMBER:
    case COMMAND_PRUNE:
    case COMMAND_KIND_END:
        break;
    }
    return TALEA__V1__HISTORY_KIND__HISTORY_KIND_ADJUSTMENT;
}

/* In whose shop it happened. */
static const struct partner_id *shop_of(const struct command *command,
                                        const struct partner_id *self)
{
    if (command->kind == COMMAND_TAKE_ENTRY) {
        return &command->take_entry.sender;
    }
    if (command->kind == COMMAND_HOLD) {
        return &command->hold.redeemer;
    }
    return command->kind == COMMAND_EXPIRE_HOLD ? &command->due.redeemer : self;
}

static const char *reference_of(const struct command *command)
{
    if (command->kind == COMMAND_EARN) {
        return command->earn.receipt;
    }
    if (command->kind == COMMAND_HOLD) {
        return command->hold.receipt;
    }
    if (command->kind == COMMAND_RETURN_SALE) {
        return command->return_sale.receipt;
    }
    bool is_use = command->kind == COMMAND_CAPTURE || command->kind == COMMAND_VOID ||
                  command->kind == COMMAND_RETURN_BURN;
    return is_use ? command->use.receipt : "";
}

static char *copy_text(struct arena *arena, const char *text, size_t capacity)
{
    return arena_text(arena, slice_of(text, strnlen(text, capacity)));
}

/* ERR_RESOURCE when the arena is full. */
static enum err message_row(struct arena *arena, const struct record *record,
                            const struct trace *trace, const struct partner_id *self,
                            Talea__V1__HistoryRow **out_row)
{
    struct command command;
    Talea__V1__HistoryRow *row = arena_alloc(arena, sizeof *row);
    TRY(command_decode(record->kind, record->body, &command));
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    bool is_entry = record->kind == COMMAND_TAKE_ENTRY;
    const struct clearing_entry *entry = &command.take_entry.entry;
    const struct uid *id = is_entry ? &entry->transaction_id : &record->transaction_id;
    talea__v1__history_row__init(row);
    row->journal_row = record->row;
    row->kind = kind_of(&command, trace);
    row->recorded_unix_ms = record->time.ms;
    row->business_unix_ms = is_entry ? entry->business_time.ms : record->business_time.ms;
    row->available_delta_points = trace->available;
    row->pending_delta_points = trace->pending;
    row->held_delta_points = trace->held;
    row->debt_delta_points = trace->debt;
    row->transaction_id = uid_is_nil(id) ? copy_text(arena, "", 1) : message_uid(arena, id);
    row->partner = copy_text(arena, shop_of(&command, self)->text, PARTNER_ID_MAX);
    row->reference = copy_text(arena, reference_of(&command), LIMIT_REFERENCE_BYTES);
    if (row->transaction_id == NULL || row->partner == NULL || row->reference == NULL) {
        return ERR_RESOURCE;
    }
    *out_row = row;
    return ERR_OK;
}

struct page {
    struct node *node;
    struct rpc_call *call;
    struct uid member;
    uint64_t row; /* the next one */
    size_t size;
    struct arena arena;
    struct record_reader records;
    Talea__V1__ListHistoryResponse response;
};

/* ERR_NOT_FOUND at the end of what the journal still has. */
static enum err add_row(struct page *page)
{
    struct record record;
    struct trace trace;
    Talea__V1__HistoryRow *row;
    TRY(record_reader_get(&page->records, page->row, &record));
    TRY(trace_record(&record, &page->member, &trace));
    if (!trace.is_of_member || trace.previous_row >= page->row) {
        return ERR_CORRUPT;
    }
    TRY(message_row(&page->arena, &record, &trace, &page->node->config.partner, &row));
    page->response.rows[page->response.n_rows++] = row;
    page->row = trace.previous_row;
    return ERR_OK;
}

static enum err fill(struct page *page)
{
    page->response.rows = arena_alloc(&page->arena, page->size * sizeof *page->response.rows);
    if (page->response.rows == NULL) {
        return ERR_RESOURCE;
    }
    while (page->row != 0 && page->response.n_rows < page->size) {
        if (rpc_call_is_cancelled(page->call)) {
            return ERR_CANCELLED;
        }
        enum err err = add_row(page);
        if (err == ERR_NOT_FOUND) {
            page->row = 0;
        } else if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

/* A decimal number without anything around it. */
static bool parse_row(const char *token, uint64_t *out_row)
{
    uint64_t row = 0;
    size_t length = strlen(token);
    if (length == 0 || length > 19 || token[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (token[i] < '0' || token[i] > '9') {
            return false;
        }
        row = row * 10 + (uint64_t)(token[i] - '0');
    }
    *out_row = row;
    return true;
}

/* A row that is not of this member's chain is nobody's token, and tells nothing. */
static enum err check_token(struct page *page, const char *token)
{
    struct record record;
    struct trace trace;
    if (!parse_row(token, &page->row)) {
        return ERR_INPUT;
    }
    enum err err = record_reader_get(&page->records, page->row, &record);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_INPUT : err;
    }
    TRY(trace_record(&record, &page->member, &trace));
    return trace.is_of_member ? ERR_OK : ERR_INPUT;
}

/* Whose history, and from which row; refuses by itself. */
static bool begin(struct page *page, const Talea__V1__ListHistoryRequest *request)
{
    struct state_reader *reader;
    struct member member;
    enum err err = readers_take(page->node->readers, &reader);
    if (err != ERR_OK) {
        refuse_err(page->call, err, NULL);
        return false;
    }
    struct ledger_view view = state_reader_view(reader);
    bool is_found = request_member(page->node, page->call, &view, request->member, &page->member);
    if (is_found) {
        err = ledger_get_member(&view, &page->member, &member);
    }
    readers_give(page->node->readers, reader);
    if (!is_found) {
        return false;
    }
    page->row = err == ERR_OK ? member.last_row : 0;
    if (err == ERR_OK && request->page_token[0] != '\0') {
        err = check_token(page, request->page_token);
    }
    if (err == ERR_INPUT) {
        refuse(page->call, INVALID_ARGUMENT, "INVALID_PAGE_TOKEN",
               "page_token is not one of this member's history.");
    } else if (err != ERR_OK) {
        refuse_err(page->call, err, NULL);
    }
    return err == ERR_OK;
}

void till_list_history(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ListHistoryRequest *request =
        (const Talea__V1__ListHistoryRequest *)(const void *)message;
    struct page page = {.node = context, .call = call};
    char token[24] = "";
    if (request->page_size > LIMIT_PAGE_ROWS) {
        refuse(call, INVALID_ARGUMENT, "PAGE_TOO_LARGE", "page_size is more than %u.",
               LIMIT_PAGE_ROWS);
        return;
    }
    page.size = request->page_size == 0 ? PAGE_ROWS_DEFAULT : request->page_size;
    talea__v1__list_history_response__init(&page.response);
    arena_init(&page.arena, LIMIT_DECODED_BYTES);
    record_reader_init(&page.records, &page.node->journal);
    if (begin(&page, request)) {
        enum err err = fill(&page);
        if (err == ERR_OK) {
            if (page.row != 0) {
                snprintf(token, sizeof token, "%" PRIu64, page.row);
            }
            page.response.next_page_token = token;
            rpc_call_reply(call, &page.response.base);
        } else {
            refuse_err(call, err, NULL);
        }
    }
    record_reader_fini(&page.records);
    arena_fini(&page.arena);
}
