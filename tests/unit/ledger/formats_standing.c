/* The stored formats of what programmes remember. */
#include "ledger_test.h"

#include "formats_standing.h"

enum {
    NUMBERS_MAX = 40
};

static void bytes_of_groups(struct rng *rng, int kind, struct buffer *out)
{
    (void)kind;
    struct slice groups = sample_groups(rng, STANDING_HOW_END);
    write_block(out, groups);
}

static enum err recode_groups(int kind, struct slice bytes, struct buffer *out)
{
    (void)kind;
    struct reader in = reader_of(bytes);
    struct slice groups = read_block(&in);
    TRY(reader_finish(&in));
    TRY(standing_check_groups(groups));
    struct buffer again = {0};
    for (in = reader_of(groups); in.at != in.end;) {
        struct standing_owner owner;
        struct standing_step *steps;
        uint32_t count;
        standing_read_group(&in, &owner, &count);
        steps = calloc(count, sizeof steps[0]);
        assert_non_null(steps);
        for (uint32_t i = 0; i < count; i++) {
            standing_read_step(&in, &steps[i]);
        }
        standing_write_group(&again, &owner, steps, count);
        free(steps);
    }
    assert_int_equal(in.err, ERR_OK); /* it was checked */
    write_block(out, buffer_slice(&again));
    buffer_fini(&again);
    return ERR_OK;
}

static void bytes_of_standing(struct rng *rng, int kind, struct buffer *out)
{
    (void)kind;
    struct standing_row row = {0};
    uint64_t slot = 1 + rng_below(rng, 1000);
    int64_t bucket = -5;
    row.count = 1 + rng_below(rng, NUMBERS_MAX);
    for (size_t i = 0; i < row.count; i++) {
        row.numbers[i] = (struct standing_number){slot, bucket, sample_signed(rng)};
        bool is_same = rng_below(rng, 3) > 0;
        slot = is_same ? slot : slot + sample_number(rng) / 64;
        slot += !is_same;
        bucket =
            is_same ? bucket + 1 + (int64_t)rng_below(rng, 40) : (int64_t)rng_below(rng, 20000);
    }
    standing_row_encode(&row, out);
}

static enum err recode_standing(int kind, struct slice bytes, struct buffer *out)
{
    (void)kind;
    struct standing_row row;
    TRY(standing_row_decode(bytes, &row));
    struct standing standing = standing_of_row(&row);
    assert_int_equal(standing_check(&standing), ERR_OK); /* as the programme wants it */
    standing_row_encode(&row, out);
    return ERR_OK;
}

static void bytes_of_occasion(struct rng *rng, int kind, struct buffer *out)
{
    (void)kind;
    struct occasion_row row = {.until = sample_time(rng)};
    row.groups = sample_groups(rng, STANDING_ADD);
    occasion_row_encode(&row, out);
}

static enum err recode_occasion(int kind, struct slice bytes, struct buffer *out)
{
    (void)kind;
    struct occasion_row row;
    TRY(occasion_row_decode(bytes, &row));
    occasion_row_encode(&row, out);
    return ERR_OK;
}

size_t formats_standing(struct format *out_formats)
{
    static const struct format formats[] = {
        {"standing-steps", 0, bytes_of_groups, recode_groups},
        {"standing", 0, bytes_of_standing, recode_standing},
        {"occasion", 0, bytes_of_occasion, recode_occasion},
    };
    memcpy(out_formats, formats, sizeof formats);
    return sizeof formats / sizeof formats[0];
}
