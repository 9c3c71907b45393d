#include "dossier/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum obligation_step audit_payment_step(const struct audit_payment *payment)
{
    struct obligation obligation = {.terms = payment->terms, .figures = payment->figures};
    return obligation_step(&obligation);
}

/* One line that can be shown: what is wrong with a file may be its bytes. */
static void keep(char *out, size_t capacity, const char *text)
{
    (void)text_clean_line(out, capacity, slice_of(text, strlen(text)));
}

enum err audit_flawed(const struct audit_place *place, uint64_t number, const char *what,
                      const char *expected, const char *found)
{
    struct audit_report *report = place->report;
    struct audit_flaw *flaw = &report->flaw;
    if (!report->is_flawed) {
        report->is_flawed = true;
        flaw->number = number;
        keep(flaw->file, sizeof flaw->file, place->file);
        keep(flaw->stream, sizeof flaw->stream, place->stream);
        keep(flaw->what, sizeof flaw->what, what);
        keep(flaw->expected, sizeof flaw->expected, expected);
        keep(flaw->found, sizeof flaw->found, found);
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
