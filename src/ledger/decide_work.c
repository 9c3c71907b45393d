/* Steps on the working copy of one member: what is planned and what is seen stay alike. */
#include "ledger/decision.h"

static void balance_change(struct points *balance, int64_t delta)
{
    enum err err = int64_add(balance->minor, delta, &balance->minor);
    ASSERT(err == ERR_OK && balance->minor >= 0);
}

void work_see(struct member_work *work, const struct account_ref *account, int64_t credited)
{
    if (account_kind_is_member(account->kind) && !uid_equal(&account->member, &work->id)) {
        return;
    }
    switch (account->kind) {
    case ACCOUNT_AVAILABLE:
        balance_change(&work->row.available, credited);
        break;
    case ACCOUNT_PENDING:
        balance_change(&work->row.pending, credited);
        break;
    case ACCOUNT_HELD:
        balance_change(&work->row.held, credited);
        break;
    case ACCOUNT_DEBT:
        balance_change(&work->row.debt, -credited);
        break;
    case ACCOUNT_RECEIVABLE:
    case ACCOUNT_PAYABLE:
    case ACCOUNT_SUSPENSE:
    case ACCOUNT_ISSUED:
    case ACCOUNT_REDEEMED:
    case ACCOUNT_BREAKAGE:
    case ACCOUNT_ADJUSTMENT:
    case ACCOUNT_KIND_END:
        break;
    }
}

enum err work_post(struct decision *d, struct member_work *work, const struct account_ref *debit,
                   const struct account_ref *credit, struct points points)
{
    int64_t sum;
    if (points.minor == 0) {
        return ERR_OK;
    }
    /* Only a credit can take a balance out of range: of available, pending and held together. */
    TRY(int64_add(work->row.available.minor, work->row.pending.minor, &sum));
    TRY(int64_add(sum, work->row.held.minor, &sum));
    TRY(int64_add(sum, points.minor, &sum));
    plan_post(d->plan, debit, credit, points);
    work_see(work, debit, -points.minor);
    work_see(work, credit, points.minor);
    return ERR_OK;
}

enum err work_lot(struct decision *d, struct member_work *work, const struct lot_key *lot,
                  int64_t free_delta, int64_t held_delta)
{
    if (free_delta == 0 && held_delta == 0) {
        return ERR_OK;
    }
    struct lot_key key = *lot; /* `lot` may point into the array that lots_change moves */
    TRY(lots_change(&work->row, &key, free_delta, held_delta));
    plan_lot(d->plan, &work->id, &key, free_delta, held_delta);
    return ERR_OK;
}

static bool lot_is_pending(const struct lot *lot)
{
    return lot->key.active_from.ms != 0;
}

static bool time_has_come(struct unix_ms time, struct unix_ms now)
{
    return time.ms != 0 && time.ms <= now.ms;
}

static enum err settle_activation(struct decision *d, struct member_work *work, struct lot lot)
{
    struct account_ref pending = account_of_member(ACCOUNT_PENDING, &work->id);
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work->id);
    struct lot_key active = lot.key;
    active.active_from = (struct unix_ms){0};
    TRY(work_lot(d, work, &lot.key, -lot.free.minor, -lot.held.minor));
    TRY(work_lot(d, work, &active, lot.free.minor, lot.held.minor));
    return work_post(d, work, &pending, &available, lot.free);
}

static enum err settle_expiry(struct decision *d, struct member_work *work, struct lot lot)
{
    struct account_ref from =
        account_of_member(lot_is_pending(&lot) ? ACCOUNT_PENDING : ACCOUNT_AVAILABLE, &work->id);
    struct account_ref breakage = account_of_programme(ACCOUNT_BREAKAGE);
    TRY(work_lot(d, work, &lot.key, -lot.free.minor, 0));
    return work_post(d, work, &from, &breakage, lot.free);
}

enum err work_settle(struct decision *d, struct member_work *work)
{
    for (size_t i = 0; i < work->row.lot_count;) {
        const struct lot *lot = &work->row.lots[i];
        if (lot->free.minor > 0 && time_has_come(lots_end(&work->row, &lot->key), d->now)) {
            TRY(settle_expiry(d, work, *lot));
            i = 0;
        } else if (time_has_come(lot->key.active_from, d->now)) {
            TRY(settle_activation(d, work, *lot));
            i = 0;
        } else {
            i++;
        }
    }
    return ERR_OK;
}

void member_settle_view(struct member *member, struct unix_ms now)
{
    for (size_t i = 0; i < member->lot_count;) {
        struct lot lot = member->lots[i];
        bool is_expired = lot.free.minor > 0 && time_has_come(lots_end(member, &lot.key), now);
        if (!is_expired && !time_has_come(lot.key.active_from, now)) {
            i++;
            continue;
        }
        struct points *from = lot_is_pending(&lot) ? &member->pending : &member->available;
        struct lot_key active = lot.key;
        active.active_from = (struct unix_ms){0};
        from->minor -= lot.free.minor;
        int64_t held_moved = is_expired ? 0 : lot.held.minor;
        enum err err = lots_change(member, &lot.key, -lot.free.minor, -held_moved);
        ASSERT(err == ERR_OK);
        if (!is_expired) {
            member->available.minor += lot.free.minor;
            err = lots_change(member, &active, lot.free.minor, held_moved);
            ASSERT(err == ERR_OK);
        }
        i = 0;
    }
}

/* Does the command tell that the member is about? What happens by itself, corrections and returns
 * do not. */
static bool is_activity(const struct command *command)
{
    if (command->kind == COMMAND_TAKE_ENTRY || command->kind == COMMAND_RECOVER_TAKEN) {
        enum entry_kind kind = command->take_entry.entry.kind;
        return kind == ENTRY_EARN || kind == ENTRY_CAPTURE;
    }
    return command->kind == COMMAND_EARN || command->kind == COMMAND_HOLD ||
           command->kind == COMMAND_CAPTURE || command->kind == COMMAND_TRANSFER ||
           command->kind == COMMAND_RECOVER_HOLD;
}

enum err work_find(struct decision *d, const struct uid *member, struct member_work *work)
{
    work->id = *member;
    enum err err = ledger_follow_member(d->view, &work->id, &work->row);
    return err == ERR_NOT_FOUND ? decide_refuse(d, VERDICT_MEMBER_UNKNOWN) : err;
}

enum err work_open(struct decision *d, struct member_work *work)
{
    bool is_active = is_activity(d->command);
    work->due_before = lots_next_due(&work->row);
    d->plan->answer.member = work->id;
    plan_history(d->plan, &work->id, work->row.last_row, is_active);
    TRY(work_settle(d, work));
    if (is_active) {
        work->row.active_at = d->now;
    }
    return ERR_OK;
}

enum err work_begin(struct decision *d, const struct uid *member, struct member_work *work)
{
    TRY(work_find(d, member, work));
    return decision_is_refused(d) ? ERR_OK : work_open(d, work);
}

enum verdict standing_verdict(const struct member *member)
{
    if (member->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    return member->is_blocked ? VERDICT_MEMBER_BLOCKED : VERDICT_OK;
}

enum err work_begin_good(struct decision *d, const struct uid *member, struct member_work *work)
{
    TRY(work_find(d, member, work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    enum verdict verdict = standing_verdict(&work->row);
    return verdict != VERDICT_OK ? decide_refuse(d, verdict) : work_open(d, work);
}

static void due_of_member(struct unix_ms due, const struct uid *member, struct ledger_key *out_key)
{
    static const struct partner_id none = {{0}};
    key_due(due, DUE_MEMBER, &none, member, out_key);
}

void work_end(struct decision *d, const struct member_work *work)
{
    struct unix_ms due = lots_next_due(&work->row);
    struct ledger_key key;
    if (decision_is_refused(d) || due.ms == work->due_before.ms) {
        return;
    }
    if (work->due_before.ms != 0) {
        due_of_member(work->due_before, &work->id, &key);
        view_expect(d->view, TABLE_DUE, &key);
        plan_delete(d->plan, TABLE_DUE, &key);
    }
    if (due.ms != 0) {
        due_of_member(due, &work->id, &key);
        view_expect(d->view, TABLE_DUE, &key);
        plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
    }
}

/* The card's member is blocked, as one who moved is, too. */
static enum err refuse_blocked(struct decision *d, const struct card_number *card)
{
    struct card_status status;
    TRY(ledger_get_card_status(d->view, card, &status));
    if (status.moved_to.digits[0] == '\0') {
        return decide_refuse(d, VERDICT_MEMBER_BLOCKED);
    }
    TRY(decide_refuse(d, VERDICT_CARD_MOVED));
    d->plan->answer.card = status.moved_to;
    return ERR_OK;
}

enum err work_begin_by_card(struct decision *d, const struct card_number *card,
                            struct member_work *work)
{
    struct card row;
    enum err err = ledger_get_card(d->view, card, &row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_CARD_UNKNOWN);
    }
    TRY(err);
    if (row.is_blocked) {
        return decide_refuse(d, VERDICT_CARD_BLOCKED);
    }
    TRY(work_find(d, &row.member, work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    enum verdict verdict = standing_verdict(&work->row);
    if (verdict == VERDICT_MEMBER_BLOCKED) {
        return refuse_blocked(d, card);
    }
    return verdict != VERDICT_OK ? decide_refuse(d, verdict) : work_open(d, work);
}

void work_mark(struct decision *d, const struct member_work *work)
{
    const struct member *row = &work->row;
    struct effect_mark mark = {.member = work->id,
                               .is_blocked = row->is_blocked,
                               .is_pool = row->is_pool,
                               .is_erased = row->is_erased,
                               .merged_into = row->merged_into,
                               .active_at = row->active_at};
    plan_mark(d->plan, &mark);
}
