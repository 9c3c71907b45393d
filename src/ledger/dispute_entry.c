/* The entry that a dispute is about, as this side has it: from the journal, with the sale or the
 * hold that it belongs to, and what was signed of it. */
#include "base/mutant.h"
#include "ledger/dispute.h"

/* ---- The disputed entry ---- */

static void keep_entry(struct dispute *row, const struct clearing_entry *entry)
{
    row->entry = (struct disputed_entry){
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

/* Our own: applied if it was receipted and nothing is known of a refusal. */
static enum err find_sent(struct decision *d, struct dispute_work *work)
{
    struct stream stream;
    struct clearing_entry entry;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &work->partner, &stream));
    if (work->number > stream.receipted_number) {
        return decide_refuse(d, VERDICT_ENTRY_UNKNOWN);
    }
    enum err err = decide_find_sent(d, &work->partner, work->number, &entry);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_ENTRY_UNKNOWN);
    }
    TRY(err);
    if (!work->is_known) {
        work->row.was_applied = true;
    }
    keep_entry(&work->row, &entry);
    return ERR_OK;
}

static enum err find_taken(struct decision *d, struct dispute_work *work)
{
    struct taken_entry taken;
    enum err err = decide_find_taken(d, &work->partner, work->number, &taken);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_ENTRY_UNKNOWN);
    }
    TRY(err);
    work->row.was_applied = taken.verdict == VERDICT_OK;
    keep_entry(&work->row, &taken.entry);
    work->row.entry.delivered = taken.taken;
    return ERR_OK;
}

enum err dispute_find_entry(struct decision *d, struct dispute_work *work)
{
    return work->direction == STREAM_OUT ? find_sent(d, work) : find_taken(d, work);
}

/* The sender of sales and holds is the shop's brand. */
static const struct partner_id *shop_of(const struct decision *d, const struct dispute_work *work)
{
    return work->direction == STREAM_OUT ? &d->terms->roster->self : &work->partner;
}

static const struct partner_id *home_of(const struct decision *d, const struct dispute_work *work)
{
    return work->direction == STREAM_OUT ? &work->partner : &d->terms->roster->self;
}

enum err dispute_find_hold(const struct decision *d, const struct dispute_work *work,
                           struct hold *out_hold, bool *out_has)
{
    enum err err = ledger_get_hold(d->view, shop_of(d, work), &work->row.entry.subject, out_hold);
    enum hold_role role = work->direction == STREAM_OUT ? HOLD_FOREIGN : HOLD_HOME;
    *out_has = err == ERR_OK && out_hold->role == role;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err dispute_find_sale(const struct decision *d, const struct dispute_work *work,
                           struct sale *out_sale, bool *out_has)
{
    const struct disputed_entry *entry = &work->row.entry;
    const struct uid *id = entry->kind == ENTRY_EARN ? &entry->transaction_id : &entry->subject;
    enum err err = ledger_get_sale(d->view, shop_of(d, work), id, out_sale);
    *out_has = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err add_mandate(const struct decision *d, const struct dispute_work *work,
                            struct dispute_evidence *evidence)
{
    const struct dispute *row = &work->row;
    struct mandate_row mandate;
    if (uid_is_nil(&row->entry.mandate)) {
        return ERR_OK;
    }
    enum err err = ledger_get_mandate(d->view, home_of(d, work), shop_of(d, work),
                                      &row->entry.mandate, &mandate);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    int64_t counted = row->was_applied || work->direction == STREAM_OUT
                          ? row->entry.points.minor /* it is in `used` */
                          : 0;
    evidence->has_mandate = true;
    evidence->mandate_from = mandate.mandate.valid_from;
    evidence->mandate_until = mandate.mandate.valid_until;
    evidence->mandate_floor = mandate.mandate.floor;
    evidence->mandate_left =
        points_of(mandate.mandate.daily_cap.minor - mandate.used.minor + counted);
    return ERR_OK;
}

/* A hold that was given back was not there any more to be captured; what was captured of it is. */
static struct points granted_of(const struct hold *hold, const struct dispute *row)
{
    bool is_void = hold->state == HOLD_VOIDED && !row->was_applied && hold->role == HOLD_HOME;
    int64_t used = row->was_applied || hold->role == HOLD_FOREIGN ? 0 : hold->captured.minor;
    return points_of(is_void ? 0 : hold->granted.minor - used);
}

enum err dispute_machine(const struct decision *d, const struct dispute_work *work,
                         enum dispute_ruling *out_ruling)
{
    const struct dispute *row = &work->row;
    struct dispute_evidence evidence = {0};
    struct hold hold;
    bool has_hold;
    *out_ruling = RULING_NONE;
    if (row->entry.kind != ENTRY_CAPTURE) {
        return ERR_OK;
    }
    TRY(dispute_find_hold(d, work, &hold, &has_hold));
    if (has_hold && uid_is_nil(&hold.mandate)) {
        evidence.has_grant = true;
        evidence.granted = granted_of(&hold, row);
        evidence.capture_by = hold.capture_by;
        evidence.deliver_by = hold.deliver_by;
    }
    TRY(add_mandate(d, work, &evidence));
    bool is_covered = dispute_is_covered(&evidence, row->entry.points, row->entry.business_time,
                                         row->entry.delivered);
    *out_ruling = dispute_rule(row->entry.kind, row->was_applied,
                               MUTANT(MACHINE_FOR_HOME) ? false : is_covered);
    if (row->is_apart && row->was_applied) { /* the claim is that it counts */
        *out_ruling = *out_ruling == RULING_UPHELD ? RULING_DISMISSED : RULING_UPHELD;
    }
    return ERR_OK;
}
