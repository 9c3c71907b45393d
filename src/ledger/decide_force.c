/* A partner's entry that our own receipt says was applied, on a ledger that would refuse it since
 * what it is about was lost with the copy. The receipt stands: points that are not there are owed
 * by the member, a card that nobody has any more gets a member without a name, and what can't be
 * posted to anybody waits in suspense. */
#include <string.h>

#include "ledger/decision.h"

/* The serial in a 16-digit card of ours; 0 when it has none. */
static uint64_t card_serial(const struct roster *roster, const struct card_number *card)
{
    const struct roster_partner *self = roster_find(roster, &roster->self);
    size_t prefix = self == NULL ? 0 : strlen(self->prefix.digits);
    size_t length = strlen(card->digits);
    uint64_t serial = 0;
    if (prefix == 0 || length != 16 || !card_has_prefix(card, &self->prefix)) {
        return 0;
    }
    for (size_t i = prefix; i + 1 < length; i++) {
        serial = serial * 10 + (uint64_t)(card->digits[i] - '0');
    }
    return serial;
}

/* The card's number is not given to anybody else. */
static enum err keep_serial(struct decision *d, const struct card_number *card)
{
    uint64_t given;
    uint64_t serial = card_serial(d->terms->roster, card);
    TRY(decide_get_u64(d, META_CARD_SERIAL, &given));
    if (serial > given) {
        decide_put_u64(d, META_CARD_SERIAL, serial);
    }
    return ERR_OK;
}

/* The same card gives the same id, whoever replays it. */
static struct uid member_of_card(const struct card_number *card, struct unix_ms time)
{
    struct hash hash = hash_of(HASH_DOMAIN_IDENTIFIER, slice_of(card->digits, sizeof card->digits));
    return uid_v8(time.ms, hash.bytes);
}

static enum err make_member(struct decision *d, const struct card_number *card,
                            struct unix_ms since, struct member_work *work)
{
    struct ledger_key key;
    struct profile profile = {.card_count = 1, .cards = {*card}};
    work->id = member_of_card(card, since);
    work->due_before = (struct unix_ms){0};
    member_empty(&work->row, since);
    key_member(&work->id, &key);
    buffer_clear(&d->plan->scratch);
    member_encode(&work->row, &d->plan->scratch);
    plan_row(d->plan, TABLE_MEMBER, &key, buffer_slice(&d->plan->scratch));
    decide_put_card(d, card, &(struct card){.member = work->id});
    decide_put_profile(d, &work->id, &profile);
    TRY(decide_count_members(d, 1));
    TRY(keep_serial(d, card));
    plan_history(d->plan, &work->id, 0, false);
    d->plan->answer.member = work->id;
    return ERR_OK;
}

enum err force_member(struct decision *d, const struct card_number *card, struct unix_ms since,
                      struct partner_recovery *recovery, struct member_work *work,
                      bool *out_is_there)
{
    struct card row;
    const struct roster_partner *home = roster_home_of(d->terms->roster, card);
    enum err err = ledger_get_card(d->view, card, &row);
    *out_is_there = true;
    if (err == ERR_OK && !uid_is_nil(&row.member)) {
        return work_begin(d, &row.member, work);
    }
    if (err != ERR_NOT_FOUND || home == NULL || !roster_is_self(d->terms->roster, &home->id)) {
        *out_is_there = false; /* erased, or not ours */
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    recovery->members++;
    return make_member(d, card, since, work);
}

/* One entry on its way. */
struct force {
    struct decision *d;
    const struct command_take_entry *take;
    struct partner_recovery *recovery;
    struct member_work work;
    bool has_member;
};

static struct account_ref account_of_sender(const struct force *f, enum account_kind kind)
{
    return account_of_partner(kind, &f->take->sender, f->take->entry.period);
}

/* `known` may be nil: of a hold that no member bore. */
static enum err find_member(struct force *f, const struct uid *known)
{
    const struct clearing_entry *entry = &f->take->entry;
    f->has_member = true;
    return known != NULL && !uid_is_nil(known)
               ? work_begin(f->d, known, &f->work)
               : force_member(f->d, &entry->card, entry->business_time, f->recovery, &f->work,
                              &f->has_member);
}

/* To the member; to nobody when there is none or no room. */
static enum err give(struct force *f, const struct account_ref *source, const struct lot_key *lot)
{
    struct decision *d = f->d;
    struct points points = f->take->entry.points;
    struct account_ref suspense = account_of_sender(f, ACCOUNT_SUSPENSE);
    if (f->has_member) {
        TRY(work_give(d, &f->work, source, lot, points));
        if (!decision_is_refused(d)) {
            work_end(d, &f->work);
            return ERR_OK;
        }
        (void)decide_refuse(d, VERDICT_OK);
    }
    plan_post(d->plan, source, &suspense, points);
    f->recovery->unreplayed++;
    return ERR_OK;
}

/* From the member, who owes what is not there; `hold` notes what a burn took, or is NULL. */
static enum err take(struct force *f, const struct account_ref *sink, struct hold *hold)
{
    struct decision *d = f->d;
    struct points points = f->take->entry.points;
    struct account_ref suspense = account_of_sender(f, ACCOUNT_SUSPENSE);
    if (!f->has_member) {
        plan_post(d->plan, &suspense, sink, points);
        f->recovery->unreplayed++;
        return ERR_OK;
    }
    TRY(hold == NULL ? work_take(d, &f->work, sink, NULL, points)
                     : work_burn(d, &f->work, sink, hold, points));
    work_end(d, &f->work);
    TRY(points_add(f->recovery->debt, d->plan->answer.debt, &f->recovery->debt));
    return points_add(f->recovery->written_off, d->plan->answer.written_off,
                      &f->recovery->written_off);
}

static enum err force_earn(struct force *f)
{
    const struct clearing_entry *entry = &f->take->entry;
    struct account_ref receivable = account_of_sender(f, ACCOUNT_RECEIVABLE);
    struct sale sale = {
        .role = SALE_ADVISED,
        .issuer = f->take->sender,
        .home = f->d->terms->roster->self,
        .card = entry->card,
        .points = entry->points,
        .is_fixed = true,
        .rate = {.per_minor = 1},
        .lot = {f->take->sender, entry->tariff, entry->active_from, entry->expires_at, 0},
        .business_time = entry->business_time,
        .block = entry->subject,
    };
    if (sale.lot.active_from.ms <= f->d->now.ms) {
        sale.lot.active_from = (struct unix_ms){0};
    }
    TRY(find_member(f, NULL));
    uint64_t lost = f->recovery->unreplayed;
    TRY(give(f, &receivable, &sale.lot));
    if (f->recovery->unreplayed == lost) {
        sale.member = f->work.id;
        decide_put_sale(f->d, &entry->transaction_id, &sale);
    }
    return prepaid_change(f->d, &sale.home, &sale.issuer, &sale.block, -entry->points.minor);
}

static enum err force_earn_return(struct force *f)
{
    const struct clearing_entry *entry = &f->take->entry;
    struct account_ref receivable = account_of_sender(f, ACCOUNT_RECEIVABLE);
    struct sale sale;
    enum err err = ledger_get_sale(f->d->view, &f->take->sender, &entry->subject, &sale);
    bool has_sale = err == ERR_OK && sale.role == SALE_ADVISED;
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(find_member(f, has_sale ? &sale.member : NULL));
    TRY(take(f, &receivable, NULL));
    if (has_sale) {
        int64_t left = sale.points.minor - sale.taken.minor;
        sale.taken.minor += entry->points.minor < left ? entry->points.minor : left;
        decide_put_sale(f->d, &entry->subject, &sale);
        return prepaid_change(f->d, &sale.home, &sale.issuer, &sale.block, entry->points.minor);
    }
    return ERR_OK;
}

static struct hold captured_hold(const struct force *f)
{
    const struct clearing_entry *entry = &f->take->entry;
    return (struct hold){
        .role = HOLD_HOME,
        .state = HOLD_CAPTURED,
        .redeemer = f->take->sender,
        .home = f->d->terms->roster->self,
        .member = f->work.id,
        .card = entry->card,
        .capture_by = entry->business_time,
        .deliver_by = entry->business_time,
    };
}

/* `*out_has_hold` is false when it is not known here. */
static enum err find_hold(const struct force *f, struct hold *out_hold, bool *out_has_hold)
{
    enum err err = ledger_get_hold(f->d->view, &f->take->sender, &f->take->entry.subject, out_hold);
    *out_has_hold = err == ERR_OK && out_hold->role == HOLD_HOME;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err force_capture(struct force *f)
{
    const struct clearing_entry *entry = &f->take->entry;
    struct account_ref payable = account_of_sender(f, ACCOUNT_PAYABLE);
    struct hold hold;
    bool has_hold;
    TRY(find_hold(f, &hold, &has_hold));
    if (has_hold && hold.state == HOLD_OPEN && entry->points.minor <= hold_left(&hold).minor) {
        hold.tariff = entry->tariff;
        TRY(home_capture(f->d, &entry->subject, &hold, entry->points, &payable));
        return decide_promise(f->d, &hold.redeemer, -entry->points.minor);
    }
    TRY(find_member(f, has_hold ? &hold.member : NULL));
    if (!has_hold) {
        hold = captured_hold(f);
    }
    TRY(take(f, &payable, &hold));
    if (!f->has_member) {
        return ERR_OK;
    }
    if (uid_is_nil(&hold.member)) {
        hold.member = f->work.id;
    }
    hold.tariff = entry->tariff;
    TRY(points_add(hold.granted, entry->points, &hold.granted));
    TRY(points_add(hold.captured, entry->points, &hold.captured));
    decide_put_hold(f->d, &entry->subject, &hold);
    return ERR_OK;
}

static enum err force_void(struct force *f)
{
    struct hold hold;
    bool has_hold;
    TRY(find_hold(f, &hold, &has_hold));
    return has_hold && hold.state == HOLD_OPEN
               ? home_release(f->d, &f->take->entry.subject, &hold, HOLD_VOIDED)
               : ERR_OK; /* nothing is held any more */
}

static enum err force_burn_return(struct force *f)
{
    const struct clearing_entry *entry = &f->take->entry;
    struct account_ref payable = account_of_sender(f, ACCOUNT_PAYABLE);
    struct lot_key lot = decide_own_lot(f->d, entry->business_time);
    struct hold hold;
    bool has_hold;
    TRY(find_hold(f, &hold, &has_hold));
    if (has_hold && entry->points.minor <= hold.captured.minor - hold.returned.minor) {
        TRY(home_refund(f->d, &entry->subject, &hold, entry->points, &payable));
        if (!decision_is_refused(f->d)) {
            return ERR_OK;
        }
        (void)decide_refuse(f->d, VERDICT_OK);
    }
    TRY(find_member(f, has_hold ? &hold.member : NULL));
    return give(f, &payable, &lot);
}

/* The card of ours that the points came to. */
static enum err force_moved_lot(struct force *f)
{
    const struct clearing_entry *entry = &f->take->entry;
    struct account_ref receivable = account_of_sender(f, ACCOUNT_RECEIVABLE);
    struct lot_key lot = {entry->issuer, entry->tariff, entry->active_from, entry->expires_at, 0};
    if (lot.active_from.ms <= f->d->now.ms) {
        lot.active_from = (struct unix_ms){0};
    }
    TRY(decide_give_entry(f->d, entry, -1));
    TRY(force_member(f->d, &entry->moved_to, entry->business_time, f->recovery, &f->work,
                     &f->has_member));
    return give(f, &receivable, &lot);
}

enum err force_entry(struct decision *d, struct partner_recovery *recovery)
{
    struct force f = {.d = d, .take = &d->command->take_entry, .recovery = recovery};
    recovery->forced++;
    switch ((int)f.take->entry.kind) {
    case ENTRY_EARN:
        return force_earn(&f);
    case ENTRY_CAPTURE:
        return force_capture(&f);
    case ENTRY_VOID:
        return force_void(&f);
    case ENTRY_EARN_RETURN:
        return force_earn_return(&f);
    case ENTRY_BURN_RETURN:
        return force_burn_return(&f);
    case ENTRY_MOVED_LOT:
        return force_moved_lot(&f);
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
        return f.take->entry.promotion == 0 ? force_funding(d) : force_promotion(d);
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
        return force_promotion(d);
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
        return force_prepaid(d, recovery);
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
        return decide_hear_of_card(d, &f.take->sender, &f.take->entry);
    default:
        recovery->unreplayed++;
        return ERR_OK;
    }
}

/* ---- Promises ---- */

enum err decide_recover_hold(struct decision *d)
{
    const struct command_recover_hold *grant = &d->command->recover_hold;
    const struct uid *id = &d->command->transaction_id;
    const struct partner_id *self = &d->terms->roster->self;
    bool is_home = partner_id_equal(&grant->home, self);
    const struct partner_id *partner = is_home ? &grant->redeemer : &grant->home;
    struct hold hold;
    struct partner_recovery recovery;
    enum err err = ledger_get_hold(d->view, &grant->redeemer, id, &hold);
    if (err != ERR_NOT_FOUND) {
        return err; /* it is here: there is nothing to do */
    }
    if (points_verdict(grant->points) != VERDICT_OK) {
        return ERR_CONFLICT;
    }
    TRY(decide_get_recovery(d, partner, &recovery));
    hold = (struct hold){
        .role = is_home ? HOLD_HOME : HOLD_FOREIGN,
        .state = HOLD_OPEN,
        .redeemer = grant->redeemer,
        .home = grant->home,
        .card = grant->card,
        .granted = grant->points,
        .capture_by = grant->capture_by,
        .deliver_by = grant->deliver_by,
    };
    if (is_home) {
        TRY(home_promise(d, id, &hold, &recovery));
        TRY(decide_promise(d, &hold.redeemer, hold.granted.minor));
    } else {
        decide_put_hold(d, id, &hold);
    }
    recovery.holds++;
    decide_put_recovery(d, partner, &recovery);
    d->plan->answer.home = hold.home;
    d->plan->answer.card = hold.card;
    d->plan->answer.points = hold.granted;
    d->plan->answer.capture_by = hold.capture_by;
    d->plan->answer.deliver_by = hold.deliver_by;
    return ERR_OK;
}
