/* The ledger's accounts with their totals, all as of one row of the journal. */
#include <string.h>

#include "node/node.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

/* A checkpoint that falls between two readings makes them begin anew. */
#define ATTEMPTS 16u

struct report {
    struct arena *arena;
    Talea__V1__GetReportResponse *response;
    size_t capacity;
    struct account members; /* all kinds together */
    uint64_t member_count;
};

static enum err grow(struct report *report)
{
    Talea__V1__GetReportResponse *response = report->response;
    if (response->n_accounts < report->capacity) {
        return ERR_OK;
    }
    size_t capacity = report->capacity == 0 ? 64 : 2 * report->capacity;
    Talea__V1__AccountTotal **rows = arena_alloc(report->arena, capacity * sizeof *rows);
    if (rows == NULL) {
        return ERR_RESOURCE;
    }
    if (response->n_accounts > 0) {
        memcpy(rows, response->accounts, response->n_accounts * sizeof *rows);
    }
    response->accounts = rows;
    report->capacity = capacity;
    return ERR_OK;
}

static enum err add_row(struct report *report, const char *name, const struct account_ref *account,
                        const struct account *sums)
{
    TRY(grow(report));
    Talea__V1__AccountTotal *row = arena_alloc(report->arena, sizeof *row);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    talea__v1__account_total__init(row);
    row->account = (char *)(uintptr_t)name; /* a constant */
    row->partner =
        arena_text(report->arena,
                   slice_of(account->partner.text, strnlen(account->partner.text, PARTNER_ID_MAX)));
    row->period = account->period.code;
    row->debit_points = sums->debit;
    row->credit_points = sums->credit;
    if (row->partner == NULL) {
        return ERR_RESOURCE;
    }
    report->response->accounts[report->response->n_accounts++] = row;
    return ERR_OK;
}

/* The sum over all members of one kind of balance. */
static enum err add_members(struct report *report, enum account_kind kind,
                            const struct account *sums)
{
    Talea__V1__GetReportResponse *response = report->response;
    int64_t balance;
    TRY(int64_sub(sums->credit, sums->debit, &balance));
    TRY(int64_add(report->members.debit, sums->debit, &report->members.debit));
    TRY(int64_add(report->members.credit, sums->credit, &report->members.credit));
    if (kind == ACCOUNT_AVAILABLE) {
        response->available_points = balance;
    } else if (kind == ACCOUNT_PENDING) {
        response->pending_points = balance;
    } else if (kind == ACCOUNT_HELD) {
        response->held_points = balance;
    } else {
        response->debt_points = -balance;
    }
    return ERR_OK;
}

static enum err take_account(void *context, struct slice key, struct slice value)
{
    struct report *report = context;
    struct account_ref account;
    struct account sums;
    TRY(key_account_parse(key, &account));
    TRY(account_decode(value, &sums));
    if (account_kind_is_member(account.kind)) {
        return uid_is_nil(&account.member) ? add_members(report, account.kind, &sums) : ERR_OK;
    }
    return add_row(report, account_kind_name(account.kind), &account, &sums);
}

static enum err take_member_count(void *context, struct slice key, struct slice value)
{
    struct report *report = context;
    (void)key;
    return u64_decode(value, &report->member_count);
}

static enum err read_once(struct node *node, struct report *report)
{
    static const struct account_ref members = {0};
    struct slice none = slice_of(NULL, 0);
    struct ledger_key count_key;
    key_meta(META_MEMBER_COUNT, &count_key);
    TRY(state_scan(node->state, TABLE_ACCOUNT, none, none, take_account, report));
    TRY(state_scan(node->state, TABLE_META, slice_of(count_key.bytes, count_key.length), none,
                   take_member_count, report));
    report->response->members = report->member_count;
    return add_row(report, "members", &members, &report->members);
}

/* Until no checkpoint came in between. */
static enum err read_report(struct node *node, struct arena *arena,
                            Talea__V1__GetReportResponse *response)
{
    TRY(engine_checkpoint(node->engine));
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        struct report report = {.arena = arena, .response = response};
        uint64_t row = state_checkpointed_row(node->state);
        talea__v1__get_report_response__init(response);
        arena_reset(arena);
        TRY(read_once(node, &report));
        response->journal_rows = row;
        if (state_checkpointed_row(node->state) == row) {
            return ERR_OK;
        }
    }
    return ERR_UNAVAILABLE;
}

void office_get_report(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    Talea__V1__GetReportResponse response;
    struct arena arena;
    (void)message;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = read_report(context, &arena, &response);
    if (err == ERR_OK) {
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    arena_fini(&arena);
}
