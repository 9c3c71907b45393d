#include "settlement/netting.h"

#include <string.h>

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

static void unite(struct partner_set *set, const struct partner_set *more)
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
    size_t pair_bytes = (count * (count - 1) / 2 + 1) * sizeof *table.pairs;
    if (count == 0 || count > LIMIT_PARTNERS || strlen(coalition) >= sizeof table.coalition) {
        return ERR_INPUT;
    }
    memcpy(table.coalition, coalition, strlen(coalition) + 1);
    table.partners = arena_alloc(arena, count * sizeof *table.partners);
    table.pairs = arena_alloc(arena, pair_bytes);
    table.words = arena_alloc(arena, count * sizeof *table.words);
    if (table.partners == NULL || table.pairs == NULL || table.words == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(table.partners, partners, count * sizeof *partners);
    memset(table.pairs, 0, pair_bytes);
    memset(table.words, 0, count * sizeof *table.words);
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
    add_number(&hasher, statement->period.yyyymm);
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
        statement->period.yyyymm != table->period.yyyymm ||
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

enum err netting_add_word(struct netting_table *table, const struct partner_id *partner,
                          const struct netting_set *set, bool is_commitment)
{
    size_t place = netting_place(table, partner);
    struct netting_word word = {
        .is_there = true, .is_commitment = is_commitment, .number = set->number, .set = set->set};
    if (place == table->count || set->period.yyyymm != table->period.yyyymm ||
        strcmp(set->coalition, table->coalition) != 0) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < set->left_out_count; i++) {
        size_t out = netting_place(table, &set->left_out[i]);
        if (out == table->count || out == place) {
            return ERR_INPUT;
        }
        partner_set_add(&word.left_out, out);
    }
    struct netting_word *known = &table->words[place];
    bool says_more = !known->is_there ||
                     (!known->is_commitment && (is_commitment || set->number > known->number));
    if (says_more) {
        *known = word;
    }
    return ERR_OK;
}

bool netting_hash(const struct netting_table *table, const struct partner_set *left_out,
                  struct hash *out_hash, size_t *out_a, size_t *out_b)
{
    struct hasher hasher;
    hasher_init(&hasher, SET_DOMAIN);
    add_text(&hasher, table->coalition);
    add_number(&hasher, table->period.yyyymm);
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

/* Has everybody in the set committed to it, or (`is_viable`) to nothing else? */
static bool is_committed(const struct netting_table *table, const struct netting_word *word,
                         bool is_viable, size_t *out_missing)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *other = &table->words[i];
        bool has_committed = other->is_commitment;
        bool is_same = has_committed && hash_equal(&other->set, &word->set);
        if (!partner_set_has(&word->left_out, i) && !is_same && (has_committed || !is_viable)) {
            *out_missing = i;
            return false;
        }
    }
    return true;
}

/* It has committed to a set that can't count any more: somebody in it committed to another. */
static bool is_stranded(const struct netting_table *table, size_t place)
{
    size_t missing;
    const struct netting_word *word = &table->words[place];
    return word->is_commitment && !is_committed(table, word, true, &missing);
}

bool netting_is_apart(const struct netting_table *table, size_t a, size_t b)
{
    const struct netting_word *first = &table->words[a];
    const struct netting_word *second = &table->words[b];
    return (first->is_commitment && partner_set_has(&first->left_out, b)) ||
           (second->is_commitment && partner_set_has(&second->left_out, a)) ||
           is_stranded(table, a) || is_stranded(table, b);
}

/* A commitment that includes us and that we can follow: of several the smallest. */
static bool find_commitment(const struct netting_table *table, struct netting_word *out_word)
{
    bool is_found = false;
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *word = &table->words[i];
        struct hash hash;
        size_t a;
        size_t b;
        if (word->is_commitment && !partner_set_has(&word->left_out, table->self) &&
            is_committed(table, word, true, &a) &&
            netting_hash(table, &word->left_out, &hash, &a, &b) && hash_equal(&hash, &word->set) &&
            (!is_found || hash_compare(&word->set, &out_word->set) < 0)) {
            *out_word = *word;
            is_found = true;
        }
    }
    return is_found;
}

/* How many statements with the rest a partner lacks. */
static size_t lacking(const struct netting_table *table, const struct partner_set *left_out,
                      size_t place)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (i != place && !partner_set_has(left_out, i)) {
            count += netting_pair_of(table, i, place)->is_there ? 0 : 1;
        }
    }
    return count;
}

/* Until no statement is missing between those that stay. It may be our own turn. */
static void leave_out_lacking(const struct netting_table *table, struct partner_set *left_out)
{
    for (;;) {
        size_t most = 0;
        size_t whom = table->count;
        for (size_t i = 0; i < table->count; i++) {
            size_t lacks = partner_set_has(left_out, i) ? 0 : lacking(table, left_out, i);
            if (lacks > 0 && lacks >= most) {
                most = lacks;
                whom = i;
            }
        }
        if (whom == table->count) {
            return;
        }
        partner_set_add(left_out, whom);
    }
}

/* Those who net without us are out for us, and what they say of the rest is nothing to us. */
static void choose_left_out(const struct netting_table *table, bool is_past_grace,
                            bool is_past_second_grace, struct partner_set *out)
{
    *out = table->words[table->self].left_out;
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *word = &table->words[i];
        if (i == table->self) {
            continue;
        }
        if (netting_is_apart(table, i, table->self)) {
            partner_set_add(out, i);
        } else if (word->is_there) {
            unite(out, &word->left_out);
        } else if (is_past_second_grace) {
            partner_set_add(out, i);
        }
    }
    if (is_past_grace) {
        leave_out_lacking(table, out);
    }
}

/* A set of our own: all our pairs are settled by themselves. */
static void only_self(const struct netting_table *table, struct partner_set *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < table->count; i++) {
        if (i != table->self) {
            partner_set_add(out, i);
        }
    }
}

enum netting_step netting_decide(const struct netting_table *table, bool is_past_grace,
                                 bool is_past_second_grace, struct netting_word *out_word,
                                 struct note *note)
{
    const struct netting_word *own = &table->words[table->self];
    struct netting_word word = {.is_there = true, .number = own->number + 1};
    size_t a = 0;
    size_t b = 0;
    if (own->is_commitment) {
        *out_word = *own;
        if (is_committed(table, own, false, &a)) {
            return NETTING_COUNTS;
        }
        (void)note_set(note, ERR_OK, "the commitment of %s to the net", table->partners[a].text);
        return NETTING_WAITS;
    }
    if (find_commitment(table, &word)) {
        word.number = own->number + 1;
        *out_word = word;
        return NETTING_COMMITS;
    }
    choose_left_out(table, is_past_grace, is_past_second_grace, &word.left_out);
    if (partner_set_has(&word.left_out, table->self)) {
        if (!is_past_second_grace) {
            (void)note_set(note, ERR_OK, "the others, who net without this brand");
            return NETTING_WAITS;
        }
        only_self(table, &word.left_out);
    }
    if (!netting_hash(table, &word.left_out, &word.set, &a, &b)) {
        (void)note_set(note, ERR_OK, "the agreed statement of %s and %s", table->partners[a].text,
                       table->partners[b].text);
        return NETTING_WAITS;
    }
    *out_word = word;
    if (!own->is_there || !hash_equal(&own->set, &word.set)) {
        return NETTING_PROPOSES;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *other = &table->words[i];
        if (!partner_set_has(&word.left_out, i) &&
            (!other->is_there || !hash_equal(&other->set, &word.set))) {
            (void)note_set(note, ERR_OK, "the proposal of %s for the net", table->partners[i].text);
            return NETTING_WAITS;
        }
    }
    return NETTING_COMMITS;
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
