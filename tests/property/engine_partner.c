#include "engine_partner.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/messages.h"

static enum err send(struct engine_world *w, const struct clearing_entry *entry,
                     const struct partner_id *sender, struct batch_outcome *out_outcome)
{
    struct buffer bytes = {0};
    enum err err = wire_entry_encode(entry, &bytes);
    if (err == ERR_OK) {
        struct slice slice = buffer_slice(&bytes);
        struct batch_entry batch_entry = {*entry, slice, entry_hash(slice)};
        struct incoming_batch batch = {.sender = *sender,
                                       .head = {*sender, w->roster.self, entry->number, 1,
                                                entry->previous_hash, batch_entry.hash},
                                       .entries = &batch_entry,
                                       .count = 1,
                                       .head_signed = slice_of("head", 4),
                                       .charter_epoch = w->roster.epoch};
        engine_take_batch(w->node.engine, &batch, out_outcome);
        buffer_fini(&out_outcome->receipt);
        err = out_outcome->err;
    }
    buffer_fini(&bytes);
    return err;
}

static bool complain_of_batch(struct engine_world *w, const struct batch_outcome *outcome,
                              const struct model_answer *answer)
{
    (void)snprintf(w->complaint, sizeof w->complaint,
                   "a partner's entry: the ledger says %s, %zu refused, the model %s: %.300s",
                   batch_judgement_name(outcome->judgement), outcome->refused,
                   verdict_describe(answer->verdict)->name, outcome->problem.text);
    return false;
}

bool engine_partner_sends(struct engine_world *w, struct command *command, bool is_sent_twice)
{
    struct clearing_entry *entry = &command->take_entry.entry;
    struct batch_outcome outcome = {0};
    struct model_answer answer;
    struct stream stream;
    if (ledger_get_stream(&w->node.view, &w->roster, STREAM_IN, &command->take_entry.sender,
                          &stream) != ERR_OK) {
        (void)snprintf(w->complaint, sizeof w->complaint, "a stream can't be read");
        return false;
    }
    entry->number = stream.last_number + 1;
    entry->previous_hash = stream.last_hash;
    enum err err = send(w, entry, &command->take_entry.sender, &outcome);
    if (err != ERR_OK) {
        w->failures++;
        (void)snprintf(w->complaint, sizeof w->complaint, "a partner's entry failed: %s",
                       err_name(err));
        return w->is_failing;
    }
    model_step(w->model, command, w->now, &answer);
    if (w->is_loud) {
        command_print(command, w->now);
    }
    if (outcome.judgement != BATCH_TAKE ||
        (outcome.refused == 1) != (answer.verdict != VERDICT_OK)) {
        return complain_of_batch(w, &outcome, &answer);
    }
    if (w->statistics != NULL) {
        w->statistics->counts[command->kind][answer.verdict]++;
    }
    if (is_sent_twice && (send(w, entry, &command->take_entry.sender, &outcome) != ERR_OK ||
                          outcome.judgement != BATCH_REPEAT)) {
        return complain_of_batch(w, &outcome, &answer);
    }
    return true;
}
