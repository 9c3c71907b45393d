/* What a partner says next about the net (netting.h). */
#include <string.h>

#include "settlement/netting_parts.h"

static bool is_of_round(const struct netting_word *word, uint32_t round)
{
    return word->is_there && netting_word_round(word) == round;
}

/* Has everybody in the set committed to it, or (`is_viable`) can everybody still? */
static bool is_committed(const struct netting_table *table, const struct netting_word *word,
                         bool is_viable, size_t *out_missing)
{
    uint32_t round = netting_word_round(word);
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *other = &table->words[i];
        bool has_chosen = other->is_there && (netting_word_round(other) > round ||
                                              (is_of_round(other, round) && other->is_commitment));
        bool is_same = has_chosen && other->is_commitment && hash_equal(&other->set, &word->set);
        if (!partner_set_has(&word->left_out, i) && !is_same && (has_chosen || !is_viable)) {
            *out_missing = i;
            return false;
        }
    }
    return true;
}

bool netting_all_committed(const struct netting_table *table, size_t place)
{
    size_t missing;
    const struct netting_word *word = &table->words[place];
    return word->is_commitment && is_committed(table, word, false, &missing);
}

/* How many of the set's partners speak for it and against it. */
struct tally {
    size_t partners;
    size_t votes_for;
    size_t votes_against;
};

static struct tally count_votes(const struct netting_table *table, const struct netting_word *word)
{
    struct tally tally = {0};
    uint32_t round = netting_word_round(word);
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *other = &table->words[i];
        const struct netting_vote *vote = netting_vote_of(table, round, i);
        bool is_about = vote->is_there && hash_equal(&vote->set, &word->set);
        bool has_gone_on = other->is_there && (netting_word_round(other) > round ||
                                               (is_of_round(other, round) && other->is_commitment &&
                                                !hash_equal(&other->set, &word->set)));
        if (partner_set_has(&word->left_out, i)) {
            continue;
        }
        tally.partners++;
        if (is_about && vote->is_for) {
            tally.votes_for++;
        } else if (is_about || has_gone_on) {
            tally.votes_against++;
        }
    }
    return tally;
}

/* One of both, when all have voted, and never both. */
static bool holds(const struct tally *tally)
{
    return tally->votes_for > tally->partners / 2;
}

bool netting_counts(const struct netting_table *table, size_t place)
{
    struct tally tally = count_votes(table, &table->words[place]);
    return netting_all_committed(table, place) && holds(&tally);
}

static bool has_fallen(const struct tally *tally)
{
    return tally->votes_against >= tally->partners - tally->partners / 2;
}

bool netting_is_apart(const struct netting_table *table, size_t a, size_t b)
{
    const struct netting_word *first = &table->words[a];
    const struct netting_word *second = &table->words[b];
    return (first->is_commitment && partner_set_has(&first->left_out, b)) ||
           (second->is_commitment && partner_set_has(&second->left_out, a)) ||
           (a == table->self && partner_set_has(&table->never, b)) ||
           (b == table->self && partner_set_has(&table->never, a));
}

bool netting_voted_apart(const struct netting_table *table, size_t a, size_t b)
{
    bool is_apart = false;
    for (uint32_t round = 0; round < NETTING_ROUNDS_MAX && !is_apart; round++) {
        const struct netting_vote *first = netting_vote_of(table, round, a);
        const struct netting_vote *second = netting_vote_of(table, round, b);
        is_apart = (first->is_there && partner_set_has(&first->left_out, b)) ||
                   (second->is_there && partner_set_has(&second->left_out, a));
    }
    return is_apart;
}

uint32_t netting_round(const struct netting_table *table)
{
    const struct netting_word *own = &table->words[table->self];
    uint32_t round = own->is_there ? netting_word_round(own) : 0;
    if (own->is_commitment) {
        struct tally tally = count_votes(table, own);
        bool has_voted = netting_vote_of(table, round, table->self)->is_there;
        return has_voted && has_fallen(&tally) ? round + 1 : round;
    }
    for (size_t i = 0; i < table->count; i++) {
        uint32_t other = table->words[i].is_there ? netting_word_round(&table->words[i]) : 0;
        round = other > round && other < NETTING_ROUNDS_MAX ? other : round;
    }
    return round;
}

static bool leaves_out_all(const struct partner_set *left_out, const struct partner_set *never)
{
    for (size_t i = 0; i < PARTNER_SET_WORDS; i++) {
        if ((never->bits[i] & ~left_out->bits[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* Is it over what is here? Costs a look at each statement. */
static bool is_of_statements(const struct netting_table *table, const struct netting_word *word)
{
    struct hash hash;
    size_t a;
    size_t b;
    return netting_hash(table, netting_word_round(word), &word->left_out, &hash, &a, &b) &&
           hash_equal(&hash, &word->set);
}

/* A commitment that includes us and that we can follow: of several the smallest. Partners who are
 * bound by one set say the same: it is looked at once. */
static bool find_commitment(const struct netting_table *table, uint32_t round,
                            struct netting_word *out_word)
{
    const struct netting_word *found = NULL;
    const struct netting_word *seen = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *word = &table->words[i];
        size_t missing;
        bool is_known = seen != NULL && hash_equal(&seen->set, &word->set) &&
                        memcmp(&seen->left_out, &word->left_out, sizeof word->left_out) == 0;
        if (is_known || !is_of_round(word, round) || !word->is_commitment ||
            partner_set_has(&word->left_out, table->self) ||
            !leaves_out_all(&word->left_out, &table->never) ||
            !is_committed(table, word, true, &missing)) {
            continue;
        }
        seen = word;
        if ((found == NULL || hash_compare(&word->set, &found->set) < 0) &&
            is_of_statements(table, word)) {
            found = word;
        }
    }
    if (found != NULL) {
        *out_word = *found;
    }
    return found != NULL;
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

/* With whom a round begins: not with those of our fallen set who neither committed to it nor are in
 * the new round. */
static void leave_out_missing(const struct netting_table *table, uint32_t round,
                              struct partner_set *out)
{
    const struct netting_word *own = &table->words[table->self];
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *other = &table->words[i];
        bool is_here =
            other->is_there && (netting_word_round(other) >= round ||
                                (netting_word_round(other) + 1 == round && other->is_commitment));
        if (own->is_commitment && i != table->self && !partner_set_has(&own->left_out, i) &&
            !is_here) {
            partner_set_add(out, i);
        }
    }
}

/* Those who net without us are out for us, and what they say of the rest is nothing to us. */
static void choose_left_out(const struct netting_table *table, uint32_t round,
                            const struct netting_patience *patience, struct partner_set *out)
{
    const struct netting_word *own = &table->words[table->self];
    *out = table->never;
    if (is_of_round(own, round)) {
        partner_set_unite(out, &own->left_out);
    } else {
        leave_out_missing(table, round, out);
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *word = &table->words[i];
        if (i == table->self) {
            continue;
        }
        if (netting_is_apart(table, i, table->self)) {
            partner_set_add(out, i);
        } else if (is_of_round(word, round)) {
            partner_set_unite(out, &word->left_out);
        } else if (patience->is_past_second_grace) {
            partner_set_add(out, i);
        }
    }
    if (patience->is_past_grace) {
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

static enum netting_step waits_for(struct note *note, const char *what,
                                   const struct partner_id *partner)
{
    (void)note_set(note, ERR_OK, "the %s of %s for the net", what, partner->text);
    return NETTING_WAITS;
}

/* Behind the commitment: once it is voted on, only others move it. */
static enum netting_step decide_committed(const struct netting_table *table,
                                          const struct netting_patience *patience,
                                          struct netting_word *out_word, struct note *note)
{
    const struct netting_word *own = &table->words[table->self];
    uint32_t round = netting_word_round(own);
    const struct netting_vote *vote = netting_vote_of(table, round, table->self);
    struct tally tally = count_votes(table, own);
    size_t missing = table->self;
    bool has_all = is_committed(table, own, false, &missing);
    *out_word = *own;
    if (has_all && holds(&tally)) {
        return NETTING_COUNTS;
    }
    if (!vote->is_there) {
        if (has_all && !has_fallen(&tally)) {
            return NETTING_VOTES_FOR;
        }
        if (has_fallen(&tally) || patience->is_commitment_old) {
            return NETTING_VOTES_AGAINST;
        }
    }
    for (size_t i = 0; has_all && i < table->count; i++) {
        if (!partner_set_has(&own->left_out, i) && !netting_vote_of(table, round, i)->is_there) {
            missing = i;
        }
    }
    return waits_for(note, has_all ? "vote" : "commitment", &table->partners[missing]);
}

static enum netting_step decide_set(const struct netting_table *table, uint32_t round,
                                    const struct netting_patience *patience,
                                    struct netting_word *word, struct note *note)
{
    const struct netting_word *own = &table->words[table->self];
    size_t a = 0;
    size_t b = 0;
    choose_left_out(table, round, patience, &word->left_out);
    if (partner_set_has(&word->left_out, table->self)) {
        if (!patience->is_past_second_grace) {
            (void)note_set(note, ERR_OK, "the others, who net without this brand");
            return NETTING_WAITS;
        }
        only_self(table, &word->left_out);
    }
    if (!netting_hash(table, round, &word->left_out, &word->set, &a, &b)) {
        (void)note_set(note, ERR_OK, "the agreed statement of %s and %s", table->partners[a].text,
                       table->partners[b].text);
        return NETTING_WAITS;
    }
    if (!is_of_round(own, round) || !hash_equal(&own->set, &word->set)) {
        return NETTING_PROPOSES;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct netting_word *other = &table->words[i];
        if (!partner_set_has(&word->left_out, i) &&
            (!is_of_round(other, round) || !hash_equal(&other->set, &word->set))) {
            return waits_for(note, "proposal", &table->partners[i]);
        }
    }
    return NETTING_COMMITS;
}

enum netting_step netting_decide(const struct netting_table *table,
                                 const struct netting_patience *patience,
                                 struct netting_word *out_word, struct note *note)
{
    const struct netting_word *own = &table->words[table->self];
    uint32_t round = netting_round(table);
    struct netting_word word = {.is_there = true};
    if (round >= NETTING_ROUNDS_MAX) {
        (void)note_set(note, ERR_OK, "nothing: the net was tried %u times", NETTING_ROUNDS_MAX);
        return NETTING_WAITS;
    }
    if (own->is_commitment && is_of_round(own, round)) {
        return decide_committed(table, patience, out_word, note);
    }
    uint64_t number = is_of_round(own, round) ? own->number + 1 : netting_number(round, 1);
    enum netting_step step = NETTING_COMMITS;
    if (!find_commitment(table, round, &word)) {
        step = decide_set(table, round, patience, &word, note);
    }
    word.number = number;
    if (step != NETTING_WAITS) {
        *out_word = word;
    }
    return step;
}
