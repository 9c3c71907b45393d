/* Two shops whose halves differ, and what is set apart of them, for the tests of it. */
#ifndef TEST_APART_CASE_H
#define TEST_APART_CASE_H

#include "faults.h"

#define WEEK_MS  (7 * (int64_t)DAY_MS)
#define OCTOBER  ((struct period){202610})
#define NOVEMBER ((struct period){202611})

/* Large; zeroed is valid. */
struct apart_case {
    struct street street;
    struct comparison comparison;
};

/* What is claimed after a fault in what the second shop took: by whom, of which entry. */
struct apart_expected {
    bool is_claimed;
    unsigned claimant;
    uint64_t number;
    int64_t points; /* 0: all of the entry's, at the claimant */
    bool is_tariff;
};

extern const struct apart_expected apart_expected[FAULT_KINDS];

struct brand *apart_brand(struct apart_case *c, unsigned index);
void apart_compare(struct apart_case *c);
void apart_expect_undecided(struct apart_case *c, enum mend_action action);
void apart_seed(struct apart_case *c, enum stage stage, enum fault fault, struct brand *copy);
void apart_agree(struct apart_case *c, struct period period);
struct dispute apart_dispute_at(struct apart_case *c, unsigned index, uint64_t number);
uint64_t apart_dispute_count(struct apart_case *c, unsigned index);
void apart_sell_on(struct apart_case *c, unsigned serial);
void apart_come_to_rest(struct apart_case *c);
int64_t apart_available(struct apart_case *c);
void apart_check_rows(struct apart_case *c);
void apart_set_apart(struct apart_case *c, bool loses_answer);
void apart_ask_apart(struct apart_case *c);

#endif
