#include "node/own_event.h"

#include <string.h>

#include "node/earning.h"
#include "node/node.h"
#include "node/raised.h"
#include "node/requests.h"

bool own_event_is_heard_by(const struct programme_version *version, struct slice name)
{
    const struct rules_text *text = &version->file.rules;
    for (size_t i = 0; version->rules != NULL && i < text->rule_count; i++) {
        if (text->rules[i].on == OCCASION_EVENT && slice_equal(text->rules[i].event, name)) {
            return true;
        }
    }
    return false;
}

bool own_event_is_heard(const struct programme_version *version, const char *name)
{
    return own_event_is_heard_by(version, slice_of(name, strlen(name)));
}

static void fill_case(struct node *node, struct snapshot *snapshot, const struct own_event *event,
                      struct judging_case *judged)
{
    const struct programme_version *version = programmes_at(snapshot->programmes, event->time);
    struct command give = command_now(node, COMMAND_EARN, &event->id);
    give.business_time = event->time;
    give.is_dated = true;
    give.earn.member = event->member;
    enum verdict verdict = earning_terms(node, snapshot, node_now(node), &give);
    ASSERT(verdict == VERDICT_OK); /* it names no currency */
    *judged = (struct judging_case){.snapshot = snapshot,
                                    .version = version,
                                    .occasion = {.kind = OCCASION_EVENT, .event = event->name},
                                    .id = event->id,
                                    .give = give,
                                    .depth = event->depth,
                                    .ends = event->ends};
    judged->occasion.local = judging_local(node, version, event->time);
    judged->said = judging_said(&judged->occasion);
}

static enum err prepare(struct node *node, struct judging_case *judged, struct note *note)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = judging_find_owner(&view, judged);
    if (err == ERR_OK && !judged->has_owner) {
        err = ERR_NOT_FOUND;
    }
    if (err == ERR_OK && judged->owner.kind == OWNER_CARD) {
        memcpy(judged->give.earn.card.digits, judged->owner.id,
               sizeof judged->give.earn.card.digits);
    }
    if (err == ERR_OK) {
        err = judging_try(node, &view, judged, note);
    }
    readers_give(node->readers, reader);
    return err;
}

static enum err outcome_of(const struct outcome *outcomes, size_t count, struct note *note)
{
    enum verdict verdict = judging_outcome(outcomes, count)->verdict;
    if (judging_has_moved(verdict)) {
        return ERR_CONFLICT;
    }
    return verdict == VERDICT_OK ? ERR_OK
                                 : note_set(note, ERR_INPUT, "%s", verdict_describe(verdict)->name);
}

enum err own_event_judge(struct node *node, struct snapshot *snapshot,
                         const struct own_event *event, struct note *note)
{
    struct judging_case judged;
    struct outcome outcomes[JUDGING_COMMANDS];
    if (programmes_at(snapshot->programmes, event->time)->number == 0) {
        return ERR_UNAVAILABLE; /* the ledger doesn't write yet, and keeps it then */
    }
    fill_case(node, snapshot, event, &judged);
    enum err err = prepare(node, &judged, note);
    if (err == ERR_OK) {
        err = engine_execute_batch(node->engine, judged.commands, judged.command_count, true,
                                   outcomes);
    }
    if (err == ERR_OK) {
        err = outcome_of(outcomes, judged.command_count, note);
    }
    if (err == ERR_OK) {
        raiser_tell(node->raiser, &judged);
    }
    judging_fini(&judged);
    return err == ERR_RANGE ? ERR_INPUT : err;
}
