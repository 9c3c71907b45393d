/* What disputes do to the books of a pair, to sales and holds, and to members. */
#include "model_dispute.h"

#include <stdlib.h>

static bool is_about_sale(enum entry_kind kind)
{
    return kind == ENTRY_EARN || kind == ENTRY_EARN_RETURN;
}

/* Does the sender of the entry owe for it? */
static bool sender_owes(enum entry_kind kind)
{
    return kind == ENTRY_EARN || kind == ENTRY_BURN_RETURN;
}

/* Are the points the member's gain? */
static bool is_gain(enum entry_kind kind)
{
    return kind == ENTRY_EARN || kind == ENTRY_BURN_RETURN;
}

/* ---- Accounts: what is added to them, as credit ---- */

static struct model_books *books_of(const struct model_view *view)
{
    return &view->model->books[view->node];
}

static void add_suspense(const struct model_view *view, unsigned period, int64_t points)
{
    books_of(view)->suspense[view->partner][period] += points;
}

static void add_receivable(const struct model_view *view, unsigned period, int64_t points)
{
    books_of(view)->receivable[view->partner][period] -= points;
}

static void add_payable(const struct model_view *view, unsigned period, int64_t points)
{
    books_of(view)->payable[view->partner][period] += points;
}

/* What the node owes by the entry: the points, or as much less. */
static int64_t owes(const struct model_view *view, int64_t points)
{
    bool is_debtor = sender_owes(model_view_entry(view)->kind) == view->is_out;
    return is_debtor ? points : -points;
}

/* As the entry stands in its account. */
static void add_leg(const struct model_view *view, int64_t points)
{
    const struct model_entry *entry = model_view_entry(view);
    if (is_about_sale(entry->kind) == view->is_out) {
        add_payable(view, entry->period, points);
    } else {
        add_receivable(view, entry->period, points);
    }
}

/* ---- What the entry is about ---- */

static struct model_op *subject_of(const struct model_view *view)
{
    const struct model_entry *entry = model_view_entry(view);
    struct model_op *m = view->model->ops[entry->op];
    return entry->kind == ENTRY_EARN ? m : model_op_of(view->model, m->op->subject);
}

/* NULL: the node has none. */
static struct model_sale *sale_of(const struct model_view *view)
{
    struct model_op *subject = subject_of(view);
    struct model_sale *sale = view->is_out ? &subject->sale : &subject->home_sale;
    bool is_here = view->is_out || sale->home == view->node;
    return sale->is_there && is_here ? sale : NULL;
}

static struct model_hold *hold_of(const struct model_view *view)
{
    struct model_op *subject = subject_of(view);
    struct model_hold *hold = view->is_out ? &subject->hold : &subject->home_hold;
    return hold->state == MODEL_NONE ? NULL : hold;
}

int64_t model_left_of(const struct model_view *view)
{
    const struct model_entry *entry = model_view_entry(view);
    const struct model_sale *sale = entry->kind == ENTRY_EARN ? sale_of(view) : NULL;
    const struct model_hold *hold = entry->kind == ENTRY_CAPTURE ? hold_of(view) : NULL;
    if (sale != NULL) {
        return sale->points - sale->taken;
    }
    return hold != NULL ? hold->captured - hold->returned : entry->points;
}

static bool is_granted(const struct model_view *view, bool was_applied)
{
    const struct model_entry *entry = model_view_entry(view);
    const struct model_hold *hold = hold_of(view);
    if (hold == NULL || !uid_is_nil(&hold->mandate)) {
        return false;
    }
    int64_t granted = hold->granted;
    if (!view->is_out && !was_applied) { /* what was left of it then */
        granted = hold->state == MODEL_VOIDED ? 0 : granted - hold->captured;
    }
    bool is_in_time = view->is_out || entry->taken_ms == 0 || entry->taken_ms <= hold->deliver_by;
    return entry->points <= granted && entry->business_ms <= hold->capture_by && is_in_time;
}

static bool is_mandated(const struct model_view *view, bool was_applied)
{
    const struct model_entry *entry = model_view_entry(view);
    const struct uid *id = &entry->mandate;
    unsigned home = view->is_out ? view->partner : view->node;
    unsigned shop = view->is_out ? view->node : view->partner;
    const struct model_mandate *mandate =
        uid_is_nil(id) ? NULL : model_mandate(view->model, home, shop, id);
    if (mandate == NULL || !(view->is_out ? mandate->is_taken : mandate->is_given)) {
        return false;
    }
    int64_t used = view->is_out ? mandate->taken_used : mandate->given_used;
    int64_t counted = was_applied || view->is_out ? entry->points : 0;
    return mandate->from <= entry->business_ms && entry->business_ms <= mandate->until &&
           entry->points <= mandate->floor && entry->points <= mandate->cap - used + counted;
}

enum model_ruling model_machine(const struct model_view *view, bool was_applied)
{
    if (model_view_entry(view)->kind != ENTRY_CAPTURE) {
        return MODEL_UNDECIDED;
    }
    bool is_covered = is_granted(view, was_applied) || is_mandated(view, was_applied);
    return is_covered == was_applied ? MODEL_DISMISSED : MODEL_UPHELD;
}

/* ---- Who pays ---- */

enum model_payment model_payment(const struct model_claim *claim)
{
    bool is_upheld = claim->outcome == MODEL_UPHELD;
    if (!claim->was_applied) {
        return is_upheld ? MODEL_PAYS_AS_ENTRY : MODEL_PAYS_NOTHING;
    }
    if (claim->is_suspended) {
        return is_upheld ? MODEL_PAYS_NOTHING : MODEL_PAYS_AS_ENTRY;
    }
    return is_upheld ? MODEL_PAYS_BACK : MODEL_PAYS_NOTHING;
}

bool model_is_payer(const struct model_view *view, const struct model_claim *claim)
{
    bool owes_for_entry = sender_owes(model_view_entry(view)->kind) == view->is_out;
    switch (model_payment(claim)) {
    case MODEL_PAYS_AS_ENTRY:
        return owes_for_entry;
    case MODEL_PAYS_BACK:
        return !owes_for_entry;
    case MODEL_PAYS_NOTHING:
        break;
    }
    return false;
}

/* ---- The shop ---- */

static int64_t within(int64_t value, int64_t most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

static void count_taken(const struct model_view *view, int64_t change)
{
    struct model_sale *sale = sale_of(view);
    if (sale != NULL) {
        sale->taken = within(sale->taken + change, sale->points);
    }
}

static void count_returned(const struct model_view *view, int64_t change)
{
    struct model_hold *hold = hold_of(view);
    if (hold != NULL) {
        hold->returned = within(hold->returned + change, hold->captured);
    }
}

/* What is disputed can't be returned meanwhile. */
static void reserve(const struct model_view *view, int64_t points)
{
    enum entry_kind kind = model_view_entry(view)->kind;
    if (!view->is_out || !model_view_claim(view)->was_applied) {
        return;
    }
    if (kind == ENTRY_EARN) {
        count_taken(view, points);
    } else if (kind == ENTRY_CAPTURE) {
        count_returned(view, points);
    }
}

/* An earn or a burn that had been refused. */
static void stand_again(const struct model_view *view, int64_t points)
{
    struct model_sale *sale = model_view_entry(view)->kind == ENTRY_EARN ? sale_of(view) : NULL;
    struct model_hold *hold = model_view_entry(view)->kind == ENTRY_CAPTURE ? hold_of(view) : NULL;
    if (sale != NULL && sale->is_reversed) {
        sale->is_reversed = false;
        sale->taken = within(sale->points - points, sale->points);
    }
    if (hold != NULL && hold->voided >= points) {
        hold->voided -= points;
        hold->captured += points;
    }
}

static void settle_shop_rows(const struct model_view *view, const struct model_claim *claim)
{
    int64_t change = claim->was_applied ? -claim->points : claim->points;
    if (claim->outcome == MODEL_DISMISSED) {
        reserve(view, -claim->points);
        return;
    }
    switch ((int)model_view_entry(view)->kind) {
    case ENTRY_EARN_RETURN:
        count_taken(view, change);
        break;
    case ENTRY_BURN_RETURN:
        count_returned(view, change);
        break;
    default:
        if (!claim->was_applied) {
            stand_again(view, claim->points);
        }
    }
}

/* Issued or redeemed. */
static void settle_shop(const struct model_view *view, const struct model_claim *claim)
{
    enum entry_kind kind = model_view_entry(view)->kind;
    struct model_books *books = books_of(view);
    int64_t points = claim->was_applied ? -claim->points : claim->points;
    if (is_about_sale(kind)) {
        books->issued += kind == ENTRY_EARN ? points : -points;
    } else {
        books->redeemed += kind == ENTRY_CAPTURE ? points : -points;
    }
}

/* ---- The home ---- */

/* The one whose card it was, who may have moved since; NULL: nobody has it. */
static struct model_member *member_of(const struct model_view *view, size_t index, int64_t now)
{
    struct model_member *member = &view->model->members[index];
    if (member->home != view->node || !member->is_enrolled) {
        return NULL;
    }
    model_settle(view->model, member, now);
    return member;
}

/* Gains are the programme's to give, and losses its own. */
static void move_nobody(const struct model_view *view, bool gives, int64_t points)
{
    books_of(view)->adjustment += gives ? -points : points;
}

static struct model_lot lot_again(const struct model *model, const struct model_lot *terms,
                                  int64_t now)
{
    struct model_lot lot = *terms;
    if (lot.expires_at != 0 && lot.expires_at <= now && model->refund_grace_ms > 0) {
        lot.expires_at = now + model->refund_grace_ms;
    }
    if (lot.active_from <= now) {
        lot.active_from = 0;
    }
    return lot;
}

static void settle_sale(const struct model_view *view, const struct model_claim *claim, bool gives,
                        int64_t now)
{
    struct model *model = view->model;
    const struct model_entry *entry = model_view_entry(view);
    struct model_sale *sale = sale_of(view);
    struct model_op *subject = subject_of(view);
    struct model_lot terms = {.issuer = view->partner};
    if (sale != NULL) {
        terms = sale->lot;
    } else if (entry->kind == ENTRY_EARN) {
        terms = (struct model_lot){view->partner, subject->op->active_from, subject->op->expires_at,
                                   0, 0};
    }
    size_t index = sale != NULL ? sale->member : entry->member;
    struct model_member *member = member_of(view, index, now);
    if (member == NULL) {
        move_nobody(view, gives, claim->points);
    } else if (gives) {
        struct model_lot lot = lot_again(model, &terms, now);
        model_give(model, member, &lot, claim->points, now);
        model_forward(model, model->ops[entry->op], index);
    } else {
        books_of(view)->adjustment += model_take_back(model, member, &terms, claim->points);
    }
    if (sale != NULL) {
        count_taken(view, gives ? -claim->points : claim->points);
    } else if (entry->kind == ENTRY_EARN && member != NULL) {
        subject->home_sale = (struct model_sale){.is_there = true,
                                                 .points = claim->points,
                                                 .lot = terms,
                                                 .home = view->node,
                                                 .member = index};
    }
}

static void give_burn_back(const struct model_view *view, const struct model_claim *claim,
                           int64_t now)
{
    struct model *model = view->model;
    const struct model_entry *entry = model_view_entry(view);
    struct model_hold *hold = hold_of(view);
    int64_t left = hold == NULL ? 0 : hold->captured - hold->returned;
    int64_t part = claim->points < left ? claim->points : left;
    struct model_member *member = &model->members[entry->member];
    if (part > 0) {
        if (!hold->has_nobody) {
            model_settle(model, member, now);
        }
        model_refund(model, member, hold, part, now);
        if (!hold->has_nobody) {
            model_forward(model, model->ops[entry->op], entry->member);
        }
    }
    move_nobody(view, true, claim->points - part);
}

/* From any lots, which the hold notes; then a debt, and what is beyond its limit is lost. */
static void take_burnt(const struct model_view *view, struct model_member *member,
                       struct model_hold *hold, int64_t points)
{
    static const struct model_lot no_lot = {.issuer = MODEL_NODES};
    struct model_lot terms;
    for (int64_t part; (part = model_take_next(member, points, &terms)) > 0;) {
        model_note_part(hold, &terms, part);
        points -= part;
    }
    int64_t lost = model_take_back(view->model, member, &no_lot, points);
    hold->unbacked += points - lost;
    hold->lost += lost;
    books_of(view)->adjustment += lost;
}

static void burn(const struct model_view *view, const struct model_claim *claim, int64_t now)
{
    const struct model_entry *entry = model_view_entry(view);
    struct model_hold *hold = &subject_of(view)->home_hold;
    struct model_member *member = member_of(view, entry->member, now);
    if (entry->kind == ENTRY_CAPTURE && hold->state == MODEL_OPEN &&
        model_left(hold) >= claim->points) {
        model_capture(member, hold, claim->points);
        return;
    }
    if (member == NULL) {
        move_nobody(view, false, claim->points);
        return;
    }
    if (hold->state == MODEL_NONE) {
        *hold = (struct model_hold){.state = MODEL_CAPTURED,
                                    .capture_by = entry->business_ms,
                                    .deliver_by = entry->business_ms};
    }
    hold->has_nobody = false;
    if (entry->kind == ENTRY_BURN_RETURN && hold->returned >= claim->points) {
        hold->returned -= claim->points;
    } else {
        hold->granted += claim->points;
        hold->captured += claim->points;
    }
    take_burnt(view, member, hold, claim->points);
}

static void settle_home(const struct model_view *view, const struct model_claim *claim, int64_t now)
{
    enum entry_kind kind = model_view_entry(view)->kind;
    bool gives = is_gain(kind) != claim->was_applied;
    if (is_about_sale(kind)) {
        settle_sale(view, claim, gives, now);
    } else if (gives) {
        give_burn_back(view, claim, now);
    } else {
        burn(view, claim, now);
    }
}

/* ---- The whole ---- */

void model_suspend(const struct model_view *view, int sign)
{
    const struct model_claim claim = *model_view_claim(view);
    int64_t owed = sign * owes(view, claim.points);
    reserve(view, sign * claim.points);
    if (claim.is_suspended) {
        add_leg(view, -owed);
        add_suspense(view, model_view_entry(view)->period, owed);
    }
}

void model_suspend_again(const struct model_view *view)
{
    const struct model_claim *claim = model_view_claim(view);
    if (claim == NULL || !claim->is_open || claim->stage == MODEL_DECLINED) {
        return;
    }
    int64_t owed = owes(view, claim->points);
    if (claim->is_suspended) {
        add_leg(view, -owed);
    }
    if (claim->is_suspended && claim->stage != MODEL_ADJUSTED) {
        add_suspense(view, model_view_entry(view)->period, owed);
    }
    if (claim->pending == STEP_ADJUST) {
        add_suspense(view, claim->corrected_in, -claim->points);
    }
}

void model_owe_correction(const struct model_view *view, int sign)
{
    const struct model_claim *claim = model_view_claim(view);
    add_suspense(view, claim->corrected_in, -sign * claim->points);
    add_payable(view, claim->corrected_in, sign * claim->points);
}

/* What waited, and what is paid for it: the payer's correction stands in suspense already. */
void model_settle_dispute(const struct model_view *view, int64_t now)
{
    const struct model_claim claim = *model_view_claim(view);
    int64_t owed = owes(view, claim.points);
    if (claim.is_suspended) {
        add_suspense(view, model_view_entry(view)->period, -owed);
    }
    if (model_payment(&claim) != MODEL_PAYS_NOTHING) {
        if (model_is_payer(view, &claim)) {
            add_suspense(view, claim.corrected_in, claim.points);
        } else {
            add_receivable(view, claim.corrected_in, -claim.points);
        }
    }
    if (claim.outcome == MODEL_UPHELD && view->is_out) {
        settle_shop(view, &claim);
    } else if (claim.outcome == MODEL_UPHELD) {
        settle_home(view, &claim, now);
    }
    if (view->is_out) {
        settle_shop_rows(view, &claim);
    }
}
