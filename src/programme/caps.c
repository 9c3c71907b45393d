/* What a rule gives at most, and how often: to a member, to all, for a code; and once to the n-th
 * purchase. */
#include "programme/judging.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t left_of(int64_t max, int64_t used)
{
    return max == INT64_MAX ? INT64_MAX : used >= max ? 0 : max - used;
}

/* Where it is counted. */
static const struct standing *standing_of(const struct judging *j, const struct cap *cap,
                                          size_t code)
{
    switch (cap->of) {
    case CAP_OF_ALL:
        return &j->occasion->programme;
    case CAP_OF_CODE:
        return &j->occasion->codes[code].standing;
    case CAP_OF_MEMBER:
    case CAP_OF_COUNT:
    default:
        return j->standing;
    }
}

static int64_t cap_used(const struct judging *j, uint16_t place, size_t c, size_t code,
                        enum slot_of of)
{
    const struct cap *cap = &j->text->rules[place].caps[c];
    uint64_t slot = rules_cap_slot(j->rules, place, c, of);
    int64_t sum = INT64_MAX;
    enum err err =
        standing_sum(standing_of(j, cap, code), slot, window_first_bucket(cap->window, j->day),
                     window_bucket(cap->window, j->day), &sum);
    return err == ERR_OK ? sum : INT64_MAX;
}

int64_t caps_leave(const struct judging *j, uint16_t place, size_t code, int64_t wanted)
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
            given = least(given,
                          left_of(cap->amount_max, cap_used(j, place, c, code, SLOT_CAP_AMOUNT)));
        }
        if (cap->uses_max != INT64_MAX &&
            left_of(cap->uses_max, cap_used(j, place, c, code, SLOT_CAP_USES)) == 0) {
            given = 0;
        }
    }
    return given;
}

bool caps_use_up(const struct judging *j, uint16_t place, size_t code)
{
    const struct rule *rule = &j->text->rules[place];
    for (size_t c = 0; c < rule->cap_count; c++) {
        const struct cap *cap = &rule->caps[c];
        if (cap->of == CAP_OF_CODE && cap->uses_max != INT64_MAX &&
            left_of(cap->uses_max, cap_used(j, place, c, code, SLOT_CAP_USES)) == 0) {
            return true;
        }
    }
    return false;
}

static enum err count_in_cap(struct judging *j, const struct cap *cap, const struct claim *claim)
{
    if (cap->of == CAP_OF_MEMBER) {
        return standing_add(j->standing, &j->changes, j->arena, claim->slot, claim->bucket,
                            claim->delta);
    }
    j->claims[j->claim_count++] = *claim;
    return ERR_OK;
}

enum err caps_count(struct judging *j, uint16_t place, size_t code, int64_t given)
{
    const struct rule *rule = &j->text->rules[place];
    for (size_t c = 0; c < rule->cap_count; c++) {
        const struct cap *cap = &rule->caps[c];
        if (cap->is_per_receipt) {
            continue;
        }
        struct claim claim = {.of = cap->of,
                              .code = cap->of == CAP_OF_CODE ? code : NO_CODE,
                              .bucket = window_bucket(cap->window, j->day)};
        if (cap->amount_max != INT64_MAX) {
            claim.slot = rules_cap_slot(j->rules, place, c, SLOT_CAP_AMOUNT);
            claim.delta = given;
            claim.most = cap->amount_max;
            TRY(count_in_cap(j, cap, &claim));
        }
        if (cap->uses_max != INT64_MAX) {
            claim.slot = rules_cap_slot(j->rules, place, c, SLOT_CAP_USES);
            claim.delta = 1;
            claim.most = cap->uses_max;
            TRY(count_in_cap(j, cap, &claim));
        }
    }
    return ERR_OK;
}

static struct window purchases_window(const struct judging *j, uint16_t place)
{
    return j->text->metrics[j->text->rules[place].when.purchases].window;
}

enum err purchase_had(const struct judging *j, uint16_t place, int64_t *out_had)
{
    struct window window = purchases_window(j, place);
    return standing_sum(j->standing, rules_had_slot(j->rules, place),
                        window_first_bucket(window, j->day), window_bucket(window, j->day),
                        out_had);
}

enum err purchase_have(struct judging *j, uint16_t place)
{
    return standing_add(j->standing, &j->changes, j->arena, rules_had_slot(j->rules, place),
                        window_bucket(purchases_window(j, place), j->day), 1);
}
