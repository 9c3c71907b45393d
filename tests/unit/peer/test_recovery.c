/* An older copy of a ledger gets back from its partner what it lost, under the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/standin.h"
#include "shop.h"

#define TOLD    400
#define HOUR_MS (DAY_MS / 24)

static uint64_t seed_of_run(void)
{
    const char *given = getenv("TALEA_SEED");
    uint64_t seed = given == NULL ? 7 : strtoull(given, NULL, 10);
    print_message("TALEA_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* Both shops at work; what the first told is kept. */
static void work(struct street *street, unsigned steps, struct command *told, size_t *told_count)
{
    for (unsigned i = 0; i < steps; i++) {
        struct command command;
        unsigned index = (unsigned)street_random(street, BRANDS);
        shop_step(street, index, &command);
        if (index == 0 && command.kind != COMMAND_PRUNE && told != NULL && *told_count < TOLD) {
            told[(*told_count)++] = command;
        }
        if (street_random(street, 5) == 0) {
            shop_clear(street, (unsigned)street_random(street, BRANDS));
        }
    }
}

static struct partner_recovery recovered(struct street *street)
{
    struct shop_host host = shop_host(street, 0);
    struct partner_recovery recovery;
    assert_int_equal(ledger_get_recovery(&host.host.view, &street->shops[1].brand.id, &recovery),
                     ERR_OK);
    shop_host_end(&host);
    return recovery;
}

/* What went to the partner is a repeat now. Local points are gone: those are told again, once. */
static void tell_again(struct street *street, const struct command *told, size_t count)
{
    struct brand *brand = &street->shops[0].brand;
    for (size_t i = 0; i < count; i++) {
        struct outcome outcome = engine_execute(brand->engine, &told[i]);
        bool is_local = told[i].kind == COMMAND_EARN &&
                        strcmp(told[i].earn.card.digits, street->shops[0].card.digits) == 0;
        assert_int_equal(outcome.err, ERR_OK);
        assert_int_equal(outcome.verdict, VERDICT_OK);
        assert_true(outcome.is_repeat || is_local);
        assert_true(engine_execute(brand->engine, &told[i]).is_repeat);
    }
}

static void lose_and_recover(uint64_t seed)
{
    static struct street street;
    static struct command told[TOLD];
    size_t told_count = 0;
    struct brand copy;
    struct note note = {""};
    street_init(&street, seed);
    work(&street, 20 + (unsigned)street_random(&street, 40), NULL, NULL);
    brand_copy(&street.shops[0].brand, &copy, 0);
    uint64_t kept =
        brand_stream(&street.shops[0].brand, STREAM_OUT, &street.shops[1].brand).last_number;
    work(&street, 30 + (unsigned)street_random(&street, 60), told, &told_count);
    shop_clear(&street, 0);
    uint64_t last =
        brand_stream(&street.shops[0].brand, STREAM_OUT, &street.shops[1].brand).last_number;
    struct member before = brand_member(&street.shops[1].brand, &street.shops[1].member);
    shop_restore(&street, 0, &copy);
    /* Stopped after each question, as by a kill. */
    enum err err = ERR_UNAVAILABLE;
    for (unsigned questions = 1; err == ERR_UNAVAILABLE; questions++) {
        err = shop_recover(&street, 0, questions, &note);
        if (street_random(&street, 2) == 0) {
            brand_close(&street.shops[0].brand);
            brand_open(&street.shops[0].brand);
        }
    }
    if (err != ERR_OK) {
        fail_msg("seed %llu: %s", (unsigned long long)seed, note.text);
    }
    assert_int_equal(recovered(&street).own_entries, last - kept);
    assert_int_equal(recovered(&street).unreplayed, 0);
    assert_int_equal(recovered(&street).members, 0);
    shop_clear(&street, 1);
    street_assert_agrees(&street);
    tell_again(&street, told, told_count);
    street_assert_agrees(&street);
    struct member after = brand_member(&street.shops[1].brand, &street.shops[1].member);
    assert_int_equal(after.available.minor, before.available.minor);
    work(&street, 40, NULL, NULL);
    shop_clear(&street, 0);
    shop_clear(&street, 1);
    street_assert_agrees(&street);
    street_fini(&street);
}

static void test_what_was_lost_is_back(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    for (uint64_t i = 0; i < 12; i++) {
        lose_and_recover(seed + i);
    }
}

static void test_nothing_lost_is_one_question(void **state)
{
    (void)state;
    static struct street street;
    struct note note = {""};
    street_init(&street, 3);
    work(&street, 30, NULL, NULL);
    uint64_t row = engine_stats(street.shops[0].brand.engine).journal_row;
    assert_int_equal(shop_recover(&street, 0, 1, &note), ERR_OK);
    assert_int_equal(engine_stats(street.shops[0].brand.engine).journal_row, row);
    street_fini(&street);
}

/* A copy that wrote on gave a number to a second entry: that can't be mended. */
static void test_a_copy_that_wrote_on_is_frozen(void **state)
{
    (void)state;
    static struct street street;
    struct brand copy;
    struct note note = {""};
    street_init(&street, 5);
    brand_copy(&street.shops[0].brand, &copy, 0);
    brand_earn(&street.shops[0].brand, 9001, &street.shops[1].card, 1000);
    shop_clear(&street, 0);
    shop_restore(&street, 0, &copy);
    brand_earn(&street.shops[0].brand, 9002, &street.shops[1].card, 2000);
    brand_earn(&street.shops[0].brand, 9003, &street.shops[1].card, 3000);
    assert_int_equal(shop_recover(&street, 0, 100, &note), ERR_DISAGREE);
    assert_non_null(strstr(note.text, "wrote on"));
    assert_true(brand_stream(&street.shops[0].brand, STREAM_OUT, &street.shops[1].brand).is_frozen);
    assert_int_equal(brand_earn(&street.shops[0].brand, 9004, &street.shops[1].card, 400).verdict,
                     VERDICT_STREAM_FROZEN);
    street_fini(&street);
}

/* While it recovers nothing is written for the partner, and nothing of its is taken. */
static void test_it_waits_for_the_partner(void **state)
{
    (void)state;
    static struct street street;
    struct brand copy;
    struct note note = {""};
    street_init(&street, 6);
    brand_copy(&street.shops[0].brand, &copy, 0);
    brand_earn(&street.shops[0].brand, 9001, &street.shops[1].card, 1000);
    shop_clear(&street, 0);
    shop_restore(&street, 0, &copy);
    assert_int_equal(shop_recover(&street, 0, 2, &note), ERR_UNAVAILABLE);
    assert_int_equal(brand_earn(&street.shops[0].brand, 9005, &street.shops[1].card, 500).err,
                     ERR_UNAVAILABLE);
    assert_int_equal(brand_earn(&street.shops[0].brand, 9006, &street.shops[0].card, 500).err,
                     ERR_OK);
    assert_int_equal(shop_recover(&street, 0, 100, &note), ERR_OK);
    assert_int_equal(brand_earn(&street.shops[0].brand, 9005, &street.shops[1].card, 500).verdict,
                     VERDICT_OK);
    shop_clear(&street, 0);
    street_assert_agrees(&street);
    street_fini(&street);
}

/* A key that signed before the copy was needed, and that the charter in force names no more: only
 * the earlier epochs can tell whose it was. */
static void test_keys_of_earlier_epochs_still_prove(void **state)
{
    (void)state;
    static struct street street;
    static struct charter earlier;
    static struct charter_partner partners[BRANDS];
    struct charter *epochs[] = {&earlier, &street.charter};
    struct charter_chain chain = {epochs, 2};
    struct signing_key fresh;
    struct brand copy;
    struct note note = {""};
    uint8_t seed[32] = {77};
    street_init(&street, 8);
    struct brand *brand = &street.shops[0].brand;
    brand_copy(brand, &copy, 0);
    brand_earn(brand, 9001, &street.shops[1].card, 1000);
    shop_clear(&street, 0);
    shop_restore(&street, 0, &copy);
    earlier = street.charter;
    memcpy(partners, street.partners, sizeof partners);
    earlier.partners = partners;
    street.charter.epoch = 2;
    signing_key_from_seed(seed, &fresh);
    struct key_signer key_signer;
    struct signer signer;
    assert_int_equal(key_signer_init(&key_signer, &fresh, "demo", &signer), ERR_OK);
    street.partners[0].online[0].key = signer.public_key;
    street.partners[0].online[0].id = signer.key_id;
    street.chain = &chain;
    assert_int_equal(shop_recover(&street, 0, 100, &note), ERR_OK);
    assert_int_equal(recovered(&street).own_entries, 1);
    street_assert_agrees(&street);
    signing_key_fini(&fresh);
    street_fini(&street);
}

/* The first shop gives the second a mandate. */
static struct mandate give_mandate(struct street *street)
{
    const struct standin_terms terms = {
        .floor = points_of(50), .cap = points_of(120), .life_ms = HOUR_MS};
    struct shop_host home = shop_host(street, 0);
    struct shop_host till = shop_host(street, 1);
    struct standin_mandates mandates;
    struct buffer bytes = {0};
    struct signed_message message;
    struct note note = {""};
    struct uid id = id_of(++street->serial);
    bool is_new;
    assert_int_equal(standin_give(&home.host, &till.host.roster->self, &terms, &id, &mandates),
                     ERR_OK);
    assert_true(mandates.count > 0);
    struct mandate mandate = mandates.rows[mandates.count - 1].mandate;
    assert_int_equal(standin_sign(&home.host, &mandate, &bytes), ERR_OK);
    assert_int_equal(signed_decode(buffer_slice(&bytes), &message), ERR_OK);
    assert_int_equal(standin_take(&till.host, &home.host.roster->self, &message, &is_new, &note),
                     ERR_OK);
    assert_true(is_new);
    buffer_fini(&bytes);
    shop_host_end(&home);
    shop_host_end(&till);
    return mandate;
}

/* The second shop burns so much of the first one's member without asking. */
static void burn_under(struct street *street, const struct mandate *mandate, int64_t points)
{
    struct brand *brand = &street->shops[1].brand;
    struct command hold = brand_command(brand, COMMAND_STAND_IN_HOLD, ++street->serial);
    hold.hold = (struct command_hold){.redeemer = brand->id,
                                      .card = street->shops[0].card,
                                      .asked = street->shops[0].card,
                                      .points = points_of(points),
                                      .capture_by = mandate->valid_until,
                                      .deliver_by = {mandate->valid_until.ms + DAY_MS},
                                      .mandate = mandate->id};
    assert_int_equal(engine_execute(brand->engine, &hold).verdict, VERDICT_OK);
    struct command capture = brand_command(brand, COMMAND_CAPTURE, ++street->serial);
    capture.use.hold = hold.transaction_id;
    assert_int_equal(engine_execute(brand->engine, &capture).verdict, VERDICT_OK);
}

static int64_t used_of(struct street *street, const struct mandate *mandate)
{
    struct shop_host host = shop_host(street, 0);
    struct mandate_row row;
    assert_int_equal(
        ledger_get_mandate(&host.host.view, &mandate->home, &mandate->redeemer, &mandate->id, &row),
        ERR_OK);
    assert_true(mandates_equal(&row.mandate, mandate));
    shop_host_end(&host);
    return row.used.minor;
}

/* One that is over, with a burn that was taken; one with a burn on its way; one of which nothing
 * was burned yet. */
static void test_mandates_are_back(void **state)
{
    (void)state;
    static struct street street;
    struct brand copy;
    struct note note = {""};
    street_init(&street, 9);
    brand_copy(&street.shops[0].brand, &copy, 0);
    struct mandate over = give_mandate(&street);
    burn_under(&street, &over, 50);
    shop_clear(&street, 1);
    for (unsigned i = 0; i < BRANDS; i++) {
        brand_wait(&street.shops[i].brand, HOUR_MS - HOUR_MS / 30);
    }
    struct mandate next = give_mandate(&street);
    burn_under(&street, &over, 30);
    for (unsigned i = 0; i < BRANDS; i++) {
        brand_wait(&street.shops[i].brand, HOUR_MS);
    }
    shop_restore(&street, 0, &copy);
    street.shops[0].brand.now = street.shops[1].brand.now;
    assert_int_equal(shop_recover(&street, 0, 100, &note), ERR_OK);
    assert_int_equal(used_of(&street, &over), 50);
    assert_int_equal(used_of(&street, &next), 0);
    burn_under(&street, &next, 20);
    shop_clear(&street, 1);
    street_assert_agrees(&street);
    assert_int_equal(used_of(&street, &over), 80);
    assert_int_equal(used_of(&street, &next), 20);
    street_fini(&street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_lost_is_back),
        cmocka_unit_test(test_nothing_lost_is_one_question),
        cmocka_unit_test(test_a_copy_that_wrote_on_is_frozen),
        cmocka_unit_test(test_it_waits_for_the_partner),
        cmocka_unit_test(test_mandates_are_back),
        cmocka_unit_test(test_keys_of_earlier_epochs_still_prove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
