/* Gift cards in the books: what is owed on them is what is on them, until they are over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "accounting/gifts.h"

#define FIRST   INT64_C(20000)
#define HOUR_MS (DAY_MS / 24)

struct fixture {
    struct partner_id self;
    struct posting_templates templates;
    struct settling settling;
    struct gift_book book;
};

static int begin(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    assert_int_equal(partner_id_parse("grocer", &fixture.self), ERR_OK);
    templates_default(&fixture.templates);
    settling_init(&fixture.settling, &fixture.self, &fixture.templates);
    gift_book_init(&fixture.book, (struct unix_ms){0}, (struct unix_ms){0});
    *state = &fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    gift_book_fini(&f->book);
    settling_fini(&f->settling);
    return 0;
}

static void add(struct fixture *f, int64_t day, const struct gift_book_change *change)
{
    struct gift_book_change at = *change;
    at.at.ms = (FIRST + day) * DAY_MS + HOUR_MS;
    assert_int_equal(gift_book_add(&f->book, &at), ERR_OK);
}

static void issue(struct fixture *f, int64_t day, const char *number, int64_t amount, int64_t paid,
                  int64_t until)
{
    struct gift_book_change change = {.number = number,
                                      .move = GIFT_BOOK_ISSUED,
                                      .amount = {amount},
                                      .paid = {paid},
                                      .until_day = until == 0 ? 0 : FIRST + until};
    add(f, day, &change);
}

static void move(struct fixture *f, int64_t day, const char *number, enum gift_book_move move,
                 int64_t amount)
{
    add(f, day, &(struct gift_book_change){.number = number, .move = move, .amount = {amount}});
}

static void finish(struct fixture *f, int64_t day)
{
    struct unix_ms now = {(FIRST + day) * DAY_MS + 2 * HOUR_MS};
    assert_int_equal(gift_book_finish(&f->book, now, &f->settling), ERR_OK);
}

static int64_t balance(const struct fixture *f, enum chart_line line)
{
    int64_t sum = 0;
    for (size_t i = 0; i < f->settling.entries.count; i++) {
        const struct book_entry *entry = &f->settling.entries.rows[i];
        int64_t zero = 0;
        for (size_t l = 0; l < entry->line_count; l++) {
            zero += entry->lines[l].amount.minor;
            sum += entry->lines[l].account == line ? entry->lines[l].amount.minor : 0;
        }
        assert_int_equal(zero, 0);
    }
    return sum;
}

static void assert_books(const struct fixture *f, int64_t owed, int64_t tills, int64_t given,
                         int64_t lapsed)
{
    assert_int_equal(balance(f, CHART_GIFT_CARDS), -owed);
    assert_int_equal(balance(f, CHART_GIFT_TILLS), tills);
    assert_int_equal(balance(f, CHART_GIFT_GIVEN), given);
    assert_int_equal(balance(f, CHART_GIFT_BREAKAGE), -lapsed);
}

static void test_sold_spent_and_over(void **state)
{
    struct fixture *f = *state;
    issue(f, 0, "1", 5000, 5000, 30);
    issue(f, 0, "2", 5000, 5000, 0);
    move(f, 3, "1", GIFT_BOOK_SPENT, 1250);
    move(f, 3, "2", GIFT_BOOK_SPENT, 5000);
    move(f, 4, "2", GIFT_BOOK_REFUNDED, 1000);
    move(f, 5, "9", GIFT_BOOK_SPENT, 77); /* nobody issued it */
    finish(f, 29);
    assert_books(f, 3750 + 1000, 10000 - 1250 - 4000, 0, 0);
    assert_int_equal(f->settling.entries.count, 3); /* of a day each */
    end(state);
    begin(state);
    issue(f, 0, "1", 5000, 5000, 30);
    move(f, 3, "1", GIFT_BOOK_SPENT, 1250);
    finish(f, 30);
    assert_books(f, 0, 3750, 0, 3750);
    assert_int_equal(f->settling.entries.rows[2].at.ms / DAY_MS, FIRST + 30);
}

static void test_given_and_taken_back(void **state)
{
    struct fixture *f = *state;
    issue(f, 0, "1", 500, 100, 0); /* a reward, for points and 1.00 */
    issue(f, 0, "2", 300, 0, 0);
    move(f, 1, "2", GIFT_BOOK_SPENT, 200);
    move(f, 2, "1", GIFT_BOOK_TAKEN_BACK, 500);
    move(f, 2, "2", GIFT_BOOK_TAKEN_BACK, 300); /* 100 are left */
    finish(f, 3);
    assert_books(f, 0, 100 - 100 - 200, 200, 0);
}

static void test_what_comes_back_on_one_that_is_over(void **state)
{
    struct fixture *f = *state;
    issue(f, 0, "1", 500, 500, 10);
    issue(f, 12, "2", 400, 400, 5); /* over when it is sold */
    move(f, 1, "1", GIFT_BOOK_SPENT, 200);
    move(f, 15, "1", GIFT_BOOK_REFUNDED, 200);
    move(f, 16, "2", GIFT_BOOK_TAKEN_BACK, 400);
    finish(f, 20);
    assert_books(f, 0, 500, 0, 500);
}

/* Of a span only what happened in it; what was before is known all the same. */
static void test_a_span_of_time(void **state)
{
    struct fixture *f = *state;
    f->book.from.ms = (FIRST + 2) * DAY_MS;
    f->book.to.ms = (FIRST + 9) * DAY_MS;
    issue(f, 0, "1", 500, 500, 8);
    issue(f, 0, "2", 500, 500, 9);
    move(f, 3, "1", GIFT_BOOK_SPENT, 120);
    move(f, 9, "2", GIFT_BOOK_REFUNDED, 1);
    finish(f, 20);
    assert_books(f, -500, -120, 0, 380);
}

static void test_vouchers_are_left_out(void **state)
{
    struct fixture *f = *state;
    const struct gift_book_change voucher = {
        .number = "1", .move = GIFT_BOOK_ISSUED, .amount = {3}, .is_voucher = true};
    add(f, 0, &voucher);
    move(f, 1, "1", GIFT_BOOK_SPENT, 1);
    finish(f, 2);
    assert_int_equal(f->settling.entries.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sold_spent_and_over),
        TEST(test_given_and_taken_back),
        TEST(test_what_comes_back_on_one_that_is_over),
        TEST(test_a_span_of_time),
        TEST(test_vouchers_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
