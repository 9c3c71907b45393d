/* What is published of a draw: read as it was written, and every change of it is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "draw/kept.h"
#include "sample.h"

static struct draw_paper *read_text(const struct buffer *text)
{
    struct draw_paper *paper = NULL;
    struct note note = {""};
    if (draw_read(buffer_slice(text), &paper, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    return paper;
}

static void test_stages(void **state)
{
    (void)state;
    for (unsigned stage = DRAW_OPENED; stage < DRAW_STAGE_END; stage++) {
        struct buffer text = {0};
        struct note note = {""};
        sample_paper((enum draw_stage)stage, &text);
        struct draw_paper *paper = read_text(&text);
        assert_int_equal(paper->stage, stage);
        assert_string_equal(paper->terms.name, "summer");
        assert_string_equal(paper->terms.prizes[1].name, "voucher");
        assert_int_equal(draw_wanted(&paper->terms), 4);
        assert_int_equal(paper->entrant_count, stage == DRAW_OPENED ? 0 : SAMPLE_ENTRANTS);
        assert_int_equal(draw_check(paper, &note), ERR_OK);
        draw_paper_fini(paper);
        buffer_fini(&text);
    }
}

static void test_prizes_in_order(void **state)
{
    (void)state;
    struct buffer text = {0};
    sample_paper(DRAW_REVEALED, &text);
    struct draw_paper *paper = read_text(&text);
    static const char *const names[] = {"car", "voucher", "voucher", NULL};
    for (size_t i = 0; i < 4; i++) {
        const struct draw_prize *prize = draw_prize_of(&paper->terms, i);
        assert_true((prize == NULL) == (names[i] == NULL));
        assert_true(prize == NULL || strcmp(prize->name, names[i]) == 0);
    }
    draw_paper_fini(paper);
    buffer_fini(&text);
}

static void test_signatures(void **state)
{
    (void)state;
    struct buffer text = {0};
    sample_paper(DRAW_REVEALED, &text);
    struct draw_paper *paper = read_text(&text);
    struct public_key key = sample_key();
    for (unsigned i = 0; i < 3; i++) {
        const struct draw_signature *signature = &paper->signatures[i];
        struct signing_scope scope = {"demo", PURPOSE_DRAW, signature->epoch};
        struct hash said = draw_said(signature->said);
        assert_int_equal(signature->epoch, 3);
        assert_int_equal(
            signing_verify(&key, &scope, slice_of(said.bytes, HASH_BYTES), &signature->signature),
            ERR_OK);
    }
    draw_paper_fini(paper);
    buffer_fini(&text);
}

/* What any byte of it becomes is refused by the reader, by the check, or by a signature. */
static void test_every_byte_counts(void **state)
{
    (void)state;
    struct buffer text = {0};
    struct public_key key = sample_key();
    sample_paper(DRAW_REVEALED, &text);
    for (size_t at = 0; at < text.length; at++) {
        struct draw_paper *paper = NULL;
        struct note note = {""};
        uint8_t before = text.at[at];
        text.at[at] = before == '1' ? '2' : (uint8_t)(before ^ 1);
        bool is_found = draw_read(buffer_slice(&text), &paper, &note) != ERR_OK ||
                        draw_check(paper, &note) != ERR_OK;
        for (unsigned i = 0; !is_found && i < 3; i++) {
            const struct draw_signature *signature = &paper->signatures[i];
            struct key_id id = key_id_of(&key);
            struct signing_scope scope = {paper->terms.coalition, PURPOSE_DRAW, signature->epoch};
            struct hash said = draw_said(signature->said);
            is_found = !key_id_equal(&id, &signature->key) ||
                       signing_verify(&key, &scope, slice_of(said.bytes, HASH_BYTES),
                                      &signature->signature) != ERR_OK;
        }
        if (!is_found) {
            fail_msg("byte %zu counts for nothing", at);
        }
        draw_paper_fini(paper);
        text.at[at] = before;
    }
    buffer_fini(&text);
}

static void expect_refused(const struct draw_paper *paper, const char *says)
{
    struct note note = {""};
    assert_int_equal(draw_check(paper, &note), ERR_DISAGREE);
    assert_string_equal(note.text, says);
}

/* What the brand itself may have signed: a seed, a list, a winner other than they must be. */
static void test_a_brand_that_cheats(void **state)
{
    (void)state;
    struct buffer text = {0};
    struct note note = {""};
    sample_paper(DRAW_REVEALED, &text);
    struct draw_paper *paper = read_text(&text);
    paper->result.seed.bytes[0] ^= 1;
    expect_refused(paper, "the seed is not the one that was committed to");
    paper->result.seed.bytes[0] ^= 1;
    paper->entrants[0].tickets++;
    paper->entrants[1].tickets--;
    expect_refused(paper, "the list is not the one that was fixed");
    paper->entrants[0].tickets--;
    paper->entrants[1].tickets++;
    paper->result.winners[1].ticket++;
    expect_refused(paper, "winner 2 is somebody else");
    paper->result.winners[1].ticket--;
    paper->result.winners[0].id[3] ^= 1;
    expect_refused(paper, "winner 1 is somebody else");
    paper->result.winners[0].id[3] ^= 1;
    paper->result.winner_count--;
    expect_refused(paper, "4 win, not 3");
    paper->result.winner_count++;
    assert_int_equal(draw_check(paper, &note), ERR_OK);
    draw_paper_fini(paper);
    buffer_fini(&text);
}

static void test_cut_short(void **state)
{
    (void)state;
    struct buffer text = {0};
    sample_paper(DRAW_REVEALED, &text);
    size_t good = 0;
    for (size_t length = 0; length < text.length; length++) {
        struct draw_paper *paper = NULL;
        struct note note = {""};
        enum err err = draw_read(slice_of(text.at, length), &paper, &note);
        good += err == ERR_OK ? 1 : 0;
        assert_true(err == ERR_OK || (err == ERR_CORRUPT && note.text[0] != '\0'));
        draw_paper_fini(paper);
    }
    assert_int_equal(good, 3); /* behind each signature */
    buffer_fini(&text);
}

static enum err earlier(enum draw_stage now, enum draw_stage before, size_t change_at)
{
    struct buffer text = {0};
    struct buffer old = {0};
    struct note note = {""};
    sample_paper(now, &text);
    sample_paper(before, &old);
    struct draw_paper *paper = read_text(&text);
    struct draw_paper *old_paper = read_text(&old);
    if (change_at > 0) {
        old.at[change_at] ^= 1;
    }
    enum err err =
        draw_check_earlier(paper, buffer_slice(&text), old_paper, buffer_slice(&old), &note);
    draw_paper_fini(paper);
    draw_paper_fini(old_paper);
    buffer_fini(&text);
    buffer_fini(&old);
    return err;
}

static void test_what_was_published_before(void **state)
{
    (void)state;
    assert_int_equal(earlier(DRAW_REVEALED, DRAW_OPENED, 0), ERR_OK);
    assert_int_equal(earlier(DRAW_REVEALED, DRAW_CLOSED, 0), ERR_OK);
    assert_int_equal(earlier(DRAW_CLOSED, DRAW_CLOSED, 0), ERR_OK);
    assert_int_equal(earlier(DRAW_CLOSED, DRAW_REVEALED, 0), ERR_DISAGREE);
    assert_int_equal(earlier(DRAW_REVEALED, DRAW_OPENED, 40), ERR_DISAGREE);
}

static void test_terms_that_are_none(void **state)
{
    (void)state;
    struct note note = {""};
    struct draw_terms terms = {.coalition = "demo",
                               .name = "summer",
                               .metric = "tickets",
                               .prize_count = 1,
                               .prizes = {{"car", 1}}};
    assert_int_equal(draw_terms_check(&terms, &note), ERR_OK);
    terms.prizes[0].count = 0;
    assert_int_equal(draw_terms_check(&terms, &note), ERR_INPUT);
    terms.prizes[0].count = LIMIT_DRAW_WINNERS;
    terms.reserves = 1;
    assert_int_equal(draw_terms_check(&terms, &note), ERR_INPUT);
    terms.reserves = 0;
    assert_int_equal(draw_terms_check(&terms, &note), ERR_OK);
    memcpy(terms.name, "a\nb", 4);
    assert_int_equal(draw_terms_check(&terms, &note), ERR_INPUT);
}

/* ---- What a journal keeps ---- */

static void test_kept(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct draw_kept_won won = {slice_of("car", 3), slice_of("0123456789abcdef", 16)};
    struct draw_kept_won read;
    struct draw_kept_step step = {slice_of("text", 4), slice_of("sealed", 6)};
    struct draw_kept_step read_step;
    draw_kept_won_encode(&won, &bytes);
    assert_true(draw_kept_is(buffer_slice(&bytes), DRAW_KEPT_WON));
    assert_false(draw_kept_is(buffer_slice(&bytes), DRAW_KEPT_STEP));
    assert_int_equal(draw_kept_won_decode(buffer_slice(&bytes), &read), ERR_OK);
    assert_true(slice_equal(read.prize, won.prize) && slice_equal(read.member, won.member));
    assert_int_equal(draw_kept_step_decode(buffer_slice(&bytes), &read_step), ERR_CORRUPT);
    for (size_t i = 0; i < bytes.length; i++) {
        assert_int_equal(draw_kept_won_decode(slice_of(bytes.at, i), &read), ERR_CORRUPT);
    }
    buffer_clear(&bytes);
    draw_kept_step_encode(&step, &bytes);
    assert_int_equal(draw_kept_step_decode(buffer_slice(&bytes), &read_step), ERR_OK);
    assert_true(slice_equal(read_step.text, step.text) &&
                slice_equal(read_step.sealed, step.sealed));
    buffer_fini(&bytes);
}

static void test_kept_page(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct draw_entrant entrants[SAMPLE_ENTRANTS];
    sample_entrants(entrants);
    draw_kept_page_begin(&bytes, SAMPLE_ENTRANTS);
    for (size_t i = 0; i < SAMPLE_ENTRANTS; i++) {
        struct draw_kept_row row = {entrants[i], slice_of("owner", 5)};
        draw_kept_row_write(&bytes, &row);
    }
    struct reader in = reader_of(buffer_slice(&bytes));
    assert_int_equal(draw_kept_page_read(&in, SAMPLE_ENTRANTS), SAMPLE_ENTRANTS);
    for (size_t i = 0; i < SAMPLE_ENTRANTS; i++) {
        struct draw_kept_row row;
        draw_kept_row_read(&in, &row);
        assert_int_equal(row.entrant.tickets, entrants[i].tickets);
        assert_memory_equal(row.entrant.id, entrants[i].id, DRAW_ID_BYTES);
        assert_true(slice_equal(row.owner, slice_of("owner", 5)));
    }
    assert_int_equal(reader_finish(&in), ERR_OK);
    in = reader_of(buffer_slice(&bytes));
    assert_int_equal(draw_kept_page_read(&in, SAMPLE_ENTRANTS - 1), 0);
    assert_int_equal(in.err, ERR_CORRUPT);
    buffer_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_prizes_in_order),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_a_brand_that_cheats),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_what_was_published_before),
        cmocka_unit_test(test_terms_that_are_none),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_kept_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
