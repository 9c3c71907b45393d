/* The statement of a pair's period: computed by each side from its own ledger, alike if the halves
 * match. Pure functions over values.
 */
#ifndef SETTLEMENT_STATEMENT_H
#define SETTLEMENT_STATEMENT_H

#include "base/arena.h"
#include "settlement/price.h"

struct statement_half {
    struct partner_id sender;
    struct partner_id receiver;
    uint64_t first_number;
    uint64_t last_number; /* the mark's */
    struct hash last_hash;
    struct hash root;             /* of the tree over the entries (tree.h); zeros: not said */
    struct receipt_total *totals; /* over applied entries; sorted by kind, then tariff; no zeros */
    size_t total_count;
    struct receipt_total *suspended; /* disputed points that wait; `totals` are without them */
    size_t suspended_count;
    struct receipt_total *apart; /* claims that were set apart; in no other figure (apart.h) */
    size_t apart_count;
    struct hash apart_hash;      /* of what both signed about them; zeros: nothing is set apart */
    struct half_charge *charges; /* fees and taxes (price.h) */
    size_t charge_count;
    /* By the sender to the receiver, with the charges; negative: the other way. */
    struct money owed;
};

struct pair_statement {
    char coalition[32];
    uint64_t charter_epoch;
    struct period period;
    struct statement_half halves[2]; /* first the one whose sender's id sorts first */
    struct partner_id debtor;        /* empty when nothing is owed */
    struct partner_id creditor;
    struct money net; /* what the debtor pays, not negative */
    char currency[4];
    uint32_t revision; /* of the signer's: a later one takes the place of those before */
};

/* What a half comes to at the roster's prices (price.h): sets what is owed. Errors as price_half.
 */
MUST_USE enum err statement_price_half(const struct roster *roster, struct statement_half *half);

/* Orders the halves, prices them, computes the net. `halves` give both directions in any order;
 * what is `owed` and charged in them is not looked at. The statement borrows their totals; its
 * charges are in the arena. ERR_INPUT when the halves are not each other's mirror or a name does
 * not fit, ERR_RESOURCE, and as above. */
MUST_USE enum err statement_make(const struct roster *roster, const char *coalition,
                                 const char *currency, struct period period,
                                 const struct statement_half halves[2], struct arena *arena,
                                 struct pair_statement *out_statement);

/* Do both say the same? On a difference the note says which figure, and both values. Roots are
 * compared where both say one. The charter's
 * epoch is not one of them: it may move on between the two, and prices last (charter_continuity.h);
 * neither is the revision, which is each signer's own.
 */
bool statement_equal(const struct pair_statement *ours, const struct pair_statement *theirs,
                     struct note *note);

/* Are these two stories that one signer can't both tell: of one pair, period and revision, and not
 * the same? */
bool statements_contradict(const struct pair_statement *a, const struct pair_statement *b);

/* What a partner owes over all statements, in the settlement currency's minor unit. */
struct net_position {
    struct partner_id partner;
    struct money owed; /* to the others together; negative: it receives */
};
/* One row for each partner that appears, sorted by id; sums to zero. Each statement counts: the
 * caller gives each pair's period once. ERR_RESOURCE when out_rows is too small, ERR_INPUT for
 * another coalition, another currency or a net that is not between the pair; on an error the rows
 * are of no use. */
MUST_USE enum err statement_net(const struct pair_statement *statements, size_t count,
                                struct net_position *out_rows, size_t capacity, size_t *out_count);

#endif
