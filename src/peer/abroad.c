#include "peer/abroad.h"

#include "base/mutant.h"
#include "wire/messages.h"

struct hold_request abroad_request(const struct peer_host *host, const struct command *command)
{
    const struct command_hold *hold = &command->hold;
    const struct roster_partner *home = roster_home_of(host->roster, &hold->asked);
    struct hold_request request = {
        .transaction_id = command->transaction_id,
        .redeemer = host->roster->self,
        .card = hold->asked,
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

/* Would the mandate cover it? */
static enum verdict judge(const struct hold_request *request, const struct mandate_row *row)
{
    if (request->points.minor > row->mandate.floor.minor) {
        return VERDICT_MANDATE_FLOOR_EXCEEDED;
    }
    bool is_beyond = request->points.minor > row->mandate.daily_cap.minor - row->used.minor;
    return is_beyond && !MUTANT(STAND_IN_BEYOND_CAP) ? VERDICT_MANDATE_CAP_EXCEEDED : VERDICT_OK;
}

enum err abroad_without_home(const struct peer_host *host, const struct hold_request *request,
                             bool was_asked, struct command *command, struct abroad_end *out_end)
{
    struct mandate_row row;
    struct abroad_end end = {.way = ABROAD_STANDS_IN, .why = VERDICT_OK};
    enum err err =
        ledger_find_mandate(&host->view, &request->home, &request->redeemer, host->now, &row);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    end.why = err == ERR_NOT_FOUND ? VERDICT_MANDATE_UNKNOWN : judge(request, &row);
    if (end.why == VERDICT_OK) {
        command->kind = COMMAND_STAND_IN_HOLD;
        command->hold.mandate = row.mandate.id;
    } else if (was_asked) {
        end.way = ABROAD_IS_GIVEN_UP;
        command->kind = COMMAND_GIVE_UP_HOLD;
    } else {
        end.way = ABROAD_IS_REFUSED;
    }
    *out_end = end;
    return ERR_OK;
}

enum err abroad_is_told(const struct peer_host *host, const struct command *command,
                        bool *out_is_told)
{
    struct hold hold;
    enum err err =
        ledger_get_hold(&host->view, &host->roster->self, &command->transaction_id, &hold);
    *out_is_told = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

bool abroad_may_ask_again(int grpc_status)
{
    switch (grpc_status) {
    case 1:  /* CANCELLED */
    case 2:  /* UNKNOWN */
    case 4:  /* DEADLINE_EXCEEDED */
    case 8:  /* RESOURCE_EXHAUSTED */
    case 10: /* ABORTED */
    case 13: /* INTERNAL */
    case 14: /* UNAVAILABLE */
        return true;
    default:
        return false;
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct abroad_times abroad_times(int64_t left_ms, bool is_suspect)
{
    int64_t reserve = least(ABROAD_RESERVE_MS, left_ms / 4);
    int64_t all = least(left_ms - reserve, is_suspect ? ABROAD_SUSPECT_MS : ABROAD_ALL_MS);
    return (struct abroad_times){.all_ms = all, .try_ms = all / ABROAD_TRIES + 1};
}
