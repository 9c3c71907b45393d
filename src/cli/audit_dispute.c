/* talea audit dispute: what is signed of a disputed entry, checked without a node. */
#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/dispute_print.h"
#include "cli/selector.h"
#include "cli/session.h"

const struct argp_option audit_dispute_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0}, {0}};

static void print_proof(struct cli *cli, const struct charter *charter,
                        const struct dispute_proof *proof)
{
    const struct clearing_entry *entry = &proof->disputed.entry;
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(cli->out, "entry      %llu from %s to %s, %s of %s\n",
            (unsigned long long)entry->number, proof->disputed.sender.text,
            proof->disputed.receiver.text, entry_kind_name(entry->kind),
            amount_format(entry->points.minor, charter->points_decimals, text));
    if (entry->card.digits[0] != '\0') {
        fprintf(cli->out, "card       %s\n", entry->card.digits);
    }
    fprintf(cli->out, "time       %s UTC\n", amounts_time(entry->business_time.ms, time));
    dispute_print_proof(cli->out, charter, proof, true);
}

static enum cli_exit audit(struct cli *cli, const struct charter_chain *chain, struct slice bytes,
                           uint64_t number, struct arena *arena)
{
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, cli_argument(cli, 0), ""};
    struct dispute_proof proof;
    struct note note = {""};
    enum err err = dispute_audit(bytes, chain, number, &place, arena, &proof, &note);
    if (err == ERR_CORRUPT && report.is_flawed) {
        char text[3 * FINDING_TEXT_MAX + 400];
        dispute_flaw_text(&report.flaw, text, sizeof text);
        return cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", NULL, "%s", text);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    if (cli->is_json) {
        return cli_print_json(cli, dispute_proof_json(&proof));
    }
    print_proof(cli, charter_chain_last(chain), &proof);
    return CLI_OK;
}

enum cli_exit run_audit_dispute(struct cli *cli)
{
    struct note note = {""};
    struct charter_chain chain;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    uint64_t number;
    enum cli_exit outcome = selector_read_number(cli, 1, "entry", NULL, &number);
    if (outcome != CLI_OK) {
        return outcome;
    }
    enum err err =
        file_read(cli_argument(cli, 0), FILE_PUBLIC, LIMIT_DISPUTE_FILE_BYTES, &bytes, &note);
    if (err == ERR_OK) {
        err = session_chain(cli, &chain, &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    struct arena arena;
    arena_init(&arena, LIMIT_DISPUTE_DECODED_BYTES);
    outcome = audit(cli, &chain, buffer_slice(&bytes), number, &arena);
    arena_fini(&arena);
    charter_chain_fini(&chain);
    return outcome;
}
