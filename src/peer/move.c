#include "peer/move.h"

#include "ledger/route.h"
#include "wire/messages.h"

enum err move_accept(const struct peer_host *host, const struct partner_id *caller,
                     const struct card_number *card, const struct card_number *new_card,
                     enum verdict *out_verdict, struct buffer *out_signed)
{
    const struct roster_partner *home = roster_home_of(host->roster, card);
    struct card_status status;
    if (home == NULL || !partner_id_equal(&home->id, caller)) {
        *out_verdict = VERDICT_CARD_NOT_THEIRS;
        return ERR_OK;
    }
    TRY(ledger_get_card_status(&host->view, card, &status));
    if (status.awaited_by.digits[0] == '\0' || !card_number_equal(&status.awaited_by, new_card)) {
        *out_verdict = VERDICT_MOVE_NOT_AWAITED;
        return ERR_OK;
    }
    struct move_acceptance acceptance = {
        .old_home = *caller,
        .new_home = host->roster->self,
        .card = *card,
        .new_card = *new_card,
        .valid_until = {host->now.ms + MOVE_ACCEPTANCE_LIFE_MS},
    };
    struct buffer payload = {0};
    enum err err = wire_move_acceptance_encode(&acceptance, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, PURPOSE_MOVE_ACCEPTANCE, buffer_slice(&payload), out_signed);
    }
    buffer_fini(&payload);
    *out_verdict = VERDICT_OK;
    return err;
}

static bool is_about(const struct move_acceptance *acceptance, const struct peer_host *host,
                     const struct command_move *move)
{
    return partner_id_equal(&acceptance->old_home, &host->roster->self) &&
           partner_id_equal(&acceptance->new_home, &move->to) &&
           card_number_equal(&acceptance->card, &move->card) &&
           card_number_equal(&acceptance->new_card, &move->new_card);
}

enum err move_take_acceptance(const struct peer_host *host, const struct signed_message *message,
                              struct command *command, struct buffer *out_evidence,
                              struct note *note)
{
    struct move_acceptance acceptance;
    TRY(peer_verify(host, message, PURPOSE_MOVE_ACCEPTANCE, &command->move.to, note));
    TRY(wire_move_acceptance_decode(message->payload, &acceptance, note));
    if (!is_about(&acceptance, host, &command->move)) {
        return note_set(note, ERR_DISAGREE, "the acceptance of %s is about something else",
                        command->move.to.text);
    }
    if (acceptance.valid_until.ms < host->now.ms) {
        return note_set(note, ERR_DISAGREE, "the acceptance of %s is no longer valid",
                        command->move.to.text);
    }
    TRY(signed_encode(message, out_evidence));
    command->move.acceptance = buffer_slice(out_evidence);
    return ERR_OK;
}
