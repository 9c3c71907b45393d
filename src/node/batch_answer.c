/* A batch to the ledger, and its outcomes as answers. */
#include "node/batch.h"
#include "node/refusal_number.h"

enum err batch_submit(struct batch_room *room, engine_done *done, void *context)
{
    if (room->submitted == 0) {
        struct outcome nothing = {.err = ERR_OK};
        done(context, &nothing);
        return ERR_OK;
    }
    if (room->judged > 0) {
        TRY(batch_submit_judged(room));
        struct outcome outcome = {.err = ERR_OK};
        done(context, &outcome);
        return ERR_OK;
    }
    return engine_submit_batch(room->node->engine, room->commands, room->submitted, room->is_linked,
                               room->outcomes, done, context);
}

static void fill_codes(const struct judged_codes *codes, Talea__V1__BatchAnswer *out)
{
    out->codes = codes->at;
    out->n_codes = codes->count;
}

static void fill_answer(const struct outcome *outcome, enum command_kind kind,
                        Talea__V1__BatchAnswer *out)
{
    const struct answer *answer = &outcome->answer;
    out->refusal = refusal_number(outcome->verdict);
    out->journal_row = answer->row;
    out->is_repeat = outcome->is_repeat;
    if (outcome->verdict != VERDICT_OK) {
        return;
    }
    out->points = answer->points.minor;
    out->left_points = answer->left.minor;
    out->debt_points = answer->debt.minor;
    out->written_off_points = answer->written_off.minor;
    if (kind == COMMAND_HOLD) {
        out->capture_by_unix_ms = answer->capture_by.ms;
        out->deliver_by_unix_ms = answer->deliver_by.ms;
    }
}

static void fill_found(const struct batch_room *room, size_t place, Talea__V1__BatchAnswer *out)
{
    const struct uid *alert = &room->alerts[place];
    if (room->messages[place] != NULL) {
        out->message = room->messages[place];
    }
    if (!uid_is_nil(alert)) {
        out->alert_id.data = (uint8_t *)(uintptr_t)alert->bytes;
        out->alert_id.len = sizeof alert->bytes;
    }
}

Talea__V1__BatchAnswer **batch_answer(struct batch_room *room)
{
    for (size_t i = 0; i < room->count; i++) {
        talea__v1__batch_answer__init(&room->answers[i]);
        room->answers[i].refusal = (Talea__V1__Refusal)room->refusals[i];
        room->answer_list[i] = &room->answers[i];
    }
    for (size_t i = 0; room->is_watched && i < room->count; i++) {
        fill_found(room, i, &room->answers[i]);
    }
    for (size_t i = 0; i < room->submitted; i++) {
        if (room->refusals[room->places[i]] == 0) { /* else the programme refused it */
            fill_answer(&room->outcomes[i], room->commands[i].kind,
                        &room->answers[room->places[i]]);
            fill_codes(&room->codes[i], &room->answers[room->places[i]]);
        }
    }
    return room->answer_list;
}
