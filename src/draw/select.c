/* Who wins. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw/draw.h"

enum {
    NUMBERS_PER_BLOCK = HASH_BYTES / 8
};

/* Numbers of 64 bits, all of them as likely. */
struct numbers {
    char start[HASH_TEXT_MAX];
    uint64_t block;
    unsigned used; /* of the block before */
    struct hash hash;
};

static struct numbers numbers_of(const struct draw_seed *seed, const struct hash *list,
                                 const char *value)
{
    struct numbers numbers = {.used = NUMBERS_PER_BLOCK};
    struct hasher hasher;
    char text[HASH_TEXT_MAX];
    hasher_init_file(&hasher);
    hex_format(seed->bytes, sizeof seed->bytes, text);
    text[HASH_TEXT_MAX - 1] = '\n';
    hasher_add(&hasher, slice_of(text, HASH_TEXT_MAX));
    hash_format(list, text);
    text[HASH_TEXT_MAX - 1] = '\n';
    hasher_add(&hasher, slice_of(text, HASH_TEXT_MAX));
    if (value != NULL) {
        hasher_add(&hasher, slice_of(value, strlen(value)));
    }
    hasher_add(&hasher, slice_of("\n", 1));
    struct hash start = hasher_finish(&hasher);
    hash_format(&start, numbers.start);
    return numbers;
}

static uint64_t next_number(struct numbers *numbers)
{
    if (numbers->used == NUMBERS_PER_BLOCK) {
        struct hasher hasher;
        char text[HASH_TEXT_MAX + 24];
        int length =
            snprintf(text, sizeof text, "%s %" PRIu64 "\n", numbers->start, numbers->block++);
        hasher_init_file(&hasher);
        hasher_add(&hasher, slice_of(text, (size_t)length));
        numbers->hash = hasher_finish(&hasher);
        numbers->used = 0;
    }
    return get_u64_be(numbers->hash.bytes + 8 * (size_t)numbers->used++);
}

/* Below `bound`, which is at most LIMIT_DRAW_TICKETS: less than every second number is passed over.
 */
static uint64_t number_below(struct numbers *numbers, uint64_t bound)
{
    uint64_t over = (UINT64_MAX % bound + 1) % bound; /* 2^64 modulo bound */
    uint64_t number;
    do {
        number = next_number(numbers);
    } while (number > UINT64_MAX - over);
    return number % bound;
}

/* Tickets that are gone: ascending, apart from each other. */
struct gone {
    uint64_t first;
    uint64_t count;
};

struct selecting {
    const struct draw_entrant *entrants;
    size_t count;
    uint64_t *firsts; /* each entrant's first ticket */
    struct gone *gone;
    size_t gone_count;
    uint64_t left;
};

/* The ticket that is so manieth of those that are left. */
static uint64_t ticket_at(const struct selecting *s, uint64_t place)
{
    uint64_t ticket = place;
    for (size_t i = 0; i < s->gone_count && s->gone[i].first <= ticket; i++) {
        ticket += s->gone[i].count;
    }
    return ticket;
}

static size_t entrant_of(const struct selecting *s, uint64_t ticket)
{
    size_t low = 0;
    size_t high = s->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->firsts[middle] <= ticket) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static void take_out(struct selecting *s, struct gone gone)
{
    size_t at = s->gone_count;
    while (at > 0 && s->gone[at - 1].first > gone.first) {
        s->gone[at] = s->gone[at - 1];
        at--;
    }
    s->gone[at] = gone;
    s->gone_count++;
    s->left -= gone.count;
}

static size_t select_all(struct selecting *s, const struct draw_rules *rules,
                         struct numbers *numbers, struct draw_winner *out_winners)
{
    size_t won = 0;
    while (won < rules->wanted && s->left > 0) {
        uint64_t ticket = ticket_at(s, number_below(numbers, s->left));
        size_t entrant = entrant_of(s, ticket);
        out_winners[won++] = (struct draw_winner){entrant, ticket};
        struct gone all = {s->firsts[entrant], s->entrants[entrant].tickets};
        take_out(s, rules->is_once ? all : (struct gone){ticket, 1});
    }
    return won;
}

enum err draw_select(const struct draw_rules *rules, const struct draw_seed *seed,
                     const char *value, const struct draw_entrant *entrants, size_t count,
                     struct draw_winner *out_winners, size_t *out_count)
{
    struct hash list;
    uint64_t tickets;
    ASSERT(rules->wanted <= LIMIT_DRAW_WINNERS);
    TRY(draw_list_hash(entrants, count, &list, &tickets));
    struct selecting s = {.entrants = entrants, .count = count, .left = tickets};
    s.firsts = calloc(count, sizeof s.firsts[0]);
    s.gone = calloc(rules->wanted + 1, sizeof s.gone[0]);
    enum err err = s.firsts == NULL || s.gone == NULL ? ERR_RESOURCE : ERR_OK;
    if (err == ERR_OK) {
        uint64_t first = 0;
        for (size_t i = 0; i < count; i++) {
            s.firsts[i] = first;
            first += entrants[i].tickets;
        }
        struct numbers numbers = numbers_of(seed, &list, value);
        *out_count = select_all(&s, rules, &numbers, out_winners);
    }
    free(s.firsts);
    free(s.gone);
    return err;
}
