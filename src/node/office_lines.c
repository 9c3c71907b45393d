/* The entries of a pair's closed period, a page of one half at a time. */
#include <stdlib.h>
#include <string.h>

#include "node/messages.h"
#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/half.h"
#include "talea/v1/back_office.pb-c.h"
#include "wire/messages.h"

/* One page in the making. On the heap. */
struct page {
    struct half_view view;
    struct half half;
    uint64_t first;
    uint64_t count;
    struct arena arena;
    size_t line_count;
    Talea__V1__StatementLine rows[LIMIT_STATEMENT_LINES];
    Talea__V1__StatementLine *lines[LIMIT_STATEMENT_LINES];
    char refusals[LIMIT_STATEMENT_LINES][REASON_NAME_MAX];
};

/* The dispute that waits, by its number. */
static enum err find_dispute(const struct half_view *view, uint64_t number, bool *out_is_found,
                             struct dispute *out_dispute)
{
    enum err err =
        ledger_get_dispute(&view->host->view, &view->partner, view->direction, number, out_dispute);
    *out_is_found = err == ERR_OK && out_dispute->is_open && out_dispute->is_suspended;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Those of its points that the period's statement is without. */
static enum err add_disputed(const struct half_view *view, const struct clearing_entry *entry,
                             Talea__V1__StatementLine *line)
{
    struct dispute dispute;
    bool is_found;
    TRY(find_dispute(view, entry->number, &is_found, &dispute));
    if (!is_found && view->direction == STREAM_IN) {
        TRY(find_dispute(view, APART_RECEIVERS + entry->number, &is_found, &dispute));
    }
    bool is_it = is_found && uid_equal(&dispute.entry.transaction_id, &entry->transaction_id);
    if (is_it) {
        line->disputed_points = dispute.claim.minor;
        line->is_set_apart = dispute.is_apart && dispute.claim.minor == entry->points.minor;
    }
    return ERR_OK;
}

static enum err take_entry(void *context, uint64_t number, struct slice bytes)
{
    struct page *page = context;
    struct clearing_entry entry;
    if (number != page->first + page->line_count) {
        return ERR_CORRUPT;
    }
    TRY(wire_entry_decode(bytes, &entry, NULL));
    Talea__V1__StatementLine *line = &page->rows[page->line_count];
    talea__v1__statement_line__init(line);
    line->number = number;
    line->kind = (Talea__V1__EntryKind)entry.kind;
    line->transaction_id = message_uid(&page->arena, &entry.transaction_id);
    line->card = message_copy(&page->arena, entry.card.digits, sizeof entry.card.digits);
    line->points = entry.points.minor;
    line->tariff = entry.tariff;
    TRY(add_disputed(&page->view, &entry, line));
    line->business_unix_ms = entry.business_time.ms;
    page->lines[page->line_count++] = line;
    return line->transaction_id == NULL || line->card == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err take_refusal(void *context, uint64_t number, const char *reason)
{
    struct page *page = context;
    size_t i = (size_t)(number - page->first);
    memcpy(page->refusals[i], reason, strnlen(reason, REASON_NAME_MAX - 1));
    page->rows[i].refusal = page->refusals[i];
    return ERR_OK;
}

/* How far the page goes. */
static enum err bound(struct page *page, uint64_t from_number, struct note *note)
{
    const struct half *half = &page->half;
    page->first = from_number == 0 ? half->first_number : from_number;
    if (page->first < half->first_number || page->first > half->last_number) {
        return note_set(note, ERR_NOT_FOUND, "The half has no entry of that number.");
    }
    uint64_t left = half->last_number - page->first + 1;
    page->count = left < LIMIT_STATEMENT_LINES ? left : LIMIT_STATEMENT_LINES;
    return ERR_OK;
}

static enum err read_page(struct page *page, uint64_t from_number, struct note *note)
{
    struct half_view *view = &page->view;
    enum err err = ledger_get_half(&view->host->view, view->direction, &view->partner, view->period,
                                   &page->half);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_UNAVAILABLE, "The half is not complete yet.");
    }
    TRY(err);
    TRY(bound(page, from_number, note));
    TRY(half_entries(view, page->first, page->count, take_entry, page));
    if (page->line_count != page->count) {
        return note_set(note, ERR_NOT_FOUND, "The journal no longer has these entries.");
    }
    err = half_refusals(view, page->first, page->count, take_refusal, page);
    return err == ERR_NOT_FOUND
               ? note_set(note, ERR_UNAVAILABLE, "The half is not receipted to its end yet.")
               : err;
}

static void reply(struct rpc_call *call, struct page *page)
{
    Talea__V1__ListStatementLinesResponse response;
    talea__v1__list_statement_lines_response__init(&response);
    uint64_t next = page->first + page->count;
    response.first_number = page->half.first_number;
    response.last_number = page->half.last_number;
    response.lines = page->lines;
    response.n_lines = page->line_count;
    response.next_number = next <= page->half.last_number ? next : 0;
    rpc_call_reply(call, &response.base);
}

static void send_page(struct node *node, struct rpc_call *call, struct page *page,
                      uint64_t from_number)
{
    struct partner_host host;
    struct note note = {""};
    enum err err = partner_host_open(node, &host);
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        return;
    }
    page->view.host = &host.host;
    outbox_reader_init(&page->view.outbox, engine_journal(host.host.engine), host.host.view);
    arena_init(&page->arena, LIMIT_DECODED_BYTES);
    err = read_page(page, from_number, &note);
    if (err == ERR_OK) {
        reply(call, page);
    } else {
        refuse_err(call, err, note.text[0] != '\0' ? &note : NULL);
    }
    arena_fini(&page->arena);
    half_close(&page->view);
    partner_host_end(&host);
}

/* A partner, and one of the two as the sender. */
static bool read_pair(const struct roster *roster,
                      const Talea__V1__ListStatementLinesRequest *request, struct half_view *view)
{
    struct partner_id sender;
    if (partner_id_parse(request->partner, &view->partner) != ERR_OK ||
        partner_id_parse(request->sender, &sender) != ERR_OK ||
        roster_find(roster, &view->partner) == NULL || roster_is_self(roster, &view->partner)) {
        return false;
    }
    view->direction = roster_is_self(roster, &sender) ? STREAM_OUT : STREAM_IN;
    return roster_is_self(roster, &sender) || partner_id_equal(&sender, &view->partner);
}

void office_list_statement_lines(void *context, struct rpc_call *call,
                                 const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__ListStatementLinesRequest *request =
        (const Talea__V1__ListStatementLinesRequest *)(const void *)message;
    struct page *page = calloc(1, sizeof *page);
    struct snapshot *snapshot = node_snapshot(node);
    if (page == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
    } else if (!read_pair(&snapshot->roster, request, &page->view)) {
        refuse(call, 5, "PARTNER_UNKNOWN", "There is no such pair.");
    } else {
        page->view.period.code = request->period;
        send_page(node, call, page, request->from_number);
    }
    snapshot_release(snapshot);
    free(page);
}
