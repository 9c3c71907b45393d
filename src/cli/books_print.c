/* Formats: https://hledger.org/hledger.html#journal,
 * https://beancount.github.io/docs/beancount_language_syntax.html, RFC 4180. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/amount.h"
#include "cli/books.h"

#define COMMODITY_MAX 24 /* Beancount's */

enum err books_format_parse(const char *word, enum books_format *out_format)
{
    static const struct {
        const char *word;
        enum books_format format;
    } formats[] = {{"hledger", BOOKS_HLEDGER},
                   {"ledger", BOOKS_HLEDGER},
                   {"beancount", BOOKS_BEANCOUNT},
                   {"csv", BOOKS_CSV}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].word, word) == 0) {
            *out_format = formats[i].format;
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

/* The chart's name with the partner in its place. Beancount's parts begin with a capital. */
static void print_account(FILE *out, const struct books_style *style, const struct books_line *line)
{
    static const char mark[] = "{partner}";
    bool is_capital = style->format == BOOKS_BEANCOUNT;
    bool begins = true;
    for (const char *at = style->chart->names[line->line]; *at != '\0';) {
        bool is_mark = strncmp(at, mark, sizeof mark - 1) == 0;
        const char *text = is_mark ? line->partner.text : at;
        size_t length = is_mark ? strlen(text) : 1;
        for (size_t i = 0; i < length; i++) {
            unsigned char c = (unsigned char)text[i];
            fputc(begins && is_capital ? toupper(c) : c, out);
            begins = c == ':';
        }
        at += is_mark ? sizeof mark - 1 : 1;
    }
}

static void print_date(FILE *out, struct civil date)
{
    fprintf(out, "%04d-%02d-%02d", date.year, date.month, date.day);
}

void books_print_head(FILE *out, const struct books_style *style)
{
    if (style->format == BOOKS_CSV) {
        fputs("date,account,kind,partner,debit,credit,first_row,last_row\n", out);
    } else {
        fputs("; Points, by day of booking (UTC); made from the node's journal.\n\n", out);
    }
}

void books_print_opening(FILE *out, const struct books_style *style, struct civil date,
                         const struct books_line *line)
{
    if (style->format == BOOKS_BEANCOUNT) {
        print_date(out, date);
        fputs(" open ", out);
        print_account(out, style, line);
        fputc('\n', out);
    }
}

static void print_posting(FILE *out, const struct books_style *style, const struct books_line *line)
{
    char amount[AMOUNT_TEXT_MAX];
    char commodity[COMMODITY_MAX + 1];
    amount_format(line->debit - line->credit, style->points_decimals, amount);
    fputs(style->format == BOOKS_BEANCOUNT ? "  " : "    ", out);
    print_account(out, style, line);
    if (style->format == BOOKS_BEANCOUNT) {
        beancount_commodity(style->points_name, commodity);
        fprintf(out, "  %s %s\n", amount, commodity);
    } else {
        fprintf(out, "  %s \"%s\"\n", amount, style->points_name);
    }
}

/* No field of ours has a comma, a quote or a line's end but, perhaps, a space. */
static void print_csv(FILE *out, const struct books_style *style, const struct books_day *day,
                      const struct books_line *line)
{
    char debit[AMOUNT_TEXT_MAX];
    char credit[AMOUNT_TEXT_MAX];
    print_date(out, day->date);
    fputc(',', out);
    print_account(out, style, line);
    fprintf(out, ",%s,%s,%s,%s,%" PRIu64 ",%" PRIu64 "\n", chart_line_name(line->line),
            line->partner.text, amount_format(line->debit, style->points_decimals, debit),
            amount_format(line->credit, style->points_decimals, credit), day->first_row,
            day->last_row);
}

static void print_title(FILE *out, const struct books_style *style, const struct books_day *day)
{
    print_date(out, day->date);
    fprintf(out,
            style->format == BOOKS_BEANCOUNT
                ? " * \"Points of the day, journal rows %" PRIu64 " to %" PRIu64 "\"\n"
                : " * Points of the day, journal rows %" PRIu64 " to %" PRIu64 "\n",
            day->first_row, day->last_row);
}

void books_print_day(FILE *out, const struct books_style *style, const struct books_day *day)
{
    bool has_title = false;
    for (size_t i = 0; i < day->count; i++) {
        const struct books_line *line = &day->lines[i];
        if (style->format == BOOKS_CSV) {
            print_csv(out, style, day, line);
        } else if (line->debit != line->credit) {
            if (!has_title) {
                print_title(out, style, day);
                has_title = true;
            }
            print_posting(out, style, line);
        }
    }
    if (has_title) {
        fputc('\n', out);
    }
}
