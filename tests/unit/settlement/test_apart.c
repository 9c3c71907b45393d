/* What is set apart of a half, by the two lists of entries alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "settlement/apart.h"

static struct clearing_entry entry_of(enum entry_kind kind, uint64_t number, uint8_t sale,
                                      int64_t points, uint32_t tariff)
{
    struct clearing_entry entry = {.number = number,
                                   .kind = kind,
                                   .period = {202610},
                                   .points = points_of(points),
                                   .tariff = tariff};
    entry.transaction_id.bytes[0] = sale;
    return entry;
}

static struct apart_list list_of(const struct clearing_entry *entry, uint32_t refused)
{
    return (struct apart_list){entry, entry == NULL ? 0 : 1, refused};
}

/* One entry on either side, and what comes of it. */
struct row {
    const char *name;
    struct clearing_entry sent; /* number 0: none */
    struct clearing_entry received;
    uint32_t sent_refused;
    uint32_t received_refused;
    int64_t common;  /* points; -1: nothing is common */
    int64_t claimed; /* 0: nothing is */
    bool is_senders;
    uint64_t number;
    uint32_t tariff; /* under which it is in dispute */
};

static void check_row(const struct row *row)
{
    struct apart_outcome outcome;
    struct note note = {""};
    print_message("%s\n", row->name);
    assert_int_equal(
        apart_decide(
            list_of(row->sent.number == 0 ? NULL : &row->sent, row->sent_refused),
            list_of(row->received.number == 0 ? NULL : &row->received, row->received_refused),
            &outcome, &note),
        ERR_OK);
    assert_int_equal(outcome.common_count, row->common >= 0);
    if (row->common >= 0) {
        assert_int_equal(outcome.commons[0].points.minor, row->common);
    }
    assert_int_equal(outcome.claim_count, row->claimed > 0);
    assert_int_equal(outcome.line_count, row->claimed > 0);
    if (row->claimed > 0) {
        assert_int_equal(outcome.claims[0].is_senders, row->is_senders);
        assert_int_equal(outcome.claims[0].points.minor, row->claimed);
        assert_int_equal(outcome.claims[0].number, row->number);
        assert_int_equal(outcome.lines[0].count, 1);
        assert_int_equal(outcome.lines[0].points, row->claimed);
        assert_int_equal(outcome.lines[0].tariff, row->tariff);
    }
}

static void test_each_difference(void **state)
{
    (void)state;
    const struct clearing_entry none = {.number = 0};
    const struct clearing_entry earn = entry_of(ENTRY_EARN, 5, 1, 70, 1);
    const struct row rows[] = {
        {"missing there", earn, none, 0, 0, -1, 70, true, 5, 1},
        {"missing here", none, earn, 0, 0, -1, 70, false, APART_RECEIVERS + 5, 1},
        {"more sent", earn, entry_of(ENTRY_EARN, 5, 1, 50, 1), 0, 0, 50, 20, true, 5, 1},
        {"more received", earn, entry_of(ENTRY_EARN, 6, 1, 90, 1), 0, 0, 70, 20, false, 5, 1},
        {"elsewhere", earn, entry_of(ENTRY_EARN, 9, 1, 70, 1), 0, 0, 70, 0, false, 0, 0},
        {"of a tariff, earned", earn, entry_of(ENTRY_EARN, 5, 1, 70, 2), 0, 0, -1, 70, false, 5, 2},
        {"of a tariff, burnt", entry_of(ENTRY_CAPTURE, 5, 1, 70, 1),
         entry_of(ENTRY_CAPTURE, 5, 1, 70, 2), 0, 0, -1, 70, true, 5, 1},
        {"refused at both", earn, earn, 1, 1, -1, 0, false, 0, 0},
        {"refused here", none, earn, 0, 1, -1, 0, false, 0, 0},
        {"refused by the receiver alone", earn, earn, 0, 1, -1, 70, true, 5, 1},
        {"a void", entry_of(ENTRY_VOID, 5, 1, 0, 1), none, 0, 0, -1, 0, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(&rows[i]);
    }
}

static enum err decide_one(enum entry_kind kind, uint32_t tariff, int64_t points)
{
    struct clearing_entry sent = entry_of(kind, 5, 1, 70, 1);
    struct clearing_entry received = entry_of(kind, 5, 1, points, tariff);
    struct apart_outcome outcome;
    struct note note = {""};
    if (kind == ENTRY_PERIOD_MARK) {
        sent.points = received.points = points_of(0);
        sent.transaction_id.bytes[0]++;
    }
    enum err err = apart_decide(list_of(&sent, 0), list_of(&received, 0), &outcome, &note);
    assert_int_equal(err != ERR_OK, note.text[0] != '\0');
    return err;
}

static void test_what_cannot_wait(void **state)
{
    (void)state;
    assert_int_equal(decide_one(ENTRY_PERIOD_MARK, 1, 0), ERR_UNSUPPORTED);
    assert_int_equal(decide_one(ENTRY_MOVED_LOT, 1, 90), ERR_UNSUPPORTED);
    assert_int_equal(decide_one(ENTRY_EARN, 2, 90), ERR_UNSUPPORTED);
    assert_int_equal(decide_one(ENTRY_EARN, 1, 90), ERR_OK);
}

/* The same sale twice on one side, and what belongs together elsewhere. */
static void test_lists(void **state)
{
    (void)state;
    struct clearing_entry sent[] = {entry_of(ENTRY_EARN, 4, 1, 10, 1),
                                    entry_of(ENTRY_EARN, 5, 2, 20, 1)};
    struct clearing_entry received[] = {entry_of(ENTRY_EARN, 4, 2, 20, 1),
                                        entry_of(ENTRY_EARN, 5, 1, 10, 1),
                                        entry_of(ENTRY_EARN, 6, 1, 10, 1)};
    struct apart_outcome outcome;
    struct note note = {""};
    assert_int_equal(apart_decide((struct apart_list){sent, 2, 0},
                                  (struct apart_list){received, 3, 0}, &outcome, &note),
                     ERR_OK);
    assert_int_equal(outcome.common_count, 2);
    assert_int_equal(outcome.claim_count, 1);
    assert_int_equal(outcome.claims[0].number, APART_RECEIVERS + 6);
    assert_true(apart_is_bounded(&outcome, 20));
    assert_false(apart_is_bounded(&outcome, 19));
    outcome.claims[1] = outcome.claims[0];
    outcome.claim_count = 2;
    assert_true(apart_is_bounded(&outcome, 20 * LIMIT_APART_PART));
    assert_false(apart_is_bounded(&outcome, 20 * LIMIT_APART_PART - 1));
    assert_int_equal(apart_decide((struct apart_list){sent, LIMIT_APART_ENTRIES + 1, 0},
                                  (struct apart_list){received, 3, 0}, &outcome, &note),
                     ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_difference),
        cmocka_unit_test(test_what_cannot_wait),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
