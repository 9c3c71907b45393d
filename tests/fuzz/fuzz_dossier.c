/* What an auditor is given: a stream's file, SUMS, a statement's file, the net's, a payment's, and
 * a member's receipt. By the keys of the sample coalition, so that the seeds come through. */
#include <stdio.h>

#include "dossier/dispute_audit.h"
#include "dossier/member_receipt.h"
#include "dossier/statement_audit.h"
#include "dossier/stream_audit.h"
#include "fuzz.h"
#include "samples.h"

static void expect_verdict(enum err err, const struct audit_report *report)
{
    if (err == ERR_OK) {
        ASSERT(!report->is_flawed);
    } else {
        ASSERT(err == ERR_RESOURCE || (err == ERR_CORRUPT && report->is_flawed));
    }
}

static void try_stream(struct slice bytes, const struct charter_chain *chain, struct arena *arena)
{
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, "file", ""};
    struct stream_summary summary;
    FILE *file = fmemopen((void *)(uintptr_t)bytes.at, bytes.length, "rb");
    ASSERT(file != NULL);
    expect_verdict(stream_audit(file, chain, &place, arena, &summary), &report);
    (void)fclose(file);
}

static void try_statement(struct slice bytes, const struct charter_chain *chain,
                          struct arena *arena)
{
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, "file", ""};
    struct dossier dossier = {.folder = "folder", .period = {SAMPLE_PERIOD}, .chain = *chain};
    struct statement_proof proof;
    bool is_there;
    expect_verdict(statement_audit(bytes, &dossier, &place, arena, &proof, &is_there), &report);
}

static void try_sums(struct slice bytes, struct arena *arena)
{
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct sums_file sums;
    struct note note = {""};
    enum err err = sums_file_read(bytes, arena, &sums, &note);
    if (err != ERR_OK) {
        ASSERT(err == ERR_CORRUPT && note.text[0] != '\0');
        return;
    }
    for (size_t i = 0; i < sums.count; i++) {
        ASSERT(sums_file_find(&sums, sums.lines[i].name) == &sums.lines[i]);
        sums_line_write(&again, sums.lines[i].name, &sums.lines[i].sum);
    }
    ASSERT(again.length == bytes.length);
}

static void try_net(struct slice bytes, const struct charter_chain *chain, struct arena *arena)
{
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, "file", ""};
    struct netting_table table;
    bool has_votes;
    struct hash sum;
    const struct charter *charter = charter_chain_last(chain);
    ASSERT(net_table_make(chain, (struct period){SAMPLE_PERIOD}, &charter->partners[0].id, arena,
                          &table) == ERR_OK);
    FILE *file = fmemopen((void *)(uintptr_t)bytes.at, bytes.length, "rb");
    ASSERT(file != NULL);
    expect_verdict(net_audit(file, chain, &place, &table, &has_votes, &sum), &report);
    (void)fclose(file);
}

static void try_payment(struct slice bytes, const struct charter_chain *chain, struct arena *arena)
{
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, "file", ""};
    struct dossier_payment payment;
    const struct charter *charter = charter_chain_last(chain);
    expect_verdict(payment_audit(bytes, chain, &charter->partners[0].id,
                                 (struct period){SAMPLE_PERIOD}, &place, arena, &payment),
                   &report);
}

static void try_receipt(struct slice bytes, const struct charter_chain *chain)
{
    struct member_receipt_proof proof;
    struct note note = {""};
    enum err err = member_receipt_verify(bytes, chain, &proof, &note);
    if (err == ERR_OK) {
        ASSERT(proof.said.at == bytes.at && proof.said.length < bytes.length);
    } else {
        ASSERT(note.text[0] != '\0');
    }
}

static void try_evidence(struct slice bytes, const struct charter_chain *chain, struct arena *arena)
{
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, "file", ""};
    struct dispute_proof proof;
    struct note note = {""};
    enum err err = dispute_audit(bytes, chain, 1, &place, arena, &proof, &note);
    if (err == ERR_NOT_FOUND) {
        ASSERT(note.text[0] != '\0' && !report.is_flawed);
    } else {
        expect_verdict(err, &report);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct charter_chain chain; /* the same for all inputs */
    struct slice bytes = slice_of(at, length);
    unsigned choice;
    if (chain.count == 0) {
        sample_chain(&chain);
    }
    if (!fuzz_choose(&bytes, 7, &choice) || bytes.length == 0) {
        return 0;
    }
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (choice == 0) {
        try_stream(bytes, &chain, &arena);
    } else if (choice == 1) {
        try_statement(bytes, &chain, &arena);
    } else if (choice == 2) {
        try_sums(bytes, &arena);
    } else if (choice == 3) {
        try_net(bytes, &chain, &arena);
    } else if (choice == 4) {
        try_payment(bytes, &chain, &arena);
    } else if (choice == 5) {
        try_receipt(bytes, &chain);
    } else {
        try_evidence(bytes, &chain, &arena);
    }
    return 0;
}
