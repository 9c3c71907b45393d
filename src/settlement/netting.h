/* Which pairs of a period are netted together: the same answer on every node, decided by what
 * partners signed and by nothing else. Pure functions over values.
 *
 * Nodes hand each other their agreed pair statements, each with both signatures. Then each partner
 * says, signed, over which set of them it would net: all partners of the period but those it leaves
 * out, and a hash over every statement between the rest. First as a proposal, which may change:
 *
 *     waits -> proposes -> ... -> commits -> counts
 *
 *   - Before the grace ends nobody is left out: statements that are missing are waited for. After
 *     it, of two partners without a statement the one that lacks more of them is left out (of
 *     equals, the one whose id sorts last), and whoever another partner left out. So all who hear
 *     of one another end with the same set. Who proposed nothing after a second grace goes as well,
 *     and who was left out commits to a set of its own.
 *   - When all partners of a set propose it, each commits to it, once and for ever. Who sees a
 *     commitment that includes it, and that no other commitment speaks against, commits to the
 *     same.
 *   - A set counts when all in it have committed to it. Since each commits once, two sets that
 *     count have no partner in common.
 *   - A pair of which one has committed to a set without the other is settled by itself; so are all
 *     pairs of one whose set can't count any more, since somebody in it committed to another.
 *
 * A partner that disappears after its proposal and before its commitment holds the others up until
 * it is back: that is the price of two sets never counting for one partner. Leaving out can be
 * abused to keep a coalition from netting, not to change what anybody owes.
 */
#ifndef SETTLEMENT_NETTING_H
#define SETTLEMENT_NETTING_H

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "settlement/payments.h"

#define PARTNER_SET_WORDS ((LIMIT_PARTNERS + 63) / 64)

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

/* A partner's latest word. */
struct netting_word {
    bool is_there;
    bool is_commitment;
    uint64_t number;
    struct partner_set left_out;
    struct hash set;
};

/* What is signed: what a word says, between nodes. */
struct netting_set {
    char coalition[32];
    struct period period;
    uint64_t number;             /* of the signer's words about the period, from 1 */
    struct partner_id *left_out; /* sorted */
    size_t left_out_count;
    struct hash set;
};

/* Two of one signer and period that it can't both be bound by? */
static inline bool netting_sets_contradict(const struct netting_set *a, const struct netting_set *b)
{
    return strcmp(a->coalition, b->coalition) == 0 && a->period.yyyymm == b->period.yyyymm &&
           !hash_equal(&a->set, &b->set);
}

struct netting_table {
    char coalition[32];
    struct period period;
    size_t self;
    size_t count;
    struct partner_id *partners; /* of the period, sorted */
    struct netting_pair *pairs;  /* netting_pair_of */
    struct netting_word *words;  /* one for each partner */
};

enum netting_step {
    NETTING_WAITS = 1,
    NETTING_PROPOSES = 2,
    NETTING_COMMITS = 3,
    NETTING_COUNTS = 4
};

/* An empty table, in the arena. `partners` are sorted and stay the caller's; `self` is one of them.
 * ERR_RESOURCE; ERR_NOT_FOUND when self is none. */
MUST_USE enum err netting_table_make(const char *coalition, struct period period,
                                     const struct partner_id *partners, size_t count,
                                     const struct partner_id *self, struct arena *arena,
                                     struct netting_table *out_table);
/* The place of a partner; the count when it is none. */
size_t netting_place(const struct netting_table *table, const struct partner_id *partner);
struct netting_pair *netting_pair_of(const struct netting_table *table, size_t a, size_t b);
/* Puts a pair's agreed statement into the table. ERR_INPUT when it is of another period or of
 * partners that are not in it. */
MUST_USE enum err netting_add_statement(struct netting_table *table,
                                        const struct pair_statement *statement);
/* Puts a partner's word into it, if it says more than the one that is there. ERR_INPUT for a word
 * of another period, or one that leaves out whom the table does not have. */
MUST_USE enum err netting_add_word(struct netting_table *table, const struct partner_id *partner,
                                   const struct netting_set *set, bool is_commitment);

/* Over partners and statements of the set that leaves these out. False: a statement is missing;
 * `out_a` and `out_b` are whose. */
bool netting_hash(const struct netting_table *table, const struct partner_set *left_out,
                  struct hash *out_hash, size_t *out_a, size_t *out_b);
/* What this partner does next; `out_word` is what it says (PROPOSES, COMMITS) or what counts. The
 * note says what it waits for. */
enum netting_step netting_decide(const struct netting_table *table, bool is_past_grace,
                                 bool is_past_second_grace, struct netting_word *out_word,
                                 struct note *note);
/* Is this pair settled by itself? */
bool netting_is_apart(const struct netting_table *table, size_t a, size_t b);
/* Who pays whom over the set, in the arena. */
MUST_USE enum err netting_payments(const struct netting_table *table,
                                   const struct partner_set *left_out, struct arena *arena,
                                   struct payment **out_payments, size_t *out_count);

#endif
