#include "accounting/chart.h"

#include <stdio.h>

#define ROW(line, key, type, name) [line] = {key, type, name}

static const struct chart_account standard[CHART_LINES] = {
    ROW(CHART_AVAILABLE, "available", CHART_LIABILITY, "Liabilities:Loyalty:Available"),
    ROW(CHART_PENDING, "pending", CHART_LIABILITY, "Liabilities:Loyalty:Pending"),
    ROW(CHART_HELD, "held", CHART_LIABILITY, "Liabilities:Loyalty:Held"),
    ROW(CHART_DEBT, "debt", CHART_ASSET, "Assets:Loyalty:Debts"),
    ROW(CHART_RECEIVABLE, "receivable", CHART_ASSET, "Assets:Loyalty:Receivable:{partner}"),
    ROW(CHART_PAYABLE, "payable", CHART_LIABILITY, "Liabilities:Loyalty:Payable:{partner}"),
    ROW(CHART_SUSPENSE, "suspense", CHART_LIABILITY, "Liabilities:Loyalty:Suspense:{partner}"),
    ROW(CHART_ISSUED, "issued", CHART_EXPENSE, "Expenses:Loyalty:Issued"),
    ROW(CHART_REDEEMED, "redeemed", CHART_INCOME, "Income:Loyalty:Redeemed"),
    ROW(CHART_BREAKAGE, "breakage", CHART_INCOME, "Income:Loyalty:Breakage"),
    ROW(CHART_ADJUSTMENT, "adjustment", CHART_EXPENSE, "Expenses:Loyalty:Adjustments"),
    ROW(CHART_MONEY_RECEIVABLE, "money_receivable", CHART_ASSET,
        "Assets:Settlement:Receivable:{partner}:{period}"),
    ROW(CHART_MONEY_PAYABLE, "money_payable", CHART_LIABILITY,
        "Liabilities:Settlement:Payable:{partner}:{period}"),
    ROW(CHART_MONEY_DISPUTED, "money_disputed", CHART_ASSET,
        "Assets:Settlement:Disputed:{partner}:{period}"),
    ROW(CHART_NETTING, "netting", CHART_ASSET, "Assets:Settlement:Netting:{period}"),
    ROW(CHART_IN_TRANSIT, "in_transit", CHART_ASSET, "Assets:Settlement:In transit"),
    ROW(CHART_BANK, "bank", CHART_ASSET, "Assets:Bank"),
    ROW(CHART_OVERPAID_BY, "overpaid_by", CHART_LIABILITY,
        "Liabilities:Settlement:Overpaid:{partner}"),
    ROW(CHART_OVERPAID_TO, "overpaid_to", CHART_ASSET, "Assets:Settlement:Overpaid:{partner}"),
    ROW(CHART_POINTS_GIVEN, "points_given", CHART_EXPENSE, "Expenses:Points given:{partner}"),
    ROW(CHART_POINTS_TAKEN, "points_taken", CHART_INCOME, "Income:Points taken:{partner}"),
    ROW(CHART_POINTS_FUNDED, "points_funded", CHART_LIABILITY,
        "Liabilities:Points funded:{partner}"),
    ROW(CHART_POINTS_CORRECTED, "points_corrected", CHART_EXPENSE,
        "Expenses:Points corrected:{partner}"),
    ROW(CHART_POINTS_PREPAID, "points_prepaid", CHART_ASSET, "Assets:Points prepaid:{partner}"),
    ROW(CHART_POINTS_SOLD, "points_sold", CHART_LIABILITY, "Liabilities:Points sold:{partner}"),
    ROW(CHART_POINTS_LAPSED, "points_lapsed", CHART_EXPENSE, "Expenses:Points lapsed:{partner}"),
    ROW(CHART_POINTS_BREAKAGE, "points_breakage", CHART_INCOME, "Income:Points lapsed:{partner}"),
    ROW(CHART_FEES_PAID, "fees_paid", CHART_EXPENSE, "Expenses:Fees:{partner}"),
    ROW(CHART_FEES_EARNED, "fees_earned", CHART_INCOME, "Income:Fees:{partner}"),
    ROW(CHART_TAX_PAID, "tax_paid", CHART_ASSET, "Assets:Tax:{tax}"),
    ROW(CHART_TAX_CHARGED, "tax_charged", CHART_LIABILITY, "Liabilities:Tax:{tax}"),
    ROW(CHART_ROUNDING, "rounding", CHART_EXPENSE, "Expenses:Rounding"),
    ROW(CHART_OTHER, "other_settled", CHART_EXPENSE, "Expenses:Other settled:{partner}"),
    ROW(CHART_DEFERRED_REVENUE, "deferred_revenue", CHART_LIABILITY,
        "Liabilities:Deferred revenue"),
    ROW(CHART_SALES_DEFERRED, "sales_deferred", CHART_INCOME, "Income:Sales deferred"),
    ROW(CHART_POINTS_RECOGNISED, "points_recognised", CHART_INCOME, "Income:Points recognised"),
    ROW(CHART_BREAKAGE_ESTIMATED, "breakage_estimated", CHART_INCOME, "Income:Breakage estimated"),
    ROW(CHART_GIFT_CARDS, "gift_cards", CHART_LIABILITY, "Liabilities:Gift cards"),
    ROW(CHART_GIFT_TILLS, "gift_tills", CHART_ASSET, "Assets:Gift cards at tills"),
    ROW(CHART_GIFT_GIVEN, "gift_given", CHART_EXPENSE, "Expenses:Gift cards given"),
    ROW(CHART_GIFT_BREAKAGE, "gift_breakage", CHART_INCOME, "Income:Gift cards lapsed"),
};

static const char *const type_names[CHART_TYPE_COUNT] = {
    [CHART_ASSET] = "asset",   [CHART_LIABILITY] = "liability", [CHART_EQUITY] = "equity",
    [CHART_INCOME] = "income", [CHART_EXPENSE] = "expense",
};

static const char *const type_roots[CHART_TYPE_COUNT] = {
    [CHART_ASSET] = "Assets",  [CHART_LIABILITY] = "Liabilities", [CHART_EQUITY] = "Equity",
    [CHART_INCOME] = "Income", [CHART_EXPENSE] = "Expenses",
};

const char *chart_type_name(enum chart_type type)
{
    return type_names[type];
}

const char *chart_type_root(enum chart_type type)
{
    return type_roots[type];
}

void chart_default(struct chart *out_chart)
{
    memset(out_chart, 0, sizeof *out_chart);
    memcpy(out_chart->accounts, standard, sizeof standard);
    out_chart->count = CHART_LINES;
}

enum err chart_find(const struct chart *chart, const char *key, size_t *out_account)
{
    for (size_t i = 0; i < chart->count; i++) {
        if (strcmp(chart->accounts[i].key, key) == 0) {
            *out_account = i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

bool chart_key_is_sound(const char *text)
{
    bool is_sound = text[0] >= 'a' && text[0] <= 'z' && strlen(text) < CHART_KEY_MAX;
    return is_sound && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static const char *const marks[] = {"{partner}", "{period}", "{tax}"};

/* Which mark begins here; the number of marks for none. */
static size_t mark_at(const char *at)
{
    size_t mark = 0;
    while (mark < 3 && strncmp(at, marks[mark], strlen(marks[mark])) != 0) {
        mark++;
    }
    return mark;
}

/* A letter or a digit; bytes beyond ASCII are some script's letters. */
static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

bool chart_name_is_sound(const char *text)
{
    bool begins = true;
    for (const char *at = text; *at != '\0';) {
        size_t mark = mark_at(at);
        if (mark < 3) {
            at += strlen(marks[mark]);
            begins = false;
            continue;
        }
        bool is_colon = *at == ':';
        bool may_follow = *at == '-' || *at == '_' || *at == '.' || *at == ' ' || is_colon;
        if (!is_letter(*at) && (begins || !may_follow)) {
            return false;
        }
        begins = is_colon;
        at++;
    }
    return !begins && strstr(text, "  ") == NULL && text[strlen(text) - 1] != ' ' &&
           strstr(text, " :") == NULL;
}

/* Appends as far as there is room, never half of a character. */
static size_t append(char out[CHART_TEXT_MAX], size_t length, const char *text, size_t count)
{
    size_t room = CHART_TEXT_MAX - 1 - length;
    if (count > room) {
        count = room;
        while (count > 0 && ((unsigned char)text[count] & 0xC0) == 0x80) {
            count--;
        }
    }
    memcpy(out + length, text, count);
    return length + count;
}

const char *chart_name_in(const char *name, const struct chart_place *place,
                          char out_text[CHART_TEXT_MAX])
{
    const char *const values[] = {place->partner, place->period, place->tax};
    size_t length = 0;
    for (const char *at = name; *at != '\0';) {
        size_t mark = mark_at(at);
        if (mark == 3) {
            bool is_after_nothing = *at == ':' && (length == 0 || out_text[length - 1] == ':');
            length = is_after_nothing ? length : append(out_text, length, at, 1);
            at++;
        } else {
            const char *value = values[mark] == NULL ? "" : values[mark];
            length = append(out_text, length, value, strlen(value));
            at += strlen(marks[mark]);
        }
    }
    while (length > 0 && out_text[length - 1] == ':') {
        length--;
    }
    out_text[length] = '\0';
    return out_text;
}
