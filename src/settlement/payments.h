/* From net positions to payments: who pays whom how much, alike on every node.
 *
 * The largest debt is paid to the largest claim, as far as the smaller of both goes, and so on; of
 * equal ones the partner whose id sorts first comes first. Each payment ends one position at least,
 * and the last one two, so there are fewer payments than partners. The fewest possible is not
 * promised: finding it is as hard as subset sum. Every position is paid to the last unit.
 */
#ifndef SETTLEMENT_PAYMENTS_H
#define SETTLEMENT_PAYMENTS_H

#include "settlement/statement.h"

struct payment {
    struct partner_id debtor;
    struct partner_id creditor;
    struct money amount; /* positive */
};

/* `positions` (each partner once, in any order) are used up and left in another order. At most
 * count - 1 payments, in the order in which they were found; `out_payments` has room for `count`.
 * ERR_INPUT when the positions don't sum to zero, ERR_RANGE when a sum does not fit. */
MUST_USE enum err payments_plan(struct net_position *positions, size_t count,
                                struct payment *out_payments, size_t *out_count);

/* Moves the statements that no left-out partner has a part in to the front and gives how many they
 * are: what is netted when a partner is missing or can't pay. Their order stays. */
size_t statements_without(struct pair_statement *statements, size_t count,
                          const struct partner_id *left_out, size_t left_out_count);

#endif
