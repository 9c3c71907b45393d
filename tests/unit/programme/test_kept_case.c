/* What is kept of an occasion that was judged: what was written once is read for ever. */
#include "scene.h"

#include "base/limits.h"
#include "programme/kept_case.h"

/* As journals hold it: what was written once is read for ever. */
#define BODY                                                                                       \
    "07"                                       /* programme */                                     \
    "0000"                                     /* a sale, without an event's name */               \
    "80f0c7aba068"                             /* local time */                                    \
    "0137"                                     /* store */                                         \
    "03776562"                                 /* channel */                                       \
    "64"                                       /* paid in points: 50 */                            \
    "02"                                       /* lines */                                         \
    "0431303031056272656164044b6f726ed00fe807" /* 1001, bread, Korn: 1.000, 5.00 */                \
    "000000b81702"                             /* nothing said: 1.500, 0.01 */                     \
    "02"                                       /* standing */                                      \
    "0500000000000000e8bb02ce0f"               /* slot 5, day 20212: 999 */                        \
    "06000000000000000001"                     /* slot 6: -1 */                                    \
    "01"                                       /* of all members together */                       \
    "0900000000000000000e"                     /* slot 9: 7 */                                     \
    "2a"                                       /* points: 21 */                                    \
    "ea07"                                     /* gross: 501 */                                    \
    "04"                                       /* discount: 2 */                                   \
    "02"                                       /* awards */                                        \
    "00042a"                                   /* rule 0: 2 wanted, 21 given */                    \
    "810104ff9f02"                             /* rule 129 */

static const char golden_first[] = "01" BODY;

static const struct basket_line lines[] = {
    {TEXT("1001"), TEXT("bread"), TEXT("Korn"), 1000, {500}},
    {TEXT(""), TEXT(""), TEXT(""), 1500, {1}},
};
static const struct standing_number numbers[] = {{5, 20212, 999}, {6, 0, -1}};
static const struct standing_number shared[] = {{9, 0, 7}};
static const struct award awards[] = {{0, 2, 21}, {129, 2, -18432}};

static const struct slice lists[] = {TEXT("staff")};

static const struct kept_case sample = {
    .programme = 7,
    .occasion = {.kind = OCCASION_SALE,
                 .local = {SATURDAY_MS},
                 .store = TEXT("7"),
                 .channel = TEXT("web"),
                 .lines = lines,
                 .line_count = COUNT(lines),
                 .paid_in_points = {50},
                 .shopper = {.key = TEXT("anna"),
                             .referrer = TEXT("boris"),
                             .enrolled_day = 20000,
                             .balance = {12},
                             .lists = lists,
                             .list_count = 1},
                 .programme = {shared, COUNT(shared)}},
    .standing = {numbers, COUNT(numbers)},
    .points = {21},
    .gross = {501},
    .discount = {2},
    .awards = awards,
    .award_count = COUNT(awards),
};

static void encode(const struct kept_case *kept, struct buffer *out)
{
    buffer_clear(out);
    kept_case_encode(kept, out);
    assert_int_equal(out->err, ERR_OK);
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct buffer again = {0};
    struct arena arena;
    struct kept_case back;
    arena_init(&arena, 1u << 20);
    encode(&sample, &bytes);
    assert_int_equal(kept_case_decode(buffer_slice(&bytes), &arena, &back), ERR_OK);
    assert_int_equal(back.programme, 7);
    assert_int_equal(back.occasion.local.ms, SATURDAY_MS);
    assert_true(slice_equal(back.occasion.channel, sample.occasion.channel));
    assert_int_equal(back.occasion.line_count, 2);
    assert_true(slice_equal(back.occasion.lines[0].brand, lines[0].brand));
    assert_int_equal(back.occasion.lines[1].quantity_milli, 1500);
    assert_int_equal(back.standing.at[1].value, -1);
    assert_int_equal(back.occasion.programme.at[0].slot, 9);
    assert_int_equal(back.awards[1].rule, 129);
    assert_int_equal(back.awards[1].given, -18432);
    assert_true(slice_equal(back.occasion.shopper.referrer, sample.occasion.shopper.referrer));
    assert_true(slice_equal(back.occasion.shopper.lists[0], lists[0]));
    encode(&back, &again);
    assert_true(slice_equal(buffer_slice(&bytes), buffer_slice(&again)));
    buffer_fini(&bytes);
    buffer_fini(&again);
    arena_fini(&arena);
}

/* Of a journal that was begun before the shopper was kept. */
static void test_the_first_form(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t length = (sizeof golden_first - 1) / 2;
    struct arena arena;
    struct kept_case back;
    arena_init(&arena, 1u << 20);
    assert_int_equal(hex_parse(golden_first, bytes, length), ERR_OK);
    assert_int_equal(kept_case_decode(slice_of(bytes, length), &arena, &back), ERR_OK);
    assert_int_equal(back.programme, 7);
    assert_int_equal(back.occasion.local.ms, SATURDAY_MS);
    assert_int_equal(back.occasion.paid_in_points.minor, 50);
    assert_int_equal(back.standing.at[0].value, 999);
    assert_int_equal(back.points.minor, 21);
    assert_int_equal(back.gross.minor, 501);
    assert_int_equal(back.discount.minor, 2);
    assert_int_equal(back.awards[1].given, -18432);
    assert_int_equal(back.occasion.shopper.key.length, 0);
    assert_true(kept_case_is_sale(slice_of(bytes, length)));
    arena_fini(&arena);
}

static void test_an_event(void **state)
{
    (void)state;
    const struct kept_case event = {
        .programme = 1,
        .occasion = {.kind = OCCASION_EVENT, .event = TEXT("review"), .local = {SATURDAY_MS}}};
    struct buffer bytes = {0};
    struct arena arena;
    struct kept_case back;
    arena_init(&arena, 1u << 16);
    encode(&event, &bytes);
    assert_false(kept_case_is_sale(buffer_slice(&bytes)));
    assert_int_equal(kept_case_decode(buffer_slice(&bytes), &arena, &back), ERR_OK);
    assert_int_equal(back.occasion.kind, OCCASION_EVENT);
    assert_true(slice_equal(back.occasion.event, event.occasion.event));
    buffer_fini(&bytes);
    arena_fini(&arena);
}

/* Cut anywhere, with a byte too many, or with a number that can't be. */
static void test_nothing_else_is_read(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct arena arena;
    struct kept_case back;
    struct kept_case bare = sample; /* all that every case has */
    bare.occasion.shopper = (struct shopper){.birth_month = 0};
    arena_init(&arena, 1u << 20);
    encode(&bare, &bytes);
    for (size_t length = 0; length < bytes.length; length++) {
        arena_reset(&arena);
        assert_int_equal(kept_case_decode(slice_of(bytes.at, length), &arena, &back), ERR_CORRUPT);
    }
    write_u8(&bytes, 0);
    assert_int_equal(kept_case_decode(buffer_slice(&bytes), &arena, &back), ERR_CORRUPT);
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 0x3F}, {0, 0x4F}, {2, 2}, {18, 0xFF}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        arena_reset(&arena);
        encode(&bare, &bytes);
        bytes.at[wrong[i].at] = wrong[i].value;
        assert_int_equal(kept_case_decode(buffer_slice(&bytes), &arena, &back), ERR_CORRUPT);
    }
    static const struct standing_number twice[] = {{6, 0, 1}, {6, 0, 2}};
    struct kept_case unsound = bare;
    unsound.standing = (struct standing){twice, 2};
    encode(&unsound, &bytes);
    assert_int_equal(kept_case_decode(buffer_slice(&bytes), &arena, &back), ERR_CORRUPT);
    buffer_fini(&bytes);
    arena_fini(&arena);
}

static void test_without_memory(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct arena arena;
    struct kept_case back;
    encode(&sample, &bytes);
    arena_init(&arena, 64);
    assert_int_equal(kept_case_decode(buffer_slice(&bytes), &arena, &back), ERR_RESOURCE);
    buffer_fini(&bytes);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_the_first_form),
        cmocka_unit_test(test_an_event),       cmocka_unit_test(test_nothing_else_is_read),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
