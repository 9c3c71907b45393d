/* A dispute's row, and the steps that either side takes on it: state, notes, rulings, what is due,
 * how many there are; and our own steps as entries. */
#include <string.h>

#include "base/mutant.h"
#include "ledger/dispute.h"

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

void dispute_put(struct decision *d, const struct dispute_work *work)
{
    struct ledger_key key;
    key_dispute(&work->partner, work->direction, work->number, &key);
    buffer_clear(&d->plan->scratch);
    dispute_encode(&work->row, &d->plan->scratch);
    plan_row(d->plan, TABLE_DISPUTE, &key, buffer_slice(&d->plan->scratch));
    if (work->row.due.ms == work->due_before.ms) {
        return;
    }
    if (work->due_before.ms != 0) {
        due_key(work, work->due_before, &key);
        plan_delete(d->plan, TABLE_DUE, &key);
    }
    if (work->row.due.ms != 0) {
        due_key(work, work->row.due, &key);
        plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
    }
}

enum err dispute_store(struct decision *d, const struct dispute_work *work)
{
    dispute_put(d, work);
    return count_both(d, work);
}

/* ---- What was said ---- */

static void put_line(struct decision *d, const struct dispute_work *work, enum stream_direction way,
                     uint64_t line_number, const struct dispute_line *line)
{
    struct ledger_key key;
    key_dispute_line(&work->partner, work->direction, work->number, way, line_number, &key);
    buffer_clear(&d->plan->scratch);
    dispute_line_encode(line, &d->plan->scratch);
    plan_row(d->plan, TABLE_DISPUTE_LINE, &key, buffer_slice(&d->plan->scratch));
}

void dispute_note_line(struct decision *d, const struct dispute_work *work,
                       enum stream_direction way, const struct clearing_entry *entry)
{
    struct dispute_line line = {.step = entry->dispute.step,
                                .verdict = VERDICT_OK,
                                .said = entry->business_time,
                                .noted = d->now};
    memcpy(line.note, entry->dispute.note, sizeof line.note);
    put_line(d, work, way, entry->number, &line);
}

enum err dispute_refuse_line(struct decision *d, const struct dispute_work *work,
                             uint64_t line_number, enum verdict verdict)
{
    struct dispute_line line;
    enum err err = ledger_get_dispute_line(d->view, &work->partner, work->direction, work->number,
                                           STREAM_OUT, line_number, &line);
    if (err == ERR_OK) {
        line.verdict = verdict;
        put_line(d, work, STREAM_OUT, line_number, &line);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err; /* said before steps were noted */
}

bool dispute_has_ended(const struct dispute *dispute)
{
    return dispute->state == DISPUTE_ACCEPTED || dispute->state == DISPUTE_RULED;
}

/* Do we send the correction? */
bool dispute_is_payer(const struct dispute_work *work, enum dispute_payment payment)
{
    bool is_sender = work->direction == STREAM_OUT;
    return payment != PAYMENT_NONE &&
           dispute_sender_pays(work->row.entry.kind, payment) == is_sender;
}

enum dispute_payment dispute_payment_of(const struct dispute *dispute)
{
    return dispute_payment(dispute_books_outcome(dispute), dispute->was_applied,
                           dispute->is_suspended);
}

enum dispute_ruling dispute_books_outcome(const struct dispute *dispute)
{
    if (!dispute->is_apart || !dispute->was_applied || dispute->outcome == RULING_NONE) {
        return dispute->outcome;
    }
    bool is_undone = dispute->other_tariff == 0 && dispute->outcome == RULING_DISMISSED;
    return is_undone ? RULING_UPHELD : RULING_DISMISSED;
}

/* The opener's when its claim is upheld. */
uint32_t dispute_correction_tariff(const struct dispute *dispute)
{
    bool is_ours = (dispute->outcome == RULING_UPHELD) == (dispute->side == DISPUTE_OPENER);
    return dispute->other_tariff == 0 || is_ours ? dispute->entry.tariff : dispute->other_tariff;
}

/* When this side must do something; 0: it is not its turn. */
static struct unix_ms next_due(const struct decision *d, const struct dispute_work *work)
{
    const struct dispute *row = &work->row;
    const struct roster *roster = d->terms->roster;
    enum dispute_payment payment = dispute_payment_of(row);
    int64_t term = row->state == DISPUTE_REJECTED ? roster_dispute_escalate_ms(roster)
                                                  : roster_dispute_answer_ms(roster);
    if (dispute_has_ended(row)) {
        bool is_ours = payment == PAYMENT_NONE || dispute_is_payer(work, payment);
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

enum err dispute_say(struct decision *d, struct dispute_work *work, const struct uid *id,
                     const struct dispute_part *part, struct stream *stream)
{
    bool has_points = part->step == STEP_OPEN || part->step == STEP_ADJUST;
    struct clearing_entry entry = {
        .kind = part->step == STEP_ADJUST ? dispute_correction_kind(work->row.entry.kind)
                                          : dispute_step_kind(part->step),
        .business_time = d->now,
        .transaction_id = *id,
        .points = has_points ? work->row.claim : points_of(0),
        .tariff = part->step == STEP_ADJUST ? dispute_correction_tariff(&work->row)
                                            : work->row.entry.tariff,
        .dispute = *part,
    };
    entry.dispute.number = work->number;
    entry.dispute.is_of_sender = work->direction == STREAM_OUT;
    TRY(plan_entry(d->plan, d->terms, &work->partner, stream, &entry));
    dispute_note_line(d, work, STREAM_OUT, &entry);
    return ERR_OK;
}

/* A step counts once the partner took it. A ruling that does not bind is said at once, for the
 * partner's to meet it. */
void dispute_await_receipt(struct dispute_work *work, const struct dispute_part *part)
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

bool dispute_waits_for_receipt(enum dispute_step step)
{
    return dispute_step_ruling(step) == RULING_NONE || dispute_step_confirms(step);
}

/* The step whose receipt we waited for was taken. */
void dispute_move_pending(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = work->row.pending};
    work->row.pending = (enum dispute_step)0;
    dispute_move(d, work, work->row.side, &part);
}

enum err dispute_tell(struct decision *d, struct dispute_work *work, const struct uid *id,
                      const struct dispute_part *part, struct stream *stream)
{
    TRY(dispute_say(d, work, id, part, stream));
    if (dispute_waits_for_receipt(part->step)) {
        dispute_await_receipt(work, part);
    } else {
        dispute_move(d, work, work->row.side, part);
    }
    return dispute_store(d, work);
}

/* ---- Opening ---- */

void dispute_open_row(struct decision *d, struct dispute_work *work, enum dispute_side side,
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
        .is_suspended = row->was_applied && !period_is_before(entry.period, opened_in),
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

enum err dispute_open_checked(struct decision *d, struct dispute_work *work, enum dispute_side side,
                              struct points claim, uint32_t tariff)
{
    bool may_again = work->row.state == DISPUTE_DECLINED ||
                     (MUTANT(DISPUTE_TWICE) && work->row.state == DISPUTE_ADJUSTED);
    if (work->is_known && work->row.is_open && !may_again) {
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
    return command_is_recovery(d->command) ? ERR_OK /* it was within what was left then */
                                           : dispute_check_claim(d, work);
}
