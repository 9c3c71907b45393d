#include "peer/abroad.h"

#include "wire/messages.h"

struct hold_request abroad_request(const struct peer_host *host, const struct command *command,
                                   const struct card_number *card)
{
    const struct command_hold *hold = &command->hold;
    const struct roster_partner *home = roster_home_of(host->roster, card);
    struct hold_request request = {
        .transaction_id = command->transaction_id,
        .redeemer = host->roster->self,
        .card = *card,
        .points = hold->points,
        .requested = command->business_time,
        .capture_by = hold->capture_by,
    };
    if (home != NULL) {
        request.home = home->id;
    }
    return request;
}

enum err abroad_sign(const struct peer_host *host, const struct hold_request *request,
                     struct buffer *out_signed)
{
    struct buffer payload = {0};
    enum err err = wire_hold_request_encode(request, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, PURPOSE_HOLD_REQUEST, buffer_slice(&payload), out_signed);
    }
    buffer_fini(&payload);
    return err;
}

static enum err take_grant(const struct hold_request *request, const struct signed_message *message,
                           struct abroad_answer *out_answer, struct note *note)
{
    struct abroad_answer answer = {.is_granted = true};
    TRY(wire_hold_grant_decode(message->payload, &answer.grant, note));
    if (!grant_answers(&answer.grant, request)) {
        return note_set(note, ERR_DISAGREE, "the grant of %s is about something else",
                        request->home.text);
    }
    enum err err = signed_encode(message, &answer.evidence);
    if (err != ERR_OK) {
        buffer_fini(&answer.evidence);
        return err;
    }
    *out_answer = answer;
    return ERR_OK;
}

static enum err take_refusal(const struct hold_request *request,
                             const struct signed_message *message, struct abroad_answer *out_answer,
                             struct note *note)
{
    struct abroad_answer answer = {.is_granted = false};
    TRY(wire_hold_refusal_decode(message->payload, &answer.refusal, note));
    if (!uid_equal(&answer.refusal.hold, &request->transaction_id) ||
        !partner_id_equal(&answer.refusal.home, &request->home)) {
        return note_set(note, ERR_DISAGREE, "the refusal of %s is about something else",
                        request->home.text);
    }
    *out_answer = answer;
    return ERR_OK;
}

enum err abroad_take_answer(const struct peer_host *host, const struct hold_request *request,
                            const struct signed_message *message, struct abroad_answer *out_answer,
                            struct note *note)
{
    TRY(peer_verify(host, message, message->purpose, &request->home, note));
    switch ((int)message->purpose) {
    case PURPOSE_HOLD_GRANT:
        return take_grant(request, message, out_answer, note);
    case PURPOSE_HOLD_REFUSAL:
        return take_refusal(request, message, out_answer, note);
    default:
        return note_set(note, ERR_SIGNATURE, "the answer of %s is a %s", request->home.text,
                        purpose_name(message->purpose));
    }
}

void abroad_use_grant(const struct abroad_answer *answer, struct command *command)
{
    command->hold.capture_by = answer->grant.capture_by;
    command->hold.deliver_by = answer->grant.deliver_by;
    command->hold.evidence = buffer_slice(&answer->evidence);
}
