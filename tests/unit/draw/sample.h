/* A draw of ten entrants in its three stages, always the same bytes. */
#ifndef TESTS_DRAW_SAMPLE_H
#define TESTS_DRAW_SAMPLE_H

#include "draw/paper.h"

#define SAMPLE_ENTRANTS 10u
#define SAMPLE_TICKETS  395u

void sample_entrants(struct draw_entrant out_entrants[SAMPLE_ENTRANTS]);
struct draw_seed sample_seed(void);
/* Appends what is published at that stage, signed; with the list from CLOSED on. */
void sample_paper(enum draw_stage stage, struct buffer *out);
/* The key that signed it. */
struct public_key sample_key(void);

#endif
