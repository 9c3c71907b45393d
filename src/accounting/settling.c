#include "accounting/settling.h"

#include <stdlib.h>

void settling_init(struct settling *settling, const struct partner_id *self,
                   const struct posting_templates *templates)
{
    *settling = (struct settling){.self = *self, .templates = templates};
}

void settling_fini(struct settling *settling)
{
    book_list_fini(&settling->entries);
    free(settling->pairs);
    free(settling->nets);
    *settling = (struct settling){.self = settling->self, .templates = settling->templates};
}

struct settling_pair *settling_pair(struct settling *settling, const struct partner_id *partner,
                                    struct period period)
{
    for (size_t i = settling->pair_count; i > 0; i--) { /* the newest first */
        struct settling_pair *pair = &settling->pairs[i - 1];
        if (pair->period.code == period.code && partner_id_equal(&pair->partner, partner)) {
            return pair;
        }
    }
    if (settling->pair_count == settling->pair_capacity) {
        size_t capacity = settling->pair_capacity * 2 + 16;
        struct settling_pair *pairs = realloc(settling->pairs, capacity * sizeof *pairs);
        if (pairs == NULL) {
            return NULL;
        }
        settling->pairs = pairs;
        settling->pair_capacity = capacity;
    }
    struct settling_pair *pair = &settling->pairs[settling->pair_count++];
    *pair = (struct settling_pair){.partner = *partner, .period = period};
    return pair;
}

/* ---- One entry ---- */

static void add_line(struct book_entry *entry, size_t account, struct exact_money amount)
{
    if (!exact_is_zero(amount)) {
        entry->lines[entry->line_count++] = (struct book_line){account, amount};
    }
}

/* `owed` in whole minor units against what it exactly is; both legs exact while it is disputed, and
 * where nothing is owed. */
static enum err post(struct settling *settling, enum posting_event event,
                     const struct book_entry *about, struct money owed, struct exact_money exact)
{
    const struct posting_template *template = &settling->templates->rows[event];
    enum posting_owed leg = posting_event_owed(event);
    struct book_entry entry = *about;
    bool is_exact = about->is_disputed || (leg == POSTING_OWED_NONE && owed.minor == 0);
    struct exact_money whole = is_exact ? exact : exact_of(owed.minor);
    struct exact_money debit = leg == POSTING_OWED_CREDIT ? exact : whole;
    struct exact_money credit = leg == POSTING_OWED_DEBIT ? exact : whole;
    bool is_disputed = about->is_disputed;
    struct exact_money rest;
    TRY(exact_sub(credit, debit, &rest));
    entry.event = event;
    entry.line_count = 0;
    add_line(&entry,
             is_disputed && leg == POSTING_OWED_DEBIT ? CHART_MONEY_DISPUTED : template->debit,
             debit);
    add_line(&entry,
             is_disputed && leg == POSTING_OWED_CREDIT ? CHART_MONEY_DISPUTED : template->credit,
             exact_negated(credit));
    add_line(&entry, CHART_ROUNDING, rest);
    return entry.line_count == 0 ? ERR_OK : book_list_add(&settling->entries, &entry);
}

enum err settling_post(struct settling *settling, enum posting_event event,
                       const struct book_entry *about, struct money amount)
{
    return post(settling, event, about, amount, exact_of(amount.minor));
}

/* ---- A statement ---- */

/* What the halves add up to, as entries are made of them. */
struct half_books {
    struct settling *settling;
    struct settling_pair *pair;
    const struct roster *roster;
    bool is_sent;
    struct book_entry about;
    struct money owed; /* by the half's sender, of what is posted so far */
};

/* Of the half that was received, where it is not the one that was sent. */
static enum posting_event event_on(enum posting_event sent, bool is_sent)
{
    return is_sent ? sent : (enum posting_event)(sent + POSTING_EARN_RECEIVED - POSTING_EARN_SENT);
}

/* Funding that is given back under a tariff that is funded at issue can only be a promotion's
 * share, of a node that did not tell the two apart. */
static enum posting_event event_of(const struct tariff *tariff, enum entry_kind kind, bool is_sent)
{
    enum posting_event event;
    switch ((int)kind) {
    case ENTRY_EARN:
        event = POSTING_EARN_SENT;
        break;
    case ENTRY_EARN_RETURN:
        event = POSTING_EARN_RETURN_SENT;
        break;
    case ENTRY_CAPTURE:
        event = POSTING_CAPTURE_SENT;
        break;
    case ENTRY_BURN_RETURN:
        event = POSTING_BURN_RETURN_SENT;
        break;
    case ENTRY_MOVED_LOT:
        event = POSTING_MOVED_SENT;
        break;
    case ENTRY_ADJUSTMENT:
    case ENTRY_BURN_ADJUSTMENT:
        event = POSTING_CORRECTION_SENT;
        break;
    case ENTRY_FUNDING:
        event = POSTING_FUNDING_SENT;
        break;
    case ENTRY_FUNDING_RETURN:
        event = tariff->funding == FUNDED_AT_BURN ? POSTING_FUNDING_RETURN_SENT
                                                  : POSTING_PROMOTION_RETURN_SENT;
        break;
    case ENTRY_PROMOTION:
        event = POSTING_PROMOTION_SENT;
        break;
    case ENTRY_PROMOTION_RETURN:
        event = POSTING_PROMOTION_RETURN_SENT;
        break;
    case ENTRY_BLOCK_BOUGHT:
        event = POSTING_BLOCK_BOUGHT_SENT;
        break;
    case ENTRY_BLOCK_ENDED:
        event = POSTING_BLOCK_ENDED_SENT;
        break;
    default:
        event = POSTING_OTHER_SENT;
    }
    return event_on(event, is_sent);
}

/* Into what the pair owes each other. */
static enum err count_owed(struct half_books *books, enum posting_event event, struct money amount)
{
    bool is_payable = posting_event_owed(event) == POSTING_OWED_CREDIT;
    struct money *side = is_payable ? &books->pair->payable : &books->pair->receivable;
    TRY(money_add(*side, amount, side));
    return is_payable == books->is_sent ? money_add(books->owed, amount, &books->owed)
                                        : money_sub(books->owed, amount, &books->owed);
}

/* `owed` by the half's sender, and exactly how much. As the event has it: forwards. */
static enum err post_owed(struct half_books *books, enum posting_event event, struct money owed,
                          struct exact_money exact)
{
    bool is_payable = posting_event_owed(event) == POSTING_OWED_CREDIT;
    if (is_payable != books->is_sent) {
        TRY(money_sub(money_of(0), owed, &owed));
        exact = exact_negated(exact);
    }
    TRY(post(books->settling, event, &books->about, owed, exact));
    return books->about.is_disputed ? ERR_OK : count_owed(books, event, owed);
}

/* What goes out of a block, at its price, without being owed: what is drawn and given back, what is
 * left and not bought back. While it is disputed it stays in the block. `way` -1: backwards. */
static enum err post_of_block(struct half_books *books, const struct receipt_total *total, int way)
{
    const struct tariff *tariff = roster_tariff(books->roster, total->tariff);
    bool is_return = total->kind == ENTRY_EARN_RETURN;
    bool is_end = total->kind == ENTRY_BLOCK_ENDED;
    bool is_of_block = is_return || is_end || total->kind == ENTRY_EARN;
    struct exact_money exact;
    if (tariff == NULL || !tariff_is_prepaid(tariff) || !is_of_block || books->about.is_disputed) {
        return ERR_OK;
    }
    int64_t price = tariff->issue_price.minor - (is_end ? tariff->redemption_price.minor : 0);
    enum posting_event event = is_end ? POSTING_LAPSED_SENT : POSTING_DRAWN_SENT;
    TRY(exact_worth(total->points, price, tariff->per.minor, &exact));
    return post(books->settling, event_on(event, books->is_sent), &books->about, money_of(0),
                is_return == (way > 0) ? exact_negated(exact) : exact);
}

static enum err post_total(struct half_books *books, const struct receipt_total *total)
{
    struct line_price price;
    struct exact_money exact;
    TRY(post_of_block(books, total, 1));
    TRY(price_line(books->roster, total, &price));
    if (price.tariff == NULL) {
        return ERR_OK;
    }
    TRY(exact_worth(total->points, price.price.minor, price.tariff->per.minor, &exact));
    exact = tariff_debt(price.tariff, total->kind).sign < 0 ? exact_negated(exact) : exact;
    return post_owed(books, event_of(price.tariff, total->kind, books->is_sent), price.worth,
                     exact);
}

/* By the sender of the half or to it, as the charge has it. */
static enum err post_charge(struct half_books *books, const struct half_charge *charge)
{
    bool is_paid = books->is_sent != charge->is_by_sender; /* by this brand */
    struct money fee = charge->fee;
    struct money tax = charge->tax;
    if (charge->is_by_sender) {
        TRY(money_sub(money_of(0), fee, &fee));
        TRY(money_sub(money_of(0), tax, &tax));
    }
    memcpy(books->about.tax, charge->tax_code, sizeof books->about.tax);
    TRY(post_owed(books, is_paid ? POSTING_FEE_PAID : POSTING_FEE_EARNED, fee,
                  exact_of(fee.minor)));
    TRY(post_owed(books, is_paid ? POSTING_TAX_PAID : POSTING_TAX_CHARGED, tax,
                  exact_of(tax.minor)));
    memset(books->about.tax, 0, sizeof books->about.tax);
    return ERR_OK;
}

static enum err post_half(struct half_books *books, const struct statement_half *half)
{
    struct money other;
    books->owed = money_of(0);
    for (size_t i = 0; i < half->total_count; i++) {
        TRY(post_total(books, &half->totals[i]));
    }
    for (size_t i = 0; i < half->charge_count; i++) {
        TRY(post_charge(books, &half->charges[i]));
    }
    TRY(money_sub(half->owed, books->owed, &other));
    TRY(post_owed(books, books->is_sent ? POSTING_OTHER_SENT : POSTING_OTHER_RECEIVED, other,
                  exact_of(other.minor)));
    books->about.is_disputed = true;
    for (size_t i = 0; i < half->suspended_count; i++) {
        TRY(post_total(books, &half->suspended[i]));
    }
    for (size_t i = 0; i < half->apart_count; i++) {
        TRY(post_total(books, &half->apart[i]));
    }
    books->about.is_disputed = false;
    return ERR_OK;
}

enum err settling_statement(struct settling *settling, const struct roster *roster,
                            const struct pair_statement *statement, struct unix_ms agreed_at)
{
    const struct statement_half *first = &statement->halves[0];
    bool is_first = partner_id_equal(&first->sender, &settling->self);
    if (!is_first && !partner_id_equal(&first->receiver, &settling->self)) {
        return ERR_INPUT;
    }
    const struct partner_id *partner = is_first ? &first->receiver : &first->sender;
    struct settling_pair *pair = settling_pair(settling, partner, statement->period);
    int64_t last_ms = period_start(period_next(statement->period)).ms - 1;
    if (pair == NULL || pair->is_agreed) {
        return pair == NULL ? ERR_RESOURCE : ERR_OK;
    }
    pair->is_agreed = true;
    pair->agreed_at = agreed_at.ms < last_ms ? agreed_at : (struct unix_ms){last_ms};
    struct half_books books = {
        .settling = settling,
        .pair = pair,
        .roster = roster,
        .about = {.at = pair->agreed_at, .partner = *partner, .period = statement->period}};
    for (unsigned i = 0; i < 2; i++) {
        books.is_sent = partner_id_equal(&statement->halves[i].sender, &settling->self);
        TRY(post_half(&books, &statement->halves[i]));
    }
    return ERR_OK;
}

/* ---- The end of a dispute ---- */

/* What the statement left out waits no longer. */
static enum err release_line(struct half_books *books, const struct receipt_total *line)
{
    struct book_list *entries = &books->settling->entries;
    size_t before = entries->count;
    books->about.is_disputed = true;
    TRY(post_total(books, line));
    books->about.is_disputed = false;
    for (size_t i = before; i < entries->count; i++) {
        struct book_entry *entry = &entries->rows[i];
        for (size_t j = 0; j < entry->line_count; j++) {
            entry->lines[j].amount = exact_negated(entry->lines[j].amount);
        }
    }
    return ERR_OK;
}

enum err settling_release(struct settling *settling, const struct roster *roster,
                          const struct settling_dispute *dispute, struct unix_ms at)
{
    struct settling_pair *pair = settling_pair(settling, &dispute->partner, dispute->period);
    if (pair == NULL || !pair->is_agreed) {
        return pair == NULL ? ERR_RESOURCE : ERR_OK;
    }
    struct half_books books = {.settling = settling,
                               .pair = pair,
                               .roster = roster,
                               .is_sent = dispute->is_sent,
                               .about = {.at = at.ms < pair->agreed_at.ms ? pair->agreed_at : at,
                                         .partner = dispute->partner,
                                         .period = dispute->period}};
    bool was_posted = dispute->was_applied && !dispute->was_left_out;
    if (dispute->was_left_out) {
        TRY(release_line(&books, &dispute->line));
    }
    return dispute->stands == was_posted
               ? ERR_OK
               : post_of_block(&books, &dispute->line, dispute->stands ? 1 : -1);
}
