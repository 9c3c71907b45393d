/* All messages alike: golden bytes, exact round trips, and what damage does to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"

static void test_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        CLEANUP(buffer_fini) struct buffer golden = {0};
        CLEANUP(buffer_fini) struct buffer encoded = {0};
        CLEANUP(buffer_fini) struct buffer again = {0};
        struct note note = {{0}};
        sample_bytes(samples[i].golden, &golden);
        assert_int_equal(samples[i].encode(&encoded), ERR_OK);
        if (!slice_equal(buffer_slice(&golden), buffer_slice(&encoded))) {
            fail_msg("%s has other bytes", samples[i].name);
        }
        if (samples[i].again(buffer_slice(&golden), &again, &note) != ERR_OK) {
            fail_msg("%s: %s", samples[i].name, note.text);
        }
        assert_true(slice_equal(buffer_slice(&golden), buffer_slice(&again)));
    }
}

/* A statement's revision is one field more, and none where it is the first. */
static void test_revision(void **state)
{
    (void)state;
    static const uint8_t field[] = {0x48, 0x02};
    struct pair_statement statement = sample_statement();
    struct pair_statement back;
    struct arena arena;
    CLEANUP(buffer_fini) struct buffer first = {0};
    CLEANUP(buffer_fini) struct buffer later = {0};
    arena_init(&arena, LIMIT_DECODED_BYTES);
    assert_int_equal(wire_statement_encode(&statement, &first), ERR_OK);
    statement.revision = 2;
    assert_int_equal(wire_statement_encode(&statement, &later), ERR_OK);
    write_bytes(&first, field, sizeof field);
    assert_true(slice_equal(buffer_slice(&first), buffer_slice(&later)));
    assert_int_equal(wire_statement_decode(buffer_slice(&later), &arena, &back, NULL), ERR_OK);
    assert_int_equal(back.revision, 2);
    arena_fini(&arena);
}

/* An exact copy on the heap, so that a read beyond its end is seen. */
static enum err decode_copy(const struct sample *sample, struct slice bytes, struct buffer *out)
{
    uint8_t *copy = malloc(bytes.length == 0 ? 1 : bytes.length);
    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.length);
    struct note note = {{0}};
    enum err err = sample->again(slice_of(copy, bytes.length), out, &note);
    assert_true(err == ERR_OK || (err == ERR_INPUT && note.text[0] != '\0'));
    free(copy);
    return err;
}

static void test_every_truncation_is_refused_or_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        CLEANUP(buffer_fini) struct buffer golden = {0};
        CLEANUP(buffer_fini) struct buffer again = {0};
        sample_bytes(samples[i].golden, &golden);
        for (size_t length = 0; length < golden.length; length++) {
            enum err err = decode_copy(&samples[i], slice_of(golden.at, length), &again);
            /* A message without its last, optional fields may be a sound one: just not this. */
            if (err == ERR_OK && !slice_equal(buffer_slice(&again), slice_of(golden.at, length))) {
                fail_msg("%s cut to %zu bytes reads as something else", samples[i].name, length);
            }
            assert_true(err == ERR_INPUT || samples[i].has_optional_end);
            buffer_clear(&again);
        }
    }
}

/* Whatever is taken encodes to the bytes it came from: there is one way to write a value. */
static void test_every_flipped_bit_is_refused_or_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        CLEANUP(buffer_fini) struct buffer again = {0};
        sample_bytes(samples[i].golden, &bytes);
        for (size_t bit = 0; bit < 8 * bytes.length; bit++) {
            bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            buffer_clear(&again);
            enum err err = decode_copy(&samples[i], buffer_slice(&bytes), &again);
            if (err == ERR_OK && !slice_equal(buffer_slice(&again), buffer_slice(&bytes))) {
                fail_msg("%s with bit %zu flipped reads as something else", samples[i].name, bit);
            }
            bytes.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void test_trailing_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const tails[] = {
        "00",     /* no tag */
        "f80601", /* field 111, unknown */
        "fa0600", /* the same, as bytes */
        "0a00",   /* field 1 once more */
        "0800",   /* field 1 once more, as a number */
        "1000",   "1800", "2000", "2800", "3000", "3800", "4000", "4800", "5800", "6000",
    };
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        for (size_t t = 0; t < sizeof tails / sizeof tails[0]; t++) {
            CLEANUP(buffer_fini) struct buffer bytes = {0};
            CLEANUP(buffer_fini) struct buffer tail = {0};
            CLEANUP(buffer_fini) struct buffer again = {0};
            sample_bytes(samples[i].golden, &bytes);
            sample_bytes(tails[t], &tail);
            write_bytes(&bytes, tail.at, tail.length);
            if (decode_copy(&samples[i], buffer_slice(&bytes), &again) != ERR_INPUT) {
                fail_msg("%s is taken with %s behind it", samples[i].name, tails[t]);
            }
        }
    }
}

static void test_random_bytes_are_refused(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t bytes[64];
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(seed >> 24);
        }
        for (size_t i = 0; i < SAMPLE_COUNT; i++) {
            CLEANUP(buffer_fini) struct buffer again = {0};
            assert_int_equal(
                decode_copy(&samples[i], slice_of(bytes, round % sizeof bytes), &again), ERR_INPUT);
        }
    }
}

/* Two bytes on the wire can become a struct each: the arena's cap ends that. */
static void test_swollen_messages_meet_the_cap(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    for (size_t i = 0; i < LIMIT_SIGNED_BYTES / 2; i++) {
        write_u8(&bytes, 8 << 3 | 2); /* an empty RefusedEntry */
        write_u8(&bytes, 0);
    }
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, 1u << 20);
    struct clearing_receipt receipt = {.receipt_number = 77};
    struct note note = {{0}};
    assert_int_equal(wire_receipt_decode(buffer_slice(&bytes), &arena, &receipt, &note),
                     ERR_RESOURCE);
    assert_int_equal(receipt.receipt_number, 77);

    buffer_clear(&bytes);
    for (size_t i = 0; i < LIMIT_CLEARING_ENTRY_BYTES / 3; i++) {
        write_u8(&bytes, 0xf8); /* field 111, unknown */
        write_u8(&bytes, 0x06);
        write_u8(&bytes, 0x01);
    }
    struct clearing_entry entry;
    assert_int_equal(wire_entry_decode(buffer_slice(&bytes), &entry, &note), ERR_INPUT);
    write_u32(&bytes, 0);
    assert_int_equal(wire_entry_decode(buffer_slice(&bytes), &entry, NULL), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_revision),
        cmocka_unit_test(test_every_truncation_is_refused_or_exact),
        cmocka_unit_test(test_every_flipped_bit_is_refused_or_exact),
        cmocka_unit_test(test_trailing_bytes_are_refused),
        cmocka_unit_test(test_random_bytes_are_refused),
        cmocka_unit_test(test_swollen_messages_meet_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
