#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "clearing/roster.h"

struct world {
    struct roster_partner partners[3];
    struct tariff tariffs[2];
    struct roster roster;
};

static void make(struct world *w)
{
    *w = (struct world){
        .partners = {{.id = {"cinema"}, .prefix = {"7001"}},
                     {.id = {"airline"}, .prefix = {"50012345"}},
                     {.id = {"bakery"}, .prefix = {"6001"}}},
        .tariffs = {{.id = 9, .issue_price = {10}, .redemption_price = {8}, .per = {1000}},
                    {.id = 3, .issue_price = {11}, .redemption_price = {0}, .per = {1000}}}};
    w->roster = (struct roster){.self = {"bakery"},
                                .first_period = {202610},
                                .partners = w->partners,
                                .partner_count = 3,
                                .tariffs = w->tariffs,
                                .tariff_count = 2};
}

static void test_find(void **state)
{
    struct world world;
    struct world *w = &world;
    struct card_number card;
    (void)state;
    make(w);
    assert_int_equal(roster_prepare(&w->roster, NULL), ERR_OK);
    assert_string_equal(w->partners[0].id.text, "airline");
    assert_int_equal(w->tariffs[0].id, 3);
    const struct roster_partner *cinema = roster_find(&w->roster, &(struct partner_id){"cinema"});
    assert_non_null(cinema);
    assert_string_equal(cinema->prefix.digits, "7001");
    assert_null(roster_find(&w->roster, &(struct partner_id){"cine"}));
    assert_int_equal(card_number_make(&cinema->prefix, 77, &card), ERR_OK);
    assert_ptr_equal(roster_home_of(&w->roster, &card), cinema);
    assert_int_equal(card_number_make(&(struct card_prefix){"7002"}, 77, &card), ERR_OK);
    assert_null(roster_home_of(&w->roster, &card));
    assert_int_equal(roster_tariff(&w->roster, 9)->issue_price.minor, 10);
    assert_null(roster_tariff(&w->roster, 4));
    assert_true(roster_is_self(&w->roster, &(struct partner_id){"bakery"}));
    assert_false(roster_is_self(&w->roster, &cinema->id));
}

static void assert_refused(struct world *w, const char *part)
{
    struct note note = {{0}};
    enum err err = roster_prepare(&w->roster, &note);
    if (err != ERR_INPUT || strstr(note.text, part) == NULL) {
        fail_msg("%s: '%s' without '%s'", err_name(err), note.text, part);
    }
}

#define REFUSED(change, part)                                                                      \
    do {                                                                                           \
        struct world w;                                                                            \
        make(&w);                                                                                  \
        w.change;                                                                                  \
        assert_refused(&w, part);                                                                  \
    } while (0)

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    REFUSED(partners[0].id = (struct partner_id){"bakery"}, "bakery is there twice");
    REFUSED(partners[0].prefix = (struct card_prefix){"6001"}, "can't be told apart");
    REFUSED(partners[0].prefix = (struct card_prefix){"60012"}, "partners bakery and cinema");
    REFUSED(partners[0].prefix = (struct card_prefix){"0123"}, "'0123' is no card prefix");
    REFUSED(partners[0].prefix = (struct card_prefix){""}, "partner cinema: ''");
    REFUSED(roster.self = (struct partner_id){"florist"}, "florist itself");
    REFUSED(roster.partner_count = 0, "0 partners");
    REFUSED(roster.partner_count = LIMIT_PARTNERS + 1, "1001 partners");
    REFUSED(roster.tariff_count = 0, "0 tariffs");
    REFUSED(roster.tariff_count = LIMIT_TARIFFS + 1, "65 tariffs");
    REFUSED(tariffs[0].id = 3, "tariff 3 is there twice");
    REFUSED(tariffs[0].issue_price.minor = -1, "tariff 9 has a price below zero");
    REFUSED(tariffs[1].redemption_price.minor = -1, "tariff 3 has a price below zero");
    REFUSED(tariffs[1].per.minor = 0, "for no points");
    REFUSED(roster.first_period.code = 202600, "no month");
}

/* When streams between two brands begin and end. */
static void test_periods(void **state)
{
    (void)state;
    struct world w;
    make(&w);
    assert_int_equal(roster_prepare(&w.roster, NULL), ERR_OK);
    struct roster_partner *theirs = &w.partners[0];
    struct roster_partner *mine = &w.partners[1];
    const struct partner_id *other = &theirs->id;
    assert_true(roster_is_self(&w.roster, &mine->id));
    assert_int_equal(roster_first_period(&w.roster, other).code, 202610);
    assert_int_equal(roster_last_period(&w.roster, other).code, 0);
    theirs->first_period.code = 202608;
    assert_int_equal(roster_first_period(&w.roster, other).code, 202610);
    theirs->first_period.code = 202612;
    assert_int_equal(roster_first_period(&w.roster, other).code, 202612);
    assert_false(roster_is_leaving(&w.roster, other));
    theirs->last_period.code = 202703;
    assert_true(roster_is_leaving(&w.roster, other));
    assert_int_equal(roster_last_period(&w.roster, other).code, 202703);
    mine->last_period.code = 202704;
    assert_int_equal(roster_last_period(&w.roster, other).code, 202703);
    mine->last_period.code = 202701;
    assert_int_equal(roster_last_period(&w.roster, other).code, 202701);
    theirs->last_period.code = 0;
    assert_int_equal(roster_last_period(&w.roster, other).code, 202701);
    struct partner_id nobody = {"nobody"};
    assert_int_equal(roster_last_period(&w.roster, &nobody).code, 0);
    assert_int_equal(roster_first_period(&w.roster, &nobody).code, 202610);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
