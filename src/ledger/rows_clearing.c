/* Stored bytes of streams, totals, closed halves, the settlement of pairs, recoveries, mandates. */
#include "ledger/codec.h"

enum {
    STREAM_FROZEN = 1,
    STREAM_RECOVERING = 2,
    STREAM_FLAGS_END = 4
};

enum {
    STREAM_VERSION = 1,
    TOTAL_VERSION = 1,
    HALF_VERSION = 1,
    TREE_VERSION = 1,
    HALF_TREE_VERSION = 1,
    PAIR_VERSION = 1,
    RECOVERY_VERSION = 1,
    U64_VERSION = 1,
    MANDATE_VERSION = 1,
    MANDATE_LINE_VERSION = 1,
    EXPOSURE_VERSION = 1,
    EXPOSURE_WITH_FEES = 2,     /* the same, and the fees of each line; of rows that have some */
    EXPOSURE_WITH_MINIMUMS = 3, /* the same with minimum fees behind */
    FUNDING_VERSION = 1,
    WAITING_VERSION = 1
};

void stream_encode(const struct stream *stream, struct buffer *out)
{
    write_u8(out, STREAM_VERSION);
    write_varint(out, stream->last_number);
    write_hash(out, &stream->last_hash);
    write_period(out, stream->period);
    write_varint(out, stream->period_first_number);
    write_varint(out, stream->bytes);
    write_varint(out, stream->receipted_number);
    write_varint(out, stream->receipt_number);
    write_hash(out, &stream->receipt_hash);
    write_u8(out, (uint8_t)((stream->is_frozen ? STREAM_FROZEN : 0) |
                            (stream->is_recovering ? STREAM_RECOVERING : 0)));
}

enum err stream_decode(struct slice value, struct stream *out_stream)
{
    struct reader in = reader_of(value);
    struct stream stream;
    read_version(&in, STREAM_VERSION);
    stream.last_number = read_varint(&in);
    read_hash(&in, &stream.last_hash);
    stream.period = read_period(&in);
    stream.period_first_number = read_varint(&in);
    stream.bytes = read_varint(&in);
    stream.receipted_number = read_varint(&in);
    stream.receipt_number = read_varint(&in);
    read_hash(&in, &stream.receipt_hash);
    unsigned flags = read_choice(&in, 0, STREAM_FLAGS_END);
    stream.is_frozen = (flags & STREAM_FROZEN) != 0;
    stream.is_recovering = (flags & STREAM_RECOVERING) != 0;
    TRY(reader_finish(&in));
    *out_stream = stream;
    return ERR_OK;
}

void entry_total_encode(const struct entry_total *total, struct buffer *out)
{
    write_u8(out, TOTAL_VERSION);
    write_varint(out, total->count);
    write_svarint(out, total->points);
}

enum err entry_total_decode(struct slice value, struct entry_total *out_total)
{
    struct reader in = reader_of(value);
    struct entry_total total;
    read_version(&in, TOTAL_VERSION);
    total.count = read_varint(&in);
    total.points = read_svarint(&in);
    TRY(reader_finish(&in));
    *out_total = total;
    return ERR_OK;
}

void half_encode(const struct half *half, struct buffer *out)
{
    write_dated_version(out, HALF_VERSION, half->ended_at);
    write_varint(out, half->first_number);
    write_varint(out, half->last_number);
    write_hash(out, &half->last_hash);
}

enum err half_decode(struct slice value, struct half *out_half)
{
    struct reader in = reader_of(value);
    struct half half;
    half.ended_at = read_dated_version(&in, HALF_VERSION);
    half.first_number = read_varint(&in);
    half.last_number = read_varint(&in);
    read_hash(&in, &half.last_hash);
    read_expect(&in, half.first_number >= 1 && half.first_number <= half.last_number);
    TRY(reader_finish(&in));
    *out_half = half;
    return ERR_OK;
}

void tree_row_encode(const struct hash *hash, struct buffer *out)
{
    write_u8(out, TREE_VERSION);
    write_hash(out, hash);
}

enum err tree_row_decode(struct slice value, struct hash *out_hash)
{
    struct reader in = reader_of(value);
    struct hash hash;
    read_version(&in, TREE_VERSION);
    read_hash(&in, &hash);
    TRY(reader_finish(&in));
    *out_hash = hash;
    return ERR_OK;
}

void half_tree_encode(const struct half_tree *tree, struct buffer *out)
{
    size_t peaks = tree_peak_count(&tree->frontier);
    write_u8(out, HALF_TREE_VERSION);
    write_varint(out, tree->first_number);
    write_varint(out, tree->frontier.count);
    write_bytes(out, tree->frontier.peaks, peaks * sizeof tree->frontier.peaks[0]);
}

enum err half_tree_decode(struct slice value, struct half_tree *out_tree)
{
    struct reader in = reader_of(value);
    read_version(&in, HALF_TREE_VERSION);
    out_tree->first_number = read_varint(&in);
    out_tree->frontier.count = read_varint(&in);
    read_expect(&in, out_tree->first_number >= 1 && out_tree->frontier.count < UINT64_C(1)
                                                                                   << TREE_LEVELS);
    TRY(in.err);
    size_t peaks = tree_peak_count(&out_tree->frontier);
    read_copy(&in, out_tree->frontier.peaks, peaks * sizeof out_tree->frontier.peaks[0]);
    return reader_finish(&in);
}

void pair_period_encode(const struct pair_period *pair, struct buffer *out)
{
    write_dated_version(out, PAIR_VERSION, pair->since);
    write_u8(out, (uint8_t)pair->state);
    write_text(out, pair->detail, sizeof pair->detail);
    write_block(out, pair->own_signed);
    write_block(out, pair->partner_signed);
    write_block(out, pair->partner_countersigned);
    write_block(out, pair->own_countersigned);
}

enum err pair_period_decode(struct slice value, struct pair_period *out_pair)
{
    struct reader in = reader_of(value);
    struct pair_period pair;
    pair.since = read_dated_version(&in, PAIR_VERSION);
    pair.state = (enum pair_state)read_choice(&in, PAIR_OPEN, PAIR_MATCHED + 1);
    read_text(&in, pair.detail, sizeof pair.detail);
    pair.own_signed = read_block(&in);
    pair.partner_signed = read_block(&in);
    pair.partner_countersigned = read_block(&in);
    pair.own_countersigned = read_block(&in);
    TRY(reader_finish(&in));
    *out_pair = pair;
    return ERR_OK;
}

void partner_recovery_encode(const struct partner_recovery *recovery, struct buffer *out)
{
    write_u8(out, RECOVERY_VERSION);
    write_time(out, recovery->began);
    write_time(out, recovery->ended);
    write_varint(out, recovery->own_entries);
    write_varint(out, recovery->own_last);
    write_points(out, recovery->own_points);
    write_varint(out, recovery->taken_entries);
    write_varint(out, recovery->taken_last);
    write_points(out, recovery->taken_points);
    write_varint(out, recovery->holds);
    write_varint(out, recovery->forced);
    write_varint(out, recovery->members);
    write_varint(out, recovery->unreplayed);
    write_points(out, recovery->debt);
    write_points(out, recovery->written_off);
}

enum err partner_recovery_decode(struct slice value, struct partner_recovery *out_recovery)
{
    struct reader in = reader_of(value);
    struct partner_recovery recovery;
    read_version(&in, RECOVERY_VERSION);
    recovery.began = read_time(&in);
    recovery.ended = read_time(&in);
    recovery.own_entries = read_varint(&in);
    recovery.own_last = read_varint(&in);
    recovery.own_points = read_points_held(&in);
    recovery.taken_entries = read_varint(&in);
    recovery.taken_last = read_varint(&in);
    recovery.taken_points = read_points_held(&in);
    recovery.holds = read_varint(&in);
    recovery.forced = read_varint(&in);
    recovery.members = read_varint(&in);
    recovery.unreplayed = read_varint(&in);
    recovery.debt = read_points_held(&in);
    recovery.written_off = read_points_held(&in);
    TRY(reader_finish(&in));
    *out_recovery = recovery;
    return ERR_OK;
}

static bool fees_are_none(const struct exposure_fees *fees)
{
    return fees->issued == 0 && fees->redeemed == 0;
}

static bool has_fees(const struct exposure *exposure)
{
    for (size_t i = 0; i < exposure->line_count; i++) {
        const struct exposure_line *line = &exposure->lines[i];
        if (!fees_are_none(&line->ours) || !fees_are_none(&line->theirs)) {
            return true;
        }
    }
    return false;
}

static void write_fees(struct buffer *out, const struct exposure_fees *fees)
{
    write_svarint(out, fees->issued);
    write_svarint(out, fees->redeemed);
}

static void read_fees(struct reader *in, struct exposure_fees *out_fees)
{
    out_fees->issued = read_svarint(in);
    out_fees->redeemed = read_svarint(in);
}

static void write_minimum(struct buffer *out, const struct exposure_minimum *minimum)
{
    write_varint(out, minimum->tariff);
    write_period(out, minimum->period);
    write_bool(out, minimum->is_ours);
    write_svarint(out, minimum->count);
    write_fees(out, &minimum->points);
}

static struct exposure_minimum read_minimum(struct reader *in)
{
    struct exposure_minimum minimum = {.tariff = read_varint32(in)};
    minimum.period = read_some_period(in);
    minimum.is_ours = read_bool(in);
    minimum.count = read_svarint(in);
    read_fees(in, &minimum.points);
    read_expect(in, minimum.count > 0);
    return minimum;
}

void exposure_encode(const struct exposure *exposure, struct buffer *out)
{
    bool with_minimums = exposure->minimum_count > 0;
    bool with_fees = with_minimums || has_fees(exposure);
    write_u8(out, with_minimums ? EXPOSURE_WITH_MINIMUMS
                  : with_fees   ? EXPOSURE_WITH_FEES
                                : EXPOSURE_VERSION);
    write_varint(out, (uint64_t)exposure->promised.minor);
    write_u8(out, (uint8_t)exposure->line_count);
    for (size_t i = 0; i < exposure->line_count; i++) {
        write_varint(out, exposure->lines[i].tariff);
        write_svarint(out, exposure->lines[i].issued);
        write_svarint(out, exposure->lines[i].redeemed);
        if (with_fees) {
            write_fees(out, &exposure->lines[i].ours);
            write_fees(out, &exposure->lines[i].theirs);
        }
    }
    if (with_minimums) {
        write_u8(out, (uint8_t)exposure->minimum_count);
    }
    for (size_t i = 0; i < exposure->minimum_count; i++) {
        write_minimum(out, &exposure->minimums[i]);
    }
}

static struct exposure_line read_exposure_line(struct reader *in, bool with_fees)
{
    struct exposure_line line = {.tariff = 0};
    uint64_t tariff = read_varint(in);
    read_expect(in, tariff <= UINT32_MAX);
    line.tariff = (uint32_t)tariff;
    line.issued = read_svarint(in);
    line.redeemed = read_svarint(in);
    if (with_fees) {
        read_fees(in, &line.ours);
        read_fees(in, &line.theirs);
    }
    read_expect(in, line.issued != 0 || line.redeemed != 0 || !fees_are_none(&line.ours) ||
                        !fees_are_none(&line.theirs));
    return line;
}

enum err exposure_decode(struct slice value, struct exposure *out_exposure)
{
    struct reader in = reader_of(value);
    unsigned version = read_choice(&in, EXPOSURE_VERSION, EXPOSURE_WITH_MINIMUMS + 1);
    bool with_fees = version != EXPOSURE_VERSION;
    bool with_minimums = version == EXPOSURE_WITH_MINIMUMS;
    uint64_t promised = read_varint(&in);
    read_expect(&in, promised <= INT64_MAX);
    out_exposure->promised = points_of((int64_t)promised);
    out_exposure->line_count = read_choice(&in, 0, LIMIT_TARIFFS + 1);
    for (size_t i = 0; i < out_exposure->line_count && in.err == ERR_OK; i++) {
        out_exposure->lines[i] = read_exposure_line(&in, with_fees);
        read_expect(&in,
                    i == 0 || out_exposure->lines[i - 1].tariff < out_exposure->lines[i].tariff);
    }
    read_expect(&in, in.err != ERR_OK || with_minimums || has_fees(out_exposure) == with_fees);
    out_exposure->minimum_count = with_minimums ? read_choice(&in, 1, EXPOSURE_MINIMUMS + 1) : 0;
    for (size_t i = 0; i < out_exposure->minimum_count && in.err == ERR_OK; i++) {
        out_exposure->minimums[i] = read_minimum(&in);
    }
    return reader_finish(&in);
}

void funding_encode(int64_t points, struct buffer *out)
{
    write_u8(out, FUNDING_VERSION);
    write_svarint(out, points);
}

enum err funding_decode(struct slice value, int64_t *out_points)
{
    struct reader in = reader_of(value);
    read_version(&in, FUNDING_VERSION);
    int64_t points = read_svarint(&in);
    read_expect(&in, points != 0);
    TRY(reader_finish(&in));
    *out_points = points;
    return ERR_OK;
}

void waiting_encode(const struct uid *sale, struct buffer *out)
{
    write_u8(out, WAITING_VERSION);
    write_uid(out, sale);
}

enum err waiting_decode(struct slice value, struct uid *out_sale)
{
    struct reader in = reader_of(value);
    struct uid sale;
    read_version(&in, WAITING_VERSION);
    read_uid(&in, &sale);
    TRY(reader_finish(&in));
    *out_sale = sale;
    return ERR_OK;
}

void u64_encode(uint64_t value, struct buffer *out)
{
    write_u8(out, U64_VERSION);
    write_varint(out, value);
}

enum err u64_decode(struct slice value, uint64_t *out_value)
{
    struct reader in = reader_of(value);
    read_version(&in, U64_VERSION);
    uint64_t number = read_varint(&in);
    TRY(reader_finish(&in));
    *out_value = number;
    return ERR_OK;
}

void mandate_row_encode(const struct mandate_row *row, struct buffer *out)
{
    write_u8(out, MANDATE_VERSION);
    write_mandate(out, &row->mandate);
    write_points(out, row->used);
    write_varint(out, row->burns);
}

enum err mandate_row_decode(struct slice value, struct mandate_row *out_row)
{
    struct reader in = reader_of(value);
    struct mandate_row row;
    read_version(&in, MANDATE_VERSION);
    read_mandate(&in, &row.mandate);
    row.used = read_points_held(&in);
    row.burns = read_varint(&in);
    TRY(reader_finish(&in));
    bool is_sound = mandate_check(&row.mandate, NULL) == ERR_OK &&
                    row.used.minor <= row.mandate.daily_cap.minor;
    if (!is_sound) {
        return ERR_CORRUPT;
    }
    *out_row = row;
    return ERR_OK;
}

void mandate_line_encode(const struct mandate_line *line, struct buffer *out)
{
    write_u8(out, MANDATE_LINE_VERSION);
    write_uid(out, &line->newest);
    write_uid(out, &line->before);
}

enum err mandate_line_decode(struct slice value, struct mandate_line *out_line)
{
    struct reader in = reader_of(value);
    struct mandate_line line;
    read_version(&in, MANDATE_LINE_VERSION);
    read_uid(&in, &line.newest);
    read_uid(&in, &line.before);
    read_expect(&in, !uid_is_nil(&line.newest));
    TRY(reader_finish(&in));
    *out_line = line;
    return ERR_OK;
}
