/* Which pairs of a period are netted together: the same answer on every node, decided by what
 * partners signed and by nothing else. Pure functions over values.
 *
 * Nodes hand each other their agreed pair statements, each with both signatures. Then each partner
 * says, signed, over which set of them it would net: all partners of the period but those it leaves
 * out, and a hash over every statement between the rest. First as a proposal, which may change,
 * then as a commitment; then it votes whether its set holds:
 *
 *     waits -> proposes -> ... -> commits -> votes for it -> counts
 *                ^                      \-> votes against it -> the next round
 *                +-------------------------------------------------+
 *
 *   - Before the grace ends nobody is left out: statements that are missing are waited for. After
 *     it, of two partners without a statement the one that lacks more of them is left out (of
 *     equals, the one whose id sorts last), and whoever another partner left out. So all who hear
 *     of one another end with the same set. Who proposed nothing after a second grace goes as well,
 *     and who was left out commits to a set of its own.
 *   - When all partners of a set propose it, each commits to it, once in a round. Who sees a
 *     commitment that includes it, and that no other commitment speaks against, commits to the
 *     same.
 *   - Who holds the commitments of all in its set votes for it. Who has waited for one for a grace
 *     in vain votes against it. Each votes once in a round.
 *   - A set counts when all in it have committed to it and more than half of them have voted for
 *     it. Since each commits to one set in a round, two sets of a round that count have no partner
 *     in common; and behind a set that counts nobody of it goes on to another round.
 *   - A set falls when half of its partners have voted against it, have committed to
 *     another in that round, or have gone on to a later one. Then those in it begin the next round,
 *     without those whose commitment did not come.
 *   - A pair of which one has committed to a set without the other is settled by itself, whatever
 *     becomes of that set: neither ever commits to a set with the other again (`never`).
 *
 * So a partner that disappears between its proposal and its commitment is left out after a grace.
 * If it had all commitments before it went, it finds a majority against its set when it is back,
 * and has acted on nothing. Only where it went when some had heard its commitment and voted, and
 * the rest gave it up before they heard of it from these, can its own vote be waited for. Leaving
 * out can be abused to keep a coalition from netting, not to change what anybody owes.
 */
#ifndef SETTLEMENT_NETTING_H
#define SETTLEMENT_NETTING_H

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "settlement/payments.h"

#define NETTING_ROUNDS_MAX 16u /* of a period */
#define PARTNER_SET_WORDS  ((LIMIT_PARTNERS + 63) / 64)

/* Of a table's partners, by their place in it. */
struct partner_set {
    uint64_t bits[PARTNER_SET_WORDS];
};

bool partner_set_has(const struct partner_set *set, size_t place);
void partner_set_add(struct partner_set *set, size_t place);

/* What both of a pair signed, as far as netting goes. */
struct netting_pair {
    bool is_there;
    struct hash digest; /* of the statement, whoever's copy it is */
    size_t debtor;      /* their places */
    size_t creditor;
    struct money net; /* not negative */
};

/* The number of a word: the round in its upper half, in the lower one a count from 1. */
static inline uint64_t netting_number(uint32_t round, uint32_t count)
{
    return (uint64_t)round << 32 | count;
}

/* A partner's latest word. */
struct netting_word {
    bool is_there;
    bool is_commitment;
    uint64_t number;
    struct partner_set left_out;
    struct hash set;
};

/* A partner's vote of a round. */
struct netting_vote {
    bool is_there;
    bool is_for;
    struct partner_set left_out;
    struct hash set; /* about which */
};

/* What is signed: what a word or a vote says, between nodes. */
struct netting_set {
    char coalition[32];
    struct period period;
    uint64_t number;             /* netting_number; of a vote its round and 1 */
    bool is_against;             /* of a vote */
    struct partner_id *left_out; /* sorted */
    size_t left_out_count;
    struct hash set;
};

/* Two of one signer, period and round that it can't both be bound by? */
static inline bool netting_sets_contradict(const struct netting_set *a, const struct netting_set *b)
{
    return strcmp(a->coalition, b->coalition) == 0 && a->period.code == b->period.code &&
           a->number >> 32 == b->number >> 32 && !hash_equal(&a->set, &b->set);
}

struct netting_table {
    char coalition[32];
    struct period period;
    size_t self;
    size_t count;
    struct partner_id *partners; /* of the period, sorted */
    struct netting_pair *pairs;  /* netting_pair_of */
    struct netting_word *words;  /* one for each partner */
    struct netting_vote *votes;  /* netting_vote_of */
    struct partner_set never;    /* whom this partner settles with by itself, whatever comes */
};

enum netting_step {
    NETTING_WAITS = 1,
    NETTING_PROPOSES = 2,
    NETTING_COMMITS = 3,
    NETTING_COUNTS = 4,
    NETTING_VOTES_FOR = 5,
    NETTING_VOTES_AGAINST = 6
};

/* What time has passed, in the round that this partner is in. */
struct netting_patience {
    bool is_past_grace;
    bool is_past_second_grace;
    bool is_commitment_old; /* this partner's has stood for a grace */
};

/* An empty table, in the arena. `partners` are sorted and stay the caller's; `self` is one of them.
 * ERR_RESOURCE; ERR_NOT_FOUND when self is none. */
MUST_USE enum err netting_table_make(const char *coalition, struct period period,
                                     const struct partner_id *partners, size_t count,
                                     const struct partner_id *self, struct arena *arena,
                                     struct netting_table *out_table);
/* The place of a partner; the count when it is none. */
size_t netting_place(const struct netting_table *table, const struct partner_id *partner);
/* Of so many partners; not 0, also without any. */
static inline size_t netting_pair_count(size_t partners)
{
    return partners * (partners - 1) / 2 + 1;
}
struct netting_pair *netting_pair_of(const struct netting_table *table, size_t a, size_t b);
/* Puts a pair's agreed statement into the table. ERR_INPUT when it is of another period or of
 * partners that are not in it. */
MUST_USE enum err netting_add_statement(struct netting_table *table,
                                        const struct pair_statement *statement);
/* Puts a partner's word into it, if it says more than the one that is there. ERR_INPUT for a word
 * of another period, or one that leaves out whom the table does not have. */
MUST_USE enum err netting_add_word(struct netting_table *table, const struct partner_id *partner,
                                   const struct netting_set *set, bool is_commitment);

/* Does a partner's word say more than what is known of it? */
bool netting_word_says_more(const struct netting_word *known, const struct netting_word *word);
/* Puts a partner's vote into it, the first one of its round; this partner's own makes the pairs
 * with those it left out `never`. ERR_INPUT as above, or for a round beyond the last. */
MUST_USE enum err netting_add_vote(struct netting_table *table, const struct partner_id *partner,
                                   const struct netting_set *set);
struct netting_vote *netting_vote_of(const struct netting_table *table, uint32_t round,
                                     size_t place);
/* The round that this partner is in. */
uint32_t netting_round(const struct netting_table *table);

/* Over partners and statements of the set that leaves these out, in that round. False: a statement
 * is missing; `out_a` and `out_b` are whose. */
bool netting_hash(const struct netting_table *table, uint32_t round,
                  const struct partner_set *left_out, struct hash *out_hash, size_t *out_a,
                  size_t *out_b);
/* What this partner does next; `out_word` is what it says, votes on or what counts. The
 * note says what it waits for. */
enum netting_step netting_decide(const struct netting_table *table,
                                 const struct netting_patience *patience,
                                 struct netting_word *out_word, struct note *note);
/* Has everybody in the set of this partner's commitment committed to it? */
bool netting_all_committed(const struct netting_table *table, size_t place);
/* The same, and do more than half of them vote for it? Then it is what they pay. */
bool netting_counts(const struct netting_table *table, size_t place);
/* Did one of the two vote in some round on a set without the other? It never nets with it then. */
bool netting_voted_apart(const struct netting_table *table, size_t a, size_t b);
/* Is this pair settled by itself? */
bool netting_is_apart(const struct netting_table *table, size_t a, size_t b);
/* Who pays whom over the set, in the arena. */
MUST_USE enum err netting_payments(const struct netting_table *table,
                                   const struct partner_set *left_out, struct arena *arena,
                                   struct payment **out_payments, size_t *out_count);

#endif
