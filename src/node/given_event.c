#include "node/given_event.h"

#include <string.h>

#include "node/earning.h"
#include "node/node.h"
#include "node/own_event.h"
#include "node/raised.h"
#include "node/requests.h"

static enum err try_case(struct node *node, struct judging_case *judged, struct note *note)
{
    struct state_reader *reader;
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    enum err err = judging_find_owner(&view, judged);
    err = err == ERR_OK ? judging_try(node, &view, judged, note) : err;
    readers_give(node->readers, reader);
    return err;
}

/* Judges until nothing moved meanwhile. */
static enum err run_case(struct node *node, struct judging_case *judged,
                         struct outcome *out_outcome, struct note *note)
{
    struct outcome outcomes[JUDGING_COMMANDS];
    do {
        TRY(try_case(node, judged, note));
        TRY(engine_execute_batch(node->engine, judged->commands, judged->command_count, true,
                                 outcomes));
        outcomes[0] = *judging_outcome(outcomes, judged->command_count);
    } while (judging_has_moved(outcomes[0].verdict) && judged->tried < JUDGING_TRIES);
    *out_outcome = outcomes[0];
    return judging_has_moved(outcomes[0].verdict) ? ERR_UNAVAILABLE : ERR_OK;
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

enum err given_event_record(struct node *node, struct snapshot *snapshot,
                            const struct given_event *event, struct outcome *out_outcome,
                            struct note *note)
{
    struct judging_case judged = {.snapshot = snapshot, .id = event->id};
    struct command *give = &judged.give;
    *give = command_now(node, COMMAND_EARN, &event->id);
    if (event->owner.kind == OWNER_MEMBER) {
        memcpy(give->earn.member.bytes, event->owner.id, sizeof give->earn.member.bytes);
    } else {
        memcpy(give->earn.card.digits, event->owner.id, sizeof give->earn.card.digits);
    }
    judged.version = programmes_at(snapshot->programmes, give->business_time);
    judged.occasion = (struct occasion){.kind = OCCASION_EVENT,
                                        .event = text_of(event->event),
                                        .store = text_of(event->store),
                                        .channel = text_of(event->channel)};
    if (!own_event_is_heard_by(judged.version, judged.occasion.event)) {
        return ERR_NOT_FOUND;
    }
    judged.occasion.local = judging_local(node, judged.version, give->business_time);
    judged.said = judging_said(&judged.occasion);
    if (earning_terms(node, snapshot, node_now(node), give) != VERDICT_OK) {
        return ERR_INTERNAL; /* its currency is the programme's own */
    }
    enum err err = run_case(node, &judged, out_outcome, note);
    if (err == ERR_OK && out_outcome->verdict == VERDICT_OK) {
        raiser_tell(node->raiser, &judged);
    }
    judging_fini(&judged);
    return err;
}
