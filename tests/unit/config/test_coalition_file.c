#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/coalition_file.h"
#include "config_test.h"

static const char full[] = "coalition: demo\n"
                           "epoch: 2\n"
                           "points: {name: Sparks, decimals: 1}\n"
                           "settlement: {currency: EUR, decimals: 2, period: month,\n"
                           "  netting: bilateral}\n"
                           "signatures: {required: 2}\n"
                           "tariffs:\n"
                           "  - id: 1\n"
                           "    name: standard\n"
                           "    issue_price_per_point: 0.0100\n"
                           "    redemption_price_per_point: \"0.0095\"\n"
                           "    rounding: half_even\n"
                           "  - {id: 7, name: fuel, issue_price_per_point: 0.02,\n"
                           "     redemption_price_per_point: 0, rounding: half_even}\n"
                           "caps:\n"
                           "  net_debit: 50000.00\n"
                           "partners: [intro/grocer.intro, /x/fuel.intro]\n";

/* Who leaves, and which keys are revoked. */
static const char changes[] = "partners: [intro/grocer.intro, /x/fuel.intro]\n"
                              "leaving:\n"
                              "  - {partner: hotel, last_period: 2026-12}\n"
                              "revoked_keys:\n"
                              "  - partner: fuel\n"
                              "    key: 0123456789abcdef\n"
                              "    streams:\n"
                              "      - {peer: grocer, entries: 120, receipts: 14}\n"
                              "      - {peer: hotel, entries: 0, receipts: 0}\n"
                              "  - {partner: grocer, key: fedcba9876543210}\n";

static void with_changes(char *yaml, size_t capacity)
{
    edited(full, "partners: [intro/grocer.intro, /x/fuel.intro]\n", changes, yaml, capacity);
}

static void test_calendar(void **state)
{
    (void)state;
    char yaml[2048];
    struct coalition_file c;
    assert_int_equal(coalition_file_parse(text_slice(full), "c.yaml", "/srv", &c, NULL), ERR_OK);
    assert_int_equal(c.calendar.unit, PERIOD_MONTH);
    assert_string_equal(c.calendar.time_zone, "");
    assert_false(c.calendar.is_closed_by_node);
    coalition_file_fini(&c);
    edited(full, "period: month,\n  netting: bilateral}\n",
           "period: week}\ncalendar: {time_zone: Asia/Almaty, grace_seconds: 7200, from: "
           "2026-12-01}\n",
           yaml, sizeof yaml);
    assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", "/srv", &c, NULL), ERR_OK);
    assert_int_equal(c.calendar.unit, PERIOD_WEEK);
    assert_string_equal(c.calendar.time_zone, "Asia/Almaty");
    assert_true(c.calendar.is_closed_by_node);
    assert_int_equal(c.calendar.grace_s, 7200);
    assert_int_equal(c.calendar.from_day, 20788);
    coalition_file_fini(&c);
}

static void test_changes(void **state)
{
    (void)state;
    char yaml[2048];
    struct coalition_file c;
    with_changes(yaml, sizeof yaml);
    assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", "/srv", &c, NULL), ERR_OK);
    assert_int_equal(c.departure_count, 1);
    assert_string_equal(c.departures[0].partner.text, "hotel");
    assert_int_equal(c.departures[0].last_period.code, 202612);
    assert_int_equal(c.revoked_count, 2);
    assert_string_equal(c.revoked[0].partner.text, "fuel");
    assert_string_equal(c.revoked[0].key, "0123456789abcdef");
    assert_int_equal(c.revoked[0].stream_count, 2);
    assert_string_equal(c.revoked[0].streams[0].peer.text, "grocer");
    assert_int_equal(c.revoked[0].streams[0].entries, 120);
    assert_int_equal(c.revoked[0].streams[0].receipts, 14);
    assert_int_equal(c.revoked[1].stream_count, 0);
    coalition_file_fini(&c);
}

static const struct edit wrong_changes[] = {
    {"2026-12", "202612",
     "c.yaml:19: leaving[0].last_period: \"202612\" is no period such as 2026-10"},
    {"{partner: hotel, last", "{partner: Hotel, last",
     "c.yaml:19: leaving[0].partner: \"Hotel\" is not a partner: 1 to 15 of a-z, 0-9 and -, first "
     "a letter"},
    {"0123456789abcdef", "0123456789abcdeg",
     "c.yaml:22: revoked_keys[0].key: \"0123456789abcdeg\" is no key id of 16 hexadecimal digits"},
    {"    key: 0123456789abcdef\n", "", "c.yaml:21: revoked_keys[0].key: is missing"},
};

static void test_wrong_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_changes / sizeof *wrong_changes; i++) {
        char good[2048];
        char yaml[2048];
        struct note note = {""};
        struct coalition_file c;
        with_changes(good, sizeof good);
        edited(good, wrong_changes[i].from, wrong_changes[i].to, yaml, sizeof yaml);
        assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", ".", &c, &note),
                         ERR_INPUT);
        assert_string_equal(note.text, wrong_changes[i].note);
    }
}

static void test_full(void **state)
{
    (void)state;
    struct coalition_file c;
    assert_int_equal(coalition_file_parse(text_slice(full), "c.yaml", "/srv", &c, NULL), ERR_OK);
    assert_string_equal(c.coalition, "demo");
    assert_int_equal(c.epoch, 2);
    assert_string_equal(c.points_name, "Sparks");
    assert_int_equal(c.points_decimals, 1);
    assert_string_equal(c.settlement_currency.code, "EUR");
    assert_int_equal(c.settlement_decimals, 2);
    assert_int_equal(c.required_signatures, 2);
    assert_int_equal(c.tariff_count, 2);
    assert_int_equal(c.tariffs[0].id, 1);
    assert_string_equal(c.tariffs[0].name, "standard");
    int64_t price = 0;
    assert_int_equal(decimal_to_minor_exact(c.tariffs[0].issue_price, 4, &price), ERR_OK);
    assert_int_equal(price, 100);
    assert_int_equal(decimal_to_minor_exact(c.tariffs[0].redemption_price, 4, &price), ERR_OK);
    assert_int_equal(price, 95);
    assert_int_equal(c.tariffs[1].id, 7);
    assert_int_equal(c.net_debit_minor, 5000000);
    assert_int_equal(c.partner_count, 2);
    assert_string_equal(c.partners[0].text, "/srv/intro/grocer.intro");
    assert_string_equal(c.partners[1].text, "/x/fuel.intro");
    assert_int_equal(c.partners[1].line, 17);
    coalition_file_fini(&c);
}

/* They may come from elsewhere. */
static void test_no_partners(void **state)
{
    (void)state;
    char yaml[2048];
    struct coalition_file c;
    edited(full, "partners: [intro/grocer.intro, /x/fuel.intro]\n", "", yaml, sizeof yaml);
    assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", "/srv", &c, NULL), ERR_OK);
    assert_int_equal(c.partner_count, 0);
    assert_int_equal(c.required_signatures, 2);
    coalition_file_fini(&c);
}

#define TARIFF_7 "rounding: half_even}"
#define MORE     "rounding: half_even, partners: [grocer, fuel], valid_from: 2026-11-01,"

static void test_all_a_tariff_says(void **state)
{
    (void)state;
    char yaml[2048];
    struct coalition_file c;
    edited(full, TARIFF_7,
           MORE " issue_fee_percent: 1.5, redemption_fee_percent: 0.0001, minimum_fee: 10,"
                " tax: {code: S-1, percent: 12, on: all}, funding: burn}",
           yaml, sizeof yaml);
    assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", "/srv", &c, NULL), ERR_OK);
    const struct coalition_tariff *t = &c.tariffs[1];
    assert_string_equal(t->pair[0].text, "fuel");
    assert_string_equal(t->pair[1].text, "grocer");
    assert_int_equal(t->valid_from.ms, 1793491200000);
    assert_int_equal(t->issue_fee_ppm, 15000);
    assert_int_equal(t->redemption_fee_ppm, 1);
    assert_int_equal(t->minimum_fee_minor, 1000);
    assert_string_equal(t->tax_code, "S-1");
    assert_int_equal(t->tax_ppm, 120000);
    assert_true(t->is_tax_on_points);
    assert_int_equal(t->funding, FUNDED_AT_BURN);
    assert_int_equal(c.tariffs[0].funding, FUNDED_AT_ISSUE);
    assert_int_equal(c.tariffs[0].issue_fee_ppm, 0);
    assert_string_equal(c.tariffs[0].tax_code, "");
    coalition_file_fini(&c);
}

#define PROMOTION(split)                                                                           \
    "promotions:\n"                                                                                \
    "  - {id: 3, name: double, shop: fuel, valid_from: 2026-11-01, valid_until: 2026-12-01,\n"     \
    "     budget: 1000.5, per_purchase: 20, split: [" split "]}\n"                                 \
    "caps:\n"

static void test_a_promotion(void **state)
{
    (void)state;
    char yaml[2048];
    struct coalition_file c;
    edited(full, "caps:\n",
           PROMOTION("{partner: fuel, percent: 33.34}, {partner: hotel, percent: 66.66}"), yaml,
           sizeof yaml);
    assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", "/srv", &c, NULL), ERR_OK);
    assert_int_equal(c.promotion_count, 1);
    const struct coalition_promotion *p = &c.promotions[0];
    assert_int_equal(p->id, 3);
    assert_string_equal(p->name, "double");
    assert_string_equal(p->shop.text, "fuel");
    assert_int_equal(p->valid_from.ms, 1793491200000);
    assert_int_equal(p->valid_until.ms, 1796083200000);
    assert_int_equal(p->budget, 10005); /* one decimal */
    assert_int_equal(p->per_purchase, 200);
    assert_int_equal(p->part_count, 2);
    assert_string_equal(p->parts[1].partner.text, "hotel");
    assert_int_equal(p->parts[0].share, 3334);
    assert_int_equal(p->parts[1].share, 6666);
    coalition_file_fini(&c);
}

static const struct edit wrong[] = {
    {"caps:\n", PROMOTION("{partner: fuel, percent: 33.34}"),
     "c.yaml:17: promotions[0].split: is not 100 per cent together"},
    {"caps:\n", PROMOTION("{partner: fuel, percent: 0}"),
     "c.yaml:17: promotions[0].split: \"0\" is not from 0.01 to 100.00"},
    {TARIFF_7, MORE " funding: later}",
     "c.yaml:14: tariffs[1].funding: \"later\" is not one of issue, burn, prepaid"},
    {TARIFF_7, MORE " issue_fee_percent: 100.1}",
     "c.yaml:14: tariffs[1].issue_fee_percent: \"100.1\" is not from 0.0000 to 100.0000"},
    {TARIFF_7, MORE " redemption_fee_percent: -1}",
     "c.yaml:14: tariffs[1].redemption_fee_percent: \"-1\" is not a number such as 12.50"},
    {TARIFF_7, MORE " minimum_fee: 1}",
     "c.yaml:14: tariffs[1].minimum_fee: is there without a fee"},
    {TARIFF_7, MORE " tax: {code: s, percent: 1}}",
     "c.yaml:14: tariffs[1].tax.code: \"s\" is not made of capital letters, digits and \"-\""},
    {TARIFF_7, MORE " tax: {code: S}}", "c.yaml:14: tariffs[1].tax.percent: is missing"},
    {TARIFF_7, MORE " tax: {code: S, percent: 1, on: points}}",
     "c.yaml:14: tariffs[1].tax.on: \"points\" is not one of fees, all"},
    {TARIFF_7, "rounding: half_even, partners: [fuel, fuel]}",
     "c.yaml:14: tariffs[1].partners: fuel is named twice"},
    {TARIFF_7, "rounding: half_even, partners: [fuel]}",
     "c.yaml:14: tariffs[1].partners: has too few entries"},
    {TARIFF_7, "rounding: half_even, valid_from: soon}",
     "c.yaml:14: tariffs[1].valid_from: \"soon\" is no date such as 2026-11-01"},
    {"required: 2", "required: 3",
     "c.yaml:6: signatures.required: \"3\" is not a whole number from 1 to 2"},
    {"id: 7", "id: 1", "c.yaml:13: tariffs[1].id: 1 is taken already"},
    {"id: 7, ", "", "c.yaml:13: tariffs[1].id: is missing"},
    {"    name: standard\n", "", "c.yaml:8: tariffs[0].name: is missing"},
    {"name: fuel", "nam: fuel",
     "c.yaml:13: tariffs[1].nam: is not a key that belongs here; did you mean name?"},
    {"0.0100", "0,0100",
     "c.yaml:10: tariffs[0].issue_price_per_point: \"0,0100\" is not a number such as 12.50"},
    /* What a charter does not carry. */
    {"period: month", "grace_days: 3",
     "c.yaml:4: settlement.grace_days: is not a key that belongs here; those are currency, "
     "decimals, period, netting"},
    {"bilateral", "trilateral",
     "c.yaml:5: settlement.netting: \"trilateral\" is not one of bilateral, multilateral"},
    {"rounding: half_even}", "rounding: down}",
     "c.yaml:14: tariffs[1].rounding: statements round half_even, not down"},
    {"50000.00\n", "50000.00\n  when_full: wait\n",
     "c.yaml:17: caps.when_full: is not a key that belongs here; those are net_debit, at_cap"},
    {"50000.00\n", "50000.00\n  pairs: []\n",
     "c.yaml:17: caps.pairs: is not a key that belongs here; those are net_debit, at_cap"},
    {"50000.00", "50000.00\n  at_cap: later",
     "c.yaml:17: caps.at_cap: \"later\" is not one of refuse, wait"},
    {"50000.00", "50000.001", "c.yaml:16: caps.net_debit: \"50000.001\" has more than 2 decimals"},
    {"period: month", "period: year",
     "c.yaml:4: settlement.period: \"year\" is not one of month, week, day"},
    {"signatures:", "calendar: {time_zone: Asia/Nowhere}\nsignatures:",
     "c.yaml:6: calendar.time_zone: \"Asia/Nowhere\" is no time zone that this machine knows, such "
     "as "
     "Asia/Almaty"},
    {"signatures:", "calendar: {from: 2026-02-30}\nsignatures:",
     "c.yaml:6: calendar.from: \"2026-02-30\" is no day such as 2026-12-01"},
    {"[intro/grocer.intro, /x/fuel.intro]", "[]", "c.yaml:17: partners: has too few entries"},
    {"[intro/grocer.intro, /x/fuel.intro]", "grocer",
     "c.yaml:17: partners: must be a list, not a single value"},
    {"/x/fuel.intro", "{a: b}",
     "c.yaml:17: partners[1]: must be a single value, not a mapping of keys"},
    {"/x/fuel.intro", "\"\"", "c.yaml:17: partners[1]: is empty"},
    {"points: {name: Sparks, decimals: 1}", "points: {name: Sparks}",
     "c.yaml:3: points.decimals: is missing"},
    {"Sparks", "\"\\e[1m\"", "c.yaml:3: points.name: holds control characters"},
};

static void test_wrong_files_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[2048];
        struct note note = {""};
        struct coalition_file c;
        edited(full, wrong[i].from, wrong[i].to, yaml, sizeof yaml);
        assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", ".", &c, &note),
                         ERR_INPUT);
        assert_string_equal(note.text, wrong[i].note);
    }
}

static void test_too_many_partners(void **state)
{
    (void)state;
    char yaml[16384];
    char list[8192];
    struct note note;
    struct coalition_file c;
    size_t length = 0;
    list[length++] = '[';
    for (unsigned i = 0; i <= LIMIT_PARTNERS; i++) {
        memcpy(list + length, "a, ", 3);
        length += 3;
    }
    memcpy(list + length, "]", 2);
    edited(full, "[intro/grocer.intro, /x/fuel.intro]", list, yaml, sizeof yaml);
    assert_int_equal(coalition_file_parse(text_slice(yaml), "c.yaml", ".", &c, &note), ERR_INPUT);
    assert_string_equal(note.text, "c.yaml:17: partners: has more than 1000 entries");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_all_a_tariff_says),
        cmocka_unit_test(test_a_promotion),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_wrong_changes),
        cmocka_unit_test(test_no_partners),
        cmocka_unit_test(test_wrong_files_are_named),
        cmocka_unit_test(test_too_many_partners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
