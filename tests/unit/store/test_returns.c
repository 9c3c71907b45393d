/* Returns against the archive: which sale gives back, how much, and that nothing ever gives more
 * than it sold or answers differently when it is asked again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/folder.h"
#include "store/returns.h"

#define assert_ok(expression) assert_int_equal(expression, ERR_OK)

#define NOON    (INT64_C(20000) * DAY_MS + DAY_MS / 2)
#define UNIT    INT64_C(1000000)
#define ALICE   11u
#define BOB     12u
#define STORE   21u
#define BREAD   31u
#define MILK    32u
#define RECEIPT 41u

struct fixture {
    char parent[64];
    char folder[80];
    struct archive *archive;
    struct return_matcher *matcher;
    struct return_allocation allocation;
    bool is_kept;
};

static void open_archive(struct fixture *f)
{
    struct note note = {""};
    if (archive_open(f->folder, &f->archive, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->parent, sizeof f->parent, "/tmp/talea-node-XXXXXX");
    assert_non_null(mkdtemp(f->parent));
    snprintf(f->folder, sizeof f->folder, "%s/node", f->parent);
    open_archive(f);
    assert_ok(return_matcher_create(&f->matcher));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    archive_close(f->archive);
    return_matcher_destroy(f->matcher);
    folder_remove(f->parent);
    free(f);
    return 0;
}

static struct uid uid_of(unsigned kind, uint64_t number)
{
    struct uid id = {{(uint8_t)kind}};
    put_u64_be(id.bytes + 8, number);
    return id;
}

static struct archive_sale sale_of(uint64_t number, int64_t days_ago, struct archive_line *lines,
                                   size_t count)
{
    return (struct archive_sale){.id = uid_of(1, number),
                                 .time = {NOON - days_ago * DAY_MS},
                                 .who = ALICE,
                                 .store = STORE,
                                 .receipt = RECEIPT + number,
                                 .line_count = count,
                                 .lines = lines};
}

static void add_sale(struct fixture *f, const struct archive_sale *sale)
{
    struct archive_txn *txn;
    assert_ok(archive_begin(f->archive, &txn));
    assert_ok(archive_add_sale(txn, sale));
    assert_ok(archive_commit(txn));
}

/* A sale of one line. */
static void add_line(struct fixture *f, uint64_t number, int64_t days_ago, uint64_t product,
                     int64_t units, int64_t amount)
{
    struct archive_line line = {
        .product = product, .quantity_micro = units * UNIT, .amount_minor = amount};
    struct archive_sale sale = sale_of(number, days_ago, &line, 1);
    add_sale(f, &sale);
}

static void allocate(struct fixture *f, const struct return_request *request)
{
    struct archive_txn *txn;
    memset(&f->allocation, 0, sizeof f->allocation);
    assert_ok(archive_begin(f->archive, &txn));
    assert_ok(return_allocate(f->matcher, txn, request, &f->allocation, &f->is_kept));
    assert_ok(archive_commit(txn));
}

static struct return_request request_of(uint64_t number, const struct return_line *lines,
                                        size_t count)
{
    return (struct return_request){.id = uid_of(2, number),
                                   .time = {NOON},
                                   .body_hash = {(uint8_t)number},
                                   .who = ALICE,
                                   .by_who = true,
                                   .store = STORE,
                                   .lines = lines,
                                   .line_count = count};
}

static void assert_take(const struct fixture *f, size_t index, uint64_t sale, int64_t amount)
{
    struct uid id = uid_of(1, sale);
    assert_true(index < f->allocation.take_count);
    assert_true(uid_equal(&f->allocation.takes[index].sale, &id));
    assert_int_equal(f->allocation.takes[index].amount_minor, amount);
}

static void assert_part(const struct fixture *f, size_t index, size_t take, unsigned line,
                        int64_t quantity_milli)
{
    const struct return_part *part = &f->allocation.parts[index];
    assert_true(index < f->allocation.part_count && part->take == take && part->line == line);
    assert_int_equal(part->quantity_milli, quantity_milli);
}

static void test_the_newest_sale_that_has_enough(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, 2 * UNIT};
    struct return_request request = request_of(1, &line, 1);
    add_line(f, 1, 9, BREAD, 5, 1000);
    add_line(f, 2, 5, BREAD, 3, 900);
    add_line(f, 3, 2, BREAD, 1, 400);  /* too little */
    add_line(f, 4, -1, BREAD, 9, 900); /* tomorrow's */
    add_line(f, 5, 1, MILK, 9, 900);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_FOUND);
    assert_true(f->allocation.line_matched[0]);
    assert_int_equal(f->allocation.take_count, 1);
    assert_take(f, 0, 2, 600);
    assert_false(f->is_kept);
}

static void test_later_on_the_same_day(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, UNIT};
    struct return_request request = request_of(1, &line, 1);
    request.time.ms -= 1000;
    add_line(f, 1, 0, BREAD, 1, 300);
    allocate(f, &request);
    assert_take(f, 0, 1, 300);
}

static void test_spread_over_several(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, 4 * UNIT};
    struct return_request request = request_of(1, &line, 1);
    add_line(f, 1, 9, BREAD, 2, 500);
    add_line(f, 2, 5, BREAD, 3, 900);
    allocate(f, &request);
    assert_int_equal(f->allocation.take_count, 2);
    assert_take(f, 0, 2, 900);
    assert_take(f, 1, 1, 250);
    assert_int_equal(f->allocation.part_count, 2);
    assert_part(f, 0, 0, 1, 0); /* all of it */
    assert_part(f, 1, 1, 1, 1000);
    request.id = uid_of(2, 2);
    allocate(f, &request); /* one is left, four are wanted */
    assert_int_equal(f->allocation.result, RETURN_EXCEEDS_SALE);
    assert_int_equal(f->allocation.take_count, 0);
}

static void test_parts_add_up(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, UNIT};
    int64_t sum = 0;
    add_line(f, 1, 1, BREAD, 3, 1001);
    for (uint64_t i = 1; i <= 3; i++) {
        struct return_request request = request_of(i, &line, 1);
        allocate(f, &request);
        assert_int_equal(f->allocation.take_count, 1);
        sum += f->allocation.takes[0].amount_minor;
    }
    assert_int_equal(sum, 1001);
    struct return_request request = request_of(4, &line, 1);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_EXCEEDS_SALE);
}

static void test_share_is_half_even_and_never_too_much(void **state)
{
    (void)state;
    int64_t amount;
    struct archive_line line = {BREAD, 4 * UNIT, 10, 0, 0};
    assert_ok(return_share(&line, UNIT, &amount)); /* 2.5 */
    assert_int_equal(amount, 2);
    assert_ok(return_share(&line, 3 * UNIT, &amount)); /* 7.5 */
    assert_int_equal(amount, 8);
    line.returned_micro = 3 * UNIT;
    line.returned_minor = 9;
    assert_ok(return_share(&line, UNIT, &amount)); /* the rest */
    assert_int_equal(amount, 1);
    line.returned_micro = 2 * UNIT;
    line.returned_minor = 9;
    assert_ok(return_share(&line, UNIT, &amount)); /* 2, but 1 is left */
    assert_int_equal(amount, 1);
}

static void test_keys_must_agree(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, UNIT};
    struct archive_line sold = {.product = BREAD, .quantity_micro = UNIT, .amount_minor = 100};
    struct archive_sale bobs = sale_of(1, 1, &sold, 1);
    struct archive_sale elsewhere = sale_of(2, 2, &sold, 1);
    bobs.who = BOB;
    elsewhere.store = STORE + 1;
    add_sale(f, &bobs);
    add_sale(f, &elsewhere);
    add_line(f, 3, 3, BREAD, 1, 333);
    struct return_request request = request_of(1, &line, 1);
    request.by_store = true;
    allocate(f, &request);
    assert_take(f, 0, 3, 333);

    request = request_of(2, &line, 1);
    request.by_who = false;
    request.by_store = true; /* anybody's, in this store */
    allocate(f, &request);
    assert_take(f, 0, 1, 100);

    request = request_of(3, &line, 1);
    request.by_day = true;
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_NO_SALE);

    request = request_of(4, &line, 1);
    request.by_who = false;
    request.receipt = RECEIPT + 2;
    allocate(f, &request);
    assert_take(f, 0, 2, 100);

    request = request_of(5, &line, 1);
    request.by_who = false; /* nothing to go by */
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_NO_SALE);
}

static void test_must_be_unique(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, 2 * UNIT};
    add_line(f, 1, 9, BREAD, 2, 500);
    add_line(f, 2, 5, BREAD, 3, 900);
    add_line(f, 3, 4, BREAD, 1, 300);
    struct return_request request = request_of(1, &line, 1);
    request.must_be_unique = true;
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_NOT_UNIQUE);
    assert_int_equal(f->allocation.take_count, 0);
    struct return_line three = {BREAD, 3 * UNIT};
    request = request_of(2, &three, 1);
    request.must_be_unique = true;
    allocate(f, &request);
    assert_take(f, 0, 2, 900);
    request = request_of(3, &three, 1);
    request.must_be_unique = true; /* two sales together would have enough: that is not one */
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_EXCEEDS_SALE);
}

static void test_some_lines_match(void **state)
{
    struct fixture *f = *state;
    struct return_line lines[] = {{MILK, UNIT}, {BREAD, UNIT}, {BREAD, 0}, {BREAD, UNIT}};
    struct return_request request = request_of(1, lines, 4);
    add_line(f, 1, 1, BREAD, 2, 500);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_FOUND);
    assert_false(f->allocation.line_matched[0]);
    assert_true(f->allocation.line_matched[1]);
    assert_false(f->allocation.line_matched[2]);
    assert_true(f->allocation.line_matched[3]);
    assert_int_equal(f->allocation.take_count, 1);
    assert_take(f, 0, 1, 500);
}

/* Which lines it was, in thousandths that add up however finely a file counts. */
static void test_the_lines_are_named(void **state)
{
    struct fixture *f = *state;
    struct archive_line sold[] = {
        {.product = MILK, .quantity_micro = UNIT, .amount_minor = 100},
        {.product = BREAD, .quantity_micro = UNIT + 700, .amount_minor = 1000},
        {.product = BREAD, .quantity_micro = 3, .amount_minor = 0}, /* of nothing one can count */
    };
    const struct archive_sale sale = sale_of(1, 1, sold, 3);
    add_sale(f, &sale);
    const struct return_line lines[] = {{BREAD, UNIT / 4}, {BREAD, 300}, {BREAD, 750400},
                                        {BREAD, 1},        {MILK, UNIT}, {BREAD, 2}};
    static const int64_t milli[] = {250, 0, 0, 333, 0, 0};
    static const unsigned places[] = {2, 0, 2, 3, 1, 3};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct return_request request = request_of(i + 1, &lines[i], 1);
        allocate(f, &request);
        allocate(f, &request); /* kept with it */
        assert_int_equal(f->allocation.part_count, places[i] == 0 ? 0 : 1);
        if (places[i] != 0) {
            assert_part(f, 0, 0, places[i], milli[i]);
        }
        const struct return_take *take = &f->allocation.takes[0];
        assert_int_equal(take->is_of_lines, take->amount_minor == 0);
    }
}

/* Points by hand go back when all of the goods do; before, there is no share to speak of. */
static void test_sale_without_an_amount(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, UNIT};
    add_line(f, 1, 1, BREAD, 2, 0);
    struct return_request request = request_of(1, &line, 1);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_FOUND);
    assert_take(f, 0, 1, 0);
    assert_true(f->allocation.takes[0].is_of_lines);
    request = request_of(2, &line, 1);
    allocate(f, &request);
    assert_take(f, 0, 1, 0);
    assert_false(f->allocation.takes[0].is_of_lines);
}

static void test_asked_again(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, UNIT};
    struct return_request found = request_of(1, &line, 1);
    add_line(f, 1, 5, BREAD, 1, 500);
    allocate(f, &found);
    assert_take(f, 0, 1, 500);
    add_line(f, 2, 1, BREAD, 7, 700); /* changes nothing */
    archive_close(f->archive);
    open_archive(f);
    allocate(f, &found);
    assert_true(f->is_kept);
    assert_int_equal(f->allocation.take_count, 1);
    assert_take(f, 0, 1, 500);

    struct archive_txn *txn;
    found.body_hash[3] = 1;
    assert_ok(archive_begin(f->archive, &txn));
    assert_int_equal(return_allocate(f->matcher, txn, &found, &f->allocation, &f->is_kept),
                     ERR_CONFLICT);
    archive_abort(txn);
}

/* What was refused stays refused: importing the same file again adds nothing. */
static void test_return_before_its_sale(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, UNIT};
    struct return_request request = request_of(1, &line, 1);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_NO_SALE);
    assert_false(f->is_kept);
    archive_close(f->archive);
    open_archive(f);
    add_line(f, 1, 5, BREAD, 1, 500);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_NO_SALE);
    assert_int_equal(f->allocation.take_count, 0);
    assert_true(f->is_kept);
}

static void test_more_than_is_left(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, 3 * UNIT};
    struct return_line milk = {MILK, UNIT};
    struct return_line lines[] = {milk, line};
    add_line(f, 1, 5, BREAD, 2, 500);
    struct return_request request = request_of(1, &line, 1); /* the customer's only sale */
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_EXCEEDS_SALE);
    assert_int_equal(f->allocation.take_count, 0);
    request = request_of(2, lines, 2); /* and no milk at all */
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_EXCEEDS_SALE);
    request = request_of(3, &line, 1);
    request.by_who = false;
    request.receipt = RECEIPT + 1;
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_EXCEEDS_SALE);
    request = request_of(5, &milk, 1); /* the receipt is there, the product is not on it */
    request.by_who = false;
    request.receipt = RECEIPT + 1;
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_NO_SALE);
    request = request_of(4, &line, 1);
    request.who = BOB;
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_NO_SALE);
}

/* A sale that comes in again must not forget what was returned of it. */
static void test_sale_asked_again(void **state)
{
    struct fixture *f = *state;
    struct return_line line = {BREAD, UNIT};
    struct return_request request = request_of(1, &line, 1);
    add_line(f, 1, 5, BREAD, 1, 500);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_FOUND);
    add_line(f, 1, 5, BREAD, 1, 500);
    request = request_of(2, &line, 1);
    allocate(f, &request);
    assert_int_equal(f->allocation.result, RETURN_EXCEEDS_SALE);
}

/* Marsaglia, "Xorshift RNGs", 2003. */
static uint64_t next(uint64_t *seed, uint64_t bound)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (*seed >> 11) % bound;
}

static uint64_t seed_begin(void)
{
    const char *given = getenv("TALEA_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10)
                                  : (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    print_message("TALEA_TEST_SEED=%" PRIu64 "\n", seed);
    return seed == 0 ? 1 : seed;
}

#define SALES    40u
#define RETURNS  120u
#define PRODUCTS 3u
#define LINES    4u

/* What a model that only counts knows. */
struct model {
    int64_t sold[PRODUCTS];
    int64_t returned[PRODUCTS];
    int64_t amount[SALES];
    int64_t given_back[SALES];
};

static void random_sale(struct fixture *f, struct model *model, uint64_t number, uint64_t *seed)
{
    struct archive_line lines[LINES];
    size_t count = 1 + next(seed, LINES);
    for (size_t i = 0; i < count; i++) {
        uint64_t product = next(seed, PRODUCTS);
        int64_t quantity = (int64_t)next(seed, 3 * (uint64_t)UNIT);
        lines[i] = (struct archive_line){.product = 1 + product,
                                         .quantity_micro = quantity,
                                         .amount_minor = (int64_t)next(seed, 1000)};
        model->sold[product] += quantity;
        model->amount[number] += lines[i].amount_minor;
    }
    struct archive_sale sale = sale_of(number, (int64_t)next(seed, 30), lines, count);
    sale.who = ALICE + next(seed, 2);
    add_sale(f, &sale);
}

static void count_allocation(const struct fixture *f, struct model *model,
                             const struct return_request *request)
{
    for (size_t i = 0; i < request->line_count; i++) {
        if (f->allocation.line_matched[i]) {
            model->returned[request->lines[i].product - 1] += request->lines[i].quantity_micro;
        }
    }
    for (size_t i = 0; i < f->allocation.take_count; i++) {
        uint64_t sale = get_u64_be(f->allocation.takes[i].sale.bytes + 8);
        assert_true(sale < SALES);
        model->given_back[sale] += f->allocation.takes[i].amount_minor;
    }
}

static void assert_same_allocation(const struct fixture *f, const struct return_allocation *a)
{
    const struct return_allocation *b = &f->allocation;
    assert_int_equal(a->result, b->result);
    assert_int_equal(a->line_count, b->line_count);
    assert_memory_equal(a->line_matched, b->line_matched, a->line_count * sizeof(bool));
    assert_int_equal(a->take_count, b->take_count);
    for (size_t i = 0; i < a->take_count; i++) {
        assert_true(uid_equal(&a->takes[i].sale, &b->takes[i].sale));
        assert_int_equal(a->takes[i].amount_minor, b->takes[i].amount_minor);
    }
    assert_int_equal(a->part_count, b->part_count);
    for (size_t i = 0; i < a->part_count; i++) {
        assert_part(f, i, a->parts[i].take, a->parts[i].line, a->parts[i].quantity_milli);
    }
}

static void random_return(struct fixture *f, struct model *model, uint64_t number, uint64_t *seed)
{
    struct return_line lines[LINES];
    size_t count = 1 + next(seed, LINES);
    for (size_t i = 0; i < count; i++) {
        lines[i] =
            (struct return_line){1 + next(seed, PRODUCTS), (int64_t)next(seed, 3 * (uint64_t)UNIT)};
    }
    struct return_request request = request_of(number, lines, count);
    request.who = ALICE + next(seed, 2);
    request.by_who = next(seed, 3) > 0;
    request.by_store = !request.by_who;
    request.must_be_unique = next(seed, 4) == 0;
    request.by_day = next(seed, 10) == 0;
    request.time.ms += (int64_t)next(seed, 2) * DAY_MS;
    allocate(f, &request);
    count_allocation(f, model, &request);
    if (next(seed, 20) == 0) {
        archive_close(f->archive);
        open_archive(f);
    }
    struct return_allocation *first = malloc(sizeof *first);
    assert_non_null(first);
    *first = f->allocation;
    allocate(f, &request);
    assert_true(f->is_kept);
    assert_same_allocation(f, first);
    free(first);
}

static void test_never_more_than_was_sold(void **state)
{
    struct fixture *f = *state;
    struct model model = {0};
    uint64_t seed = seed_begin();
    int64_t matched = 0;
    uint64_t sales = 0;
    for (uint64_t i = 0; i < RETURNS; i++) {
        while (sales < SALES && sales * RETURNS < 2 * i * SALES + RETURNS) {
            random_sale(f, &model, sales++, &seed);
        }
        random_return(f, &model, i, &seed);
    }
    for (size_t i = 0; i < PRODUCTS; i++) {
        assert_true(model.returned[i] <= model.sold[i]);
        matched += model.returned[i];
    }
    for (size_t i = 0; i < SALES; i++) {
        assert_true(model.given_back[i] <= model.amount[i]);
    }
    assert_true(matched > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_newest_sale_that_has_enough),
        TEST(test_later_on_the_same_day),
        TEST(test_spread_over_several),
        TEST(test_parts_add_up),
        TEST(test_share_is_half_even_and_never_too_much),
        TEST(test_keys_must_agree),
        TEST(test_must_be_unique),
        TEST(test_some_lines_match),
        TEST(test_the_lines_are_named),
        TEST(test_sale_without_an_amount),
        TEST(test_asked_again),
        TEST(test_return_before_its_sale),
        TEST(test_more_than_is_left),
        TEST(test_sale_asked_again),
        TEST(test_never_more_than_was_sold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
