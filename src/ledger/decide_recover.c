/* A ledger that was restored from an older copy: what its partners still hold of it is written
 * again, under the same numbers and with the same bytes.
 *
 *   recovery begins -> holds and entries come back, in their order -> recovery ends
 *
 * In between nothing new is written for that partner, and nothing new is taken. The row of the
 * recovery counts what came back, so that a recovery that was interrupted goes on counting.
 */
#include "base/calendar.h"
#include "base/mutant.h"
#include "ledger/decision.h"
#include "ledger/route.h"
#include "ledger/told_again.h"

/* Beside a tenth of those that were given. */
#define SKIPPED_CARDS_LEAST 1000u
#define SKIPPED_CARDS_PER_S 10u /* of a brand of millions, on a busy day */
#define SKIPPED_MS_MAX      (400 * DAY_MS)

enum err decide_get_recovery(const struct decision *d, const struct partner_id *partner,
                             struct partner_recovery *out_recovery)
{
    enum err err = ledger_get_recovery(d->view, partner, out_recovery);
    if (err == ERR_NOT_FOUND) {
        *out_recovery = (struct partner_recovery){.began = d->now};
        return ERR_OK;
    }
    return err;
}

void decide_put_recovery(struct decision *d, const struct partner_id *partner,
                         const struct partner_recovery *recovery)
{
    struct ledger_key key;
    key_recovery(partner, &key);
    buffer_clear(&d->plan->scratch);
    partner_recovery_encode(recovery, &d->plan->scratch);
    plan_row(d->plan, TABLE_RECOVERY, &key, buffer_slice(&d->plan->scratch));
}

/* ---- Begin and end ---- */

/* Cards that were given since the copy was made must not be given to somebody else; nor those that
 * an earlier recovery from the same copy has given since: the longer ago it is, the more. */
static uint64_t cards_since(const struct decision *d, uint64_t serial)
{
    int64_t ms = d->now.ms - d->command->business_time.ms;
    int64_t seconds = ms <= 0 ? 0 : ms < SKIPPED_MS_MAX ? ms / 1000 : SKIPPED_MS_MAX / 1000;
    return serial / 10 + SKIPPED_CARDS_LEAST + SKIPPED_CARDS_PER_S * (uint64_t)seconds;
}

static enum err skip_cards(struct decision *d)
{
    const struct roster *roster = d->terms->roster;
    const struct roster_partner *self = roster_find(roster, &roster->self);
    struct card_number number;
    uint64_t serial;
    TRY(decide_get_u64(d, META_CARD_SERIAL, &serial));
    /* As many as the numbers that are left have room for. */
    for (uint64_t skipped = cards_since(d, serial); self != NULL && skipped > 0; skipped /= 2) {
        if (card_number_make(&self->prefix, serial + skipped, &number) == ERR_OK) {
            decide_put_u64(d, META_CARD_SERIAL, serial + skipped);
            break;
        }
    }
    return ERR_OK;
}

static enum err mark_streams(struct decision *d, const struct partner_id *partner,
                             bool is_recovering)
{
    static const enum stream_direction directions[] = {STREAM_OUT, STREAM_IN};
    for (size_t i = 0; i < 2; i++) {
        struct stream stream;
        TRY(ledger_get_stream(d->view, d->terms->roster, directions[i], partner, &stream));
        if (stream.is_recovering != is_recovering) {
            stream.is_recovering = is_recovering;
            decide_put_stream(d, directions[i], partner, &stream);
        }
    }
    return ERR_OK;
}

enum err decide_recovery(struct decision *d)
{
    const struct command_recovery *command = &d->command->recovery;
    struct partner_recovery recovery;
    bool begins = command->step == RECOVERY_BEGIN;
    TRY(decide_get_recovery(d, &command->partner, &recovery));
    TRY(mark_streams(d, &command->partner, begins));
    if (begins && recovery.ended.ms != 0) { /* the one before is over */
        recovery = (struct partner_recovery){.began = d->now};
    }
    recovery.ended = begins ? (struct unix_ms){0} : d->now;
    decide_put_recovery(d, &command->partner, &recovery);
    if (!begins) {
        return decide_resume_news(d, &command->partner);
    }
    return command->skips_cards ? skip_cards(d) : ERR_OK;
}

/* ---- Our own entries ---- */

static bool follows_on(const struct stream *stream, const struct clearing_entry *entry)
{
    return !stream->is_frozen && entry->number == stream->last_number + 1 &&
           hash_equal(&entry->previous_hash, &stream->last_hash) &&
           entry->period.code == stream->period.code && entry_check(entry, NULL) == ERR_OK;
}

/* What the entry meant in the books when it was first written: the reverse of what its refusal
 * would undo. */
static void post_entry(struct decision *d, const struct partner_id *partner,
                       const struct clearing_entry *entry)
{
    struct account_ref payable = account_of_partner(ACCOUNT_PAYABLE, partner, entry->period);
    struct account_ref receivable = account_of_partner(ACCOUNT_RECEIVABLE, partner, entry->period);
    struct account_ref issued = account_of_programme(ACCOUNT_ISSUED);
    struct account_ref redeemed = account_of_programme(ACCOUNT_REDEEMED);
    switch ((int)entry->kind) {
    case ENTRY_EARN:
        plan_post(d->plan, &issued, &payable, entry->points);
        break;
    case ENTRY_EARN_RETURN:
        plan_post(d->plan, &payable, &issued, entry->points);
        break;
    case ENTRY_CAPTURE:
        plan_post(d->plan, &receivable, &redeemed, entry->points);
        break;
    case ENTRY_BURN_RETURN:
        plan_post(d->plan, &redeemed, &receivable, entry->points);
        break;
    default: /* nothing moves; of a moved lot, its member's points did */
        break;
    }
}

/* An earn that its first home refused since the member had moved went on to the next one, under the
 * same id; either of the two may show it first, also before the refusal that the copy lacks. Or its
 * draw from a block was refused, and it went on to the same home under the usual tariff. */
static enum err went_on(struct decision *d, const struct partner_id *home,
                        const struct clearing_entry *entry, struct sale *sale)
{
    bool is_same_home = partner_id_equal(&sale->home, home);
    bool is_drawn = !uid_is_nil(&sale->block);
    bool came_later = is_same_home && is_drawn && uid_is_nil(&entry->subject);
    if (!is_same_home) {
        came_later = sale->is_reversed;
        if (!came_later) {
            TRY(resend_came_later(d, home, entry, sale, &came_later));
        }
    }
    if (came_later) {
        if (is_drawn && !sale->is_reversed) {
            TRY(prepaid_refused(d, &sale->home, sale));
        }
        sale->is_reversed = false;
        sale->home = *home;
        sale->card = entry->card;
        sale->block = entry->subject;
        sale->lot.tariff = entry->tariff;
    }
    if (came_later || sale->is_waiting) { /* in the older copy: it was sent since */
        sale->is_waiting = false;
        decide_put_sale(d, &entry->transaction_id, sale);
    }
    return ERR_OK;
}

/* What was paid is known to the shop alone: the points are the measure of a later return. */
static enum err sale_again(struct decision *d, const struct partner_id *home,
                           const struct clearing_entry *entry)
{
    const struct partner_id *self = &d->terms->roster->self;
    struct sale sale;
    enum err err = ledger_get_sale(d->view, self, &entry->transaction_id, &sale);
    if (err == ERR_OK) {
        return went_on(d, home, entry, &sale);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    sale = (struct sale){
        .role = SALE_GIVEN,
        .issuer = *self,
        .home = *home,
        .card = entry->card,
        .points = entry->points,
        .is_fixed = true,
        .promotion = entry->promotion,
        .rate = {.per_minor = 1},
        .lot = {*self, entry->tariff, entry->active_from, entry->expires_at, 0},
        .business_time = entry->business_time,
        .block = entry->subject,
    };
    decide_put_sale(d, &entry->transaction_id, &sale);
    TRY(prepaid_change(d, home, self, &sale.block, -entry->points.minor));
    return promotion_given_again(d, entry->promotion, entry->points.minor);
}

static enum err return_again(struct decision *d, const struct clearing_entry *entry,
                             struct partner_recovery *recovery)
{
    struct sale sale;
    enum err err = ledger_get_sale(d->view, &d->terms->roster->self, &entry->subject, &sale);
    if (err == ERR_NOT_FOUND ||
        (err == ERR_OK && entry->points.minor > sale.points.minor - sale.taken.minor)) {
        recovery->unreplayed++;
        return ERR_OK;
    }
    TRY(err);
    sale.taken.minor += entry->points.minor;
    decide_put_sale(d, &entry->subject, &sale);
    TRY(prepaid_change(d, &sale.home, &sale.issuer, &sale.block, entry->points.minor));
    return promotion_given_again(d, sale.promotion, -entry->points.minor);
}

/* A hold that our till used, and that did not come back: as much as was captured of it. */
static struct hold hold_of_capture(const struct decision *d, const struct partner_id *home,
                                   const struct clearing_entry *entry)
{
    return (struct hold){
        .role = HOLD_FOREIGN,
        .state = HOLD_CAPTURED,
        .redeemer = d->terms->roster->self,
        .home = *home,
        .card = entry->card,
        .capture_by = entry->business_time,
        .deliver_by = entry->business_time,
        .mandate = entry->mandate,
    };
}

/* What was burned under a mandate counts against its cap once more, if the mandate is here. */
static enum err stood_in_again(struct decision *d, const struct partner_id *home,
                               const struct clearing_entry *entry)
{
    struct mandate_row row;
    if (uid_is_nil(&entry->mandate)) {
        return ERR_OK;
    }
    enum err err =
        ledger_get_mandate(d->view, home, &d->terms->roster->self, &entry->mandate, &row);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    TRY(points_add(row.used, entry->points, &row.used));
    row.burns++;
    decide_put_mandate(d, &row);
    return ERR_OK;
}

static enum err capture_again(struct decision *d, const struct partner_id *home,
                              const struct clearing_entry *entry)
{
    struct hold hold;
    enum err err = ledger_get_hold(d->view, &d->terms->roster->self, &entry->subject, &hold);
    if (err == ERR_NOT_FOUND) {
        hold = hold_of_capture(d, home, entry);
        TRY(stood_in_again(d, home, entry));
    } else {
        TRY(err);
    }
    int64_t lack = entry->points.minor - hold_left(&hold).minor;
    if (lack > 0) {
        TRY(points_add(hold.granted, points_of(lack), &hold.granted));
    }
    TRY(points_add(hold.captured, entry->points, &hold.captured));
    if (hold.state == HOLD_OPEN && hold_left(&hold).minor == 0) {
        hold.state = HOLD_CAPTURED;
    }
    hold.tariff = entry->tariff;
    d->plan->answer.left = hold_left(&hold);
    decide_put_hold(d, &entry->subject, &hold);
    return ERR_OK;
}

static struct hold hold_given_up(const struct decision *d, const struct partner_id *home,
                                 const struct clearing_entry *entry)
{
    struct hold hold = hold_of_capture(d, home, entry);
    hold.state = HOLD_VOIDED;
    return hold;
}

/* Void: what is left is given back, of which the entry says nothing, but the till was told. Return:
 * of what was captured. */
static enum err give_back_again(struct decision *d, const struct partner_id *home,
                                const struct clearing_entry *entry,
                                struct partner_recovery *recovery)
{
    struct hold hold;
    enum err err = ledger_get_hold(d->view, &d->terms->roster->self, &entry->subject, &hold);
    if (err == ERR_NOT_FOUND && recovered_is_given_up(entry)) {
        hold = hold_given_up(d, home, entry);
        decide_put_hold(d, &entry->subject, &hold);
        return ERR_OK;
    }
    if (err == ERR_NOT_FOUND) {
        recovery->unreplayed++;
        return ERR_OK;
    }
    TRY(err);
    if (entry->kind == ENTRY_BURN_RETURN) {
        TRY(points_add(hold.returned, entry->points, &hold.returned));
    } else if (hold.state == HOLD_OPEN) {
        d->plan->answer.points = recovered_is_given_up(entry) ? points_of(0) : hold_left(&hold);
        TRY(points_add(hold.voided, hold_left(&hold), &hold.voided));
        hold.state = HOLD_VOIDED;
    }
    decide_put_hold(d, &entry->subject, &hold);
    return ERR_OK;
}

/* The points left: what the older copy has of them is taken, and the rest owed. */
static enum err lot_again(struct decision *d, const struct partner_id *to,
                          const struct clearing_entry *entry, struct partner_recovery *recovery)
{
    struct account_ref payable = account_of_partner(ACCOUNT_PAYABLE, to, entry->period);
    struct account_ref adjustment = account_of_programme(ACCOUNT_ADJUSTMENT);
    struct lot_key lot = {entry->issuer, entry->tariff, entry->active_from, entry->expires_at, 0};
    struct member_work work;
    bool is_there;
    TRY(force_member(d, &entry->card, entry->business_time, recovery, &work, &is_there));
    if (!is_there) {
        plan_post(d->plan, &adjustment, &payable, entry->points);
        recovery->unreplayed++;
        return ERR_OK;
    }
    TRY(work_take(d, &work, &payable, &lot, entry->points));
    work_end(d, &work);
    return ERR_OK;
}

/* The card's member is at the home that it leads to, or came back from there. */
static enum err has_moved_again(struct decision *d, const struct uid *member, bool has_moved)
{
    struct member_work work;
    TRY(work_begin(d, member, &work));
    work.row.is_blocked = has_moved;
    work_mark(d, &work);
    work_end(d, &work);
    return ERR_OK;
}

/* The card was given since the copy was made, and its member has no name. What is said of it now
 * may be told by this partner alone, and points that another one brings must find it so. */
static enum err card_is_there_again(struct decision *d, const struct card_change *said,
                                    struct unix_ms since, struct partner_recovery *recovery)
{
    struct member_work work;
    bool is_there;
    TRY(force_member(d, &said->card, since, recovery, &work, &is_there));
    if (!is_there) {
        recovery->unreplayed++;
        return ERR_OK;
    }
    work.row.is_blocked = said->kind == ENTRY_CARD_MOVED;
    work_mark(d, &work);
    work_end(d, &work);
    decide_put_card(
        d, &said->card,
        &(struct card){.member = work.id, .is_blocked = said->kind == ENTRY_CARD_BLOCK});
    return ERR_OK;
}

/* What closed a circle that our card opens was taken back at once, of which this partner did not
 * hear before it was lost. */
static enum err what_stands(const struct decision *d, struct card_change *said)
{
    struct card_circle circle = {.count = 0};
    if (said->kind == ENTRY_CARD_MOVED) {
        TRY(ledger_get_circle(d->view, &said->card, &said->moved_to, &circle));
    }
    if (circle_has(&circle, &said->card) &&
        card_number_equal(circle_opens_at(&circle), &said->card)) {
        said->kind = ENTRY_CARD_UNBLOCK;
        said->moved_to = (struct card_number){{0}};
    }
    return ERR_OK;
}

/* What we said last of a card of ours is so again; each partner brings it, and once is enough.
 * Those that were not told before it was lost are told when they have shown all. */
static enum err card_again(struct decision *d, const struct partner_id *partner,
                           const struct clearing_entry *entry, struct partner_recovery *recovery)
{
    struct card_change said = {entry->card, entry->kind, entry->moved_to};
    struct card card;
    struct card_status before;
    bool is_news;
    enum err err = ledger_get_card(d->view, &entry->card, &card);
    bool is_lost = err == ERR_NOT_FOUND;
    if (err != ERR_OK && !is_lost) {
        return err;
    }
    if (!is_lost && uid_is_nil(&card.member)) {
        return ERR_OK; /* erased since */
    }
    TRY(what_stands(d, &said));
    TRY(ledger_get_card_status(d->view, &entry->card, &before));
    TRY(decide_news_again(d, partner, entry, &said, &is_news));
    if (is_lost) {
        return card_is_there_again(d, &said, entry->business_time, recovery);
    }
    if (!is_news) {
        return ERR_OK;
    }
    card.is_blocked = said.kind == ENTRY_CARD_BLOCK;
    decide_put_card(d, &entry->card, &card);
    bool has_moved = said.kind == ENTRY_CARD_MOVED;
    bool had_moved = before.moved_to.digits[0] != '\0' && said.kind == ENTRY_CARD_UNBLOCK;
    return has_moved || had_moved ? has_moved_again(d, &card.member, has_moved) : ERR_OK;
}

/* A step of a dispute; without what it is about there is only the entry. The office was told the
 * claim. */
static enum err step_again(struct decision *d, const struct partner_id *partner,
                           const struct clearing_entry *entry, struct partner_recovery *recovery)
{
    struct answer answer = d->plan->answer;
    TRY(dispute_again(d, partner, entry, &answer));
    if (decision_is_refused(d) && d->command->recover_entry.may_wait) {
        return ERR_NOT_FOUND;
    }
    if (decision_is_refused(d)) {
        (void)decide_refuse(d, VERDICT_OK);
        recovery->unreplayed++;
    }
    d->plan->answer = answer;
    return ERR_OK;
}

static enum err subject_again(struct decision *d, const struct partner_id *partner,
                              const struct clearing_entry *entry, struct partner_recovery *recovery)
{
    switch ((int)entry->kind) {
    case ENTRY_EARN:
        return sale_again(d, partner, entry);
    case ENTRY_EARN_RETURN:
        return return_again(d, entry, recovery);
    case ENTRY_CAPTURE:
        return capture_again(d, partner, entry);
    case ENTRY_VOID:
    case ENTRY_BURN_RETURN:
        return give_back_again(d, partner, entry, recovery);
    case ENTRY_MOVED_LOT:
        return lot_again(d, partner, entry, recovery);
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
        return card_again(d, partner, entry, recovery);
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
        return entry->promotion == 0 ? decide_told_again(d, partner, entry)
                                     : promotion_told_again(d, partner, entry);
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
        return promotion_told_again(d, partner, entry);
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
        return prepaid_again(d, partner, entry, recovery);
    case ENTRY_PERIOD_MARK:
        return ERR_OK;
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
    case ENTRY_ADJUSTMENT:
    case ENTRY_BURN_ADJUSTMENT:
        return step_again(d, partner, entry, recovery);
    default: /* the stream and its totals are as they were; what else it did is for people */
        recovery->unreplayed++;
        return ERR_OK;
    }
}

enum err decide_recover_entry(struct decision *d)
{
    const struct command_recover_entry *lost = &d->command->recover_entry;
    const struct clearing_entry *entry = &lost->entry;
    struct stream stream;
    struct partner_recovery recovery;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &lost->receiver, &stream));
    if (!stream.is_recovering || !follows_on(&stream, entry)) {
        return ERR_CONFLICT;
    }
    TRY(decide_get_recovery(d, &lost->receiver, &recovery));
    d->plan->answer.points = entry->points;
    d->plan->answer.card = entry->card;
    TRY(subject_again(d, &lost->receiver, entry, &recovery));
    TRY(decide_give_entry(d, entry, 1));
    if (!MUTANT(RECOVER_WITHOUT_POSTING)) {
        post_entry(d, &lost->receiver, entry);
    }
    TRY(decide_owe(d, &lost->receiver, STREAM_OUT, entry->kind, entry->tariff, entry->period,
                   entry->points.minor));
    TRY(plan_entry_again(d->plan, &lost->receiver, &stream, entry, lost->bytes));
    recovery.own_entries++;
    recovery.own_last = entry->number;
    TRY(points_add(recovery.own_points, entry->points, &recovery.own_points));
    decide_put_recovery(d, &lost->receiver, &recovery);
    d->plan->answer.home = lost->receiver;
    return ERR_OK;
}
