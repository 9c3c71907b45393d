#include "programme/trial_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "programme/hash.h"
#include "programme/kept_case.h"

#define ARENA_BYTES  (256u << 20)
#define PLACES_FIRST 1024
#define WORD_BITS    64

enum err trial_create(const struct rules *rules, struct trial **out_trial)
{
    struct trial *trial = calloc(1, sizeof *trial);
    if (trial == NULL) {
        return ERR_RESOURCE;
    }
    trial->rules = rules;
    arena_init(&trial->arena, ARENA_BYTES);
    trial->place_count = PLACES_FIRST;
    trial->places = calloc(PLACES_FIRST, sizeof trial->places[0]);
    trial->by_rule = calloc(rules_text(rules)->rule_count + 1, sizeof trial->by_rule[0]);
    if (trial->places == NULL || trial->by_rule == NULL) {
        trial_destroy(trial);
        return ERR_RESOURCE;
    }
    *out_trial = trial;
    return ERR_OK;
}

void trial_destroy(struct trial *trial)
{
    if (trial == NULL) {
        return;
    }
    for (size_t i = 0; i < trial->member_count; i++) {
        free(trial->members[i].key);
        free(trial->members[i].numbers);
        free(trial->members[i].rules);
    }
    free(trial->members);
    free(trial->places);
    free(trial->by_rule);
    free(trial->numbers);
    trial_forget_returns(trial);
    arena_fini(&trial->arena);
    free(trial);
}

static uint64_t hash_of(struct slice key)
{
    uint64_t hash = hash_bytes(HASH_BEGIN, key);
    return hash ^ hash >> 32;
}

/* The member's place, or the free one where it would be. */
static uint32_t *place_of(const struct trial *trial, uint64_t hash, struct slice key)
{
    size_t mask = trial->place_count - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t *place = &trial->places[i];
        if (*place == 0) {
            return place;
        }
        const struct trial_person *member = &trial->members[*place - 1];
        if (member->hash == hash && slice_equal(slice_of(member->key, member->key_length), key)) {
            return place;
        }
    }
}

static enum err grow(struct trial *trial)
{
    if (trial->member_count == trial->member_capacity) {
        size_t capacity = trial->member_capacity == 0 ? PLACES_FIRST : trial->member_capacity * 2;
        struct trial_person *members = realloc(trial->members, capacity * sizeof members[0]);
        if (members == NULL) {
            return ERR_RESOURCE;
        }
        trial->members = members;
        trial->member_capacity = capacity;
    }
    if ((trial->member_count + 1) * 2 <= trial->place_count) {
        return ERR_OK;
    }
    uint32_t *places = calloc(trial->place_count * 2, sizeof places[0]);
    if (places == NULL) {
        return ERR_RESOURCE;
    }
    free(trial->places);
    trial->places = places;
    trial->place_count *= 2;
    for (size_t i = 0; i < trial->member_count; i++) {
        const struct trial_person *m = &trial->members[i];
        *place_of(trial, m->hash, slice_of(m->key, m->key_length)) = (uint32_t)i + 1;
    }
    return ERR_OK;
}

enum err trial_person_find(struct trial *trial, struct slice key, struct trial_person **out_member)
{
    uint64_t hash = hash_of(key);
    uint32_t *place = place_of(trial, hash, key);
    if (*place != 0) {
        *out_member = &trial->members[*place - 1];
        return ERR_OK;
    }
    TRY(grow(trial));
    size_t words = rules_text(trial->rules)->rule_count / WORD_BITS + 1;
    struct trial_person member = {.key = malloc(key.length),
                                  .key_length = key.length,
                                  .hash = hash,
                                  .rules = calloc(words, sizeof member.rules[0])};
    if (member.key == NULL || member.rules == NULL) {
        free(member.key);
        free(member.rules);
        return ERR_RESOURCE;
    }
    memcpy(member.key, key.at, key.length);
    trial->members[trial->member_count] = member;
    *place_of(trial, hash, key) = (uint32_t)++trial->member_count;
    *out_member = &trial->members[trial->member_count - 1];
    return ERR_OK;
}

enum err trial_keep(struct trial *trial, const struct standing *before,
                    const struct standing_changes *changes, int64_t day,
                    struct standing_number **numbers, size_t *number_count)
{
    struct standing after;
    TRY(rules_drop_passed(trial->rules, before, day, &trial->arena, &after));
    TRY(standing_apply(&after, changes, &trial->arena, &after));
    if (after.count > 0) {
        struct standing_number *at = realloc(*numbers, after.count * sizeof at[0]);
        if (at == NULL) {
            return ERR_RESOURCE;
        }
        memcpy(at, after.at, after.count * sizeof at[0]);
        *numbers = at;
    }
    *number_count = after.count;
    return ERR_OK;
}

/* Counts what was claimed of all members together. A trial knows no codes. */
static enum err keep_claims(struct trial *trial, const struct judgement *judgement, int64_t day)
{
    const struct standing before = {trial->numbers, trial->number_count};
    struct standing_changes changes = {NULL, 0, 0};
    for (size_t i = 0; i < judgement->claim_count; i++) {
        const struct claim *claim = &judgement->claims[i];
        if (claim->of == CAP_OF_ALL) {
            TRY(standing_add(&before, &changes, &trial->arena, claim->slot, claim->bucket,
                             claim->delta));
        }
    }
    return changes.count == 0
               ? ERR_OK
               : trial_keep(trial, &before, &changes, day, &trial->numbers, &trial->number_count);
}

static enum err count_awards(struct trial *trial, struct trial_person *member,
                             const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->award_count; i++) {
        const struct award *award = &judgement->awards[i];
        struct trial_rule *rule = &trial->by_rule[award->rule];
        uint64_t bit = UINT64_C(1) << (award->rule % WORD_BITS);
        rule->fired++;
        TRY(int64_add(rule->given, award->given, &rule->given));
        TRY(int64_add(rule->cut, award->wanted - award->given, &rule->cut));
        if ((member->rules[award->rule / WORD_BITS] & bit) == 0) {
            member->rules[award->rule / WORD_BITS] |= bit;
            rule->members++;
        }
    }
    return ERR_OK;
}

static enum err count_sale(struct trial *trial, struct trial_person *member,
                           const struct judgement *judgement)
{
    struct trial_totals *totals = &trial->totals;
    totals->sales++;
    totals->sales_with_points += judgement->points.minor > 0 ? 1 : 0;
    member->sales++;
    TRY(int64_add(totals->gross_minor, judgement->gross.minor, &totals->gross_minor));
    TRY(int64_add(totals->discount_minor, judgement->discount.minor, &totals->discount_minor));
    TRY(int64_add(totals->points_minor, judgement->points.minor, &totals->points_minor));
    TRY(int64_add(member->points, judgement->points.minor, &member->points));
    return int64_add(member->discount, judgement->discount.minor, &member->discount);
}

/* For a return that judges it again. */
static enum err write_kept(const struct trial *trial, const struct standing *before,
                           const struct occasion *occasion, const struct judgement *judgement)
{
    struct kept_case kept = {.occasion = *occasion,
                             .standing = *before,
                             .points = judgement->points,
                             .gross = judgement->gross,
                             .discount = judgement->discount,
                             .awards = judgement->awards,
                             .award_count = judgement->award_count,
                             .codes = judgement->codes};
    buffer_clear(trial->kept);
    kept_case_encode(&kept, trial->kept);
    return trial->kept->err;
}

/* Judges an occasion of a member, and keeps what it changes. */
static enum err judge_member(struct trial *trial, struct trial_person *member,
                             const struct occasion *occasion, bool is_traced,
                             struct judgement *out_judgement, struct note *note)
{
    const struct standing before = {member->numbers, member->number_count};
    struct occasion known = *occasion;
    known.programme = (struct standing){trial->numbers, trial->number_count};
    known.shopper.key = slice_of(member->key, member->key_length);
    TRY(judge(trial->rules, &before, &known, is_traced, &trial->arena, out_judgement, note));
    if (trial->kept != NULL && known.kind == OCCASION_SALE) {
        TRY(write_kept(trial, &before, &known, out_judgement));
    }
    int64_t day = occasion_day(occasion);
    TRY(trial_keep(trial, &before, &out_judgement->changes, day, &member->numbers,
                   &member->number_count));
    TRY(keep_claims(trial, out_judgement, day));
    return count_awards(trial, member, out_judgement);
}

/* For who brought the member; what that gives raises nothing more. */
static enum err judge_raised(struct trial *trial, const struct occasion *occasion,
                             const struct judgement *judgement, struct note *note)
{
    struct slice key = occasion->shopper.referrer;
    uint32_t place = key.length == 0 ? 0 : *place_of(trial, hash_of(key), key);
    for (size_t i = 0; place != 0 && i < judgement->raised_count; i++) {
        struct trial_person *member = &trial->members[place - 1];
        const struct occasion event = {
            .kind = OCCASION_EVENT, .event = judgement->raised[i].event, .local = occasion->local};
        struct judgement given;
        TRY(judge_member(trial, member, &event, false, &given, note));
        TRY(int64_add(member->points, given.points.minor, &member->points));
        TRY(int64_add(trial->totals.points_minor, given.points.minor, &trial->totals.points_minor));
    }
    return ERR_OK;
}

enum err trial_sale(struct trial *trial, struct slice member, const struct occasion *occasion,
                    bool is_traced, struct judgement *out_judgement, struct note *note)
{
    static const struct standing nothing = {NULL, 0};
    arena_reset(&trial->arena);
    if (member.length == 0) {
        return judge(trial->rules, &nothing, occasion, is_traced, &trial->arena, out_judgement,
                     note);
    }
    struct trial_person *found;
    struct judgement judgement;
    TRY(trial_person_find(trial, member, &found));
    TRY(judge_member(trial, found, occasion, is_traced, &judgement, note));
    TRY(count_sale(trial, found, &judgement));
    TRY(judge_raised(trial, occasion, &judgement, note));
    *out_judgement = judgement;
    return ERR_OK;
}

void trial_keep_sales(struct trial *trial, struct buffer *kept)
{
    trial->kept = kept;
}

struct trial_totals trial_totals(const struct trial *trial)
{
    struct trial_totals totals = trial->totals;
    totals.members = trial->member_count;
    return totals;
}

struct trial_rule trial_rule(const struct trial *trial, uint16_t rule)
{
    ASSERT(rule < rules_text(trial->rules)->rule_count);
    return trial->by_rule[rule];
}

struct trial_member trial_member(const struct trial *trial, size_t index)
{
    ASSERT(index < trial->member_count);
    const struct trial_person *m = &trial->members[index];
    return (struct trial_member){slice_of(m->key, m->key_length), m->sales, m->points, m->discount};
}

struct trial_member trial_member_of(const struct trial *trial, struct slice key)
{
    uint32_t place = *place_of(trial, hash_of(key), key);
    return place == 0 ? (struct trial_member){{NULL, 0}, 0, 0, 0} : trial_member(trial, place - 1);
}

struct standing trial_standing_of(const struct trial *trial, struct slice key)
{
    uint32_t place = *place_of(trial, hash_of(key), key);
    const struct trial_person *m = place == 0 ? NULL : &trial->members[place - 1];
    return m == NULL ? (struct standing){NULL, 0} : (struct standing){m->numbers, m->number_count};
}
