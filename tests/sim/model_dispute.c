/* The steps of disputes, at either side. */
#include "model_dispute.h"

#define RETRY_MS (60 * 60 * 1000)

static bool has_ended(const struct model_claim *claim)
{
    return claim->stage == MODEL_ACCEPTED || claim->stage == MODEL_RULED;
}

/* ---- The order of the steps ---- */

static enum model_ruling ruling_of(enum dispute_step step)
{
    switch ((int)step) {
    case STEP_RULE_UPHELD:
    case STEP_CONFIRM_UPHELD:
    case STEP_MACHINE_UPHELD:
        return MODEL_UPHELD;
    case STEP_RULE_DISMISSED:
    case STEP_CONFIRM_DISMISSED:
    case STEP_MACHINE_DISMISSED:
        return MODEL_DISMISSED;
    default:
        return MODEL_UNDECIDED;
    }
}

/* An office's ruling alone decides nothing. */
static bool is_opinion(enum dispute_step step)
{
    return step == STEP_RULE_UPHELD || step == STEP_RULE_DISMISSED;
}

static enum model_ruling outcome_of(enum dispute_step step)
{
    if (step == STEP_ACCEPT || step == STEP_ACCEPT_SILENT) {
        return MODEL_UPHELD;
    }
    if (step == STEP_CONCEDE || step == STEP_CONCEDE_SILENT) {
        return MODEL_DISMISSED;
    }
    return is_opinion(step) ? MODEL_UNDECIDED : ruling_of(step);
}

static const struct {
    enum model_stage from;
    enum dispute_step step;
    bool by_opener;
    bool by_answerer;
    enum model_stage to;
} course[] = {
    {MODEL_OPENED, STEP_ANSWER, false, true, MODEL_ANSWERED},
    {MODEL_OPENED, STEP_ACCEPT, false, true, MODEL_ACCEPTED},
    {MODEL_OPENED, STEP_ACCEPT_SILENT, false, true, MODEL_ACCEPTED},
    {MODEL_OPENED, STEP_REJECT, false, true, MODEL_REJECTED},
    {MODEL_OPENED, STEP_MACHINE_UPHELD, false, true, MODEL_RULED},
    {MODEL_OPENED, STEP_MACHINE_DISMISSED, false, true, MODEL_RULED},
    {MODEL_ANSWERED, STEP_ACCEPT, false, true, MODEL_ACCEPTED},
    {MODEL_ANSWERED, STEP_ACCEPT_SILENT, false, true, MODEL_ACCEPTED},
    {MODEL_ANSWERED, STEP_REJECT, false, true, MODEL_REJECTED},
    {MODEL_REJECTED, STEP_ESCALATE, true, false, MODEL_ESCALATED},
    {MODEL_REJECTED, STEP_CONCEDE, true, false, MODEL_RULED},
    {MODEL_REJECTED, STEP_CONCEDE_SILENT, true, false, MODEL_RULED},
    {MODEL_ESCALATED, STEP_RULE_UPHELD, true, true, MODEL_ESCALATED},
    {MODEL_ESCALATED, STEP_RULE_DISMISSED, true, true, MODEL_ESCALATED},
    {MODEL_ESCALATED, STEP_CONFIRM_UPHELD, true, true, MODEL_RULED},
    {MODEL_ESCALATED, STEP_CONFIRM_DISMISSED, true, true, MODEL_RULED},
    {MODEL_ACCEPTED, STEP_ADJUST, true, true, MODEL_ADJUSTED},
    {MODEL_RULED, STEP_ADJUST, true, true, MODEL_ADJUSTED},
};

/* MODEL_DECLINED: that side can't take the step there. */
static enum model_stage after(enum model_stage stage, bool by_opener, enum dispute_step step)
{
    for (size_t i = 0; i < sizeof course / sizeof course[0]; i++) {
        bool may = by_opener ? course[i].by_opener : course[i].by_answerer;
        if (course[i].from == stage && course[i].step == step && may) {
            return course[i].to;
        }
    }
    return MODEL_DECLINED;
}

static int64_t next_due(const struct model_view *view, const struct model_claim *claim, int64_t now)
{
    if (has_ended(claim)) {
        bool is_ours = model_payment(claim) == MODEL_PAYS_NOTHING || model_is_payer(view, claim);
        return is_ours ? now : 0;
    }
    if (claim->stage == MODEL_OPENED || claim->stage == MODEL_ANSWERED) {
        return claim->is_opener ? 0 : now + view->model->answer_ms;
    }
    return claim->stage == MODEL_REJECTED && claim->is_opener ? now + view->model->escalate_ms : 0;
}

static void move(const struct model_view *view, struct model_claim *claim, bool by_opener,
                 enum dispute_step step, int64_t now)
{
    enum model_ruling ruling = ruling_of(step);
    if (ruling != MODEL_UNDECIDED) {
        *(by_opener == claim->is_opener ? &claim->own : &claim->others) = ruling;
    }
    claim->stage = after(claim->stage, by_opener, step);
    if (claim->outcome == MODEL_UNDECIDED) {
        claim->outcome = outcome_of(step);
    }
    claim->due = next_due(view, claim, now);
}

/* ---- What this side says ---- */

static enum entry_kind kind_of(const struct model_view *view, enum dispute_step step)
{
    enum entry_kind disputed = model_view_entry(view)->kind;
    switch ((int)step) {
    case STEP_OPEN:
        return ENTRY_DISPUTE_OPENED;
    case STEP_ESCALATE:
    case STEP_CONCEDE:
    case STEP_CONCEDE_SILENT:
        return ENTRY_DISPUTE_ESCALATED;
    case STEP_ADJUST:
        return disputed == ENTRY_CAPTURE || disputed == ENTRY_BURN_RETURN ? ENTRY_BURN_ADJUSTMENT
                                                                          : ENTRY_ADJUSTMENT;
    default:
        return ruling_of(step) == MODEL_UNDECIDED ? ENTRY_DISPUTE_ANSWERED : ENTRY_DISPUTE_RULED;
    }
}

static void say(const struct model_view *view, enum dispute_step step, int64_t now)
{
    struct sim_op op = *view->model->ops[model_view_dispute(view)->op]->op;
    struct model_op sender = {.op = &op};
    bool has_points = step == STEP_OPEN || step == STEP_ADJUST;
    int64_t points = has_points ? model_view_claim(view)->points : 0;
    enum entry_kind kind = kind_of(view, step);
    op.shop = view->node;
    op.home = view->partner;
    op.member = model_view_entry(view)->member;
    op.business_ms = now;
    struct model_entry *entry = model_send_entry(view->model, &sender, kind, points);
    entry->disputed = view->number;
    entry->is_of_sender = view->is_out;
    entry->step = step;
}

/* It counts when the other side has taken it. */
static void await(struct model_claim *claim, enum dispute_step step)
{
    if (ruling_of(step) != MODEL_UNDECIDED) {
        claim->own = ruling_of(step);
    }
    claim->pending = step;
}

static void tell(const struct model_view *view, enum dispute_step step, int64_t now)
{
    struct model_claim *claim = model_view_claim(view);
    say(view, step, now);
    if (is_opinion(step)) {
        move(view, claim, claim->is_opener, step, now);
    } else {
        await(claim, step);
    }
}

static void move_pending(const struct model_view *view, int64_t now)
{
    struct model_claim *claim = model_view_claim(view);
    enum dispute_step step = claim->pending;
    claim->pending = (enum dispute_step)0;
    move(view, claim, claim->is_opener, step, now);
}

/* ---- Opening ---- */

static bool is_trade(enum entry_kind kind)
{
    return kind == ENTRY_EARN || kind == ENTRY_EARN_RETURN || kind == ENTRY_CAPTURE ||
           kind == ENTRY_BURN_RETURN;
}

static enum verdict may_open(const struct model_view *view, bool is_opener, int64_t points,
                             bool *out_was_applied, int64_t *out_points)
{
    const struct model_stream *stream = model_view_stream(view);
    const struct model_claim *claim = model_view_claim(view);
    size_t last = view->is_out ? stream->receipted : stream->taken;
    if (claim != NULL && claim->is_open && claim->stage != MODEL_DECLINED) {
        return VERDICT_DISPUTE_EXISTS;
    }
    if (view->number == 0 || view->number > last) {
        return VERDICT_ENTRY_UNKNOWN;
    }
    const struct model_entry *entry = model_view_entry(view);
    *out_was_applied =
        view->is_out ? claim == NULL || claim->was_applied : entry->verdict == VERDICT_OK;
    *out_points = points == 0 ? entry->points : points;
    /* The receiver disputes what was applied, the sender what was refused. */
    bool is_receivers = *out_was_applied;
    if (!is_trade(entry->kind) || is_receivers != (is_opener != view->is_out)) {
        return VERDICT_NOT_DISPUTABLE;
    }
    if (*out_points > entry->points) {
        return VERDICT_CLAIM_TOO_LARGE;
    }
    return *out_was_applied && *out_points > model_left_of(view) ? VERDICT_RETURN_EXCEEDS_SALE
                                                                 : VERDICT_OK;
}

static void begin(const struct model_view *view, bool is_opener, bool was_applied, int64_t points,
                  unsigned opened_in, int64_t now)
{
    struct model_claim *claim = model_view_make_claim(view);
    *claim = (struct model_claim){.is_known = true,
                                  .is_open = true,
                                  .is_opener = is_opener,
                                  .was_applied = was_applied,
                                  .is_suspended =
                                      was_applied && opened_in <= model_view_entry(view)->period,
                                  .stage = MODEL_OPENED,
                                  .points = points};
    claim->due = next_due(view, claim, now);
    model_suspend(view, 1);
}

static struct model_view view_of_op(struct model *model, const struct sim_op *op)
{
    return (struct model_view){model, op->shop, op->home, op->is_sent, (size_t)op->disputed};
}

/* Why nothing more goes to the partner; OK when it does. Such entries need no room in the outbox.
 */
static enum verdict may_say(const struct model *model, unsigned node, unsigned partner)
{
    if (model_may_send(model, node, partner)) {
        return VERDICT_OK;
    }
    return model->streams[node][partner].is_frozen_out ? VERDICT_STREAM_FROZEN
                                                       : VERDICT_PARTNER_LEFT;
}

enum verdict model_open_dispute(struct model *model, struct model_op *m, int64_t now)
{
    struct model_view view = view_of_op(model, m->op);
    bool was_applied;
    int64_t points;
    if (!model->rosters[view.node].is_known[view.partner]) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    enum verdict verdict = may_open(&view, true, m->op->points, &was_applied, &points);
    if (verdict == VERDICT_OK) {
        verdict = may_say(model, view.node, view.partner);
    }
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    begin(&view, true, was_applied, points, model->streams[view.node][view.partner].period, now);
    model_view_dispute(&view)->op = m->op->index;
    say(&view, STEP_OPEN, now);
    m->points = points;
    model->disputed++;
    return VERDICT_OK;
}

/* ---- Our office's steps ---- */

static enum dispute_step binding(enum model_ruling ruling)
{
    return ruling == MODEL_UPHELD ? STEP_CONFIRM_UPHELD : STEP_CONFIRM_DISMISSED;
}

enum verdict model_step_dispute(struct model *model, struct model_op *m, int64_t now)
{
    struct model_view view = view_of_op(model, m->op);
    struct model_claim *claim = model_view_claim(&view);
    enum model_ruling ruling = ruling_of(m->op->step);
    if (!model->rosters[view.node].is_known[view.partner]) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    if (claim == NULL || !claim->is_open) {
        return VERDICT_DISPUTE_UNKNOWN;
    }
    if (claim->pending != 0) {
        return VERDICT_STEP_UNDER_WAY;
    }
    bool agrees = ruling != MODEL_UNDECIDED && claim->others == ruling;
    enum dispute_step step = agrees ? binding(ruling) : m->op->step;
    if (after(claim->stage, claim->is_opener, step) == MODEL_DECLINED) {
        return VERDICT_DISPUTE_STATE;
    }
    if (!has_ended(claim) && claim->due != 0 && claim->due <= now) {
        return VERDICT_DISPUTE_LATE;
    }
    enum verdict verdict = may_say(model, view.node, view.partner);
    if (verdict == VERDICT_OK) {
        tell(&view, step, now);
        m->points = claim->points;
    }
    return verdict;
}

/* ---- What the partner says ---- */

static enum verdict take_opening(const struct model_view *view, const struct model_entry *entry,
                                 int64_t now)
{
    bool was_applied;
    int64_t points;
    enum verdict verdict = may_open(view, false, entry->points, &was_applied, &points);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    begin(view, false, was_applied, points, entry->period, now);
    enum model_ruling ruling = model_machine(view, was_applied);
    if (ruling != MODEL_UNDECIDED && model_may_send(view->model, view->node, view->partner)) {
        enum dispute_step step =
            ruling == MODEL_UPHELD ? STEP_MACHINE_UPHELD : STEP_MACHINE_DISMISSED;
        say(view, step, now);
        await(model_view_claim(view), step);
    }
    return VERDICT_OK;
}

/* What it says may show that it took our step, whose receipt is not here yet. */
static bool shows_receipt(const struct model_claim *claim, enum dispute_step said)
{
    enum model_stage then = after(claim->stage, claim->is_opener, claim->pending);
    return claim->pending != 0 && after(claim->stage, !claim->is_opener, said) == MODEL_DECLINED &&
           then != MODEL_DECLINED && after(then, !claim->is_opener, said) != MODEL_DECLINED;
}

/* Both offices' rulings, or both machines', unless it is in our favour. */
static bool is_agreed(const struct model_view *view, const struct model_claim *claim,
                      enum dispute_step step)
{
    if (is_opinion(step) || ruling_of(step) == MODEL_UNDECIDED || step == STEP_MACHINE_UPHELD) {
        return true;
    }
    enum model_ruling own =
        step == STEP_MACHINE_DISMISSED ? model_machine(view, claim->was_applied) : claim->own;
    return own == ruling_of(step);
}

static void confirm(const struct model_view *view, int64_t now)
{
    struct model_claim *claim = model_view_claim(view);
    bool is_meant = claim->stage == MODEL_ESCALATED && claim->own != MODEL_UNDECIDED &&
                    claim->own == claim->others && claim->pending == 0;
    if (is_meant && model_may_send(view->model, view->node, view->partner)) {
        enum dispute_step step = binding(claim->own);
        say(view, step, now);
        await(claim, step);
    } else if (is_meant) {
        claim->due = now + RETRY_MS;
    }
}

static enum verdict take_next(const struct model_view *view, enum dispute_step step, int64_t now)
{
    struct model_claim *claim = model_view_claim(view);
    if (claim == NULL || !claim->is_open) {
        return VERDICT_DISPUTE_UNKNOWN;
    }
    const struct model_claim before = *claim;
    if (shows_receipt(claim, step)) {
        move_pending(view, now);
    }
    enum verdict verdict = VERDICT_OK;
    if (after(claim->stage, !claim->is_opener, step) == MODEL_DECLINED) {
        verdict = VERDICT_DISPUTE_STATE;
    } else if (!is_agreed(view, claim, step)) {
        verdict = VERDICT_RULING_DIFFERS;
    }
    if (verdict != VERDICT_OK) {
        *claim = before;
        return verdict;
    }
    move(view, claim, !claim->is_opener, step, now);
    if (has_ended(claim)) {
        claim->pending = (enum dispute_step)0;
    }
    confirm(view, now);
    return VERDICT_OK;
}

static enum verdict take_correction(const struct model_view *view, const struct model_entry *entry,
                                    int64_t now)
{
    struct model_claim *claim = model_view_claim(view);
    if (claim == NULL || !claim->is_open) {
        return VERDICT_NOT_AGREED;
    }
    const struct model_claim before = *claim;
    if (shows_receipt(claim, STEP_ADJUST)) {
        move_pending(view, now);
    }
    bool is_awaited = has_ended(claim) && model_payment(claim) != MODEL_PAYS_NOTHING &&
                      !model_is_payer(view, claim) && entry->points == claim->points;
    if (!is_awaited) {
        *claim = before;
        return VERDICT_NOT_AGREED;
    }
    claim->corrected_in = entry->period;
    model_settle_dispute(view, now);
    claim = model_view_claim(view);
    move(view, claim, !claim->is_opener, STEP_ADJUST, now);
    return VERDICT_OK;
}

enum verdict model_take_step(struct model *model, const struct model_entry *entry, unsigned sender,
                             unsigned receiver, int64_t now)
{
    struct model_view view = {model, receiver, sender, !entry->is_of_sender, entry->disputed};
    const struct model_entry said = *entry; /* what is answered may move the streams */
    if (said.step == STEP_OPEN) {
        return take_opening(&view, &said, now);
    }
    return said.step == STEP_ADJUST ? take_correction(&view, &said, now)
                                    : take_next(&view, said.step, now);
}

/* ---- What the partner made of what we said ---- */

static void correction_receipted(const struct model_view *view, bool is_taken, int64_t now)
{
    struct model_claim *claim = model_view_claim(view);
    claim->pending = (enum dispute_step)0;
    if (is_taken) {
        model_settle_dispute(view, now);
        claim = model_view_claim(view);
        move(view, claim, claim->is_opener, STEP_ADJUST, now);
        return;
    }
    model_owe_correction(view, -1);
    claim->due = now + RETRY_MS;
}

void model_step_receipted(struct model *model, const struct model_entry *entry, unsigned sender,
                          unsigned receiver, int64_t now)
{
    struct model_view view = {model, sender, receiver, entry->is_of_sender, entry->disputed};
    struct model_claim *claim = model_view_claim(&view);
    bool is_taken = entry->verdict == VERDICT_OK;
    if (claim == NULL) {
        return;
    }
    if (entry->step == STEP_OPEN && !is_taken) {
        model_suspend(&view, -1);
        claim->stage = MODEL_DECLINED;
        claim->due = 0;
    } else if (is_opinion(entry->step) && !is_taken) {
        claim->own = MODEL_UNDECIDED;
    } else if (entry->step != claim->pending || is_opinion(entry->step)) {
        return; /* an opening that was taken, or known by what the partner said since */
    } else if (entry->step == STEP_ADJUST) {
        correction_receipted(&view, is_taken, now);
    } else if (is_taken) {
        move_pending(&view, now);
    } else {
        claim->own = claim->stage == MODEL_OPENED ? MODEL_UNDECIDED : claim->own;
        claim->pending = (enum dispute_step)0;
    }
}

void model_refusal_receipted(struct model *model, size_t number, unsigned sender, unsigned receiver)
{
    struct model_view view = {model, sender, receiver, true, number};
    const struct model_entry *entry = model_view_entry(&view);
    if (is_trade(entry->kind) && entry->verdict != VERDICT_CARD_MOVED) {
        model_view_make_claim(&view)->is_known = true;
    }
}

/* ---- What happens by itself ---- */

/* In the order in which a ledger has them: by time, partner, direction and number. */
static bool is_before(const struct model_dispute *a, bool a_is_out, const struct model_dispute *b,
                      bool b_is_out)
{
    int64_t first = a->sides[a_is_out ? 0 : 1].due;
    int64_t second = b->sides[b_is_out ? 0 : 1].due;
    unsigned partner = a_is_out ? a->receiver : a->sender;
    unsigned other = b_is_out ? b->receiver : b->sender;
    if (first != second) {
        return first < second;
    }
    if (partner != other) {
        return partner < other;
    }
    return a_is_out != b_is_out ? a_is_out : a->number < b->number;
}

struct model_dispute *model_first_dispute(const struct model *model, unsigned node, int64_t until,
                                          bool *out_is_sender)
{
    struct model_dispute *first = NULL;
    for (size_t i = 0; i < model->dispute_count; i++) {
        struct model_dispute *dispute = model->disputes[i];
        bool is_sender = dispute->sender == node;
        int64_t due = dispute->sides[is_sender ? 0 : 1].due;
        bool is_due = due != 0 && due <= until && (is_sender || dispute->receiver == node) &&
                      model_dispute_is_there(model, dispute);
        if (is_due && (first == NULL || is_before(dispute, is_sender, first, *out_is_sender))) {
            first = dispute;
            *out_is_sender = is_sender;
        }
    }
    return first;
}

static void finish(const struct model_view *view, int64_t now)
{
    struct model_claim *claim = model_view_claim(view);
    if (model_payment(claim) == MODEL_PAYS_NOTHING) {
        model_settle_dispute(view, now);
        claim = model_view_claim(view);
        move(view, claim, claim->is_opener, STEP_ADJUST, now);
    } else if (!model_may_send(view->model, view->node, view->partner)) {
        claim->due = now + RETRY_MS;
    } else {
        claim->corrected_in = view->model->streams[view->node][view->partner].period;
        claim->due = 0;
        model_owe_correction(view, 1);
        tell(view, STEP_ADJUST, now);
    }
}

void model_dispute_falls_due(struct model *model, struct model_dispute *dispute, bool is_sender,
                             int64_t now)
{
    struct model_view view = model_view_of(model, dispute, is_sender);
    struct model_claim *claim = model_view_claim(&view);
    if (has_ended(claim)) {
        finish(&view, now);
        return;
    }
    if (claim->stage == MODEL_ESCALATED) {
        claim->due = 0;
        confirm(&view, now);
        return;
    }
    claim->due = now + RETRY_MS;
    if (claim->pending == 0 && model_may_send(model, view.node, view.partner)) {
        model->silences++;
        tell(&view, claim->stage == MODEL_REJECTED ? STEP_CONCEDE_SILENT : STEP_ACCEPT_SILENT, now);
    }
}
