/* Disputes: what partners say of them, what their ledgers make of our steps, and what of both was
 * lost with an old copy. */
#include <string.h>

#include "base/mutant.h"
#include "ledger/dispute.h"

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
    TRY(dispute_say(d, work, &work->row.id, &part, &stream));
    dispute_await_receipt(work, &part);
    return ERR_OK;
}

static enum err take_opened(struct decision *d, struct dispute_work *work)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    TRY(dispute_open_checked(d, work, DISPUTE_ANSWERER, entry->points, entry->tariff));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    dispute_open_row(d, work, DISPUTE_ANSWERER, &entry->transaction_id, entry->points,
                     &entry->dispute, entry->period);
    if (!MUTANT(DISPUTE_ONE_SIDED)) {
        TRY(dispute_suspend(d, work));
    }
    dispute_note_line(d, work, STREAM_IN, entry);
    TRY(rule_by_machine(d, work));
    return dispute_store(d, work);
}

/* May a binding ruling of the partner's hold? One by people needs our own office's; one by machine
 * our own machine's, unless it is in our favour. What our receipt says was agreed to stays so, and
 * waits for our own office's ruling to come back before it, if there is one. */
static enum err is_agreed_by_us(const struct decision *d, const struct dispute_work *work,
                                enum dispute_step step, bool *out_is_agreed)
{
    enum dispute_ruling ruling = dispute_step_ruling(step);
    enum dispute_ruling own = work->row.own_ruling;
    bool is_by_people = step != STEP_MACHINE_UPHELD && step != STEP_MACHINE_DISMISSED;
    bool may_wait = is_by_people && d->command->take_entry.may_wait;
    if (step == STEP_MACHINE_UPHELD || (command_is_recovery(d->command) && !may_wait)) {
        own = ruling; /* the claim is ours */
    } else if (step == STEP_MACHINE_DISMISSED) {
        TRY(dispute_machine(d, work, &own));
    }
    *out_is_agreed = own == ruling || MUTANT(RULE_ALONE);
    return ERR_OK;
}

static bool is_to_confirm(const struct dispute *row)
{
    return row->state == DISPUTE_ESCALATED && row->own_ruling != RULING_NONE &&
           row->own_ruling == row->partner_ruling && row->pending == 0;
}

/* While the stream does not take it. */
static void confirm_later(const struct decision *d, struct dispute_work *work)
{
    if (is_to_confirm(&work->row)) {
        work->row.due.ms = d->now.ms + DISPUTE_RETRY_MS;
    }
}

enum err dispute_confirm(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = STEP_CONFIRM_UPHELD};
    struct dispute *row = &work->row;
    struct stream stream;
    if (!is_to_confirm(row)) {
        return ERR_OK;
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    if (!decide_may_send(d, &work->partner, &stream)) {
        confirm_later(d, work);
        return ERR_OK;
    }
    part.step = dispute_step_of_ruling(row->own_ruling, true);
    TRY(dispute_say(d, work, &row->id, &part, &stream));
    dispute_await_receipt(work, &part);
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
        dispute_move_pending(d, work);
    }
}

/* Both sides may rule at once: each took the other's step while its own was on the way. Of a ledger
 * that recovers, the step that decided it may come back first. Then what else was said is noted,
 * and waits for nothing: what has still to come back makes no difference. */
static bool has_crossed(const struct decision *d, const struct dispute *row)
{
    bool is_decided = dispute_has_ended(row) || row->state == DISPUTE_ADJUSTED;
    return command_is_recovery(d->command) && row->is_open && is_decided;
}

static enum err note_crossed(struct decision *d, struct dispute_work *work,
                             enum stream_direction way, const struct clearing_entry *entry)
{
    enum dispute_ruling *said =
        way == STREAM_OUT ? &work->row.own_ruling : &work->row.partner_ruling;
    enum dispute_ruling ruling = dispute_step_ruling(entry->dispute.step);
    *said = ruling == RULING_NONE ? *said : ruling;
    dispute_note_line(d, work, way, entry);
    return dispute_store(d, work);
}

static enum err take_step(struct decision *d, struct dispute_work *work)
{
    const struct dispute_part *part = &d->command->take_entry.entry.dispute;
    enum dispute_side by = dispute_other_side(work->row.side);
    bool is_agreed = true;
    if (!work->row.is_open) {
        return decide_refuse(d, VERDICT_DISPUTE_UNKNOWN);
    }
    if (has_crossed(d, &work->row)) {
        return note_crossed(d, work, STREAM_IN, &d->command->take_entry.entry);
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
    dispute_note_line(d, work, STREAM_IN, &d->command->take_entry.entry);
    if (dispute_has_ended(&work->row)) {
        work->row.pending = (enum dispute_step)0;
    }
    TRY(dispute_confirm(d, work));
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
    enum dispute_payment payment = dispute_payment_of(&work.row);
    bool is_agreed = work.row.is_open && dispute_has_ended(&work.row) && payment != PAYMENT_NONE &&
                     !dispute_is_payer(&work, payment) &&
                     entry->points.minor == work.row.claim.minor &&
                     entry->tariff == dispute_correction_tariff(&work.row) &&
                     entry->kind == dispute_correction_kind(work.row.entry.kind);
    if (!is_agreed) {
        return decide_refuse(d, VERDICT_NOT_AGREED);
    }
    work.row.corrected_in = entry->period;
    TRY(dispute_settle(d, &work));
    dispute_move(d, &work, dispute_other_side(work.row.side), &entry->dispute);
    dispute_note_line(d, &work, STREAM_IN, entry);
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
    work->row.due.ms = d->now.ms + DISPUTE_RETRY_MS;
    return dispute_store(d, work);
}

/* A step that waited: it counts, or it was never taken. */
static enum err pending_receipted(struct decision *d, struct dispute_work *work,
                                  enum verdict verdict)
{
    struct dispute *row = &work->row;
    if (verdict == VERDICT_OK) {
        dispute_move_pending(d, work);
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
    if (is_taken && !dispute_waits_for_receipt(entry->step)) {
        return ERR_OK;
    }
    TRY(dispute_load(d, partner, direction, entry->disputed, &work));
    if (!work.is_known) {
        return ERR_OK;
    }
    if (!is_taken) {
        TRY(dispute_refuse_line(d, &work, entry->number, entry->verdict));
    }
    if (entry->step == STEP_OPEN) {
        return is_taken ? ERR_OK : opening_declined(d, &work, entry->verdict);
    }
    if (work.row.pending == entry->step) {
        return entry->step == STEP_ADJUST ? correction_receipted(d, &work, entry->verdict)
                                          : pending_receipted(d, &work, entry->verdict);
    }
    if (!is_taken && !dispute_waits_for_receipt(entry->step)) { /* a ruling that was not heard */
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
    if (!dispute_may_be_about(refused->kind) || refused->verdict == VERDICT_CARD_MOVED ||
        verdict_is_of_block(refused->verdict)) { /* it goes on by itself */
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
    TRY(dispute_open_checked(d, work, DISPUTE_OPENER, entry->points, entry->tariff));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    dispute_open_row(d, work, DISPUTE_OPENER, &entry->transaction_id, work->row.claim,
                     &entry->dispute, entry->period);
    TRY(dispute_suspend(d, work));
    dispute_note_line(d, work, STREAM_OUT, entry);
    return dispute_store(d, work);
}

enum err dispute_again(struct decision *d, const struct partner_id *partner,
                       const struct clearing_entry *entry, struct answer *answer)
{
    const struct dispute_part *part = &entry->dispute;
    enum stream_direction direction = part->is_of_sender ? STREAM_OUT : STREAM_IN;
    struct dispute_work work;
    TRY(dispute_load(d, partner, direction, part->number, &work));
    if (part->step == STEP_OPEN) {
        return open_again(d, &work, entry);
    }
    if (work.row.is_open) { /* the office was told the claim, whatever the step does now */
        answer->points = work.row.claim;
        answer->card = work.row.entry.card;
    }
    if (has_crossed(d, &work.row) && part->step != STEP_ADJUST) {
        return note_crossed(d, &work, STREAM_OUT, entry);
    }
    if (!work.row.is_open ||
        dispute_next(work.row.state, work.row.side, part->step) == DISPUTE_STATE_END) {
        return decide_refuse(d, VERDICT_DISPUTE_STATE);
    }
    if (part->step == STEP_ADJUST) { /* it is owed again by what recovers the entry */
        work.row.corrected_in = entry->period;
        work.row.due = (struct unix_ms){0};
        TRY(dispute_owe_correction(d, &work, 1));
        TRY(decide_owe(d, partner, STREAM_OUT, entry->kind, entry->tariff, entry->period,
                       -entry->points.minor));
    }
    if (dispute_waits_for_receipt(part->step)) {
        dispute_await_receipt(&work, part);
    } else {
        dispute_move(d, &work, work.row.side, part);
        confirm_later(d, &work);
    }
    dispute_note_line(d, &work, STREAM_OUT, entry);
    return dispute_store(d, &work);
}
