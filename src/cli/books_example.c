/* talea books example: an accounting.yaml with everything that is the default, made of it, so that
 * it is read back as the same. */
#include "accounting/liability.h"
#include "cli/commands.h"
#include "config/accounting_file.h"

static void print_accounts(FILE *out, const struct chart *chart, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const struct chart_account *account = &chart->accounts[i];
        fprintf(out, "  %s: \"%s\"\n", account->key, account->name);
    }
}

static void print_postings(FILE *out, const struct accounting_file *file)
{
    for (unsigned i = 0; i < POSTING_COUNT; i++) {
        const struct posting_template *row = &file->templates.rows[i];
        fprintf(out, "  %s:\n    {debit: %s, credit: %s,\n     text: \"%s\"}\n",
                posting_event_name((enum posting_event)i), file->chart.accounts[row->debit].key,
                file->chart.accounts[row->credit].key, row->text);
    }
}

static void print_ages(FILE *out)
{
    struct liability_terms terms;
    liability_terms_default(NULL, &terms);
    fputs("  ages: [", out);
    for (size_t i = 0; i < terms.age_count; i++) {
        fprintf(out, "%s%u", i == 0 ? "" : ", ", terms.ages[i]);
    }
    fputs("]\n", out);
}

enum cli_exit run_books_example(struct cli *cli)
{
    struct accounting_file file;
    FILE *out = cli->out;
    accounting_file_default(&file);
    fputs("# How this brand's books are kept: talea books --accounts accounting.yaml\n"
          "# Every line may be left out; these are the defaults.\n\n"
          "# Names of accounts, of parts with colons between them, in any script. {partner},\n"
          "# {period} and {tax} become what the posting is about.\n"
          "accounts:\n"
          "  # in points, the ledger's own\n",
          out);
    print_accounts(out, &file.chart, 0, CHART_MONEY_FIRST);
    fputs("  # in money: with a partner, for a period\n", out);
    print_accounts(out, &file.chart, CHART_MONEY_FIRST, CHART_POINTS_GIVEN);
    fputs("  # in money: what it was for\n", out);
    print_accounts(out, &file.chart, CHART_POINTS_GIVEN, CHART_DEFERRED_REVENUE);
    fputs("  # in money: revenue that belongs to points\n", out);
    print_accounts(out, &file.chart, CHART_DEFERRED_REVENUE, CHART_GIFT_CARDS);
    fputs("  # in money: gift cards\n", out);
    print_accounts(out, &file.chart, CHART_GIFT_CARDS, CHART_LINES);
    fputs(
        "\n# Accounts of one's own, for the postings: asset, liability, equity, income, expense.\n"
        "own: []\n"
        "#  - {key: marketing, type: expense, name: \"6100 Marketing:Points\"}\n"
        "\n# What is debited and credited when. Of earn_sent to other_received, sent is what this\n"
        "# brand's node told the other brand, received what it was told: its tills' purchases and\n"
        "# burns for other brands' members, and theirs for its own; and who pays for points when\n"
        "# they are spent, or under a promotion.\n"
        "postings:\n",
        out);
    print_postings(out, &file);
    fputs("\nliability:\n"
          "  # price: 0.01           # of one point; default: the redemption price of the charter\n"
          "  # breakage:             # how many of the points given are never redeemed, from when\n"
          "  #   - {from: 2026-01, percent: 5}\n"
          "  #   - {from: 2027-01, percent: 3.5}\n",
          out);
    fprintf(out,
            "  # By default it is reckoned from what expired in so many months.\n"
            "  months: %u\n"
            "  # Up to so many days.\n",
            file.breakage.months);
    print_ages(out);
    return CLI_OK;
}
