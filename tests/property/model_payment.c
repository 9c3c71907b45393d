/* What brands pay each other, as the model sees it: sums in place of rows, and what was said last.
 */
#include <string.h>

#include "model_parts.h"

/* The months of MODEL_MONTHS, from MODEL_FIRST_MONTH on. */
static struct model_payment *payment_of(struct model *m, const struct partner_id *partner,
                                        struct period period)
{
    unsigned month = period.code - MODEL_FIRST_MONTH;
    return month < MODEL_MONTHS ? &m->payments[model_partner(m, partner)][month] : NULL;
}

static enum verdict step_net(struct model *m, const struct command_payment *told)
{
    const struct payment *terms = &told->terms.payment;
    int debtor = model_partner(m, &terms->debtor);
    int creditor = model_partner(m, &terms->creditor);
    int other = model_partner(m, &told->partner);
    if (other <= 0 || debtor + creditor != other || (debtor != 0) == (creditor != 0)) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    struct model_payment *payment = payment_of(m, &told->partner, told->period);
    if (payment->is_there) {
        return VERDICT_PAYMENT_EXISTS;
    }
    if (terms->amount.minor < 0 || terms->amount.minor > LIMIT_BOOKING_MINOR) {
        return VERDICT_BOOKING_INVALID;
    }
    *payment = (struct model_payment){
        .is_there = true, .is_ours = debtor == 0, .amount = terms->amount.minor};
    return VERDICT_OK;
}

/* All that is left, once; what came in part since the last file, only when it is asked for. */
static enum verdict step_instruct(struct model_payment *payment, bool is_residual)
{
    int64_t left = payment->amount - payment->received;
    bool is_new =
        payment->instructed == 0 || (is_residual && payment->received > payment->received_at_order);
    if (!payment->is_ours) {
        return VERDICT_PAYMENT_NOT_OURS;
    }
    if (left <= 0 || !is_new) {
        return VERDICT_NOTHING_TO_PAY;
    }
    payment->instructed += left;
    payment->received_at_order = payment->received;
    return VERDICT_OK;
}

/* The bookings' names end in a number below 16. */
static enum verdict step_book(struct model_payment *payment, const struct booking *booking)
{
    unsigned number = 0;
    for (const char *at = booking->bank_reference; *at != '\0'; at++) {
        number = *at >= '0' && *at <= '9' ? number * 10 + (unsigned)(*at - '0') : number;
    }
    int64_t *sum = payment->is_ours ? &payment->sent : &payment->received;
    if ((payment->booked >> number & 1) != 0) {
        return VERDICT_BOOKING_KNOWN;
    }
    if (booking->amount.minor == 0 || *sum + booking->amount.minor < 0 ||
        *sum + booking->amount.minor > LIMIT_BOOKING_MINOR) {
        return VERDICT_BOOKING_INVALID;
    }
    payment->booked |= UINT64_C(1) << number;
    *sum += booking->amount.minor;
    return VERDICT_OK;
}

static bool has_to_say(const struct model_payment *payment)
{
    if (payment->partner_knows > payment->said) {
        return true;
    }
    return payment->is_ours
               ? payment->instructed != payment->told || payment->received != payment->acknowledged
               : payment->received != payment->told || payment->acknowledged != payment->echoed;
}

static enum verdict step_say(struct model_payment *payment, const struct command_payment *told)
{
    uint64_t before =
        payment->said > payment->partner_knows ? payment->said : payment->partner_knows;
    const struct obligation_figures *figures = &told->figures;
    int64_t acknowledged = payment->is_ours ? payment->received : payment->acknowledged;
    int64_t echoed = payment->is_ours ? payment->echoed : payment->acknowledged;
    bool is_right = told->number == before + 1 && told->heard == payment->heard &&
                    figures->instructed.minor == payment->instructed &&
                    figures->received.minor == payment->received &&
                    figures->acknowledged.minor == acknowledged && figures->echoed.minor == echoed;
    if (!has_to_say(payment) || !is_right) {
        return VERDICT_NOTICE_STALE;
    }
    payment->acknowledged = acknowledged;
    payment->echoed = echoed;
    payment->told = payment->is_ours ? payment->instructed : payment->received;
    payment->said = told->number;
    return VERDICT_OK;
}

static enum verdict step_hear(struct model_payment *payment, const struct command_payment *told)
{
    const struct obligation_figures *figures = &told->figures;
    if (told->number <= payment->heard) {
        return VERDICT_NOTICE_STALE;
    }
    if (figures->received.minor < 0 || figures->instructed.minor < 0) {
        return VERDICT_BOOKING_INVALID;
    }
    if (payment->is_ours) {
        payment->received = figures->received.minor;
        payment->echoed = figures->echoed.minor;
    } else {
        payment->instructed = figures->instructed.minor;
        payment->acknowledged = figures->acknowledged.minor;
    }
    payment->heard = told->number;
    payment->partner_knows = told->heard;
    return VERDICT_OK;
}

enum verdict model_step_payment(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    const struct command_payment *told = &command->payment;
    (void)answer;
    if (command->kind == COMMAND_NET_PAYMENT) {
        return step_net(m, told);
    }
    struct model_payment *payment = payment_of(m, &told->partner, told->period);
    if (payment == NULL || !payment->is_there) {
        return VERDICT_PAYMENT_UNKNOWN;
    }
    switch ((int)command->kind) {
    case COMMAND_INSTRUCT_PAYMENT:
        return step_instruct(payment, told->is_residual);
    case COMMAND_BOOK_PAYMENT:
        return step_book(payment, &told->booking);
    case COMMAND_SIGN_PAYMENT:
        return step_say(payment, told);
    default:
        return step_hear(payment, told);
    }
}

enum verdict model_step_netting(struct model *m, const struct command *command,
                                struct model_answer *answer)
{
    const struct command_netting *told = &command->netting;
    struct model_word *word =
        &m->words[model_partner(m, &told->first)][told->period.code - MODEL_FIRST_MONTH];
    (void)answer;
    uint64_t round = told->row.number >> 32;
    uint64_t known_round = word->number >> 32;
    if (told->kind == NETTING_VOTE) {
        bool is_again = word->has_voted[round];
        word->has_voted[round] = true;
        return is_again ? VERDICT_NOTICE_STALE : VERDICT_OK;
    }
    bool is_known =
        word->is_bound || (word->number >= told->row.number && !told->row.is_commitment);
    if (round < known_round || (round == known_round && is_known)) {
        return VERDICT_NOTICE_STALE;
    }
    word->number = told->row.number;
    word->is_bound = told->row.is_commitment;
    return VERDICT_OK;
}
