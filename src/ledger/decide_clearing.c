/* The streams: ends of batches, receipts for our own entries, period marks, frozen streams. */
#include "ledger/decision.h"
#include "base/mutant.h"

enum {
    FORGET_MAX = 1024 /* receipts in one record, well below LIMIT_EFFECTS_PER_RECORD */
};

/* ERR_NOT_FOUND when it was forgotten. */
static enum err find_receipt(const struct decision *d, enum stream_direction direction,
                             const struct partner_id *partner, uint64_t number)
{
    struct ledger_key key;
    struct slice value;
    key_receipt(direction, partner, number, &key);
    return view_get(d->view, TABLE_RECEIPT, &key, &value);
}

/* Forgets receipts up to the one the partner holds. A partner that says so late may leave many: the
 * oldest go first, the others with later records, so that those that are left have no gap. */
static enum err forget_receipts(struct decision *d, enum stream_direction direction,
                                const struct partner_id *partner, uint64_t held)
{
    uint64_t oldest = held + 1;
    while (oldest > 1) {
        enum err err = find_receipt(d, direction, partner, oldest - 1);
        if (err == ERR_NOT_FOUND) {
            break;
        }
        TRY(err);
        oldest--;
    }
    for (uint64_t number = oldest; number <= held && number - oldest < FORGET_MAX; number++) {
        struct ledger_key key;
        key_receipt(direction, partner, number, &key);
        plan_delete(d->plan, TABLE_RECEIPT, &key);
    }
    return ERR_OK;
}

static void put_receipt(struct decision *d, enum stream_direction direction,
                        const struct partner_id *partner, uint64_t number,
                        struct slice receipt_signed)
{
    struct ledger_key key;
    key_receipt(direction, partner, number, &key);
    plan_row(d->plan, TABLE_RECEIPT, &key, receipt_signed);
}

/* The latest one, to show beside another that would tell a second story. */
static void keep_head(struct decision *d, const struct partner_id *sender, struct slice head_signed)
{
    struct ledger_key key;
    if (head_signed.length > 0) {
        key_evidence(sender, 0, &key);
        plan_row(d->plan, TABLE_EVIDENCE, &key, head_signed);
    }
}

enum err decide_take_batch(struct decision *d)
{
    const struct command_take_batch *batch = &d->command->take_batch;
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_IN, &batch->sender, &stream));
    uint64_t held = batch->held_receipt_number;
    if (held > stream.receipt_number) {
        held = stream.receipt_number;
    }
    TRY(forget_receipts(d, STREAM_IN, &batch->sender, held));
    stream.receipted_number = stream.last_number;
    stream.receipt_number++;
    if (!MUTANT(LOSE_RECEIPT_CHAIN)) {
        stream.receipt_hash = batch->receipt_hash;
    }
    decide_put_stream(d, STREAM_IN, &batch->sender, &stream);
    keep_head(d, &batch->sender, batch->head_signed);
    put_receipt(d, STREAM_IN, &batch->sender, stream.receipt_number, batch->receipt_signed);
    return ERR_OK;
}

/* Both sides of an own entry's posting. */
struct posting {
    enum account_kind debit;
    enum account_kind credit;
};

/* What undoes the posting of an own entry that the home refused. */
static struct posting reversal_of(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_EARN:
        return (struct posting){ACCOUNT_PAYABLE, ACCOUNT_ISSUED};
    case ENTRY_EARN_RETURN:
        return (struct posting){ACCOUNT_ISSUED, ACCOUNT_PAYABLE};
    case ENTRY_CAPTURE:
        return (struct posting){ACCOUNT_REDEEMED, ACCOUNT_RECEIVABLE};
    case ENTRY_BURN_RETURN:
        return (struct posting){ACCOUNT_RECEIVABLE, ACCOUNT_REDEEMED};
    case ENTRY_VOID:
    case ENTRY_ADJUSTMENT:
    case ENTRY_BURN_ADJUSTMENT:
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_PERIOD_MARK:
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
    case ENTRY_MOVED_LOT:
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
    case ENTRY_KIND_END:
        break;
    }
    return (struct posting){ACCOUNT_KIND_END, ACCOUNT_KIND_END};
}

static struct account_ref posting_side(enum account_kind kind, const struct partner_id *partner,
                                       struct period period)
{
    return account_kind_is_partner(kind) ? account_of_partner(kind, partner, period)
                                         : account_of_programme(kind);
}

/* The goods may come back once more. How much it was is known as long as the return's id is. */
static enum err reverse_return(const struct decision *d, const struct receipted_entry *entry,
                               struct sale *sale)
{
    struct answer told;
    enum err err = decide_recall_answer(d, &entry->transaction_id, &told);
    if (err == ERR_OK && told.amount.minor <= sale->returned.minor) {
        sale->returned.minor -= told.amount.minor;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Under the sale's id its home can only have what we sent before, as a restored ledger may have
 * forgotten that it did: of a second entry that says the same, the first one stands. */
static bool is_there_already(const struct sale *sale, const struct receipted_entry *entry)
{
    return entry->kind == ENTRY_EARN && entry->verdict == VERDICT_SALE_EXISTS &&
           !sale->is_reversed && !sale->is_waiting && entry->points.minor == sale->points.minor &&
           entry->tariff == sale->lot.tariff && card_number_equal(&entry->card, &sale->card);
}

static enum err reverse_sale(struct decision *d, const struct partner_id *partner,
                             const struct receipted_entry *entry)
{
    const struct uid *id = entry->kind == ENTRY_EARN ? &entry->transaction_id : &entry->subject;
    struct sale sale;
    bool is_sent = false;
    enum err err = ledger_get_sale(d->view, &d->terms->roster->self, id, &sale);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    if (entry->kind == ENTRY_EARN && !partner_id_equal(&sale.home, partner)) {
        return ERR_OK; /* it has gone on to another home, as that has shown before */
    }
    if (entry->kind == ENTRY_EARN && !uid_equal(&entry->subject, &sale.block)) {
        return ERR_OK; /* it has gone on without the block */
    }
    if (is_there_already(&sale, entry)) {
        return ERR_OK;
    }
    if (entry->kind == ENTRY_EARN) {
        TRY(prepaid_refused(d, partner, &sale));
        if (entry->verdict == VERDICT_CARD_MOVED && !MUTANT(DROP_LATE_EARN)) {
            TRY(resend_earn(d, partner, entry, &sale, &is_sent));
        } else if (verdict_is_of_block(entry->verdict)) {
            TRY(resend_undrawn(d, entry, &sale, &is_sent));
        }
        if (entry->verdict == VERDICT_NET_DEBIT_CAP && d->terms->roster->waits_at_cap) {
            TRY(decide_keep_waiting(d, partner, id));
            sale.is_waiting = is_sent = true;
        }
        sale.is_reversed = !is_sent;
        if (!is_sent) {
            TRY(promotion_take_back(d, &sale, id, sale.points.minor - sale.taken.minor));
        }
    } else if (sale.is_waiting) {
        is_sent = true; /* less of it will be sent */
    } else if (!partner_id_equal(&sale.home, partner)) {
        TRY(resend_return(d, entry, &sale, &is_sent));
    } else if (entry->kind == ENTRY_EARN_RETURN && entry->tariff != sale.lot.tariff) {
        TRY(resend_undrawn(d, entry, &sale, &is_sent));
    }
    if (entry->kind == ENTRY_EARN_RETURN && !is_sent) {
        sale.taken.minor -= entry->points.minor;
        TRY(prepaid_change(d, partner, &sale.issuer, &sale.block, -entry->points.minor));
        TRY(promotion_take_back(d, &sale, id, -entry->points.minor));
        TRY(reverse_return(d, entry, &sale));
    }
    decide_put_sale(d, id, &sale);
    return ERR_OK;
}

static enum err reverse_hold(struct decision *d, const struct receipted_entry *entry)
{
    struct hold hold;
    enum err err = ledger_get_hold(d->view, &d->terms->roster->self, &entry->subject, &hold);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    if (entry->kind == ENTRY_CAPTURE) {
        hold.captured.minor -= entry->points.minor;
        hold.voided.minor += entry->points.minor;
        hold.tariff = hold.captured.minor == 0 ? 0 : hold.tariff;
    } else {
        hold.returned.minor -= entry->points.minor;
    }
    decide_put_hold(d, &entry->subject, &hold);
    return ERR_OK;
}

static enum err reverse_entry(struct decision *d, const struct partner_id *partner,
                              const struct receipted_entry *entry)
{
    struct posting posting = reversal_of(entry->kind);
    if (entry->kind == ENTRY_MOVED_LOT) {
        struct account_ref payable = account_of_partner(ACCOUNT_PAYABLE, partner, entry->period);
        TRY(decide_owe(d, partner, STREAM_OUT, entry->kind, entry->tariff, entry->period,
                       -entry->points.minor));
        return move_give_back(d, &payable, entry);
    }
    if (entry_kind_is_funding(entry->kind)) { /* the issuer does not pay: it is the home's loss */
        TRY(promotion_refused(d, partner, entry));
        return decide_owe(d, partner, STREAM_OUT, entry->kind, entry->tariff, entry->period,
                          -entry->points.minor);
    }
    if (entry->kind == ENTRY_BLOCK_BOUGHT || entry->kind == ENTRY_BLOCK_ENDED) {
        TRY(decide_owe(d, partner, STREAM_OUT, entry->kind, entry->tariff, entry->period,
                       -entry->points.minor));
        return prepaid_receipted(d, partner, entry);
    }
    if (posting.debit == ACCOUNT_KIND_END || MUTANT(SKIP_REVERSAL)) {
        return ERR_OK;
    }
    struct account_ref debit = posting_side(posting.debit, partner, entry->period);
    struct account_ref credit = posting_side(posting.credit, partner, entry->period);
    plan_post(d->plan, &debit, &credit, entry->points);
    TRY(dispute_may_follow(d, partner, entry));
    TRY(decide_owe(d, partner, STREAM_OUT, entry->kind, entry->tariff, entry->period,
                   -entry->points.minor));
    if (entry->kind == ENTRY_EARN || entry->kind == ENTRY_EARN_RETURN) {
        int64_t back = entry->kind == ENTRY_EARN ? -entry->points.minor : entry->points.minor;
        TRY(decide_give_abroad(d, entry->tariff, back));
    }
    bool is_about_sale = entry->kind == ENTRY_EARN || entry->kind == ENTRY_EARN_RETURN;
    return is_about_sale ? reverse_sale(d, partner, entry) : reverse_hold(d, entry);
}

/* Neighbouring entries of one period, kind and tariff make one change of the totals. */
static void add_to_total(struct decision *d, struct effect_total *run,
                         const struct receipted_entry *entry)
{
    bool is_same = run->count_delta > 0 && run->period.code == entry->period.code &&
                   run->kind == entry->kind && run->tariff == entry->tariff;
    if (!is_same) {
        if (run->count_delta > 0) {
            plan_total(d->plan, run);
        }
        *run = (struct effect_total){.direction = STREAM_OUT,
                                     .partner = run->partner,
                                     .period = entry->period,
                                     .kind = entry->kind,
                                     .tariff = entry->tariff};
    }
    run->count_delta++;
    run->points_delta += entry->points.minor;
}

/* Refusals in one receipt may concern one sale or hold, and each change must see the one before. So
 * the engine gives a receipt in parts that end behind each refusal, with each step of a dispute as
 * a part by itself, as one linked group; the last
 * one brings its bytes. */
enum err decide_take_receipt(struct decision *d)
{
    const struct command_take_receipt *receipt = &d->command->take_receipt;
    struct effect_total run = {.partner = receipt->receiver};
    struct stream *stream;
    TRY(decide_out_stream(d, &receipt->receiver, &stream));
    for (size_t i = 0; i < receipt->entry_count; i++) {
        const struct receipted_entry *entry = &receipt->entries[i];
        if (entry->number != stream->receipted_number + 1) {
            return ERR_CONFLICT;
        }
        stream->receipted_number = entry->number;
        if (entry->verdict == VERDICT_OK) {
            add_to_total(d, &run, entry);
            TRY(entry->kind == ENTRY_BLOCK_BOUGHT ? prepaid_receipted(d, &receipt->receiver, entry)
                                                  : ERR_OK);
        } else {
            TRY(reverse_entry(d, &receipt->receiver, entry));
        }
        if (entry->disputed != 0) {
            TRY(dispute_receipted(d, &receipt->receiver, entry));
        }
    }
    if (run.count_delta > 0) {
        plan_total(d->plan, &run);
    }
    if (receipt->last_number != 0 && stream->receipted_number != receipt->last_number) {
        return ERR_CONFLICT;
    }
    TRY(forget_receipts(d, STREAM_OUT, &receipt->receiver, stream->receipt_number));
    stream->receipt_number = receipt->receipt_number;
    stream->receipt_hash = receipt->receipt_hash;
    decide_put_stream(d, STREAM_OUT, &receipt->receiver, stream);
    if (receipt->receipt_signed.length > 0) {
        put_receipt(d, STREAM_OUT, &receipt->receiver, stream->receipt_number,
                    receipt->receipt_signed);
    }
    return ERR_OK;
}

/* 0 for the next one of the same unit. */
static struct period next_if_other(const struct roster *roster, struct period period)
{
    struct period next = calendar_next(&roster->calendar, period);
    return period_equal(next, period_next(period)) ? (struct period){0} : next;
}

/* A mark for each partner whose stream is in the period. */
enum err decide_close_period(struct decision *d)
{
    const struct roster *roster = d->terms->roster;
    struct period period = d->command->close_period.period;
    int64_t marks = 0;
    for (size_t i = 0; i < roster->partner_count; i++) {
        const struct partner_id *partner = &roster->partners[i].id;
        struct stream stream;
        if (roster_is_self(roster, partner)) {
            continue;
        }
        TRY(ledger_get_stream(d->view, roster, STREAM_OUT, partner, &stream));
        if (stream.period.code != period.code || stream.is_frozen ||
            decide_is_after_end(d, partner, period)) {
            continue;
        }
        if (stream.is_recovering) {
            return ERR_UNAVAILABLE;
        }
        struct clearing_entry mark = {
            .kind = ENTRY_PERIOD_MARK,
            .tariff = decide_tariff(d, partner),
            .business_time = d->command->business_time,
            .transaction_id = d->command->transaction_id,
            .next_period = next_if_other(roster, period),
        };
        TRY(plan_entry(d->plan, d->terms, partner, &stream, &mark));
        marks++;
    }
    if (marks == 0) {
        return decide_refuse(d, VERDICT_PERIOD_NOT_OPEN);
    }
    d->plan->answer.points = points_of(0);
    return ERR_OK;
}

/* As it was before; an absent row is an open one's. */
struct pair_before {
    enum pair_state state;
    struct unix_ms since;
    bool is_countersigned; /* by us */
};

static enum err pair_before(const struct decision *d, const struct ledger_key *key,
                            struct pair_before *out_before)
{
    struct slice value;
    struct pair_period pair = {.state = PAIR_OPEN};
    enum err err = view_get(d->view, TABLE_PAIR, key, &value);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    TRY(err == ERR_OK ? pair_period_decode(value, &pair) : ERR_OK);
    *out_before = (struct pair_before){pair.state, pair.since, pair.own_countersigned.length > 0};
    return ERR_OK;
}

/* From the match on a period's net is an agreed debt, which is for the payment to end: the cap is
 * about what is not agreed yet. */
enum err decide_put_pair(struct decision *d)
{
    const struct command_put_pair *put = &d->command->put_pair;
    struct ledger_key key;
    struct pair_before before;
    struct pair_period pair = put->pair;
    key_pair(&put->partner, put->period, &key);
    TRY(pair_before(d, &key, &before));
    if (pair.state == PAIR_MATCHED && before.state != PAIR_MATCHED) {
        TRY(decide_settled(d, &put->partner, put->period));
    }
    if (pair.own_countersigned.length > 0 && !before.is_countersigned) {
        TRY(apart_release(d, &put->partner, put->period));
    }
    pair.since = pair.state == before.state ? before.since : d->now;
    buffer_clear(&d->plan->scratch);
    pair_period_encode(&pair, &d->plan->scratch);
    plan_row(d->plan, TABLE_PAIR, &key, buffer_slice(&d->plan->scratch));
    return ERR_OK;
}

/* Under the next number, as long as there is room: more of it proves nothing new. */
static enum err keep_evidence(struct decision *d, const struct partner_id *partner,
                              struct slice evidence)
{
    struct ledger_key key;
    struct slice value;
    if (evidence.length == 0 || evidence.length > LIMIT_EVIDENCE_BYTES) {
        return ERR_OK;
    }
    for (uint64_t number = 1; number <= LIMIT_EVIDENCE_PER_PARTNER; number++) {
        key_evidence(partner, number, &key);
        enum err err = view_get(d->view, TABLE_EVIDENCE, &key, &value);
        if (err == ERR_NOT_FOUND) {
            plan_row(d->plan, TABLE_EVIDENCE, &key, evidence);
            return ERR_OK;
        }
        TRY(err);
    }
    return ERR_OK;
}

enum err decide_freeze(struct decision *d)
{
    const struct command_freeze *freeze = &d->command->freeze;
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, freeze->direction, &freeze->partner, &stream));
    stream.is_frozen = true;
    decide_put_stream(d, freeze->direction, &freeze->partner, &stream);
    return keep_evidence(d, &freeze->partner, freeze->evidence);
}
