/* What a rule gives at most, and how often. */
#include "programme/judging.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t left_of(int64_t max, int64_t used)
{
    return max == INT64_MAX ? INT64_MAX : used >= max ? 0 : max - used;
}

static int64_t cap_used(const struct judging *j, uint16_t place, size_t c, enum slot_of of)
{
    const struct cap *cap = &j->text->rules[place].caps[c];
    uint64_t slot = rules_cap_slot(j->rules, place, c, of);
    int64_t sum = INT64_MAX;
    enum err err = standing_sum(j->standing, slot, window_first_bucket(cap->window, j->day),
                                window_bucket(cap->window, j->day), &sum);
    return err == ERR_OK ? sum : INT64_MAX;
}

int64_t caps_leave(const struct judging *j, uint16_t place, int64_t wanted)
{
    const struct rule *rule = &j->text->rules[place];
    int64_t given = wanted;
    for (size_t c = 0; c < rule->cap_count; c++) {
        const struct cap *cap = &rule->caps[c];
        if (cap->is_per_receipt) {
            given = least(given, cap->amount_max);
            continue;
        }
        if (cap->amount_max != INT64_MAX) {
            given = least(given, left_of(cap->amount_max, cap_used(j, place, c, SLOT_CAP_AMOUNT)));
        }
        if (cap->uses_max != INT64_MAX &&
            left_of(cap->uses_max, cap_used(j, place, c, SLOT_CAP_USES)) == 0) {
            given = 0;
        }
    }
    return given;
}

enum err caps_count(struct judging *j, uint16_t place, int64_t given)
{
    const struct rule *rule = &j->text->rules[place];
    for (size_t c = 0; c < rule->cap_count; c++) {
        const struct cap *cap = &rule->caps[c];
        if (cap->is_per_receipt) {
            continue;
        }
        int64_t bucket = window_bucket(cap->window, j->day);
        if (cap->amount_max != INT64_MAX) {
            TRY(standing_add(j->standing, &j->changes, j->arena,
                             rules_cap_slot(j->rules, place, c, SLOT_CAP_AMOUNT), bucket, given));
        }
        if (cap->uses_max != INT64_MAX) {
            TRY(standing_add(j->standing, &j->changes, j->arena,
                             rules_cap_slot(j->rules, place, c, SLOT_CAP_USES), bucket, 1));
        }
    }
    return ERR_OK;
}
