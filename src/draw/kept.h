/* The bytes that a journal keeps of draws, beside what changes standings: a step's text, a page of
 * the list, who won. Their first byte tells them from all else that is kept there. Pure.
 */
#ifndef DRAW_KEPT_H
#define DRAW_KEPT_H

#include "draw/draw.h"

/* First bytes; stored. */
enum draw_kept_kind {
    DRAW_KEPT_STEP = 0xD1,
    DRAW_KEPT_PAGE = 0xD2,
    DRAW_KEPT_WON = 0xD3
};

/* Is it one of these? Anything else in the place is none of a draw's business. */
bool draw_kept_is(struct slice bytes, enum draw_kept_kind kind);

struct draw_kept_step {
    struct slice text;
    struct slice sealed; /* may be empty */
};
void draw_kept_step_encode(const struct draw_kept_step *step, struct buffer *out);
MUST_USE enum err draw_kept_step_decode(struct slice bytes, struct draw_kept_step *out_step);

/* `owner` is opaque here: whoever keeps the page knows what it is. */
struct draw_kept_row {
    struct draw_entrant entrant;
    struct slice owner;
};
void draw_kept_page_begin(struct buffer *out, size_t count);
void draw_kept_row_write(struct buffer *out, const struct draw_kept_row *row);
/* The number of rows, to be read one by one; sticks to the reader's error. */
size_t draw_kept_page_read(struct reader *in, size_t count_max);
void draw_kept_row_read(struct reader *in, struct draw_kept_row *out_row);

struct draw_kept_won {
    struct slice prize;
    struct slice member; /* 16 bytes of an id; empty: no member of ours */
};
void draw_kept_won_encode(const struct draw_kept_won *won, struct buffer *out);
MUST_USE enum err draw_kept_won_decode(struct slice bytes, struct draw_kept_won *out_won);

#endif
