#include "accounting/entry.h"

#include <stdlib.h>

enum err exact_worth(int64_t points, int64_t price, int64_t per, struct exact_money *out_worth)
{
    int64_t whole;
    int64_t micro;
    TRY(int64_mul_div(points, price, per, ROUNDING_DOWN, &whole));
    /* What is left is smaller than `per`: the product's lowest 64 bits say it. */
    uint64_t left = (uint64_t)points * (uint64_t)price - (uint64_t)whole * (uint64_t)per;
    TRY(int64_mul_div((int64_t)left, MICRO_PER_MINOR, per, ROUNDING_DOWN, &micro));
    *out_worth = (struct exact_money){whole, (int32_t)micro};
    return ERR_OK;
}

struct exact_money exact_of(int64_t minor)
{
    return (struct exact_money){minor, 0};
}

struct exact_money exact_negated(struct exact_money amount)
{
    return (struct exact_money){-amount.minor, -amount.micro};
}

bool exact_is_zero(struct exact_money amount)
{
    return amount.minor == 0 && amount.micro == 0;
}

enum err exact_sub(struct exact_money a, struct exact_money b, struct exact_money *out)
{
    int64_t minor;
    int32_t micro = a.micro - b.micro;
    TRY(int64_sub(a.minor, b.minor, &minor));
    TRY(int64_add(minor, micro / MICRO_PER_MINOR, &minor));
    micro %= MICRO_PER_MINOR;
    if (minor > 0 && micro < 0) {
        minor--;
        micro += MICRO_PER_MINOR;
    } else if (minor < 0 && micro > 0) {
        minor++;
        micro -= MICRO_PER_MINOR;
    }
    *out = (struct exact_money){minor, micro};
    return ERR_OK;
}

enum err book_list_add(struct book_list *list, const struct book_entry *entry)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct book_entry *rows = realloc(list->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            return ERR_RESOURCE;
        }
        list->rows = rows;
        list->capacity = capacity;
    }
    list->rows[list->count] = *entry;
    list->rows[list->count].order = list->count;
    list->count++;
    return ERR_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const struct book_entry *first = a;
    const struct book_entry *second = b;
    if (first->at.ms != second->at.ms) {
        return first->at.ms < second->at.ms ? -1 : 1;
    }
    return first->order < second->order ? -1 : first->order > second->order;
}

void book_list_sort(struct book_list *list)
{
    if (list->count > 0) {
        qsort(list->rows, list->count, sizeof *list->rows, compare_entries);
    }
}

void book_list_fini(struct book_list *list)
{
    free(list->rows);
    *list = (struct book_list){0};
}
