#include "epochs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void epoch_sign(const struct coalition *coalition, unsigned signers, struct buffer *bytes)
{
    struct note note = {{0}};
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct buffer more = {0};
        const struct member *m = &coalition->members[i];
        if ((signers & 1u << i) == 0) {
            continue;
        }
        if (charter_sign(buffer_slice(bytes), &m->root, &m->id, &more, &note) != ERR_OK) {
            fail_msg("%s", note.text);
        }
        buffer_fini(bytes);
        *bytes = more;
    }
}

struct charter *epoch_make(const struct coalition *coalition, unsigned signers)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct charter *charter = NULL;
    struct note note = {{0}};
    if (coalition_charter(coalition, &bytes, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    epoch_sign(coalition, signers, &bytes);
    if (charter_open(buffer_slice(&bytes), &charter, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    return charter;
}

void epoch_continue(struct coalition *coalition, const struct charter *previous)
{
    coalition->terms.epoch = previous->epoch + 1;
    coalition->terms.previous = previous;
    coalition->terms.departure_count = 0;
    coalition->terms.revocation_count = 0;
}

/* As somebody would make it who does not care for what lasts. */
static struct charter *make_carelessly(struct coalition *coalition, const struct charter *previous)
{
    struct charter_terms kept = coalition->terms;
    coalition->terms.previous = NULL;
    coalition->terms.previous_hash = previous->payload_hash;
    struct charter *charter = epoch_make(coalition, 7);
    coalition->terms = kept;
    return charter;
}

void epoch_expect(struct coalition *coalition, const struct charter *previous, const char *problem)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct note note = {{0}};
    enum err err = coalition_charter(coalition, &bytes, &note);
    if (problem == NULL) {
        struct charter *charter = epoch_make(coalition, 7);
        assert_int_equal(charter_follows(charter, previous, &note), ERR_OK);
        charter_close(charter);
        return;
    }
    if (err == ERR_OK || strstr(note.text, problem) == NULL) {
        fail_msg("charter_make: %s: '%s' does not say '%s'", err_name(err), note.text, problem);
    }
    struct charter *charter = make_carelessly(coalition, previous);
    err = charter_follows(charter, previous, &note);
    if (err != ERR_CONFLICT || strstr(note.text, problem) == NULL) {
        fail_msg("charter_follows: %s: '%s' does not say '%s'", err_name(err), note.text, problem);
    }
    charter_close(charter);
}
