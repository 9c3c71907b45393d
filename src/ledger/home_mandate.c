/* The home's side of a stand-in: what a partner's till gave under a mandate of ours, without
 * asking.
 *
 *   no row     -> captured   a capture within the mandate
 *   open       -> as a grant its captures and its void are those of any hold: the request was
 *                            granted, and only the answer was lost. The till may have asked anew
 *                            since, so that the stand-in's T1 is later than the grant's: a capture
 *                            between the two is in time when the mandate allows it
 *   expired    -> captured   the same after T2: the points are with the member again
 *   captured   -> captured   one more part, while the burn stays within the mandate's floor
 *   no row     -> voided     a void that comes before the request, or instead of it
 *
 * A capture within the mandate is honoured however late it is delivered. What the member has is
 * taken, what is spendable first; what is lacking becomes a debt, also beyond the debt limit. Where
 * nobody can owe it, it is the programme's loss: a card that is unknown, blocked or of somebody who
 * was erased costs no member anything, and a blocked member owes no more than there is.
 */
#include "base/mutant.h"
#include "ledger/decision.h"

static const struct account_ref adjustment = {.kind = ACCOUNT_ADJUSTMENT};

static struct points points_least(struct points a, struct points b)
{
    return a.minor < b.minor ? a : b;
}

/* From spendable or from pending lots, the soonest to end first. */
static enum err take_lots(struct decision *d, struct member_work *work, struct hold *hold,
                          bool is_pending, struct points *left)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct account_ref from =
        account_of_member(is_pending ? ACCOUNT_PENDING : ACCOUNT_AVAILABLE, &work->id);
    struct account_ref payable =
        account_of_partner(ACCOUNT_PAYABLE, &take->sender, take->entry.period);
    struct points taken = {0};
    while (left->minor > 0) {
        size_t soonest = lots_soonest(&work->row, is_pending);
        if (soonest == work->row.lot_count) {
            break;
        }
        struct lot lot = work->row.lots[soonest];
        struct points part = points_least(lot.free, *left);
        TRY(work_lot(d, work, &lot.key, -part.minor, 0));
        TRY(decide_spend(d, &lot.key, part.minor));
        TRY(hold_note_lot(hold, &lot.key, part));
        TRY(points_add(taken, part, &taken));
        left->minor -= part.minor;
    }
    return work_post(d, work, &from, &payable, taken);
}

static enum err owe(struct decision *d, struct member_work *work, struct hold *hold,
                    struct points points)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work->id);
    struct account_ref payable =
        account_of_partner(ACCOUNT_PAYABLE, &take->sender, take->entry.period);
    TRY(work_post(d, work, &debt, &payable, points));
    d->plan->answer.debt = points;
    return points_add(hold->unbacked, points, &hold->unbacked);
}

/* Leaves in `*left` what the member does not bear. */
static enum err take_from_member(struct decision *d, const struct uid *member, struct hold *hold,
                                 struct points *left)
{
    struct member_work work;
    TRY(work_begin(d, member, &work));
    if (decision_is_refused(d)) {
        return ERR_CORRUPT; /* a card or a hold of nobody */
    }
    if (uid_is_nil(&hold->member)) {
        hold->member = work.id;
    }
    if (!work.row.is_erased) {
        TRY(take_lots(d, &work, hold, false, left));
        TRY(take_lots(d, &work, hold, true, left));
    }
    if (standing_verdict(&work.row) == VERDICT_OK) {
        TRY(owe(d, &work, hold, *left));
        *left = points_of(0);
    }
    work_end(d, &work);
    return ERR_OK;
}

/* Whose card it is; nil when nobody bears what is done with it. */
static enum err find_bearer(const struct decision *d, struct uid *out_member)
{
    struct card card;
    enum err err = ledger_get_card(d->view, &d->command->take_entry.entry.card, &card);
    *out_member = (struct uid){{0}};
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    if (!card.is_blocked) {
        *out_member = card.member;
    }
    return ERR_OK;
}

static enum err bear(struct decision *d, const struct uid *member, struct hold *hold)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct account_ref payable =
        account_of_partner(ACCOUNT_PAYABLE, &take->sender, take->entry.period);
    struct points left = take->entry.points;
    if (!uid_is_nil(member)) {
        TRY(take_from_member(d, member, hold, &left));
    }
    plan_post(d->plan, &adjustment, &payable, left);
    d->plan->answer.written_off = left;
    return points_add(hold->lost, left, &hold->lost);
}

/* `captured`: of the same burn, before. */
static enum verdict judge(const struct decision *d, const struct mandate_row *row,
                          struct points captured)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    if (!mandate_is_valid_at(&row->mandate, entry->business_time) &&
        !MUTANT(HONOUR_LATE_STAND_IN)) {
        return VERDICT_MANDATE_EXPIRED;
    }
    if (entry->points.minor > row->mandate.floor.minor - captured.minor) {
        return VERDICT_MANDATE_FLOOR_EXCEEDED;
    }
    return entry->points.minor > row->mandate.daily_cap.minor - row->used.minor
               ? VERDICT_MANDATE_CAP_EXCEEDED
               : VERDICT_OK;
}

/* The mandate that the entry names, and whether it allows what is captured. */
static enum err judge_own(const struct decision *d, const struct hold *known,
                          struct mandate_row *out_row, enum verdict *out_verdict)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct uid *id = &take->entry.mandate;
    *out_verdict = VERDICT_MANDATE_UNKNOWN;
    if (known != NULL && !uid_is_nil(&known->mandate) && !uid_equal(&known->mandate, id)) {
        return ERR_OK;
    }
    enum err err = ledger_get_mandate(d->view, &d->terms->roster->self, &take->sender, id, out_row);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    TRY(err);
    *out_verdict = judge(d, out_row, known == NULL ? points_of(0) : known->captured);
    return ERR_OK;
}

/* The mandate that the entry names, and that allows it. May refuse. */
static enum err own_mandate(struct decision *d, const struct hold *known,
                            struct mandate_row *out_row)
{
    enum verdict verdict;
    TRY(judge_own(d, known, out_row, &verdict));
    return verdict == VERDICT_OK ? ERR_OK : decide_refuse(d, verdict);
}

enum err home_mandate_allows(const struct decision *d, const struct hold *known, bool *out_allows)
{
    struct mandate_row row;
    enum verdict verdict;
    TRY(judge_own(d, known, &row, &verdict));
    *out_allows = verdict == VERDICT_OK;
    return ERR_OK;
}

static struct hold new_stand_in(const struct decision *d, const struct mandate *mandate)
{
    const struct command_take_entry *take = &d->command->take_entry;
    return (struct hold){.role = HOLD_HOME,
                         .redeemer = take->sender,
                         .home = d->terms->roster->self,
                         .card = take->entry.card,
                         .capture_by = mandate->valid_until,
                         .deliver_by = mandate->valid_until};
}

bool home_may_stand_in(const struct hold *hold)
{
    return hold->state == HOLD_EXPIRED ||
           (hold->state == HOLD_CAPTURED && !uid_is_nil(&hold->mandate));
}

enum err home_stood_in(struct decision *d, const struct hold *known)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    struct mandate_row row;
    struct uid member;
    TRY(own_mandate(d, known, &row));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    struct hold hold = known != NULL ? *known : new_stand_in(d, &row.mandate);
    if (known != NULL) {
        member = hold.member;
    } else {
        TRY(find_bearer(d, &member));
    }
    TRY(bear(d, &member, &hold));
    row.burns += uid_is_nil(&hold.mandate) ? 1 : 0;
    TRY(points_add(row.used, entry->points, &row.used));
    hold.mandate = row.mandate.id;
    hold.tariff = entry->tariff;
    hold.state = HOLD_CAPTURED;
    TRY(points_add(hold.granted, entry->points, &hold.granted));
    TRY(points_add(hold.captured, entry->points, &hold.captured));
    TRY(points_add(hold.stood_in, entry->points, &hold.stood_in));
    decide_put_mandate(d, &row);
    decide_put_hold(d, &entry->subject, &hold);
    return ERR_OK;
}

void home_void_unknown(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct hold hold = {.role = HOLD_HOME,
                        .state = HOLD_VOIDED,
                        .redeemer = take->sender,
                        .home = d->terms->roster->self,
                        .card = take->entry.card,
                        .mandate = take->entry.mandate};
    if (!MUTANT(FORGET_EARLY_VOID)) {
        decide_put_hold(d, &take->entry.subject, &hold);
    }
}
