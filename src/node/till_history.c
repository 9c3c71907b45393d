/* A member's history: back from the newest row of its chain through the journal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/record_reader.h"
#include "node/history_row.h"
#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"

#define INVALID_ARGUMENT 3

/* What the caller wants to see; zeros for everything. */
struct filter {
    Talea__V1__HistoryAccount account;
    const Talea__V1__HistoryKind *kinds;
    size_t kind_count;
    int64_t from;
    int64_t to;
    struct uid transaction;
};

struct page {
    struct node *node;
    struct rpc_call *call;
    struct filter filter;
    struct uid member;
    uint64_t row; /* the next one; 0: none */
    size_t size;
    unsigned looked_at;
    struct record_reader records;
    Talea__V1__ListHistoryResponse response;
};

static bool has_account(const struct filter *filter, const struct history_trace *trace)
{
    switch ((int)filter->account) {
    case TALEA__V1__HISTORY_ACCOUNT__HISTORY_ACCOUNT_AVAILABLE:
        return trace->available != 0;
    case TALEA__V1__HISTORY_ACCOUNT__HISTORY_ACCOUNT_PENDING:
        return trace->pending != 0;
    case TALEA__V1__HISTORY_ACCOUNT__HISTORY_ACCOUNT_HELD:
        return trace->held != 0;
    case TALEA__V1__HISTORY_ACCOUNT__HISTORY_ACCOUNT_DEBT:
        return trace->debt != 0;
    default:
        return true;
    }
}

static bool has_kind(const struct filter *filter, Talea__V1__HistoryKind kind)
{
    for (size_t i = 0; i < filter->kind_count; i++) {
        if (filter->kinds[i] == kind) {
            return true;
        }
    }
    return filter->kind_count == 0;
}

static bool is_wanted(const struct filter *filter, const struct history_trace *trace,
                      const Talea__V1__HistoryRow *row)
{
    struct uid id;
    bool is_in_time = row->business_unix_ms >= filter->from &&
                      (filter->to == 0 || row->business_unix_ms < filter->to);
    bool is_transaction =
        uid_is_nil(&filter->transaction) ||
        (uid_parse(row->transaction_id, &id) == ERR_OK && uid_equal(&id, &filter->transaction));
    return is_in_time && is_transaction && has_account(filter, trace) &&
           has_kind(filter, row->kind);
}

/* ERR_NOT_FOUND at the end of what the journal still has. */
static enum err add_row(struct page *page)
{
    struct record record;
    struct history_trace trace;
    Talea__V1__HistoryRow *row;
    TRY(record_reader_get(&page->records, page->row, &record));
    TRY(history_trace(&record, &page->member, &trace));
    if (!trace.is_of_member || trace.previous_row >= page->row) {
        return ERR_CORRUPT;
    }
    /* Nothing is dated more than a day after it was recorded. */
    if (record.time.ms + DAY_MS < page->filter.from) {
        return ERR_NOT_FOUND;
    }
    TRY(history_row(rpc_call_arena(page->call), &record, &trace, &page->node->config.partner,
                    &row));
    if (is_wanted(&page->filter, &trace, row)) {
        page->response.rows[page->response.n_rows++] = row;
    }
    page->row = trace.previous_row;
    page->looked_at++;
    return ERR_OK;
}

static enum err fill(struct page *page)
{
    struct arena *arena = rpc_call_arena(page->call);
    page->response.rows = arena_alloc(arena, page->size * sizeof *page->response.rows);
    if (page->response.rows == NULL) {
        return ERR_RESOURCE;
    }
    while (page->row != 0 && page->response.n_rows < page->size &&
           page->looked_at < LIMIT_HISTORY_ROWS) {
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
    struct history_trace trace;
    if (!parse_row(token, &page->row)) {
        return ERR_INPUT;
    }
    enum err err = record_reader_get(&page->records, page->row, &record);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_INPUT : err;
    }
    TRY(history_trace(&record, &page->member, &trace));
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
    bool is_found =
        request_member_row(page->node, page->call, &view, request->member, &page->member, &member);
    readers_give(page->node->readers, reader);
    if (!is_found) {
        return false;
    }
    page->row = member.last_row;
    err = request->page_token[0] != '\0' ? check_token(page, request->page_token) : ERR_OK;
    if (err == ERR_INPUT) {
        refuse(page->call, INVALID_ARGUMENT, "INVALID_PAGE_TOKEN",
               "page_token is not one of this member's history.");
    } else if (err != ERR_OK) {
        refuse_err(page->call, err, NULL);
    }
    return err == ERR_OK;
}

/* Size and filter; refuses by itself. */
static bool read_wishes(struct page *page, const Talea__V1__ListHistoryRequest *request)
{
    struct filter *filter = &page->filter;
    if (!request_page_size(page->call, request->page_size, &page->size)) {
        return false;
    }
    if (request->from_unix_ms < 0 || request->to_unix_ms < 0) {
        refuse(page->call, INVALID_ARGUMENT, "INVALID_TIME",
               "from_unix_ms and to_unix_ms are not before 1970.");
        return false;
    }
    *filter = (struct filter){.account = request->account,
                              .kinds = request->kinds,
                              .kind_count = request->n_kinds,
                              .from = request->from_unix_ms,
                              .to = request->to_unix_ms};
    return request->transaction_id[0] == '\0' ||
           request_transaction(page->call, request->transaction_id, &filter->transaction);
}

void till_list_history(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__ListHistoryRequest *request =
        (const Talea__V1__ListHistoryRequest *)(const void *)message;
    struct page page = {.node = context, .call = call};
    char token[24] = "";
    if (!read_wishes(&page, request)) {
        return;
    }
    talea__v1__list_history_response__init(&page.response);
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
}
