/* Numbers of an owner: changed by steps, merged, parted. Everything is in order of slot and bucket,
 * so that each of these is one walk. */
#include "ledger/standing_work.h"

enum verdict standing_refused(const struct standing_refusals *refusals)
{
    return refusals->is_moved     ? VERDICT_STANDING_MOVED
           : refusals->is_limited ? VERDICT_STANDING_LIMIT
           : refusals->is_full    ? VERDICT_STANDING_FULL
                                  : VERDICT_OK;
}

enum err standing_work_get(const struct decision *d, const struct standing_owner *owner,
                           struct standing_work *out_work)
{
    struct standing_row row;
    TRY(standing_get_row(d->view, owner, &row));
    out_work->count = row.count;
    memcpy(out_work->numbers, row.numbers, row.count * sizeof row.numbers[0]);
    return ERR_OK;
}

void standing_work_put(struct decision *d, const struct standing_owner *owner,
                       const struct standing_work *work)
{
    struct ledger_key key;
    struct standing_row row;
    key_standing(owner, &key);
    if (work->count == 0) {
        plan_delete(d->plan, TABLE_STANDING, &key);
        return;
    }
    ASSERT(work->count <= LIMIT_STANDING_NUMBERS);
    row.count = work->count;
    memcpy(row.numbers, work->numbers, work->count * sizeof row.numbers[0]);
    buffer_clear(&d->plan->scratch);
    standing_row_encode(&row, &d->plan->scratch);
    plan_row(d->plan, TABLE_STANDING, &key, buffer_slice(&d->plan->scratch));
}

/* 0 is not kept. */
static void append(struct standing_work *work, uint64_t slot, int64_t bucket, int64_t value)
{
    if (value != 0) {
        ASSERT(work->count < STANDING_WORK_MAX);
        work->numbers[work->count++] = (struct standing_number){slot, bucket, value};
    }
}

static int compare(uint64_t slot_a, int64_t bucket_a, uint64_t slot_b, int64_t bucket_b)
{
    if (slot_a != slot_b) {
        return slot_a < slot_b ? -1 : 1;
    }
    return (bucket_a > bucket_b) - (bucket_a < bucket_b);
}

/* What open quotes make of the number at that place, but for one that promised `own`. */
static int64_t quoted(const struct standing_work *work, uint64_t slot, int64_t bucket, int64_t own)
{
    struct standing standing = {work->numbers, work->count};
    int64_t promised = standing_value(&standing, slot_promised(slot), bucket);
    int64_t withheld = standing_value(&standing, slot_withheld(slot), bucket);
    int64_t net;
    promised = promised > own ? promised - own : 0;
    return int64_sub(promised, withheld, &net) == ERR_OK ? net : 0;
}

/* `delta` more, but what is taken away ends where nothing is left but what quotes make of it: what
 * it was given to may be over. */
static int64_t taken(int64_t value, int64_t delta, int64_t quoted)
{
    int64_t after;
    if (int64_add(value, delta, &after) != ERR_OK) {
        return value;
    }
    int64_t floor = value < quoted ? value : quoted;
    return delta < 0 && after < floor ? floor : after;
}

static int64_t added(int64_t value, const struct standing_step *step,
                     struct standing_refusals *refusals)
{
    int64_t after;
    if (int64_add(value, step->delta, &after) != ERR_OK ||
        (step->delta > 0 && after > step->most) || (step->delta < 0 && after < step->least)) {
        refusals->is_limited = true;
        return value;
    }
    return after;
}

static int64_t changed(const struct standing_work *from, int64_t value,
                       const struct standing_step *step, enum standing_way way,
                       struct standing_refusals *refusals)
{
    switch (step->how) {
    case STANDING_SET:
        if (way == STANDING_OF_FORMER) {
            return value;
        }
        refusals->is_moved = refusals->is_moved || value != step->before;
        return step->after;
    case STANDING_ADD:
        return way == STANDING_AS_SAID ? added(value, step, refusals)
                                       : taken(value, -step->delta,
                                               quoted(from, step->slot, step->bucket, step->delta));
    case STANDING_TAKE:
        return taken(value, step->delta, quoted(from, step->slot, step->bucket, 0));
    case STANDING_HOW_END:
        break;
    }
    return value;
}

void standing_work_steps(const struct standing_work *from, struct reader steps, uint32_t count,
                         enum standing_way way, struct standing_work *out_work,
                         struct standing_refusals *refusals)
{
    size_t at = 0;
    out_work->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct standing_step step;
        int64_t value = 0;
        standing_read_step(&steps, &step);
        for (; at < from->count; at++) {
            const struct standing_number *n = &from->numbers[at];
            int order = compare(n->slot, n->bucket, step.slot, step.bucket);
            if (order > 0) {
                break;
            }
            if (order == 0) {
                value = n->value;
                at++;
                break;
            }
            out_work->numbers[out_work->count++] = *n;
        }
        append(out_work, step.slot, step.bucket, changed(from, value, &step, way, refusals));
    }
    for (; at < from->count; at++) {
        out_work->numbers[out_work->count++] = from->numbers[at];
    }
}

/* A pair of numbers of one place, of which one may be missing: where both are as far as `a` and
 * `b`.
 */
struct both {
    uint64_t slot;
    int64_t bucket;
    int64_t own;
    int64_t other;
};

static bool next_of_both(const struct standing_work *own, const struct standing_work *other,
                         size_t *a, size_t *b, struct both *out_both)
{
    const struct standing_number *x = *a < own->count ? &own->numbers[*a] : NULL;
    const struct standing_number *y = *b < other->count ? &other->numbers[*b] : NULL;
    if (x == NULL && y == NULL) {
        return false;
    }
    int order = x == NULL ? 1 : y == NULL ? -1 : compare(x->slot, x->bucket, y->slot, y->bucket);
    const struct standing_number *first = order <= 0 ? x : y;
    *out_both = (struct both){first->slot, first->bucket, order <= 0 ? x->value : 0,
                              order >= 0 ? y->value : 0};
    *a += order <= 0;
    *b += order >= 0;
    return true;
}

void standing_work_merge(const struct standing_work *own, const struct standing_work *other,
                         struct standing_work *out_work)
{
    size_t a = 0;
    size_t b = 0;
    struct both both;
    out_work->count = 0;
    while (next_of_both(own, other, &a, &b, &both)) {
        int64_t value;
        if (slot_merge_values(both.slot, both.own, both.other, &value) != ERR_OK) {
            value = both.own; /* more than can be counted */
        }
        append(out_work, both.slot, both.bucket, value);
    }
}

/* Of what came, the lesser of it and of what is there, on the same side of 0. */
static int64_t left_of(int64_t there, int64_t came)
{
    if ((there > 0) != (came > 0) || there == 0) {
        return 0;
    }
    bool is_less = came > 0 ? there < came : there > came;
    return is_less ? there : came;
}

/* Of one number's what goes back, when what one quote holds goes back with whose it is: nothing
 * that the others promise, and nothing that they have spent. */
static int64_t part_of(const struct standing_work *own, const struct standing_work *other,
                       const struct both *both)
{
    struct standing there = {own->numbers, own->count};
    struct standing came = {other->numbers, other->count};
    uint64_t promised = slot_promised(both->slot);
    uint64_t withheld = slot_withheld(both->slot);
    int64_t promised_there = standing_value(&there, promised, both->bucket);
    int64_t promised_came = standing_value(&came, promised, both->bucket);
    int64_t withheld_came = standing_value(&came, withheld, both->bucket);
    int64_t promised_back = left_of(promised_there, promised_came);
    int64_t withheld_back = left_of(standing_value(&there, withheld, both->bucket), withheld_came);
    int64_t sure_there;
    int64_t sure_came;
    int64_t back;
    if (int64_sub(both->own, promised_there - withheld_back, &sure_there) != ERR_OK ||
        int64_sub(both->other, promised_came - withheld_came, &sure_came) != ERR_OK ||
        int64_add(left_of(sure_there, sure_came), promised_back - withheld_back, &back) != ERR_OK) {
        return left_of(both->own, both->other);
    }
    return back;
}

void standing_work_part(const struct standing_work *own, const struct standing_work *other,
                        struct standing_work *out_own, struct standing_work *out_other)
{
    size_t a = 0;
    size_t b = 0;
    struct both both;
    out_own->count = 0;
    out_other->count = 0;
    while (next_of_both(own, other, &a, &b, &both)) {
        bool is_sum = slot_merge_of(both.slot) == SLOT_SUMS;
        int64_t back = is_sum ? part_of(own, other, &both) : both.other;
        append(out_own, both.slot, both.bucket, is_sum ? both.own - back : both.own);
        append(out_other, both.slot, both.bucket, back);
    }
}
