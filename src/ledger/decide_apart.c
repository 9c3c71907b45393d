/* Entries of a half are set apart, so that the rest of its period settles (settlement/apart.h):
 * both sides have signed it. The half's totals are those of what both have; what only one has waits
 * in suspense there, as a dispute on both sides. The receiver goes on behind the sender's mark,
 * under its numbers; whatever it had behind its own is among what is set apart. It takes nothing
 * before the sender's statement is the same as its own: until then the sender may not have the
 * receiver's signature, and its totals would not be those of the next receipt. */
#include <string.h>

#include "ledger/dispute.h"

/* One half at hand. */
struct apart_work {
    struct decision *d;
    const struct command_apart *told;
    bool is_sender; /* we are */
    struct apart_half half;
    struct clearing_entry sent[LIMIT_APART_ENTRIES];
    struct clearing_entry received[LIMIT_APART_ENTRIES];
    struct apart_outcome outcome;
    struct stream stream;
};

static enum err decode_all(const struct decision *d, const struct slice *bytes, size_t count,
                           struct clearing_entry *out_entries)
{
    const struct entry_codec *codec = &d->terms->codec;
    for (size_t i = 0; i < count; i++) {
        TRY(codec->decode(codec->context, bytes[i], &out_entries[i]));
    }
    return ERR_OK;
}

static enum err load(struct apart_work *w)
{
    struct note note;
    TRY(apart_half_decode(w->told->apart.terms, &w->half));
    TRY(decode_all(w->d, w->half.sent, w->half.sent_count, w->sent));
    TRY(decode_all(w->d, w->half.received, w->half.received_count, w->received));
    TRY(apart_decide(
        (struct apart_list){w->sent, w->half.sent_count, w->half.sent_refused},
        (struct apart_list){w->received, w->half.received_count, w->half.received_refused},
        &w->outcome, &note));
    return ledger_get_stream(w->d->view, w->d->terms->roster, w->told->direction, &w->told->partner,
                             &w->stream);
}

/* Ours, of those that are set apart. */
static struct apart_list own_list(const struct apart_work *w)
{
    return w->is_sender
               ? (struct apart_list){w->sent, w->half.sent_count, w->half.sent_refused}
               : (struct apart_list){w->received, w->half.received_count, w->half.received_refused};
}

/* Was it applied, or refused, as is said; and is it not disputed? */
static enum err check_entry(const struct apart_work *w, uint64_t number, bool is_refused)
{
    struct taken_entry taken;
    struct dispute dispute = {.is_open = false};
    enum err err =
        ledger_get_dispute(w->d->view, &w->told->partner, w->told->direction, number, &dispute);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    if (dispute.is_open) {
        return ERR_CONFLICT;
    }
    if (w->is_sender) {
        return is_refused || err == ERR_NOT_FOUND ? ERR_OK : ERR_CONFLICT;
    }
    TRY(decide_find_taken(w->d, &w->told->partner, number, &taken));
    return (taken.verdict != VERDICT_OK) == is_refused ? ERR_OK : ERR_CONFLICT;
}

static enum err check_pair(const struct apart_work *w)
{
    struct ledger_key key;
    struct slice value;
    struct pair_period pair;
    key_pair(&w->told->partner, w->half.period, &key);
    enum err err = view_get(w->d->view, TABLE_PAIR, &key, &value);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    TRY(pair_period_decode(value, &pair));
    return pair.state == PAIR_MATCHED ? ERR_CONFLICT : ERR_OK;
}

/* Entries of ours behind the half's end. */
static uint64_t count_behind(const struct apart_work *w, uint64_t last_number)
{
    uint64_t behind = 0;
    for (size_t i = 0; i < w->half.received_count; i++) {
        behind += w->received[i].number > last_number;
    }
    return behind;
}

/* As it was found, when it was signed? */
static enum err check(const struct apart_work *w)
{
    struct half half;
    struct apart_list own = own_list(w);
    TRY(ledger_get_half(w->d->view, w->told->direction, &w->told->partner, w->half.period, &half));
    TRY(check_pair(w));
    for (size_t i = 0; i < own.count; i++) {
        TRY(check_entry(w, own.entries[i].number, apart_is_refused(own.refused, i)));
    }
    if (w->is_sender) {
        bool is_it = half.last_number == w->half.last_number &&
                     hash_equal(&half.last_hash, &w->half.last_hash);
        return is_it && w->stream.receipted_number >= half.last_number ? ERR_OK : ERR_CONFLICT;
    }
    bool is_all = w->stream.receipted_number == w->stream.last_number &&
                  count_behind(w, half.last_number) == w->stream.last_number - half.last_number;
    return is_all ? ERR_OK : ERR_CONFLICT;
}

/* ---- Totals ---- */

static void count_entry(const struct apart_work *w, const struct clearing_entry *entry, int change,
                        struct points points)
{
    struct effect_total total = {.direction = w->told->direction,
                                 .partner = w->told->partner,
                                 .period = entry->period,
                                 .kind = entry->kind,
                                 .tariff = entry->tariff,
                                 .count_delta = change,
                                 .points_delta = change * points.minor};
    plan_total(w->d->plan, &total);
}

/* What both have counts as the sender has it. First what grows: no total falls below zero on the
 * way. */
static void count_all(const struct apart_work *w)
{
    struct apart_list own = own_list(w);
    for (size_t i = 0; i < w->outcome.common_count; i++) {
        count_entry(w, &w->sent[w->outcome.commons[i].sent], 1, w->outcome.commons[i].points);
    }
    for (size_t i = 0; i < own.count; i++) {
        if (!apart_is_refused(own.refused, i)) {
            count_entry(w, &own.entries[i], -1, own.entries[i].points);
        }
    }
}

/* ---- Claims ---- */

static struct disputed_entry disputed(const struct clearing_entry *entry)
{
    return (struct disputed_entry){
        .kind = entry->kind,
        .tariff = entry->tariff,
        .card = entry->card,
        .points = entry->points,
        .transaction_id = entry->transaction_id,
        .subject = entry->subject,
        .mandate = entry->mandate,
        .period = entry->period,
        .business_time = entry->business_time,
        .active_from = entry->active_from,
        .expires_at = entry->expires_at,
    };
}

/* A receiver's entry that stands in another period with its sender counts there. */
static void move_commons(const struct apart_work *w)
{
    for (size_t i = 0; i < w->outcome.common_count; i++) {
        const struct apart_common *common = &w->outcome.commons[i];
        const struct clearing_entry *ours = &w->received[common->received];
        struct period to = w->sent[common->sent].period;
        if (w->is_sender || period_equal(ours->period, to) || common->points.minor == 0) {
            continue;
        }
        struct dispute_work work = {.partner = w->told->partner,
                                    .direction = w->told->direction,
                                    .row = {.claim = common->points}};
        work.row.entry = disputed(ours);
        dispute_move_period(w->d, &work, to);
    }
}

static struct uid claim_id(const struct apart_work *w, const struct apart_claim *claim)
{
    CLEANUP(buffer_fini) struct buffer said = {0};
    write_bytes(&said, w->half.sender.text, sizeof w->half.sender.text);
    write_bytes(&said, w->half.receiver.text, sizeof w->half.receiver.text);
    write_varint(&said, claim->number);
    struct hash hash = hash_of("talea.v1.apart.dispute", buffer_slice(&said));
    return uid_v8(claim->entry.business_time.ms, hash.bytes);
}

static enum err open_claim(const struct apart_work *w, const struct apart_claim *claim)
{
    bool is_tariff = claim->other_tariff != 0;
    bool is_claimant = claim->is_senders == w->is_sender;
    struct dispute_part part = {.step = STEP_OPEN, .reason = DISPUTE_OTHER};
    struct uid id = claim_id(w, claim);
    struct dispute_work work;
    TRY(dispute_load(w->d, &w->told->partner, w->told->direction, claim->number, &work));
    if (work.is_known) {
        return ERR_CONFLICT;
    }
    work.row.was_applied = is_claimant || is_tariff;
    work.row.entry = disputed(&claim->entry);
    if (is_tariff && !w->is_sender) {
        work.row.entry.tariff = claim->other_tariff;
    }
    memcpy(part.note, "set apart: the halves differ", 29);
    dispute_open_row(w->d, &work, is_claimant ? DISPUTE_OPENER : DISPUTE_ANSWERER, &id,
                     claim->points, &part, w->half.period);
    work.row.is_suspended = work.row.was_applied;
    work.row.is_apart = true;
    work.row.other_tariff = !is_tariff     ? 0
                            : w->is_sender ? claim->other_tariff
                                           : claim->entry.tariff;
    if (work.row.was_applied) {
        TRY(dispute_suspend(w->d, &work));
    }
    if (!is_claimant) { /* what is signed decides, where it can */
        enum dispute_ruling ruling;
        TRY(dispute_machine(w->d, &work, &ruling));
        work.row.due = ruling == RULING_NONE ? work.row.due : w->d->now;
    }
    dispute_put(w->d, &work);
    return ERR_OK;
}

/* All of them at once. */
static enum err count_claims(const struct apart_work *w)
{
    uint64_t disputes;
    TRY(decide_get_partner_u64(w->d, META_DISPUTES, &w->told->partner, &disputes));
    decide_put_partner_u64(w->d, META_DISPUTES, &w->told->partner,
                           disputes + w->outcome.claim_count);
    return ERR_OK;
}

/* ---- The stream ---- */

static void put_stream(struct apart_work *w)
{
    struct stream *stream = &w->stream;
    struct half_tree empty = {.first_number = w->half.last_number + 1};
    struct ledger_key key;
    /* Until the sender's statement says that it knows; a copy heard of it from the sender. */
    stream->is_frozen = !w->is_sender && !stream->is_recovering;
    if (!w->is_sender) {
        stream->last_number = w->half.last_number;
        stream->last_hash = w->half.last_hash;
        stream->receipted_number = w->half.last_number;
        stream->receipt_number = w->half.receipt_number;
        stream->receipt_hash = w->half.receipt_hash;
        stream->period_first_number = w->half.last_number + 1;
        buffer_clear(&w->d->plan->scratch);
        half_tree_encode(&empty, &w->d->plan->scratch);
        key_half_tree(w->told->direction, &w->told->partner, stream->period, &key);
        plan_row(w->d->plan, TABLE_TREE, &key, buffer_slice(&w->d->plan->scratch));
    }
    decide_put_stream(w->d, w->told->direction, &w->told->partner, stream);
}

static void put_rows(const struct apart_work *w)
{
    struct period periods[2] = {w->half.period, {0}};
    for (size_t i = 0; i < 2; i++) {
        struct ledger_key key;
        key_half(w->told->direction, &w->told->partner, periods[i], &key);
        buffer_clear(&w->d->plan->scratch);
        apart_row_encode(&w->told->apart, &w->d->plan->scratch);
        plan_row(w->d->plan, TABLE_APART, &key, buffer_slice(&w->d->plan->scratch));
    }
}

static enum err set_apart(struct apart_work *w)
{
    TRY(check(w));
    count_all(w);
    move_commons(w);
    for (size_t i = 0; i < w->outcome.claim_count; i++) {
        TRY(open_claim(w, &w->outcome.claims[i]));
    }
    TRY(count_claims(w));
    put_stream(w);
    put_rows(w);
    return ERR_OK;
}

/* ERR_CONFLICT when the ledger is not as it was when both signed: it is looked at again. What is
 * set apart of a half is set apart once; the same again changes nothing. */
enum err decide_set_apart(struct decision *d)
{
    struct apart_row known;
    struct apart_work *w = &(struct apart_work){.d = d, .told = &d->command->apart};
    w->is_sender = w->told->direction == STREAM_OUT;
    TRY(load(w));
    enum err err =
        ledger_get_apart(d->view, w->told->direction, &w->told->partner, w->half.period, &known);
    if (err == ERR_OK) {
        return slice_equal(known.terms, w->told->apart.terms) ? ERR_OK : ERR_CONFLICT;
    }
    return err == ERR_NOT_FOUND ? set_apart(w) : err;
}

enum err apart_release(struct decision *d, const struct partner_id *partner, struct period period)
{
    struct apart_row row;
    struct stream stream;
    enum err err = ledger_get_apart(d->view, STREAM_IN, partner, period, &row);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_IN, partner, &stream));
    stream.is_frozen = false;
    decide_put_stream(d, STREAM_IN, partner, &stream);
    return ERR_OK;
}
