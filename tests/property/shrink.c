#include "shrink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct shrinking {
    const struct shrink_subject *subject;
    struct step *steps;
    struct step *fewer; /* what is tried */
    size_t count;
    time_t until; /* 0: for as long as it takes */
};

static bool is_over(const struct shrinking *s)
{
    return s->until != 0 && time(NULL) >= s->until;
}

/* Leaves out `piece` steps from `at` on when what is left still fails. */
static bool leave_out(struct shrinking *s, size_t at, size_t piece)
{
    size_t rest = s->count - at - piece;
    size_t ran;
    memcpy(s->fewer, s->steps, at * sizeof *s->steps);
    memcpy(s->fewer + at, s->steps + at + piece, rest * sizeof *s->steps);
    if (!s->subject->fails(s->subject->context, s->fewer, at + rest, &ran)) {
        return false;
    }
    ASSERT(ran > 0 && ran < s->count);
    memcpy(s->steps, s->fewer, ran * sizeof *s->steps);
    s->count = ran;
    return true;
}

/* Tries every piece of a size, the newest first: what a failure needs is mostly near it. */
static bool pass(struct shrinking *s, size_t piece)
{
    bool is_shorter = false;
    for (size_t end = s->count; end >= piece && !is_over(s);) {
        size_t at = end - piece;
        if (leave_out(s, at, piece)) {
            is_shorter = true;
            end = s->count < at ? s->count : at;
        } else {
            end = at;
        }
    }
    return is_shorter;
}

size_t shrink(const struct shrink_subject *subject, struct step *steps, size_t count,
              unsigned seconds)
{
    struct shrinking s = {.subject = subject, .steps = steps, .count = count};
    size_t piece = count / 2;
    s.until = seconds == 0 ? 0 : time(NULL) + (time_t)seconds;
    s.fewer = calloc(count, sizeof *s.fewer);
    ASSERT(s.fewer != NULL);
    while (piece > 0 && !is_over(&s)) {
        bool is_shorter = pass(&s, piece);
        if (piece > 1) {
            piece /= 2;
        } else if (!is_shorter) {
            break; /* no single step can be left out any more */
        }
    }
    free(s.fewer);
    return s.count;
}
