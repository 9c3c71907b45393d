/* What a partner shows, page by page: verified, then written again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutant.h"
#include "peer/recovery_parts.h"
#include "wire/messages.h"

/* This node's key of this id, whenever it was in use. */
static const struct charter_key *own_key(const struct peer_host *host, const struct key_id *id)
{
    const struct charter_partner *self = charter_partner_find(host->charter, &host->roster->self);
    for (size_t i = 0; self != NULL && i < self->online_count; i++) {
        if (memcmp(&self->online[i].id, id, sizeof *id) == 0) {
            return &self->online[i];
        }
    }
    return host->chain == NULL ? NULL : charter_chain_key(host->chain, &host->roster->self, id);
}

enum err recovery_verify_own(const struct peer_host *host, const struct signed_message *message,
                             enum purpose purpose, struct note *note)
{
    const struct charter_key *key = own_key(host, &message->key_id);
    if (key == NULL) {
        return note_set(note, ERR_SIGNATURE,
                        "a %s that should be ours is by a key that we never had",
                        purpose_name(purpose));
    }
    enum err err = peer_verify_by(host, message, purpose, key);
    return err == ERR_OK ? ERR_OK
                         : note_set(note, ERR_SIGNATURE, "a %s that should be ours does not verify",
                                    purpose_name(purpose));
}

/* ---- Grants ---- */

static enum err take_grant(const struct recovery *recovery, const struct peer_host *host,
                           const struct signed_message *message, struct note *note)
{
    const struct partner_id *self = &host->roster->self;
    struct command command = recovery_command(host, COMMAND_RECOVER_HOLD);
    struct hold_grant grant;
    struct buffer evidence = {0};
    struct outcome outcome;
    TRY(wire_hold_grant_decode(message->payload, &grant, note));
    bool is_ours = partner_id_equal(&grant.home, self);
    if (!partner_id_equal(is_ours ? &grant.redeemer : &grant.home, &recovery->partner) ||
        !(is_ours || partner_id_equal(&grant.redeemer, self))) {
        return note_set(note, ERR_DENIED, "a grant between %s and %s is not ours", grant.home.text,
                        grant.redeemer.text);
    }
    TRY(is_ours ? recovery_verify_own(host, message, PURPOSE_HOLD_GRANT, note)
                : peer_verify(host, message, PURPOSE_HOLD_GRANT, &recovery->partner, note));
    enum err err = signed_encode(message, &evidence);
    command.origin = grant.redeemer;
    command.transaction_id = grant.hold;
    command.recover_hold = (struct command_recover_hold){.home = grant.home,
                                                         .redeemer = grant.redeemer,
                                                         .card = grant.card,
                                                         .points = grant.points,
                                                         .capture_by = grant.capture_by,
                                                         .deliver_by = grant.deliver_by,
                                                         .evidence = buffer_slice(&evidence)};
    if (err == ERR_OK) {
        err = engine_execute_batch(host->engine, &command, 1, true, &outcome);
    }
    buffer_fini(&evidence);
    return err == ERR_CONFLICT ? ERR_OK : err; /* of a member that was erased since */
}

/* ---- Mandates ---- */

/* One that we gave, and may not know any more. */
static enum err take_mandate(const struct recovery *recovery, const struct peer_host *host,
                             const struct signed_message *message, struct note *note)
{
    struct command command = recovery_command(host, COMMAND_GRANT_MANDATE);
    struct mandate *mandate = &command.mandate.mandate;
    struct mandate_row known;
    struct buffer evidence = {0};
    struct outcome outcome;
    TRY(recovery_verify_own(host, message, PURPOSE_MANDATE, note));
    TRY(wire_mandate_decode(message->payload, mandate, note));
    if (!partner_id_equal(&mandate->home, &host->roster->self) ||
        !partner_id_equal(&mandate->redeemer, &recovery->partner)) {
        return note_set(note, ERR_DENIED, "a mandate of %s for %s is not ours for %s",
                        mandate->home.text, mandate->redeemer.text, recovery->partner.text);
    }
    enum err err =
        ledger_get_mandate(&host->view, &mandate->home, &mandate->redeemer, &mandate->id, &known);
    if (err != ERR_NOT_FOUND) {
        return err; /* it is here: there is nothing to do */
    }
    command.transaction_id = mandate->id;
    err = signed_encode(message, &evidence);
    command.mandate.evidence = buffer_slice(&evidence);
    if (err == ERR_OK) {
        err = engine_execute_batch(host->engine, &command, 1, true, &outcome);
    }
    buffer_fini(&evidence);
    return err;
}

enum err recovery_take_promises(const struct recovery *recovery, const struct peer_host *host,
                                const struct recover_page *page, struct note *note)
{
    for (size_t i = 0; i < page->mandate_count && !MUTANT(FORGET_MANDATE_AT_RESTORE); i++) {
        TRY(take_mandate(recovery, host, &page->mandates[i], note));
    }
    for (size_t i = 0; i < page->grant_count; i++) {
        TRY(take_grant(recovery, host, &page->grants[i], note));
    }
    return ERR_OK;
}

/* ---- Entries ---- */

/* A page's entries as one chain. Large; on the heap. */
struct chain {
    struct batch_head head;
    struct clearing_receipt receipt;
    struct arena arena; /* of the receipt */
    struct buffer head_signed;
    struct buffer receipt_signed;
    size_t count;
    struct clearing_entry entries[LIMIT_CLEARING_BATCH];
    struct hash hashes[LIMIT_CLEARING_BATCH];
    struct command commands[LIMIT_CLEARING_BATCH + 1];
    struct outcome outcomes[LIMIT_CLEARING_BATCH + 1];
};

static struct chain *chain_create(void)
{
    struct chain *chain = calloc(1, sizeof *chain);
    if (chain != NULL) {
        arena_init(&chain->arena, LIMIT_DECODED_BYTES);
    }
    return chain;
}

static void chain_destroy(struct chain *chain)
{
    if (chain != NULL) {
        arena_fini(&chain->arena);
        buffer_fini(&chain->head_signed);
        buffer_fini(&chain->receipt_signed);
        free(chain);
    }
}

/* The entries are those that the head was signed for, and those that the receipt answers. */
static enum err read_entries(struct chain *chain, const struct recover_page *page,
                             struct note *note)
{
    struct hash previous = chain->head.previous_hash;
    const struct clearing_receipt *receipt = &chain->receipt;
    for (size_t i = 0; i < page->count; i++) {
        struct clearing_entry *entry = &chain->entries[i];
        if (page->entries[i].length > LIMIT_CLEARING_ENTRY_BYTES) {
            return note_set(note, ERR_INPUT, "an entry has %zu bytes", page->entries[i].length);
        }
        TRY(wire_entry_decode(page->entries[i], entry, note));
        if (entry->number != chain->head.first_number + i ||
            !hash_equal(&entry->previous_hash, &previous)) {
            return note_set(note, ERR_DISAGREE, "entry %" PRIu64 " does not follow on",
                            entry->number);
        }
        chain->hashes[i] = previous = entry_hash(page->entries[i]);
    }
    bool is_one = page->count > 0 && chain->head.count == page->count &&
                  hash_equal(&previous, &chain->head.last_hash) &&
                  hash_equal(&previous, &receipt->last_hash) &&
                  receipt->first_number == chain->head.first_number &&
                  receipt->last_number - receipt->first_number + 1 == page->count;
    chain->count = page->count;
    return is_one ? ERR_OK
                  : note_set(note, ERR_DISAGREE, "the entries are not those that were signed for");
}

/* Head and receipt are signed; `sender` made the entries. */
static enum err read_chain(struct chain *chain, const struct peer_host *host,
                           const struct recover_page *page, const struct partner_id *sender,
                           const struct partner_id *receiver, struct note *note)
{
    if (page->head == NULL || page->receipt == NULL) {
        return note_set(note, ERR_INPUT, "the page lacks a head or a receipt");
    }
    const struct partner_id *self = &host->roster->self;
    bool is_ours = partner_id_equal(sender, self);
    TRY(is_ours ? recovery_verify_own(host, page->head, PURPOSE_CLEARING_BATCH, note)
                : peer_verify(host, page->head, PURPOSE_CLEARING_BATCH, sender, note));
    TRY(is_ours ? peer_verify(host, page->receipt, PURPOSE_CLEARING_RECEIPT, receiver, note)
                : recovery_verify_own(host, page->receipt, PURPOSE_CLEARING_RECEIPT, note));
    TRY(wire_head_decode(page->head->payload, &chain->head, note));
    TRY(wire_receipt_decode(page->receipt->payload, &chain->arena, &chain->receipt, note));
    if (!partner_id_equal(&chain->head.sender, sender) ||
        !partner_id_equal(&chain->head.receiver, receiver) ||
        !partner_id_equal(&chain->receipt.sender, sender) ||
        !partner_id_equal(&chain->receipt.receiver, receiver)) {
        return note_set(note, ERR_DENIED, "the page is of another stream");
    }
    TRY(signed_encode(page->head, &chain->head_signed));
    TRY(signed_encode(page->receipt, &chain->receipt_signed));
    return read_entries(chain, page, note);
}

/* ---- Our own entries ---- */

/* Those that are here already must be the same. Gives the index of the first that is lost. */
static enum err find_lost(const struct chain *chain, const struct stream *out, size_t *out_first,
                          struct note *note)
{
    uint64_t first = chain->head.first_number;
    uint64_t known = out->last_number + 1 > first ? out->last_number + 1 - first : 0;
    if (first > out->last_number + 1) {
        return note_set(note, ERR_DISAGREE,
                        "the batch begins with entry %" PRIu64 ", here %" PRIu64 " is the last",
                        first, out->last_number);
    }
    *out_first = known < chain->count ? (size_t)known : chain->count;
    bool is_same = known == 0 ? hash_equal(&chain->head.previous_hash, &out->last_hash)
                   : known <= chain->count
                       ? hash_equal(&chain->hashes[known - 1], &out->last_hash)
                       : true; /* the receipt's last hash is compared when it is taken */
    return is_same ? ERR_OK
                   : note_set(note, ERR_DISAGREE, "entry %" PRIu64 " is another one here",
                              out->last_number);
}

/* Who pays for points hears it with the purchase or the burn, whose own entry, if it is another
 * home's, comes back as well: only that one is what the till's repeat is about. */
static struct uid id_of_lost(const struct clearing_entry *entry)
{
    return entry_kind_is_funding(entry->kind) ? (struct uid){{0}} : entry->transaction_id;
}

static enum err write_own(const struct recovery *recovery, const struct peer_host *host,
                          const struct recover_page *page, struct chain *chain, size_t first,
                          bool may_wait)
{
    size_t count = chain->count - first;
    for (size_t i = 0; i < count; i++) {
        struct command *command = &chain->commands[i];
        const struct clearing_entry *entry = &chain->entries[first + i];
        *command = recovery_command(host, COMMAND_RECOVER_ENTRY);
        command->transaction_id = id_of_lost(entry);
        command->business_time = entry->business_time;
        command->is_dated = true;
        command->recover_entry = (struct command_recover_entry){recovery->partner, *entry,
                                                                page->entries[first + i], may_wait};
    }
    return count == 0
               ? ERR_OK
               : engine_execute_batch(host->engine, chain->commands, count, true, chain->outcomes);
}

static enum err take_receipt(const struct recovery *recovery, const struct peer_host *host,
                             const struct recover_page *page, const struct chain *chain,
                             struct note *note)
{
    size_t refused;
    struct incoming_receipt incoming = {
        .receiver = recovery->partner,
        .receipt = &chain->receipt,
        .payload_hash = receipt_payload_hash(page->receipt->payload),
        .receipt_signed = buffer_slice(&chain->receipt_signed),
        .entries = chain->entries,
        .count = chain->count,
        .last_hash = chain->hashes[chain->count - 1],
    };
    TRY(engine_take_receipt(host->engine, &incoming, &refused, note));
    peer_tell(host, &(struct peer_event){.kind = PEER_RECEIPT_TAKEN,
                                         .partner = recovery->partner,
                                         .count = chain->count,
                                         .refused = refused});
    return ERR_OK;
}

static enum err take_own(struct recovery *recovery, const struct peer_host *host,
                         const struct recover_page *page, struct chain *chain, bool may_wait,
                         struct note *note)
{
    struct stream out;
    struct stream in;
    size_t first = 0;
    TRY(recovery_streams(recovery, host, &out, &in));
    TRY(read_chain(chain, host, page, &host->roster->self, &recovery->partner, note));
    if (chain->receipt.receipt_number != out.receipt_number + 1) {
        return note_set(note, ERR_INPUT, "it is another receipt than was asked for");
    }
    TRY(find_lost(chain, &out, &first, note));
    TRY(recovery_prove(recovery, host));
    TRY(recovery_take_promises(recovery, host, page, note));
    TRY(write_own(recovery, host, page, chain, first, may_wait));
    return take_receipt(recovery, host, page, chain, note);
}

/* Signatures that fail and chains that break are the partner's story against ours. */
static enum err judge(const struct recovery *recovery, const struct peer_host *host,
                      enum stream_direction direction, enum err err, struct note *note)
{
    bool contradicts = err == ERR_DISAGREE || err == ERR_SIGNATURE || err == ERR_CONFLICT;
    return contradicts ? recovery_disagree(recovery, host, direction, note) : err;
}

enum err recovery_take_own(struct recovery *recovery, const struct peer_host *host,
                           const struct recover_page *page, bool may_wait, struct note *note)
{
    struct chain *chain = chain_create();
    enum err err =
        chain == NULL ? ERR_RESOURCE : take_own(recovery, host, page, chain, may_wait, note);
    chain_destroy(chain);
    return judge(recovery, host, STREAM_OUT, err, note);
}

/* ---- The partner's entries ---- */

static enum verdict verdict_of(const struct clearing_receipt *receipt, uint64_t number)
{
    for (size_t i = 0; i < receipt->refused_count; i++) {
        enum verdict verdict = VERDICT_NOT_AGREED;
        if (receipt->refused[i].number == number) {
            return verdict_parse(receipt->refused[i].reason, &verdict) == ERR_OK &&
                           verdict != VERDICT_OK
                       ? verdict
                       : VERDICT_NOT_AGREED;
        }
    }
    return VERDICT_OK;
}

static enum err write_answered(const struct recovery *recovery, const struct peer_host *host,
                               const struct recover_page *page, struct chain *chain, bool may_wait)
{
    for (size_t i = 0; i < chain->count; i++) {
        struct command *command = &chain->commands[i];
        const struct clearing_entry *entry = &chain->entries[i];
        *command = recovery_command(host, COMMAND_RECOVER_TAKEN);
        command->origin = recovery->partner;
        command->transaction_id = entry->transaction_id;
        command->business_time = entry->business_time;
        command->take_entry =
            (struct command_take_entry){recovery->partner, *entry, page->entries[i],
                                        verdict_of(&chain->receipt, entry->number), may_wait};
    }
    struct command *last = &chain->commands[chain->count];
    *last = recovery_command(host, COMMAND_TAKE_BATCH);
    last->take_batch = (struct command_take_batch){
        .sender = recovery->partner,
        .head_signed = buffer_slice(&chain->head_signed),
        .receipt_signed = buffer_slice(&chain->receipt_signed),
        .receipt_hash = receipt_payload_hash(page->receipt->payload),
    };
    return engine_execute_batch(host->engine, chain->commands, chain->count + 1, true,
                                chain->outcomes);
}

/* Our own receipt said what the totals were. */
static enum err check_totals(const struct recovery *recovery, const struct peer_host *host,
                             const struct clearing_receipt *receipt, struct note *note)
{
    for (size_t i = 0; i < receipt->total_count; i++) {
        const struct receipt_total *said = &receipt->totals[i];
        struct entry_total total;
        TRY(ledger_get_total(&host->view, STREAM_IN, &recovery->partner, (struct period){0},
                             said->kind, said->tariff, &total));
        if (total.count != said->count || total.points != said->points) {
            return note_set(note, ERR_DISAGREE,
                            "our receipt %" PRIu64 " has other totals than what came back",
                            receipt->receipt_number);
        }
    }
    return ERR_OK;
}

static enum err take_answered(struct recovery *recovery, const struct peer_host *host,
                              const struct recover_page *page, struct chain *chain, bool may_wait,
                              struct note *note)
{
    struct stream out;
    struct stream in;
    const struct clearing_receipt *receipt = &chain->receipt;
    TRY(recovery_streams(recovery, host, &out, &in));
    TRY(read_chain(chain, host, page, &recovery->partner, &host->roster->self, note));
    if (receipt->receipt_number != in.receipt_number + 1) {
        return note_set(note, ERR_INPUT, "it is another receipt than was asked for");
    }
    if (!hash_equal(&receipt->previous_receipt_hash, &in.receipt_hash) ||
        receipt->first_number != in.last_number + 1 ||
        !hash_equal(&chain->head.previous_hash, &in.last_hash)) {
        return note_set(note, ERR_DISAGREE, "our receipt %" PRIu64 " does not follow on",
                        receipt->receipt_number);
    }
    TRY(recovery_prove(recovery, host));
    TRY(recovery_take_promises(recovery, host, page, note));
    TRY(write_answered(recovery, host, page, chain, may_wait));
    return check_totals(recovery, host, receipt, note);
}

enum err recovery_take_answered(struct recovery *recovery, const struct peer_host *host,
                                const struct recover_page *page, bool may_wait, struct note *note)
{
    struct chain *chain = chain_create();
    enum err err =
        chain == NULL ? ERR_RESOURCE : take_answered(recovery, host, page, chain, may_wait, note);
    chain_destroy(chain);
    return judge(recovery, host, STREAM_IN, err, note);
}
