/* The net of as many partners as a coalition may have, handed on page by page; and partners whose
 * pages have no end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "peer/netting.h"
#include "peer/netting_page.h"
#include "shop.h"
#include "wire/messages.h"

enum {
    PARTNERS = LIMIT_PARTNERS,
    LEFT_OUT = 200, /* by each word: they are what is large */
    ROUNDS = 2,
    OTHERS = PARTNERS - 2 /* but for the two that talk */
};

static const struct period october = {202610};

/* Large. All partners sign with the first shop's key. */
static struct street street;
static struct charter_partner partners[PARTNERS];
static struct roster_partner members[PARTNERS];
static struct roster roster;

static struct brand *holder(void)
{
    return &street.shops[0].brand;
}

static void sign(enum purpose purpose, const struct buffer *payload, struct buffer *out)
{
    assert_int_equal(signed_make(&holder()->signer, 1, purpose,
                                 (struct slice){payload->at, payload->length}, out),
                     ERR_OK);
}

static void expect_done(const struct command *command)
{
    struct outcome outcome = engine_execute(holder()->engine, command);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(outcome.verdict, VERDICT_OK);
}

static void add_statement(unsigned with)
{
    CLEANUP(buffer_fini) struct buffer payload = {0};
    CLEANUP(buffer_fini) struct buffer own = {0};
    CLEANUP(buffer_fini) struct buffer theirs = {0};
    CLEANUP(buffer_fini) struct buffer counter = {0};
    struct receipt_total line = {ENTRY_EARN, 1, 1, 100 + with};
    struct pair_statement statement = {.coalition = "demo",
                                       .charter_epoch = 1,
                                       .period = october,
                                       .currency = "EUR",
                                       .net = money_of(1 + with),
                                       .debtor = partners[0].id,
                                       .creditor = partners[with].id};
    for (unsigned i = 0; i < 2; i++) {
        statement.halves[i] = (struct statement_half){.sender = partners[i == 0 ? 0 : with].id,
                                                      .receiver = partners[i == 0 ? with : 0].id,
                                                      .first_number = 1,
                                                      .last_number = 1 + with,
                                                      .totals = &line,
                                                      .total_count = 1};
    }
    assert_int_equal(wire_statement_encode(&statement, &payload), ERR_OK);
    sign(PURPOSE_STATEMENT, &payload, &own);
    sign(PURPOSE_STATEMENT, &payload, &theirs);
    sign(PURPOSE_STATEMENT_COUNTERSIGN, &payload, &counter);
    struct command command = brand_command(holder(), COMMAND_PUT_PAIR, 0);
    command.put_pair = (struct command_put_pair){partners[with].id,
                                                 october,
                                                 {PAIR_MATCHED,
                                                  "",
                                                  buffer_slice(&own),
                                                  buffer_slice(&theirs),
                                                  buffer_slice(&counter),
                                                  buffer_slice(&counter),
                                                  {0}}};
    expect_done(&command);
}

/* Its word, or its vote in a round. */
static void add_word(unsigned who, enum netting_row_kind kind, uint32_t round)
{
    static struct partner_id left_out[LEFT_OUT];
    struct netting_set said = {.coalition = "demo",
                               .period = october,
                               .number = netting_number(round, 1),
                               .left_out = left_out,
                               .left_out_count = LEFT_OUT,
                               .set = {{1}}};
    CLEANUP(buffer_fini) struct buffer payload = {0};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    for (unsigned i = 0; i < LEFT_OUT; i++) {
        left_out[i] = partners[PARTNERS - LEFT_OUT + i].id;
    }
    assert_int_equal(wire_netting_encode(&said, &payload), ERR_OK);
    sign(kind == NETTING_WORD ? PURPOSE_NETTING : PURPOSE_NETTING_VOTE, &payload, &bytes);
    struct command command = brand_command(holder(), COMMAND_KEEP_NETTING, 0);
    command.netting = (struct command_netting){
        kind,
        october,
        partners[who].id,
        {{0}},
        {.is_commitment = true, .number = said.number, .first_signed = buffer_slice(&bytes)}};
    expect_done(&command);
}

static int set_up(void **state)
{
    (void)state;
    street_init(&street, 1);
    for (unsigned i = 0; i < PARTNERS; i++) {
        partners[i] = street.partners[0];
        snprintf(partners[i].id.text, sizeof partners[i].id.text, "p%04u", i);
        if (i < BRANDS) {
            partners[i].id = street.shops[i].brand.id;
        }
        members[i].id = partners[i].id;
    }
    street.charter.partners = partners;
    street.charter.partner_count = PARTNERS;
    memcpy(street.charter.currency, "EUR", 4);
    roster = holder()->roster;
    roster.partners = members;
    roster.partner_count = PARTNERS;
    for (unsigned i = 1; i < PARTNERS; i++) {
        add_statement(i);
    }
    for (unsigned i = 0; i < PARTNERS; i++) {
        add_word(i, NETTING_WORD, 0);
        for (uint32_t round = 0; round < ROUNDS; round++) {
            add_word(i, NETTING_VOTE, round);
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    street_fini(&street);
    return 0;
}

/* One page, as bytes and back. */
struct paper {
    struct arena arenas[2];
    size_t bytes;
    Talea__V1__FetchNettingResponse *message;
    struct netting_page page;
};

static void paper_make(struct paper *paper, const struct netting_place *after)
{
    struct shop_host host = shop_host(&street, 0);
    struct netting_page page;
    Talea__V1__FetchNettingResponse message;
    host.host.roster = &roster;
    arena_init(&paper->arenas[0], LIMIT_DECODED_BYTES);
    arena_init(&paper->arenas[1], LIMIT_DECODED_BYTES);
    assert_int_equal(netting_page_make(&host.host, october, after, &paper->arenas[0], &page),
                     ERR_OK);
    assert_int_equal(netting_page_to_message(&page, &paper->arenas[0], &message), ERR_OK);
    paper->bytes = talea__v1__fetch_netting_response__get_packed_size(&message);
    uint8_t *room = malloc(paper->bytes + 1);
    assert_non_null(room);
    talea__v1__fetch_netting_response__pack(&message, room);
    paper->message = talea__v1__fetch_netting_response__unpack(NULL, paper->bytes, room);
    free(room);
    assert_non_null(paper->message);
    assert_int_equal(netting_page_of_message(paper->message, &paper->arenas[1], &paper->page, NULL),
                     ERR_OK);
    shop_host_end(&host);
}

static void paper_fini(struct paper *paper)
{
    talea__v1__fetch_netting_response__free_unpacked(paper->message, NULL);
    arena_fini(&paper->arenas[0]);
    arena_fini(&paper->arenas[1]);
}

static enum err take(struct netting_reading *reading, const struct netting_page *page,
                     bool *out_is_more)
{
    struct shop_host host = shop_host(&street, 1);
    struct note note = {""};
    enum err err =
        netting_page_take(&host.host, &partners[0].id, reading, page, out_is_more, &note);
    assert_int_equal(err == ERR_OK, note.text[0] == '\0');
    shop_host_end(&host);
    return err;
}

/* Of others' statements, words and votes. */
static void expect_taken(size_t statements, size_t words)
{
    struct shop_host host = shop_host(&street, 1);
    struct slice bytes;
    size_t counts[2] = {0, 0};
    for (unsigned i = 0; i < PARTNERS; i++) {
        const struct partner_id *id = &partners[i].id;
        counts[0] += netting_statement_of(&host.host, october, &partners[0].id, id, &bytes,
                                          &bytes) == ERR_OK;
        counts[1] += netting_word_of(&host.host, october, id, &bytes) == ERR_OK;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            counts[1] += netting_vote_in(&host.host, october, id, round, &bytes) == ERR_OK;
        }
    }
    assert_int_equal(counts[0], statements);
    assert_int_equal(counts[1], words);
    shop_host_end(&host);
}

/* Pages that have no end are asked for no more, and nothing of them is taken. */
static void test_no_end(void **state)
{
    (void)state;
    struct netting_reading reading = {.pages = 0};
    struct netting_place start = {.is_words = false};
    struct netting_page empty = {.is_more = true};
    struct paper paper;
    bool is_more = true;
    netting_reading_begin(&reading, october);
    assert_int_equal(take(&reading, &empty, &is_more), ERR_INPUT);
    assert_false(is_more);

    paper_make(&paper, &start);
    reading.place = (struct netting_place){false, paper.page.statements[0].other};
    assert_int_equal(take(&reading, &paper.page, &is_more), ERR_INPUT); /* the first page again */
    assert_false(is_more);
    assert_string_equal(reading.place.partner.text, ""); /* begins anew */

    struct netting_page back = {.statements = paper.page.statements, .statement_count = 3};
    struct netting_agreed swapped = back.statements[1];
    back.statements[1] = back.statements[2];
    back.statements[2] = swapped;
    assert_int_equal(take(&reading, &back, &is_more), ERR_INPUT);

    struct netting_page unknown = {
        .statements = paper.page.statements, .statement_count = 1, .is_more = true};
    snprintf(unknown.statements[0].other.text, sizeof unknown.statements[0].other.text, "zz");
    assert_int_equal(take(&reading, &unknown, &is_more), ERR_SIGNATURE);
    assert_false(is_more);
    paper_fini(&paper);
    expect_taken(0, 0);
}

/* One partner says no more than there are rounds. */
static void test_one_says_too_much(void **state)
{
    (void)state;
    struct netting_reading reading = {.period = october};
    struct netting_place words = {.is_words = true};
    struct netting_said said[2 + NETTING_ROUNDS_MAX];
    struct netting_page page = {.words = said, .word_count = 2 + NETTING_ROUNDS_MAX};
    struct paper paper;
    bool is_more;
    paper_make(&paper, &words);
    for (size_t i = 0; i < page.word_count; i++) {
        said[i] = paper.page.words[0];
    }
    assert_int_equal(take(&reading, &page, &is_more), ERR_INPUT);
    page.word_count--;
    assert_int_equal(take(&reading, &page, &is_more), ERR_OK);
    paper_fini(&paper);
}

/* A turn ends behind so many pages; the next one goes on there. */
static void test_a_turn_ends(void **state)
{
    (void)state;
    struct netting_reading reading = {.pages = 0};
    struct netting_place start = {.is_words = false};
    struct paper paper;
    paper_make(&paper, &start);
    for (size_t i = 1; i <= 2 * LIMIT_NETTING_PAGES; i++) { /* the first one is of the two */
        struct netting_page page = {
            .statements = &paper.page.statements[i], .statement_count = 1, .is_more = true};
        bool is_more = false;
        netting_reading_begin(&reading, october);
        reading.pages = (unsigned)((i - 1) % LIMIT_NETTING_PAGES);
        assert_int_equal(take(&reading, &page, &is_more), ERR_OK);
        assert_int_equal(is_more, i % LIMIT_NETTING_PAGES != 0);
        assert_string_equal(reading.place.partner.text, paper.page.statements[i].other.text);
    }
    expect_taken((size_t)2 * LIMIT_NETTING_PAGES, 0);
    netting_reading_begin(&reading, (struct period){202611});
    assert_string_equal(reading.place.partner.text, "");
    paper_fini(&paper);
}

/* More than any message holds arrives, and the last page is known to be it. */
static void test_a_thousand(void **state)
{
    (void)state;
    struct netting_reading reading = {.pages = 0};
    size_t bytes = 0;
    bool is_more = true;
    netting_reading_begin(&reading, october);
    while (is_more) {
        struct paper paper;
        paper_make(&paper, &reading.place);
        assert_true(paper.bytes <= LIMIT_MESSAGE_BYTES);
        bytes += paper.bytes;
        assert_int_equal(take(&reading, &paper.page, &is_more), ERR_OK);
        assert_true(is_more == paper.page.is_more);
        paper_fini(&paper);
    }
    assert_true(bytes > LIMIT_MESSAGE_BYTES);
    assert_string_equal(reading.place.partner.text, "");
    expect_taken(OTHERS, (PARTNERS - 1) * (1 + ROUNDS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_end), cmocka_unit_test(test_a_turn_ends),
        cmocka_unit_test(test_one_says_too_much), cmocka_unit_test(test_a_thousand)};
    if (access("/dev/shm", W_OK) == 0) {
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
