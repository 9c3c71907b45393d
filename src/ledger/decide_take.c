/* What a partner's clearing entries do here, where the member is at home. */
#include "ledger/decision.h"
#include "base/mutant.h"

static struct account_ref sender_account(const struct decision *d, enum account_kind kind)
{
    const struct command_take_entry *take = &d->command->take_entry;
    return account_of_partner(kind, &take->sender, take->entry.period);
}

/* Does what the sender ever gave stay within what one partner may? */
static enum err check_given(const struct decision *d, bool *out_is_within)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct entry_total given;
    TRY(ledger_get_total(d->view, STREAM_IN, &take->sender, (struct period){0}, ENTRY_EARN,
                         take->entry.tariff, &given));
    *out_is_within = given.points <= LIMIT_POINTS_PER_PARTNER - take->entry.points.minor;
    return ERR_OK;
}

/* A member has only so many lots, and what one partner's earns take of them is not there for the
 * others'. The first LIMIT_LOTS_AS_GIVEN are as the partner says; after them points join others
 * that begin on the same day and end in the same month, a little longer than was said. May refuse.
 */
static enum err find_place(struct decision *d, struct member_work *work, struct lot_key *lot)
{
    const struct command_take_entry *take = &d->command->take_entry;
    if (lots_find(&work->row, lot) != NULL || work->row.lot_count < LIMIT_LOTS_AS_GIVEN) {
        return ERR_OK;
    }
    size_t count = lots_of_issuer(&work->row, &take->sender);
    if (count >= LIMIT_LOTS_AS_GIVEN) {
        *lot = lot_key_rounded(lot);
        if (lot->active_from.ms <= d->now.ms) {
            lot->active_from = (struct unix_ms){0};
        }
    }
    bool is_repaid = take->entry.points.minor <= work->row.debt.minor || work->row.is_erased;
    if (count >= LIMIT_LOTS_PER_PARTNER && !is_repaid && lots_find(&work->row, lot) == NULL) {
        return decide_refuse(d, VERDICT_TOO_MANY_LOTS);
    }
    return ERR_OK;
}

/* Our member earned at the sender: the sender owes us the price of the points. */
static enum err take_earn(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    struct account_ref receivable = sender_account(d, ACCOUNT_RECEIVABLE);
    struct member_work work;
    struct sale sale = {
        .role = SALE_ADVISED,
        .issuer = take->sender,
        .home = d->terms->roster->self,
        .card = entry->card,
        .points = entry->points,
        .is_fixed = true,
        .rate = {.per_minor = 1},
        .lot = {take->sender, entry->tariff, entry->active_from, entry->expires_at, 0},
        .business_time = entry->business_time,
        .block = entry->subject,
    };
    if (sale.lot.active_from.ms <= d->now.ms) {
        sale.lot.active_from = (struct unix_ms){0};
    }
    TRY(work_begin_by_card(d, &entry->card, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    struct sale known;
    enum err err = ledger_get_sale(d->view, &take->sender, &entry->transaction_id, &known);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_SALE_EXISTS);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (!uid_is_nil(&entry->subject)) {
        TRY(prepaid_take_draw(d));
    }
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    bool is_within;
    TRY(check_given(d, &is_within));
    if (!is_within) {
        return decide_refuse(d, VERDICT_POINTS_TOO_LARGE);
    }
    TRY(decide_owe(d, &take->sender, STREAM_IN, ENTRY_EARN, entry->tariff, entry->period,
                   entry->points.minor));
    if (uid_is_nil(&entry->subject)) { /* else nothing is owed */
        TRY(decide_within_cap(d, &take->sender, STREAM_IN));
    }
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(find_place(d, &work, &sale.lot));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_give(d, &work, &receivable, &sale.lot, entry->points));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    work_end(d, &work);
    sale.member = work.id;
    decide_put_sale(d, &entry->transaction_id, &sale);
    return ERR_OK;
}

static enum err take_earn_return(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    struct account_ref receivable = sender_account(d, ACCOUNT_RECEIVABLE);
    struct member_work work;
    struct sale sale;
    enum err err = ledger_get_sale(d->view, &take->sender, &entry->subject, &sale);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && sale.role != SALE_ADVISED)) {
        return decide_refuse(d, VERDICT_SALE_UNKNOWN);
    }
    TRY(err);
    if (entry->tariff != sale.lot.tariff) { /* at another price than the points were given */
        return decide_refuse(d, VERDICT_NOT_AGREED);
    }
    if (entry->points.minor > sale.points.minor - sale.taken.minor) {
        return decide_refuse(d, VERDICT_RETURN_EXCEEDS_SALE);
    }
    TRY(work_begin(d, &sale.member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_take(d, &work, &receivable, &sale.lot, entry->points));
    work_end(d, &work);
    TRY(points_add(sale.taken, entry->points, &sale.taken));
    decide_put_sale(d, &entry->subject, &sale);
    return prepaid_change(d, &sale.home, &sale.issuer, &sale.block, entry->points.minor);
}

/* The hold that the entry is about, if there is one. */
static enum err find_hold(const struct decision *d, struct hold *hold, bool *out_is_known)
{
    const struct command_take_entry *take = &d->command->take_entry;
    enum err err = ledger_get_hold(d->view, &take->sender, &take->entry.subject, hold);
    *out_is_known = err == ERR_OK && hold->role == HOLD_HOME;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* All that is captured of a hold, and comes back to it, has one price. */
static bool is_other_price(const struct hold *hold, const struct clearing_entry *entry)
{
    return hold->tariff != 0 && hold->tariff != entry->tariff;
}

static enum err take_capture(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    struct account_ref payable = sender_account(d, ACCOUNT_PAYABLE);
    bool names_mandate = !uid_is_nil(&entry->mandate);
    bool is_known;
    struct hold hold;
    TRY(find_hold(d, &hold, &is_known));
    if (is_known && is_other_price(&hold, entry)) {
        return decide_refuse(d, VERDICT_NOT_AGREED);
    }
    if (names_mandate && (!is_known || home_may_stand_in(&hold))) {
        return home_stood_in(d, is_known ? &hold : NULL);
    }
    if (!is_known) {
        return decide_refuse(d, VERDICT_HOLD_UNKNOWN);
    }
    if (hold.state != HOLD_OPEN) {
        return decide_refuse(d, VERDICT_HOLD_ENDED);
    }
    if (entry->points.minor > hold_left(&hold).minor && !MUTANT(CAPTURE_MORE_THAN_GRANTED)) {
        return decide_refuse(d, VERDICT_HOLD_EXCEEDED);
    }
    if (entry->business_time.ms > hold.capture_by.ms && !MUTANT(CAPTURE_TOO_LATE)) {
        bool is_allowed;
        TRY(home_mandate_allows(d, &hold, &is_allowed));
        if (!is_allowed) {
            return decide_refuse(d, VERDICT_CAPTURE_TOO_LATE);
        }
    }
    hold.tariff = entry->tariff;
    TRY(decide_promise(d, &hold.redeemer, -entry->points.minor));
    return home_capture(d, &entry->subject, &hold, entry->points, &payable);
}

static enum err take_void(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    bool is_known;
    struct hold hold;
    TRY(find_hold(d, &hold, &is_known));
    if (!is_known) {
        home_void_unknown(d);
        return ERR_OK;
    }
    if (!uid_is_nil(&entry->mandate) && home_may_stand_in(&hold)) {
        return ERR_OK; /* nothing is reserved any more */
    }
    if (hold.state != HOLD_OPEN) {
        return decide_refuse(d, VERDICT_HOLD_ENDED);
    }
    return home_release(d, &entry->subject, &hold, HOLD_VOIDED);
}

static enum err take_burn_return(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    struct account_ref payable = sender_account(d, ACCOUNT_PAYABLE);
    bool is_known;
    struct hold hold;
    TRY(find_hold(d, &hold, &is_known));
    if (!is_known) {
        return decide_refuse(d, VERDICT_HOLD_UNKNOWN);
    }
    if (is_other_price(&hold, entry)) {
        return decide_refuse(d, VERDICT_NOT_AGREED);
    }
    if (entry->points.minor > hold.captured.minor - hold.returned.minor) {
        return decide_refuse(d, VERDICT_RETURN_EXCEEDS_SALE);
    }
    return home_refund(d, &entry->subject, &hold, entry->points, &payable);
}

/* The sender's half of the period ends with this entry. */
static void take_mark(struct decision *d, const struct stream *before, const struct hash *hash)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct half half = {before->period_first_number, take->entry.number, *hash,
                        take->entry.business_time};
    struct ledger_key key;
    key_half(STREAM_IN, &take->sender, take->entry.period, &key);
    buffer_clear(&d->plan->scratch);
    half_encode(&half, &d->plan->scratch);
    plan_row(d->plan, TABLE_HALF, &key, buffer_slice(&d->plan->scratch));
}

/* What is new comes under the prices of its time: earns by when they happened, captures also by
 * when their holds end at the latest. */
static bool is_tariff_in_force(const struct decision *d, const struct clearing_entry *entry)
{
    const struct roster *roster = d->terms->roster;
    const struct partner_id *sender = &d->command->take_entry.sender;
    const struct tariff *tariff = roster_tariff(roster, entry->tariff);
    struct unix_ms end = {entry->business_time.ms + LIMIT_HOLD_MS};
    switch ((int)entry->kind) {
    case ENTRY_EARN:
        if (!uid_is_nil(&entry->subject)) { /* the block's, which says when it holds */
            return tariff_is_prepaid(tariff);
        }
        return roster_tariff_holds(roster, tariff, sender, &roster->self, entry->business_time);
    case ENTRY_PROMOTION:
        return roster_tariff_holds(roster, tariff, sender, &roster->self, entry->business_time);
    case ENTRY_CAPTURE:
        return roster_tariff_holds(roster, tariff, sender, &roster->self, entry->business_time) ||
               roster_tariff_holds(roster, tariff, sender, &roster->self, end);
    default:
        return true;
    }
}

/* The rest of a hold of which some was captured comes under the price of that, whatever the charter
 * says since. */
static enum err check_tariff(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    bool is_known = false;
    struct hold hold;
    if (is_tariff_in_force(d, entry)) {
        return ERR_OK;
    }
    if (entry->kind == ENTRY_CAPTURE) {
        TRY(find_hold(d, &hold, &is_known));
    }
    return is_known && hold.tariff == entry->tariff ? ERR_OK
                                                    : decide_refuse(d, VERDICT_TARIFF_NOT_IN_FORCE);
}

enum err take_by_kind(struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    if (entry->kind != ENTRY_PERIOD_MARK &&
        roster_tariff(d->terms->roster, entry->tariff) == NULL) { /* no statement would have it */
        return decide_refuse(d, VERDICT_TARIFF_UNKNOWN);
    }
    TRY(check_tariff(d));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (entry->kind != ENTRY_PERIOD_MARK &&
        decide_is_after_end(d, &d->command->take_entry.sender, entry->period) &&
        !MUTANT(TAKE_AFTER_END)) {
        return decide_refuse(d, VERDICT_PARTNER_LEFT);
    }
    switch (entry->kind) {
    case ENTRY_EARN:
        return take_earn(d);
    case ENTRY_CAPTURE:
        return take_capture(d);
    case ENTRY_VOID:
        return take_void(d);
    case ENTRY_EARN_RETURN:
        return take_earn_return(d);
    case ENTRY_BURN_RETURN:
        return take_burn_return(d);
    case ENTRY_ADJUSTMENT:
    case ENTRY_BURN_ADJUSTMENT:
        return take_correction(d);
    case ENTRY_DISPUTE_OPENED:
    case ENTRY_DISPUTE_ANSWERED:
    case ENTRY_DISPUTE_ESCALATED:
    case ENTRY_DISPUTE_RULED:
        return take_dispute(d);
    case ENTRY_PERIOD_MARK:
        return ERR_OK;
    case ENTRY_CARD_BLOCK:
    case ENTRY_CARD_UNBLOCK:
    case ENTRY_CARD_MOVED:
        return take_card_news(d);
    case ENTRY_MOVED_LOT:
        return take_moved_lot(d);
    case ENTRY_FUNDING:
    case ENTRY_FUNDING_RETURN:
        return entry->promotion == 0 ? take_funding(d) : take_promotion(d);
    case ENTRY_PROMOTION:
    case ENTRY_PROMOTION_RETURN:
        return take_promotion(d);
    case ENTRY_BLOCK_BOUGHT:
    case ENTRY_BLOCK_ENDED:
        return take_prepaid(d);
    case ENTRY_KIND_END:
        break;
    }
    return ERR_INPUT;
}

/* A mark may name a tariff that nobody has: no receipt or statement would show its line. */
static bool is_counted(const struct decision *d)
{
    const struct clearing_entry *entry = &d->command->take_entry.entry;
    return !decision_is_refused(d) && roster_tariff(d->terms->roster, entry->tariff) != NULL;
}

/* Applied or refused, the entry is part of the stream; only the applied ones count in its totals.
 */
static enum err take_end(struct decision *d, struct stream *stream, bool is_applied,
                         bool was_weighed)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    struct hash hash = entry_hash(take->bytes);
    if (is_applied && !was_weighed) {
        TRY(decide_owe(d, &take->sender, STREAM_IN, entry->kind, entry->tariff, entry->period,
                       entry->points.minor));
    }
    if ((is_applied && is_counted(d)) || MUTANT(COUNT_REFUSED)) {
        bool is_miscounted = MUTANT(WRONG_TOTAL_KIND) && entry->kind == ENTRY_CAPTURE;
        enum entry_kind kind = is_miscounted ? ENTRY_EARN : entry->kind;
        plan_total(d->plan, &(struct effect_total){STREAM_IN, take->sender, entry->period, kind,
                                                   entry->tariff, 1, entry->points.minor});
    }
    if (entry->kind == ENTRY_PERIOD_MARK) {
        take_mark(d, stream, &hash);
    }
    stream_advance(stream, entry, &hash, take->bytes.length);
    decide_put_stream(d, STREAM_IN, &take->sender, stream);
    if (is_applied) {
        d->plan->answer.points = entry->points;
    }
    return ERR_OK;
}

/* What it owes was looked at before it was applied. */
static bool is_weighed(enum entry_kind kind)
{
    return kind == ENTRY_EARN || kind == ENTRY_BLOCK_BOUGHT;
}

enum err decide_take_entry(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct stream stream;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_IN, &take->sender, &stream));
    bool is_next = take->entry.number == stream.last_number + 1 || MUTANT(ACCEPT_GAP) ||
                   MUTANT(APPLY_BATCH_TWICE);
    if (stream.is_frozen || stream.is_recovering || !is_next) {
        return ERR_CONFLICT; /* the engine judged the batch; this is not what it judged */
    }
    TRY(take_by_kind(d));
    return take_end(d, &stream, !decision_is_refused(d), is_weighed(take->entry.kind));
}

/* Once more, as our receipt says: that stands, whatever this ledger makes of the entry now. */
enum err decide_recover_taken(struct decision *d)
{
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    bool is_applied = take->verdict == VERDICT_OK;
    struct stream stream;
    struct partner_recovery recovery;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_IN, &take->sender, &stream));
    if (stream.is_frozen || !stream.is_recovering || entry->number != stream.last_number + 1 ||
        !hash_equal(&entry->previous_hash, &stream.last_hash) ||
        entry->period.code != stream.period.code) {
        return ERR_CONFLICT;
    }
    TRY(decide_get_recovery(d, &take->sender, &recovery));
    TRY(take_by_kind(d));
    bool is_forced = is_applied && decision_is_refused(d);
    if (MUTANT(RECOVER_BY_VERDICT)) {
        is_applied = !decision_is_refused(d);
        is_forced = false;
    }
    if (is_forced && take->may_wait && entry->dispute.number != 0) {
        return ERR_NOT_FOUND;
    }
    if (is_forced || !is_applied) {
        (void)decide_refuse(d, VERDICT_OK); /* what was planned goes, but it is no refusal */
    }
    if (is_forced) {
        TRY(force_entry(d, &recovery));
    }
    recovery.taken_entries++;
    recovery.taken_last = entry->number;
    if (is_applied) {
        TRY(points_add(recovery.taken_points, entry->points, &recovery.taken_points));
    }
    decide_put_recovery(d, &take->sender, &recovery);
    return take_end(d, &stream, is_applied, is_weighed(entry->kind) && !is_forced);
}
