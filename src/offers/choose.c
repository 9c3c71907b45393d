#include "offers/choose.h"

#include <stdlib.h>

#define CASES_MIN 8  /* fewer say nothing */
#define AGAIN_MIN 2u /* times that make a habit */
#define DAYS_ROOM 512u

/* What is looked at of one member. */
struct choosing {
    const struct learned *learned;
    const struct history *history;
    const struct bought *lines;
    size_t count;
    size_t recent; /* the first line of the last RECENT_DAYS */
    int64_t today;
};

uint64_t offers_fitting(const struct rules_text *text, uint64_t segments)
{
    uint64_t fitting = 0;
    for (size_t o = 0; o < text->offer_count; o++) {
        const struct offer *offer = &text->offers[o];
        bool is_for = offer->segment_count == 0;
        for (size_t s = 0; s < offer->segment_count && !is_for; s++) {
            is_for = (segments >> offer->segments[s] & 1) != 0;
        }
        fitting |= is_for ? UINT64_C(1) << o : 0;
    }
    return fitting;
}

static bool has_thing(const struct choosing *c, size_t line, uint32_t thing)
{
    struct goods_things things = history_things(c->history, c->lines[line].goods);
    for (size_t t = 0; t < things.count; t++) {
        if (things.at[t] == thing) {
            return true;
        }
    }
    return false;
}

/* Days of late with the thing. */
static uint32_t times_of(const struct choosing *c, uint32_t thing)
{
    uint32_t times = 0;
    int32_t last = 0;
    for (size_t i = c->recent; i < c->count; i++) {
        if ((times == 0 || c->lines[i].day != last) && has_thing(c, i, thing)) {
            times++;
            last = c->lines[i].day;
        }
    }
    return times;
}

/* The thing that says most; of equal ones what the programme or the brand has a word for, which
 * comes behind the product. False: none does. */
static bool choose_next(const struct choosing *c, size_t offer, struct choice *out)
{
    int64_t base = share_ppm(learned_base(c->learned, offer));
    bool is_found = false;
    *out = (struct choice){.offer = (uint16_t)offer, .reason = CHOICE_NEXT, .base_ppm = base};
    for (size_t i = c->recent; i < c->count; i++) {
        struct goods_things things = history_things(c->history, c->lines[i].goods);
        for (size_t t = 0; t < things.count; t++) {
            struct share share = learned_next(c->learned, things.at[t], offer);
            int64_t ppm = share_least_ppm(share, base);
            bool is_better = ppm - base > out->gain_ppm ||
                             (is_found && ppm - base == out->gain_ppm && things.at[t] > out->thing);
            if (share.of >= CASES_MIN && is_better) {
                out->thing = things.at[t];
                out->share = share;
                out->gain_ppm = ppm - base;
                is_found = true;
            }
        }
    }
    if (is_found) {
        out->times = times_of(c, out->thing);
    }
    return is_found;
}

/* A habit that is due. */
static bool choose_again(const struct choosing *c, size_t offer, const int32_t *days, size_t times,
                         struct choice *out)
{
    size_t known = times < DAYS_ROOM ? times : DAYS_ROOM;
    int64_t base = share_ppm(learned_base(c->learned, offer));
    if (known < AGAIN_MIN) {
        return false;
    }
    int64_t every = (days[known - 1] - days[0]) / (int64_t)(known - 1);
    int64_t since = c->today - days[known - 1];
    struct share share = learned_again(c->learned, offer, (uint32_t)times);
    int64_t ppm = share_least_ppm(share, base);
    *out = (struct choice){.offer = (uint16_t)offer,
                           .reason = CHOICE_AGAIN,
                           .times = (uint32_t)times,
                           .every_days = (uint32_t)every,
                           .since_days = (uint32_t)since,
                           .share = share,
                           .base_ppm = base,
                           .gain_ppm = ppm - base};
    return since >= every && share.of >= CASES_MIN && ppm > base;
}

static bool choose_one(const struct choosing *c, size_t offer, struct choice *out)
{
    int32_t days[DAYS_ROOM];
    size_t times = days_about(c->lines, c->count, c->history, offer, days, DAYS_ROOM);
    size_t known = times < DAYS_ROOM ? times : DAYS_ROOM;
    bool is_recent = known > 0 && days[known - 1] > c->today - RECENT_DAYS;
    if (is_recent) {
        return choose_again(c, offer, days, times, out);
    }
    if (!choose_next(c, offer, out)) {
        return false;
    }
    out->was_ever_bought = times > 0;
    return true;
}

static int compare_choices(const void *a, const void *b)
{
    const struct choice *x = a;
    const struct choice *y = b;
    if (x->gain_ppm != y->gain_ppm) {
        return x->gain_ppm > y->gain_ppm ? -1 : 1;
    }
    return (x->offer > y->offer) - (x->offer < y->offer);
}

size_t choose_offers(const struct learned *learned, size_t member, size_t campaign,
                     uint64_t fitting, int64_t today, struct choice out_choices[LIMIT_OFFERS])
{
    const struct history *history = learned_history(learned);
    const struct rules_text *text = rules_text(history_rules(history));
    struct choosing c = {.learned = learned, .history = history, .today = today};
    c.lines = history_of(history, member, &c.count);
    while (c.recent < c.count && c.lines[c.recent].day <= today - RECENT_DAYS) {
        c.recent++;
    }
    size_t count = 0;
    for (size_t o = 0; o < text->offer_count; o++) {
        bool may = text->offers[o].campaign == campaign && (fitting >> o & 1) != 0;
        count += may && choose_one(&c, o, &out_choices[count]) ? 1 : 0;
    }
    qsort(out_choices, count, sizeof out_choices[0], compare_choices);
    size_t most = text->campaigns[campaign].most;
    return count < most ? count : most;
}
