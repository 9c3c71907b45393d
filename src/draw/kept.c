#include "draw/kept.h"

enum {
    KEPT_VERSION = 1
};

bool draw_kept_is(struct slice bytes, enum draw_kept_kind kind)
{
    return bytes.length > 0 && bytes.at[0] == (uint8_t)kind;
}

static void begin(struct buffer *out, enum draw_kept_kind kind)
{
    write_u8(out, (uint8_t)kind);
    write_u8(out, KEPT_VERSION);
}

static void expect(struct reader *in, enum draw_kept_kind kind)
{
    if (read_u8(in) != (uint8_t)kind || read_u8(in) != KEPT_VERSION) {
        read_fail(in);
    }
}

void draw_kept_step_encode(const struct draw_kept_step *step, struct buffer *out)
{
    begin(out, DRAW_KEPT_STEP);
    write_block(out, step->text);
    write_block(out, step->sealed);
}

enum err draw_kept_step_decode(struct slice bytes, struct draw_kept_step *out_step)
{
    struct reader in = reader_of(bytes);
    expect(&in, DRAW_KEPT_STEP);
    struct draw_kept_step step;
    step.text = read_block(&in);
    step.sealed = read_block(&in);
    TRY(reader_finish(&in));
    *out_step = step;
    return ERR_OK;
}

void draw_kept_page_begin(struct buffer *out, size_t count)
{
    begin(out, DRAW_KEPT_PAGE);
    write_varint(out, count);
}

void draw_kept_row_write(struct buffer *out, const struct draw_kept_row *row)
{
    write_bytes(out, row->entrant.id, DRAW_ID_BYTES);
    write_varint(out, row->entrant.tickets);
    write_block(out, row->owner);
}

size_t draw_kept_page_read(struct reader *in, size_t count_max)
{
    expect(in, DRAW_KEPT_PAGE);
    uint64_t count = read_varint(in);
    if (count > count_max) {
        read_fail(in);
        return 0;
    }
    return (size_t)count;
}

void draw_kept_row_read(struct reader *in, struct draw_kept_row *out_row)
{
    read_copy(in, out_row->entrant.id, DRAW_ID_BYTES);
    out_row->entrant.tickets = read_varint(in);
    out_row->owner = read_block(in);
}

void draw_kept_won_encode(const struct draw_kept_won *won, struct buffer *out)
{
    begin(out, DRAW_KEPT_WON);
    write_block(out, won->prize);
    write_block(out, won->member);
}

enum err draw_kept_won_decode(struct slice bytes, struct draw_kept_won *out_won)
{
    struct reader in = reader_of(bytes);
    struct draw_kept_won won;
    expect(&in, DRAW_KEPT_WON);
    won.prize = read_block(&in);
    won.member = read_block(&in);
    if (won.member.length != 0 && won.member.length != 16) {
        read_fail(&in);
    }
    TRY(reader_finish(&in));
    *out_won = won;
    return ERR_OK;
}
