#include "settlement/obligation.h"

#include <stdio.h>
#include <string.h>

#define REFERENCE_DOMAIN "talea/v1/payment-reference"
#define REFERENCE_DIGITS 26u

const char *obligation_step_name(enum obligation_step step)
{
    switch (step) {
    case OBLIGATION_NETTED:
        return "netted";
    case OBLIGATION_INSTRUCTED:
        return "instructed";
    case OBLIGATION_PAID:
        return "paid";
    case OBLIGATION_CLOSED:
        return "closed";
    }
    return "unknown";
}

static void add_text(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, slice_of(text, strlen(text) + 1)); /* with its NUL: no two run together */
}

/* "T202611-", "T2026W48-", "T20261129-"; its length. */
static size_t reference_head(struct period period, char out_head[PAYMENT_REFERENCE_MAX])
{
    char text[PERIOD_TEXT_MAX];
    size_t at = 0;
    out_head[at++] = 'T';
    for (const char *c = period_format(period, text); *c != '\0'; c++) {
        if (*c != '-') {
            out_head[at++] = *c;
        }
    }
    out_head[at++] = '-';
    out_head[at] = '\0';
    return at;
}

/* As many digits as there is room for. */
static size_t reference_digits(size_t head)
{
    size_t room = PAYMENT_REFERENCE_MAX - 1 - head;
    return room < REFERENCE_DIGITS ? room : REFERENCE_DIGITS;
}

void payment_reference(const char *coalition, struct period period, const struct partner_id *debtor,
                       const struct partner_id *creditor, char out_reference[PAYMENT_REFERENCE_MAX])
{
    static const char digits[] = "0123456789ABCDEF";
    struct hasher hasher;
    char text[PERIOD_TEXT_MAX];
    hasher_init(&hasher, REFERENCE_DOMAIN);
    add_text(&hasher, coalition);
    add_text(&hasher, period_format(period, text));
    add_text(&hasher, debtor->text);
    add_text(&hasher, creditor->text);
    struct hash hash = hasher_finish(&hasher);
    size_t at = reference_head(period, out_reference);
    size_t count = reference_digits(at);
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = hash.bytes[i / 2];
        out_reference[at++] = digits[i % 2 == 0 ? byte >> 4 : byte & 15];
    }
    out_reference[at] = '\0';
}

enum err payment_reference_period(const char *reference, struct period *out_period)
{
    char text[PERIOD_TEXT_MAX];
    const char *end = strchr(reference, '-');
    size_t head = end == NULL ? 0 : (size_t)(end - reference) + 1;
    if (head < sizeof "T202611-" - 1 || head > sizeof "T20261129-" - 1 || reference[0] != 'T' ||
        strlen(end + 1) != reference_digits(head) ||
        strspn(end + 1, "0123456789ABCDEF") != reference_digits(head)) {
        return ERR_INPUT;
    }
    bool is_day = head == sizeof "T20261129-" - 1;
    snprintf(text, sizeof text, "%.4s-%.*s%s%.*s", reference + 1, is_day ? 2 : (int)head - 6,
             reference + 5, is_day ? "-" : "", is_day ? 2 : 0, reference + 7);
    return period_parse(text, out_period);
}

static void set_terms(const struct payment *payment, const char *coalition, struct period period,
                      const char *currency, bool is_multilateral,
                      struct obligation_terms *out_terms)
{
    *out_terms = (struct obligation_terms){.payment = *payment, .is_multilateral = is_multilateral};
    snprintf(out_terms->currency, sizeof out_terms->currency, "%.3s", currency);
    payment_reference(coalition, period, &payment->debtor, &payment->creditor,
                      out_terms->reference);
}

void obligation_of_statement(const struct pair_statement *statement,
                             struct obligation_terms *out_terms)
{
    bool is_even = statement->net.minor == 0;
    struct payment payment = {
        is_even ? statement->halves[0].sender : statement->debtor,
        is_even ? statement->halves[1].sender : statement->creditor,
        statement->net,
    };
    set_terms(&payment, statement->coalition, statement->period, statement->currency, false,
              out_terms);
}

void obligation_of_payment(const struct payment *payment, const char *coalition,
                           struct period period, const char *currency,
                           struct obligation_terms *out_terms)
{
    set_terms(payment, coalition, period, currency, true, out_terms);
}

bool obligation_terms_equal(const struct obligation_terms *a, const struct obligation_terms *b)
{
    return partner_id_equal(&a->payment.debtor, &b->payment.debtor) &&
           partner_id_equal(&a->payment.creditor, &b->payment.creditor) &&
           a->payment.amount.minor == b->payment.amount.minor &&
           strcmp(a->currency, b->currency) == 0 && strcmp(a->reference, b->reference) == 0 &&
           a->is_multilateral == b->is_multilateral;
}

static bool is_debtor(const struct obligation *obligation, const struct partner_id *self)
{
    return partner_id_equal(&obligation->terms.payment.debtor, self);
}

struct money obligation_residual(const struct obligation *obligation)
{
    return money_of(obligation->terms.payment.amount.minor - obligation->figures.received.minor);
}

/* What the creditor received counts here when it is signed: its own figures are ahead of that for
 * a moment. */
enum obligation_step obligation_step(const struct obligation *obligation)
{
    const struct obligation_figures *figures = &obligation->figures;
    int64_t received = figures->received.minor;
    if (obligation->terms.payment.amount.minor == 0 && received == 0) {
        return OBLIGATION_CLOSED;
    }
    if (received < obligation->terms.payment.amount.minor) {
        return figures->instructed.minor == 0 && received == 0 ? OBLIGATION_NETTED
                                                               : OBLIGATION_INSTRUCTED;
    }
    bool is_met = figures->acknowledged.minor == received && figures->echoed.minor == received;
    return is_met ? OBLIGATION_CLOSED : OBLIGATION_PAID;
}

struct money obligation_to_instruct(const struct obligation *obligation, bool is_residual)
{
    int64_t left = obligation_residual(obligation).minor;
    bool is_first = obligation->figures.instructed.minor == 0;
    bool is_part = is_residual && obligation->figures.received.minor > obligation->paid_then.minor;
    return money_of(left > 0 && (is_first || is_part) ? left : 0);
}

enum obligation_answer obligation_instruct(struct obligation *obligation,
                                           const struct partner_id *self, const struct uid *file,
                                           bool is_residual, struct unix_ms now)
{
    struct money amount = obligation_to_instruct(obligation, is_residual);
    if (!is_debtor(obligation, self)) {
        return OBLIGATION_NOT_OURS;
    }
    if (amount.minor == 0 || obligation->figures.instructed.minor > LIMIT_BOOKING_MINOR) {
        return OBLIGATION_NOTHING_DUE;
    }
    obligation->figures.instructed.minor += amount.minor;
    obligation->in_file = amount;
    obligation->paid_then = obligation->figures.received;
    obligation->file = *file;
    obligation->instructed_at = now;
    return OBLIGATION_OK;
}

/* Far from where a sum of all bookings, or a difference, could overflow. */
static bool is_sane(struct money amount)
{
    return amount.minor >= -LIMIT_BOOKING_MINOR && amount.minor <= LIMIT_BOOKING_MINOR;
}

static bool is_a_sum(struct money amount)
{
    return amount.minor >= 0 && amount.minor <= LIMIT_BOOKING_MINOR;
}

enum obligation_answer obligation_book(struct obligation *obligation, const struct partner_id *self,
                                       const struct booking *booking)
{
    struct money *sum =
        is_debtor(obligation, self) ? &obligation->sent : &obligation->figures.received;
    for (size_t i = 0; i < obligation->booking_count; i++) {
        if (strcmp(obligation->bookings[i].bank_reference, booking->bank_reference) == 0) {
            return OBLIGATION_BOOKING_KNOWN;
        }
    }
    if (booking->amount.minor == 0 || booking->bank_reference[0] == '\0' ||
        !is_sane(booking->amount)) {
        return OBLIGATION_AMOUNT_INVALID;
    }
    if (!is_a_sum(money_of(sum->minor + booking->amount.minor))) {
        return OBLIGATION_AMOUNT_INVALID;
    }
    if (obligation->booking_count == LIMIT_BOOKINGS) {
        return OBLIGATION_BOOKINGS_FULL;
    }
    obligation->bookings[obligation->booking_count++] = *booking;
    sum->minor += booking->amount.minor;
    return OBLIGATION_OK;
}

bool obligation_needs_notice(const struct obligation *obligation, const struct partner_id *self)
{
    const struct obligation_figures *figures = &obligation->figures;
    bool is_behind = obligation->heard_back > obligation->number; /* what we said was lost here */
    if (is_debtor(obligation, self)) {
        return is_behind || obligation->told.minor != figures->instructed.minor ||
               figures->acknowledged.minor != figures->received.minor;
    }
    return is_behind || obligation->told.minor != figures->received.minor ||
           figures->echoed.minor != figures->acknowledged.minor;
}

void obligation_next_notice(const struct obligation *obligation, const struct partner_id *self,
                            const char *coalition, struct period period,
                            struct payment_notice *out_notice)
{
    uint64_t known =
        obligation->heard_back > obligation->number ? obligation->heard_back : obligation->number;
    *out_notice = (struct payment_notice){.period = period,
                                          .terms = obligation->terms,
                                          .figures = obligation->figures,
                                          .number = known + 1,
                                          .heard = obligation->heard};
    snprintf(out_notice->coalition, sizeof out_notice->coalition, "%.31s", coalition);
    if (is_debtor(obligation, self)) {
        out_notice->figures.acknowledged = out_notice->figures.received;
    } else {
        out_notice->figures.echoed = out_notice->figures.acknowledged;
    }
}

static bool figures_equal(const struct obligation_figures *a, const struct obligation_figures *b)
{
    return a->instructed.minor == b->instructed.minor && a->received.minor == b->received.minor &&
           a->acknowledged.minor == b->acknowledged.minor && a->echoed.minor == b->echoed.minor;
}

enum obligation_answer obligation_say(struct obligation *obligation, const struct partner_id *self,
                                      const struct payment_notice *notice,
                                      struct slice signed_bytes)
{
    struct payment_notice next;
    obligation_next_notice(obligation, self, notice->coalition, notice->period, &next);
    if (!obligation_needs_notice(obligation, self) || notice->number != next.number ||
        notice->heard != next.heard || !figures_equal(&notice->figures, &next.figures)) {
        return OBLIGATION_STALE;
    }
    obligation->figures = next.figures;
    obligation->told =
        is_debtor(obligation, self) ? next.figures.instructed : next.figures.received;
    obligation->number = next.number;
    obligation->own_signed = signed_bytes;
    return OBLIGATION_OK;
}

enum obligation_answer obligation_hear(struct obligation *obligation, const struct partner_id *self,
                                       const struct payment_notice *notice,
                                       struct slice signed_bytes)
{
    if (notice->number <= obligation->heard) {
        return OBLIGATION_STALE;
    }
    if (!is_a_sum(notice->figures.received) || !is_a_sum(notice->figures.instructed)) {
        return OBLIGATION_AMOUNT_INVALID;
    }
    if (is_debtor(obligation, self)) {
        obligation->figures.received = notice->figures.received;
        obligation->figures.echoed = notice->figures.echoed;
    } else {
        obligation->figures.instructed = notice->figures.instructed;
        obligation->figures.acknowledged = notice->figures.acknowledged;
    }
    obligation->heard = notice->number;
    obligation->heard_back = notice->heard;
    obligation->partner_signed = signed_bytes;
    return OBLIGATION_OK;
}
