#include "cli/statement_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/page.h"

#define TEXT_MAX       256
#define MICRO          1000000
#define MICRO_DECIMALS 6u

/* What all parts of the page look at. */
struct view {
    struct page page;
    const struct statement_proof *proof;
    const struct charter *charter;
    struct roster roster;
};

static const char *name_of(const struct view *view, const struct partner_id *partner)
{
    return charter_partner_name(view->charter, partner);
}

/* "The Grocer (grocer)". */
static const char *name_and_id(const struct view *view, const struct partner_id *partner,
                               char out_text[TEXT_MAX])
{
    snprintf(out_text, TEXT_MAX, "%s (%s)", name_of(view, partner), partner->text);
    return out_text;
}

static const char *money_text(const struct view *view, struct money money, char out_text[TEXT_MAX])
{
    char number[PAGE_NUMBER_MAX];
    page_amount(view->page.language, money.minor, view->charter->currency_decimals, number);
    snprintf(out_text, TEXT_MAX, "%s\u00a0%s", number, view->proof->statement.currency);
    return out_text;
}

static void write_warning(struct view *view)
{
    if (statement_is_broken(view->proof)) {
        page_label(&view->page, "p", "warning", TEXT_BROKEN);
    } else if (!statement_is_agreed(view->proof)) {
        page_label(&view->page, "p", "warning", TEXT_NOT_AGREED);
    }
}

static void write_title(struct view *view)
{
    const struct pair_statement *statement = &view->proof->statement;
    char text[TEXT_MAX];
    char number[PAGE_NUMBER_MAX];
    page_label(&view->page, "h1", NULL, TEXT_TITLE);
    write_warning(view);
    snprintf(text, sizeof text, "%s \u2013 %s", name_of(view, &statement->halves[0].sender),
             name_of(view, &statement->halves[1].sender));
    page_element(&view->page, "p", "result", text);
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_PERIOD, NULL,
              page_period(view->page.language, statement->period, number));
    page_term(&view->page, TEXT_COALITION, NULL, statement->coalition);
    page_term(&view->page, TEXT_CHARTER_EPOCH, NULL,
              page_count(view->page.language, statement->charter_epoch, number));
    page_term(&view->page, TEXT_POINTS_NAME, NULL, view->charter->points_name);
    page_term(&view->page, TEXT_CURRENCY, NULL, statement->currency);
    page_close(&view->page);
}

/* ---- A half ---- */

static void write_range(struct view *view, const struct statement_half *half)
{
    char text[TEXT_MAX];
    char number[PAGE_NUMBER_MAX];
    char first[PAGE_NUMBER_MAX];
    uint64_t all = half->last_number - half->first_number + 1;
    uint64_t applied = 0;
    for (size_t i = 0; i < half->total_count; i++) {
        applied += half->totals[i].count;
    }
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_SENDER, NULL, name_and_id(view, &half->sender, text));
    page_term(&view->page, TEXT_RECEIVER, NULL, name_and_id(view, &half->receiver, text));
    page_count(view->page.language, half->first_number, first);
    snprintf(text, sizeof text, "%s\u2013%s", first,
             page_count(view->page.language, half->last_number, number));
    page_term(&view->page, TEXT_ENTRIES, NULL, text);
    if (applied < all) {
        page_term(&view->page, TEXT_REFUSED, NULL,
                  page_count(view->page.language, all - applied, number));
    }
    page_close(&view->page);
}

static void write_price(struct view *view, const struct line_price *price)
{
    char money[PAGE_NUMBER_MAX];
    char points[PAGE_NUMBER_MAX];
    char text[TEXT_MAX] = "";
    if (price->tariff != NULL) {
        page_amount(view->page.language, price->price.minor, view->charter->currency_decimals,
                    money);
        page_amount(view->page.language, price->tariff->per.minor, view->charter->points_decimals,
                    points);
        page_fill(page_text(view->page.language, TEXT_PRICE_FOR), money, points, text, sizeof text);
    }
    page_element(&view->page, "td", "n", text);
}

/* Sums of a half's lines. */
struct half_sums {
    struct money worth;
    struct money fee;
    int64_t rounded_micro; /* what rounding added, in millionths of a minor unit */
};

/* Rounded amount less exact one. The products may not fit, their difference always does. */
static int64_t rounded_micro(const struct receipt_total *total, const struct line_price *price)
{
    if (price->tariff == NULL) {
        return 0;
    }
    int64_t per = price->tariff->per.minor;
    uint64_t exact = (uint64_t)total->points * (uint64_t)price->price.minor;
    exact = entry_kind_debt(total->kind).sign < 0 ? 0 - exact : exact;
    int64_t more = (int64_t)((uint64_t)price->worth.minor * (uint64_t)per - exact);
    int64_t micro;
    return int64_mul_div(more, MICRO, per, ROUNDING_HALF_EVEN, &micro) == ERR_OK ? micro : 0;
}

static enum err write_line(struct view *view, const struct receipt_total *total,
                           struct half_sums *sums)
{
    struct line_price price;
    char text[TEXT_MAX];
    char number[PAGE_NUMBER_MAX];
    enum err err = price_line(&view->roster, total, &price);
    page_open(&view->page, "tr", NULL);
    const struct tariff *tariff = roster_tariff(&view->roster, total->tariff);
    bool is_prepaid = tariff != NULL && tariff_is_prepaid(tariff);
    page_element(&view->page, "td", NULL,
                 page_line_kind(view->page.language, total->kind, is_prepaid));
    snprintf(text, sizeof text, "%u", total->tariff);
    page_element(&view->page, "td", "n", text);
    page_element(&view->page, "td", "n", page_count(view->page.language, total->count, number));
    page_amount_cell(&view->page, total->points, view->charter->points_decimals);
    if (err == ERR_OK) {
        write_price(view, &price);
        page_amount_cell(&view->page, price.worth.minor, view->charter->currency_decimals);
        page_amount_cell(&view->page, price.fee.minor, view->charter->currency_decimals);
        TRY(money_add(sums->worth, price.worth, &sums->worth));
        TRY(money_add(sums->fee, price.fee, &sums->fee));
        sums->rounded_micro += rounded_micro(total, &price);
    } else { /* the charter at hand has no such price: the figures are not checked */
        for (unsigned i = 0; i < 3; i++) {
            page_element(&view->page, "td", "n", "\u2014");
        }
    }
    page_close(&view->page);
    return ERR_OK;
}

static void write_rounded(struct view *view, const struct half_sums *sums)
{
    char number[PAGE_NUMBER_MAX];
    char text[TEXT_MAX];
    if (sums->rounded_micro == 0 || view->charter->currency_decimals + MICRO_DECIMALS > 9) {
        return;
    }
    page_amount(view->page.language, sums->rounded_micro,
                view->charter->currency_decimals + MICRO_DECIMALS, number);
    for (size_t length = strlen(number); number[length - 1] == '0'; length--) {
        number[length - 1] = '\0';
    }
    snprintf(text, sizeof text, "%s\u00a0%s", number, view->proof->statement.currency);
    page_open(&view->page, "dl", "small");
    page_term(&view->page, TEXT_ROUNDED, NULL, text);
    page_close(&view->page);
}

static enum err write_lines(struct view *view, const struct statement_half *half)
{
    static const enum page_text titles[] = {TEXT_KIND,  TEXT_TARIFF,      TEXT_COUNT, TEXT_POINTS,
                                            TEXT_PRICE, TEXT_SENDER_OWES, TEXT_FEE};
    struct half_sums sums = {.rounded_micro = 0};
    page_table(&view->page, titles, sizeof titles / sizeof titles[0], 1);
    for (size_t i = 0; i < half->total_count; i++) {
        TRY(write_line(view, &half->totals[i], &sums));
    }
    page_close(&view->page);
    page_open(&view->page, "tfoot", NULL);
    page_open(&view->page, "tr", NULL);
    page_label(&view->page, "td", NULL, TEXT_SUM);
    for (unsigned i = 0; i < 4; i++) {
        page_element(&view->page, "td", NULL, "");
    }
    page_amount_cell(&view->page, sums.worth.minor, view->charter->currency_decimals);
    page_amount_cell(&view->page, sums.fee.minor, view->charter->currency_decimals);
    page_close(&view->page);
    page_close(&view->page);
    page_close(&view->page);
    write_rounded(view, &sums);
    return ERR_OK;
}

static void write_waiting(struct view *view, const struct receipt_total *waits)
{
    struct line_price price;
    char text[PAGE_NUMBER_MAX];
    page_open(&view->page, "tr", NULL);
    page_element(&view->page, "td", NULL, page_entry_kind(view->page.language, waits->kind));
    snprintf(text, sizeof text, "%u", waits->tariff);
    page_element(&view->page, "td", "n", text);
    page_element(&view->page, "td", "n", page_count(view->page.language, waits->count, text));
    page_amount_cell(&view->page, waits->points, view->charter->points_decimals);
    if (price_line(&view->roster, waits, &price) == ERR_OK) {
        page_amount_cell(&view->page, price.worth.minor, view->charter->currency_decimals);
    } else {
        page_element(&view->page, "td", "n", "\u2014");
    }
    page_close(&view->page);
}

/* What is disputed and waits, and what was set apart, in which the two ledgers differ. */
static void write_suspended(struct view *view, const struct statement_half *half)
{
    static const enum page_text titles[] = {TEXT_KIND, TEXT_TARIFF, TEXT_DISPUTES,
                                            TEXT_WAITING_POINTS, TEXT_SENDER_OWES};
    if (half->suspended_count + half->apart_count == 0) {
        return;
    }
    page_label(&view->page, "h3", NULL, TEXT_DISPUTED);
    page_table(&view->page, titles, sizeof titles / sizeof titles[0], 1);
    for (size_t i = 0; i < half->suspended_count; i++) {
        write_waiting(view, &half->suspended[i]);
    }
    for (size_t i = 0; i < half->apart_count; i++) {
        write_waiting(view, &half->apart[i]);
    }
    page_close(&view->page);
    page_close(&view->page);
}

static void write_charge(struct view *view, const struct statement_half *half,
                         const struct half_charge *charge)
{
    unsigned decimals = view->charter->currency_decimals;
    char number[PAGE_NUMBER_MAX];
    bool has_tax = charge->tax_code[0] != '\0';
    page_open(&view->page, "tr", NULL);
    page_element(&view->page, "td", NULL,
                 name_of(view, charge->is_by_sender ? &half->sender : &half->receiver));
    page_element(&view->page, "td", NULL,
                 has_tax ? charge->tax_code : page_text(view->page.language, TEXT_NO_TAX));
    page_element(&view->page, "td", "n",
                 has_tax ? page_percent(view->page.language, charge->tax_rate_ppm, number) : "");
    page_amount_cell(&view->page, charge->fee.minor, decimals);
    page_amount_cell(&view->page, charge->taxed.minor, decimals);
    page_amount_cell(&view->page, charge->tax.minor, decimals);
    page_close(&view->page);
}

static void write_charges(struct view *view, const struct statement_half *half)
{
    static const enum page_text titles[] = {TEXT_CHARGED_BY, TEXT_TAX_CODE, TEXT_RATE,
                                            TEXT_FEE,        TEXT_TAXED,    TEXT_TAX};
    if (half->charge_count == 0) {
        return;
    }
    page_label(&view->page, "h3", NULL, TEXT_CHARGES);
    page_table(&view->page, titles, sizeof titles / sizeof titles[0], 2);
    for (size_t i = 0; i < half->charge_count; i++) {
        write_charge(view, half, &half->charges[i]);
    }
    page_close(&view->page);
    page_close(&view->page);
}

static void write_debt(struct view *view, const struct partner_id *debtor,
                       const struct partner_id *creditor, enum page_text label, struct money amount)
{
    char text[TEXT_MAX];
    page_open(&view->page, "dl", NULL);
    page_term(&view->page, TEXT_DEBTOR, NULL, name_and_id(view, debtor, text));
    page_term(&view->page, TEXT_CREDITOR, NULL, name_and_id(view, creditor, text));
    page_term(&view->page, label, "result", money_text(view, amount, text));
    page_close(&view->page);
}

static void write_hashes(struct view *view, const struct statement_half *half)
{
    char hash[HASH_TEXT_MAX];
    page_open(&view->page, "dl", "small");
    page_term(&view->page, TEXT_LAST_HASH, "hash", hash_format(&half->last_hash, hash));
    if (!hash_is_zero(&half->root)) {
        page_term(&view->page, TEXT_ROOT, "hash", hash_format(&half->root, hash));
    }
    page_close(&view->page);
}

static enum err write_half(struct view *view, const struct statement_half *half)
{
    char text[TEXT_MAX];
    bool is_other_way = half->owed.minor < 0;
    struct money owed = half->owed;
    snprintf(text, sizeof text, "%s \u2192 %s", name_of(view, &half->sender),
             name_of(view, &half->receiver));
    page_element(&view->page, "h2", NULL, text);
    write_range(view, half);
    TRY(write_lines(view, half));
    write_charges(view, half);
    write_suspended(view, half);
    if (is_other_way) {
        TRY(money_sub(money_of(0), half->owed, &owed));
    }
    write_debt(view, is_other_way ? &half->receiver : &half->sender,
               is_other_way ? &half->sender : &half->receiver, TEXT_AMOUNT, owed);
    write_hashes(view, half);
    return ERR_OK;
}

/* ---- The end ---- */

static void write_result(struct view *view)
{
    const struct pair_statement *statement = &view->proof->statement;
    enum page_text figures = view->proof->figures == PROOF_VALID    ? TEXT_FIGURES_FOLLOW
                             : view->proof->figures == PROOF_ABSENT ? TEXT_FIGURES_UNCHECKED
                                                                    : TEXT_FIGURES_WRONG;
    page_label(&view->page, "h2", NULL, TEXT_RESULT);
    if (statement->net.minor == 0) {
        page_label(&view->page, "p", "result", TEXT_NOBODY_PAYS);
    } else {
        write_debt(view, &statement->debtor, &statement->creditor, TEXT_TO_PAY, statement->net);
    }
    page_open(&view->page, "dl", "small");
    page_term(&view->page, TEXT_FIGURES, NULL, page_text(view->page.language, figures));
    page_close(&view->page);
    page_label(&view->page, "p", "small", TEXT_ROUNDING);
}

static void write_signature(struct view *view, enum page_text what,
                            const struct proof_signature *signature)
{
    char key[KEY_ID_TEXT_MAX] = "";
    bool is_valid = signature->state == PROOF_VALID;
    enum page_text state = is_valid                            ? TEXT_VALID
                           : signature->state == PROOF_INVALID ? TEXT_INVALID
                                                               : TEXT_ABSENT;
    page_open(&view->page, "tr", NULL);
    page_label(&view->page, "td", NULL, what);
    page_element(&view->page, "td", NULL, is_valid ? name_of(view, &signature->signer) : "");
    page_element(&view->page, "td", "hash", is_valid ? key_id_format(&signature->key, key) : "");
    page_label(&view->page, "td", NULL, state);
    page_close(&view->page);
}

static void write_signatures(struct view *view)
{
    static const enum page_text titles[] = {TEXT_SIGNED_WHAT, TEXT_SIGNER, TEXT_KEY, TEXT_STATE};
    const struct pair_statement *statement = &view->proof->statement;
    page_label(&view->page, "h2", NULL, TEXT_SIGNATURES);
    page_table(&view->page, titles, 4, 4);
    write_signature(view, TEXT_SIGNED, &view->proof->own);
    write_signature(view, TEXT_COUNTERSIGNED, &view->proof->countersigned);
    write_signature(view, TEXT_PARTNERS_OWN, &view->proof->partner);
    page_close(&view->page);
    page_close(&view->page);
    page_open(&view->page, "div", "hands");
    for (unsigned i = 0; i < 2; i++) {
        page_open(&view->page, "div", NULL);
        page_element(&view->page, "p", NULL, name_of(view, &statement->halves[i].sender));
        page_label(&view->page, "p", "small", TEXT_BY_HAND);
        page_close(&view->page);
    }
    page_close(&view->page);
    page_label(&view->page, "p", "small", TEXT_FOOT);
}

static enum err write_page(struct view *view, struct buffer *out)
{
    write_title(view);
    TRY(write_half(view, &view->proof->statement.halves[0]));
    TRY(write_half(view, &view->proof->statement.halves[1]));
    write_result(view);
    write_signatures(view);
    return page_finish(&view->page, out);
}

enum err statement_page(const struct statement_proof *proof, const struct charter *charter,
                        enum page_language language, struct buffer *out, struct note *note)
{
    const struct pair_statement *statement = &proof->statement;
    struct view view = {.proof = proof, .charter = charter};
    char title[TEXT_MAX];
    char period[PERIOD_TEXT_MAX];
    TRY(charter_roster(charter, &statement->halves[0].sender, &view.roster, note));
    snprintf(title, sizeof title, "%s: %s \u2013 %s, %s", page_text(language, TEXT_TITLE),
             statement->halves[0].sender.text, statement->halves[1].sender.text,
             period_format(statement->period, period));
    enum err err = page_begin(&view.page, language, title);
    if (err == ERR_OK) {
        err = write_page(&view, out);
    }
    page_end(&view.page);
    charter_roster_fini(&view.roster);
    return err;
}
