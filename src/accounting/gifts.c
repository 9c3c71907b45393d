#include "accounting/gifts.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 24

struct gift_card_book {
    char number[NUMBER_MAX];
    bool is_voucher;
    bool is_over;
    int64_t until_day;
    struct unix_ms issued;
    struct money left;
    struct money given; /* of what was put on it, what nobody paid for */
    struct money paid;
    struct gift_card_book *older;
};

enum gift_sum {
    SUM_SOLD,
    SUM_GIVEN,
    SUM_SPENT,
    SUM_LAPSED,
    SUM_COUNT
};

struct gift_book_day {
    int64_t day;
    struct unix_ms at; /* of the last of it */
    struct money sums[SUM_COUNT];
};

void gift_book_init(struct gift_book *book, struct unix_ms from, struct unix_ms to)
{
    *book = (struct gift_book){.from = from, .to = to};
}

static int by_number(const void *a, const void *b)
{
    return strcmp(((const struct gift_card_book *)a)->number,
                  ((const struct gift_card_book *)b)->number);
}

void gift_book_fini(struct gift_book *book)
{
    while (book->newest != NULL) {
        struct gift_card_book *card = book->newest;
        book->newest = card->older;
        (void)tdelete(card, &book->cards, by_number);
        free(card);
    }
    free(book->days);
    gift_book_init(book, book->from, book->to);
}

/* ---- Sums of a day ---- */

/* Where the day is, or would be. */
static size_t place_of(const struct gift_book *book, int64_t day)
{
    size_t low = 0;
    size_t high = book->day_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (book->days[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum err insert_day(struct gift_book *book, size_t at, int64_t day)
{
    if (book->day_count == book->day_capacity) {
        size_t capacity = book->day_capacity * 2 + 64;
        struct gift_book_day *days = realloc(book->days, capacity * sizeof days[0]);
        if (days == NULL) {
            return ERR_RESOURCE;
        }
        book->days = days;
        book->day_capacity = capacity;
    }
    memmove(&book->days[at + 1], &book->days[at], (book->day_count - at) * sizeof book->days[0]);
    book->days[at] = (struct gift_book_day){.day = day};
    book->day_count++;
    return ERR_OK;
}

static enum err add_sum(struct gift_book *book, struct unix_ms at, enum gift_sum sum,
                        struct money amount)
{
    bool is_wanted = at.ms >= book->from.ms && (book->to.ms == 0 || at.ms < book->to.ms);
    int64_t day = at.ms / DAY_MS;
    size_t place = place_of(book, day);
    if (!is_wanted || amount.minor == 0) {
        return ERR_OK;
    }
    if (place == book->day_count || book->days[place].day != day) {
        TRY(insert_day(book, place, day));
    }
    struct gift_book_day *row = &book->days[place];
    row->at = at.ms > row->at.ms ? at : row->at;
    return money_add(row->sums[sum], amount, &row->sums[sum]);
}

/* ---- Cards ---- */

static struct gift_card_book *find_card(const struct gift_book *book, const char *number)
{
    struct gift_card_book key = {.left = {0}};
    (void)snprintf(key.number, sizeof key.number, "%s", number);
    void *const *found = tfind(&key, &book->cards, by_number);
    return found == NULL ? NULL : *found;
}

/* What is left lapses on its day; of one that is issued later, at once. */
static enum err lapse_if_over(struct gift_book *book, struct gift_card_book *card,
                              struct unix_ms now)
{
    struct unix_ms at = {card->until_day * DAY_MS};
    bool is_over = card->until_day != 0 && at.ms <= now.ms;
    if (!is_over || card->is_over) {
        return ERR_OK;
    }
    card->is_over = true;
    return add_sum(book, at.ms > card->issued.ms ? at : card->issued, SUM_LAPSED, card->left);
}

/* On one that is over nothing is owed: what is left of it is income already. */
static enum err change_left(struct gift_book *book, struct gift_card_book *card, struct unix_ms at,
                            int64_t delta)
{
    TRY(money_add(card->left, money_of(delta), &card->left));
    return card->is_over ? add_sum(book, at, SUM_LAPSED, money_of(delta)) : ERR_OK;
}

static enum err issue(struct gift_book *book, const struct gift_book_change *change)
{
    struct gift_card_book *card = calloc(1, sizeof *card);
    if (card == NULL) {
        return ERR_RESOURCE;
    }
    (void)snprintf(card->number, sizeof card->number, "%s", change->number);
    if (tsearch(card, &book->cards, by_number) == NULL) {
        free(card);
        return ERR_RESOURCE;
    }
    card->older = book->newest;
    book->newest = card;
    card->is_voucher = change->is_voucher;
    card->until_day = change->until_day;
    card->issued = change->at;
    if (card->is_voucher) {
        return ERR_OK;
    }
    card->left = change->amount;
    card->paid = change->paid;
    TRY(money_sub(change->amount, change->paid, &card->given));
    TRY(add_sum(book, change->at, SUM_SOLD, card->paid));
    return add_sum(book, change->at, SUM_GIVEN, card->given);
}

/* First what was given away, then what was paid for. */
static enum err take_back(struct gift_book *book, struct gift_card_book *card, struct unix_ms at,
                          int64_t amount)
{
    int64_t all = amount < card->left.minor ? amount : card->left.minor;
    int64_t given = all < card->given.minor ? all : card->given.minor;
    card->given.minor -= given;
    card->paid.minor -= all - given;
    TRY(change_left(book, card, at, -all));
    TRY(add_sum(book, at, SUM_GIVEN, money_of(-given)));
    return add_sum(book, at, SUM_SOLD, money_of(given - all));
}

enum err gift_book_add(struct gift_book *book, const struct gift_book_change *change)
{
    struct gift_card_book *card = find_card(book, change->number);
    if (card == NULL && change->move == GIFT_BOOK_ISSUED) {
        return issue(book, change);
    }
    if (card == NULL || card->is_voucher || change->move == GIFT_BOOK_ISSUED) {
        return ERR_OK;
    }
    int64_t amount = change->amount.minor;
    TRY(lapse_if_over(book, card, change->at));
    if (change->move == GIFT_BOOK_TAKEN_BACK) {
        return take_back(book, card, change->at, amount);
    }
    int64_t spent = change->move == GIFT_BOOK_SPENT ? amount : -amount;
    TRY(change_left(book, card, change->at, -spent));
    return add_sum(book, change->at, SUM_SPENT, money_of(spent));
}

/* ---- Entries ---- */

static enum err post_day(const struct gift_book_day *day, struct settling *settling)
{
    static const enum posting_event events[SUM_COUNT] = {
        [SUM_SOLD] = POSTING_GIFT_SOLD,
        [SUM_GIVEN] = POSTING_GIFT_GIVEN,
        [SUM_SPENT] = POSTING_GIFT_SPENT,
        [SUM_LAPSED] = POSTING_GIFT_LAPSED,
    };
    struct book_entry about = {.at = day->at, .period = period_of(day->at)};
    for (unsigned i = 0; i < SUM_COUNT; i++) {
        TRY(settling_post(settling, events[i], &about, day->sums[i]));
    }
    return ERR_OK;
}

enum err gift_book_finish(struct gift_book *book, struct unix_ms now, struct settling *settling)
{
    for (struct gift_card_book *card = book->newest; card != NULL; card = card->older) {
        if (!card->is_voucher) {
            TRY(lapse_if_over(book, card, now));
        }
    }
    for (size_t i = 0; i < book->day_count; i++) {
        TRY(post_day(&book->days[i], settling));
    }
    return ERR_OK;
}
