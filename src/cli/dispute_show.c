/* talea dispute show: one dispute with what both sides said and signed; as text, JSON, a page, or
 * as the file that talea audit dispute proves. */
#include <string.h>

#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/dispute.h"
#include "cli/dispute_page.h"
#include "cli/dispute_print.h"
#include "cli/page_option.h"
#include "cli/pb_json.h"
#include "cli/table.h"

const struct argp_option dispute_show_options[] = {
    DISPUTE_DIRECTION_OPTION,
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0},
    {"out", OPT_OUT, "FILE", 0,
     "Write what is signed of it, for talea audit dispute: batches, receipts, grants, mandates", 0},
    PAGE_OPTIONS,
    {0}};

/* ---- As text ---- */

static void print_course(struct cli *cli, const struct dispute_sight *sight)
{
    const Talea__V1__Dispute *d = sight->answer->dispute;
    const struct partner_id *whose;
    int64_t due_ms;
    char time[TIME_TEXT_MAX];
    char period[PERIOD_TEXT_MAX];
    fprintf(cli->out, "state      %s%s%s%s\n", dispute_state_word(d),
            d->is_ruled_by_machine ? ", by what was signed" : "",
            d->is_by_silence ? ", by silence" : "", d->is_our_turn ? "; OUR TURN" : "");
    if (d->outcome != 0) {
        fprintf(cli->out, "outcome    %s\n", dispute_ruling_name((enum dispute_ruling)d->outcome));
    } else if (d->own_ruling != 0 || d->partner_ruling != 0) {
        fprintf(cli->out, "rulings    ours %s, theirs %s\n",
                dispute_ruling_name((enum dispute_ruling)d->own_ruling),
                dispute_ruling_name((enum dispute_ruling)d->partner_ruling));
    }
    if (d->corrected_period != 0) {
        fprintf(cli->out, "corrected  in %s\n",
                period_format((struct period){d->corrected_period}, period));
    }
    if (d->declined[0] != '\0') {
        fprintf(cli->out, "declined   %s\n", d->declined);
    }
    if (d->opened_unix_ms != 0) {
        fprintf(cli->out, "opened     %s UTC by %s\n", amounts_time(d->opened_unix_ms, time),
                d->is_opener ? "us" : d->entry->partner);
        fprintf(cli->out, "last step  %s UTC\n", amounts_time(d->moved_unix_ms, time));
    }
    if (dispute_deadline(sight, &due_ms, &whose)) {
        bool is_ours = whose == &sight->self;
        fprintf(cli->out, "deadline   %s UTC: then %s%s silence gives in\n",
                amounts_time(due_ms, time), is_ours ? "our" : whose->text, is_ours ? "" : "'s");
    }
}

static void print_dispute(struct cli *cli, const struct units *units,
                          const struct dispute_sight *sight)
{
    const Talea__V1__Dispute *d = sight->answer->dispute;
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    char period[PERIOD_TEXT_MAX];
    fprintf(cli->out, "entry      %llu, %s %s, %s, %s %s of %s\n",
            (unsigned long long)d->entry->number, d->entry->is_sent ? "to" : "from",
            d->entry->partner, d->was_applied ? "applied" : "refused",
            entry_kind_name((enum entry_kind)d->kind), amounts_points(units, d->entry_points, text),
            period_format((struct period){d->period}, period));
    if (d->business_unix_ms != 0) {
        fprintf(cli->out, "time       %s UTC\n", amounts_time(d->business_unix_ms, time));
    }
    if (d->card[0] != '\0') {
        fprintf(cli->out, "card       %s\n", d->card);
    }
    if (d->claimed_points != 0) {
        fprintf(cli->out, "claimed    %s %s, %s%s\n",
                amounts_points(units, d->claimed_points, text), units->points_name,
                dispute_reason_name((enum dispute_reason)d->reason),
                d->is_set_apart   ? "; set apart from the period's statement"
                : d->is_suspended ? "; left out of the period's statement"
                                  : "");
    }
    print_course(cli, sight);
    if (d->opener_note[0] != '\0') {
        fprintf(cli->out, "opener     \"%s\"\n", d->opener_note);
    }
    if (d->answerer_note[0] != '\0') {
        fprintf(cli->out, "answerer   \"%s\"\n", d->answerer_note);
    }
}

static void print_lines(struct cli *cli, const struct dispute_sight *sight)
{
    static const char *const titles[] = {"time UTC", "by", ">entry", "step", "receipt", "note"};
    const Talea__V1__GetDisputeResponse *answer = sight->answer;
    struct table table;
    if (answer->n_lines == 0) {
        return;
    }
    table_init(&table, titles, 6);
    for (size_t i = 0; i < answer->n_lines; i++) {
        const Talea__V1__DisputeLine *line = answer->lines[i];
        char time[TIME_TEXT_MAX];
        table_cell(&table, "%s", amounts_time(line->said_unix_ms, time));
        table_cell(&table, "%s", line->is_ours ? sight->self.text : sight->partner.text);
        table_cell(&table, "%llu", (unsigned long long)line->number);
        table_cell(&table, "%s", dispute_step_name((enum dispute_step)line->step));
        table_cell(&table, "%s",
                   line->refusal[0] != '\0' ? line->refusal
                   : line->is_under_way     ? "under way"
                                            : "taken");
        table_cell(&table, "%s", line->note);
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out, cli->is_coloured);
    table_fini(&table);
}

static enum cli_exit print_text(struct cli *cli, const struct dispute_sight *sight)
{
    const struct charter *charter = charter_chain_last(&sight->chain);
    const struct units *units;
    enum cli_exit outcome = session_units(cli, &units);
    if (outcome != CLI_OK) {
        return outcome;
    }
    print_dispute(cli, units, sight);
    print_lines(cli, sight);
    fputc('\n', cli->out);
    if (sight->has_proof) {
        dispute_print_proof(cli->out, charter, &sight->proof, false);
    } else if (!sight->report.is_flawed) {
        fprintf(cli->out, "evidence   the node does not have what was signed of it any more\n");
    }
    return CLI_OK;
}

/* ---- As JSON, as files ---- */

static enum cli_exit print_json(struct cli *cli, const struct dispute_sight *sight)
{
    json_t *json = pb_json(&sight->answer->base);
    json_t *evidence = sight->has_proof ? dispute_proof_json(&sight->proof) : json_null();
    if (json != NULL && json_object_set_new(json, "evidence", evidence) != 0) {
        json_decref(json);
        json = NULL;
    }
    return cli_print_json(cli, json);
}

static enum cli_exit write_file(struct cli *cli, const char *path, const struct buffer *bytes)
{
    struct note note = {""};
    enum err err = file_create(path, FILE_PUBLIC, buffer_slice(bytes), &note);
    return err == ERR_OK ? CLI_OK : cli_fail_err(cli, err, &note);
}

static enum cli_exit write_evidence(struct cli *cli, const struct dispute_sight *sight)
{
    const char *path = cli_option(cli, OPT_OUT);
    if (path == NULL) {
        return CLI_OK;
    }
    return sight->evidence.length == 0
               ? cli_fail(cli, CLI_REFUSED, "ENTRY_UNKNOWN", NULL,
                          "the node does not have what was signed of entry %llu",
                          (unsigned long long)sight->answer->dispute->entry->number)
               : write_file(cli, path, &sight->evidence);
}

static enum cli_exit write_page(struct cli *cli, const struct dispute_sight *sight,
                                enum page_language language)
{
    const char *path = cli_option(cli, OPT_HTML);
    CLEANUP(buffer_fini) struct buffer page = {0};
    if (path == NULL) {
        return CLI_OK;
    }
    enum err err = dispute_page(sight, language, &page);
    return err == ERR_OK ? write_file(cli, path, &page) : cli_fail_err(cli, err, NULL);
}

static enum cli_exit show(struct cli *cli, const struct dispute_sight *sight,
                          enum page_language language)
{
    enum cli_exit outcome = cli->is_json ? print_json(cli, sight) : print_text(cli, sight);
    if (outcome == CLI_OK) {
        outcome = write_evidence(cli, sight);
    }
    if (outcome == CLI_OK) {
        outcome = write_page(cli, sight, language);
    }
    if (outcome == CLI_OK && sight->report.is_flawed) {
        char text[3 * FINDING_TEXT_MAX + 400];
        dispute_flaw_text(&sight->report.flaw, text, sizeof text);
        outcome = cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", NULL, "%s", text);
    }
    return outcome;
}

enum cli_exit run_dispute_show(struct cli *cli)
{
    Talea__V1__StreamEntry entry;
    struct dispute_sight sight;
    enum page_language language;
    enum cli_exit outcome = page_read_language(cli, &language);
    if (outcome == CLI_OK) {
        outcome = dispute_read_entry(cli, &entry);
    }
    if (outcome != CLI_OK) {
        return outcome;
    }
    outcome = dispute_sight_take(cli, &entry, &sight);
    if (outcome == CLI_OK) {
        outcome = show(cli, &sight, language);
    }
    dispute_sight_fini(&sight);
    return outcome;
}
