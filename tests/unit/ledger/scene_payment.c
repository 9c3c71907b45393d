/* The steps of a payment, and how they come to be refused. Beta is the creditor, unless the case is
 * about what only a creditor books. */
#include <stdio.h>

#include "scene.h"

static const struct period period = {202609};

static void set_terms(struct scene *s, struct command *c, bool is_debtor)
{
    const struct partner_id *self = &s->desk.roster.self;
    const struct partner_id *beta = &s->desk.partners[1].id;
    struct obligation_terms *terms = &c->payment.terms;
    terms->payment = (struct payment){is_debtor ? *self : *beta, is_debtor ? *beta : *self, {5000}};
    memcpy(terms->currency, "EUR", 4);
    payment_reference("demo", period, &terms->payment.debtor, &terms->payment.creditor,
                      terms->reference);
}

static struct command step(struct scene *s, enum command_kind kind)
{
    struct command command = desk_command(&s->desk, kind);
    command.payment.partner = s->desk.partners[1].id;
    command.payment.period = period;
    return command;
}

static void net(struct scene *s, bool is_debtor)
{
    struct command command = step(s, COMMAND_NET_PAYMENT);
    set_terms(s, &command, is_debtor);
    desk_do(&s->desk, &command);
}

static void instruct(struct scene *s)
{
    struct command command = step(s, COMMAND_INSTRUCT_PAYMENT);
    command.payment.file = desk_id(&s->desk);
    desk_do(&s->desk, &command);
}

static void set_word(struct scene *s, struct command *c)
{
    c->netting = (struct command_netting){.kind = NETTING_WORD,
                                          .period = period,
                                          .first = s->desk.partners[1].id,
                                          .row = {.number = 1, .first_signed = slice_of("x", 1)}};
}

struct command scene_payment(struct scene *s, enum command_kind kind)
{
    struct command command = step(s, kind);
    struct command_payment *payment = &command.payment;
    if (kind == COMMAND_KEEP_NETTING) {
        set_word(s, &command);
        return command;
    }
    if (kind == COMMAND_NET_PAYMENT) {
        set_terms(s, &command, true);
        return command;
    }
    net(s, true);
    if (kind == COMMAND_INSTRUCT_PAYMENT) {
        payment->file = desk_id(&s->desk);
    } else if (kind == COMMAND_BOOK_PAYMENT) {
        payment->booking = (struct booking){"BANK-1", {5000}, {1}};
    } else if (kind == COMMAND_SIGN_PAYMENT) {
        instruct(s);
        payment->figures.instructed = money_of(5000);
        payment->number = 1;
        payment->notice_signed = slice_of("notice", 6);
    } else {
        payment->figures.received = money_of(5000);
        payment->number = 1;
        payment->notice_signed = slice_of("notice", 6);
    }
    return command;
}

static bool book(struct scene *s, const char *reference, int64_t minor)
{
    struct command command = step(s, COMMAND_BOOK_PAYMENT);
    command.payment.booking = (struct booking){"", {minor}, {1}};
    snprintf(command.payment.booking.bank_reference, BANK_REFERENCE_MAX, "%s", reference);
    return desk_tell(&s->desk, &command) == VERDICT_OK;
}

static bool provoke_booking(struct scene *s, struct command *c, enum verdict verdict)
{
    char reference[BANK_REFERENCE_MAX];
    switch ((int)verdict) {
    case VERDICT_BOOKING_KNOWN:
        if (!book(s, c->payment.booking.bank_reference, 1)) { /* there is no room any more */
            memcpy(c->payment.booking.bank_reference, "MANY-0", 7);
        }
        return true;
    case VERDICT_BOOKING_INVALID:
        c->payment.booking.amount = money_of(-LIMIT_BOOKING_MINOR);
        return true;
    case VERDICT_TOO_MANY_BOOKINGS:
        for (unsigned i = 0; i < LIMIT_BOOKINGS; i++) {
            snprintf(reference, sizeof reference, "MANY-%u", i);
            assert_true(book(s, reference, 1));
        }
        return true;
    default:
        return false;
    }
}

static bool provoke_notice(struct scene *s, struct command *c, enum verdict verdict)
{
    (void)s;
    if (verdict == VERDICT_NOTICE_STALE) {
        c->payment.number = c->kind == COMMAND_HEAR_PAYMENT ? 0 : 2;
        return true;
    }
    if (verdict == VERDICT_BOOKING_INVALID && c->kind == COMMAND_HEAR_PAYMENT) {
        c->payment.figures.received = money_of(-1);
        return true;
    }
    return false;
}

static bool provoke_net(struct scene *s, struct command *c, enum verdict verdict)
{
    switch ((int)verdict) {
    case VERDICT_PARTNER_UNKNOWN:
        c->payment.partner = (struct partner_id){"gamma"};
        return true;
    case VERDICT_PAYMENT_EXISTS:
        net(s, true);
        return true;
    case VERDICT_BOOKING_INVALID:
        c->payment.terms.payment.amount = money_of(LIMIT_BOOKING_MINOR + 1);
        return true;
    default:
        return false;
    }
}

bool provoke_payment(struct scene *s, struct command *c, enum verdict verdict)
{
    struct command kept;
    if (c->kind == COMMAND_NET_PAYMENT) {
        return provoke_net(s, c, verdict);
    }
    if (c->kind == COMMAND_KEEP_NETTING) {
        kept = *c;
        if (verdict == VERDICT_NOTICE_STALE) {
            desk_do(&s->desk, &kept);
        }
        return verdict == VERDICT_NOTICE_STALE;
    }
    if (verdict == VERDICT_PAYMENT_UNKNOWN) {
        c->payment.period = (struct period){202608};
        return true;
    }
    if (c->kind == COMMAND_BOOK_PAYMENT) {
        return provoke_booking(s, c, verdict);
    }
    if (c->kind != COMMAND_INSTRUCT_PAYMENT) {
        return provoke_notice(s, c, verdict);
    }
    if (verdict == VERDICT_PAYMENT_NOT_OURS) {
        c->payment.period = (struct period){202607}; /* of which we are the creditor */
        struct command other = step(s, COMMAND_NET_PAYMENT);
        other.payment.period = c->payment.period;
        set_terms(s, &other, false);
        desk_do(&s->desk, &other);
        return true;
    }
    if (verdict == VERDICT_NOTHING_TO_PAY) {
        instruct(s);
        return true;
    }
    return false;
}
