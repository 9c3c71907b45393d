/* talea audit: brands' dossiers of a period, checked without a node and without trust. */
#include <talea/v1/back_office.pb-c.h>

#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "dossier/coalition_audit.h"

#define AUDIT_ARENA_BYTES (1u << 30) /* of all streams' totals and statements */

const struct argp_option audit_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "A charter that you know: all exports must have it", 0},
    {0}};

static unsigned long long number(uint64_t value)
{
    return (unsigned long long)value;
}

static void print_pairs(const struct cli *cli, const struct audit_report *report)
{
    static const char *const titles[] = {"pair",    "",         ">sent", ">sent",
                                         "seen by", "who pays", ">net"};
    struct table table;
    char text[AMOUNT_TEXT_MAX];
    table_init(&table, titles, 7);
    for (size_t i = 0; i < report->pair_count; i++) {
        const struct audit_pair *pair = &report->pairs[i];
        const struct pair_statement *said = &pair->statement;
        table_cell(&table, "%s", pair->partners[0].text);
        table_cell(&table, "%s", pair->partners[1].text);
        table_cell(&table, "%llu", number(pair->entries[0]));
        table_cell(&table, "%llu", number(pair->entries[1]));
        table_cell(&table, "%s", pair->dossiers == 2 ? "both" : "one");
        table_cell(&table, "%s",
                   !pair->is_agreed       ? "(not agreed)"
                   : said->net.minor == 0 ? "nobody"
                                          : said->debtor.text);
        table_cell(&table, "%s",
                   pair->is_agreed ? amount_format(said->net.minor, report->currency_decimals, text)
                                   : "");
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static const char *payment_word(const struct audit_payment *payment)
{
    return payment->is_planned ? "not netted yet"
                               : obligation_step_name(audit_payment_step(payment));
}

static void print_payment_lines(const struct cli *cli, const struct audit_report *report)
{
    static const char *const titles[] = {"who pays", "whom",   ">amount",   ">received",
                                         "state",    "netted", "signed by", "reference"};
    struct table table;
    char text[AMOUNT_TEXT_MAX];
    table_init(&table, titles, 8);
    for (size_t i = 0; i < report->payment_count; i++) {
        const struct audit_payment *payment = &report->payments[i];
        const struct obligation_terms *terms = &payment->terms;
        table_cell(&table, "%s", terms->payment.debtor.text);
        table_cell(&table, "%s", terms->payment.creditor.text);
        table_cell(&table, "%s",
                   amount_format(terms->payment.amount.minor, report->currency_decimals, text));
        table_cell(&table, "%s",
                   amount_format(payment->figures.received.minor, report->currency_decimals, text));
        table_cell(&table, "%s", payment_word(payment));
        table_cell(&table, "%s", terms->is_multilateral ? "all pairs" : "the pair");
        table_cell(&table, "%s",
                   payment->has_debtor     ? (payment->has_creditor ? "both" : "the debtor")
                   : payment->has_creditor ? "the creditor"
                                           : "nobody");
        table_cell(&table, "%s", terms->reference);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static void print_payments(const struct cli *cli, const struct audit_report *report)
{
    if (report->netting == AUDIT_NET_OPEN) {
        fprintf(cli->out, "the net of all pairs is not signed by all in it yet\n");
    }
    if (report->payment_count == 0) {
        fprintf(cli->out, "nobody pays\n");
        return;
    }
    fprintf(cli->out, "payments, in %s\n", report->currency);
    print_payment_lines(cli, report);
}

static void print_votes(const struct cli *cli, const struct audit_report *report)
{
    static const char *const titles[] = {"round", "vote of", "the net holds", "without"};
    struct table table;
    if (report->vote_count == 0) {
        return;
    }
    table_init(&table, titles, 4);
    for (size_t i = 0; i < report->vote_count; i++) {
        const struct audit_vote *vote = &report->votes[i];
        char names[256] = "";
        for (size_t j = 0; j < vote->left_out_count; j++) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", j == 0 ? "" : ", ",
                     vote->left_out[j].text);
        }
        table_cell(&table, "%u", vote->round + 1);
        table_cell(&table, "%s", vote->partner.text);
        table_cell(&table, "%s", vote->is_for ? "yes" : "no");
        table_cell(&table, "%s", names);
    }
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
    fputc('\n', cli->out);
}

/* "1 file", "15 files". */
static void print_count(const struct cli *cli, uint64_t count, const char *one, const char *many,
                        const char *end)
{
    fprintf(cli->out, "%llu %s%s", number(count), count == 1 ? one : many, end);
}

static void print_counts(const struct cli *cli, const struct audit_counts *counts)
{
    print_count(cli, counts->dossiers, "dossier", "dossiers", ", ");
    print_count(cli, counts->files, "file", "files", ", ");
    print_count(cli, counts->bytes, "byte", "bytes", "\n");
    print_count(cli, counts->charters, "charter", "charters", ", ");
    print_count(cli, counts->streams, "stream", "streams", ", ");
    print_count(cli, counts->batches, "batch", "batches", ", ");
    print_count(cli, counts->receipts, "receipt", "receipts", ", ");
    print_count(cli, counts->statements, "statement", "statements", "\n");
    print_count(cli, counts->netted_statements, "statement between others",
                "statements between others", ", ");
    print_count(cli, counts->words, "word about the net", "words about the net", ", ");
    print_count(cli, counts->votes, "vote about the net", "votes about the net", ", ");
    print_count(cli, counts->notices, "notice of payments", "notices of payments", "\n");
    print_count(cli, counts->entries, "entry", "entries", "");
    fprintf(cli->out, " (%llu of them refused), ", number(counts->refused));
    print_count(cli, counts->signatures, "signature", "signatures", "\n");
}

static void print_clean(const struct cli *cli, const struct audit_report *report)
{
    char period[PERIOD_TEXT_MAX];
    char hash[HASH_TEXT_MAX];
    fprintf(cli->out, "clean: %s, %s\n", report->coalition, period_format(report->period, period));
    fprintf(cli->out, "charter epochs %llu to %llu, the last one %s\n\n",
            number(report->first_epoch), number(report->last_epoch),
            hash_format(&report->last_charter, hash));
    print_pairs(cli, report);
    fputc('\n', cli->out);
    print_votes(cli, report);
    print_payments(cli, report);
    fputc('\n', cli->out);
    print_counts(cli, &report->counts);
}

/* ---- JSON ---- */

static json_t *counts_json(const struct audit_counts *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
                     "dossiers", (json_int_t)counts->dossiers, "files", (json_int_t)counts->files,
                     "bytes", (json_int_t)counts->bytes, "charters", (json_int_t)counts->charters,
                     "streams", (json_int_t)counts->streams, "batches", (json_int_t)counts->batches,
                     "receipts", (json_int_t)counts->receipts, "entries",
                     (json_int_t)counts->entries, "refused", (json_int_t)counts->refused,
                     "statements", (json_int_t)counts->statements, "netted_statements",
                     (json_int_t)counts->netted_statements, "words", (json_int_t)counts->words,
                     "votes", (json_int_t)counts->votes, "notices", (json_int_t)counts->notices,
                     "signatures", (json_int_t)counts->signatures);
}

static json_t *flaw_json(const struct audit_report *report)
{
    const struct audit_flaw *flaw = &report->flaw;
    return report->is_flawed
               ? json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "file", flaw->file, "stream",
                           flaw->stream, "number", (json_int_t)flaw->number, "what", flaw->what,
                           "expected", flaw->expected, "found", flaw->found)
               : json_null();
}

static json_t *pairs_json(const struct audit_report *report)
{
    json_t *pairs = json_array();
    for (size_t i = 0; i < report->pair_count; i++) {
        const struct audit_pair *pair = &report->pairs[i];
        const struct pair_statement *said = &pair->statement;
        (void)json_array_append_new(
            pairs, json_pack("{s:[s, s], s:[I, I], s:i, s:b, s:s, s:s, s:I}", "partners",
                             pair->partners[0].text, pair->partners[1].text, "entries",
                             (json_int_t)pair->entries[0], (json_int_t)pair->entries[1], "dossiers",
                             (int)pair->dossiers, "agreed", (int)pair->is_agreed, "debtor",
                             said->debtor.text, "creditor", said->creditor.text, "net_minor",
                             (json_int_t)said->net.minor));
    }
    return pairs;
}

static json_t *votes_json(const struct audit_report *report)
{
    json_t *votes = json_array();
    for (size_t i = 0; i < report->vote_count; i++) {
        const struct audit_vote *vote = &report->votes[i];
        json_t *left_out = json_array();
        for (size_t j = 0; j < vote->left_out_count; j++) {
            (void)json_array_append_new(left_out, json_string(vote->left_out[j].text));
        }
        (void)json_array_append_new(votes,
                                    json_pack("{s:i, s:s, s:b, s:o}", "round", (int)vote->round,
                                              "partner", vote->partner.text, "is_for",
                                              (int)vote->is_for, "left_out", left_out));
    }
    return votes;
}

static json_t *payments_json(const struct audit_report *report)
{
    json_t *payments = json_array();
    for (size_t i = 0; i < report->payment_count; i++) {
        const struct audit_payment *payment = &report->payments[i];
        const struct obligation_terms *terms = &payment->terms;
        const struct obligation_figures *figures = &payment->figures;
        (void)json_array_append_new(
            payments,
            json_pack("{s:s, s:s, s:I, s:s, s:b, s:s, s:b, s:b, s:I, s:I, s:I}", "debtor",
                      terms->payment.debtor.text, "creditor", terms->payment.creditor.text,
                      "amount_minor", (json_int_t)terms->payment.amount.minor, "reference",
                      terms->reference, "multilateral", (int)terms->is_multilateral, "state",
                      payment->is_planned ? "planned"
                                          : obligation_step_name(audit_payment_step(payment)),
                      "debtor_signed", (int)payment->has_debtor, "creditor_signed",
                      (int)payment->has_creditor, "instructed_minor",
                      (json_int_t)figures->instructed.minor, "received_minor",
                      (json_int_t)figures->received.minor, "acknowledged_minor",
                      (json_int_t)figures->acknowledged.minor));
    }
    return payments;
}

static const char *netting_name(enum audit_netting netting)
{
    switch (netting) {
    case AUDIT_NET_BY_PAIR:
        return "by pair";
    case AUDIT_NET_COUNTED:
        return "all pairs";
    case AUDIT_NET_OPEN:
        return "open";
    }
    return "unknown";
}

static json_t *positions_json(const struct audit_report *report)
{
    json_t *positions = json_array();
    for (size_t i = 0; i < report->position_count; i++) {
        (void)json_array_append_new(
            positions, json_pack("{s:s, s:I}", "partner", report->positions[i].partner.text,
                                 "owed_minor", (json_int_t)report->positions[i].owed.minor));
    }
    return positions;
}

static enum cli_exit print_json(struct cli *cli, const struct audit_report *report)
{
    char hash[HASH_TEXT_MAX];
    return cli_print_json(
        cli, json_pack("{s:b, s:o, s:s, s:i, s:s, s:I, s:I, s:s, s:o, s:s, s:o, s:o, s:o, s:o}",
                       "clean", (int)!report->is_flawed, "flaw", flaw_json(report), "coalition",
                       report->coalition, "period", (int)report->period.code, "currency",
                       report->currency, "first_epoch", (json_int_t)report->first_epoch,
                       "last_epoch", (json_int_t)report->last_epoch, "last_charter",
                       hash_format(&report->last_charter, hash), "pairs", pairs_json(report),
                       "netting", netting_name(report->netting), "positions",
                       positions_json(report), "votes", votes_json(report), "payments",
                       payments_json(report), "counts", counts_json(&report->counts)));
}

/* ---- The command ---- */

static enum cli_exit print_flaw(const struct cli *cli, const struct audit_flaw *flaw)
{
    char at[32] = "";
    if (flaw->number != 0) {
        snprintf(at, sizeof at, ", entry %llu", number(flaw->number));
    }
    return cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", NULL,
                    "%.300s%s%s%s: %s: expected %s, found %s", flaw->file,
                    flaw->stream[0] == '\0' ? "" : ": ", flaw->stream, at, flaw->what,
                    flaw->expected, flaw->found);
}

static enum cli_exit print(struct cli *cli, const struct audit_report *report)
{
    enum cli_exit outcome = cli->is_json ? print_json(cli, report) : CLI_OK;
    if (outcome != CLI_OK) {
        return outcome;
    }
    if (report->is_flawed) {
        if (!cli->is_json) {
            print_counts(cli, &report->counts);
        }
        return print_flaw(cli, &report->flaw);
    }
    if (!cli->is_json) {
        print_clean(cli, report);
    }
    return CLI_OK;
}

static enum cli_exit audit(struct cli *cli, const struct charter *pinned, struct arena *arena)
{
    const char *folders[ARGS_POSITIONAL_MAX];
    struct audit_report report;
    struct note note = {""};
    for (size_t i = 0; i < cli->args.count; i++) {
        folders[i] = cli_argument(cli, i);
    }
    enum err err = coalition_audit(folders, cli->args.count, pinned, arena, &report, &note);
    return err == ERR_OK || (err == ERR_CORRUPT && report.is_flawed)
               ? print(cli, &report)
               : cli_fail_err(cli, err, &note);
}

enum cli_exit run_audit(struct cli *cli)
{
    struct note note = {""};
    struct arena arena;
    struct charter *pinned = NULL;
    enum err err =
        cli_option(cli, OPT_CHARTER) == NULL ? ERR_OK : session_charter(cli, &pinned, &note);
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    arena_init(&arena, AUDIT_ARENA_BYTES);
    enum cli_exit outcome = audit(cli, pinned, &arena);
    arena_fini(&arena);
    charter_close(pinned);
    return outcome;
}
