/* Stand-in: mandates that homes gave and partners took, what either side counts of them, and who
 * bears what was burned while the home was silent. */
#include <stdlib.h>

#include "model.h"

#define LOTS_OF_A_HOLD 64u

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct model_mandate *model_mandate(struct model *model, unsigned home, unsigned redeemer,
                                    const struct uid *id)
{
    struct model_mandates *line = &model->mandates[home][redeemer];
    for (size_t i = line->count; i > 0; i--) {
        if (uid_equal(&line->list[i - 1].id, id)) {
            return &line->list[i - 1];
        }
    }
    return NULL;
}

/* As far as the redeemer knows, or the home. NULL: there is none. */
static const struct model_mandate *newest(const struct model_mandates *line, bool is_redeemer)
{
    for (size_t i = line->count; i > 0; i--) {
        const struct model_mandate *mandate = &line->list[i - 1];
        if (is_redeemer ? mandate->is_taken : mandate->is_given) {
            return mandate;
        }
    }
    return NULL;
}

bool model_mandate_is_due(const struct model *model, unsigned home, unsigned redeemer,
                          int64_t clock, int64_t *out_from)
{
    const struct model_mandate *last = newest(&model->mandates[home][redeemer], false);
    *out_from = clock;
    if (last == NULL || last->until < clock) {
        return true;
    }
    *out_from = last->until;
    return last->from <= clock && (last->until - clock) * 2 <= last->until - last->from;
}

/* Neither over nor a day ahead, and behind those that there are. */
static enum verdict add(struct model_mandates *line, const struct mandate *said, bool is_redeemer,
                        int64_t now)
{
    const struct model_mandate *last = newest(line, is_redeemer);
    if (said->valid_until.ms <= now || said->valid_from.ms - now > DAY_MS) {
        return VERDICT_MANDATE_INVALID;
    }
    if (last != NULL && (said->valid_from.ms < last->until || last->from > now)) {
        return VERDICT_MANDATE_EXISTS;
    }
    return VERDICT_OK;
}

enum verdict model_give_mandate(struct model *model, struct model_op *m, int64_t now)
{
    const struct mandate *said = &m->op->command.mandate.mandate;
    struct model_mandates *line = &model->mandates[m->op->home][m->op->to];
    enum verdict verdict = model_may_begin(model, m->op->home, (unsigned)m->op->to);
    if (verdict == VERDICT_OK) {
        verdict = add(line, said, false, now);
    }
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    line->list = realloc(line->list, (line->count + 1) * sizeof *line->list);
    ASSERT(line->list != NULL);
    line->list[line->count++] = (struct model_mandate){.id = said->id,
                                                       .floor = said->floor.minor,
                                                       .cap = said->daily_cap.minor,
                                                       .from = said->valid_from.ms,
                                                       .until = said->valid_until.ms,
                                                       .is_given = true};
    return VERDICT_OK;
}

enum verdict model_take_mandate(struct model *model, struct model_op *m, int64_t now)
{
    const struct mandate *said = &m->op->command.mandate.mandate;
    struct model_mandate *mandate = model_mandate(model, m->op->home, m->op->shop, &said->id);
    enum verdict verdict = model_may_begin(model, m->op->shop, m->op->home);
    if (verdict == VERDICT_OK) {
        verdict = add(&model->mandates[m->op->home][m->op->shop], said, true, now);
    }
    mandate->is_taken = verdict == VERDICT_OK;
    return verdict;
}

static bool covers(const struct model_mandate *mandate, int64_t time)
{
    return mandate->from <= time && time <= mandate->until;
}

/* ---- At the redeemer ---- */

bool model_would_stand_in(const struct model *model, const struct sim_op *op, int64_t clock)
{
    const struct model_mandates *line = &model->mandates[op->home][op->shop];
    unsigned looked_at = 0;
    for (size_t i = line->count; i > 0 && looked_at < 2; i--) { /* the two newest that it has */
        const struct model_mandate *mandate = &line->list[i - 1];
        looked_at += mandate->is_taken;
        if (mandate->is_taken && covers(mandate, clock)) {
            return op->points <= mandate->floor && mandate->taken_used + op->points <= mandate->cap;
        }
    }
    return false;
}

static enum verdict stand_in(struct model *model, struct model_op *m, int64_t now)
{
    const struct sim_op *op = m->op;
    struct model_mandate *mandate =
        model_mandate(model, op->home, op->shop, &op->command.hold.mandate);
    if (model->members[op->member].is_blocked_at[op->shop]) {
        return VERDICT_CARD_BLOCKED;
    }
    if (model->members[op->member].is_moved_at[op->shop]) {
        return VERDICT_CARD_MOVED;
    }
    if (model->streams[op->shop][op->home].is_frozen_out) {
        return VERDICT_STREAM_FROZEN;
    }
    if (mandate == NULL || !mandate->is_taken) {
        return VERDICT_MANDATE_UNKNOWN;
    }
    if (!covers(mandate, now)) {
        return VERDICT_MANDATE_EXPIRED;
    }
    if (op->points > mandate->floor) {
        return VERDICT_MANDATE_FLOOR_EXCEEDED;
    }
    if (mandate->taken_used + op->points > mandate->cap) {
        return VERDICT_MANDATE_CAP_EXCEEDED;
    }
    mandate->taken_used += op->points;
    mandate->taken_burns++;
    m->hold = (struct model_hold){.state = MODEL_OPEN,
                                  .granted = op->points,
                                  .capture_by = least(op->capture_by, mandate->until),
                                  .deliver_by = op->deliver_by,
                                  .mandate = mandate->id};
    m->points = op->points;
    return VERDICT_OK;
}

enum verdict model_without_home(struct model *model, struct model_op *m, int64_t now)
{
    const struct sim_op *op = m->op;
    if (op->way == SIM_WAY_STANDS_IN) {
        return stand_in(model, m, now);
    }
    enum verdict verdict = model_may_clear(model, op, false);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    model_send_entry(model, m, ENTRY_VOID, 0);
    m->hold =
        (struct model_hold){.state = MODEL_VOIDED, .granted = op->points, .voided = op->points};
    return VERDICT_OK;
}

enum verdict model_check_mandate(struct model *model, const struct sim_op *op,
                                 const struct model_hold *hold)
{
    if (uid_is_nil(&hold->mandate)) {
        return VERDICT_OK;
    }
    const struct model_mandate *mandate = model_mandate(model, op->home, op->shop, &hold->mandate);
    return covers(mandate, op->business_ms) ? VERDICT_OK : VERDICT_MANDATE_EXPIRED;
}

void model_release_mandate(struct model *model, const struct sim_op *op,
                           const struct model_hold *hold)
{
    if (!uid_is_nil(&hold->mandate)) {
        model_mandate(model, op->home, op->shop, &hold->mandate)->taken_used -= model_left(hold);
    }
}

/* ---- At the home ---- */

bool model_may_stand_in(const struct model_hold *hold)
{
    return hold->state == MODEL_EXPIRED ||
           (hold->state == MODEL_CAPTURED && !uid_is_nil(&hold->mandate));
}

void model_note_part(struct model_hold *hold, const struct model_lot *terms, int64_t points)
{
    for (size_t i = 0; i < hold->part_count; i++) {
        if (model_same_terms(&hold->parts[i].lot, terms)) {
            hold->parts[i].captured += points;
            return;
        }
    }
    if (hold->part_count == LOTS_OF_A_HOLD) { /* those of one issuer are one */
        for (size_t i = 0; i < hold->part_count; i++) {
            if (hold->parts[i].lot.issuer == terms->issuer) {
                hold->parts[i].captured += points;
                return;
            }
        }
        hold->unbacked += points;
        return;
    }
    hold->parts = realloc(hold->parts, (hold->part_count + 1) * sizeof *hold->parts);
    ASSERT(hold->parts != NULL);
    hold->parts[hold->part_count++] = (struct model_part){*terms, 0, points};
}

/* What there is, then a debt without a limit. */
static void take_from(struct model *model, struct model_member *member, struct model_hold *hold,
                      int64_t points)
{
    struct model_lot terms;
    for (int64_t part; (part = model_take_next(member, points, &terms)) > 0;) {
        model_note_part(hold, &terms, part);
        points -= part;
    }
    if (member->has_moved) { /* who owes nothing here any more */
        hold->lost += points;
        model->books[member->home].adjustment += points;
        return;
    }
    member->debt += points;
    hold->unbacked += points;
}

enum verdict model_judge_stand_in(struct model *model, const struct model_entry *entry,
                                  const struct sim_op *op)
{
    const struct model_op *subject = model_op_of(model, op->subject);
    const struct model_mandate *mandate =
        model_mandate(model, op->home, op->shop, &subject->hold.mandate);
    if (mandate == NULL || !mandate->is_given) {
        return VERDICT_MANDATE_UNKNOWN;
    }
    if (!covers(mandate, entry->business_ms)) {
        return VERDICT_MANDATE_EXPIRED;
    }
    if (subject->home_hold.captured + entry->points > mandate->floor) {
        return VERDICT_MANDATE_FLOOR_EXCEEDED;
    }
    return mandate->given_used + entry->points > mandate->cap ? VERDICT_MANDATE_CAP_EXCEEDED
                                                              : VERDICT_OK;
}

enum verdict model_stand_in_capture(struct model *model, const struct model_entry *entry,
                                    const struct sim_op *op, int64_t now)
{
    struct model_op *subject = model_op_of(model, op->subject);
    struct model_hold *held = &subject->home_hold;
    struct model_member *member = &model->members[op->member];
    enum verdict verdict = model_judge_stand_in(model, entry, op);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    struct model_mandate *mandate =
        model_mandate(model, op->home, op->shop, &subject->hold.mandate);
    if (held->state == MODEL_NONE) {
        held->has_nobody = member->is_blocked || !member->is_enrolled;
    }
    if (held->has_nobody) {
        held->lost += entry->points;
        model->books[op->home].adjustment += entry->points;
    } else {
        model_settle(model, member, now);
        take_from(model, member, held, entry->points);
    }
    model->books[op->home].payable[op->shop][entry->period] += entry->points;
    mandate->given_used += entry->points;
    mandate->given_burns += uid_is_nil(&held->mandate) ? 1 : 0;
    held->mandate = mandate->id;
    held->state = MODEL_CAPTURED;
    held->granted += entry->points;
    held->captured += entry->points;
    return VERDICT_OK;
}

bool model_is_honoured(struct model *model, const struct model_entry *entry)
{
    const struct sim_op *op = model->ops[entry->op]->op;
    if (entry->kind != ENTRY_CAPTURE || entry->verdict == VERDICT_OK) {
        return true;
    }
    const struct uid *id = &model_op_of(model, op->subject)->hold.mandate;
    bool came_late = entry->verdict == VERDICT_PARTNER_LEFT; /* behind the last period */
    return uid_is_nil(id) || came_late ||
           (entry->verdict == VERDICT_MANDATE_CAP_EXCEEDED &&
            model_mandate(model, op->home, op->shop, id)->is_miscounted);
}
