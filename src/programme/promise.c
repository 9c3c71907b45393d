#include "programme/promise.h"

/* One metric of METRIC_UNTIL. */
struct term_moved {
    int64_t day;
    int64_t before; /* the end that was there when it was promised, and the one that was promised */
    int64_t promised;
    int64_t now;
    int64_t added; /* days */
    bool is_fixed; /* by a term from the day on */
};

static struct standing_change *find(struct standing_change *changes, size_t count, uint64_t slot)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].slot == slot && changes[i].bucket == 0) {
            return &changes[i];
        }
    }
    return NULL;
}

static void read_awards(const struct rules_text *text, uint16_t metric, const struct award *awards,
                        size_t count, struct term_moved *term)
{
    for (size_t i = 0; i < count; i++) {
        const struct gift *gift = &text->rules[awards[i].rule].gift;
        if (gift->gives == GIVES_UNTIL && *gift->metric == metric) {
            term->added += gift->term.is_added ? awards[i].given : 0;
            term->is_fixed = term->is_fixed || !gift->term.is_added;
        }
    }
}

static int64_t end_of(const struct term_moved *term)
{
    int64_t from = term->now > term->day ? term->now : term->day;
    int64_t end = from > DAY_LAST - term->added ? DAY_LAST : from + term->added;
    return term->is_fixed && end < term->promised ? term->promised : end;
}

/* What was paid for what is over counts no more. */
static void move_paid(const struct term_moved *term, int64_t now, struct standing_change *change)
{
    int64_t own = term->before <= term->day ? change->after : change->after - change->before;
    change->before = now;
    change->after = term->now <= term->day ? own : now + own;
}

void promise_move_ends(const struct rules *rules, int64_t day, const struct award *awards,
                       size_t award_count, const struct standing *now,
                       struct standing_change *changes, size_t count)
{
    const struct rules_text *text = rules_text(rules);
    for (uint16_t m = 0; m < text->metric_count; m++) {
        uint64_t slot = rules_metric_slot(rules, m);
        struct standing_change *end =
            text->metrics[m].of == METRIC_UNTIL ? find(changes, count, slot) : NULL;
        if (end == NULL) {
            continue;
        }
        struct term_moved term = {.day = day,
                                  .before = end->before,
                                  .promised = end->after,
                                  .now = standing_value(now, slot, 0)};
        read_awards(text, m, awards, award_count, &term);
        end->before = term.now;
        end->after = end_of(&term);
        for (unsigned v = 0; v < 2; v++) {
            uint64_t paid = slot_named(SLOT_TERM_PAID, v, text->metrics[m].name);
            struct standing_change *change = find(changes, count, paid);
            if (change != NULL) {
                move_paid(&term, standing_value(now, paid, 0), change);
            }
        }
    }
}
