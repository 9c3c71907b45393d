/* The pieces: dates, sources, sorting, what came before, cards; memory; random files. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "harness.h"
#include "receipts/cards.h"
#include "receipts/date.h"
#include "receipts/seen.h"
#include "receipts/sort.h"

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *format;
        int offset;
        const char *time; /* NULL: refused */
    } rows[] = {
        {"2026-10-03", "%Y-%m-%d", 0, "2026-10-03T00:00:00.000Z"},
        {"2026-10-03", "%Y-%m-%d", 120, "2026-10-02T22:00:00.000Z"},
        {"2026-03-29 02:30", "%Y-%m-%d %H:%M", 60, "2026-03-29T01:30:00.000Z"},
        {"3/9/1997", "%m/%d/%Y", -480, "1997-03-09T08:00:00.000Z"},
        {"03.10.26 7:05:09", "%d.%m.%y %H:%M:%S", 0, "2026-10-03T07:05:09.000Z"},
        {"3 Oct 99", "%d %b %y", 0, "1999-10-03T00:00:00.000Z"},
        {"October 3, 2026", "%b %d, %Y", 0, "2026-10-03T00:00:00.000Z"},
        {"20261003", "%Y%m%d", 0, "2026-10-03T00:00:00.000Z"},
        {"2026-10-03T12:00:00.1239Z", "%Y-%m-%dT%H:%M:%S.%f%z", 600, "2026-10-03T12:00:00.123Z"},
        {"2026-10-03T12:00-0730", "%Y-%m-%dT%H:%M%z", 0, "2026-10-03T19:30:00.000Z"},
        {"2026-10-03 12:15 AM", "%Y-%m-%d %I:%M %p", 0, "2026-10-03T00:15:00.000Z"},
        {"2026-10-03 12:15 pm", "%Y-%m-%d %I:%M %p", 0, "2026-10-03T12:15:00.000Z"},
        {"2028-02-29", "%Y-%m-%d", 0, "2028-02-29T00:00:00.000Z"},
        {"100% 2028-02-29", "100%% %Y-%m-%d", 0, "2028-02-29T00:00:00.000Z"},
        {"2026-02-29", "%Y-%m-%d", 0, NULL},
        {"2026-10-03 ", "%Y-%m-%d", 0, NULL},
        {"2026-10-03x", "%Y-%m-%d", 0, NULL},
        {"26-10-03", "%Y-%m-%d", 0, NULL},
        {"2026-13-03", "%Y-%m-%d", 0, NULL},
        {"2026-10-03 24:00", "%Y-%m-%d %H:%M", 0, NULL},
        {"2026-10-03 13:00 pm", "%Y-%m-%d %I:%M %p", 0, NULL},
        {"", "%Y-%m-%d", 0, NULL},
        {"2026-10", "%Y-%m-%d", 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct unix_ms time;
        struct civil local;
        char text[TIME_TEXT_MAX];
        enum err err = date_parse(rows[i].text, rows[i].format, rows[i].offset, &time, &local);
        if (rows[i].time == NULL) {
            assert_int_equal(err, ERR_INPUT);
            continue;
        }
        assert_int_equal(err, ERR_OK);
        assert_string_equal(unix_ms_format(time, text), rows[i].time);
    }
}

static void test_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int minutes; /* 9999: refused */
    } rows[] = {
        {"+05:30", 330}, {"-0800", -480}, {"Z", 0},         {"+14", 840}, {"330", 330},
        {"-300", -300},  {"0", 0},        {"+24:00", 9999}, {"5h", 9999}, {"", 9999},
        {"+5:30", 9999}, {"1440", 9999},  {"+05:60", 9999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int minutes = 9999;
        enum err err = date_offset_parse(rows[i].text, &minutes);
        assert_int_equal(err, rows[i].minutes == 9999 ? ERR_INPUT : ERR_OK);
        assert_int_equal(minutes, rows[i].minutes);
    }
}

struct sorted {
    uint64_t count;
    uint32_t last;
    uint64_t sum;
};

static enum err on_sorted(void *context, struct slice key, struct slice record, struct note *note)
{
    struct sorted *sorted = context;
    (void)note;
    assert_int_equal(key.length, 4);
    uint32_t value = get_u32_be(key.at);
    assert_true(value >= sorted->last);
    assert_int_equal(record.length, value % 300);
    sorted->last = value;
    sorted->sum += value;
    sorted->count++;
    return ERR_OK;
}

/* `memory` small enough makes one run of each few records, so that runs are merged twice. */
static void check_sort(size_t memory, uint32_t count)
{
    static const uint8_t body[300] = {0};
    struct sorter *sorter = NULL;
    struct note note = {""};
    struct sorted sorted = {.count = 0};
    uint64_t sum = 0;
    uint32_t value = 12345;
    assert_int_equal(sorter_create(memory, NULL, &sorter, &note), ERR_OK);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[4];
        value = value * 1664525u + 1013904223u;
        put_u32_be(key, value);
        sum += value;
        assert_int_equal(sorter_add(sorter, slice_of(key, 4), slice_of(body, value % 300), &note),
                         ERR_OK);
    }
    assert_int_equal(sorter_finish(sorter, on_sorted, &sorted, &note), ERR_OK);
    assert_int_equal(sorted.count, count);
    assert_int_equal(sorted.sum, sum);
    sorter_destroy(sorter);
}

static void test_sort(void **state)
{
    (void)state;
    check_sort(1u << 20, 0);
    check_sort(1u << 20, 1);
    check_sort(1u << 20, 1000);
    check_sort(64u << 10, 5000);
    check_sort(4u << 10, 50000); /* some 2,000 runs */
    struct sorter *sorter = NULL;
    struct note note = {""};
    assert_int_equal(sorter_create(1, "/nowhere", &sorter, &note), ERR_OK);
    assert_int_equal(sorter_add(sorter, slice_of("a", 1), slice_of("b", 1), &note), ERR_OK);
    assert_int_equal(sorter_add(sorter, slice_of("a", 1), slice_of("b", 1), &note), ERR_STORAGE);
    sorter_destroy(sorter);
}

static void test_seen(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t i = 1; i <= 20000; i++) {
            uint64_t before = 0;
            assert_int_equal(seen_add(&seen, slice_of(&i, sizeof i), i + round, &before), ERR_OK);
            assert_int_equal(before, round == 0 ? 0 : i);
        }
    }
    seen_clear(&seen);
    uint64_t before = 1;
    assert_int_equal(seen_add(&seen, slice_of("a", 1), UINT64_MAX, &before), ERR_OK);
    assert_int_equal(before, 0);
    assert_int_equal(seen_add(&seen, slice_of("a", 1), 1, &before), ERR_OK);
    assert_int_equal(before, UINT32_MAX);
    seen_fini(&seen);
}

static enum err read_cards(const char *csv, struct cards **out_cards, struct note *note)
{
    struct source *source = NULL;
    assert_int_equal(source_of_memory(slice_of(csv, strlen(csv)), "cards.csv", &source, note),
                     ERR_OK);
    enum err err = cards_read(source, out_cards, note);
    source_close(source);
    return err;
}

static void test_cards(void **state)
{
    (void)state;
    struct cards *cards = NULL;
    struct card_number card;
    struct note note = {""};
    assert_int_equal(read_cards("name,customer,card\nx,7,4539 1488 0343 6467\n"
                                "x,8,4539148803436467\nx,7,4539148803436467\n",
                                &cards, &note),
                     ERR_OK);
    assert_int_equal(cards_count(cards), 2);
    assert_true(cards_find(cards, "7", &card));
    assert_string_equal(card.digits, "4539148803436467");
    assert_false(cards_find(cards, "9", &card));
    cards_destroy(cards);
    assert_int_equal(read_cards("customer,card\n7,12\n", &cards, &note), ERR_INPUT);
    assert_string_equal(note.text, "cards.csv: row 2: the card is not a card number");
    assert_int_equal(
        read_cards("customer,card\n7,4539148803436467\n7,4111111111111111\n", &cards, &note),
        ERR_INPUT);
    assert_string_equal(note.text,
                        "cards.csv: row 3: the customer has another card in a row before");
    assert_int_equal(read_cards("customer\n7\n", &cards, &note), ERR_INPUT);
    assert_string_equal(note.text,
                        "cards.csv: row 1: needs the columns customer (or reference) and card");
}

/* As a member import writes it; where both stand, customer is meant. */
static void test_cards_by_reference(void **state)
{
    (void)state;
    struct cards *cards = NULL;
    struct card_number card;
    struct note note = {""};
    assert_int_equal(read_cards("reference,card\n7,4539148803436467\n", &cards, &note), ERR_OK);
    assert_true(cards_find(cards, "7", &card));
    assert_string_equal(card.digits, "4539148803436467");
    cards_destroy(cards);
    assert_int_equal(read_cards("reference,card,customer\n7,4539148803436467,8\n", &cards, &note),
                     ERR_OK);
    assert_false(cards_find(cards, "7", &card));
    assert_true(cards_find(cards, "8", &card));
    cards_destroy(cards);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = text == NULL ? NULL : fopen(path, "w");
    if (text == NULL) {
        assert_int_equal(unlink(path), 0);
        return;
    }
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A mapping's cards are found beside it. */
static void test_cards_of_mapping(void **state)
{
    (void)state;
    char folder[] = "/tmp/talea-receipts-XXXXXX";
    char path[128];
    struct mapping *mapping = NULL;
    struct note note = {""};
    static const char csv[] = "r,t,c,a\n1,2026-03-01,7,1\n2,2026-03-01,8,1\n";
    assert_non_null(mkdtemp(folder));
    write_text(folder, "cards.csv", "customer,card\n7,4539148803436467\n");
    write_text(folder, "map.yaml",
               "columns:\n  receipt: {column: r}\n  time: {column: t}\n  customer: {column: c}\n"
               "  amount: {column: a}\n  currency: {value: EUR}\n"
               "time: {formats: [\"%Y-%m-%d\"]}\ncards: cards.csv\n");
    (void)snprintf(path, sizeof path, "%s/map.yaml", folder);
    assert_int_equal(mapping_load(path, &mapping, &note), ERR_OK);
    const struct receipts_options options = {.points_decimals = 0};
    struct outcome outcome = harness_read_bytes(mapping, slice_of(csv, sizeof csv - 1), &options);
    outcome_expect(&outcome,
                   "SALE 1 2026-03-01T00:00:00.000Z store  customer 7 card 4539148803436467 EUR "
                   "100 rows 2\n  2:  x 1e-0 = 100\n"
                   "REJECT 3: customer 8 is not in the mapping's cards: 2,2026-03-01,8,1\n");
    write_text(folder, "cards.csv", NULL);
    outcome = harness_read_bytes(mapping, slice_of(csv, sizeof csv - 1), &options);
    assert_int_equal(outcome.err, ERR_NOT_FOUND);
    outcome_fini(&outcome);
    mapping_destroy(mapping);
    write_text(folder, "map.yaml", NULL);
    assert_int_equal(rmdir(folder), 0);
}

static const char plain_yaml[] = "columns:\n  receipt: {column: r}\n  time: {column: t}\n"
                                 "  customer: {column: c}\n  product: {column: p}\n"
                                 "  quantity: {column: q}\n  unit_price: {column: u}\n"
                                 "  currency: {value: EUR}\ntime: {formats: [\"%Y-%m-%d\"]}\n";

/* A file with `receipts` receipts of three rows, gzip or plain. */
static void write_file(const char *path, unsigned receipts, const char *mode)
{
    gzFile file = gzopen(path, mode);
    assert_non_null(file);
    gzputs(file, "r,t,c,p,q,u\n");
    for (unsigned i = 0; i < 3 * receipts; i++) {
        assert_true(gzprintf(file, "%u,2026-03-%02u,%u,product %u,%u,%u.%02u\n", i / 3,
                             1 + i / 3 * 28 / receipts, i / 3 % 977, i % 31, 1 + i % 4, i % 19,
                             i % 100) > 0);
    }
    assert_int_equal(gzclose(file), Z_OK);
}

static struct outcome read_path(const char *yaml, const char *path)
{
    struct source *source = NULL;
    struct note note = {""};
    const struct receipts_options options = {.sort_bytes = 1u << 20};
    struct mapping *mapping = harness_mapping(yaml);
    assert_int_equal(source_open(path, &source, &note), ERR_OK);
    struct outcome outcome = harness_read_source(mapping, source, &options, true);
    source_close(source);
    mapping_destroy(mapping);
    return outcome;
}

static void test_gzip(void **state)
{
    (void)state;
    char path[] = "/tmp/talea-receipts-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_file(path, 1000, "wbT");
    struct outcome plain = read_path(plain_yaml, path);
    write_file(path, 1000, "wb6");
    struct outcome packed = read_path(plain_yaml, path);
    assert_int_equal(plain.err, ERR_OK);
    assert_int_equal(packed.err, ERR_OK);
    assert_int_equal(plain.sale_total, packed.sale_total);
    assert_int_equal(packed.tally.sales, 1000);
    assert_int_equal(packed.progress, packed.size);
    assert_true(packed.size < plain.size);
    assert_int_equal(truncate(path, (off_t)packed.size - 40), 0);
    packed = read_path(plain_yaml, path);
    assert_int_equal(packed.err, ERR_CORRUPT);
    assert_non_null(strstr(packed.note.text, "the gzip file ends too early"));
    unlink(path);
}

/* Bytes that are allocated, mapped ones included. */
static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

struct watch {
    size_t start;
    size_t most;
    uint64_t receipts;
};

static enum err watch_receipt(void *context, const struct receipt *receipt, struct note *note)
{
    struct watch *watch = context;
    (void)receipt;
    (void)note;
    if (watch->receipts++ % 1000 == 0) {
        size_t now = allocated() - watch->start;
        watch->most = now > watch->most ? now : watch->most;
    }
    return ERR_OK;
}

static enum err watch_reject(void *context, const struct receipt_row *row, const char *reason,
                             struct note *note)
{
    (void)context;
    (void)note;
    fail_msg("row %llu: %s", (unsigned long long)row->number, reason);
    return ERR_INTERNAL;
}

static size_t memory_for(const char *path, const char *yaml, unsigned receipts)
{
    struct source *source = NULL;
    struct note note = {""};
    struct receipts_tally tally;
    const struct receipts_options options = {.sort_bytes = 1u << 20};
    struct mapping *mapping = harness_mapping(yaml);
    write_file(path, receipts, "wb1");
    assert_int_equal(source_open(path, &source, &note), ERR_OK);
    struct watch watch = {.start = allocated()};
    const struct receipts_sink sink = {
        .context = &watch, .on_receipt = watch_receipt, .on_reject = watch_reject};
    assert_int_equal(receipts_read(source, mapping, &options, &sink, &tally, &note), ERR_OK);
    assert_int_equal(watch.receipts, receipts);
    source_close(source);
    mapping_destroy(mapping);
    return watch.most;
}

static void test_flat_memory(void **state)
{
    (void)state;
    char path[] = "/tmp/talea-receipts-XXXXXX";
    char sorted_yaml[1024];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    (void)snprintf(sorted_yaml, sizeof sorted_yaml, "grouped: false\n%s", plain_yaml);
    size_t small = memory_for(path, plain_yaml, 2000);
    size_t large = memory_for(path, plain_yaml, 34000); /* 102,000 rows */
    size_t sorted = memory_for(path, sorted_yaml, 34000);
    unlink(path);
    if (small == 0) {
        return; /* an allocator that doesn't count, as the sanitizers' */
    }
    print_message("memory: %zu, %zu, sorted %zu KiB\n", small >> 10, large >> 10, sorted >> 10);
    assert_true(large - small <= 65536 * 12 + 65536); /* 12 bytes a slot for what came before */
    assert_true(sorted < (4u << 20));
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static void random_csv(struct buffer *csv, uint64_t *seed)
{
    static const char *const pieces[] = {
        "1", "2", "17",   "2026-03-01", "2026-03-02", "a",    "b",        ",",       ",",  ",",
        ",", ",", ",",    "\n",         "\n",         "\r\n", "\"",       "\"a,b\"", "-1", "1.50",
        "0", "x", "\xff", "\xc3\xa4",   " ",          "row",  "3 part 0", "\"\"",    ";",
    };
    static const char *const rows[] = {
        "1,2026-03-01,7,a,1,1\n",   "1,2026-03-01,7,a,-1,1\n", "1,2026-03-01,7,b,2,0.50\n",
        "2,2026-03-01,7,a,1,1\n",   "2,2026-03-02,8,b,-3,1\n", "3,2026-03-02,8,,1,1\n",
        "3,2026-03-02,8,c,-1,.5\n",
    };
    write_bytes(csv, "r,t,c,p,q,u\n", strlen("r,t,c,p,q,u\n"));
    for (uint32_t left = next_random(seed) % 200; left > 0; left--) {
        bool is_row = next_random(seed) % 4 != 0;
        const char *text = is_row ? rows[next_random(seed) % (sizeof rows / sizeof rows[0])]
                                  : pieces[next_random(seed) % (sizeof pieces / sizeof pieces[0])];
        write_bytes(csv, text, strlen(text));
    }
}

/* Whatever a file holds, its rows add up, and both ways of grouping agree on which are read. */
static void test_random_files(void **state)
{
    (void)state;
    char sorted_yaml[1024];
    (void)snprintf(sorted_yaml, sizeof sorted_yaml, "grouped: false\nrepeated: reject\n%s",
                   plain_yaml);
    struct mapping *grouped = harness_mapping(plain_yaml);
    struct mapping *sorted = harness_mapping(sorted_yaml);
    const struct receipts_options options = {.sort_bytes = 1024};
    for (uint64_t number = 1; number <= 300; number++) {
        uint64_t seed = number;
        struct buffer csv = {.length = 0};
        random_csv(&csv, &seed);
        struct outcome a = harness_read_bytes(grouped, buffer_slice(&csv), &options);
        struct outcome b = harness_read_bytes(sorted, buffer_slice(&csv), &options);
        if (a.err != ERR_OK || b.err != ERR_OK || a.tally.rows != b.tally.rows ||
            b.rows_listed != b.tally.rows) {
            fail_msg("seed %llu: %s%s", (unsigned long long)number, a.note.text, b.note.text);
        }
        outcome_fini(&a);
        outcome_fini(&b);
        buffer_fini(&csv);
    }
    mapping_destroy(grouped);
    mapping_destroy(sorted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_sort),
        cmocka_unit_test(test_seen),
        cmocka_unit_test(test_cards),
        cmocka_unit_test(test_cards_by_reference),
        cmocka_unit_test(test_cards_of_mapping),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_flat_memory),
        cmocka_unit_test(test_random_files),
    };
    return cmocka_run_group_tests_name("receipts_parts", tests, NULL, NULL);
}
