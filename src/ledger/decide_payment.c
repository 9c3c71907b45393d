/* The steps of a payment between partners, each on its row and no other (settlement/obligation.h).
 *
 * None of them has an id that a repeat is known by: the row itself tells what was done before, and
 * a step that was is refused and changes nothing. Points are not touched: from the match on a
 * period's net is an agreed debt in money.
 */
#include <string.h>

#include "ledger/decision.h"

static enum verdict verdict_of(enum obligation_answer answer)
{
    switch (answer) {
    case OBLIGATION_OK:
        return VERDICT_OK;
    case OBLIGATION_NOT_OURS:
        return VERDICT_PAYMENT_NOT_OURS;
    case OBLIGATION_NOTHING_DUE:
        return VERDICT_NOTHING_TO_PAY;
    case OBLIGATION_BOOKING_KNOWN:
        return VERDICT_BOOKING_KNOWN;
    case OBLIGATION_BOOKINGS_FULL:
        return VERDICT_TOO_MANY_BOOKINGS;
    case OBLIGATION_AMOUNT_INVALID:
        return VERDICT_BOOKING_INVALID;
    case OBLIGATION_STALE:
        return VERDICT_NOTICE_STALE;
    }
    return VERDICT_NOTICE_STALE;
}

static void put_obligation(struct decision *d, const struct obligation *obligation)
{
    const struct command_payment *payment = &d->command->payment;
    struct ledger_key key;
    key_pair(&payment->partner, payment->period, &key);
    buffer_clear(&d->plan->scratch);
    obligation_encode(obligation, &d->plan->scratch);
    plan_row(d->plan, TABLE_OBLIGATION, &key, buffer_slice(&d->plan->scratch));
}

/* One of the two is us and the other the partner, who is in the coalition. */
static bool is_between(const struct decision *d, const struct command_payment *payment)
{
    const struct roster *roster = d->terms->roster;
    const struct payment *terms = &payment->terms.payment;
    const struct partner_id *other =
        roster_is_self(roster, &terms->debtor) ? &terms->creditor : &terms->debtor;
    bool has_self =
        roster_is_self(roster, &terms->debtor) != roster_is_self(roster, &terms->creditor);
    return has_self && partner_id_equal(other, &payment->partner) &&
           roster_find(roster, &payment->partner) != NULL;
}

static enum err decide_net(struct decision *d)
{
    const struct command_payment *payment = &d->command->payment;
    struct obligation obligation;
    if (!is_between(d, payment)) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    enum err err = ledger_get_obligation(d->view, &payment->partner, payment->period, &obligation);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_PAYMENT_EXISTS);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (payment->terms.payment.amount.minor < 0 ||
        payment->terms.payment.amount.minor > LIMIT_BOOKING_MINOR) {
        return decide_refuse(d, VERDICT_BOOKING_INVALID);
    }
    memset(&obligation, 0, sizeof obligation);
    obligation.terms = payment->terms;
    obligation.since = d->now;
    put_obligation(d, &obligation);
    return ERR_OK;
}

static enum obligation_answer step(const struct decision *d, struct obligation *obligation)
{
    const struct command_payment *payment = &d->command->payment;
    const struct partner_id *self = &d->terms->roster->self;
    const struct payment_notice notice = {.period = payment->period,
                                          .terms = obligation->terms,
                                          .figures = payment->figures,
                                          .number = payment->number,
                                          .heard = payment->heard};
    switch ((int)d->command->kind) {
    case COMMAND_INSTRUCT_PAYMENT:
        return obligation_instruct(obligation, self, &payment->file, payment->is_residual, d->now);
    case COMMAND_BOOK_PAYMENT:
        return obligation_book(obligation, self, &payment->booking);
    case COMMAND_SIGN_PAYMENT:
        return obligation_say(obligation, self, &notice, payment->notice_signed);
    default:
        return obligation_hear(obligation, self, &notice, payment->notice_signed);
    }
}

enum err decide_payment(struct decision *d)
{
    const struct command_payment *payment = &d->command->payment;
    struct obligation obligation;
    if (d->command->kind == COMMAND_NET_PAYMENT) {
        return decide_net(d);
    }
    enum err err = ledger_get_obligation(d->view, &payment->partner, payment->period, &obligation);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_PAYMENT_UNKNOWN);
    }
    TRY(err);
    enum obligation_step before = obligation_step(&obligation);
    enum obligation_answer answer = step(d, &obligation);
    if (answer != OBLIGATION_OK) {
        return decide_refuse(d, verdict_of(answer));
    }
    if (obligation_step(&obligation) != before) {
        obligation.since = d->now;
    }
    put_obligation(d, &obligation);
    return ERR_OK;
}

/* A statement is kept once. A word takes the place of one that says less; a commitment stands for
 * ever, our own like the others'. */
/* Each round stands by itself: in one, a partner's words may change until it commits, and it votes
 * once. */
static bool says_more(const struct command_netting *netting, const struct netting_row *known)
{
    uint32_t round = netting_round_of(netting->row.number);
    uint32_t known_round = netting_round_of(known->number);
    if (netting->kind == NETTING_VOTE || round < known_round) {
        return false;
    }
    return round > known_round || (!known->is_commitment && (netting->row.is_commitment ||
                                                             netting->row.number > known->number));
}

enum err decide_netting(struct decision *d)
{
    const struct command_netting *netting = &d->command->netting;
    struct netting_row row = netting->row;
    struct ledger_key key;
    struct slice value;
    struct netting_row known;
    key_netting(netting->kind, netting->period, &netting->first, &netting->second,
                netting_round_of(row.number), &key);
    enum err err = view_get(d->view, TABLE_NETTING, &key, &value);
    if (err == ERR_OK) {
        TRY(netting_row_decode(value, &known));
        if (!says_more(netting, &known)) {
            return decide_refuse(d, VERDICT_NOTICE_STALE);
        }
    }
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    row.at = d->now;
    buffer_clear(&d->plan->scratch);
    netting_row_encode(&row, &d->plan->scratch);
    plan_row(d->plan, TABLE_NETTING, &key, buffer_slice(&d->plan->scratch));
    return ERR_OK;
}
