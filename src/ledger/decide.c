#include "ledger/decision.h"
#include "base/mutant.h"
#include "ledger/told_again.h"

typedef enum err decide_fn(struct decision *d);

static decide_fn *const decisions[COMMAND_KIND_END] = {
    [COMMAND_ENROL] = decide_enrol,
    [COMMAND_ISSUE_CARD] = decide_issue_card,
    [COMMAND_BLOCK_CARD] = decide_block_card,
    [COMMAND_EARN] = decide_earn,
    [COMMAND_HOLD] = decide_hold,
    [COMMAND_FOREIGN_HOLD] = decide_foreign_hold,
    [COMMAND_CAPTURE] = decide_capture,
    [COMMAND_VOID] = decide_void,
    [COMMAND_RETURN_SALE] = decide_return_sale,
    [COMMAND_RETURN_BURN] = decide_return_burn,
    [COMMAND_SETTLE_MEMBER] = decide_settle_member,
    [COMMAND_EXPIRE_HOLD] = decide_expire_hold,
    [COMMAND_TAKE_ENTRY] = decide_take_entry,
    [COMMAND_TAKE_BATCH] = decide_take_batch,
    [COMMAND_TAKE_RECEIPT] = decide_take_receipt,
    [COMMAND_CLOSE_PERIOD] = decide_close_period,
    [COMMAND_PUT_PAIR] = decide_put_pair,
    [COMMAND_FREEZE_STREAM] = decide_freeze,
    [COMMAND_TRANSFER] = decide_transfer,
    [COMMAND_OPEN_POOL] = decide_open_pool,
    [COMMAND_JOIN_POOL] = decide_join_pool,
    [COMMAND_LEAVE_POOL] = decide_leave_pool,
    [COMMAND_PROPOSE_ADJUSTMENT] = decide_propose_adjustment,
    [COMMAND_RULE_ADJUSTMENT] = decide_rule_adjustment,
    [COMMAND_UNBLOCK_CARD] = decide_unblock_card,
    [COMMAND_BLOCK_MEMBER] = decide_block_member,
    [COMMAND_UNBLOCK_MEMBER] = decide_unblock_member,
    [COMMAND_MERGE_MEMBERS] = decide_merge_members,
    [COMMAND_UNMERGE_MEMBERS] = decide_unmerge_members,
    [COMMAND_ERASE_MEMBER] = decide_erase_member,
    [COMMAND_SET_PROFILE] = decide_set_profile,
    [COMMAND_SET_REFERRER] = decide_set_referrer,
    [COMMAND_PRUNE] = decide_prune,
    [COMMAND_TELL_CARDS] = decide_tell_cards,
    [COMMAND_TELL_FUNDING] = decide_tell_funding,
    [COMMAND_SEND_EARNS] = decide_send_earns,
    [COMMAND_AWAIT_MOVE] = decide_await_move,
    [COMMAND_MOVE_MEMBER] = decide_move_member,
    [COMMAND_RECOVER_ENTRY] = decide_recover_entry,
    [COMMAND_RECOVER_TAKEN] = decide_recover_taken,
    [COMMAND_RECOVER_HOLD] = decide_recover_hold,
    [COMMAND_RECOVERY] = decide_recovery,
    [COMMAND_GRANT_MANDATE] = decide_grant_mandate,
    [COMMAND_TAKE_MANDATE] = decide_take_mandate,
    [COMMAND_STAND_IN_HOLD] = decide_stand_in_hold,
    [COMMAND_GIVE_UP_HOLD] = decide_give_up_hold,
    [COMMAND_MEND_HALF] = decide_mend_half,
    [COMMAND_SET_APART] = decide_set_apart,
    [COMMAND_OPEN_DISPUTE] = decide_open_dispute,
    [COMMAND_STEP_DISPUTE] = decide_step_dispute,
    [COMMAND_DISPUTE_DUE] = decide_dispute_due,
    [COMMAND_SELL_BLOCK] = decide_sell_block,
    [COMMAND_BUY_BLOCK] = decide_buy_block,
    [COMMAND_WITHDRAW_BLOCK] = decide_withdraw_block,
    [COMMAND_BLOCK_DUE] = decide_block_due,
    [COMMAND_NET_PAYMENT] = decide_payment,
    [COMMAND_INSTRUCT_PAYMENT] = decide_payment,
    [COMMAND_BOOK_PAYMENT] = decide_payment,
    [COMMAND_SIGN_PAYMENT] = decide_payment,
    [COMMAND_HEAR_PAYMENT] = decide_payment,
    [COMMAND_KEEP_NETTING] = decide_netting,
    [COMMAND_ACTIVATE_PROGRAMME] = decide_activate_programme,
    [COMMAND_CHANGE_STANDING] = decide_change_standing,
    [COMMAND_RESERVE] = decide_reserve,
    [COMMAND_SET_POOL_RIGHT] = decide_set_pool_right,
    [COMMAND_BEAR_CARD] = decide_bear_card,
    [COMMAND_RAISE_ALERT] = decide_raise_alert,
    [COMMAND_RULE_ALERT] = decide_rule_alert,
};

/* Nothing is owed or spent yet. */
static void exposures_close(struct decision *d)
{
    d->funding_count = 0;
    d->out_count = 0;
    d->exposure_count = 0;
    d->carry_count = 0;
}

enum err decide_refuse(struct decision *d, enum verdict verdict)
{
    plan_reset(d->plan);
    d->plan->verdict = verdict;
    exposures_close(d);
    return ERR_OK;
}

enum verdict points_verdict(struct points points)
{
    if (points.minor <= 0) {
        return VERDICT_POINTS_NOT_POSITIVE;
    }
    return points.minor > LIMIT_POINTS_PER_COMMAND ? VERDICT_POINTS_TOO_LARGE : VERDICT_OK;
}

/* The record of the command that was told under an id and stands in this row. */
static enum err recorded(const struct decision *d, const struct partner_id *origin,
                         const struct uid *id, uint64_t row, struct record *out_record)
{
    const struct ledger_view *view = d->view;
    struct slice bytes;
    ASSERT(view->record != NULL);
    enum err err = view->record(view->record_context, row, &bytes);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_CORRUPT
                                    : err; /* ids are forgotten before their records */
    }
    TRY(record_decode(bytes, out_record));
    bool is_it = out_record->row == row && uid_equal(&out_record->transaction_id, id) &&
                 partner_id_equal(&out_record->origin, origin);
    return is_it ? ERR_OK : ERR_CORRUPT;
}

/* In memory that is there already, so that nothing is ever compared with a part. */
static bool says_the_same(const struct command *a, const struct command *b)
{
    uint8_t bytes[2][COMMAND_SAID_BYTES_MAX];
    struct buffer said_a = {.at = bytes[0], .capacity = sizeof bytes[0], .limit = sizeof bytes[0]};
    struct buffer said_b = {.at = bytes[1], .capacity = sizeof bytes[1], .limit = sizeof bytes[1]};
    command_said(a, &said_a);
    command_said(b, &said_b);
    ASSERT(said_a.err == ERR_OK && said_b.err == ERR_OK);
    return slice_equal(buffer_slice(&said_a), buffer_slice(&said_b));
}

/* ERR_NOT_FOUND when the id was not used before, or is forgotten. */
static enum err find_told(const struct decision *d, const struct partner_id *origin,
                          const struct uid *id, struct record *out_record)
{
    struct ledger_key key;
    struct slice value;
    struct transaction known;
    key_origin(origin, id, &key);
    TRY(view_get(d->view, TABLE_TRANSACTION, &key, &value));
    TRY(transaction_decode(value, &known));
    return recorded(d, origin, id, known.row, out_record);
}

enum err decide_recall_record(const struct decision *d, const struct uid *id,
                              struct record *out_record)
{
    return find_told(d, &d->terms->roster->self, id, out_record);
}

enum err decide_recall_answer(const struct decision *d, const struct uid *id,
                              struct answer *out_answer)
{
    struct record record;
    TRY(find_told(d, &d->terms->roster->self, id, &record));
    *out_answer = record.answer;
    return ERR_OK;
}

enum err decide_recall_command(const struct decision *d, const struct uid *id,
                               struct command *out_told)
{
    struct record record;
    TRY(find_told(d, &d->terms->roster->self, id, &record));
    return record_command(&record, out_told);
}

/* What came back under the id names another card, and the move that leads there from the one that
 * is told may have still to come back, from that card's home? */
static enum err may_be_the_same(const struct decision *d, const struct command *recovered,
                                bool *out_may_be)
{
    *out_may_be = false;
    return recovered_says(d, recovered, true) ? decide_is_recovering(d, out_may_be) : ERR_OK;
}

/* Was this id used before? ERR_NOT_FOUND when not; else the plan holds the recorded answer.
 * ERR_UNAVAILABLE while that can't be told. */
static enum err recall(const struct decision *d)
{
    struct record record;
    struct command told;
    bool may_be_same = false;
    TRY(find_told(d, &d->command->origin, &d->command->transaction_id, &record));
    TRY(record_command(&record, &told));
    bool is_recovered = !command_is_idempotent(told.kind);
    bool is_same =
        is_recovered ? recovered_says(d, &told, false) : says_the_same(d->command, &told);
    if (!is_same && is_recovered) {
        TRY(recovered_dispute(d, &told, &record.answer, &is_same));
    }
    if (!is_same && is_recovered) {
        TRY(may_be_the_same(d, &told, &may_be_same));
    }
    if (may_be_same) {
        return ERR_UNAVAILABLE;
    }
    if (!is_same) {
        d->plan->verdict = VERDICT_TRANSACTION_ID_REUSED;
        return ERR_OK;
    }
    d->plan->verdict = record.verdict;
    d->plan->answer = MUTANT(ANSWER_REPEAT_ANEW) ? (struct answer){0} : record.answer;
    return ERR_OK;
}

enum err ledger_decide(const struct ledger_view *view, const struct ledger_terms *terms,
                       const struct command *command, struct unix_ms now, struct plan *plan,
                       bool *out_is_repeat)
{
    ASSERT(command_kind_is_known(command->kind));
    struct decision d; /* not zeroed: exposures are large, and most commands have none */
    d.view = view;
    d.terms = terms;
    d.command = command;
    d.now = now;
    d.plan = plan;
    exposures_close(&d);
    plan_reset(plan);
    if (command_is_idempotent(command->kind) && !MUTANT(SKIP_DUPLICATE_CHECK)) {
        enum err err = recall(&d);
        if (err != ERR_NOT_FOUND) {
            *out_is_repeat = true;
            return err;
        }
    }
    *out_is_repeat = false;
    TRY(decisions[command->kind](&d));
    TRY(decide_put_fundings(&d));
    TRY(decide_put_carried(&d));
    decide_put_exposures(&d);
    return plan->effects.err != ERR_OK ? plan->effects.err : plan->scratch.err;
}

struct account_ref account_of_member(enum account_kind kind, const struct uid *member)
{
    return (struct account_ref){.kind = kind, .member = *member};
}

struct account_ref account_of_partner(enum account_kind kind, const struct partner_id *partner,
                                      struct period period)
{
    return (struct account_ref){.kind = kind, .partner = *partner, .period = period};
}

struct account_ref account_of_programme(enum account_kind kind)
{
    return (struct account_ref){.kind = kind};
}

void decide_put_hold(struct decision *d, const struct uid *id, const struct hold *hold)
{
    struct ledger_key key;
    key_origin(&hold->redeemer, id, &key);
    buffer_clear(&d->plan->scratch);
    hold_encode(hold, &d->plan->scratch);
    plan_row(d->plan, TABLE_HOLD, &key, buffer_slice(&d->plan->scratch));
}

void decide_put_sale(struct decision *d, const struct uid *id, const struct sale *sale)
{
    struct ledger_key key;
    key_origin(&sale->issuer, id, &key);
    buffer_clear(&d->plan->scratch);
    sale_encode(sale, &d->plan->scratch);
    plan_row(d->plan, TABLE_SALE, &key, buffer_slice(&d->plan->scratch));
}

void decide_put_stream(struct decision *d, enum stream_direction direction,
                       const struct partner_id *partner, const struct stream *stream)
{
    struct ledger_key key;
    key_stream(direction, partner, &key);
    buffer_clear(&d->plan->scratch);
    stream_encode(stream, &d->plan->scratch);
    plan_row(d->plan, TABLE_STREAM, &key, buffer_slice(&d->plan->scratch));
}

void decide_put_u64(struct decision *d, const char *meta_name, uint64_t value)
{
    struct ledger_key key;
    key_meta(meta_name, &key);
    buffer_clear(&d->plan->scratch);
    u64_encode(value, &d->plan->scratch);
    plan_row(d->plan, TABLE_META, &key, buffer_slice(&d->plan->scratch));
}

enum err decide_get_u64(const struct decision *d, const char *meta_name, uint64_t *out_value)
{
    struct ledger_key key;
    struct slice value;
    key_meta(meta_name, &key);
    enum err err = view_get(d->view, TABLE_META, &key, &value);
    if (err == ERR_NOT_FOUND) {
        *out_value = 0;
        return ERR_OK;
    }
    TRY(err);
    return u64_decode(value, out_value);
}

/* Fills the period into the side that is a partner's account. */
static struct account_ref own_account(enum account_kind kind, const struct partner_id *partner,
                                      struct period period)
{
    return account_kind_is_partner(kind) ? account_of_partner(kind, partner, period)
                                         : account_of_programme(kind);
}

/* New points for another brand's member may be refused; what ends or returns what there is already
 * has more room, as far as the disk is to be trusted with one partner who is away. */
bool decide_has_room(const struct decision *d, const struct stream *stream, enum entry_kind kind)
{
    uint64_t bound = d->terms->outbox_entries;
    uint64_t waiting = stream->last_number - stream->receipted_number;
    uint64_t reserve =
        kind == ENTRY_EARN || MUTANT(OUTBOX_NO_RESERVE) ? 0 : bound / LIMIT_OUTBOX_RESERVE_PART;
    return bound == 0 || waiting < bound + reserve || MUTANT(OUTBOX_FOR_EVER);
}

bool decide_is_after_end(const struct decision *d, const struct partner_id *partner,
                         struct period period)
{
    struct period last = roster_last_period(d->terms->roster, partner);
    if (roster_find(d->terms->roster, partner) == NULL && !MUTANT(SEND_TO_NOBODY)) {
        return true; /* it left, and is in the charter no more */
    }
    return last.code != 0 && period_is_before(last, period);
}

bool decide_may_send(const struct decision *d, const struct partner_id *partner,
                     const struct stream *stream)
{
    return !stream->is_frozen && !stream->is_recovering &&
           !decide_is_after_end(d, partner, stream->period);
}

/* What a frozen stream lacks does not come back. */
static bool is_awaited(const struct stream *stream)
{
    return stream->is_recovering && !stream->is_frozen && !MUTANT(REFUSE_BEFORE_RECOVERY);
}

enum err decide_await_partner(const struct decision *d, const struct partner_id *partner)
{
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, partner, &stream));
    return is_awaited(&stream) ? ERR_UNAVAILABLE : ERR_OK;
}

enum err decide_is_recovering(const struct decision *d, bool *out_is_recovering)
{
    const struct roster *roster = d->terms->roster;
    *out_is_recovering = false;
    for (size_t i = 0; i < roster->partner_count && !*out_is_recovering; i++) {
        struct stream stream = {.is_recovering = false};
        if (!roster_is_self(roster, &roster->partners[i].id)) {
            TRY(ledger_get_stream(d->view, roster, STREAM_OUT, &roster->partners[i].id, &stream));
        }
        *out_is_recovering = is_awaited(&stream);
    }
    return ERR_OK;
}

enum err decide_refuse_unknown(struct decision *d, enum verdict verdict)
{
    bool may_come_back;
    TRY(decide_is_recovering(d, &may_come_back));
    return may_come_back ? ERR_UNAVAILABLE : decide_refuse(d, verdict);
}

uint32_t decide_tariff(const struct decision *d, const struct partner_id *partner)
{
    const struct roster *roster = d->terms->roster;
    return roster_tariff_for(roster, &roster->self, partner, d->command->business_time)->id;
}

struct lot_key decide_own_lot(const struct decision *d, struct unix_ms time)
{
    const struct roster *roster = d->terms->roster;
    return (struct lot_key){.issuer = roster->self,
                            .tariff =
                                roster_tariff_for(roster, &roster->self, &roster->self, time)->id};
}

uint32_t decide_hold_tariff(const struct decision *d, const struct hold *hold)
{
    const struct roster *roster = d->terms->roster;
    return hold->tariff != 0
               ? hold->tariff
               : roster_tariff_for(roster, &hold->redeemer, &hold->home, hold->capture_by)->id;
}

enum err decide_out_stream(struct decision *d, const struct partner_id *partner,
                           struct stream **out_stream)
{
    size_t i = 0;
    while (i < d->out_count && !partner_id_equal(&d->outs[i].partner, partner)) {
        i++;
    }
    ASSERT(i < OUT_STREAMS_OPEN);
    if (i == d->out_count) {
        TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, partner, &d->outs[i].stream));
        d->outs[i].partner = *partner;
        d->out_count++;
    }
    *out_stream = &d->outs[i].stream;
    return ERR_OK;
}

enum err decide_open_stream(struct decision *d, const struct partner_id *partner,
                            enum entry_kind kind, struct stream **out_stream)
{
    struct stream *stream;
    TRY(decide_out_stream(d, partner, &stream));
    *out_stream = stream;
    if (stream->is_frozen) {
        return decide_refuse(d, VERDICT_STREAM_FROZEN);
    }
    if (stream->is_recovering && !MUTANT(SEND_BEFORE_RECOVERY)) {
        return ERR_UNAVAILABLE; /* no answer that would be remembered: the same may be done soon */
    }
    if (decide_is_after_end(d, partner, stream->period) && !MUTANT(SEND_AFTER_END)) {
        return decide_refuse(d, VERDICT_PARTNER_LEFT);
    }
    return decide_has_room(d, stream, kind) ? ERR_OK : decide_refuse(d, VERDICT_OUTBOX_FULL);
}

enum err decide_send(struct decision *d, const struct partner_id *partner,
                     struct clearing_entry *entry, enum account_kind debit,
                     enum account_kind credit)
{
    struct stream *stream;
    TRY(decide_open_stream(d, partner, entry->kind, &stream));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    struct account_ref from = own_account(debit, partner, stream->period);
    struct account_ref to = own_account(credit, partner, stream->period);
    entry->business_time = d->command->business_time;
    entry->transaction_id = d->command->transaction_id;
    TRY(plan_entry(d->plan, d->terms, partner, stream, entry));
    if (entry->kind != ENTRY_VOID && entry->kind != ENTRY_PERIOD_MARK) {
        plan_post(d->plan, &from, &to, entry->points);
    }
    TRY(decide_give_entry(d, entry, 1));
    return decide_owe(d, partner, STREAM_OUT, entry->kind, entry->tariff, stream->period,
                      entry->points.minor);
}
