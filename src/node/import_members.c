/* Many members at once: enrolled in groups, one answer for each, in order. */
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "node/import_refusal.h"
#include "node/in_flight.h"
#include "node/node.h"
#include "node/personal.h"
#include "node/requests.h"
#include "node/services.h"
#include "talea/v1/back_office.pb-c.h"

struct enrolment {
    struct in_flight *in_flight;
    struct uid transaction;
    struct import_refusal refusal; /* before the command was submitted */
    uint8_t reference_tag[PERSONAL_TAG_SIZE];
    uint8_t sealed[LIMIT_SEALED_PROFILE_BYTES];
    size_t sealed_length;
    struct outcome outcome;
};

/* One call. */
struct import {
    struct node *node;
    struct rpc_stream *stream;
    struct state_reader *reader;
    struct in_flight in_flight;
    struct note note; /* why the call ends */
    size_t count;
    struct enrolment group[LIMIT_IMPORT_GROUP_MEMBERS];
};

/* On the writer's thread. */
static void enrolled(void *context, const struct outcome *outcome)
{
    struct enrolment *enrolment = context;
    enrolment->outcome = *outcome;
    in_flight_end(enrolment->in_flight);
}

/* Which of the fields that enrolments share is wrong is said in the refusal. */
static bool read_wishes(const struct import *import, const Talea__V1__ImportMembersRequest *request,
                        struct import_refusal *refusal, struct personal *personal)
{
    enum notify_language language = NOTIFY_LANGUAGE_NONE;
    uint8_t agreed = 0;
    if (request->language[0] != '\0' &&
        notify_language_parse(request->language, &language) != ERR_OK) {
        return import_refuse(refusal, "INVALID_LANGUAGE", "language is none of en, ru, kk.");
    }
    for (size_t i = 0; i < request->n_consents; i++) {
        unsigned channel = (unsigned)request->consents[i]->channel - 1;
        if (channel >= NOTIFY_CHANNEL_END) {
            return import_refuse(refusal, "INVALID_CHANNEL",
                                 "A consent names none of the channels.");
        }
        agreed |= request->consents[i]->is_given ? (uint8_t)(1u << channel) : 0;
    }
    if (birthday_parse(request->birthday, &personal->birthday) != ERR_OK) {
        return import_refuse(refusal, "INVALID_BIRTHDAY",
                             "birthday is no day as MM-DD or YYYY-MM-DD, or before %u.",
                             BIRTHDAY_YEAR_MIN);
    }
    if (birthday_is_to_come(&personal->birthday, clock_now(&import->node->clock))) {
        return import_refuse(refusal, "INVALID_BIRTHDAY", "birthday is still to come.");
    }
    notify_wishes_change(&personal->wishes, language, agreed, agreed);
    return true;
}

static bool read_referrer(struct import *import, const Talea__V1__MemberSelector *selector,
                          struct import_refusal *refusal, struct uid *out_referrer)
{
    struct ledger_view view = state_reader_view(import->reader);
    return selector == NULL ||
           member_selected(import->node, &view, selector, out_referrer) == ERR_OK ||
           import_refuse_verdict(refusal, VERDICT_REFERRER_UNKNOWN);
}

static enum err submit(struct import *import, const Talea__V1__ImportMembersRequest *request,
                       struct enrolment *enrolment)
{
    struct command command = command_now(import->node, COMMAND_ENROL, &enrolment->transaction);
    struct command_enrol *enrol = &command.enrol;
    struct random_source random = random_system();
    struct personal personal = {.reference = ""};
    enrol->member = uid_new(&random, command.business_time);
    if (!import_check_text(&enrolment->refusal, "reference", request->reference,
                           LIMIT_REFERENCE_BYTES) ||
        !import_check_text(&enrolment->refusal, "display_name", request->display_name,
                           LIMIT_NAME_BYTES) ||
        !read_wishes(import, request, &enrolment->refusal, &personal) ||
        !read_referrer(import, request->referrer, &enrolment->refusal, &enrol->referrer)) {
        return ERR_OK;
    }
    memcpy(personal.reference, request->reference, strlen(request->reference));
    memcpy(personal.name, request->display_name, strlen(request->display_name));
    TRY(personal_seal(import->node, &personal, enrolment->sealed, enrol));
    enrolment->sealed_length = enrol->sealed.length;
    memcpy(enrolment->reference_tag, enrol->reference_tag, sizeof enrolment->reference_tag);
    in_flight_begin(&import->in_flight);
    enum err err = engine_submit(import->node->engine, &command, enrolled, enrolment);
    if (err != ERR_OK) {
        in_flight_end(&import->in_flight);
    }
    return err;
}

/* The member that has the reference already, and its first card: known again from another source.
 * Left empty when it can't be found. */
static void find_existing(struct import *import, struct enrolment *enrolment)
{
    struct ledger_view view = state_reader_view(import->reader);
    struct answer *answer = &enrolment->outcome.answer;
    struct uid member;
    struct profile profile;
    if (ledger_get_reference(&view, enrolment->reference_tag, &member) == ERR_OK &&
        ledger_get_profile(&view, &member, &profile) == ERR_OK) {
        answer->member = member;
        if (profile.card_count > 0) {
            answer->card = profile.cards[0];
        }
    }
}

static enum err answer(struct import *import, struct enrolment *enrolment)
{
    Talea__V1__ImportMembersResponse response;
    talea__v1__import_members_response__init(&response);
    const struct outcome *outcome = &enrolment->outcome;
    personal_enrolled(import->node, slice_of(enrolment->sealed, enrolment->sealed_length), outcome);
    char transaction[UID_TEXT_MAX];
    char member[UID_TEXT_MAX];
    response.transaction_id = (char *)(uintptr_t)uid_format(&enrolment->transaction, transaction);
    if (enrolment->refusal.code == NULL && outcome->verdict != VERDICT_OK) {
        import_refuse_verdict(&enrolment->refusal, outcome->verdict);
    }
    if (enrolment->refusal.code != NULL) {
        response.refusal = (char *)(uintptr_t)enrolment->refusal.code;
        response.message = enrolment->refusal.message.text;
    }
    if (outcome->verdict == VERDICT_REFERENCE_EXISTS) {
        find_existing(import, enrolment);
    }
    if (!uid_is_nil(&outcome->answer.member)) {
        response.member_id = (char *)(uintptr_t)uid_format(&outcome->answer.member, member);
        response.card = (char *)(uintptr_t)outcome->answer.card.digits;
    }
    return rpc_stream_send(import->stream, &response.base);
}

/* Waits for the group and answers it. */
static enum err flush(void *context)
{
    struct import *import = context;
    size_t count = import->count;
    import->count = 0;
    in_flight_wait(&import->in_flight, 0);
    for (size_t i = 0; i < count; i++) {
        struct enrolment *enrolment = &import->group[i];
        if (enrolment->refusal.code == NULL && enrolment->outcome.err != ERR_OK) {
            return ERR_UNAVAILABLE; /* the outcome is unknown: the caller sends it again */
        }
        TRY(answer(import, enrolment));
    }
    return ERR_OK;
}

static enum err take(void *context, const ProtobufCMessage *message)
{
    struct import *import = context;
    const Talea__V1__ImportMembersRequest *request =
        (const Talea__V1__ImportMembersRequest *)(const void *)message;
    struct enrolment *enrolment = &import->group[import->count];
    *enrolment = (struct enrolment){.in_flight = &import->in_flight};
    if (uid_parse(request->transaction_id, &enrolment->transaction) != ERR_OK ||
        uid_is_nil(&enrolment->transaction)) {
        TRY(flush(import));
        return note_set(&import->note, ERR_INPUT,
                        "transaction_id is not a UUID in its 36-character form");
    }
    if (submit(import, request, enrolment) != ERR_OK) {
        TRY(flush(import));
        return ERR_UNAVAILABLE;
    }
    import->count++;
    return import->count == LIMIT_IMPORT_GROUP_MEMBERS ? flush(import) : ERR_OK;
}

struct rpc_status office_import_members(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct import *import = calloc(1, sizeof *import);
    if (import == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    struct in_flight_group group = {import, &import->count, take, flush};
    import->node = node;
    import->stream = stream;
    in_flight_init(&import->in_flight);
    enum err err = readers_take(node->readers, &import->reader);
    if (err == ERR_OK) {
        err = in_flight_serve(stream, &group);
        in_flight_wait(&import->in_flight, 0);
        readers_give(node->readers, import->reader);
    }
    in_flight_fini(&import->in_flight);
    struct note note = import->note;
    free(import);
    return err == ERR_NOT_FOUND ? rpc_status_ok()
                                : rpc_status_of(err, note.text[0] != '\0' ? &note : NULL);
}
