#include "ledger/referral.h"

#include "base/bytes.h"

#define REFERRER_NAME "referrer"
#define RAISED_NAME   "raised"

enum raised_variant {
    RAISED_HIGH, /* the referrer's id, in halves */
    RAISED_LOW,
    RAISED_PROGRAMME,
    RAISED_RULE, /* place + 1 */
    RAISED_DEPTH,
    RAISED_TIME,
    RAISED_AT,
    RAISED_END
};

_Static_assert(RAISED_END == RAISED_STEPS, "a step for each number");

static int64_t half_of(const struct uid *id, unsigned half)
{
    return (int64_t)get_u64_be(id->bytes + 8u * half);
}

static void put_half(struct uid *id, unsigned half, int64_t value)
{
    put_u64_be(id->bytes + 8u * half, (uint64_t)value);
}

static int64_t kept(const struct standing *standing, enum slot_of of, unsigned variant,
                    const char *name)
{
    return standing_value(standing, slot_named(of, variant, name), STANDING_KEPT);
}

struct uid referral_of(const struct standing *standing)
{
    struct uid id;
    for (unsigned half = 0; half < 2; half++) {
        put_half(&id, half, kept(standing, SLOT_REFERRER, half, REFERRER_NAME));
    }
    return id;
}

/* What is 0 is not kept, and reads as 0. */
static size_t add_step(struct standing_step *steps, size_t count, uint64_t slot, int64_t before,
                       int64_t after)
{
    if (before == after) {
        return count;
    }
    steps[count] = (struct standing_step){.how = STANDING_SET,
                                          .slot = slot,
                                          .bucket = STANDING_KEPT,
                                          .before = before,
                                          .after = after};
    return count + 1;
}

size_t referral_steps(const struct uid *referrer, struct standing_step *out_steps)
{
    size_t count = 0;
    for (unsigned half = 0; half < 2; half++) {
        count = add_step(out_steps, count, slot_named(SLOT_REFERRER, half, REFERRER_NAME), 0,
                         half_of(referrer, half));
    }
    return count;
}

size_t raised_steps(const struct raised_event *event, bool is_over, struct standing_step *out_steps)
{
    const int64_t values[RAISED_END] = {
        [RAISED_HIGH] = half_of(&event->referrer, 0),
        [RAISED_LOW] = half_of(&event->referrer, 1),
        [RAISED_PROGRAMME] = event->programme,
        [RAISED_RULE] = (int64_t)event->rule + 1,
        [RAISED_DEPTH] = event->depth,
        [RAISED_TIME] = event->time.ms,
        [RAISED_AT] = event->raised_at.ms,
    };
    size_t count = 0;
    for (unsigned v = 0; v < RAISED_END; v++) {
        count = add_step(out_steps, count, slot_named(SLOT_RAISED, v, RAISED_NAME),
                         is_over ? values[v] : 0, is_over ? 0 : values[v]);
    }
    return count;
}

bool raised_read(const struct standing *standing, struct raised_event *out_event)
{
    int64_t values[RAISED_END];
    for (unsigned v = 0; v < RAISED_END; v++) {
        values[v] = kept(standing, SLOT_RAISED, v, RAISED_NAME);
    }
    if (values[RAISED_RULE] < 1 || values[RAISED_RULE] > UINT16_MAX || values[RAISED_DEPTH] < 1 ||
        values[RAISED_DEPTH] > UINT16_MAX || values[RAISED_PROGRAMME] < 0 ||
        values[RAISED_PROGRAMME] > UINT32_MAX) {
        return false;
    }
    *out_event = (struct raised_event){.programme = (uint32_t)values[RAISED_PROGRAMME],
                                       .rule = (uint16_t)(values[RAISED_RULE] - 1),
                                       .depth = (unsigned)values[RAISED_DEPTH],
                                       .time = {values[RAISED_TIME]},
                                       .raised_at = {values[RAISED_AT]}};
    put_half(&out_event->referrer, 0, values[RAISED_HIGH]);
    put_half(&out_event->referrer, 1, values[RAISED_LOW]);
    return true;
}
