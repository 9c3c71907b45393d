/* Steps of payments, mostly right ones. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "model_parts.h"

static void make_net(const struct making *making, int partner)
{
    const uint32_t *n = making->step->numbers;
    struct obligation_terms *terms = &making->command->payment.terms;
    const struct roster *roster = making->m->roster;
    bool is_ours = one_in(n[5], 2);
    terms->payment.debtor = roster->partners[is_ours ? 0 : partner].id;
    terms->payment.creditor = roster->partners[is_ours ? partner : 0].id;
    terms->payment.amount = money_of(one_in(n[6], 9) ? -1 : (int64_t)(n[6] % 500));
    if (one_in(n[7], 12)) {
        terms->payment.creditor = terms->payment.debtor;
    }
    memcpy(terms->currency, "EUR", 4);
    memcpy(terms->reference, "T202601", 8);
}

static void make_notice(const struct making *making, const struct model_payment *payment)
{
    const uint32_t *n = making->step->numbers;
    struct command_payment *told = &making->command->payment;
    bool is_own = making->command->kind == COMMAND_SIGN_PAYMENT;
    told->figures = (struct obligation_figures){
        {payment->instructed}, {payment->received}, {payment->acknowledged}, {payment->echoed}};
    told->notice_signed = slice_of("notice", 6);
    if (is_own) {
        uint64_t before =
            payment->said > payment->partner_knows ? payment->said : payment->partner_knows;
        told->number = before + (one_in(n[5], 8) ? 2 : 1);
        told->heard = payment->heard;
        *(payment->is_ours ? &told->figures.acknowledged : &told->figures.echoed) =
            payment->is_ours ? told->figures.received : told->figures.acknowledged;
        return;
    }
    told->number = payment->heard + (one_in(n[5], 6) ? 0 : 1);
    told->heard = payment->said + (one_in(n[6], 9) ? 3 : 0);
    told->figures.received = money_of(payment->is_ours ? n[7] % 600 : payment->received);
    told->figures.echoed = told->figures.acknowledged;
    told->figures.acknowledged = told->figures.received;
    if (!payment->is_ours) {
        told->figures.instructed = money_of(payment->amount);
    }
    if (one_in(n[8], 9)) {
        told->figures.received = money_of(-5);
    }
}

void make_payment(const struct making *making)
{
    static const enum command_kind kinds[] = {COMMAND_NET_PAYMENT,  COMMAND_INSTRUCT_PAYMENT,
                                              COMMAND_BOOK_PAYMENT, COMMAND_SIGN_PAYMENT,
                                              COMMAND_HEAR_PAYMENT, COMMAND_HEAR_PAYMENT};
    const uint32_t *n = making->step->numbers;
    int partner = 1 + (int)(n[3] % 2);
    unsigned month = n[4] % MODEL_MONTHS;
    const struct model_payment *payment = &making->m->payments[partner][month];
    struct command_payment *told = &making->command->payment;
    making->command->kind = kinds[(n[3] >> 8) % (sizeof kinds / sizeof kinds[0])];
    memset(told, 0, sizeof *told);
    told->partner = making->m->roster->partners[partner].id;
    told->period.code = MODEL_FIRST_MONTH + month;
    if (making->command->kind == COMMAND_NET_PAYMENT) {
        make_net(making, partner);
    } else if (making->command->kind == COMMAND_INSTRUCT_PAYMENT) {
        told->file.bytes[0] = (uint8_t)(1 + n[5] % 200);
        told->is_residual = one_in(n[6], 2);
    } else if (making->command->kind == COMMAND_BOOK_PAYMENT) {
        told->booking = (struct booking){"", {(int64_t)(n[5] % 400) - 100}, making->step->at};
        snprintf(told->booking.bank_reference, sizeof told->booking.bank_reference, "B-%u",
                 (unsigned)(n[6] % 16));
    } else {
        make_notice(making, payment);
    }
}

void make_netting(const struct making *making)
{
    const uint32_t *n = making->step->numbers;
    struct command_netting *told = &making->command->netting;
    making->command->kind = COMMAND_KEEP_NETTING;
    memset(told, 0, sizeof *told);
    told->kind = one_in(n[7], 3) ? NETTING_VOTE : NETTING_WORD;
    told->period.code = MODEL_FIRST_MONTH + n[4] % MODEL_MONTHS;
    told->first = making->m->roster->partners[1 + n[3] % 2].id;
    told->row =
        (struct netting_row){.is_commitment = one_in(n[5], 6),
                             .number = (uint64_t)(n[6] / 4 % MODEL_ROUNDS) << 32 | (1 + n[6] % 4),
                             .first_signed = slice_of("word", 4)};
}
