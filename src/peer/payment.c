#include "peer/payment.h"

#include <string.h>

#include "peer/pair.h"
#include "wire/messages.h"

static struct command step_of(const struct peer_host *host, enum command_kind kind,
                              const struct partner_id *partner, struct period period)
{
    struct command command = {
        .kind = kind, .origin = host->roster->self, .business_time = host->now};
    command.payment.partner = *partner;
    command.payment.period = period;
    return command;
}

/* A refusal says that it is done already, or no longer to be done. */
static enum err execute(const struct peer_host *host, const struct command *command)
{
    return engine_execute(host->engine, command).err;
}

enum err payment_net(const struct peer_host *host, const struct partner_id *partner,
                     struct period period, const struct obligation_terms *terms)
{
    struct obligation obligation;
    enum err err = ledger_get_obligation(&host->view, partner, period, &obligation);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    struct command command = step_of(host, COMMAND_NET_PAYMENT, partner, period);
    command.payment.terms = *terms;
    return execute(host, &command);
}

/* By the statement that we signed and the partner countersigned. */
static enum err terms_of_pair(const struct pair_row *row, struct obligation_terms *out_terms,
                              struct note *note)
{
    struct signed_message own;
    struct pair_statement statement;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(signed_decode(row->pair.own_signed, &own));
    TRY(wire_statement_decode(own.payload, &arena, &statement, note));
    obligation_of_statement(&statement, out_terms);
    return ERR_OK;
}

enum err payment_net_pair(const struct peer_host *host, const struct partner_id *partner,
                          struct period period, struct note *note)
{
    struct obligation_terms terms;
    struct pair_row row = {0};
    enum err err = pair_row_load(&host->view, partner, period, &row);
    if (err == ERR_OK && row.pair.state != PAIR_MATCHED) {
        err = note_set(note, ERR_UNAVAILABLE, "the statements have not matched yet");
    }
    if (err == ERR_OK) {
        err = terms_of_pair(&row, &terms, note);
    }
    pair_row_fini(&row);
    return err == ERR_OK ? payment_net(host, partner, period, &terms) : err;
}

static enum err sign_next(const struct peer_host *host, const struct partner_id *partner,
                          struct period period, const struct obligation *obligation,
                          struct buffer *out_signed)
{
    struct payment_notice notice;
    CLEANUP(buffer_fini) struct buffer payload = {0};
    obligation_next_notice(obligation, &host->roster->self, host->charter->coalition, period,
                           &notice);
    TRY(wire_payment_encode(&notice, &payload));
    TRY(peer_sign(host, PURPOSE_PAYMENT, buffer_slice(&payload), out_signed));
    struct command command = step_of(host, COMMAND_SIGN_PAYMENT, partner, period);
    command.payment.figures = notice.figures;
    command.payment.number = notice.number;
    command.payment.heard = notice.heard;
    command.payment.notice_signed = buffer_slice(out_signed);
    return execute(host, &command);
}

enum err payment_say(const struct peer_host *host, const struct partner_id *partner,
                     struct period period, struct buffer *out_signed)
{
    struct obligation obligation;
    buffer_clear(out_signed);
    TRY(ledger_get_obligation(&host->view, partner, period, &obligation));
    if (obligation_needs_notice(&obligation, &host->roster->self)) {
        return sign_next(host, partner, period, &obligation, out_signed);
    }
    return obligation.own_signed.length == 0 ? ERR_OK
                                             : peer_renew(host, obligation.own_signed, out_signed);
}

/* About this payment, as we have it? */
static enum err check_notice(const struct peer_host *host, struct period period,
                             const struct obligation *obligation,
                             const struct payment_notice *notice, struct note *note)
{
    bool is_it = strcmp(notice->coalition, host->charter->coalition) == 0 &&
                 notice->period.code == period.code;
    if (!is_it || !obligation_terms_equal(&obligation->terms, &notice->terms)) {
        return note_set(note, ERR_DISAGREE, "the notice is about another payment than %s",
                        obligation->terms.reference);
    }
    return ERR_OK;
}

enum err payment_hear(const struct peer_host *host, const struct partner_id *partner,
                      struct period period, const struct signed_message *theirs, struct note *note)
{
    struct obligation obligation;
    struct payment_notice notice;
    TRY(peer_verify(host, theirs, PURPOSE_PAYMENT, partner, note));
    TRY(wire_payment_decode(theirs->payload, &notice, note));
    TRY(ledger_get_obligation(&host->view, partner, period, &obligation));
    TRY(check_notice(host, period, &obligation, &notice, note));
    if (notice.number <= obligation.heard) {
        return ERR_OK;
    }
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    TRY(signed_encode(theirs, &bytes));
    struct command command = step_of(host, COMMAND_HEAR_PAYMENT, partner, period);
    command.payment.figures = notice.figures;
    command.payment.number = notice.number;
    command.payment.heard = notice.heard;
    command.payment.notice_signed = buffer_slice(&bytes);
    return execute(host, &command);
}

enum err payment_is_finished(const struct ledger_view *view, const struct partner_id *partner,
                             struct period period, bool is_net_done, bool *out_is_finished)
{
    struct obligation obligation;
    enum err err = ledger_get_obligation(view, partner, period, &obligation);
    if (err == ERR_NOT_FOUND) {
        *out_is_finished = is_net_done;
        return ERR_OK;
    }
    TRY(err);
    *out_is_finished = obligation_step(&obligation) == OBLIGATION_CLOSED;
    return ERR_OK;
}
