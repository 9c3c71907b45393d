#include "ledger/plan.h"

#include <stdlib.h>

enum {
    STEPS_FIRST = 64
};

void plan_init(struct plan *plan)
{
    *plan = (struct plan){0};
    plan->effects.limit = LIMIT_RECORD_BYTES;
    plan->effects.names = &plan->ids;
    plan->scratch.limit = LIMIT_RECORD_BYTES;
}

void plan_reset(struct plan *plan)
{
    plan->verdict = VERDICT_OK;
    plan->answer = (struct answer){0};
    plan->effect_count = 0;
    id_table_clear(&plan->ids);
    plan->effects.names = &plan->ids;
    plan->has_entries = false;
    buffer_clear(&plan->effects);
    buffer_clear(&plan->scratch);
}

void plan_fini(struct plan *plan)
{
    buffer_fini(&plan->effects);
    buffer_fini(&plan->scratch);
    free(plan->steps);
    *plan = (struct plan){0};
}

static bool steps_grow(struct plan *plan)
{
    uint32_t room = plan->step_room == 0 ? STEPS_FIRST : plan->step_room * 2;
    struct plan_step *steps = realloc(plan->steps, room * sizeof steps[0]);
    if (steps == NULL) {
        return false;
    }
    plan->steps = steps;
    plan->step_room = room;
    return true;
}

/* One more effect; NULL when there is no room for it, and what is written of it is not kept. */
static struct plan_step *plan_step(struct plan *plan, enum effect_kind kind)
{
    if (plan->effect_count == LIMIT_EFFECTS_PER_RECORD ||
        (plan->effect_count == plan->step_room && !steps_grow(plan))) {
        plan->effects.err = ERR_RESOURCE;
        return NULL;
    }
    struct plan_step *step = &plan->steps[plan->effect_count++];
    step->kind = kind;
    return step;
}

/* What was encoded for the effect, in part only, must not be lost with the next clearing. */
static void plan_add(struct plan *plan, const struct effect *effect)
{
    if (plan->scratch.err != ERR_OK && plan->effects.err == ERR_OK) {
        plan->effects.err = plan->scratch.err;
    }
    struct plan_step *step = plan_step(plan, effect->kind);
    if (step != NULL) {
        step->at = plan->effects.length;
        effect_encode(effect, &plan->effects);
    }
}

void plan_post(struct plan *plan, const struct account_ref *debit, const struct account_ref *credit,
               struct points points)
{
    ASSERT(points.minor >= 0);
    struct plan_step *step = points.minor == 0 ? NULL : plan_step(plan, EFFECT_POST);
    if (step != NULL) {
        step->post = (struct effect_post){*debit, *credit, points};
        effect_encode_post(&plan->effects, debit, credit, points);
    }
}

void plan_lot(struct plan *plan, const struct uid *member, const struct lot_key *key,
              int64_t free_delta, int64_t held_delta)
{
    bool is_change = free_delta != 0 || held_delta != 0;
    struct plan_step *step = is_change ? plan_step(plan, EFFECT_LOT) : NULL;
    if (step != NULL) {
        step->lot = (struct effect_lot){*member, *key, free_delta, held_delta};
        effect_encode_lot(&plan->effects, member, key, free_delta, held_delta);
    }
}

void plan_total(struct plan *plan, const struct effect_total *total)
{
    struct effect effect = {.kind = EFFECT_TOTAL, .total = *total};
    plan_add(plan, &effect);
}

void plan_row(struct plan *plan, enum ledger_table table, const struct ledger_key *key,
              struct slice value)
{
    struct effect effect = {
        .kind = EFFECT_ROW,
        .row = {.table = table, .key = slice_of(key->bytes, key->length), .value = value}};
    plan_add(plan, &effect);
}

void plan_delete(struct plan *plan, enum ledger_table table, const struct ledger_key *key)
{
    struct effect effect = {
        .kind = EFFECT_ROW,
        .row = {.table = table, .key = slice_of(key->bytes, key->length), .is_deleted = true}};
    plan_add(plan, &effect);
}

void plan_history(struct plan *plan, const struct uid *member, uint64_t previous_row,
                  bool is_active)
{
    struct plan_step *step = plan_step(plan, EFFECT_HISTORY);
    if (step != NULL) {
        step->history = (struct effect_history){*member, previous_row, is_active};
        effect_encode_history(&plan->effects, member, previous_row, is_active);
    }
}

void plan_mark(struct plan *plan, const struct effect_mark *mark)
{
    struct effect effect = {.kind = EFFECT_MARK, .mark = *mark};
    plan_add(plan, &effect);
}

/* A period's mark ends our half of it. */
static void plan_half(struct plan *plan, const struct partner_id *partner,
                      const struct stream *stream, const struct effect_entry *mark)
{
    struct half half = {.first_number = stream->period_first_number,
                        .last_number = mark->entry.number,
                        .last_hash = mark->hash,
                        .ended_at = mark->entry.business_time};
    struct ledger_key key;
    key_half(STREAM_OUT, partner, mark->entry.period, &key);
    buffer_clear(&plan->scratch);
    half_encode(&half, &plan->scratch);
    plan_row(plan, TABLE_HALF, &key, buffer_slice(&plan->scratch));
}

enum err plan_entry_again(struct plan *plan, const struct partner_id *partner,
                          struct stream *stream, const struct clearing_entry *entry,
                          struct slice bytes)
{
    if (bytes.length == 0 || bytes.length > LIMIT_CLEARING_ENTRY_BYTES) {
        return ERR_INTERNAL;
    }
    struct effect effect = {
        .kind = EFFECT_ENTRY,
        .entry = {.partner = *partner, .entry = *entry, .bytes = bytes, .hash = entry_hash(bytes)}};
    plan_add(plan, &effect);
    if (entry->kind == ENTRY_PERIOD_MARK) {
        plan_half(plan, partner, stream, &effect.entry);
    }
    stream_advance(stream, entry, &effect.entry.hash, bytes.length);
    plan->has_entries = true;
    return ERR_OK;
}

enum err plan_entry(struct plan *plan, const struct ledger_terms *terms,
                    const struct partner_id *partner, struct stream *stream,
                    struct clearing_entry *entry)
{
    entry->number = stream->last_number + 1;
    entry->previous_hash = stream->last_hash;
    entry->period = stream->period;
    if (entry_check(entry, NULL) != ERR_OK) {
        return ERR_INTERNAL; /* the decision made what no partner would take */
    }
    buffer_clear(&plan->scratch);
    TRY(terms->codec.encode(terms->codec.context, entry, &plan->scratch));
    TRY(plan->scratch.err);
    /* The bytes stay until the next use of the scratch. */
    return plan_entry_again(plan, partner, stream, entry, buffer_slice(&plan->scratch));
}
