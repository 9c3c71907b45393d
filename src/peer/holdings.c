#include "peer/holdings.h"

#include <string.h>

#include "engine/outbox.h"
#include "peer/hold_scan.h"
#include "peer/standin.h"
#include "wire/messages.h"

#define HOLDS_PER_PAGE      256u
#define HOLDS_SEEN_PER_PAGE 100000u

void holdings_page_fini(struct holdings_page *page)
{
    buffer_fini(&page->bytes);
}

enum err holdings_answer(const struct peer_host *host, const struct partner_id *caller,
                         struct buffer *out_signed)
{
    struct stream in;
    struct stream out;
    struct buffer payload = {0};
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_IN, caller, &in));
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_OUT, caller, &out));
    struct holdings holdings = {
        .holder = host->roster->self,
        .owner = *caller,
        .said = host->now,
        .entry_number = in.last_number,
        .entry_hash = in.last_hash,
        .given_receipt_number = in.receipt_number,
        .held_receipt_number = out.receipt_number,
        .held_receipt_hash = out.receipt_hash,
    };
    enum err err = wire_holdings_encode(&holdings, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, PURPOSE_HOLDINGS, buffer_slice(&payload), out_signed);
    }
    buffer_fini(&payload);
    return err;
}

/* A page that is being made. */
struct finding {
    const struct peer_host *host;
    const struct partner_id *caller;
    struct holdings_page *page;
    struct outbox_reader outbox; /* and the records it reads */
    struct arena arena;
};

static struct page_span add(struct holdings_page *page, struct slice bytes)
{
    struct page_span span = {page->bytes.length, bytes.length};
    write_bytes(&page->bytes, bytes.at, bytes.length);
    return span;
}

static enum err find_row(const struct finding *f, enum ledger_table table,
                         const struct ledger_key *key, uint64_t *out_row)
{
    struct slice value;
    TRY(view_get(&f->host->view, table, key, &value));
    if (table == TABLE_RECEIPT_ROW) {
        return u64_decode(value, out_row);
    }
    struct transaction transaction;
    TRY(transaction_decode(value, &transaction));
    *out_row = transaction.row;
    return ERR_OK;
}

static enum err read_command(struct finding *f, uint64_t row, struct command *out_command)
{
    struct record record;
    TRY(record_reader_get(&f->outbox.records, row, &record));
    return record_command(&record, out_command);
}

/* The record that brought a receipt. */
static enum err find_receipt(struct finding *f, enum stream_direction direction, uint64_t number,
                             struct command *out_command, uint64_t *out_row)
{
    struct ledger_key key;
    key_receipt(direction, f->caller, number, &key);
    TRY(find_row(f, TABLE_RECEIPT_ROW, &key, out_row));
    return read_command(f, *out_row, out_command);
}

static enum err receipt_range(struct finding *f, struct slice receipt_signed, uint64_t *out_first,
                              size_t *out_count)
{
    struct signed_message message;
    struct clearing_receipt receipt;
    TRY(signed_decode(receipt_signed, &message));
    TRY(wire_receipt_decode(message.payload, &f->arena, &receipt, NULL));
    uint64_t count = receipt.last_number - receipt.first_number + 1;
    if (receipt.first_number == 0 || count > LIMIT_CLEARING_BATCH) {
        return ERR_CORRUPT;
    }
    *out_first = receipt.first_number;
    *out_count = (size_t)count;
    return ERR_OK;
}

/* ---- Mandates ---- */

static bool has_mandate(const struct holdings_page *page, const struct uid *id)
{
    for (size_t i = 0; i < page->mandate_count; i++) {
        if (uid_equal(&page->mandate_ids[i], id)) {
            return true;
        }
    }
    return false;
}

/* The caller's, as it signed it; once in a page. */
static enum err add_mandate(struct finding *f, const struct uid *id)
{
    struct holdings_page *page = f->page;
    struct ledger_key key;
    struct command command;
    uint64_t row;
    if (uid_is_nil(id) || page->mandate_count == LIMIT_CLEARING_BATCH || has_mandate(page, id)) {
        return ERR_OK;
    }
    key_origin(f->caller, id, &key);
    enum err err = find_row(f, TABLE_TRANSACTION, &key, &row);
    if (err == ERR_OK) {
        err = read_command(f, row, &command);
    }
    if (err != ERR_OK || command.kind != COMMAND_TAKE_MANDATE) {
        return err == ERR_NOT_FOUND ? ERR_OK : err; /* forgotten */
    }
    page->mandate_ids[page->mandate_count] = *id;
    page->mandates[page->mandate_count++] = add(page, command.mandate.evidence);
    return page->bytes.err;
}

/* Those by which our tills may still stand in. */
static enum err add_live_mandates(struct finding *f)
{
    const struct peer_host *host = f->host;
    struct standin_mandates live;
    TRY(standin_mandates(&host->view, f->caller, &host->roster->self, host->now, &live));
    for (size_t i = 0; i < live.count; i++) {
        TRY(add_mandate(f, &live.rows[i].mandate.id));
    }
    return ERR_OK;
}

/* ---- Grants ---- */

static enum err add_grant(struct finding *f, struct slice grant_signed)
{
    struct holdings_page *page = f->page;
    if (grant_signed.length > 0 && page->grant_count < LIMIT_CLEARING_BATCH) {
        page->grants[page->grant_count++] = add(page, grant_signed);
    }
    return page->bytes.err;
}

/* Ours, of a hold on our member for the caller: said again as it was. */
static enum err add_own_grant(struct finding *f, const struct uid *id)
{
    struct hold hold;
    struct buffer payload = {0};
    struct buffer grant_signed = {0};
    enum err err = ledger_get_hold(&f->host->view, f->caller, id, &hold);
    if (err != ERR_OK || hold.role != HOLD_HOME) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    struct hold_grant grant = {.hold = *id,
                               .redeemer = hold.redeemer,
                               .home = hold.home,
                               .card = hold.card,
                               .points = hold.granted,
                               .capture_by = hold.capture_by,
                               .deliver_by = hold.deliver_by};
    if (grant.capture_by.ms >= grant.deliver_by.ms) {
        return ERR_OK; /* never granted: it stands for a capture alone */
    }
    err = wire_hold_grant_encode(&grant, &payload);
    if (err == ERR_OK) {
        err = peer_sign(f->host, PURPOSE_HOLD_GRANT, buffer_slice(&payload), &grant_signed);
    }
    if (err == ERR_OK) {
        err = add_grant(f, buffer_slice(&grant_signed));
    }
    buffer_fini(&payload);
    buffer_fini(&grant_signed);
    return err;
}

/* The caller's, as it signed it; where our till stood in, the mandate. */
static enum err add_their_promise(struct finding *f, const struct uid *id)
{
    struct ledger_key key;
    struct command command;
    uint64_t row;
    key_origin(&f->host->roster->self, id, &key);
    enum err err = find_row(f, TABLE_TRANSACTION, &key, &row);
    if (err == ERR_OK) {
        err = read_command(f, row, &command);
    }
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err; /* forgotten */
    }
    switch ((int)command.kind) {
    case COMMAND_FOREIGN_HOLD:
        return add_grant(f, command.hold.evidence);
    case COMMAND_RECOVER_HOLD:
        return add_grant(f, command.recover_hold.evidence);
    case COMMAND_STAND_IN_HOLD:
        return add_mandate(f, &command.hold.mandate);
    default:
        return ERR_OK;
    }
}

static bool is_about_hold(enum entry_kind kind)
{
    return kind == ENTRY_CAPTURE || kind == ENTRY_VOID || kind == ENTRY_BURN_RETURN;
}

/* ---- Entries ---- */

/* The batch's entries are the records before that of its end. */
static enum err add_taken(struct finding *f, uint64_t end_row, uint64_t first, size_t count)
{
    struct holdings_page *page = f->page;
    for (size_t i = 0; i < count; i++) {
        struct command command;
        if (end_row <= count) {
            return ERR_CORRUPT;
        }
        TRY(read_command(f, end_row - count + i, &command));
        bool is_it =
            (command.kind == COMMAND_TAKE_ENTRY || command.kind == COMMAND_RECOVER_TAKEN) &&
            partner_id_equal(&command.take_entry.sender, f->caller) &&
            command.take_entry.entry.number == first + i;
        if (!is_it) {
            return ERR_CORRUPT;
        }
        struct clearing_entry entry = command.take_entry.entry;
        page->entries[page->entry_count++] = add(page, command.take_entry.bytes);
        if (is_about_hold(entry.kind)) {
            TRY(add_own_grant(f, &entry.subject));
        }
    }
    return page->bytes.err;
}

static enum err find_entries(struct finding *f, uint64_t number)
{
    struct command command;
    struct buffer renewed = {0};
    uint64_t row;
    uint64_t first;
    size_t count;
    TRY(find_receipt(f, STREAM_IN, number, &command, &row));
    if (command.kind != COMMAND_TAKE_BATCH || command.take_batch.head_signed.length == 0) {
        return ERR_NOT_FOUND;
    }
    f->page->head = add(f->page, command.take_batch.head_signed);
    TRY(receipt_range(f, command.take_batch.receipt_signed, &first, &count));
    enum err err = peer_renew(f->host, command.take_batch.receipt_signed, &renewed);
    f->page->receipt = add(f->page, buffer_slice(&renewed));
    buffer_fini(&renewed);
    TRY(err);
    return add_taken(f, row, first, count);
}

static enum err sign_head(struct finding *f, const struct batch_head *head)
{
    struct buffer payload = {0};
    struct buffer head_signed = {0};
    enum err err = wire_head_encode(head, &payload);
    if (err == ERR_OK) {
        err = peer_sign(f->host, PURPOSE_CLEARING_BATCH, buffer_slice(&payload), &head_signed);
    }
    if (err == ERR_OK) {
        f->page->head = add(f->page, buffer_slice(&head_signed));
    }
    buffer_fini(&payload);
    buffer_fini(&head_signed);
    return err;
}

/* Our own entries, which the caller's receipt answers. */
static enum err add_sent(struct finding *f, uint64_t first, size_t count)
{
    struct holdings_page *page = f->page;
    struct batch_head head = {.sender = f->host->roster->self,
                              .receiver = *f->caller,
                              .first_number = first,
                              .count = (uint32_t)count};
    for (size_t i = 0; i < count; i++) {
        struct outbox_entry sent;
        struct clearing_entry entry;
        TRY(outbox_read(&f->outbox, f->caller, first + i, &sent));
        TRY(wire_entry_decode(sent.bytes, &entry, NULL));
        head.previous_hash = i == 0 ? entry.previous_hash : head.previous_hash;
        head.last_hash = sent.hash;
        page->entries[page->entry_count++] = add(page, sent.bytes);
        TRY(add_mandate(f, &entry.mandate));
        if (is_about_hold(entry.kind)) {
            TRY(add_their_promise(f, &entry.subject));
        }
    }
    TRY(page->bytes.err);
    return sign_head(f, &head);
}

static enum err find_answered(struct finding *f, uint64_t number)
{
    struct command command;
    uint64_t row;
    uint64_t first;
    size_t count;
    TRY(find_receipt(f, STREAM_OUT, number, &command, &row));
    if (command.kind != COMMAND_TAKE_RECEIPT) {
        return ERR_NOT_FOUND;
    }
    f->page->receipt = add(f->page, command.take_receipt.receipt_signed);
    TRY(receipt_range(f, command.take_receipt.receipt_signed, &first, &count));
    return add_sent(f, first, count);
}

/* ---- Holds that go on: those that our entries on their way to the caller are about, then the open
 * ones of our tills on the caller's members, then those of its tills on ours. A page's `next` is a
 * hold's key, or, for the entries, an empty redeemer and a number. ---- */

struct hold_finds {
    const struct peer_host *host;
    const struct partner_id *caller;
    struct uid ids[HOLDS_PER_PAGE];
    size_t count;
    size_t seen;
    struct uid last;
    bool is_full;
};

static enum err see_hold(void *context, const struct uid *id, const struct hold *hold)
{
    struct hold_finds *finds = context;
    const struct partner_id *self = &finds->host->roster->self;
    bool is_between = partner_id_equal(&hold->redeemer, self)
                          ? partner_id_equal(&hold->home, finds->caller)
                          : partner_id_equal(&hold->home, self);
    finds->seen++;
    finds->last = *id;
    if (is_between && hold->state == HOLD_OPEN && hold->deliver_by.ms > finds->host->now.ms) {
        finds->ids[finds->count++] = *id;
    }
    finds->is_full = finds->count == HOLDS_PER_PAGE || finds->seen == HOLDS_SEEN_PER_PAGE;
    return finds->is_full ? ERR_NOT_FOUND : ERR_OK;
}

static void set_next(struct holdings_page *page, const struct partner_id *redeemer,
                     const struct uid *id)
{
    memcpy(page->next, redeemer->text, sizeof redeemer->text);
    memcpy(page->next + sizeof redeemer->text, id->bytes, sizeof id->bytes);
    page->next_length = sizeof page->next;
}

static enum err find_open(struct finding *f, const struct partner_id *redeemer,
                          const struct uid *after)
{
    struct hold_finds finds = {.host = f->host, .caller = f->caller};
    bool is_ours = partner_id_equal(redeemer, &f->host->roster->self);
    if (!is_ours && !partner_id_equal(redeemer, f->caller)) {
        return ERR_INPUT;
    }
    TRY(hold_scan(engine_tables(f->host->engine), redeemer, after, see_hold, &finds));
    for (size_t i = 0; i < finds.count; i++) {
        TRY(is_ours ? add_their_promise(f, &finds.ids[i]) : add_own_grant(f, &finds.ids[i]));
    }
    if (finds.is_full) {
        set_next(f->page, redeemer, &finds.last);
    } else if (is_ours) {
        set_next(f->page, f->caller, &(struct uid){{0}});
    }
    return ERR_OK;
}

/* A hold that has ended here is not over there before the caller has the entry that ended it. */
static enum err find_under_way(struct finding *f, uint64_t after)
{
    static const struct partner_id none = {{0}};
    struct stream out;
    TRY(ledger_get_stream(&f->host->view, f->host->roster, STREAM_OUT, f->caller, &out));
    uint64_t number = after > out.receipted_number ? after : out.receipted_number;
    if (after == 0) {
        TRY(add_live_mandates(f));
    }
    for (size_t i = 0; i < LIMIT_CLEARING_BATCH && number < out.last_number; i++) {
        struct outbox_entry sent;
        struct clearing_entry entry;
        TRY(outbox_read(&f->outbox, f->caller, ++number, &sent));
        TRY(wire_entry_decode(sent.bytes, &entry, NULL));
        TRY(add_mandate(f, &entry.mandate));
        if (is_about_hold(entry.kind)) {
            TRY(add_their_promise(f, &entry.subject));
        }
    }
    struct uid next = {{0}};
    bool is_more = number < out.last_number;
    put_u64_be(next.bytes, is_more ? number : 0);
    set_next(f->page, is_more ? &none : &f->host->roster->self, &next);
    return ERR_OK;
}

static enum err find_holds(struct finding *f, struct slice after)
{
    struct partner_id redeemer = {{0}};
    struct uid id = {{0}};
    if (after.length != 0 && after.length != TRANSACTION_KEY_SIZE) {
        return ERR_INPUT;
    }
    if (after.length != 0) {
        memcpy(redeemer.text, after.at, sizeof redeemer.text);
        memcpy(id.bytes, after.at + sizeof redeemer.text, sizeof id.bytes);
    }
    return redeemer.text[0] == '\0' ? find_under_way(f, get_u64_be(id.bytes))
                                    : find_open(f, &redeemer, &id);
}

/* ---- The page ---- */

static enum err resolve(struct holdings_page *page, const struct page_span *span,
                        struct signed_message *room, const struct signed_message **out_message)
{
    *out_message = NULL;
    if (span->length == 0) {
        return ERR_OK;
    }
    TRY(signed_decode(slice_of(page->bytes.at + span->at, span->length), room));
    *out_message = room;
    return ERR_OK;
}

static enum err present(struct holdings_page *page, struct recover_page *out_page)
{
    const struct signed_message *envelope;
    struct recover_page shown = {.entries = page->entry_slices,
                                 .count = page->entry_count,
                                 .grants = page->grant_messages,
                                 .grant_count = page->grant_count,
                                 .mandates = page->mandate_messages,
                                 .mandate_count = page->mandate_count,
                                 .next = slice_of(page->next, page->next_length)};
    TRY(page->bytes.err);
    TRY(resolve(page, &page->head, &page->head_message, &shown.head));
    TRY(resolve(page, &page->receipt, &page->receipt_message, &shown.receipt));
    for (size_t i = 0; i < page->entry_count; i++) {
        page->entry_slices[i] =
            slice_of(page->bytes.at + page->entries[i].at, page->entries[i].length);
    }
    for (size_t i = 0; i < page->grant_count; i++) {
        TRY(resolve(page, &page->grants[i], &page->grant_messages[i], &envelope));
    }
    for (size_t i = 0; i < page->mandate_count; i++) {
        TRY(resolve(page, &page->mandates[i], &page->mandate_messages[i], &envelope));
    }
    *out_page = shown;
    return ERR_OK;
}

static enum err find_part(struct finding *f, const struct recover_request *request)
{
    switch (request->part) {
    case RECOVER_ENTRIES:
        return find_entries(f, request->number);
    case RECOVER_RECEIPT:
        return find_answered(f, request->number);
    case RECOVER_HOLDS:
        return find_holds(f, request->after);
    }
    return ERR_INPUT;
}

enum err holdings_find(const struct peer_host *host, const struct partner_id *caller,
                       const struct recover_request *request, struct holdings_page *room,
                       struct recover_page *out_page, struct note *note)
{
    struct finding finding = {.host = host, .caller = caller, .page = room};
    outbox_reader_init(&finding.outbox, engine_journal(host->engine), host->view);
    arena_init(&finding.arena, LIMIT_DECODED_BYTES);
    enum err err = find_part(&finding, request);
    arena_fini(&finding.arena);
    outbox_reader_fini(&finding.outbox);
    if (err == ERR_OK) {
        err = present(room, out_page);
    }
    return err == ERR_OK ? ERR_OK
                         : note_set(note, err, "%s does not hold this of %s any more",
                                    host->roster->self.text, caller->text);
}
