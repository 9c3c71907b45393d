/* A member's move to a new home.
 *
 *   old home   each lot leaves: the member's account is debited, payable to the new home credited;
 *              the member is blocked here, its cards lead to the new one for ever
 *   new home   takes the lots it awaited: receivable from the old home debited, the member's
 *              account credited
 *
 * The new home gets the points' issue price (of points that are funded at burn, what their issuer
 * pays when they are spent), as if each lot had been earned for its member in the
 * old home's shop: it stands as it would had the member always been its own. What comes back to the
 * old account later, such as points for returned goods that were paid with points, is sent after
 * the member. The net debit cap holds for the move; what follows it was promised. A purchase
 * returned late is owed by the old account. */
#include "base/mutant.h"
#include "ledger/decision.h"
#include "ledger/route.h"

/* Lots on their way out. */
struct leaving {
    struct partner_id to;
    struct card_number card;     /* by which the new home awaits them */
    struct card_number moved_to; /* its own */
    struct stream stream;
};

/* Inactivity here says nothing there: a lot that would end by it ends by a date, as if the member
 * did nothing from now on. A lot ends after it begins. */
static struct lot_key lasting_terms(const struct member *member, const struct lot_key *key)
{
    struct lot_key terms = *key;
    terms.expires_at = lots_end(member, key);
    terms.idle_months = 0;
    if (terms.expires_at.ms != 0 && terms.expires_at.ms <= terms.active_from.ms) {
        terms.expires_at.ms = terms.active_from.ms + 1;
    }
    return terms;
}

/* What falls due by itself, as a dispute's outcome does, was told under no id. */
static struct uid id_of_move(const struct decision *d)
{
    const struct command *command = d->command;
    if (!uid_is_nil(&command->transaction_id)) {
        return command->transaction_id;
    }
    struct hash hash = hash_of(HASH_DOMAIN_IDENTIFIER,
                               slice_of(command->due.id.bytes, sizeof command->due.id.bytes));
    return uid_v8(d->now.ms, hash.bytes);
}

static enum err lot_out(struct decision *d, struct leaving *leaving, struct member_work *work,
                        struct lot lot)
{
    struct lot_key terms = lasting_terms(&work->row, &lot.key);
    struct clearing_entry entry = {
        .kind = ENTRY_MOVED_LOT,
        .business_time = d->command->business_time,
        .transaction_id = id_of_move(d),
        .card = leaving->card,
        .points = lot.free,
        .tariff = terms.tariff,
        .active_from = terms.active_from,
        .expires_at = terms.expires_at,
        .moved_to = leaving->moved_to,
        .issuer = terms.issuer,
    };
    struct account_ref payable =
        account_of_partner(ACCOUNT_PAYABLE, &leaving->to, leaving->stream.period);
    struct account_ref from = account_of_member(
        lot.key.active_from.ms != 0 ? ACCOUNT_PENDING : ACCOUNT_AVAILABLE, &work->id);
    if (!MUTANT(MOVE_AND_KEEP)) {
        TRY(work_lot(d, work, &lot.key, -lot.free.minor, 0));
        TRY(work_post(d, work, &from, &payable, lot.free));
    }
    TRY(decide_give_entry(d, &entry, 1));
    TRY(decide_owe(d, &leaving->to, STREAM_OUT, entry.kind, entry.tariff, leaving->stream.period,
                   entry.points.minor));
    return plan_entry(d->plan, d->terms, &leaving->to, &leaving->stream, &entry);
}

static enum err lots_out(struct decision *d, struct leaving *leaving, struct member_work *work)
{
    for (size_t i = work->row.lot_count; i > 0; i--) {
        struct lot lot = work->row.lots[i - 1];
        if (lot.free.minor > 0 && lot.free.minor <= LIMIT_POINTS_PER_COMMAND) {
            TRY(lot_out(d, leaving, work, lot));
        }
    }
    return ERR_OK;
}

enum err move_onward(struct decision *d, struct member_work *work, const struct card_number *card)
{
    struct leaving leaving = {.card = *card};
    struct card_status status;
    if (!work->row.is_blocked || work->row.is_erased || MUTANT(LEAVE_BEHIND)) {
        return ERR_OK;
    }
    TRY(ledger_get_card_status(d->view, card, &status));
    const struct roster_partner *home = roster_home_of(d->terms->roster, &status.moved_to);
    if (home == NULL || roster_is_self(d->terms->roster, &home->id)) {
        return ERR_OK; /* it did not move */
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &home->id, &leaving.stream));
    if (!decide_may_send(d, &home->id, &leaving.stream)) {
        return ERR_OK; /* it waits here for a move that is told again */
    }
    leaving.to = home->id;
    leaving.moved_to = status.moved_to;
    return lots_out(d, &leaving, work);
}

enum err move_forward(struct decision *d, struct member_work *work, const struct card_number *card)
{
    struct card_status status;
    struct card_circle circle;
    TRY(ledger_get_card_status(d->view, card, &status));
    TRY(ledger_get_circle(d->view, card, &status.moved_to, &circle));
    bool waits = circle_has(&circle, card) && !MUTANT(CIRCLE_TURNS);
    return waits ? ERR_OK : move_onward(d, work, card);
}

enum err move_of_member(const struct decision *d, const struct profile *profile,
                        struct card_number *out_moved_to)
{
    *out_moved_to = (struct card_number){{0}};
    for (size_t i = 0; i < profile->card_count && out_moved_to->digits[0] == '\0'; i++) {
        struct card_status status;
        TRY(ledger_get_card_status(d->view, &profile->cards[i], &status));
        *out_moved_to = status.moved_to;
    }
    return ERR_OK;
}

/* Where to, as the command says. */
static enum verdict target_verdict(const struct decision *d)
{
    const struct command_move *move = &d->command->move;
    const struct roster_partner *home = roster_home_of(d->terms->roster, &move->new_card);
    if (home == NULL || !partner_id_equal(&home->id, &move->to)) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    return roster_is_self(d->terms->roster, &home->id) ? VERDICT_MOVE_TO_SELF : VERDICT_OK;
}

/* The card's member. May refuse. */
static enum err find_mover(struct decision *d, struct member_work *work)
{
    struct card card;
    enum err err = ledger_get_card(d->view, &d->command->move.card, &card);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_CARD_UNKNOWN);
    }
    TRY(err);
    if (card.is_blocked) {
        return decide_refuse(d, VERDICT_CARD_BLOCKED);
    }
    TRY(work_find(d, &card.member, work));
    if (!decision_is_refused(d) && work->row.is_pool) {
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    return ERR_OK;
}

/* A move that is told again takes along what came since. */
static enum verdict standing_to_move(const struct command_move *move, const struct member *member,
                                     const struct card_number *moved_to)
{
    bool has_moved = moved_to->digits[0] != '\0';
    if (has_moved && !card_number_equal(moved_to, &move->new_card)) {
        return VERDICT_MEMBER_MOVED;
    }
    if (member->is_blocked && !has_moved) {
        return VERDICT_MEMBER_BLOCKED;
    }
    if (member->held.minor > 0) {
        return VERDICT_MEMBER_HAS_HOLDS;
    }
    return member->debt.minor > 0 ? VERDICT_MEMBER_HAS_DEBT : VERDICT_OK;
}

static enum err cards_verdict(const struct decision *d, const struct profile *profile,
                              enum verdict *out_verdict)
{
    const struct card_number *new_card = &d->command->move.new_card;
    struct card_status target;
    bool loops = false;
    *out_verdict = profile->pool_count > 0 ? VERDICT_ALREADY_IN_POOL : VERDICT_OK;
    TRY(ledger_get_card_status(d->view, new_card, &target));
    for (size_t i = 0; i < profile->card_count && !loops; i++) {
        TRY(ledger_route_loops(d->view, &profile->cards[i], new_card, &loops));
        /* Who is awaited as this member may be on the way already: neither would arrive. */
        loops = loops || (card_number_equal(&target.awaited_by, &profile->cards[i]) &&
                          !MUTANT(MOVE_CROSSWISE));
    }
    if (loops && *out_verdict == VERDICT_OK) {
        *out_verdict = VERDICT_MOVE_LOOPS;
    }
    return ERR_OK;
}

static bool has_lot_beyond_entry(const struct member *member)
{
    for (size_t i = 0; i < member->lot_count; i++) {
        if (member->lots[i].free.minor > LIMIT_POINTS_PER_COMMAND) {
            return true;
        }
    }
    return false;
}

enum err move_lead_cards(struct decision *d, const struct profile *profile,
                         const struct card_number *moved_to, const struct partner_id *first,
                         struct stream *first_stream)
{
    bool is_leaving = moved_to->digits[0] != '\0';
    struct card_change change = {.kind = is_leaving ? ENTRY_CARD_MOVED : ENTRY_CARD_UNBLOCK,
                                 .moved_to = *moved_to};
    struct card_change changes[LIMIT_CARDS_PER_MEMBER];
    size_t count = 0;
    for (size_t i = 0; i < profile->card_count; i++) {
        struct card card;
        struct card_status status;
        change.card = profile->cards[i];
        TRY(ledger_get_card(d->view, &change.card, &card));
        TRY(ledger_get_card_status(d->view, &change.card, &status));
        if (is_leaving && status.moved_to.digits[0] != '\0') {
            continue;
        }
        if (card.is_blocked) {
            status.moved_to = *moved_to;
            decide_put_card_status(d, &change.card, &status);
            continue;
        }
        changes[count++] = change;
    }
    return decide_announce(d, changes, count, first, first_stream);
}

/* Nothing stands against it: the points leave, and the cards with them. */
static enum err leave(struct decision *d, struct member_work *work, const struct profile *profile)
{
    const struct command_move *move = &d->command->move;
    struct leaving leaving = {.to = move->to, .card = move->card, .moved_to = move->new_card};
    struct points before;
    TRY(work_open(d, work));
    if (has_lot_beyond_entry(&work->row)) {
        return decide_refuse(d, VERDICT_POINTS_TOO_LARGE);
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, &move->to, &leaving.stream));
    if (leaving.stream.is_frozen) {
        return decide_refuse(d, VERDICT_STREAM_FROZEN);
    }
    if (leaving.stream.is_recovering) {
        return ERR_UNAVAILABLE; /* no answer that would be remembered: the same may be done soon */
    }
    if (roster_find(d->terms->roster, &move->to)->last_period.code != 0 ||
        decide_is_after_end(d, &move->to, leaving.stream.period)) {
        return decide_refuse(d, VERDICT_PARTNER_LEFT);
    }
    TRY(points_add(work->row.available, work->row.pending, &before));
    TRY(lots_out(d, &leaving, work));
    TRY(decide_within_cap(d, &move->to, STREAM_OUT));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(move_lead_cards(d, profile, &leaving.moved_to, &leaving.to, &leaving.stream));
    struct standing_owner owner = standing_of_member(&work->id);
    TRY(standing_carry(d, &owner, &move->new_card));
    work->row.is_blocked = true;
    work_mark(d, work);
    work_end(d, work);
    d->plan->answer.points = before;
    d->plan->answer.home = move->to;
    d->plan->answer.card = move->new_card;
    return ERR_OK;
}

enum err decide_move_member(struct decision *d)
{
    struct member_work work;
    struct profile profile;
    struct card_number moved_to;
    enum verdict verdict = target_verdict(d);
    if (verdict != VERDICT_OK) {
        return decide_refuse(d, verdict);
    }
    TRY(find_mover(d, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(ledger_get_profile(d->view, &work.id, &profile));
    TRY(move_of_member(d, &profile, &moved_to));
    verdict = standing_to_move(&d->command->move, &work.row, &moved_to);
    if (verdict == VERDICT_OK) {
        TRY(cards_verdict(d, &profile, &verdict));
    }
    return verdict != VERDICT_OK ? decide_refuse(d, verdict) : leave(d, &work, &profile);
}

/* Does what the sender ever brought stay within what one partner may? */
static enum err is_within(const struct decision *d, bool *out_is_within)
{
    const struct command_take_entry *take = &d->command->take_entry;
    struct entry_total brought;
    TRY(ledger_get_total(d->view, STREAM_IN, &take->sender, (struct period){0}, ENTRY_MOVED_LOT,
                         take->entry.tariff, &brought));
    *out_is_within = brought.points <= LIMIT_POINTS_PER_PARTNER - take->entry.points.minor;
    return ERR_OK;
}

static struct lot_key lot_of_entry(const struct decision *d, const struct clearing_entry *entry)
{
    struct lot_key lot = {entry->issuer, entry->tariff, entry->active_from, entry->expires_at, 0};
    if (lot.active_from.ms <= d->now.ms) {
        lot.active_from = (struct unix_ms){0};
    }
    return lot;
}

enum err take_moved_lot(struct decision *d)
{
    static const struct account_ref breakage = {.kind = ACCOUNT_BREAKAGE};
    const struct command_take_entry *take = &d->command->take_entry;
    const struct clearing_entry *entry = &take->entry;
    struct account_ref receivable =
        account_of_partner(ACCOUNT_RECEIVABLE, &take->sender, entry->period);
    struct card_status status;
    struct card card;
    struct member_work work;
    bool is_small;
    if (!decide_is_their_card(d, &take->sender, &entry->card)) {
        return decide_refuse(d, VERDICT_CARD_NOT_THEIRS);
    }
    TRY(ledger_get_card_status(d->view, &entry->card, &status));
    if (!card_number_equal(&status.awaited_by, &entry->moved_to) && !MUTANT(MOVE_UNAWAITED)) {
        return decide_refuse(d, VERDICT_MOVE_NOT_AWAITED);
    }
    TRY(is_within(d, &is_small));
    if (!is_small) {
        return decide_refuse(d, VERDICT_POINTS_TOO_LARGE);
    }
    TRY(decide_give_entry(d, entry, -1));
    TRY(ledger_get_card(d->view, &entry->moved_to, &card));
    if (uid_is_nil(&card.member)) { /* erased since: there is nobody to have them */
        plan_post(d->plan, &receivable, &breakage, entry->points);
        return ERR_OK;
    }
    struct lot_key lot = lot_of_entry(d, entry);
    TRY(work_begin(d, &card.member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_give(d, &work, &receivable, &lot, entry->points));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(move_forward(d, &work, &entry->moved_to));
    work_end(d, &work);
    return ERR_OK;
}

enum err move_give_back(struct decision *d, const struct account_ref *payable,
                        const struct receipted_entry *entry)
{
    static const struct account_ref breakage = {.kind = ACCOUNT_BREAKAGE};
    struct lot_key lot = entry->lot;
    struct member_work work;
    struct card card;
    if (roster_is_self(d->terms->roster, &lot.issuer)) {
        TRY(decide_give_abroad(d, lot.tariff, -entry->points.minor));
    }
    TRY(ledger_get_card(d->view, &entry->card, &card));
    if (lot.active_from.ms <= d->now.ms) {
        lot.active_from = (struct unix_ms){0};
    }
    bool is_nobodys = uid_is_nil(&card.member);
    if (!is_nobodys) {
        TRY(work_begin(d, &card.member, &work));
        is_nobodys =
            work.row.lot_count == LIMIT_LOTS_PER_MEMBER && lots_find(&work.row, &lot) == NULL;
    }
    if (is_nobodys) {
        plan_post(d->plan, payable, &breakage, entry->points);
        return ERR_OK;
    }
    TRY(work_give(d, &work, payable, &lot, entry->points));
    work_end(d, &work);
    return ERR_OK;
}
