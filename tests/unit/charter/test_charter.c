#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "coalition.h"
#include "talea/v1/charter.pb-c.h"
#include "wire/fields.h"

static struct coalition coalition;

static int begin(void **state)
{
    (void)state;
    coalition_begin(&coalition);
    return 0;
}

static int end(void **state)
{
    (void)state;
    coalition_end(&coalition);
    return 0;
}

static void charter_end(struct charter **charter)
{
    charter_close(*charter);
}

static void test_what_a_charter_says(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(charter_end) struct charter *c = NULL;
    struct note note = {{0}};
    assert_int_equal(coalition_charter(&coalition, &bytes, &note), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&bytes), &c, &note), ERR_OK);
    assert_string_equal(c->coalition, "demo");
    assert_int_equal(c->epoch, 1);
    assert_true(hash_is_zero(&c->previous_hash));
    assert_int_equal(c->required_signatures, 2);
    assert_int_equal(c->signature_count, 0);
    assert_string_equal(c->points_name, "Sparks");
    assert_string_equal(c->currency, "EUR");
    assert_int_equal(c->currency_decimals, 2);
    assert_int_equal(c->net_debit_cap.minor, 5000000);
    assert_int_equal(c->partner_count, 3);
    assert_string_equal(c->partners[0].id.text, "fuel");
    assert_string_equal(c->partners[2].id.text, "hotel");
    assert_int_equal(c->tariff_count, 2);
    assert_int_equal(c->tariffs[0].id, 1);
    assert_string_equal(c->tariff_names[0], "standard");
    assert_int_equal(c->tariffs[1].redemption_price.minor, 4);
    struct hash hash = hash_of(HASH_DOMAIN_CHARTER, c->payload);
    assert_true(hash_equal(&hash, &c->payload_hash));
}

static void test_finding_partners_and_keys(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(charter_end) struct charter *c = NULL;
    assert_int_equal(coalition_charter(&coalition, &bytes, NULL), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&bytes), &c, NULL), ERR_OK);
    for (unsigned i = 0; i < MEMBERS; i++) {
        const struct member *m = &coalition.members[i];
        struct key_id id = key_id_of(&m->online.key);
        struct unix_ms from = m->online.valid_from;
        struct unix_ms until = m->online.valid_until;
        assert_ptr_equal(charter_partner_find(c, &m->id), &c->partners[i]);
        assert_ptr_equal(charter_key_find(c, &m->id, &id, from), &c->partners[i].online[0]);
        assert_null(charter_key_find(c, &m->id, &id, (struct unix_ms){from.ms - 1}));
        assert_non_null(charter_key_find(c, &m->id, &id, (struct unix_ms){until.ms - 1}));
        assert_null(charter_key_find(c, &m->id, &id, until));
        assert_null(charter_key_find(c, &coalition.members[(i + 1) % MEMBERS].id, &id, from));
        assert_null(charter_key_find(c, &m->id, &m->root.id, from));
    }
    struct partner_id nobody;
    assert_int_equal(partner_id_parse("bakery", &nobody), ERR_OK);
    assert_null(charter_partner_find(c, &nobody));
    assert_null(charter_key_find(c, &nobody, &coalition.members[0].root.id, (struct unix_ms){0}));
}

static void test_roster(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(charter_end) struct charter *c = NULL;
    struct roster roster;
    struct note note = {{0}};
    assert_int_equal(coalition_charter(&coalition, &bytes, NULL), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&bytes), &c, NULL), ERR_OK);
    assert_int_equal(charter_roster(c, &coalition.members[1].id, &roster, &note), ERR_OK);
    assert_true(roster_is_self(&roster, &coalition.members[1].id));
    assert_int_equal(roster.epoch, 1);
    assert_int_equal(roster.first_period.code, 202609);
    assert_int_equal(roster.partner_count, 3);
    assert_int_equal(roster.tariff_count, 2);
    struct card_number card;
    assert_int_equal(card_number_parse("7001000000000426", &card), ERR_OK);
    assert_string_equal(roster_home_of(&roster, &card)->id.text, "fuel");
    charter_roster_fini(&roster);
    struct partner_id nobody;
    assert_int_equal(partner_id_parse("bakery", &nobody), ERR_OK);
    assert_int_equal(charter_roster(c, &nobody, &roster, &note), ERR_NOT_FOUND);
    assert_string_equal(note.text, "bakery is no partner of the charter of demo");
}

static void expect_refused(const struct charter_terms *terms, const char *text)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct note note = {{0}};
    struct slice introductions[MEMBERS];
    for (unsigned i = 0; i < MEMBERS; i++) {
        introductions[i] = buffer_slice(&coalition.members[i].introduction);
    }
    enum err err = charter_make(terms, introductions, MEMBERS, &bytes, &note);
    if (err != ERR_INPUT || strstr(note.text, text) == NULL) {
        fail_msg("%s: '%s' does not say '%s'", err_name(err), note.text, text);
    }
    assert_int_equal(bytes.length, 0);
}

static void test_terms_that_are_refused(void **state)
{
    (void)state;
    const struct charter_terms good = coalition.terms;
    struct charter_terms t;
#define TERM(change, text)                                                                         \
    t = good;                                                                                      \
    change;                                                                                        \
    expect_refused(&t, text)
    TERM(t.coalition = "other",
         "introduction of fuel: it is for the coalition demo, not for other");
    TERM(t.coalition = "", "coalition has another length");
    TERM(t.epoch = 0, "epochs begin with 1");
    TERM(t.epoch = 2, "epoch 1 has no previous charter, every other one names it");
    TERM(t.previous_hash.bytes[0] = 1, "epoch 1 has no previous charter");
    TERM(t.required_signatures = 0, "0 of 3 signatures are required");
    TERM(t.required_signatures = 1, "1 of 3 signatures are required; it must be more than half");
    TERM(t.required_signatures = 4, "4 of 3 signatures are required");
    TERM(t.points_name = "", "points_name is empty");
    TERM(t.points_name = "a\x7f", "points_name");
    TERM(t.points_decimals = 7, "points have 7 decimals");
    TERM(t.currency = "eur", "currency has another length or other characters");
    TERM(t.currency = "EU", "currency is not of three letters");
    TERM(t.currency_decimals = 5, "EUR has 5");
    TERM(t.valid_from.ms = -1, "valid_from_unix_ms is not a time");
    TERM(t.net_debit_cap.minor = -1, "the net debit cap is below zero");
    TERM(t.tariff_count = 0, "tariffs are none or too many");
#undef TERM
}

static void for_two(struct charter_tariff *tariff, const char *one, const char *other)
{
    assert_int_equal(partner_id_parse(one, &tariff->prices.pair[0]), ERR_OK);
    assert_int_equal(partner_id_parse(other, &tariff->prices.pair[1]), ERR_OK);
}

static void test_tariffs_keep_all_they_say(void **state)
{
    (void)state;
    const struct charter_tariff kept = coalition.tariffs[0];
    struct tariff *t = &coalition.tariffs[0].prices;
    struct charter *charter;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    t->fee = (struct tariff_fee){15000, 20000, {1000}};
    t->tax = (struct tariff_tax){.code = "VAT-12", .rate_ppm = 120000, .is_on_points = true};
    for_two(&coalition.tariffs[0], "aaa", "bbb");
    t->pair[0] = coalition.members[0].id;
    t->pair[1] = coalition.members[1].id;
    if (partner_id_compare(&t->pair[0], &t->pair[1]) > 0) {
        t->pair[0] = coalition.members[1].id;
        t->pair[1] = coalition.members[0].id;
    }
    t->valid_from = (struct unix_ms){1793491200000};
    assert_int_equal(coalition_charter(&coalition, &bytes, NULL), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&bytes), &charter, NULL), ERR_OK);
    assert_true(tariff_equal(&charter->tariffs[1], t));
    charter_close(charter);
    coalition.tariffs[0] = kept;
}

static void test_tariffs_that_are_refused(void **state)
{
    (void)state;
    const struct charter_tariff good = coalition.tariffs[0];
    struct charter_tariff *t = &coalition.tariffs[0];
#define TARIFF(change, text)                                                                       \
    change;                                                                                        \
    expect_refused(&coalition.terms, text);                                                        \
    *t = good
    TARIFF(t->prices.id = 0, "a tariff's id is 0");
    TARIFF(t->prices.id = 1, "tariff 1 is there twice");
    TARIFF(t->name = "", "a tariff's name is empty");
    TARIFF(t->prices.issue_price.minor = -1, "tariff 2 has a price below zero");
    TARIFF(t->prices.redemption_price.minor = -1, "tariff 2 has a price below zero");
    TARIFF(t->prices.per.minor = 0, "tariff 2: its prices are for no points");
    TARIFF(t->prices.per.minor = -1, "per_points are negative");
    TARIFF(t->prices.fee.issue_ppm = 1000001, "tariff 2: issue_fee is more than all");
    TARIFF(t->prices.fee.minimum.minor = 1, "tariff 2: minimum_fee is there without a fee");
    TARIFF(t->prices.tax.rate_ppm = 1, "tariff 2: tax_rate is there without a tax_code");
    TARIFF(t->prices.pair[0] = coalition.members[0].id,
           "a tariff's partners is not a partner's id");
    TARIFF(for_two(t, "aaa", coalition.members[0].id.text), "tariff 2: partners: aaa is none");
    TARIFF(t->prices.valid_from.ms = -1, "valid_from_unix_ms");
    TARIFF(t->prices.funding = TARIFF_FUNDING_END, "tariff 2: funding is neither");
#undef TARIFF
}

/* Makes the charter with one member's introduction changed. */
static void expect_refused_with(unsigned member, const struct introduction_terms *terms,
                                const struct signing_key *root, const char *text)
{
    struct member *m = &coalition.members[member];
    struct buffer kept = m->introduction;
    m->introduction = (struct buffer){0};
    struct note note = {{0}};
    if (introduction_make(terms, root, &m->introduction, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    expect_refused(&coalition.terms, text);
    buffer_fini(&m->introduction);
    m->introduction = kept;
}

static void test_what_two_partners_share(void **state)
{
    (void)state;
    const struct member *grocer = &coalition.members[1];
    struct introduction_terms t = introduction_terms_of(&coalition, 1);
    const struct introduction_terms good = t;
    assert_int_equal(card_prefix_parse("7001", &t.prefix), ERR_OK);
    expect_refused_with(1, &t, &grocer->root, "partners fuel and grocer: card prefix 7001");
    assert_int_equal(card_prefix_parse("70015", &t.prefix), ERR_OK);
    expect_refused_with(1, &t, &grocer->root, "partners fuel and grocer: card prefix 7001");
    t = good;
    t.online = &coalition.members[0].online;
    expect_refused_with(1, &t, &grocer->root, "have the same key");
    struct introduction_key root_of_fuel = grocer->online;
    root_of_fuel.key = coalition.members[0].root.public_key;
    t.online = &root_of_fuel;
    expect_refused_with(1, &t, &grocer->root, "have the same key");
    expect_refused_with(1, &good, &coalition.members[0].root, "have the same key");
    struct introduction_terms fuel = introduction_terms_of(&coalition, 0);
    fuel.online = &grocer->online;
    assert_int_equal(card_prefix_parse("7009", &fuel.prefix), ERR_OK);
    expect_refused_with(1, &fuel, &grocer->root, "partner fuel is there twice");
}

/* Payloads that charter_make would not make: changed by hand, packed by the generated code. */
#define PAYLOAD(change, text)                                                                      \
    do {                                                                                           \
        Talea__V1__Charter *m =                                                                    \
            talea__v1__charter__unpack(NULL, c->payload.length, c->payload.at);                    \
        assert_non_null(m);                                                                        \
        Talea__V1__Charter kept = *m;                                                              \
        Talea__V1__PartnerIntroduction *first = m->partners[0];                                    \
        Talea__V1__PartnerIntroduction *second = m->partners[1];                                   \
        change;                                                                                    \
        expect_payload_refused(m, text);                                                           \
        *m = kept;                                                                                 \
        m->partners[0] = first;                                                                    \
        m->partners[1] = second;                                                                   \
        talea__v1__charter__free_unpacked(m, NULL);                                                \
    } while (0)

static void expect_payload_refused(const Talea__V1__Charter *payload, const char *text)
{
    CLEANUP(buffer_fini) struct buffer packed = {0};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct note note = {{0}};
    assert_int_equal(fields_pack(&payload->base, &packed), ERR_OK);
    Talea__V1__SignedCharter m;
    talea__v1__signed_charter__init(&m);
    m.payload = binary_of(packed.at, packed.length);
    assert_int_equal(fields_pack(&m.base, &bytes), ERR_OK);
    struct charter *untouched = NULL;
    enum err err = charter_open(buffer_slice(&bytes), &untouched, &note);
    if (err != ERR_INPUT || strstr(note.text, text) == NULL) {
        fail_msg("%s: '%s' does not say '%s'", err_name(err), note.text, text);
    }
    assert_null(untouched);
}

static void test_payloads_that_are_refused(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(charter_end) struct charter *c = NULL;
    assert_int_equal(coalition_charter(&coalition, &bytes, NULL), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&bytes), &c, NULL), ERR_OK);
    PAYLOAD((m->partners[0] = second, m->partners[1] = first), "is not in the order of the ids");
    PAYLOAD(m->partners[1] = first, "partner fuel is there twice");
    PAYLOAD(m->n_partners = 0, "partners are none");
    PAYLOAD(m->n_partners = 1, "2 of 1 signatures");
    PAYLOAD(m->n_tariffs = 0, "tariffs are none");
    PAYLOAD(m->previous_hash.len = 31, "previous_hash has not the right length");
    PAYLOAD(first->n_online_keys = 0; expect_payload_refused(m, "online_keys are none");
            first->n_online_keys = 1; m->epoch = 0, "epochs begin with 1");
}

static void test_damage(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(buffer_fini) struct buffer one = {0};
    struct note note = {{0}};
    const struct member *m = &coalition.members[0];
    assert_int_equal(coalition_charter(&coalition, &one, NULL), ERR_OK);
    assert_int_equal(charter_sign(buffer_slice(&one), &m->root, &m->id, &bytes, NULL), ERR_OK);
    struct charter *c = NULL;
    for (size_t i = 0; i < bytes.length; i += 3) {
        bytes.at[i] ^= (uint8_t)(1u << i % 8);
        if (charter_open(buffer_slice(&bytes), &c, &note) == ERR_OK) {
            fail_msg("a signed charter is taken with byte %zu changed", i);
        }
        bytes.at[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t length = 0; length < bytes.length; length += 7) {
        assert_int_not_equal(charter_open(slice_of(bytes.at, length), &c, &note), ERR_OK);
    }
    write_u8(&bytes, 0);
    assert_int_equal(charter_open(buffer_slice(&bytes), &c, &note), ERR_INPUT);
    assert_int_equal(charter_open(buffer_slice(&m->introduction), &c, &note), ERR_INPUT);
    assert_null(c);
    charter_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_charter_says),
        cmocka_unit_test(test_finding_partners_and_keys),
        cmocka_unit_test(test_roster),
        cmocka_unit_test(test_terms_that_are_refused),
        cmocka_unit_test(test_tariffs_keep_all_they_say),
        cmocka_unit_test(test_tariffs_that_are_refused),
        cmocka_unit_test(test_what_two_partners_share),
        cmocka_unit_test(test_payloads_that_are_refused),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
