#include "dossier/stream_audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dossier/line_sums.h"
#include "settlement/tree.h"
#include "wire/messages.h"
#include "wire/signed.h"

/* A stream on its way through. Large; on the heap. */
struct walk {
    const struct charter_chain *chain;
    struct audit_place *place;
    struct audit_counts *counts;
    struct stream_head head;
    struct arena arena;         /* of the message at hand */
    bool is_before;             /* what is looked at comes before the period */
    uint64_t receipt_number;    /* of the last receipt; 0: none yet */
    struct hash receipt_hash;   /* of its payload */
    uint64_t number;            /* of the last entry */
    struct hash hash;           /* of it */
    struct line_sums ever;      /* applied since the stream began */
    struct line_sums of_period; /* applied, of the period */
    struct tree_frontier tree;  /* over the period's entries */
    bool is_ended;
    struct hash last_hash;
};

static enum err flawed(const struct walk *walk, uint64_t number, const char *what,
                       const char *expected, const char *found)
{
    return audit_flawed(walk->place, number, what, expected, found);
}

/* ---- Signatures ---- */

static enum err check_key(const struct walk *walk, const struct signed_message *message,
                          const struct partner_id *signer, const char *what,
                          const struct charter_key **out_key)
{
    char id[KEY_ID_TEXT_MAX];
    char expected[96];
    char found[96];
    uint64_t epoch = message->charter_epoch;
    const struct charter *charter = charter_chain_find(walk->chain, epoch);
    key_id_format(&message->key_id, id);
    if (charter == NULL) {
        snprintf(expected, sizeof expected, "an epoch from %" PRIu64 " to %" PRIu64,
                 walk->chain->charters[0]->epoch, charter_chain_last(walk->chain)->epoch);
        snprintf(found, sizeof found, "signed under epoch %" PRIu64 ", whose charter is missing",
                 epoch);
        return flawed(walk, walk->number + 1, what, expected, found);
    }
    const struct charter_key *key = charter_key_by_id(charter, signer, &message->key_id);
    if (key == NULL) {
        snprintf(expected, sizeof expected, "a key of %s in epoch %" PRIu64, signer->text, epoch);
        snprintf(found, sizeof found, "key %s", id);
        return flawed(walk, walk->number + 1, what, expected, found);
    }
    if (!walk->is_before && !period_may_have_begun(walk->head.period, key->valid_until)) {
        snprintf(found, sizeof found, "key %s, which ended before the period", id);
        return flawed(walk, walk->number + 1, what, "a key that was valid then", found);
    }
    *out_key = key;
    return ERR_OK;
}

/* Signed by the partner for the purpose? */
static enum err open_signed(const struct walk *walk, struct slice envelope, enum purpose purpose,
                            const struct partner_id *signer, const char *what,
                            struct signed_message *out_message)
{
    const struct charter_key *key;
    char expected[96];
    if (signed_decode(envelope, out_message) != ERR_OK) {
        return flawed(walk, walk->number + 1, what, "a signed envelope",
                      envelope.length == 0 ? "nothing" : "bytes that are none");
    }
    TRY(check_key(walk, out_message, signer, what, &key));
    const char *coalition = charter_chain_last(walk->chain)->coalition;
    if (signed_verify(out_message, coalition, purpose, &key->key) != ERR_OK) {
        snprintf(expected, sizeof expected, "the signature of %s", signer->text);
        return flawed(walk, walk->number + 1, what, expected, "one that does not verify");
    }
    walk->counts->signatures++;
    return ERR_OK;
}

/* What a revoked key signed counts up to the numbers that the newest epoch gives. */
static enum err check_revocation(const struct walk *walk, const struct signed_message *message,
                                 const struct partner_id *signer, const struct partner_id *peer,
                                 uint64_t number, const char *what)
{
    struct note note = {""};
    struct charter_place place = {message->purpose, peer, number};
    const struct charter_key *key = charter_chain_key(walk->chain, signer, &message->key_id);
    if (key != NULL && charter_key_counts(key, &place, &note) != ERR_OK) {
        return flawed(walk, walk->number + 1, what, "a key that counts here", note.text);
    }
    return ERR_OK;
}

static enum err open_receipt(struct walk *walk, struct slice envelope, const char *what,
                             struct clearing_receipt *out_receipt, struct hash *out_hash)
{
    struct signed_message message;
    struct note note = {""};
    const struct stream_head *head = &walk->head;
    TRY(open_signed(walk, envelope, PURPOSE_CLEARING_RECEIPT, &head->receiver, what, &message));
    if (wire_receipt_decode(message.payload, &walk->arena, out_receipt, &note) != ERR_OK) {
        return flawed(walk, walk->number + 1, what, "a receipt", note.text);
    }
    if (!partner_id_equal(&out_receipt->sender, &head->sender) ||
        !partner_id_equal(&out_receipt->receiver, &head->receiver)) {
        return flawed(walk, walk->number + 1, what, "a receipt of this stream", "another stream's");
    }
    *out_hash = receipt_payload_hash(message.payload);
    walk->counts->receipts++;
    return check_revocation(walk, &message, &head->receiver, &head->sender,
                            out_receipt->receipt_number, what);
}

/* ---- Totals ---- */

static enum err add_to(const struct walk *walk, struct line_sums *sums,
                       const struct receipt_total *more, uint64_t number)
{
    return line_sums_add(sums, more) == ERR_OK
               ? ERR_OK
               : flawed(walk, number, "totals", "a sum that fits", "an overflow");
}

static enum err other_total(const struct walk *walk, uint64_t receipt,
                            const struct receipt_total *line, const struct receipt_total *ours,
                            const struct receipt_total *said)
{
    char what[FINDING_TEXT_MAX];
    char texts[2][64];
    snprintf(what, sizeof what, "totals of %s, tariff %u, in receipt %" PRIu64,
             entry_kind_name(line->kind), line->tariff, receipt);
    snprintf(texts[0], sizeof texts[0], "%" PRIu64 " entries, %" PRId64 " points", ours->count,
             ours->points);
    snprintf(texts[1], sizeof texts[1], "%" PRIu64 " entries, %" PRId64 " points", said->count,
             said->points);
    return flawed(walk, walk->number, what, texts[0], texts[1]);
}

/* What the receipt says in total against what the entries add up to. */
static enum err check_totals(const struct walk *walk, const struct clearing_receipt *receipt)
{
    const struct receipt_total *ours;
    const struct receipt_total *said;
    if (line_sums_are(&walk->ever, receipt->totals, receipt->total_count, &ours, &said)) {
        return ERR_OK;
    }
    return other_total(walk, receipt->receipt_number, said->count > 0 ? said : ours, ours, said);
}

/* ---- Entries ---- */

static bool is_refused(const struct clearing_receipt *receipt, uint64_t number)
{
    for (size_t i = 0; i < receipt->refused_count; i++) {
        if (receipt->refused[i].number == number) {
            return true;
        }
    }
    return false;
}

static enum err check_period(const struct walk *walk, const struct clearing_entry *entry)
{
    const struct stream_head *head = &walk->head;
    char texts[2][PERIOD_TEXT_MAX];
    bool is_right =
        entry->number < head->first_number  ? period_is_before(entry->period, head->period)
        : entry->number > head->last_number ? period_is_before(head->period, entry->period)
                                            : period_equal(entry->period, head->period);
    bool is_behind_mark = walk->is_ended && entry->number <= head->last_number;
    if (is_right && !is_behind_mark) {
        return ERR_OK;
    }
    return flawed(walk, entry->number, "period of the entry", period_format(head->period, texts[0]),
                  period_format(entry->period, texts[1]));
}

/* What was ever bought in blocks under the tariff, as far as the file and what is before it say. */
static int64_t bought_ever(const struct walk *walk, uint32_t tariff)
{
    for (size_t i = 0; i < walk->ever.count; i++) {
        const struct receipt_total *line = &walk->ever.lines[i];
        if (line->kind == ENTRY_BLOCK_BOUGHT && line->tariff == tariff) {
            return line->points;
        }
    }
    return 0;
}

/* Who took an earn at a block's price without a block, or from none that was bought, let it be
 * given for nothing. */
static enum err check_draw(const struct walk *walk, const struct clearing_entry *entry)
{
    const struct charter *charter = charter_chain_last(walk->chain);
    const struct tariff *tariff = NULL;
    for (size_t i = 0; i < charter->tariff_count && tariff == NULL; i++) {
        tariff = charter->tariffs[i].id == entry->tariff ? &charter->tariffs[i] : NULL;
    }
    bool is_prepaid = tariff != NULL && tariff_is_prepaid(tariff);
    if (entry->kind != ENTRY_EARN || (!is_prepaid && uid_is_nil(&entry->subject))) {
        return ERR_OK;
    }
    if (is_prepaid == uid_is_nil(&entry->subject)) {
        return flawed(walk, entry->number, "block of the earn",
                      is_prepaid ? "one, under this tariff" : "none, under this tariff",
                      is_prepaid ? "none" : "one");
    }
    return bought_ever(walk, entry->tariff) == 0
               ? flawed(walk, entry->number, "block of the earn", "one that was bought", "none was")
               : ERR_OK;
}

static enum err count_entry(struct walk *walk, const struct clearing_entry *entry,
                            struct slice bytes, bool is_applied)
{
    const struct stream_head *head = &walk->head;
    const struct receipt_total one = {entry->kind, entry->tariff, 1, entry->points.minor};
    walk->counts->entries++;
    walk->counts->refused += !is_applied;
    if (is_applied) {
        TRY(check_draw(walk, entry));
        TRY(add_to(walk, &walk->ever, &one, entry->number));
    }
    if (entry->number < head->first_number || entry->number > head->last_number) {
        return ERR_OK;
    }
    struct hash leaf = tree_leaf(entry_body(bytes));
    TRY(tree_append(&walk->tree, &leaf, NULL, NULL));
    if (is_applied) {
        TRY(add_to(walk, &walk->of_period, &one, entry->number));
    }
    walk->is_ended = walk->is_ended || entry->kind == ENTRY_PERIOD_MARK;
    if (entry->number == head->last_number) {
        walk->last_hash = walk->hash;
    }
    return ERR_OK;
}

static enum err take_entry(struct walk *walk, struct slice bytes,
                           const struct clearing_receipt *receipt)
{
    struct clearing_entry entry;
    struct note note = {""};
    uint64_t number = walk->number + 1;
    if (wire_entry_decode(bytes, &entry, &note) != ERR_OK || entry_check(&entry, &note) != ERR_OK) {
        return flawed(walk, number, "entry", "a clearing entry", note.text);
    }
    if (entry.number != number) {
        return audit_flawed_numbers(walk->place, number, "number of the entry", number,
                                    entry.number);
    }
    if (!hash_equal(&entry.previous_hash, &walk->hash)) {
        return audit_flawed_hashes(walk->place, walk->number,
                                   "hash of the entry, as the next one names it",
                                   &entry.previous_hash, &walk->hash);
    }
    TRY(check_period(walk, &entry));
    walk->number = number;
    walk->hash = entry_hash(bytes);
    return count_entry(walk, &entry, bytes, !is_refused(receipt, number));
}

/* ---- Runs ---- */

static enum err check_receipt_chain(const struct walk *walk, const struct clearing_receipt *receipt)
{
    if (receipt->receipt_number != walk->receipt_number + 1) {
        return audit_flawed_numbers(walk->place, walk->number + 1, "number of the receipt",
                                    walk->receipt_number + 1, receipt->receipt_number);
    }
    if (!hash_equal(&receipt->previous_receipt_hash, &walk->receipt_hash)) {
        return audit_flawed_hashes(walk->place, walk->number + 1,
                                   "hash of the receipt before, as the receipt names it",
                                   &walk->receipt_hash, &receipt->previous_receipt_hash);
    }
    if (receipt->first_number != walk->number + 1) {
        return audit_flawed_numbers(walk->place, walk->number + 1,
                                    "first entry that the receipt answers", walk->number + 1,
                                    receipt->first_number);
    }
    return ERR_OK;
}

static enum err check_head(const struct walk *walk, struct slice envelope, uint64_t first,
                           const struct hash *previous)
{
    static const char what[] = "the sender's signature on the batch";
    const struct stream_head *stream = &walk->head;
    struct signed_message message;
    struct batch_head head;
    struct note note = {""};
    TRY(open_signed(walk, envelope, PURPOSE_CLEARING_BATCH, &stream->sender, what, &message));
    if (wire_head_decode(message.payload, &head, &note) != ERR_OK) {
        return flawed(walk, walk->number, what, "a batch's head", note.text);
    }
    if (!partner_id_equal(&head.sender, &stream->sender) ||
        !partner_id_equal(&head.receiver, &stream->receiver)) {
        return flawed(walk, walk->number, what, "a head of this stream", "another stream's");
    }
    if (head.first_number != first || head.count != walk->number - first + 1) {
        return audit_flawed_numbers(walk->place, first, "first entry of the batch that was signed",
                                    first, head.first_number);
    }
    if (!hash_equal(&head.previous_hash, previous) || !hash_equal(&head.last_hash, &walk->hash)) {
        return audit_flawed_hashes(walk->place, walk->number,
                                   "hash of the batch's last entry, as its sender signed it",
                                   &head.last_hash, &walk->hash);
    }
    walk->counts->batches++;
    return check_revocation(walk, &message, &stream->sender, &stream->receiver, walk->number, what);
}

static enum err take_run(struct walk *walk, const struct stream_run *run)
{
    struct clearing_receipt receipt;
    struct hash hash;
    struct hash previous = walk->hash;
    uint64_t first = walk->number + 1;
    TRY(open_receipt(walk, run->receipt, "the receipt", &receipt, &hash));
    TRY(check_receipt_chain(walk, &receipt));
    for (size_t i = 0; i < run->count; i++) {
        TRY(take_entry(walk, run->entries[i], &receipt));
    }
    if (walk->number != receipt.last_number) {
        return audit_flawed_numbers(walk->place, walk->number,
                                    "last entry that the receipt answers", receipt.last_number,
                                    walk->number);
    }
    if (!hash_equal(&walk->hash, &receipt.last_hash)) {
        return audit_flawed_hashes(walk->place, walk->number,
                                   "hash of the entry, as its receiver's receipt names it",
                                   &receipt.last_hash, &walk->hash);
    }
    TRY(check_head(walk, run->head, first, &previous));
    walk->receipt_number = receipt.receipt_number;
    walk->receipt_hash = hash;
    return check_totals(walk, &receipt);
}

/* ---- The file ---- */

/* Where numbers, hashes and totals go on from. */
static enum err take_receipt_before(struct walk *walk)
{
    struct clearing_receipt receipt;
    if (walk->head.receipt_before.length == 0) {
        return ERR_OK;
    }
    walk->is_before = true;
    TRY(open_receipt(walk, walk->head.receipt_before, "the receipt before the first", &receipt,
                     &walk->receipt_hash));
    walk->is_before = false;
    walk->receipt_number = receipt.receipt_number;
    walk->number = receipt.last_number;
    walk->hash = receipt.last_hash;
    for (size_t i = 0; i < receipt.total_count; i++) {
        TRY(add_to(walk, &walk->ever, &receipt.totals[i], receipt.last_number));
    }
    return ERR_OK;
}

static enum err unreadable(const struct walk *walk, enum err err, const struct note *note)
{
    return err == ERR_CORRUPT || err == ERR_UNSUPPORTED
               ? flawed(walk, walk->number + 1, "the file", "a stream's export", note->text)
               : err;
}

static enum err begin(struct walk *walk, struct message_file *in, FILE *file)
{
    struct note note = {""};
    struct stream_head *head = &walk->head;
    enum err err = stream_file_begin(in, file, &walk->arena, head, &note);
    if (err != ERR_OK) {
        return unreadable(walk, err, &note);
    }
    snprintf(walk->place->stream, sizeof walk->place->stream, "%s to %s", head->sender.text,
             head->receiver.text);
    return take_receipt_before(walk);
}

static enum err take_runs(struct walk *walk, struct message_file *in)
{
    struct stream_run run;
    struct note note = {""};
    enum err err;
    do {
        arena_reset(&walk->arena);
        walk->head.receipt_before = slice_of(NULL, 0); /* it is gone with its message */
        err = stream_file_next(in, &walk->arena, &run, &note);
        if (err == ERR_OK) {
            TRY(take_run(walk, &run));
        }
    } while (err == ERR_OK);
    if (err != ERR_NOT_FOUND) {
        return unreadable(walk, err, &note);
    }
    const struct stream_head *head = &walk->head;
    if (walk->number < head->last_number || (walk->tree.count == 0) != (head->first_number == 0)) {
        return audit_flawed_numbers(walk->place, walk->number + 1, "last entry of the file",
                                    head->last_number, walk->number);
    }
    return ERR_OK;
}

static enum err summarise(const struct walk *walk, struct arena *keep, struct message_file *in,
                          struct stream_summary *out_summary)
{
    size_t size = walk->of_period.count * sizeof(struct receipt_total);
    struct receipt_total *totals = arena_alloc(keep, size + 1);
    if (totals == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(totals, walk->of_period.lines, size);
    *out_summary = (struct stream_summary){
        .head = walk->head,
        .is_ended = walk->is_ended,
        .last_hash = walk->last_hash,
        .root = tree_root(&walk->tree),
        .totals = totals,
        .total_count = walk->of_period.count,
        .sum = message_file_sum(in),
    };
    walk->counts->streams++;
    return ERR_OK;
}

enum err stream_audit(FILE *file, const struct charter_chain *chain, struct audit_place *place,
                      struct arena *keep, struct stream_summary *out_summary)
{
    struct message_file in = {.file = file};
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL) {
        return ERR_RESOURCE;
    }
    walk->chain = chain;
    walk->place = place;
    walk->counts = &place->report->counts;
    arena_init(&walk->arena, LIMIT_DECODED_BYTES);
    place->stream[0] = '\0';
    enum err err = begin(walk, &in, file);
    if (err == ERR_OK) {
        err = take_runs(walk, &in);
    }
    if (err == ERR_OK) {
        err = summarise(walk, keep, &in, out_summary);
    }
    message_file_end(&in);
    arena_fini(&walk->arena);
    free(walk);
    return err;
}
