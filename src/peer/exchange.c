#include "peer/exchange.h"

#include "wire/messages.h"

void exchange_init(struct exchange *exchange, const struct partner_id *partner,
                   struct period period)
{
    *exchange = (struct exchange){.partner = *partner, .period = period};
    arena_init(&exchange->arena, LIMIT_DECODED_BYTES);
}

void exchange_fini(struct exchange *exchange)
{
    buffer_fini(&exchange->own_signed);
    buffer_fini(&exchange->countersigned);
    arena_fini(&exchange->arena);
}

enum err exchange_begin(struct exchange *exchange, const struct peer_host *host, struct note *note)
{
    TRY(pair_statement_compute(&host->view, host->charter, host->roster, &exchange->partner,
                               exchange->period, &exchange->arena, &exchange->ours, note));
    return pair_propose(host, &exchange->partner, exchange->period, &exchange->ours,
                        &exchange->own_signed, note);
}

enum err exchange_take(struct exchange *exchange, const struct peer_host *host,
                       const struct signed_message *theirs,
                       const struct signed_message *countersignature, struct note *note)
{
    if (theirs == NULL) {
        return ERR_OK; /* the partner's half is not complete yet */
    }
    TRY(peer_verify(host, theirs, PURPOSE_STATEMENT, &exchange->partner, note));
    TRY(pair_take_statement(host, &exchange->partner, exchange->period, &exchange->ours, theirs,
                            &exchange->countersigned, note));
    if (countersignature == NULL) {
        return ERR_OK;
    }
    return pair_take_countersignature(host, &exchange->partner, exchange->period, countersignature,
                                      note);
}

/* Verified, and about this pair. */
static enum err open_statement(struct exchange *exchange, const struct peer_host *host,
                               const struct signed_message *theirs, struct note *note)
{
    struct pair_statement statement;
    TRY(peer_verify(host, theirs, PURPOSE_STATEMENT, &exchange->partner, note));
    TRY(wire_statement_decode(theirs->payload, &exchange->arena, &statement, note));
    bool is_ours = false;
    for (size_t i = 0; i < 2; i++) {
        const struct statement_half *half = &statement.halves[i];
        is_ours = is_ours || (partner_id_equal(&half->sender, &exchange->partner) &&
                              partner_id_equal(&half->receiver, &host->roster->self));
    }
    if (!is_ours) {
        return note_set(note, ERR_DENIED, "the statement is another pair's");
    }
    exchange->period = statement.period;
    return ERR_OK;
}

enum err exchange_answer(struct exchange *exchange, const struct peer_host *host,
                         const struct signed_message *theirs, struct note *note)
{
    TRY(open_statement(exchange, host, theirs, note));
    TRY(exchange_begin(exchange, host, note));
    note->text[0] = '\0';
    return pair_take_statement(host, &exchange->partner, exchange->period, &exchange->ours, theirs,
                               &exchange->countersigned, note);
}
