/* What a trial knows, for its two files: sales, and what comes back of them. Internal to the
 * module.
 */
#ifndef PROGRAMME_TRIAL_PARTS_H
#define PROGRAMME_TRIAL_PARTS_H

#include "programme/trial.h"

struct trial_person {
    uint8_t *key; /* malloc */
    size_t key_length;
    uint64_t hash;
    struct standing_number *numbers; /* malloc */
    size_t number_count;
    uint64_t *rules; /* a bit for each that fired; malloc */
    uint64_t sales;
    int64_t points;
    int64_t discount;
};

struct trial {
    const struct rules *rules;
    struct trial_rule *by_rule;
    struct trial_person *members;
    size_t member_count;
    size_t member_capacity;
    uint32_t *places; /* open addressing: a member's index + 1; 0 is free */
    size_t place_count;
    struct trial_totals totals;
    struct standing_number *numbers; /* of all members together; malloc */
    size_t number_count;
    struct arena arena;
    struct buffer *kept;       /* what a return needs of the sale judged last; NULL: nothing */
    struct sold_back *returns; /* the sales of which something came back; malloc */
    size_t return_count;
    size_t return_capacity;
};

/* Who is new is added. Good until the next one is found. */
MUST_USE enum err trial_person_find(struct trial *trial, struct slice key,
                                    struct trial_person **out_member);
/* Keeps what a standing is after a judgement, in memory of its own: windows that have passed go. */
MUST_USE enum err trial_keep(struct trial *trial, const struct standing *before,
                             const struct standing_changes *changes, int64_t day,
                             struct standing_number **numbers, size_t *number_count);
/* What came back of all sales. */
void trial_forget_returns(struct trial *trial);

#endif
