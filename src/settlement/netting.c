#include "settlement/netting.h"

#include <string.h>

#include "settlement/netting_parts.h"

#define SET_DOMAIN       "talea/v1/netting-set"
#define STATEMENT_DOMAIN "talea/v1/netting-statement"

bool partner_set_has(const struct partner_set *set, size_t place)
{
    return (set->bits[place / 64] >> place % 64 & 1) != 0;
}

void partner_set_add(struct partner_set *set, size_t place)
{
    set->bits[place / 64] |= UINT64_C(1) << place % 64;
}

void partner_set_unite(struct partner_set *set, const struct partner_set *more)
{
    for (size_t i = 0; i < PARTNER_SET_WORDS; i++) {
        set->bits[i] |= more->bits[i];
    }
}

enum err netting_table_make(const char *coalition, struct period period,
                            const struct partner_id *partners, size_t count,
                            const struct partner_id *self, struct arena *arena,
                            struct netting_table *out_table)
{
    struct netting_table table = {.period = period, .count = count};
    size_t pair_bytes = netting_pair_count(count) * sizeof *table.pairs;
    if (count == 0 || count > LIMIT_PARTNERS || strlen(coalition) >= sizeof table.coalition) {
        return ERR_INPUT;
    }
    memcpy(table.coalition, coalition, strlen(coalition) + 1);
    table.partners = arena_alloc(arena, count * sizeof *table.partners);
    table.pairs = arena_alloc(arena, pair_bytes);
    table.words = arena_alloc(arena, count * sizeof *table.words);
    table.votes = arena_alloc(arena, NETTING_ROUNDS_MAX * count * sizeof *table.votes);
    if (table.partners == NULL || table.pairs == NULL || table.words == NULL ||
        table.votes == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(table.partners, partners, count * sizeof *partners);
    memset(table.pairs, 0, pair_bytes);
    memset(table.words, 0, count * sizeof *table.words);
    memset(table.votes, 0, NETTING_ROUNDS_MAX * count * sizeof *table.votes);
    table.self = netting_place(&table, self);
    if (table.self == count) {
        return ERR_NOT_FOUND;
    }
    *out_table = table;
    return ERR_OK;
}

size_t netting_place(const struct netting_table *table, const struct partner_id *partner)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = partner_id_compare(&table->partners[middle], partner);
        if (order == 0) {
            return middle;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return table->count;
}

struct netting_pair *netting_pair_of(const struct netting_table *table, size_t a, size_t b)
{
    size_t low = a < b ? a : b;
    size_t high = a < b ? b : a;
    ASSERT(low != high && high < table->count);
    return &table->pairs[high * (high - 1) / 2 + low];
}

static void add_text(struct hasher *hasher, const char *text)
{
    hasher_add(hasher, slice_of(text, strlen(text) + 1));
}

static void add_number(struct hasher *hasher, uint64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(number >> 8 * i);
    }
    hasher_add(hasher, slice_of(bytes, sizeof bytes));
}

/* Of what two equal statements have in common: not the charter's epoch. */
static struct hash digest_of(const struct pair_statement *statement)
{
    struct hasher hasher;
    hasher_init(&hasher, STATEMENT_DOMAIN);
    add_text(&hasher, statement->coalition);
    add_number(&hasher, statement->period.code);
    for (size_t i = 0; i < 2; i++) {
        const struct statement_half *half = &statement->halves[i];
        add_text(&hasher, half->sender.text);
        add_number(&hasher, half->last_number);
        hasher_add(&hasher, slice_of(half->last_hash.bytes, sizeof half->last_hash.bytes));
    }
    add_text(&hasher, statement->debtor.text);
    add_number(&hasher, (uint64_t)statement->net.minor);
    add_text(&hasher, statement->currency);
    return hasher_finish(&hasher);
}

enum err netting_add_statement(struct netting_table *table, const struct pair_statement *statement)
{
    size_t a = netting_place(table, &statement->halves[0].sender);
    size_t b = netting_place(table, &statement->halves[1].sender);
    if (a == table->count || b == table->count || a == b ||
        statement->period.code != table->period.code ||
        strcmp(statement->coalition, table->coalition) != 0) {
        return ERR_INPUT;
    }
    bool first_pays = partner_id_equal(&statement->debtor, &statement->halves[0].sender);
    *netting_pair_of(table, a, b) = (struct netting_pair){.is_there = true,
                                                          .digest = digest_of(statement),
                                                          .debtor = first_pays ? a : b,
                                                          .creditor = first_pays ? b : a,
                                                          .net = statement->net};
    return ERR_OK;
}

static enum err read_left_out(const struct netting_table *table, size_t place,
                              const struct netting_set *set, struct partner_set *out_left_out)
{
    for (size_t i = 0; i < set->left_out_count; i++) {
        size_t out = netting_place(table, &set->left_out[i]);
        if (out == table->count || out == place) {
            return ERR_INPUT;
        }
        partner_set_add(out_left_out, out);
    }
    return ERR_OK;
}

bool netting_word_says_more(const struct netting_word *known, const struct netting_word *word)
{
    uint32_t round = netting_word_round(word);
    uint32_t known_round = netting_word_round(known);
    return word->is_there && (!known->is_there || round > known_round ||
                              (round == known_round && !known->is_commitment &&
                               (word->is_commitment || word->number > known->number)));
}

enum err netting_add_word(struct netting_table *table, const struct partner_id *partner,
                          const struct netting_set *set, bool is_commitment)
{
    size_t place = netting_place(table, partner);
    struct netting_word word = {
        .is_there = true, .is_commitment = is_commitment, .number = set->number, .set = set->set};
    if (place == table->count || set->period.code != table->period.code ||
        strcmp(set->coalition, table->coalition) != 0) {
        return ERR_INPUT;
    }
    TRY(read_left_out(table, place, set, &word.left_out));
    if (netting_word_says_more(&table->words[place], &word)) {
        table->words[place] = word;
    }
    return ERR_OK;
}

enum err netting_add_vote(struct netting_table *table, const struct partner_id *partner,
                          const struct netting_set *set)
{
    size_t place = netting_place(table, partner);
    uint32_t round = (uint32_t)(set->number >> 32);
    struct partner_set left_out = {{0}};
    if (place == table->count || set->period.code != table->period.code ||
        strcmp(set->coalition, table->coalition) != 0 || round >= NETTING_ROUNDS_MAX) {
        return ERR_INPUT;
    }
    TRY(read_left_out(table, place, set, &left_out));
    struct netting_vote *vote = netting_vote_of(table, round, place);
    if (!vote->is_there) {
        *vote = (struct netting_vote){true, !set->is_against, left_out, set->set};
    }
    if (place == table->self) {
        partner_set_unite(&table->never, &left_out);
    }
    return ERR_OK;
}

struct netting_vote *netting_vote_of(const struct netting_table *table, uint32_t round,
                                     size_t place)
{
    ASSERT(round < NETTING_ROUNDS_MAX && place < table->count);
    return &table->votes[round * table->count + place];
}

bool netting_hash(const struct netting_table *table, uint32_t round,
                  const struct partner_set *left_out, struct hash *out_hash, size_t *out_a,
                  size_t *out_b)
{
    struct hasher hasher;
    hasher_init(&hasher, SET_DOMAIN);
    add_text(&hasher, table->coalition);
    add_number(&hasher, table->period.code);
    if (round > 0) {
        add_number(&hasher, round); /* what falls in one round may be tried again */
    }
    for (size_t b = 0; b < table->count; b++) {
        if (partner_set_has(left_out, b)) {
            continue;
        }
        add_text(&hasher, table->partners[b].text);
        for (size_t a = 0; a < b; a++) {
            if (partner_set_has(left_out, a)) {
                continue;
            }
            const struct netting_pair *pair = netting_pair_of(table, a, b);
            if (!pair->is_there) {
                *out_a = a;
                *out_b = b;
                return false;
            }
            hasher_add(&hasher, slice_of(pair->digest.bytes, sizeof pair->digest.bytes));
        }
    }
    *out_hash = hasher_finish(&hasher);
    return true;
}

enum err netting_payments(const struct netting_table *table, const struct partner_set *left_out,
                          struct arena *arena, struct payment **out_payments, size_t *out_count)
{
    struct net_position *positions = arena_alloc(arena, table->count * sizeof *positions);
    struct payment *payments = arena_alloc(arena, table->count * sizeof *payments);
    if (positions == NULL || payments == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < table->count; i++) {
        positions[i] = (struct net_position){table->partners[i], {0}};
    }
    for (size_t b = 0; b < table->count; b++) {
        for (size_t a = 0; a < b; a++) {
            const struct netting_pair *pair = netting_pair_of(table, a, b);
            if (partner_set_has(left_out, a) || partner_set_has(left_out, b)) {
                continue;
            }
            TRY(money_add(positions[pair->debtor].owed, pair->net, &positions[pair->debtor].owed));
            TRY(money_sub(positions[pair->creditor].owed, pair->net,
                          &positions[pair->creditor].owed));
        }
    }
    TRY(payments_plan(positions, table->count, payments, out_count));
    *out_payments = payments;
    return ERR_OK;
}
