/* What lasts from epoch to epoch: periods, prices, prefixes, revocations; and who leaves how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "epochs.h"

static struct coalition coalition;
static struct charter *first;

static int begin(void **state)
{
    (void)state;
    coalition_begin(&coalition);
    first = epoch_make(&coalition, 7);
    epoch_continue(&coalition, first);
    return 0;
}

static int end(void **state)
{
    (void)state;
    charter_close(first);
    coalition_end(&coalition);
    return 0;
}

static void test_nothing_changes(void **state)
{
    (void)state;
    epoch_expect(&coalition, first, NULL);
}

/* Whoever has not heard of the charter yet would be refused. */
static void test_new_tariffs(struct charter_tariff kept)
{
    struct charter_tariff three[3] = {coalition.tariffs[0], coalition.tariffs[1], kept};
    three[2].prices.id = 9;
    three[2].prices.valid_from.ms = coalition.terms.valid_from.ms - 1;
    coalition.terms.tariffs = three;
    coalition.terms.tariff_count = 3;
    epoch_expect(&coalition, first, "tariff 9: valid_from lies before the charter");
    three[2].prices.valid_from = coalition.terms.valid_from;
    epoch_expect(&coalition, first, NULL);
    three[2].prices.pair[0] = (struct partner_id){"aaa"};
    three[2].prices.pair[1] = (struct partner_id){"bbb"};
    epoch_expect(&coalition, first, "tariff 9: partners: aaa is none");
    coalition.terms.tariffs = coalition.tariffs;
    coalition.terms.tariff_count = 2;
}

static void test_prices_and_units_last(void **state)
{
    (void)state;
    struct charter_tariff kept = coalition.tariffs[0];
    coalition.tariffs[0].prices.issue_price.minor++;
    epoch_expect(&coalition, first, "has other prices for tariff 2");
    coalition.tariffs[0] = kept;
    coalition.tariffs[0].prices.id = 3;
    epoch_expect(&coalition, first, "no longer has tariff 2");
    coalition.tariffs[0] = kept;
    coalition.tariffs[0].prices.fee.issue_ppm = 1;
    epoch_expect(&coalition, first, "has other prices for tariff 2");
    coalition.tariffs[0] = kept;
    test_new_tariffs(kept);
    coalition.terms.points_decimals = 1;
    epoch_expect(&coalition, first, "has other decimals or another currency");
    coalition.terms.points_decimals = 0;
    coalition.terms.currency = "USD";
    epoch_expect(&coalition, first, "has other decimals or another currency");
    coalition.terms.currency = "EUR";
}

/* Of fuel's shops; grocer and hotel pay. */
static struct charter_promotion promotion_of(const struct coalition *c)
{
    return (struct charter_promotion){
        .promotion = {.id = 4,
                      .shop = c->members[0].id,
                      .valid_from = {SEPTEMBER_2026},
                      .valid_until = {SEPTEMBER_2026 + 30 * DAY_MS},
                      .budget = {1000},
                      .per_purchase = {10},
                      .part_count = 2,
                      .parts = {{c->members[1].id, 5000}, {c->members[2].id, 5000}}},
        .name = "a bonus"};
}

static void test_promotions_last(void **state)
{
    (void)state;
    struct coalition c;
    coalition_begin(&c);
    struct charter_promotion promotion = promotion_of(&c);
    c.terms.promotions = &promotion;
    c.terms.promotion_count = 1;
    struct charter *before = epoch_make(&c, 7);
    assert_int_equal(before->promotion_count, 1);
    assert_string_equal(before->promotion_names[0], "a bonus");
    assert_true(promotion_equal(&before->promotions[0], &promotion.promotion));
    epoch_continue(&c, before);
    epoch_expect(&c, before, NULL);
    promotion.promotion.budget.minor++;
    epoch_expect(&c, before, "no longer has promotion 4 as it was agreed");
    promotion = promotion_of(&c);
    c.terms.promotion_count = 0;
    epoch_expect(&c, before, "no longer has promotion 4 as it was agreed");
    struct charter_promotion two[2] = {promotion, promotion};
    two[1].promotion.id = 5;
    two[1].promotion.parts[1].partner = (struct partner_id){"nobody"};
    c.terms.promotions = two;
    c.terms.promotion_count = 2;
    epoch_expect(&c, before, "promotion 5: split: nobody is no partner");
    two[1].promotion.parts[1].partner = c.members[2].id;
    two[1].promotion.shop = (struct partner_id){"nobody"};
    epoch_expect(&c, before, "promotion 5: shop: nobody is no partner");
    charter_close(before);
    coalition_end(&c);
}

/* Two of three signatures make an epoch, but nobody pays without its own. */
static void test_who_pays_signs(void **state)
{
    (void)state;
    struct coalition c;
    struct note note;
    coalition_begin(&c);
    struct charter_promotion promotion = promotion_of(&c);
    struct charter *before = epoch_make(&c, 7);
    c.terms.promotions = &promotion;
    c.terms.promotion_count = 1;
    struct charter *first_one = epoch_make(&c, 3);
    assert_int_equal(charter_check_signatures(first_one, &note), ERR_SIGNATURE);
    assert_string_equal(note.text, "charter of demo, epoch 1: hotel, who pays for promotion 4, has "
                                   "not signed");
    epoch_continue(&c, before);
    struct charter *without = epoch_make(&c, 5); /* fuel and hotel */
    assert_int_equal(charter_check_signatures(without, &note), ERR_OK);
    assert_int_equal(charter_follows(without, before, &note), ERR_SIGNATURE);
    assert_non_null(strstr(note.text, "epoch 2: grocer, who pays for promotion 4"));
    struct charter *with = epoch_make(&c, 6); /* the shop need not */
    assert_int_equal(charter_follows(with, before, &note), ERR_OK);
    charter_close(first_one);
    charter_close(without);
    charter_close(with);
    charter_close(before);
    coalition_end(&c);
}

static void test_streams_begin_when_they_began(void **state)
{
    (void)state;
    struct roster roster;
    struct note note = {{0}};
    coalition.terms.valid_from.ms += 70 * DAY_MS;
    struct charter *later = epoch_make(&coalition, 7);
    assert_int_equal(charter_follows(later, first, &note), ERR_OK);
    assert_int_equal(charter_roster(later, &coalition.members[0].id, &roster, &note), ERR_OK);
    for (unsigned i = 0; i < MEMBERS; i++) {
        const struct partner_id *id = &coalition.members[i].id;
        assert_int_equal(later->partners[i].first_period.code, 202609);
        assert_int_equal(roster_first_period(&roster, id).code, 202609);
        assert_false(roster_is_leaving(&roster, id));
    }
    charter_roster_fini(&roster);
    charter_close(later);
    /* Made without a look at the one before, it moves them. */
    coalition.terms.previous = NULL;
    coalition.terms.previous_hash = first->payload_hash;
    struct charter *careless = epoch_make(&coalition, 7);
    assert_int_equal(charter_follows(careless, first, &note), ERR_CONFLICT);
    assert_string_equal(note.text,
                        "the streams of fuel begin in 2026-09, as the epoch before says; "
                        "not in 2026-11");
    charter_close(careless);
    coalition.terms.valid_from.ms -= 70 * DAY_MS;
    epoch_continue(&coalition, first);
}

static void test_a_card_prefix_lasts(void **state)
{
    (void)state;
    struct member *m = &coalition.members[0];
    struct buffer kept = m->introduction;
    struct introduction_terms terms = introduction_terms_of(&coalition, 0);
    m->introduction = (struct buffer){0};
    assert_int_equal(card_prefix_parse("7011", &terms.prefix), ERR_OK);
    assert_int_equal(introduction_make(&terms, &m->root, &m->introduction, NULL), ERR_OK);
    epoch_expect(&coalition, first, "fuel has card prefix 7011 in epoch 2, not 7001");
    buffer_fini(&m->introduction);
    m->introduction = kept;
}

/* The first two alone. */
static struct charter *without_hotel(const struct charter *previous, int64_t valid_from,
                                     struct note *note)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct charter_terms terms = coalition.terms;
    struct charter *charter = NULL;
    struct slice introductions[2] = {buffer_slice(&coalition.members[0].introduction),
                                     buffer_slice(&coalition.members[1].introduction)};
    terms.epoch = previous->epoch + 1;
    terms.previous = NULL;
    terms.previous_hash = previous->payload_hash;
    terms.departure_count = 0;
    terms.valid_from.ms = valid_from;
    assert_int_equal(charter_make(&terms, introductions, 2, &bytes, note), ERR_OK);
    epoch_sign(&coalition, 3, &bytes);
    assert_int_equal(charter_open(buffer_slice(&bytes), &charter, note), ERR_OK);
    return charter;
}

static void test_nobody_is_gone_at_once(void **state)
{
    (void)state;
    struct note note = {{0}};
    struct charter *two = without_hotel(first, SEPTEMBER_2026, &note);
    assert_int_equal(charter_follows(two, first, &note), ERR_CONFLICT);
    assert_string_equal(note.text, "hotel is no longer in the charter of epoch 2, and no epoch "
                                   "before said that it leaves");
    charter_close(two);
}

static void test_leaving(void **state)
{
    (void)state;
    struct note note = {{0}};
    struct roster roster;
    struct charter_departure departure = {coalition.members[2].id, {202608}};
    coalition.terms.departures = &departure;
    coalition.terms.departure_count = 1;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    assert_int_equal(coalition_charter(&coalition, &bytes, &note), ERR_INPUT);
    assert_string_equal(note.text, "charter: the streams of hotel end before they begin");
    departure.last_period.code = 202610;
    struct charter *two = epoch_make(&coalition, 7);
    assert_int_equal(charter_follows(two, first, &note), ERR_OK);
    assert_int_equal(charter_roster(two, &coalition.members[0].id, &roster, &note), ERR_OK);
    assert_int_equal(roster_last_period(&roster, &coalition.members[2].id).code, 202610);
    assert_false(roster_is_leaving(&roster, &coalition.members[1].id));
    charter_roster_fini(&roster);
    /* Who leaves itself leaves everybody. */
    assert_int_equal(charter_roster(two, &coalition.members[2].id, &roster, &note), ERR_OK);
    assert_int_equal(roster_last_period(&roster, &coalition.members[0].id).code, 202610);
    charter_roster_fini(&roster);

    /* It is taken over, may be moved out, and neither in nor back. */
    epoch_continue(&coalition, two);
    struct charter *three = epoch_make(&coalition, 7);
    assert_int_equal(three->partners[2].last_period.code, 202610);
    assert_int_equal(charter_follows(three, two, &note), ERR_OK);
    charter_close(three);
    coalition.terms.departure_count = 1;
    departure.last_period.code = 202612;
    epoch_expect(&coalition, two, NULL);
    departure.last_period.code = 202609;
    epoch_expect(&coalition, two, "the streams of hotel can't end in 2026-09: not before 2026-10");
    departure.last_period.code = 0;
    epoch_expect(&coalition, two, "hotel leaves, as the epoch before says");

    /* Gone only when its last period is over. */
    struct charter *gone = without_hotel(two, SEPTEMBER_2026, &note);
    assert_int_equal(charter_follows(gone, two, &note), ERR_CONFLICT);
    assert_string_equal(note.text, "hotel is in the charter until 2026-10 has ended");
    charter_close(gone);
    coalition.terms.departure_count = 0;
    charter_close(two);
    epoch_continue(&coalition, first);
}

static void test_gone_when_it_is_over(void **state)
{
    (void)state;
    struct note note = {{0}};
    struct charter_departure departure = {coalition.members[2].id, {202609}};
    coalition.terms.departures = &departure;
    coalition.terms.departure_count = 1;
    struct charter *two = epoch_make(&coalition, 7);
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct charter_terms terms = coalition.terms;
    struct charter *three = NULL;
    struct slice introductions[2] = {buffer_slice(&coalition.members[0].introduction),
                                     buffer_slice(&coalition.members[1].introduction)};
    terms.epoch = 3;
    terms.previous = two;
    terms.departure_count = 0;
    terms.valid_from.ms = SEPTEMBER_2026 + 31 * DAY_MS;
    assert_int_equal(charter_make(&terms, introductions, 2, &bytes, &note), ERR_OK);
    epoch_sign(&coalition, 3, &bytes);
    assert_int_equal(charter_open(buffer_slice(&bytes), &three, &note), ERR_OK);
    assert_int_equal(charter_follows(three, two, &note), ERR_OK);
    charter_close(three);
    charter_close(two);
    epoch_continue(&coalition, first);
}

static struct charter_revocation revocation_of(unsigned member,
                                               struct charter_revoked_stream *streams, size_t count)
{
    const struct member *m = &coalition.members[member];
    return (struct charter_revocation){m->id, key_id_of(&m->online.key), streams, count};
}

static void test_a_revoked_key_counts_up_to_its_numbers(void **state)
{
    (void)state;
    struct note note = {{0}};
    struct charter_revoked_stream streams[2] = {{coalition.members[2].id, 70, 7},
                                                {coalition.members[0].id, 50, 5}};
    struct charter_revocation revocation = revocation_of(1, streams, 2);
    coalition.terms.revocations = &revocation;
    coalition.terms.revocation_count = 1;
    struct charter *two = epoch_make(&coalition, 7);
    assert_int_equal(charter_follows(two, first, &note), ERR_OK);
    const struct charter_key *key =
        charter_key_by_id(two, &coalition.members[1].id, &revocation.key);
    const struct charter_key *other = &two->partners[0].online[0];
    assert_non_null(key->revocation);
    assert_null(other->revocation);
    static const struct {
        enum purpose purpose;
        unsigned peer;
        uint64_t number;
        enum err expected;
    } cases[] = {
        {PURPOSE_CLEARING_BATCH, 0, 1, ERR_OK},        {PURPOSE_CLEARING_BATCH, 0, 50, ERR_OK},
        {PURPOSE_CLEARING_BATCH, 0, 51, ERR_REVOKED},  {PURPOSE_CLEARING_RECEIPT, 0, 5, ERR_OK},
        {PURPOSE_CLEARING_RECEIPT, 0, 6, ERR_REVOKED}, {PURPOSE_CLEARING_BATCH, 2, 70, ERR_OK},
        {PURPOSE_CLEARING_BATCH, 2, 71, ERR_REVOKED},  {PURPOSE_CLEARING_BATCH, 1, 1, ERR_REVOKED},
        {PURPOSE_CLEARING_BATCH, 0, 0, ERR_REVOKED},   {PURPOSE_HOLD_REQUEST, 0, 1, ERR_REVOKED},
        {PURPOSE_HOLD_GRANT, 0, 0, ERR_REVOKED},       {PURPOSE_STATEMENT, 0, 1, ERR_REVOKED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct charter_place place = {cases[i].purpose, &coalition.members[cases[i].peer].id,
                                      cases[i].number};
        assert_int_equal(charter_key_counts(key, &place, &note), cases[i].expected);
        assert_int_equal(charter_key_counts(other, &place, &note), ERR_OK);
    }

    /* It is taken over, may shrink, and neither grow nor go. */
    epoch_continue(&coalition, two);
    struct charter *three = epoch_make(&coalition, 7);
    assert_int_equal(three->revocation_count, 1);
    assert_int_equal(three->revocations[0].streams[0].last_entry, 50);
    charter_close(three);
    coalition.terms.revocation_count = 1;
    streams[0].last_entry = 60;
    epoch_expect(&coalition, two, NULL);
    streams[0].last_receipt = 8;
    epoch_expect(&coalition, two, "is revoked in the epoch before; it can't count again");
    streams[0].last_receipt = 7;
    streams[1].peer = coalition.members[1].id;
    epoch_expect(&coalition, two, "is revoked in the epoch before; it can't count again");
    coalition.terms.revocation_count = 0;
    coalition.terms.previous = NULL;
    coalition.terms.previous_hash = two->payload_hash;
    struct charter *forgotten = epoch_make(&coalition, 7);
    assert_int_equal(charter_follows(forgotten, two, &note), ERR_CONFLICT);
    assert_non_null(strstr(note.text, "it can't count again"));
    charter_close(forgotten);
    charter_close(two);
    epoch_continue(&coalition, first);
}

static void test_revocations_that_are_refused(void **state)
{
    (void)state;
    struct note note = {{0}};
    struct charter_revoked_stream streams[2] = {{coalition.members[2].id, 70, 7},
                                                {coalition.members[2].id, 50, 5}};
    struct charter_revocation revocations[2] = {revocation_of(1, streams, 2),
                                                revocation_of(1, streams, 1)};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    coalition.terms.revocations = revocations;
    coalition.terms.revocation_count = 1;
    assert_int_equal(coalition_charter(&coalition, &bytes, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, "streams of a revoked key are there twice"));
    revocations[0].stream_count = 1;
    coalition.terms.revocation_count = 2;
    assert_int_equal(coalition_charter(&coalition, &bytes, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, "revoked_keys are there twice"));
    coalition.terms.revocation_count = 1;
    revocations[0].partner = coalition.members[0].id;
    assert_int_equal(coalition_charter(&coalition, &bytes, &note), ERR_INPUT);
    assert_non_null(strstr(note.text, "a revoked key is not among its partner's keys"));
    epoch_continue(&coalition, first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_changes),
        cmocka_unit_test(test_prices_and_units_last),
        cmocka_unit_test(test_promotions_last),
        cmocka_unit_test(test_who_pays_signs),
        cmocka_unit_test(test_streams_begin_when_they_began),
        cmocka_unit_test(test_a_card_prefix_lasts),
        cmocka_unit_test(test_nobody_is_gone_at_once),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_gone_when_it_is_over),
        cmocka_unit_test(test_a_revoked_key_counts_up_to_its_numbers),
        cmocka_unit_test(test_revocations_that_are_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
