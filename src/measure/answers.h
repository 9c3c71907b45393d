/* All answers of all surveys, counted by survey, store and month. One thread. */
#ifndef MEASURE_ANSWERS_H
#define MEASURE_ANSWERS_H

#include "base/period.h"
#include "measure/score.h"

#define ANSWER_CELLS_MAX   (1u << 18)
#define ANSWER_NAME_MAX    65 /* with the final NUL */
#define ANSWER_REMARKS_MAX (1u << 20)

struct answer_cell {
    char survey[ANSWER_NAME_MAX];
    char store[ANSWER_NAME_MAX];
    struct period month;
    struct score_tally tally;
    uint64_t comments;
};

/* Where a comment is. */
struct answer_remark {
    uint64_t row;  /* of the journal */
    uint32_t cell; /* of which survey, store and month */
};

/* Zeroes are none. In no order. */
struct answers {
    struct answer_cell *cells;
    size_t count;
    size_t capacity;
    uint32_t *places; /* of cells, by hash; count is at most half of it */
    size_t room;
    struct answer_remark *remarks; /* by row; the oldest half goes when there are too many */
    size_t remark_count;
    size_t remark_capacity;
};

void answers_fini(struct answers *answers);
/* Names are cut to fit. ERR_RESOURCE. */
MUST_USE enum err answers_add(struct answers *answers, const struct survey_answer *answer,
                              struct period month, uint64_t row);

#endif
