/* Disputes: what offices say, what partners say, and what happens by itself. The order of the steps
 * and whose turn it is are clearing/dispute.h's; here they become rows, entries and deadlines.
 *
 * A step that this side takes is an entry on its stream in the same record. What follows from an
 * outcome (the correction) is a record of its own, by TABLE_DUE: so it waits until the stream takes
 * it, and a crash in between loses nothing. */
#include <string.h>

#include "ledger/dispute.h"

enum {
    RETRY_MS = 60 * 60 * 1000
};

/* ---- Rows ---- */

enum err dispute_load(struct decision *d, const struct partner_id *partner,
                      enum stream_direction direction, uint64_t number,
                      struct dispute_work *out_work)
{
    *out_work =
        (struct dispute_work){.partner = *partner, .direction = direction, .number = number};
    enum err err = ledger_get_dispute(d->view, partner, direction, number, &out_work->row);
    if (err == ERR_NOT_FOUND) {
        out_work->row = (struct dispute){.state = DISPUTE_DECLINED};
        out_work->state_before = DISPUTE_DECLINED;
        return ERR_OK;
    }
    out_work->is_known = true;
    out_work->due_before = out_work->row.due;
    out_work->state_before = out_work->row.state;
    return err;
}

static void due_key(const struct dispute_work *work, struct unix_ms due, struct ledger_key *out_key)
{
    struct uid id = dispute_due_id(work->direction, work->number);
    key_due(due, DUE_DISPUTE, &work->partner, &id, out_key);
}

static bool is_over(enum dispute_state state)
{
    return state == DISPUTE_ADJUSTED || state == DISPUTE_DECLINED;
}

/* One more or less of those that a name of TABLE_META counts. */
static enum err count(struct decision *d, const struct dispute_work *work, const char *name,
                      bool was, bool is)
{
    uint64_t value;
    if (was == is) {
        return ERR_OK;
    }
    TRY(decide_get_partner_u64(d, name, &work->partner, &value));
    decide_put_partner_u64(d, name, &work->partner, is ? value + 1 : value - (value > 0));
    return ERR_OK;
}

static enum err count_both(struct decision *d, const struct dispute_work *work)
{
    enum dispute_state before = work->state_before;
    enum dispute_state now = work->row.state;
    TRY(count(d, work, META_DISPUTES, !is_over(before), !is_over(now)));
    return count(d, work, META_ESCALATED, before == DISPUTE_ESCALATED, now == DISPUTE_ESCALATED);
}

enum err dispute_store(struct decision *d, const struct dispute_work *work)
{
    struct ledger_key key;
    key_dispute(&work->partner, work->direction, work->number, &key);
    buffer_clear(&d->plan->scratch);
    dispute_encode(&work->row, &d->plan->scratch);
    plan_row(d->plan, TABLE_DISPUTE, &key, buffer_slice(&d->plan->scratch));
    TRY(count_both(d, work));
    if (work->row.due.ms == work->due_before.ms) {
        return ERR_OK;
    }
    if (work->due_before.ms != 0) {
        due_key(work, work->due_before, &key);
        plan_delete(d->plan, TABLE_DUE, &key);
    }
    if (work->row.due.ms != 0) {
        due_key(work, work->row.due, &key);
        plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
    }
    return ERR_OK;
}

static bool has_ended(const struct dispute *dispute)
{
    return dispute->state == DISPUTE_ACCEPTED || dispute->state == DISPUTE_RULED;
}

/* Do we send the correction? */
static bool is_payer(const struct dispute_work *work, enum dispute_payment payment)
{
    bool is_sender = work->direction == STREAM_OUT;
    return payment != PAYMENT_NONE &&
           dispute_sender_pays(work->row.entry.kind, payment) == is_sender;
}

static enum dispute_payment payment_of(const struct dispute *dispute)
{
    return dispute_payment(dispute->outcome, dispute->was_applied, dispute->is_suspended);
}

/* When this side must do something; 0: it is not its turn. */
static struct unix_ms next_due(const struct decision *d, const struct dispute_work *work)
{
    const struct dispute *row = &work->row;
    const struct roster *roster = d->terms->roster;
    enum dispute_payment payment = payment_of(row);
    int64_t term = row->state == DISPUTE_REJECTED ? roster_dispute_escalate_ms(roster)
                                                  : roster_dispute_answer_ms(roster);
    if (has_ended(row)) {
        bool is_ours = payment == PAYMENT_NONE || is_payer(work, payment);
        return is_ours ? d->now : (struct unix_ms){0};
    }
    return dispute_turn(row->state) == row->side ? (struct unix_ms){d->now.ms + term}
                                                 : (struct unix_ms){0};
}

void dispute_move(struct decision *d, struct dispute_work *work, enum dispute_side by,
                  const struct dispute_part *part)
{
    struct dispute *row = &work->row;
    char *note = by == DISPUTE_OPENER ? row->opener_note : row->answerer_note;
    enum dispute_ruling ruling = dispute_step_ruling(part->step);
    if (part->note[0] != '\0') {
        memcpy(note, part->note, sizeof part->note);
    }
    if (ruling != RULING_NONE && by == row->side) {
        row->own_ruling = ruling;
    } else if (ruling != RULING_NONE) {
        row->partner_ruling = ruling;
    }
    row->state = dispute_next(row->state, by, part->step);
    if (row->outcome == RULING_NONE) {
        row->outcome = dispute_outcome(part->step);
        row->is_machine = part->step == STEP_MACHINE_UPHELD || part->step == STEP_MACHINE_DISMISSED;
        row->is_silent = part->step == STEP_ACCEPT_SILENT || part->step == STEP_CONCEDE_SILENT;
    }
    row->moved_at = d->now;
    row->due = next_due(d, work);
}

/* ---- What we say ---- */

/* ERR_UNAVAILABLE while the stream recovers; may refuse. */
static enum err check_stream(struct decision *d, const struct partner_id *partner,
                             struct stream *out_stream)
{
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, partner, out_stream));
    if (out_stream->is_frozen) {
        return decide_refuse(d, VERDICT_STREAM_FROZEN);
    }
    if (out_stream->is_recovering) {
        return ERR_UNAVAILABLE;
    }
    return decide_is_after_end(d, partner, out_stream->period)
               ? decide_refuse(d, VERDICT_PARTNER_LEFT)
               : ERR_OK;
}

static enum err say(struct decision *d, struct dispute_work *work, const struct uid *id,
                    const struct dispute_part *part, struct stream *stream)
{
    bool has_points = part->step == STEP_OPEN || part->step == STEP_ADJUST;
    struct clearing_entry entry = {
        .kind = part->step == STEP_ADJUST ? dispute_correction_kind(work->row.entry.kind)
                                          : dispute_step_kind(part->step),
        .business_time = d->now,
        .transaction_id = *id,
        .points = has_points ? work->row.claim : points_of(0),
        .tariff = work->row.entry.tariff,
        .dispute = *part,
    };
    entry.dispute.number = work->number;
    entry.dispute.is_of_sender = work->direction == STREAM_OUT;
    return plan_entry(d->plan, d->terms, &work->partner, stream, &entry);
}

/* A step counts once the partner took it. A ruling that does not bind is said at once, for the
 * partner's to meet it. */
static void await_receipt(struct dispute_work *work, const struct dispute_part *part)
{
    struct dispute *row = &work->row;
    char *note = row->side == DISPUTE_OPENER ? row->opener_note : row->answerer_note;
    if (part->note[0] != '\0') {
        memcpy(note, part->note, sizeof part->note);
    }
    if (dispute_step_ruling(part->step) != RULING_NONE) {
        row->own_ruling = dispute_step_ruling(part->step);
    }
    row->pending = part->step;
}

static bool waits_for_receipt(enum dispute_step step)
{
    return dispute_step_ruling(step) == RULING_NONE || dispute_step_confirms(step);
}

/* The step whose receipt we waited for was taken. */
static void move_pending(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = work->row.pending};
    work->row.pending = (enum dispute_step)0;
    dispute_move(d, work, work->row.side, &part);
}

static enum err tell(struct decision *d, struct dispute_work *work, const struct uid *id,
                     const struct dispute_part *part, struct stream *stream)
{
    TRY(say(d, work, id, part, stream));
    if (waits_for_receipt(part->step)) {
        await_receipt(work, part);
    } else {
        dispute_move(d, work, work->row.side, part);
    }
    return dispute_store(d, work);
}

/* ---- Opening ---- */

static void open_row(struct decision *d, struct dispute_work *work, enum dispute_side side,
                     const struct uid *id, struct points claim, const struct dispute_part *part,
                     struct period opened_in)
{
    struct dispute *row = &work->row;
    struct disputed_entry entry = row->entry;
    *row = (struct dispute){
        .is_open = true,
        .state = DISPUTE_OPENED,
        .side = side,
        .reason = part->reason,
        .was_applied = row->was_applied,
        .is_suspended = row->was_applied && opened_in.yyyymm <= entry.period.yyyymm,
        .id = *id,
        .claim = claim,
        .opened_at = d->now,
        .moved_at = d->now,
        .entry = entry,
    };
    memcpy(row->opener_note, part->note, sizeof part->note);
    row->due = next_due(d, work);
}

static enum verdict opening_verdict(const struct dispute_work *work, enum dispute_side side,
                                    uint32_t tariff)
{
    const struct dispute *row = &work->row;
    bool is_senders = row->was_applied == (side == DISPUTE_ANSWERER);
    if (!dispute_may_be_about(row->entry.kind) || is_senders != (work->direction == STREAM_OUT)) {
        return VERDICT_NOT_DISPUTABLE;
    }
    if (row->claim.minor > row->entry.points.minor) {
        return VERDICT_CLAIM_TOO_LARGE;
    }
    return tariff != 0 && tariff != row->entry.tariff ? VERDICT_NOT_AGREED : VERDICT_OK;
}

/* Common to both sides; a claim of 0 is all of the entry, a tariff of 0 is its own. May refuse. */
static enum err open_checked(struct decision *d, struct dispute_work *work, enum dispute_side side,
                             struct points claim, uint32_t tariff)
{
    if (work->is_known && work->row.is_open && work->row.state != DISPUTE_DECLINED) {
        return decide_refuse(d, VERDICT_DISPUTE_EXISTS);
    }
    TRY(dispute_find_entry(d, work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    work->row.claim = claim.minor == 0 ? work->row.entry.points : claim;
    enum verdict verdict = opening_verdict(work, side, tariff);
    if (verdict != VERDICT_OK) {
        return decide_refuse(d, verdict);
    }
    return dispute_check_claim(d, work);
}

static bool is_partner(const struct decision *d, const struct partner_id *partner)
{
    return !roster_is_self(d->terms->roster, partner) &&
           roster_find(d->terms->roster, partner) != NULL;
}

enum err decide_open_dispute(struct decision *d)
{
    const struct command_dispute *open = &d->command->dispute;
    struct dispute_part part = {.step = STEP_OPEN, .reason = open->reason};
    struct dispute_work work;
    struct stream stream;
    if (open->points.minor < 0) {
        return decide_refuse(d, VERDICT_POINTS_NOT_POSITIVE);
    }
    if (!is_partner(d, &open->partner)) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    TRY(dispute_load(d, &open->partner, open->direction, open->number, &work));
    memcpy(part.note, open->note, sizeof part.note);
    TRY(open_checked(d, &work, DISPUTE_OPENER, open->points, 0));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(check_stream(d, &open->partner, &stream));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    open_row(d, &work, DISPUTE_OPENER, &d->command->transaction_id, work.row.claim, &part,
             stream.period);
    TRY(dispute_suspend(d, &work));
    TRY(say(d, &work, &d->command->transaction_id, &part, &stream));
    TRY(dispute_store(d, &work));
    d->plan->answer.points = work.row.claim;
    d->plan->answer.card = work.row.entry.card;
    d->plan->answer.home = open->partner;
    return ERR_OK;
}

/* ---- Our office's steps ---- */

static enum verdict step_verdict(const struct decision *d, const struct dispute_work *work,
                                 enum dispute_step step)
{
    const struct dispute *row = &work->row;
    if (!row->is_open) {
        return VERDICT_DISPUTE_UNKNOWN;
    }
    if (row->pending != 0) {
        return VERDICT_STEP_UNDER_WAY;
    }
    if (dispute_next(row->state, row->side, step) == DISPUTE_STATE_END) {
        return VERDICT_DISPUTE_STATE;
    }
    bool is_late =
        dispute_turn(row->state) == row->side && row->due.ms != 0 && row->due.ms <= d->now.ms;
    return is_late ? VERDICT_DISPUTE_LATE : VERDICT_OK;
}

/* The office says what it would have; whether that binds depends on what the other one said. */
static enum dispute_step step_of(const struct dispute_work *work, enum dispute_step told)
{
    enum dispute_ruling ruling = dispute_step_ruling(told);
    return ruling == RULING_NONE
               ? told
               : dispute_step_of_ruling(ruling, work->row.partner_ruling == ruling);
}

enum err decide_step_dispute(struct decision *d)
{
    const struct command_dispute *told = &d->command->dispute;
    struct dispute_work work;
    struct stream stream;
    if (!is_partner(d, &told->partner)) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    TRY(dispute_load(d, &told->partner, told->direction, told->number, &work));
    struct dispute_part part = {.step = step_of(&work, told->step)};
    enum verdict verdict = step_verdict(d, &work, part.step);
    if (verdict != VERDICT_OK) {
        return decide_refuse(d, verdict);
    }
    memcpy(part.note, told->note, sizeof part.note);
    TRY(check_stream(d, &told->partner, &stream));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(tell(d, &work, &d->command->transaction_id, &part, &stream));
    d->plan->answer.points = work.row.claim;
    d->plan->answer.card = work.row.entry.card;
    d->plan->answer.home = told->partner;
    return ERR_OK;
}

/* ---- What the partner says ---- */

/* What was signed decides? Then we say so, if the stream takes it; else people answer. */
static enum err rule_by_machine(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = STEP_MACHINE_UPHELD};
    enum dispute_ruling ruling;
    struct stream stream;
    TRY(dispute_machine(d, work, &ruling));
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    if (ruling == RULING_NONE || !decide_may_send(d, &work->partner, &stream)) {
        return ERR_OK;
    }
    part.step = ruling == RULING_UPHELD ? STEP_MACHINE_UPHELD : STEP_MACHINE_DISMISSED;
    TRY(say(d, work, &work->row.id, &part, &stream));
    await_receipt(work, &part);
    return ERR_OK;
}

static enum err take_opened(struct decision *d, struct dispute_work *work)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    TRY(open_checked(d, work, DISPUTE_ANSWERER, entry->points, entry->tariff));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    open_row(d, work, DISPUTE_ANSWERER, &entry->transaction_id, entry->points, &entry->dispute,
             entry->period);
    TRY(dispute_suspend(d, work));
    TRY(rule_by_machine(d, work));
    return dispute_store(d, work);
}

/* May a binding ruling of the partner's hold? One by people needs our own office's; one by machine
 * our own machine's, unless it is in our favour. */
static enum err is_agreed_by_us(const struct decision *d, const struct dispute_work *work,
                                enum dispute_step step, bool *out_is_agreed)
{
    enum dispute_ruling ruling = dispute_step_ruling(step);
    enum dispute_ruling own = work->row.own_ruling;
    if (step == STEP_MACHINE_UPHELD) {
        own = ruling; /* the claim is ours */
    } else if (step == STEP_MACHINE_DISMISSED) {
        TRY(dispute_machine(d, work, &own));
    }
    *out_is_agreed = own == ruling;
    return ERR_OK;
}

/* The partner's office ruled as ours did, and does not know that yet. */
static enum err confirm(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = STEP_CONFIRM_UPHELD};
    struct dispute *row = &work->row;
    struct stream stream;
    if (row->state != DISPUTE_ESCALATED || row->own_ruling == RULING_NONE ||
        row->own_ruling != row->partner_ruling || row->pending != 0) {
        return ERR_OK;
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    if (!decide_may_send(d, &work->partner, &stream)) {
        return ERR_OK;
    }
    part.step = dispute_step_of_ruling(row->own_ruling, true);
    TRY(say(d, work, &row->id, &part, &stream));
    await_receipt(work, &part);
    return ERR_OK;
}

/* What the partner says may show that it took our step, before the receipt says so. */
static void take_as_receipt(struct decision *d, struct dispute_work *work, enum dispute_step said)
{
    const struct dispute *row = &work->row;
    enum dispute_side by = dispute_other_side(row->side);
    if (row->pending == 0 || dispute_next(row->state, by, said) != DISPUTE_STATE_END) {
        return;
    }
    enum dispute_state then = dispute_next(row->state, row->side, row->pending);
    if (then != DISPUTE_STATE_END && dispute_next(then, by, said) != DISPUTE_STATE_END) {
        move_pending(d, work);
    }
}

static enum err take_step(struct decision *d, struct dispute_work *work)
{
    const struct dispute_part *part = &d->command->take_entry.entry.dispute;
    enum dispute_side by = dispute_other_side(work->row.side);
    bool is_agreed = true;
    if (!work->row.is_open) {
        return decide_refuse(d, VERDICT_DISPUTE_UNKNOWN);
    }
    take_as_receipt(d, work, part->step);
    if (dispute_next(work->row.state, by, part->step) == DISPUTE_STATE_END) {
        return decide_refuse(d, VERDICT_DISPUTE_STATE);
    }
    if (dispute_step_confirms(part->step)) {
        TRY(is_agreed_by_us(d, work, part->step, &is_agreed));
    }
    if (!is_agreed) {
        return decide_refuse(d, VERDICT_RULING_DIFFERS);
    }
    dispute_move(d, work, by, part);
    if (has_ended(&work->row)) {
        work->row.pending = (enum dispute_step)0;
    }
    TRY(confirm(d, work));
    return dispute_store(d, work);
}

enum err take_dispute(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct dispute_part *part = &take->entry.dispute;
    struct dispute_work work;
    enum stream_direction direction = part->is_of_sender ? STREAM_IN : STREAM_OUT;
    TRY(dispute_load(d, &take->sender, direction, part->number, &work));
    return part->step == STEP_OPEN ? take_opened(d, &work) : take_step(d, &work);
}

/* A correction by the partner: it pays. */
enum err take_correction(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    struct dispute_work work;
    enum stream_direction direction = entry->dispute.is_of_sender ? STREAM_IN : STREAM_OUT;
    if (entry->dispute.number == 0) {
        return decide_refuse(d, VERDICT_NOT_AGREED);
    }
    TRY(dispute_load(d, &take->sender, direction, entry->dispute.number, &work));
    if (work.row.is_open) {
        take_as_receipt(d, &work, STEP_ADJUST);
    }
    enum dispute_payment payment = payment_of(&work.row);
    bool is_agreed = work.row.is_open && has_ended(&work.row) && payment != PAYMENT_NONE &&
                     !is_payer(&work, payment) && entry->points.minor == work.row.claim.minor &&
                     entry->tariff == work.row.entry.tariff &&
                     entry->kind == dispute_correction_kind(work.row.entry.kind);
    if (!is_agreed) {
        return decide_refuse(d, VERDICT_NOT_AGREED);
    }
    work.row.corrected_in = entry->period;
    TRY(dispute_settle(d, &work));
    dispute_move(d, &work, dispute_other_side(work.row.side), &entry->dispute);
    return dispute_store(d, &work);
}

/* ---- What the partner's ledger made of our steps ---- */

static enum err opening_declined(struct decision *d, struct dispute_work *work,
                                 enum verdict verdict)
{
    TRY(dispute_unsuspend(d, work));
    work->row.state = DISPUTE_DECLINED;
    work->row.declined = verdict;
    work->row.due = (struct unix_ms){0};
    return dispute_store(d, work);
}

/* Taken, it is carried out; refused, it is said again after a while. */
static enum err correction_receipted(struct decision *d, struct dispute_work *work,
                                     enum verdict verdict)
{
    struct dispute_part part = {.step = STEP_ADJUST};
    work->row.pending = (enum dispute_step)0;
    if (verdict == VERDICT_OK) {
        TRY(dispute_settle(d, work));
        dispute_move(d, work, work->row.side, &part);
        return dispute_store(d, work);
    }
    TRY(dispute_owe_correction(d, work, -1));
    work->row.corrected_in = (struct period){0};
    work->row.declined = verdict;
    work->row.due.ms = d->now.ms + RETRY_MS;
    return dispute_store(d, work);
}

/* A step that waited: it counts, or it was never taken. */
static enum err pending_receipted(struct decision *d, struct dispute_work *work,
                                  enum verdict verdict)
{
    struct dispute *row = &work->row;
    if (verdict == VERDICT_OK) {
        move_pending(d, work);
        return dispute_store(d, work);
    }
    if (row->state == DISPUTE_OPENED) { /* the machines differ, perhaps: people answer */
        row->own_ruling = RULING_NONE;
    }
    row->pending = (enum dispute_step)0;
    row->declined = verdict;
    return dispute_store(d, work);
}

enum err dispute_receipted(struct decision *d, const struct partner_id *partner,
                           const struct receipted_entry *entry)
{
    struct dispute_work work;
    enum stream_direction direction = entry->is_dispute_of_sender ? STREAM_OUT : STREAM_IN;
    bool is_taken = entry->verdict == VERDICT_OK;
    if (is_taken && !waits_for_receipt(entry->step)) {
        return ERR_OK;
    }
    TRY(dispute_load(d, partner, direction, entry->disputed, &work));
    if (!work.is_known) {
        return ERR_OK;
    }
    if (entry->step == STEP_OPEN) {
        return is_taken ? ERR_OK : opening_declined(d, &work, entry->verdict);
    }
    if (work.row.pending == entry->step) {
        return entry->step == STEP_ADJUST ? correction_receipted(d, &work, entry->verdict)
                                          : pending_receipted(d, &work, entry->verdict);
    }
    if (!is_taken && !waits_for_receipt(entry->step)) { /* a ruling that was not heard */
        work.row.own_ruling = RULING_NONE;
        work.row.declined = entry->verdict;
        return dispute_store(d, &work);
    }
    return ERR_OK; /* it is known by what the partner said since */
}

/* An own entry that a partner refused may be disputed. */
enum err dispute_may_follow(struct decision *d, const struct partner_id *partner,
                            const struct receipted_entry *refused)
{
    struct dispute_work work;
    if (!dispute_may_be_about(refused->kind) || refused->verdict == VERDICT_CARD_MOVED) {
        return ERR_OK;
    }
    TRY(dispute_load(d, partner, STREAM_OUT, refused->number, &work));
    work.row.declined = refused->verdict;
    work.row.entry = (struct disputed_entry){.kind = refused->kind,
                                             .tariff = refused->tariff,
                                             .card = refused->card,
                                             .points = refused->points,
                                             .transaction_id = refused->transaction_id,
                                             .subject = refused->subject,
                                             .period = refused->period};
    return dispute_store(d, &work);
}

/* ---- What was lost with an old copy ---- */

static enum err open_again(struct decision *d, struct dispute_work *work,
                           const struct clearing_entry *entry)
{
    TRY(open_checked(d, work, DISPUTE_OPENER, entry->points, entry->tariff));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    open_row(d, work, DISPUTE_OPENER, &entry->transaction_id, work->row.claim, &entry->dispute,
             entry->period);
    TRY(dispute_suspend(d, work));
    return dispute_store(d, work);
}

enum err dispute_again(struct decision *d, const struct partner_id *partner,
                       const struct clearing_entry *entry)
{
    const struct dispute_part *part = &entry->dispute;
    enum stream_direction direction = part->is_of_sender ? STREAM_OUT : STREAM_IN;
    struct dispute_work work;
    TRY(dispute_load(d, partner, direction, part->number, &work));
    if (part->step == STEP_OPEN) {
        return open_again(d, &work, entry);
    }
    if (!work.row.is_open ||
        dispute_next(work.row.state, work.row.side, part->step) == DISPUTE_STATE_END) {
        return decide_refuse(d, VERDICT_DISPUTE_STATE);
    }
    if (part->step == STEP_ADJUST) { /* it is owed again by what recovers the entry */
        work.row.corrected_in = entry->period;
        work.row.due = (struct unix_ms){0};
        TRY(dispute_owe_correction(d, &work, 1));
        TRY(decide_owe(d, partner, STREAM_OUT, entry->kind, entry->tariff, -entry->points.minor));
    }
    if (waits_for_receipt(part->step)) {
        await_receipt(&work, part);
    } else {
        dispute_move(d, &work, work.row.side, part);
    }
    return dispute_store(d, &work);
}

/* ---- What happens by itself ---- */

static enum err finish(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = STEP_ADJUST};
    struct stream stream;
    if (payment_of(&work->row) == PAYMENT_NONE) {
        TRY(dispute_settle(d, work));
        dispute_move(d, work, work->row.side, &part);
        return dispute_store(d, work);
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    if (!decide_may_send(d, &work->partner, &stream)) {
        work->row.due.ms = d->now.ms + RETRY_MS;
        return dispute_store(d, work);
    }
    work->row.corrected_in = stream.period;
    work->row.due = (struct unix_ms){0};
    TRY(dispute_owe_correction(d, work, 1));
    return tell(d, work, &work->row.id, &part, &stream);
}

/* Said again after a while, as long as it is not taken. */
static enum err be_silent(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = dispute_silence(work->row.state)};
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    work->row.due.ms = d->now.ms + RETRY_MS;
    if (work->row.pending != 0 || !decide_may_send(d, &work->partner, &stream)) {
        return dispute_store(d, work);
    }
    return tell(d, work, &work->row.id, &part, &stream);
}

enum err decide_dispute_due(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    enum stream_direction direction;
    uint64_t number;
    struct dispute_work work;
    TRY(dispute_due_parse(&due->id, &direction, &number));
    TRY(dispute_load(d, &due->redeemer, direction, number, &work));
    if (!work.is_known || work.row.due.ms != due->due.ms) {
        struct ledger_key key;
        key_due(due->due, DUE_DISPUTE, &due->redeemer, &due->id, &key);
        plan_delete(d->plan, TABLE_DUE, &key);
        return ERR_OK;
    }
    if (d->now.ms < work.row.due.ms) {
        return ERR_OK;
    }
    return has_ended(&work.row) ? finish(d, &work) : be_silent(d, &work);
}
