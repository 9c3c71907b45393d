/* The net of many partners, from what a ledger keeps of it: the turns that propose, commit and net
 * are quick. TALEA_PARTNERS=1000 for as many as a coalition may have, which takes a gigabyte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "peer/netting.h"
#include "shop.h"
#include "wire/messages.h"

enum {
    BATCH = 4096,
    SECONDS_MAX = 10 /* of this thread; a build for debugging is slow */
};

static const struct period october = {202610};

/* Large. */
static struct street street;
static struct charter_partner partners[LIMIT_PARTNERS];
static struct netting_memory memory;
static unsigned partner_count;

/* Rows on their way into the ledger, a batch at a time. */
static struct filling {
    size_t count;
    struct command commands[BATCH];
    struct outcome outcomes[BATCH];
    struct buffer bytes[BATCH][4];
} filling;

static struct brand *self(void)
{
    return &street.shops[0].brand;
}

/* The first one is this brand. */
static void make_partners(void)
{
    for (unsigned i = 0; i < partner_count; i++) {
        partners[i] = (struct charter_partner){.first_period = october};
        snprintf(partners[i].id.text, sizeof partners[i].id.text, "p%04u", i);
    }
    partners[0].id = self()->id;
    street.charter.partners = partners;
    street.charter.partner_count = partner_count;
    street.charter.is_multilateral = true;
    memcpy(street.charter.currency, "EUR", 4);
}

static void flush(void)
{
    assert_int_equal(engine_execute_batch(self()->engine, filling.commands, filling.count, false,
                                          filling.outcomes),
                     ERR_OK);
    for (size_t i = 0; i < filling.count; i++) {
        assert_int_equal(filling.outcomes[i].err, ERR_OK);
        for (size_t k = 0; k < 4; k++) {
            buffer_clear(&filling.bytes[i][k]);
        }
    }
    filling.count = 0;
}

/* As it was taken: signatures are not looked at any more. */
static void wrap(struct slice payload, enum purpose purpose, struct buffer *out)
{
    struct signed_message message = {.payload = payload, .charter_epoch = 1, .purpose = purpose};
    assert_int_equal(signed_encode(&message, out), ERR_OK);
}

static void add_statement(unsigned a, unsigned b)
{
    struct command *command = &filling.commands[filling.count];
    struct buffer *bytes = filling.bytes[filling.count];
    struct pair_statement statement = {.coalition = "demo",
                                       .charter_epoch = 1,
                                       .period = october,
                                       .currency = "EUR",
                                       .net = money_of(1 + (a * 7919 + b * 104729) % 1000000)};
    struct receipt_total line = {ENTRY_EARN, 1, 1 + a, 100 + b};
    for (unsigned i = 0; i < 2; i++) {
        statement.halves[i] = (struct statement_half){.sender = partners[i == 0 ? a : b].id,
                                                      .receiver = partners[i == 0 ? b : a].id,
                                                      .first_number = 1,
                                                      .last_number = 1 + a + b,
                                                      .totals = &line,
                                                      .total_count = 1};
    }
    statement.debtor = partners[(a + b) % 2 == 0 ? a : b].id;
    statement.creditor = partners[(a + b) % 2 == 0 ? b : a].id;
    CLEANUP(buffer_fini) struct buffer payload = {0};
    assert_int_equal(wire_statement_encode(&statement, &payload), ERR_OK);
    wrap(buffer_slice(&payload), PURPOSE_STATEMENT, &bytes[0]);
    wrap(buffer_slice(&payload), PURPOSE_STATEMENT_COUNTERSIGN, &bytes[1]);
    *command = brand_command(self(), COMMAND_KEEP_NETTING, 0);
    command->netting = (struct command_netting){
        NETTING_STATEMENT,
        october,
        partners[a].id,
        partners[b].id,
        {.first_signed = buffer_slice(&bytes[0]), .second_signed = buffer_slice(&bytes[1])}};
    if (a == 0) { /* our own pair's */
        struct slice own = buffer_slice(&bytes[0]);
        struct slice counter = buffer_slice(&bytes[1]);
        *command = brand_command(self(), COMMAND_PUT_PAIR, 0);
        command->put_pair = (struct command_put_pair){
            partners[b].id, october, {PAIR_MATCHED, "", own, own, counter, counter, {0}}};
    }
    if (++filling.count == BATCH) {
        flush();
    }
}

/* Its commitment to the set, or its vote for it. */
static void add_word(unsigned who, const struct hash *set, enum netting_row_kind kind)
{
    struct netting_set said = {
        .coalition = "demo", .period = october, .number = netting_number(0, 1), .set = *set};
    struct command *command = &filling.commands[filling.count];
    struct buffer *bytes = filling.bytes[filling.count];
    CLEANUP(buffer_fini) struct buffer payload = {0};
    assert_int_equal(wire_netting_encode(&said, &payload), ERR_OK);
    wrap(buffer_slice(&payload), kind == NETTING_WORD ? PURPOSE_NETTING : PURPOSE_NETTING_VOTE,
         &bytes[0]);
    *command = brand_command(self(), COMMAND_KEEP_NETTING, 0);
    command->netting = (struct command_netting){
        kind,
        october,
        partners[who].id,
        {{0}},
        {.is_commitment = true, .number = said.number, .first_signed = buffer_slice(&bytes[0])}};
    if (++filling.count == BATCH) {
        flush();
    }
}

static double seconds_of_turn(struct netting_outcome *out_outcome)
{
    static const struct netting_wait wait = {.grace_ms = INT64_MAX / 4, .awake_ms = 0};
    struct shop_host host = shop_host(&street, 0);
    struct note note = {""};
    struct timespec begun;
    struct timespec ended;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
    enum err err = netting_turn(&host.host, october, &wait, &memory, out_outcome, &note);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
    if (err != ERR_OK) {
        fail_msg("turn: %s %s", err_name(err), note.text);
    }
    shop_host_end(&host);
    return (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
}

/* A machine that does much else may be slow. */
static void expect_quick(double seconds, const char *what)
{
    print_message("%s: %.3f s\n", what, seconds);
    assert_true(seconds < SECONDS_MAX);
}

static struct hash own_set(void)
{
    struct shop_host host = shop_host(&street, 0);
    struct netting_set said;
    struct signed_message message;
    struct slice bytes;
    struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    assert_int_equal(netting_word_of(&host.host, october, &self()->id, &bytes), ERR_OK);
    assert_int_equal(signed_decode(bytes, &message), ERR_OK);
    assert_int_equal(wire_netting_decode(message.payload, &arena, &said, NULL), ERR_OK);
    arena_fini(&arena);
    shop_host_end(&host);
    return said.set;
}

static void test_a_thousand(void **state)
{
    (void)state;
    struct netting_outcome outcome;
    street_init(&street, 1);
    make_partners();
    for (unsigned b = 1; b < partner_count; b++) {
        for (unsigned a = 0; a < b; a++) {
            add_statement(a, b);
        }
    }
    flush();
    expect_quick(seconds_of_turn(&outcome), "proposes");
    struct hash set = own_set();
    for (unsigned kind = NETTING_WORD; kind <= NETTING_VOTE; kind++) {
        for (unsigned i = 1; i < partner_count; i++) {
            add_word(i, &set, (enum netting_row_kind)kind);
        }
        flush();
        expect_quick(seconds_of_turn(&outcome), kind == NETTING_WORD ? "commits" : "counts");
    }
    assert_true(outcome.is_counted);
    netting_memory_fini(&memory);
    street_fini(&street);
}

int main(void)
{
    const char *count = getenv("TALEA_PARTNERS");
    partner_count = count == NULL ? 200 : (unsigned)strtoul(count, NULL, 10);
    if (partner_count < 2 || partner_count > LIMIT_PARTNERS) {
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_thousand)};
    if (access("/dev/shm", W_OK) == 0) {
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
