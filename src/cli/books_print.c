/* Formats: https://hledger.org/hledger.html#journal, https://ledger-cli.org/doc/ledger3.html,
 * https://beancount.github.io/docs/beancount_language_syntax.html, RFC 4180. */
#include <ctype.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cli/books.h"
#include "cli/csv.h"

#define COMMODITY_MAX 24 /* Beancount's */

enum err books_format_parse(const char *word, enum books_format *out_format)
{
    static const char *const words[] = {"hledger", "ledger", "beancount", "csv"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) == 0) {
            *out_format = (enum books_format)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

/* Capital letters and digits, of the points' name: what Beancount takes for a currency. */
static void beancount_commodity(const char *name, char out[COMMODITY_MAX + 1])
{
    size_t length = 0;
    for (const char *at = name; *at != '\0' && length < COMMODITY_MAX; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x80 && (isalpha(c) || (length > 0 && isdigit(c)))) {
            out[length++] = (char)toupper(c);
        }
    }
    out[length] = '\0';
    if (length < 2) {
        memcpy(out, "POINTS", sizeof "POINTS");
    }
}

static void print_commodity(FILE *out, const struct books_style *style, bool is_money)
{
    char commodity[COMMODITY_MAX + 1];
    if (is_money) {
        fputs(style->units->currency, out);
    } else if (style->format == BOOKS_BEANCOUNT) {
        beancount_commodity(style->units->points_name, commodity);
        fputs(commodity, out);
    } else {
        fprintf(out, "\"%s\"", style->units->points_name);
    }
}

/* ---- Names ---- */

static bool has_root(const char *name)
{
    for (unsigned type = 0; type < CHART_TYPE_COUNT; type++) {
        const char *root = chart_type_root((enum chart_type)type);
        size_t length = strlen(root);
        if (strncmp(name, root, length) == 0 && name[length] == ':') {
            return true;
        }
    }
    return false;
}

/* Under one of the five roots; parts begin with a capital, and have no other signs than "-". */
static void beancount_name(const struct chart_account *account, char name[CHART_TEXT_MAX])
{
    char plain[CHART_TEXT_MAX];
    snprintf(plain, sizeof plain, "%s", name);
    if (!has_root(plain)) {
        const char *root = chart_type_root(account->type);
        snprintf(name, CHART_TEXT_MAX, "%s:%.*s", root, (int)(CHART_TEXT_MAX - strlen(root) - 2),
                 plain);
    }
    bool begins = true;
    for (char *at = name; *at != '\0'; at++) {
        if (*at == ' ' || *at == '_' || *at == '.') {
            *at = '-';
        }
        *at = (char)(begins && (unsigned char)*at < 0x80 ? toupper((unsigned char)*at) : *at);
        begins = *at == ':';
    }
}

const char *books_account_name(const struct books_style *style, const struct books_posting *posting,
                               char out_name[CHART_TEXT_MAX])
{
    const struct chart_account *account = &style->chart->accounts[posting->account];
    struct chart_place place = {posting->partner, posting->period, posting->tax};
    chart_name_in(account->name, &place, out_name);
    if (style->format == BOOKS_BEANCOUNT) {
        beancount_name(account, out_name);
    }
    return out_name;
}

const char *books_amount(const struct books_style *style, size_t account, struct exact_money amount,
                         char out_text[AMOUNT_TEXT_MAX])
{
    char whole[AMOUNT_TEXT_MAX];
    char micro[16];
    bool is_money = account >= CHART_MONEY_FIRST;
    unsigned decimals = is_money ? style->units->currency_decimals : style->units->points_decimals;
    bool is_negative = amount.minor < 0 || amount.micro < 0;
    amount_format(amount.minor, decimals, whole);
    const char *digits = whole[0] == '-' ? whole + 1 : whole;
    snprintf(micro, sizeof micro, "%06d", abs(amount.micro));
    for (size_t length = strlen(micro); length > 0 && micro[length - 1] == '0'; length--) {
        micro[length - 1] = '\0';
    }
    snprintf(out_text, AMOUNT_TEXT_MAX, "%s%.30s%s%s", is_negative ? "-" : "", digits,
             decimals == 0 && micro[0] != '\0' ? "." : "", micro);
    return out_text;
}

/* ---- The accounts ---- */

struct known_account {
    char name[CHART_TEXT_MAX];
    enum chart_type type;
    bool is_money;
    struct civil date;
};

static int compare_accounts(const void *a, const void *b)
{
    return strcmp(((const struct known_account *)a)->name, ((const struct known_account *)b)->name);
}

static bool is_before(struct civil a, struct civil b)
{
    return a.year != b.year     ? a.year < b.year
           : a.month != b.month ? a.month < b.month
                                : a.day < b.day;
}

void books_accounts_add(struct books_accounts *accounts, const struct books_style *style,
                        const struct books_transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        size_t account = transaction->postings[i].account;
        struct known_account *known = malloc(sizeof *known);
        struct known_account **found = NULL;
        if (known != NULL) {
            books_account_name(style, &transaction->postings[i], known->name);
            known->type = style->chart->accounts[account].type;
            known->is_money = account >= CHART_MONEY_FIRST;
            known->date = transaction->date;
            found = (struct known_account **)tsearch(known, &accounts->root, compare_accounts);
        }
        if (found == NULL) {
            accounts->is_failed = true;
            free(known);
        } else if (*found != known) {
            (*found)->date = is_before(known->date, (*found)->date) ? known->date : (*found)->date;
            free(known);
        }
    }
}

void books_accounts_fini(struct books_accounts *accounts)
{
    tdestroy(accounts->root, free);
    accounts->root = NULL;
}

static void print_date(FILE *out, struct civil date)
{
    fprintf(out, "%04d-%02d-%02d", date.year, date.month, date.day);
}

struct declaring {
    FILE *out;
    const struct books_style *style;
};

static void declare(const void *node, VISIT which, void *context)
{
    static const char type_letters[CHART_TYPE_COUNT] = {'A', 'L', 'E', 'R', 'X'};
    const struct known_account *known = *(const struct known_account *const *)node;
    const struct declaring *declaring = context;
    FILE *out = declaring->out;
    if (which != postorder && which != leaf) {
        return;
    }
    switch (declaring->style->format) {
    case BOOKS_HLEDGER:
        fprintf(out, "account %s  ; type: %c\n", known->name, type_letters[known->type]);
        break;
    case BOOKS_LEDGER:
        fprintf(out, "account %s\n", known->name);
        break;
    case BOOKS_BEANCOUNT:
        print_date(out, known->date);
        fprintf(out, " open %s  ", known->name);
        print_commodity(out, declaring->style, known->is_money);
        fputc('\n', out);
        break;
    case BOOKS_CSV:
        break;
    }
}

/* How many decimals are shown, for hledger; remainders have more and count none the less. */
static void declare_commodity(FILE *out, const struct books_style *style, bool is_money)
{
    unsigned decimals = is_money ? style->units->currency_decimals : style->units->points_decimals;
    fputs("commodity ", out);
    if (style->format == BOOKS_HLEDGER) {
        fprintf(out, "1000.%.*s ", (int)decimals, "000000000");
    }
    print_commodity(out, style, is_money);
    fputc('\n', out);
}

void books_print_head(FILE *out, const struct books_style *style, struct books_accounts *accounts)
{
    struct declaring declaring = {out, style};
    if (style->format == BOOKS_CSV) {
        fputs("date,account,kind,partner,period,debit,credit,unit,event,title,reference,first_row,"
              "last_row\r\n",
              out);
        return;
    }
    fputs("; Points by day of booking (UTC); money by statements and payments. Made from the "
          "node's journal.\n\n",
          out);
    if (style->has_other_currency) {
        fputs("; Deferred revenue is without sales in another currency.\n\n", out);
    }
    if (style->has_other_gifts) {
        fputs("; Gift cards are in another currency, and left out.\n\n", out);
    }
    if (style->format == BOOKS_BEANCOUNT) {
        fprintf(out, "option \"operating_currency\" \"%s\"\n\n", style->units->currency);
    } else {
        declare_commodity(out, style, false);
        declare_commodity(out, style, true);
        fputc('\n', out);
    }
    twalk_r(accounts->root, declare, &declaring);
    fputc('\n', out);
}

/* ---- Transactions ---- */

static void print_posting(FILE *out, const struct books_style *style,
                          const struct books_posting *posting, struct exact_money amount)
{
    char text[AMOUNT_TEXT_MAX];
    char name[CHART_TEXT_MAX];
    fprintf(out, "%s%s  %s ", style->format == BOOKS_BEANCOUNT ? "  " : "    ",
            books_account_name(style, posting, name),
            books_amount(style, posting->account, amount, text));
    print_commodity(out, style, posting->account >= CHART_MONEY_FIRST);
    fputc('\n', out);
}

/* Of the journal; entries in money are not of rows. */
static void csv_row_number(struct csv_row *row, uint64_t number)
{
    if (number == 0) {
        csv_text(row, "");
    } else {
        csv_number(row, "%" PRIu64, number);
    }
}

static void print_csv(FILE *out, const struct books_style *style,
                      const struct books_transaction *transaction,
                      const struct books_posting *posting)
{
    struct csv_row row = {.out = out};
    char text[AMOUNT_TEXT_MAX];
    char name[CHART_TEXT_MAX];
    bool is_money = posting->account >= CHART_MONEY_FIRST;
    csv_number(&row, "%04d-%02d-%02d", transaction->date.year, transaction->date.month,
               transaction->date.day);
    csv_text(&row, books_account_name(style, posting, name));
    csv_text(&row, style->chart->accounts[posting->account].key);
    csv_text(&row, posting->partner);
    csv_text(&row, posting->period);
    csv_text(&row, books_amount(style, posting->account, posting->debit, text));
    csv_text(&row, books_amount(style, posting->account, posting->credit, text));
    csv_text(&row, is_money ? style->units->currency : style->units->points_name);
    csv_text(&row, transaction->event);
    csv_text(&row, transaction->title);
    csv_text(&row, transaction->reference);
    csv_row_number(&row, transaction->first_row);
    csv_row_number(&row, transaction->last_row);
    csv_end(&row);
}

static void print_title(FILE *out, const struct books_style *style,
                        const struct books_transaction *transaction)
{
    bool has_reference = transaction->reference[0] != '\0';
    print_date(out, transaction->date);
    if (style->format == BOOKS_BEANCOUNT) {
        fprintf(out, " * \"%s\"%s%s\n", transaction->title, has_reference ? " ^" : "",
                transaction->reference);
    } else {
        fprintf(out, " *%s%s%s %s\n", has_reference ? " (" : "", transaction->reference,
                has_reference ? ")" : "", transaction->title);
    }
}

void books_print(FILE *out, const struct books_style *style,
                 const struct books_transaction *transaction)
{
    bool has_title = false;
    for (size_t i = 0; i < transaction->count; i++) {
        const struct books_posting *posting = &transaction->postings[i];
        struct exact_money amount;
        if (style->format == BOOKS_CSV) {
            print_csv(out, style, transaction, posting);
        } else if (exact_sub(posting->debit, posting->credit, &amount) == ERR_OK &&
                   !exact_is_zero(amount)) {
            if (!has_title) {
                print_title(out, style, transaction);
                has_title = true;
            }
            print_posting(out, style, posting, amount);
        }
    }
    if (has_title) {
        fputc('\n', out);
    }
}
