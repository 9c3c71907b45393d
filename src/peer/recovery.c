#include "peer/recovery.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutant.h"
#include "engine/outbox.h"
#include "engine/record_reader.h"
#include "peer/pair.h"
#include "peer/recovery_parts.h"
#include "wire/messages.h"

void recovery_init(struct recovery *recovery, const struct partner_id *partner)
{
    *recovery = (struct recovery){.partner = *partner};
}

void recovery_fini(struct recovery *recovery)
{
    buffer_fini(&recovery->holdings_signed);
}

struct command recovery_command(const struct peer_host *host, enum command_kind kind)
{
    return (struct command){.kind = kind, .origin = host->roster->self, .business_time = host->now};
}

/* When the ledger that is a copy decided last; now, when it never did. */
static enum err copied_at(const struct peer_host *host, struct unix_ms *out_time)
{
    struct record_reader reader;
    struct record record;
    record_reader_init(&reader, engine_journal(host->engine));
    enum err err = record_reader_get(&reader, engine_stats(host->engine).journal_row, &record);
    *out_time = err == ERR_OK ? record.time : host->now;
    record_reader_fini(&reader);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* One with whom all was over in the copy already has nothing to show, and nobody asks it. */
static enum err mark_partner(const struct peer_host *host, const struct partner_id *partner,
                             struct unix_ms copied, struct command *commands, size_t *count)
{
    bool is_over;
    TRY(pair_is_over(&host->view, host->roster, partner, &is_over));
    commands[*count] = recovery_command(host, COMMAND_RECOVERY);
    commands[*count].recovery = (struct command_recovery){
        .partner = *partner, .step = RECOVERY_BEGIN, .skips_cards = *count == 0};
    commands[*count].business_time = copied;
    ++*count;
    if (is_over) {
        commands[*count] = recovery_command(host, COMMAND_RECOVERY);
        commands[*count].recovery =
            (struct command_recovery){.partner = *partner, .step = RECOVERY_END};
        ++*count;
    }
    return ERR_OK;
}

enum err recovery_mark(const struct peer_host *host)
{
    const struct roster *roster = host->roster;
    struct command *commands = calloc(2 * roster->partner_count, sizeof *commands);
    struct outcome *outcomes = calloc(2 * roster->partner_count, sizeof *outcomes);
    size_t count = 0;
    struct unix_ms copied = host->now;
    enum err err = commands == NULL || outcomes == NULL ? ERR_RESOURCE : copied_at(host, &copied);
    for (size_t i = 0; err == ERR_OK && i < roster->partner_count; i++) {
        if (!roster_is_self(roster, &roster->partners[i].id)) {
            err = mark_partner(host, &roster->partners[i].id, copied, commands, &count);
        }
    }
    if (err == ERR_OK && count > 0) {
        err = engine_execute_batch(host->engine, commands, count, true, outcomes);
    }
    free(commands);
    free(outcomes);
    return err;
}

static enum err end(struct recovery *recovery, const struct peer_host *host)
{
    struct command command = recovery_command(host, COMMAND_RECOVERY);
    struct outcome outcome;
    command.recovery =
        (struct command_recovery){.partner = recovery->partner,
                                  .step = RECOVERY_END,
                                  .evidence = buffer_slice(&recovery->holdings_signed)};
    TRY(engine_execute_batch(host->engine, &command, 1, true, &outcome));
    recovery->stage = RECOVERY_DONE;
    peer_tell(host, &(struct peer_event){.kind = PEER_RECOVERED, .partner = recovery->partner});
    return ERR_OK;
}

enum err recovery_streams(const struct recovery *recovery, const struct peer_host *host,
                          struct stream *out_out, struct stream *out_in)
{
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_OUT, &recovery->partner, out_out));
    return ledger_get_stream(&host->view, host->roster, STREAM_IN, &recovery->partner, out_in);
}

/* Has the partner more to show of this stage? */
static enum err has_more(const struct recovery *recovery, const struct peer_host *host,
                         enum recovery_stage stage, bool *out_has_more)
{
    const struct holdings *holdings = &recovery->holdings;
    struct stream out;
    struct stream in;
    TRY(recovery_streams(recovery, host, &out, &in));
    *out_has_more = stage == RECOVERY_TAKEN ? in.receipt_number < holdings->held_receipt_number
                                            : out.receipt_number < holdings->given_receipt_number;
    return ERR_OK;
}

/* Moves on over stages that have nothing to do. */
static enum err move_on(struct recovery *recovery, const struct peer_host *host)
{
    bool is_more = true;
    if (recovery->stage == RECOVERY_TAKEN) {
        TRY(has_more(recovery, host, RECOVERY_TAKEN, &is_more));
        recovery->stage = is_more ? RECOVERY_TAKEN : RECOVERY_OWN;
    }
    if (recovery->stage == RECOVERY_OWN) {
        TRY(has_more(recovery, host, RECOVERY_OWN, &is_more));
    }
    if (!is_more) {
        recovery->stage = RECOVERY_HOLDS;
        recovery->after_length = 0;
    }
    return ERR_OK;
}

enum err recovery_ask(const struct recovery *recovery, const struct peer_host *host,
                      bool *out_is_comparison, struct recover_request *out_request)
{
    struct stream out;
    struct stream in;
    TRY(recovery_streams(recovery, host, &out, &in));
    *out_is_comparison = recovery->stage == RECOVERY_COMPARING;
    switch (recovery->stage) {
    case RECOVERY_TAKEN:
        *out_request = (struct recover_request){RECOVER_RECEIPT, in.receipt_number + 1, {NULL, 0}};
        return ERR_OK;
    case RECOVERY_OWN:
        *out_request = (struct recover_request){RECOVER_ENTRIES, out.receipt_number + 1, {NULL, 0}};
        return ERR_OK;
    case RECOVERY_HOLDS:
        *out_request = (struct recover_request){RECOVER_HOLDS, 0,
                                                slice_of(recovery->after, recovery->after_length)};
        return ERR_OK;
    case RECOVERY_COMPARING:
        return ERR_OK;
    case RECOVERY_DONE:
        break;
    }
    return ERR_INTERNAL;
}

enum err recovery_disagree(const struct recovery *recovery, const struct peer_host *host,
                           enum stream_direction direction, struct note *note)
{
    enum err err = engine_freeze(host->engine, &recovery->partner, direction, note->text,
                                 buffer_slice(&recovery->holdings_signed));
    return err == ERR_OK ? ERR_DISAGREE : err;
}

enum err recovery_give_up(const struct recovery *recovery, const struct peer_host *host,
                          struct note *note)
{
    return recovery_disagree(recovery, host,
                             recovery->stage == RECOVERY_TAKEN ? STREAM_IN : STREAM_OUT, note);
}

/* The hash of our own entry of this number. */
static enum err own_hash(const struct recovery *recovery, const struct peer_host *host,
                         uint64_t number, struct hash *out_hash)
{
    struct outbox_reader outbox;
    struct outbox_entry entry;
    outbox_reader_init(&outbox, engine_journal(host->engine), host->view);
    enum err err = outbox_read(&outbox, &recovery->partner, number, &entry);
    if (err == ERR_OK) {
        *out_hash = entry.hash;
    }
    outbox_reader_fini(&outbox);
    return err;
}

/* What both have must be the same: two entries under one number can't be mended. */
static enum err check_common(const struct recovery *recovery, const struct peer_host *host,
                             const struct stream *out, const struct stream *in, struct note *note)
{
    const struct holdings *holdings = &recovery->holdings;
    if (holdings->entry_number > 0 && holdings->entry_number <= out->last_number) {
        struct hash ours;
        TRY(own_hash(recovery, host, holdings->entry_number, &ours));
        if (!hash_equal(&ours, &holdings->entry_hash)) {
            note_set(note, ERR_DISAGREE,
                     "%s holds another entry %" PRIu64 " of ours: this ledger wrote on as an older "
                     "copy",
                     recovery->partner.text, holdings->entry_number);
            return recovery_disagree(recovery, host, STREAM_OUT, note);
        }
    }
    if (holdings->held_receipt_number == in->receipt_number &&
        !hash_equal(&holdings->held_receipt_hash, &in->receipt_hash)) {
        note_set(note, ERR_DISAGREE, "%s holds another receipt %" PRIu64 " of ours",
                 recovery->partner.text, in->receipt_number);
        return recovery_disagree(recovery, host, STREAM_IN, note);
    }
    return ERR_OK;
}

static enum err compare(struct recovery *recovery, const struct peer_host *host, struct note *note)
{
    const struct holdings *holdings = &recovery->holdings;
    struct stream out;
    struct stream in;
    TRY(recovery_streams(recovery, host, &out, &in));
    if (out.is_frozen || in.is_frozen) { /* for people */
        recovery->stage = RECOVERY_DONE;
        return ERR_OK;
    }
    TRY(check_common(recovery, host, &out, &in, note));
    recovery->was_behind = holdings->entry_number > out.last_number ||
                           holdings->held_receipt_number > in.receipt_number;
    bool is_marked = out.is_recovering || in.is_recovering;
    if (!recovery->was_behind && !is_marked) {
        recovery->stage = RECOVERY_DONE;
        return ERR_OK;
    }
    recovery->is_proven = is_marked;
    recovery->stage = RECOVERY_TAKEN;
    TRY(move_on(recovery, host));
    if (!is_marked &&
        recovery->stage == RECOVERY_HOLDS) { /* more entries, and no receipt for them */
        note_set(note, ERR_DISAGREE, "%s says that it holds what it has no receipts for",
                 recovery->partner.text);
        return recovery_disagree(recovery, host, STREAM_OUT, note);
    }
    return ERR_OK;
}

enum err recovery_prove(struct recovery *recovery, const struct peer_host *host)
{
    if (recovery->is_proven) {
        return ERR_OK;
    }
    peer_tell(host, &(struct peer_event){.kind = PEER_OLDER_COPY,
                                         .partner = recovery->partner,
                                         .detail = "the partner shows what this ledger signed and "
                                                   "does not have: it is an older copy"});
    TRY(recovery_mark(host));
    recovery->is_proven = true;
    return ERR_OK;
}

enum err recovery_take_holdings(struct recovery *recovery, const struct peer_host *host,
                                const struct signed_message *message, struct note *note)
{
    struct holdings holdings;
    TRY(peer_verify(host, message, PURPOSE_HOLDINGS, &recovery->partner, note));
    TRY(wire_holdings_decode(message->payload, &holdings, note));
    if (!partner_id_equal(&holdings.holder, &recovery->partner) ||
        !partner_id_equal(&holdings.owner, &host->roster->self)) {
        return note_set(note, ERR_DENIED, "the holdings are of another pair");
    }
    recovery->holdings = holdings;
    buffer_clear(&recovery->holdings_signed);
    TRY(signed_encode(message, &recovery->holdings_signed));
    return compare(recovery, host, note);
}

static enum err take_holds(struct recovery *recovery, const struct peer_host *host,
                           const struct recover_page *page, struct note *note)
{
    TRY(recovery_take_promises(recovery, host, page, note));
    if (page->next.length == 0) {
        return end(recovery, host);
    }
    /* Only onwards, or a partner could keep us here for ever. */
    bool is_onwards = page->next.length == sizeof recovery->after &&
                      (recovery->after_length == 0 ||
                       memcmp(page->next.at, recovery->after, sizeof recovery->after) != 0);
    if (!is_onwards) {
        return note_set(note, ERR_INPUT, "the page of holds leads nowhere");
    }
    memcpy(recovery->after, page->next.at, sizeof recovery->after);
    recovery->after_length = sizeof recovery->after;
    return ERR_OK;
}

/* Both can't wait for each other but for what is lost for good: then the page is taken as it is. */
static enum err take_entries(struct recovery *recovery, const struct peer_host *host,
                             const struct recover_page *page, struct note *note)
{
    bool is_own = recovery->stage == RECOVERY_OWN;
    enum recovery_stage other = is_own ? RECOVERY_TAKEN : RECOVERY_OWN;
    bool may_wait;
    TRY(has_more(recovery, host, other, &may_wait));
    may_wait = may_wait && !recovery->is_awaited && !MUTANT(RECOVER_OUT_OF_TURN);
    enum err err = is_own ? recovery_take_own(recovery, host, page, may_wait, note)
                          : recovery_take_answered(recovery, host, page, may_wait, note);
    if (may_wait && err == ERR_NOT_FOUND) {
        recovery->is_awaited = true;
        recovery->stage = other;
        return ERR_OK;
    }
    TRY(err);
    recovery->is_awaited = false;
    recovery->stage = RECOVERY_TAKEN;
    return move_on(recovery, host);
}

enum err recovery_take_page(struct recovery *recovery, const struct peer_host *host,
                            const struct recover_page *page, struct note *note)
{
    switch (recovery->stage) {
    case RECOVERY_TAKEN:
    case RECOVERY_OWN:
        return take_entries(recovery, host, page, note);
    case RECOVERY_HOLDS:
        return take_holds(recovery, host, page, note);
    case RECOVERY_COMPARING:
    case RECOVERY_DONE:
        break;
    }
    return ERR_INTERNAL;
}
