/* A draw among tickets that anybody can check: the commitment to a seed, the list of tickets, and
 * who wins as a function of both.
 *
 *   opened     commitment = b2("NAME\nSEED\n"), before anybody knows the list
 *   closed     list = b2(all lines "entrant ID TICKETS\n", ascending by id)
 *   revealed   SEED, and the public VALUE that the opening named, if it named one
 *
 *   start      = b2("SEED\nLIST\nVALUE\n")
 *   block(i)   = b2("START i\n"), i from 0: four numbers of 64 bits each, big-endian
 *
 * b2 is BLAKE2b-256 without a key, as `b2sum -l 256` prints it; hashes and the seed stand in these
 * texts as 64 lower-case hexadecimal digits. Tickets are numbered from 0 in the order of the list.
 * For each prize in its order, and then for each reserve, one ticket of those that are left is
 * drawn: the next number below the largest multiple of how many are left that 2^64 holds (what is
 * not below it is passed over, so that each ticket is as likely as any other), modulo how many are
 * left. Its ticket is gone, and where a member wins once only, all tickets of its entrant are.
 *
 * An entrant's id is the first 16 bytes of b2("NAME\nOWNER\nBLIND\n"): who knows the blind can show
 * whose it is, nobody else can.
 *
 * Pure; any thread.
 */
#ifndef DRAW_DRAW_H
#define DRAW_DRAW_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/limits.h"
#include "crypto/hash.h"

#define DRAW_ID_BYTES    16
#define DRAW_SEED_BYTES  32
#define DRAW_BLIND_BYTES 16
#define DRAW_LINE_MAX    64 /* bytes of an entrant's line, with the final NUL */

struct draw_entrant {
    uint8_t id[DRAW_ID_BYTES];
    uint64_t tickets; /* 1 to LIMIT_DRAW_TICKETS */
};

struct draw_seed {
    uint8_t bytes[DRAW_SEED_BYTES];
};

struct draw_winner {
    size_t entrant; /* its place in the list */
    uint64_t ticket;
};

struct hash draw_commitment(const char *name, const struct draw_seed *seed);
/* `owner` is a member's id or a card's digits. */
void draw_entrant_id(const char *name, const char *owner, const uint8_t blind[DRAW_BLIND_BYTES],
                     uint8_t out_id[DRAW_ID_BYTES]);

/* Ascending by id, none twice. */
void draw_sort(struct draw_entrant *entrants, size_t count);
/* "entrant ID TICKETS\n"; gives its length. */
size_t draw_entrant_line(const struct draw_entrant *entrant, char out_line[DRAW_LINE_MAX]);
/* The list's hash, and the tickets of all. ERR_INPUT when it is empty, not in order, or has an
 * entrant without tickets; ERR_RANGE for more than LIMIT_DRAW_TICKETS of them in all. */
MUST_USE enum err draw_list_hash(const struct draw_entrant *entrants, size_t count,
                                 struct hash *out_hash, uint64_t *out_tickets);

struct draw_rules {
    size_t wanted; /* winners and reserves, up to LIMIT_DRAW_WINNERS */
    bool is_once;  /* who won is out */
};

/* `value` is the public one, NULL or empty for none. `out_winners` has room for `wanted`; there are
 * fewer where no tickets are left. Errors as draw_list_hash has them, and ERR_RESOURCE. */
MUST_USE enum err draw_select(const struct draw_rules *rules, const struct draw_seed *seed,
                              const char *value, const struct draw_entrant *entrants, size_t count,
                              struct draw_winner *out_winners, size_t *out_count);

/* How likely it is, in millionths, rounded down, that one of so many `tickets` of `total` is among
 * `wanted` that are drawn one after the other, each from what is left. Where who won is out it is
 * at least that. */
uint32_t draw_chance_ppm(uint64_t tickets, uint64_t total, size_t wanted);

#endif
