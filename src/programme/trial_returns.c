/* What a trial takes back: as the node does (node/judging_return.c), on values. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "programme/kept_case.h"
#include "programme/returned_lines.h"
#include "programme/returned_state.h"
#include "programme/trial_parts.h"

/* A number that a sale added to, and what went back of it. */
struct back_number {
    bool is_of_all;
    uint64_t slot;
    int64_t bucket;
    int64_t taken; /* 0 or less */
};

/* A sale of which something came back. */
struct sold_back {
    uint64_t sale;
    int64_t *lines; /* how much of each; malloc */
    struct points points;
    struct money amount;
    struct back_number *numbers; /* malloc */
    size_t number_count;
};

/* One return. */
struct taking {
    struct trial *trial;
    struct kept_case kept;
    struct sold_back *back;
    int64_t *lines; /* how much of each comes back with it, in all */
    struct judgement whole;
    struct judgement before; /* of what was left until now, and is left; zeroes: nothing is */
    struct judgement rest;
    bool is_by_amount;
    bool is_all;
    struct money amount; /* that comes back */
    struct points due;
    struct standing_changes member; /* what goes back, by owner */
    struct standing_changes all;
    struct note *note;
};

void trial_forget_returns(struct trial *trial)
{
    for (size_t i = 0; i < trial->return_count; i++) {
        free(trial->returns[i].lines);
        free(trial->returns[i].numbers);
    }
    free(trial->returns);
}

/* ---- What came back before ---- */

static enum err add_back(struct trial *trial, size_t at, const struct taking *t,
                         struct sold_back *back)
{
    size_t capacity = trial->return_capacity == 0 ? 64 : trial->return_capacity * 2;
    if (trial->return_count == trial->return_capacity) {
        struct sold_back *grown = realloc(trial->returns, capacity * sizeof grown[0]);
        if (grown == NULL) {
            return ERR_RESOURCE;
        }
        trial->returns = grown;
        trial->return_capacity = capacity;
    }
    size_t numbers = t->whole.changes.count + t->whole.claim_count + 1;
    back->lines = calloc(t->kept.occasion.line_count + 1, sizeof back->lines[0]);
    back->numbers = calloc(numbers, sizeof back->numbers[0]);
    if (back->lines == NULL || back->numbers == NULL) {
        free(back->lines);
        free(back->numbers);
        return ERR_RESOURCE;
    }
    memmove(&trial->returns[at + 1], &trial->returns[at],
            (trial->return_count - at) * sizeof trial->returns[0]);
    trial->returns[at] = *back;
    trial->return_count++;
    return ERR_OK;
}

/* Ascending by sale. */
static enum err find_back(struct taking *t, uint64_t sale)
{
    struct trial *trial = t->trial;
    size_t low = 0;
    size_t high = trial->return_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trial->returns[middle].sale < sale) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == trial->return_count || trial->returns[low].sale != sale) {
        struct sold_back back = {.sale = sale};
        TRY(add_back(trial, low, t, &back));
    }
    t->back = &trial->returns[low];
    return ERR_OK;
}

static struct back_number *number_of(struct sold_back *back, bool is_of_all, uint64_t slot,
                                     int64_t bucket)
{
    for (size_t i = 0; i < back->number_count; i++) {
        struct back_number *number = &back->numbers[i];
        if (number->is_of_all == is_of_all && number->slot == slot && number->bucket == bucket) {
            return number;
        }
    }
    struct back_number *number = &back->numbers[back->number_count++];
    *number = (struct back_number){is_of_all, slot, bucket, 0};
    return number;
}

/* ---- What is left ---- */

static enum err judge_lines(struct taking *t, const int64_t *lines, struct judgement *out_judgement)
{
    struct occasion rest;
    struct trial *trial = t->trial;
    TRY(returned_lines_rest(&t->kept.occasion, lines, &trial->arena, &rest));
    return rest.line_count == 0 ? ERR_OK
                                : judge(trial->rules, &t->kept.standing, &rest, false,
                                        &trial->arena, out_judgement, t->note);
}

static enum err add_lines(struct taking *t, const struct trial_back *lines, size_t count)
{
    const struct occasion *sold = &t->kept.occasion;
    t->lines = arena_alloc(&t->trial->arena, (sold->line_count + 1) * sizeof t->lines[0]);
    if (t->lines == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(t->lines, t->back->lines, sold->line_count * sizeof t->lines[0]);
    for (size_t i = 0; i < count; i++) {
        if (lines[i].line == 0 || lines[i].line > sold->line_count) {
            return note_set(t->note, ERR_INPUT, "the sale has no such line");
        }
        int64_t *at = &t->lines[lines[i].line - 1];
        int64_t left = returned_lines_whole(&sold->lines[lines[i].line - 1]) - *at;
        int64_t more = lines[i].quantity_milli == 0 ? left : lines[i].quantity_milli;
        if (left == 0 || more < 0 || more > left) {
            return note_set(t->note, ERR_INPUT, "less of the line is left");
        }
        *at += more;
    }
    return ERR_OK;
}

static int64_t net_of(const struct judgement *judgement)
{
    return judgement->gross.minor - judgement->discount.minor;
}

static enum err settle_lines(struct taking *t, const struct trial_back *lines, size_t count)
{
    TRY(add_lines(t, lines, count));
    TRY(judge_lines(t, t->back->lines, &t->before));
    TRY(judge_lines(t, t->lines, &t->rest));
    int64_t left = net_of(&t->whole) - t->back->amount.minor;
    int64_t worth = net_of(&t->rest);
    int64_t kept =
        t->rest.points.minor < t->whole.points.minor ? t->rest.points.minor : t->whole.points.minor;
    t->is_all = true;
    for (size_t i = 0; i < t->kept.occasion.line_count; i++) {
        const struct basket_line *line = &t->kept.occasion.lines[i];
        t->is_all = t->is_all && t->lines[i] == returned_lines_whole(line);
    }
    t->amount = money_of(t->is_all ? left : left > worth ? left - worth : 0);
    t->due = points_of(t->whole.points.minor - t->back->points.minor - kept);
    return ERR_OK;
}

static enum err settle_amount(struct taking *t, struct money amount)
{
    int64_t net = net_of(&t->whole);
    int64_t left = net - t->back->amount.minor;
    int64_t kept = 0;
    t->is_by_amount = true;
    if (amount.minor > left || left == 0) {
        return note_set(t->note, ERR_INPUT, "less of the sale is left");
    }
    t->amount = amount.minor == 0 ? money_of(left) : amount;
    t->is_all = t->amount.minor == left;
    if (!t->is_all) {
        TRY(int64_mul_div(t->kept.points.minor, left - t->amount.minor, net, ROUNDING_DOWN, &kept));
    }
    t->due = points_of(t->kept.points.minor - t->back->points.minor - kept);
    return ERR_OK;
}

/* ---- What goes back ---- */

/* That the rest would have added. */
static int64_t rest_of_number(const struct taking *t, const struct back_number *number)
{
    for (size_t i = 0; !number->is_of_all && i < t->rest.changes.count; i++) {
        const struct standing_change *change = &t->rest.changes.at[i];
        if (change->slot == number->slot && change->bucket == number->bucket) {
            return change->after - change->before;
        }
    }
    for (size_t i = 0; number->is_of_all && i < t->rest.claim_count; i++) {
        const struct claim *claim = &t->rest.claims[i];
        if (claim->of == CAP_OF_ALL && claim->slot == number->slot &&
            claim->bucket == number->bucket) {
            return claim->delta;
        }
    }
    return 0;
}

static enum err take_number(struct taking *t, bool is_of_all, uint64_t slot, int64_t bucket,
                            int64_t gave, const struct standing *now)
{
    struct standing_changes *changes = is_of_all ? &t->all : &t->member;
    if (gave <= 0) {
        return ERR_OK;
    }
    struct back_number *number = number_of(t->back, is_of_all, slot, bucket);
    int64_t left = gave + number->taken;
    int64_t part = left;
    if (!t->is_all && t->is_by_amount) {
        TRY(returned_share(gave, t->back->amount.minor, t->back->amount.minor + t->amount.minor,
                           net_of(&t->whole), &part));
    } else if (!t->is_all) {
        part = returned_part(gave, number->taken, rest_of_number(t, number));
    }
    part = part < left ? part : left;
    int64_t value = standing_value(now, slot, bucket);
    if (part <= 0) {
        return ERR_OK;
    }
    number->taken -= part;
    part = part < value ? part : value; /* what a window has dropped is gone */
    return part <= 0 ? ERR_OK : standing_add(now, changes, &t->trial->arena, slot, bucket, -part);
}

/* What of the sale is left made of a number. */
static int64_t state_left(const struct judgement *left, const struct standing_change *sold)
{
    for (size_t i = 0; i < left->changes.count; i++) {
        const struct standing_change *change = &left->changes.at[i];
        if (change->slot == sold->slot && change->bucket == sold->bucket) {
            return change->after;
        }
    }
    return sold->before;
}

static enum err take_state(struct taking *t, const struct standing_change *sold,
                           const struct standing *own)
{
    bool is_by_line = !t->is_by_amount;
    int64_t day = occasion_day(&t->kept.occasion);
    struct returned_state state = {.before = sold->before,
                                   .left = is_by_line ? state_left(&t->before, sold) : sold->after,
                                   .rest = is_by_line ? state_left(&t->rest, sold) : sold->before,
                                   .day = day,
                                   .today = day, /* nobody says when it came back */
                                   .is_added =
                                       returned_state_is_added(t->trial->rules, t->whole.awards,
                                                               t->whole.award_count, sold->slot)};
    int64_t now = standing_value(own, sold->slot, sold->bucket);
    if (sold->after <= sold->before || (t->is_by_amount && !t->is_all)) {
        return ERR_OK;
    }
    return standing_add(own, &t->member, &t->trial->arena, sold->slot, sold->bucket,
                        returned_state_after(&state, now) - now);
}

static enum err take_numbers(struct taking *t, const struct trial_person *person)
{
    const struct trial *trial = t->trial;
    const struct standing own = {person->numbers, person->number_count};
    const struct standing all = {trial->numbers, trial->number_count};
    for (size_t i = 0; i < t->whole.changes.count; i++) {
        const struct standing_change *change = &t->whole.changes.at[i];
        TRY(returned_state_is(change->slot) ? take_state(t, change, &own)
                                            : take_number(t, false, change->slot, change->bucket,
                                                          change->after - change->before, &own));
    }
    for (size_t i = 0; i < t->whole.claim_count; i++) {
        const struct claim *claim = &t->whole.claims[i];
        if (claim->of == CAP_OF_ALL) {
            TRY(take_number(t, true, claim->slot, claim->bucket, claim->delta, &all));
        }
    }
    return ERR_OK;
}

static enum err keep_taken(struct taking *t, struct trial_person *person)
{
    struct trial *trial = t->trial;
    const struct standing own = {person->numbers, person->number_count};
    const struct standing all = {trial->numbers, trial->number_count};
    int64_t day = occasion_day(&t->kept.occasion);
    if (t->member.count > 0) {
        TRY(trial_keep(trial, &own, &t->member, day, &person->numbers, &person->number_count));
    }
    return t->all.count == 0
               ? ERR_OK
               : trial_keep(trial, &all, &t->all, day, &trial->numbers, &trial->number_count);
}

/* ---- Of the totals ---- */

static enum err count_awards(struct trial *trial, const struct judgement *judgement, int sign)
{
    for (size_t i = 0; i < judgement->award_count; i++) {
        const struct award *award = &judgement->awards[i];
        int64_t *given = &trial->by_rule[award->rule].given;
        TRY(int64_add(*given, sign * award->given, given));
    }
    return ERR_OK;
}

static enum err count_awards_shared(struct taking *t)
{
    int64_t before = t->back->amount.minor;
    for (size_t i = 0; i < t->kept.award_count; i++) {
        const struct award *award = &t->kept.awards[i];
        int64_t *given = &t->trial->by_rule[award->rule].given;
        int64_t part;
        TRY(returned_share(award->given, before, before + t->amount.minor, net_of(&t->whole),
                           &part));
        TRY(int64_sub(*given, part, given));
    }
    return ERR_OK;
}

static enum err count_totals(struct taking *t, struct trial_person *person)
{
    struct trial_totals *totals = &t->trial->totals;
    int64_t gross = t->before.gross.minor - t->rest.gross.minor;
    int64_t discount = t->before.discount.minor - t->rest.discount.minor;
    if (t->is_by_amount) {
        gross = t->amount.minor; /* what was paid: which goods it was for nobody says */
        discount = 0;
        TRY(count_awards_shared(t));
    } else {
        TRY(count_awards(t->trial, &t->before, -1));
        TRY(count_awards(t->trial, &t->rest, 1));
    }
    TRY(int64_sub(totals->gross_minor, gross, &totals->gross_minor));
    TRY(int64_sub(totals->discount_minor, discount, &totals->discount_minor));
    TRY(int64_sub(totals->points_minor, t->due.minor, &totals->points_minor));
    TRY(int64_sub(person->points, t->due.minor, &person->points));
    return int64_sub(person->discount, discount, &person->discount);
}

static enum err take_back(struct taking *t)
{
    struct trial_person *person;
    t->due.minor = t->due.minor > 0 ? t->due.minor : 0;
    TRY(trial_person_find(t->trial, t->kept.occasion.shopper.key, &person));
    TRY(take_numbers(t, person));
    TRY(keep_taken(t, person));
    TRY(count_totals(t, person));
    TRY(money_add(t->back->amount, t->amount, &t->back->amount));
    if (t->lines != NULL) {
        memcpy(t->back->lines, t->lines, t->kept.occasion.line_count * sizeof t->lines[0]);
    }
    return points_add(t->back->points, t->due, &t->back->points);
}

enum err trial_return(struct trial *trial, uint64_t sale, struct slice kept,
                      const struct trial_back *lines, size_t count, struct money amount,
                      struct points *out_taken, struct note *note)
{
    struct taking t = {.trial = trial, .note = note};
    arena_reset(&trial->arena);
    TRY(kept_case_decode(kept, &trial->arena, &t.kept));
    TRY(judge(trial->rules, &t.kept.standing, &t.kept.occasion, false, &trial->arena, &t.whole,
              note));
    TRY(find_back(&t, sale));
    bool is_other = t.whole.points.minor != t.kept.points.minor ||
                    t.whole.discount.minor != t.kept.discount.minor;
    TRY(is_other || count == 0 ? settle_amount(&t, amount) : settle_lines(&t, lines, count));
    TRY(take_back(&t));
    *out_taken = t.due;
    return ERR_OK;
}
