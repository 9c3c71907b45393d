#include "dossier/report.h"

#include <inttypes.h>
#include <stdio.h>

enum obligation_step audit_payment_step(const struct audit_payment *payment)
{
    struct obligation obligation = {.terms = payment->terms, .figures = payment->figures};
    return obligation_step(&obligation);
}

enum err audit_flawed(const struct audit_place *place, uint64_t number, const char *what,
                      const char *expected, const char *found)
{
    struct audit_report *report = place->report;
    struct audit_flaw *flaw = &report->flaw;
    if (!report->is_flawed) {
        report->is_flawed = true;
        flaw->number = number;
        snprintf(flaw->file, sizeof flaw->file, "%s", place->file);
        snprintf(flaw->stream, sizeof flaw->stream, "%s", place->stream);
        snprintf(flaw->what, sizeof flaw->what, "%s", what);
        snprintf(flaw->expected, sizeof flaw->expected, "%s", expected);
        snprintf(flaw->found, sizeof flaw->found, "%s", found);
    }
    return ERR_CORRUPT;
}

enum err audit_flawed_numbers(const struct audit_place *place, uint64_t number, const char *what,
                              uint64_t expected, uint64_t found)
{
    char texts[2][24];
    snprintf(texts[0], sizeof texts[0], "%" PRIu64, expected);
    snprintf(texts[1], sizeof texts[1], "%" PRIu64, found);
    return audit_flawed(place, number, what, texts[0], texts[1]);
}

enum err audit_flawed_hashes(const struct audit_place *place, uint64_t number, const char *what,
                             const struct hash *expected, const struct hash *found)
{
    char texts[2][HASH_TEXT_MAX];
    return audit_flawed(place, number, what, hash_format(expected, texts[0]),
                        hash_format(found, texts[1]));
}
