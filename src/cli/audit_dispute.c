/* talea audit dispute: what is signed of a disputed entry, checked without a node. */
#include <stdlib.h>

#include "base/file.h"
#include "cli/amounts.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "dossier/dispute_audit.h"

#define DISPUTE_ARENA_BYTES (16u << 20)

const struct argp_option audit_dispute_options[] = {
    {"charter", OPT_CHARTER, "FILE", 0, "Verify by this one (default: the home's)", 0}, {0}};

struct dispute_view {
    struct cli *cli;
    const struct charter *charter;
    const struct dispute_proof *proof;
};

static const char *points_text(const struct dispute_view *view, struct points points,
                               char out_text[AMOUNT_TEXT_MAX])
{
    return amount_format(points.minor, view->charter->points_decimals, out_text);
}

static void print_promise(const struct dispute_view *view)
{
    const struct dispute_proof *proof = view->proof;
    FILE *out = view->cli->out;
    char text[AMOUNT_TEXT_MAX];
    char first[TIME_TEXT_MAX];
    char last[TIME_TEXT_MAX];
    switch (proof->promise) {
    case PROMISE_NOT_ASKED:
        return;
    case PROMISE_NONE:
        fprintf(out, "promise    none is in the file\n");
        return;
    case PROMISE_GRANT:
        fprintf(out, "promise    %s granted %s on card %s, to be captured by %s UTC\n",
                proof->receiver.text, points_text(view, proof->grant.points, text),
                proof->grant.card.digits, amounts_time(proof->grant.capture_by.ms, last));
        break;
    case PROMISE_MANDATE:
        fprintf(out, "promise    a mandate of %s: %s for one burn, from %s to %s UTC\n",
                proof->receiver.text, points_text(view, proof->mandate.floor, text),
                amounts_time(proof->mandate.valid_from.ms, first),
                amounts_time(proof->mandate.valid_until.ms, last));
        break;
    }
    fprintf(out, "covered    %s\n",
            proof->is_covered
                ? "yes, in amount and time: the redeemer is right as far as this file shows"
                : "NO: beyond the promise's amount, time or card");
}

static void print_proof(const struct dispute_view *view)
{
    const struct dispute_proof *proof = view->proof;
    const struct clearing_entry *entry = &proof->entry;
    FILE *out = view->cli->out;
    char text[AMOUNT_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    char key[KEY_ID_TEXT_MAX];
    char hash[HASH_TEXT_MAX];
    fprintf(out, "entry      %llu from %s to %s, %s of %s\n", (unsigned long long)entry->number,
            proof->sender.text, proof->receiver.text, entry_kind_name(entry->kind),
            points_text(view, entry->points, text));
    if (entry->card.digits[0] != '\0') {
        fprintf(out, "card       %s\n", entry->card.digits);
    }
    fprintf(out, "time       %s UTC\n", amounts_time(entry->business_time.ms, time));
    fprintf(out, "hash       %s\n", hash_format(&proof->entry_hash, hash));
    fprintf(out, "signed     by %s, key %s: valid\n", proof->sender.text,
            key_id_format(&proof->sender_key, key));
    fprintf(
        out, "receipt    by %s, key %s: valid; %s%s\n", proof->receiver.text,
        key_id_format(&proof->receiver_key, key),
        proof->refusal[0] == '\0' ? "it took the entry" : "it refused the entry: ", proof->refusal);
    print_promise(view);
}

static const char *promise_name(enum dispute_promise promise)
{
    static const char *const names[] = {[PROMISE_NOT_ASKED] = "not asked",
                                        [PROMISE_NONE] = "none",
                                        [PROMISE_GRANT] = "grant",
                                        [PROMISE_MANDATE] = "mandate"};
    return names[promise];
}

static enum cli_exit print_json(const struct dispute_view *view)
{
    const struct dispute_proof *proof = view->proof;
    const struct clearing_entry *entry = &proof->entry;
    char hash[HASH_TEXT_MAX];
    return cli_print_json(
        view->cli,
        json_pack("{s:b, s:s, s:s, s:I, s:s, s:I, s:s, s:I, s:s, s:s, s:s, s:b}", "valid", 1,
                  "sender", proof->sender.text, "receiver", proof->receiver.text, "number",
                  (json_int_t)entry->number, "kind", entry_kind_name(entry->kind), "points",
                  (json_int_t)entry->points.minor, "card", entry->card.digits, "business_unix_ms",
                  (json_int_t)entry->business_time.ms, "entry_hash",
                  hash_format(&proof->entry_hash, hash), "refusal", proof->refusal, "promise",
                  promise_name(proof->promise), "covered", (int)proof->is_covered));
}

static enum cli_exit fail_flawed(struct cli *cli, const struct audit_flaw *flaw)
{
    char at[32] = "";
    if (flaw->number != 0) {
        snprintf(at, sizeof at, ", entry %llu", (unsigned long long)flaw->number);
    }
    return cli_fail(cli, CLI_CORRUPT, "DATA_CORRUPT", NULL, "%.300s%s: %s: expected %s, found %s",
                    flaw->file, at, flaw->what, flaw->expected, flaw->found);
}

static enum cli_exit audit(struct cli *cli, const struct charter_chain *chain, struct slice bytes,
                           uint64_t number, struct arena *arena)
{
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, cli_argument(cli, 0), ""};
    struct dispute_proof proof;
    struct note note = {""};
    enum err err = dispute_audit(bytes, chain, number, &place, arena, &proof, &note);
    if (err != ERR_OK) {
        return err == ERR_CORRUPT && report.is_flawed ? fail_flawed(cli, &report.flaw)
                                                      : cli_fail_err(cli, err, &note);
    }
    struct dispute_view view = {cli, charter_chain_last(chain), &proof};
    if (cli->is_json) {
        return print_json(&view);
    }
    print_proof(&view);
    return CLI_OK;
}

enum cli_exit run_audit_dispute(struct cli *cli)
{
    struct note note = {""};
    struct charter_chain chain;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    const char *text = cli_argument(cli, 1);
    char *end = NULL;
    uint64_t number = strtoull(text, &end, 10);
    if (*end != '\0' || number == 0 || text[0] == '-') {
        return cli_fail(cli, CLI_USAGE, "INVALID_INPUT", NULL, "\"%s\" is no entry's number", text);
    }
    enum err err = file_read(cli_argument(cli, 0), FILE_PUBLIC, LIMIT_MESSAGE_BYTES, &bytes, &note);
    if (err == ERR_OK) {
        err = session_chain(cli, &chain, &note);
    }
    if (err != ERR_OK) {
        return cli_fail_err(cli, err, &note);
    }
    struct arena arena;
    arena_init(&arena, DISPUTE_ARENA_BYTES);
    enum cli_exit outcome = audit(cli, &chain, buffer_slice(&bytes), number, &arena);
    arena_fini(&arena);
    charter_chain_fini(&chain);
    return outcome;
}
