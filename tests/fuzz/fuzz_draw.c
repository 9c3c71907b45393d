/* What is published of a draw. Whatever is read is written again as it was, and is checked to the
 * end. */
#include <string.h>

#include "draw/paper.h"
#include "fuzz.h"

/* All but the signatures, which are checked by length: they stand where the text has them. */
static void write_again(const struct draw_paper *paper, struct buffer *out)
{
    struct slice said = paper->signatures[0].said;
    draw_write_terms(&paper->terms, out);
    ASSERT(out->length == said.length && memcmp(out->at, said.at, said.length) == 0);
    buffer_clear(out);
    if (paper->stage >= DRAW_CLOSED) {
        draw_write_closing(&paper->closing, out);
        said = paper->signatures[1].said;
        ASSERT(out->length <= said.length &&
               memcmp(out->at, said.at + said.length - out->length, out->length) == 0);
    }
    buffer_clear(out);
    if (paper->stage == DRAW_REVEALED) {
        draw_write_result(&paper->result, out);
        said = paper->signatures[2].said;
        ASSERT(out->length <= said.length &&
               memcmp(out->at, said.at + said.length - out->length, out->length) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct draw_paper *paper;
    struct note note = {{0}};
    CLEANUP(buffer_fini) struct buffer again = {0};
    enum err err = draw_read(slice_of(at, length), &paper, &note);
    if (err != ERR_OK) {
        fuzz_expect_refusal(err, &note);
        return 0;
    }
    write_again(paper, &again);
    ASSERT(again.err == ERR_OK);
    err = draw_check(paper, &note);
    ASSERT(err == ERR_OK || err == ERR_DISAGREE);
    draw_paper_fini(paper);
    return 0;
}
