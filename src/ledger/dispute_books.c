/* The points and the money of disputes.
 *
 * An applied entry that is disputed before its period's half is marked by the opener waits: what it
 * put into a partner's account moves to suspense, and the period's statement is without it, on both
 * sides alike, since both read it from the same numbered entries. One that is disputed later stays
 * in its period. When it is over, the one who pays sends a correction in its own open period
 * (clearing/dispute.h), and both post it there; the member's points move at the home, to or from
 * what the brands posted against. What no member can get or give any more, the programme's
 * adjustment account bears. */
#include "base/mutant.h"
#include "ledger/dispute.h"

/* Of the sale or the burn that the entry is, what has not come back. */
static enum err left_of(const struct decision *d, const struct dispute_work *work,
                        int64_t *out_left)
{
    struct hold hold;
    struct sale sale;
    bool has_one;
    *out_left = work->row.entry.points.minor;
    if (work->row.entry.kind == ENTRY_EARN) {
        TRY(dispute_find_sale(d, work, &sale, &has_one));
        *out_left = has_one ? sale.points.minor - sale.taken.minor : *out_left;
    } else if (work->row.entry.kind == ENTRY_CAPTURE) {
        TRY(dispute_find_hold(d, work, &hold, &has_one));
        *out_left = has_one ? hold.captured.minor - hold.returned.minor : *out_left;
    }
    return ERR_OK;
}

enum err dispute_check_claim(struct decision *d, const struct dispute_work *work)
{
    int64_t left;
    if (!work->row.was_applied) {
        return ERR_OK;
    }
    TRY(left_of(d, work, &left));
    return work->row.claim.minor > left ? decide_refuse(d, VERDICT_RETURN_EXCEEDS_SALE) : ERR_OK;
}

/* The partner's account that the entry moved here, and whether it was credited. */
struct leg {
    enum account_kind account;
    bool is_credit;
};

static struct leg leg_of(const struct dispute_work *work)
{
    enum entry_kind kind = work->row.entry.kind;
    bool is_about_earn = kind == ENTRY_EARN || kind == ENTRY_EARN_RETURN;
    bool is_payable = is_about_earn == (work->direction == STREAM_OUT);
    bool grows = kind == ENTRY_EARN || kind == ENTRY_CAPTURE;
    return (struct leg){is_payable ? ACCOUNT_PAYABLE : ACCOUNT_RECEIVABLE, is_payable == grows};
}

static struct account_ref suspense_of(const struct dispute_work *work)
{
    return account_of_partner(ACCOUNT_SUSPENSE, &work->partner, work->row.entry.period);
}

/* Moves what the entry put into one account to another, as it stands there. */
static void move_leg(struct decision *d, const struct dispute_work *work,
                     const struct account_ref *from, const struct account_ref *to)
{
    bool is_credit = leg_of(work).is_credit;
    plan_post(d->plan, is_credit ? from : to, is_credit ? to : from, work->row.claim);
}

/* Adds to what the statement of the entry's period leaves out. */
static enum err count_suspended(struct decision *d, const struct dispute_work *work, int change)
{
    const struct disputed_entry *entry = &work->row.entry;
    struct entry_total total;
    struct ledger_key key;
    TRY(ledger_get_suspended(d->view, work->direction, &work->partner, entry->period, entry->kind,
                             entry->tariff, &total));
    total.count = change > 0 ? total.count + 1 : total.count - 1;
    TRY(int64_add(total.points, change * work->row.claim.minor, &total.points));
    key_total(work->direction, &work->partner, entry->period, entry->kind, entry->tariff, &key);
    if (total.count == 0) {
        plan_delete(d->plan, TABLE_SUSPENDED, &key);
        return ERR_OK;
    }
    buffer_clear(&d->plan->scratch);
    entry_total_encode(&total, &d->plan->scratch);
    plan_row(d->plan, TABLE_SUSPENDED, &key, buffer_slice(&d->plan->scratch));
    return ERR_OK;
}

/* ---- The shop's rows ---- */

static int64_t at_least_zero(int64_t value)
{
    return value < 0 ? 0 : value;
}

/* More or fewer points of the sale count as taken back. */
static enum err count_taken(struct decision *d, const struct dispute_work *work, int64_t change)
{
    const struct disputed_entry *entry = &work->row.entry;
    const struct uid *id = entry->kind == ENTRY_EARN ? &entry->transaction_id : &entry->subject;
    struct sale sale;
    bool has_sale;
    TRY(dispute_find_sale(d, work, &sale, &has_sale));
    if (!has_sale) {
        return ERR_OK;
    }
    int64_t taken = at_least_zero(sale.taken.minor + change);
    sale.taken.minor = taken > sale.points.minor ? sale.points.minor : taken;
    decide_put_sale(d, id, &sale);
    return ERR_OK;
}

/* Of a burn at our shop: more or fewer points count as given back. */
static enum err count_returned(struct decision *d, const struct dispute_work *work, int64_t change)
{
    struct hold hold;
    bool has_hold;
    TRY(dispute_find_hold(d, work, &hold, &has_hold));
    if (!has_hold) {
        return ERR_OK;
    }
    int64_t returned = at_least_zero(hold.returned.minor + change);
    hold.returned.minor = returned > hold.captured.minor ? hold.captured.minor : returned;
    decide_put_hold(d, &work->row.entry.subject, &hold);
    return ERR_OK;
}

/* Can't be given back by the shop while it is disputed. */
static enum err reserve(struct decision *d, const struct dispute_work *work, int sign)
{
    int64_t change = sign * work->row.claim.minor;
    if (work->direction != STREAM_OUT || !work->row.was_applied || MUTANT(RETURN_WHILE_DISPUTED)) {
        return ERR_OK;
    }
    if (work->row.entry.kind == ENTRY_EARN) {
        return count_taken(d, work, change);
    }
    return work->row.entry.kind == ENTRY_CAPTURE ? count_returned(d, work, change) : ERR_OK;
}

/* A refused earn or capture stands after all: as much of it as was claimed. */
static enum err stand_again(struct decision *d, const struct dispute_work *work)
{
    const struct disputed_entry *entry = &work->row.entry;
    struct sale sale;
    struct hold hold;
    bool has_one;
    if (entry->kind == ENTRY_EARN) {
        TRY(dispute_find_sale(d, work, &sale, &has_one));
        if (has_one && sale.is_reversed) {
            sale.is_reversed = false;
            sale.block = entry->subject;
            sale.taken.minor = at_least_zero(sale.points.minor - work->row.claim.minor);
            decide_put_sale(d, &entry->transaction_id, &sale);
        }
        return ERR_OK;
    }
    TRY(dispute_find_hold(d, work, &hold, &has_one));
    if (has_one && hold.voided.minor >= work->row.claim.minor) {
        hold.voided.minor -= work->row.claim.minor;
        hold.captured.minor += work->row.claim.minor;
        hold.tariff = entry->tariff;
        decide_put_hold(d, &entry->subject, &hold);
    }
    return ERR_OK;
}

/* What of it a promotion gives or does not, after all, moves the shares of all who pay for it; what
 * is carried out once more on a restored ledger was told them before. */
static enum err move_shares(struct decision *d, const struct dispute_work *work)
{
    const struct disputed_entry *entry = &work->row.entry;
    const struct uid *id = entry->kind == ENTRY_EARN ? &entry->transaction_id : &entry->subject;
    bool comes_back = (entry->kind == ENTRY_EARN) == work->row.was_applied;
    int64_t points = comes_back ? work->row.claim.minor : -work->row.claim.minor;
    struct sale sale;
    bool has_sale;
    if (entry->kind != ENTRY_EARN && entry->kind != ENTRY_EARN_RETURN) {
        return ERR_OK;
    }
    TRY(dispute_find_sale(d, work, &sale, &has_sale));
    bool stands = has_sale && !sale.is_reversed;
    bool is_refused_earn = entry->kind == ENTRY_EARN && !work->row.was_applied;
    if (!has_sale || stands == is_refused_earn) {
        return ERR_OK; /* it has gone another way meanwhile */
    }
    return command_is_recovery(d->command) ? promotion_given_again(d, sale.promotion, -points)
                                           : promotion_take_back(d, &sale, id, points);
}

static enum err settle_shop_rows(struct decision *d, const struct dispute_work *work)
{
    const struct dispute *row = &work->row;
    int64_t change = row->was_applied ? -row->claim.minor : row->claim.minor;
    if (dispute_books_outcome(row) == RULING_DISMISSED) {
        return reserve(d, work, -1);
    }
    TRY(move_shares(d, work));
    switch ((int)row->entry.kind) {
    case ENTRY_EARN_RETURN:
        return count_taken(d, work, change);
    case ENTRY_BURN_RETURN:
        return count_returned(d, work, change);
    default: /* an applied one stays counted as given back */
        return row->was_applied ? ERR_OK : stand_again(d, work);
    }
}

/* Issued or redeemed, against the other account: as the entry posted, or backwards. */
static enum err post_shop(struct decision *d, const struct dispute_work *work,
                          const struct account_ref *other)
{
    enum entry_kind kind = work->row.entry.kind;
    bool is_about_earn = kind == ENTRY_EARN || kind == ENTRY_EARN_RETURN;
    bool is_debit = (kind == ENTRY_EARN || kind == ENTRY_BURN_RETURN) != work->row.was_applied;
    struct account_ref own =
        account_of_programme(is_about_earn ? ACCOUNT_ISSUED : ACCOUNT_REDEEMED);
    int64_t given = is_debit ? work->row.claim.minor : -work->row.claim.minor;
    plan_post(d->plan, is_debit ? &own : other, is_debit ? other : &own, work->row.claim);
    return is_about_earn ? decide_give_abroad(d, work->row.entry.tariff, given) : ERR_OK;
}

/* ---- The home's members ---- */

/* What no member gets or gives. */
static void post_nobody(struct decision *d, const struct account_ref *other, bool gives,
                        int64_t points)
{
    struct account_ref adjustment = account_of_programme(ACCOUNT_ADJUSTMENT);
    plan_post(d->plan, gives ? other : &adjustment, gives ? &adjustment : other, points_of(points));
}

/* The member that the sale, the hold or the card names; false when there is none any more. */
static enum err find_member(struct decision *d, const struct dispute_work *work,
                            const struct uid *known, struct member_work *member, bool *out_has)
{
    struct card card;
    struct uid id = known == NULL ? (struct uid){{0}} : *known;
    *out_has = false;
    if (uid_is_nil(&id)) {
        enum err err = ledger_get_card(d->view, &work->row.entry.card, &card);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND ? ERR_OK : err;
        }
        id = card.member;
    }
    if (uid_is_nil(&id)) {
        return ERR_OK;
    }
    TRY(work_begin(d, &id, member));
    *out_has = !decision_is_refused(d);
    if (!*out_has) {
        (void)decide_refuse(d, VERDICT_OK);
    }
    return ERR_OK;
}

/* A lot that has ended lives for the days of grace, as with returned goods; it follows a member who
 * moved. */
static enum err give(struct decision *d, const struct dispute_work *work,
                     struct member_work *member, const struct lot_key *origin,
                     const struct account_ref *source)
{
    struct points points = work->row.claim;
    struct lot_key lot = home_refund_lot(d, &member->row, origin);
    if (lot.active_from.ms <= d->now.ms) {
        lot.active_from = (struct unix_ms){0};
    }
    TRY(work_give(d, member, source, &lot, points));
    if (decision_is_refused(d)) { /* no room for one more lot */
        (void)decide_refuse(d, VERDICT_OK);
        post_nobody(d, source, true, points.minor);
        return ERR_OK;
    }
    TRY(move_forward(d, member, &work->row.entry.card));
    work_end(d, member);
    return ERR_OK;
}

static enum err settle_earn_at_home(struct decision *d, const struct dispute_work *work,
                                    const struct account_ref *other, bool gives)
{
    const struct dispute *row = &work->row;
    struct lot_key lot = {work->partner, row->entry.tariff, row->entry.active_from,
                          row->entry.expires_at, 0};
    struct member_work member;
    struct sale sale;
    bool has_sale;
    bool has_member;
    TRY(dispute_find_sale(d, work, &sale, &has_sale));
    if (has_sale) {
        lot = sale.lot;
    }
    TRY(find_member(d, work, has_sale ? &sale.member : NULL, &member, &has_member));
    if (!has_member) {
        post_nobody(d, other, gives, row->claim.minor);
    } else if (gives) {
        TRY(give(d, work, &member, &lot, other));
    } else {
        TRY(work_take(d, &member, other, &lot, row->claim));
        work_end(d, &member);
    }
    if (has_sale) {
        return count_taken(d, work, gives ? -row->claim.minor : row->claim.minor);
    }
    if (row->entry.kind != ENTRY_EARN || !has_member) {
        return ERR_OK;
    }
    sale = (struct sale){.role = SALE_ADVISED,
                         .issuer = work->partner,
                         .home = d->terms->roster->self,
                         .member = member.id,
                         .card = row->entry.card,
                         .points = row->claim,
                         .is_fixed = true,
                         .rate = {.per_minor = 1},
                         .lot = lot,
                         .business_time = row->entry.business_time,
                         .block = row->entry.subject};
    decide_put_sale(d, &row->entry.transaction_id, &sale);
    return ERR_OK;
}

/* Points come back to the member whose burn it was. */
static enum err refund(struct decision *d, const struct dispute_work *work,
                       const struct account_ref *source)
{
    struct hold hold;
    bool has_hold;
    TRY(dispute_find_hold(d, work, &hold, &has_hold));
    int64_t left = has_hold ? hold.captured.minor - hold.returned.minor : 0;
    int64_t part = work->row.claim.minor < left ? work->row.claim.minor : left;
    if (part > 0) {
        TRY(home_refund(d, &work->row.entry.subject, &hold, points_of(part), source));
    }
    if (decision_is_refused(d)) {
        (void)decide_refuse(d, VERDICT_OK);
        part = 0;
    }
    post_nobody(d, source, true, work->row.claim.minor - part);
    return ERR_OK;
}

/* Points go from the member whose burn it is: those that are still on hold for it, or any; what is
 * not there is owed. */
static enum err burn(struct decision *d, const struct dispute_work *work,
                     const struct account_ref *sink)
{
    const struct dispute *row = &work->row;
    struct member_work member;
    struct hold hold;
    bool has_hold;
    bool has_member;
    TRY(dispute_find_hold(d, work, &hold, &has_hold));
    if (row->entry.kind == ENTRY_CAPTURE && has_hold && hold.state == HOLD_OPEN &&
        hold_left(&hold).minor >= row->claim.minor) {
        hold.tariff = row->entry.tariff;
        TRY(decide_promise(d, &hold.redeemer, -row->claim.minor));
        return home_capture(d, &row->entry.subject, &hold, row->claim, sink);
    }
    TRY(find_member(d, work, has_hold ? &hold.member : NULL, &member, &has_member));
    if (!has_member) {
        post_nobody(d, sink, false, row->claim.minor);
        return ERR_OK;
    }
    if (!has_hold) {
        hold = (struct hold){.role = HOLD_HOME,
                             .state = HOLD_CAPTURED,
                             .redeemer = work->partner,
                             .home = d->terms->roster->self,
                             .member = member.id,
                             .card = row->entry.card,
                             .capture_by = row->entry.business_time,
                             .deliver_by = row->entry.business_time};
    }
    if (uid_is_nil(&hold.member)) { /* that nobody bore, so far */
        hold.member = member.id;
    }
    if (row->entry.kind == ENTRY_BURN_RETURN && hold.returned.minor >= row->claim.minor) {
        hold.returned.minor -= row->claim.minor;
    } else {
        hold.tariff = row->entry.tariff;
        TRY(points_add(hold.granted, row->claim, &hold.granted));
        TRY(points_add(hold.captured, row->claim, &hold.captured));
    }
    TRY(work_burn(d, &member, sink, &hold, row->claim));
    work_end(d, &member);
    decide_put_hold(d, &row->entry.subject, &hold);
    return ERR_OK;
}

static enum err settle_at_home(struct decision *d, const struct dispute_work *work,
                               const struct account_ref *other)
{
    enum entry_kind kind = work->row.entry.kind;
    bool gives = (dispute_member_side(kind) > 0) != work->row.was_applied;
    if (MUTANT(KEEP_DISPUTED)) {
        post_nobody(d, other, gives, work->row.claim.minor);
        return ERR_OK;
    }
    if (kind == ENTRY_EARN || kind == ENTRY_EARN_RETURN) {
        return settle_earn_at_home(d, work, other, gives);
    }
    return gives ? refund(d, work, other) : burn(d, work, other);
}

enum err dispute_suspend(struct decision *d, const struct dispute_work *work)
{
    struct account_ref suspense = suspense_of(work);
    struct account_ref account =
        account_of_partner(leg_of(work).account, &work->partner, work->row.entry.period);
    TRY(reserve(d, work, 1));
    if (!work->row.is_suspended) {
        return ERR_OK;
    }
    move_leg(d, work, &account, &suspense);
    return work->row.is_apart ? ERR_OK : count_suspended(d, work, 1);
}

void dispute_move_period(struct decision *d, const struct dispute_work *work, struct period to)
{
    enum account_kind kind = leg_of(work).account;
    struct account_ref before = account_of_partner(kind, &work->partner, work->row.entry.period);
    struct account_ref after = account_of_partner(kind, &work->partner, to);
    move_leg(d, work, &before, &after);
}

enum err dispute_unsuspend(struct decision *d, const struct dispute_work *work)
{
    struct account_ref suspense = suspense_of(work);
    struct account_ref account =
        account_of_partner(leg_of(work).account, &work->partner, work->row.entry.period);
    TRY(reserve(d, work, -1));
    if (!work->row.is_suspended) {
        return ERR_OK;
    }
    move_leg(d, work, &suspense, &account);
    return count_suspended(d, work, -1);
}

enum err dispute_owe_correction(struct decision *d, const struct dispute_work *work, int way)
{
    struct period period = work->row.corrected_in;
    struct account_ref payable = account_of_partner(ACCOUNT_PAYABLE, &work->partner, period);
    struct account_ref suspense = account_of_partner(ACCOUNT_SUSPENSE, &work->partner, period);
    plan_post(d->plan, way > 0 ? &suspense : &payable, way > 0 ? &payable : &suspense,
              work->row.claim);
    return decide_owe(d, &work->partner, STREAM_OUT, dispute_correction_kind(work->row.entry.kind),
                      dispute_correction_tariff(&work->row), period, way * work->row.claim.minor);
}

/* What the outcome is booked against: the payer's correction stands in suspense already, the other
 * side's makes a receivable; without one the disputed points are in suspense. */
static struct account_ref settled_account(const struct dispute_work *work,
                                          enum dispute_payment payment)
{
    bool is_sender = work->direction == STREAM_OUT;
    bool is_payer = dispute_sender_pays(work->row.entry.kind, payment) == is_sender;
    return payment == PAYMENT_NONE
               ? suspense_of(work)
               : account_of_partner(is_payer ? ACCOUNT_SUSPENSE : ACCOUNT_RECEIVABLE,
                                    &work->partner, work->row.corrected_in);
}

static const struct period no_period = {0}; /* its entry stays, and its fee */

/* Points that were drawn from a block go back to it, or are drawn after all: they are paid with it
 * and not with a correction. */
static enum err settle_block(struct decision *d, const struct dispute_work *work)
{
    const struct disputed_entry *entry = &work->row.entry;
    const struct partner_id *self = &d->terms->roster->self;
    bool is_buyer = work->direction == STREAM_OUT;
    bool comes_back = (entry->kind == ENTRY_EARN) == work->row.was_applied;
    struct sale sale = {.block = entry->subject}; /* of earns */
    bool has_sale = true;
    if (entry->kind != ENTRY_EARN && entry->kind != ENTRY_EARN_RETURN) {
        return ERR_OK;
    }
    if (entry->kind == ENTRY_EARN_RETURN) {
        TRY(dispute_find_sale(d, work, &sale, &has_sale));
    }
    if (!has_sale) {
        return ERR_OK;
    }
    return prepaid_change(d, is_buyer ? &work->partner : self, is_buyer ? self : &work->partner,
                          &sale.block, comes_back ? work->row.claim.minor : -work->row.claim.minor);
}

enum err dispute_settle(struct decision *d, const struct dispute_work *work)
{
    const struct dispute *row = &work->row;
    struct account_ref suspense = suspense_of(work);
    enum dispute_payment payment = dispute_payment_of(row);
    enum dispute_ruling outcome = dispute_books_outcome(row);
    struct account_ref other = settled_account(work, payment);
    bool is_same = other.kind == ACCOUNT_SUSPENSE && other.period.code == suspense.period.code;
    if (outcome == RULING_UPHELD && work->direction == STREAM_IN) {
        TRY(settle_at_home(d, work, &other));
    } else if (outcome == RULING_UPHELD) {
        TRY(post_shop(d, work, &other));
    } else if (payment != PAYMENT_NONE && !is_same) {
        move_leg(d, work, &suspense, &other);
    }
    if (outcome == RULING_UPHELD) {
        TRY(settle_block(d, work));
    }
    if (work->direction == STREAM_OUT) {
        TRY(settle_shop_rows(d, work));
    }
    return row->is_suspended ? decide_owe(d, &work->partner, work->direction, row->entry.kind,
                                          row->entry.tariff, no_period, -row->claim.minor)
                             : ERR_OK;
}
