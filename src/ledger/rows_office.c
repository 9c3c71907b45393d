/* Stored bytes of adjustments and of merges. */
#include <string.h>

#include "ledger/codec.h"

enum {
    ADJUSTMENT_VERSION = 1,
    ADJUSTMENT_SEALED = 2, /* version 1, and behind it the note, sealed */
    MERGE_VERSION = 1
};

void adjustment_encode(const struct adjustment *adjustment, struct buffer *out)
{
    write_u8(out, adjustment->note.is_sealed ? ADJUSTMENT_SEALED : ADJUSTMENT_VERSION);
    write_u8(out, (uint8_t)adjustment->state);
    write_uid(out, &adjustment->member);
    write_points(out, adjustment->points);
    write_text(out, adjustment->reason, sizeof adjustment->reason);
    kept_remark_write_text(out, &adjustment->note);
    write_text(out, adjustment->maker, sizeof adjustment->maker);
    write_text(out, adjustment->checker, sizeof adjustment->checker);
    write_time(out, adjustment->proposed_at);
    write_time(out, adjustment->expires_at);
    write_time(out, adjustment->ruled_at);
    kept_remark_write_sealed(out, &adjustment->note);
}

enum err adjustment_decode(struct slice value, struct adjustment *out_adjustment)
{
    struct reader in = reader_of(value);
    struct adjustment adjustment;
    unsigned version = read_choice(&in, ADJUSTMENT_VERSION, ADJUSTMENT_SEALED + 1);
    adjustment.state =
        (enum adjustment_state)read_choice(&in, ADJUSTMENT_PROPOSED, ADJUSTMENT_REJECTED + 1);
    read_uid(&in, &adjustment.member);
    adjustment.points = read_points(&in);
    read_text(&in, adjustment.reason, sizeof adjustment.reason);
    kept_remark_read_text(&in, &adjustment.note);
    read_text(&in, adjustment.maker, sizeof adjustment.maker);
    read_text(&in, adjustment.checker, sizeof adjustment.checker);
    adjustment.proposed_at = read_time(&in);
    adjustment.expires_at = read_time(&in);
    adjustment.ruled_at = read_time(&in);
    if (version == ADJUSTMENT_SEALED) {
        kept_remark_read_sealed(&in, &adjustment.note);
    }
    read_expect(&in, adjustment.points.minor != 0);
    TRY(reader_finish(&in));
    *out_adjustment = adjustment;
    return ERR_OK;
}

void merge_encode(const struct merge *merge, struct buffer *out)
{
    write_u8(out, MERGE_VERSION);
    write_uid(out, &merge->from);
    write_uid(out, &merge->into);
    write_time(out, merge->merged_at);
    write_bool(out, merge->is_undone);
    write_points(out, merge->debt);
    write_varint(out, merge->card_count);
    for (size_t i = 0; i < merge->card_count; i++) {
        write_card(out, &merge->cards[i]);
    }
    write_varint(out, merge->lot_count);
    for (size_t i = 0; i < merge->lot_count; i++) {
        write_lot_key(out, &merge->lots[i].key);
        write_points(out, merge->lots[i].points);
    }
}

enum err merge_decode(struct slice value, struct merge *out_merge)
{
    struct reader in = reader_of(value);
    read_version(&in, MERGE_VERSION);
    read_uid(&in, &out_merge->from);
    read_uid(&in, &out_merge->into);
    out_merge->merged_at = read_time(&in);
    out_merge->is_undone = read_bool(&in);
    out_merge->debt = read_points_held(&in);
    out_merge->card_count = read_count(&in, LIMIT_CARDS_PER_MEMBER);
    for (size_t i = 0; i < out_merge->card_count; i++) {
        read_card(&in, &out_merge->cards[i]);
        read_expect(&in, out_merge->cards[i].digits[0] != '\0');
    }
    out_merge->lot_count = read_count(&in, LIMIT_LOTS_PER_MEMBER);
    for (size_t i = 0; i < out_merge->lot_count; i++) {
        read_lot_key(&in, &out_merge->lots[i].key);
        out_merge->lots[i].points = read_points_held(&in);
    }
    return reader_finish(&in);
}
