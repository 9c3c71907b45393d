/* Disputes: what offices say, and what happens by itself (what partners say: take_dispute.c). The
 * order of the steps and whose turn it is are clearing/dispute.h's; here they become rows, entries
 * and deadlines.
 *
 * A step that this side takes is an entry on its stream in the same record. What follows from an
 * outcome (the correction) is a record of its own, by TABLE_DUE: so it waits until the stream takes
 * it, and a crash in between loses nothing. */
#include <string.h>

#include "base/mutant.h"
#include "ledger/dispute.h"

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
    TRY(dispute_open_checked(d, &work, DISPUTE_OPENER, open->points, 0));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(check_stream(d, &open->partner, &stream));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    dispute_open_row(d, &work, DISPUTE_OPENER, &d->command->transaction_id, work.row.claim, &part,
                     stream.period);
    TRY(dispute_suspend(d, &work));
    TRY(dispute_say(d, &work, &d->command->transaction_id, &part, &stream));
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
    TRY(dispute_tell(d, &work, &d->command->transaction_id, &part, &stream));
    d->plan->answer.points = work.row.claim;
    d->plan->answer.card = work.row.entry.card;
    d->plan->answer.home = told->partner;
    return ERR_OK;
}

/* ---- What happens by itself ---- */

static enum err finish(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = STEP_ADJUST};
    struct stream stream;
    if (dispute_payment_of(&work->row) == PAYMENT_NONE) {
        TRY(dispute_settle(d, work));
        dispute_move(d, work, work->row.side, &part);
        return dispute_store(d, work);
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    if (!decide_may_send(d, &work->partner, &stream)) {
        work->row.due.ms = d->now.ms + DISPUTE_RETRY_MS;
        return dispute_store(d, work);
    }
    work->row.corrected_in = stream.period;
    work->row.due = (struct unix_ms){0};
    TRY(dispute_owe_correction(d, work, 1));
    return dispute_tell(d, work, &work->row.id, &part, &stream);
}

/* Said again after a while, as long as it is not taken. */
static enum err be_silent(struct decision *d, struct dispute_work *work)
{
    struct dispute_part part = {.step = dispute_silence(work->row.state)};
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    work->row.due.ms = d->now.ms + DISPUTE_RETRY_MS;
    if (work->row.pending != 0 || !decide_may_send(d, &work->partner, &stream) ||
        MUTANT(SILENCE_IS_NOTHING)) {
        return dispute_store(d, work);
    }
    return dispute_tell(d, work, &work->row.id, &part, &stream);
}

/* What was set apart, of a kind that the machine rules on: before people have to, and again when
 * the partner's machine did not say the same. */
static enum err rule_apart(struct decision *d, struct dispute_work *work,
                           enum dispute_ruling ruling)
{
    struct dispute_part part = {.step = ruling == RULING_UPHELD ? STEP_MACHINE_UPHELD
                                                                : STEP_MACHINE_DISMISSED};
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    work->row.due.ms = d->now.ms + DISPUTE_RETRY_MS;
    if (work->row.pending != 0 || !decide_may_send(d, &work->partner, &stream)) {
        return dispute_store(d, work);
    }
    return dispute_tell(d, work, &work->row.id, &part, &stream);
}

static enum err end_turn(struct decision *d, struct dispute_work *work)
{
    enum dispute_ruling ruling = RULING_NONE;
    if (work->row.is_apart && work->row.state == DISPUTE_OPENED) {
        TRY(dispute_machine(d, work, &ruling));
    }
    return ruling == RULING_NONE ? be_silent(d, work) : rule_apart(d, work, ruling);
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
    if (work.row.state == DISPUTE_ESCALATED) {
        work.row.due = (struct unix_ms){0};
        TRY(dispute_confirm(d, &work));
        return dispute_store(d, &work);
    }
    return dispute_has_ended(&work.row) ? finish(d, &work) : end_turn(d, &work);
}
