#include "measure/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CELLS_FIRST   64u
#define REMARKS_FIRST 64u

void answers_fini(struct answers *answers)
{
    free(answers->cells);
    free(answers->places);
    free(answers->remarks);
    *answers = (struct answers){.count = 0};
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001B3); /* FNV-1a */
    }
    return (hash ^ 0xff) * UINT64_C(0x100000001B3);
}

static uint64_t hash_cell(const struct answer_cell *cell)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ cell->month.code;
    hash = hash_text(hash_text(hash, cell->survey), cell->store);
    return hash ^ hash >> 29;
}

static bool is_same(const struct answer_cell *a, const struct answer_cell *b)
{
    return a->month.code == b->month.code && strcmp(a->survey, b->survey) == 0 &&
           strcmp(a->store, b->store) == 0;
}

/* Its place, or the empty one where it belongs. */
static uint32_t *place_of(const struct answers *answers, const struct answer_cell *cell)
{
    size_t at = (size_t)hash_cell(cell) & (answers->room - 1);
    while (answers->places[at] != 0 && !is_same(&answers->cells[answers->places[at] - 1], cell)) {
        at = (at + 1) & (answers->room - 1);
    }
    return &answers->places[at];
}

static enum err grow(struct answers *answers)
{
    size_t capacity = answers->capacity == 0 ? CELLS_FIRST : 2 * answers->capacity;
    if (capacity > ANSWER_CELLS_MAX) {
        return ERR_RESOURCE;
    }
    struct answer_cell *cells = realloc(answers->cells, capacity * sizeof cells[0]);
    if (cells == NULL) {
        return ERR_RESOURCE;
    }
    answers->cells = cells;
    uint32_t *places = calloc(2 * capacity, sizeof places[0]);
    if (places == NULL) {
        return ERR_RESOURCE;
    }
    free(answers->places);
    answers->places = places;
    answers->room = 2 * capacity;
    answers->capacity = capacity;
    for (size_t i = 0; i < answers->count; i++) {
        *place_of(answers, &answers->cells[i]) = (uint32_t)i + 1;
    }
    return ERR_OK;
}

static enum err add_remark(struct answers *answers, uint32_t cell, uint64_t row)
{
    if (answers->remark_count == ANSWER_REMARKS_MAX) {
        answers->remark_count /= 2;
        memmove(answers->remarks, answers->remarks + answers->remark_count,
                answers->remark_count * sizeof answers->remarks[0]);
    }
    if (answers->remark_count == answers->remark_capacity) {
        size_t capacity =
            answers->remark_capacity == 0 ? REMARKS_FIRST : 2 * answers->remark_capacity;
        struct answer_remark *remarks =
            realloc(answers->remarks, capacity * sizeof answers->remarks[0]);
        if (remarks == NULL) {
            return ERR_RESOURCE;
        }
        answers->remarks = remarks;
        answers->remark_capacity = capacity;
    }
    answers->remarks[answers->remark_count++] = (struct answer_remark){row, cell};
    return ERR_OK;
}

enum err answers_add(struct answers *answers, const struct survey_answer *answer,
                     struct period month, uint64_t row)
{
    struct answer_cell cell = {.month = month};
    (void)text_clean_line(cell.survey, sizeof cell.survey, answer->survey);
    (void)text_clean_line(cell.store, sizeof cell.store, answer->store);
    if (answers->count == answers->capacity) {
        TRY(grow(answers));
    }
    uint32_t *place = place_of(answers, &cell);
    if (*place == 0) {
        answers->cells[answers->count++] = cell;
        *place = (uint32_t)answers->count;
    }
    uint32_t at = *place - 1;
    answers->cells[at].tally.counts[answer->score]++;
    if (answer->comment.length > 0) {
        answers->cells[at].comments++;
        TRY(add_remark(answers, at, row));
    }
    return ERR_OK;
}
