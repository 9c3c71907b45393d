/* What an auditor is given: a stream's file, SUMS, a statement's file. By the keys of the sample
 * coalition, so that the seeds come through. */
#include <stdio.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct charter_chain chain; /* the same for all inputs */
    struct slice bytes = slice_of(at, length);
    unsigned choice;
    if (chain.count == 0) {
        struct coalition coalition;
        coalition_begin(&coalition);
        sample_chain(&coalition, &chain);
        coalition_end(&coalition);
    }
    if (!fuzz_choose(&bytes, 3, &choice) || bytes.length == 0) {
        return 0;
    }
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (choice == 0) {
        try_stream(bytes, &chain, &arena);
    } else if (choice == 1) {
        try_statement(bytes, &chain, &arena);
    } else {
        try_sums(bytes, &arena);
    }
    return 0;
}
