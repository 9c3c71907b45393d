#include "peer/grant.h"

#include <string.h>

#include "wire/messages.h"

static enum err check_request(const struct peer_host *host, const struct partner_id *caller,
                              const struct hold_request *request, struct note *note)
{
    if (!partner_id_equal(&request->redeemer, caller)) {
        return note_set(note, ERR_DENIED, "the request is %s's, the caller is %s",
                        request->redeemer.text, caller->text);
    }
    if (!partner_id_equal(&request->home, &host->roster->self)) {
        return note_set(note, ERR_INPUT, "the request is for %s", request->home.text);
    }
    if (request->capture_by.ms <= host->now.ms) {
        return note_set(
            note, ERR_INPUT, "capture_by is %lld s past by the clock of %s: do both clocks agree?",
            (long long)((host->now.ms - request->capture_by.ms) / 1000), host->roster->self.text);
    }
    if (request->capture_by.ms > host->now.ms + GRANT_LIFE_MS_MAX) {
        return note_set(note, ERR_INPUT, "capture_by is more than 31 days ahead");
    }
    return ERR_OK;
}

enum err grant_take_request(const struct peer_host *host, const struct partner_id *caller,
                            const struct signed_message *message, int64_t deliver_ms,
                            struct hold_request *out_request, struct command *out_command,
                            struct buffer *out_evidence, struct note *note)
{
    struct hold_request request;
    TRY(peer_verify(host, message, PURPOSE_HOLD_REQUEST, caller, note));
    TRY(wire_hold_request_decode(message->payload, &request, note));
    TRY(check_request(host, caller, &request, note));
    TRY(signed_encode(message, out_evidence));
    *out_request = request;
    *out_command = (struct command){
        .kind = COMMAND_HOLD,
        .origin = request.redeemer,
        .transaction_id = request.transaction_id,
        .business_time = host->now,
        .hold =
            {
                .redeemer = request.redeemer,
                .card = request.card,
                .points = request.points,
                .capture_by = request.capture_by,
                .deliver_by = {request.capture_by.ms + deliver_ms},
                .evidence = buffer_slice(out_evidence),
            },
    };
    return ERR_OK;
}

static enum err encode_grant(const struct hold_request *request, const struct answer *answer,
                             struct buffer *out)
{
    struct hold_grant grant = {
        .hold = request->transaction_id,
        .redeemer = request->redeemer,
        .home = request->home,
        .card = request->card,
        .points = answer->points,
        .capture_by = answer->capture_by,
        .deliver_by = answer->deliver_by,
    };
    return wire_hold_grant_encode(&grant, out);
}

static enum err encode_refusal(const struct hold_request *request, enum verdict verdict,
                               struct buffer *out)
{
    struct hold_refusal refusal = {
        .hold = request->transaction_id, .redeemer = request->redeemer, .home = request->home};
    const char *name = verdict_describe(verdict)->name;
    memcpy(refusal.reason, name, strnlen(name, sizeof refusal.reason - 1));
    return wire_hold_refusal_encode(&refusal, out);
}

enum err grant_answer(const struct peer_host *host, const struct hold_request *request,
                      const struct outcome *outcome, struct buffer *out_signed)
{
    struct buffer payload = {0};
    bool is_granted = outcome->verdict == VERDICT_OK;
    enum err err = is_granted ? encode_grant(request, &outcome->answer, &payload)
                              : encode_refusal(request, outcome->verdict, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, is_granted ? PURPOSE_HOLD_GRANT : PURPOSE_HOLD_REFUSAL,
                        buffer_slice(&payload), out_signed);
    }
    buffer_fini(&payload);
    return err;
}
