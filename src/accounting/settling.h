/* From what two brands agree on to the money in one brand's books: an agreed statement, its
 * netting, its payment, the end of its disputes, each as entries that add up to zero. When a period
 * is paid, what is receivable and payable with its partner is back at zero.
 *
 *   statement   each line of both halves, its fees and taxes: receivable or payable against what it
 *               was for; the remainder of rounding; what is disputed waits in an account of its own
 *   netting     of a pair: what both owe offsets. Of all pairs: both go into the net, and the net's
 *               payments come out of it
 *   payment     ordered, at the bank, received; too much of it in accounts of its own
 *
 * Fees and taxes are posted as they were charged; only the points' money has a remainder. Every
 * figure comes from the statement that both signed, so that what it says that is not known here is
 * posted as well, under `other`. Pure steps over values, in the journal's order.
 */
#ifndef ACCOUNTING_SETTLING_H
#define ACCOUNTING_SETTLING_H

#include "accounting/entry.h"
#include "settlement/statement.h"

/* Where a payment stands. */
struct settling_figures {
    struct money amount;
    struct money instructed;
    struct money sent;
    struct money received;
};

struct settling_pair {
    struct partner_id partner;
    struct period period;
    bool is_agreed;
    bool is_netted;
    bool has_payment;
    struct unix_ms agreed_at;
    struct money receivable; /* of the statement, before it is netted */
    struct money payable;
    struct settling_figures figures;
};

/* When the last payment of a period's net of all pairs was known. */
struct settling_net {
    struct period period;
    struct unix_ms at;
};

struct settling {
    struct partner_id self;
    const struct posting_templates *templates;
    struct book_list entries;
    struct settling_pair *pairs;
    size_t pair_count;
    size_t pair_capacity;
    struct settling_net *nets;
    size_t net_count;
    size_t net_capacity;
};

void settling_init(struct settling *settling, const struct partner_id *self,
                   const struct posting_templates *templates);
void settling_fini(struct settling *settling);

/* An agreed statement of ours; the second time it is not looked at. Its entries are of the last
 * moment of its period, or of `agreed_at` if that comes before. ERR_INPUT when it is not ours or
 * under an unknown tariff, ERR_RANGE, ERR_RESOURCE; the entries are then of no use. */
MUST_USE enum err settling_statement(struct settling *settling, const struct roster *roster,
                                     const struct pair_statement *statement,
                                     struct unix_ms agreed_at);

/* A payment as it is after a step: the first step is its netting. */
struct settling_payment {
    struct partner_id partner;
    struct period period;
    bool is_debtor; /* this brand pays */
    bool is_multilateral;
    char reference[PAYMENT_REFERENCE_MAX];
    struct settling_figures figures;
};
MUST_USE enum err settling_payment(struct settling *settling,
                                   const struct settling_payment *payment, struct unix_ms at);
/* The pair's net went into the net of all pairs: when its last payment was known, or the pair's
 * statement where there is no payment. Nothing for a pair that is netted already. */
MUST_USE enum err settling_netted(struct settling *settling, const struct partner_id *partner,
                                  struct period period);

/* A dispute is over. Points that the pair's statement left out wait no longer; and those that came
 * out of a block after all, or go back to it, are posted so: nobody owes anything for them, and no
 * correction has them. */
struct settling_dispute {
    struct partner_id partner;
    struct period period;
    bool is_sent;      /* this brand sent the entry */
    bool was_applied;  /* by whoever received it, here */
    bool was_left_out; /* of the period's statement */
    bool stands;       /* in the end */
    struct receipt_total line;
};
MUST_USE enum err settling_release(struct settling *settling, const struct roster *roster,
                                   const struct settling_dispute *dispute, struct unix_ms at);

/* The pair's period, made when it is not there yet; NULL without memory. */
struct settling_pair *settling_pair(struct settling *settling, const struct partner_id *partner,
                                    struct period period);
/* Posts an event of whole amounts: nothing for 0. */
MUST_USE enum err settling_post(struct settling *settling, enum posting_event event,
                                const struct book_entry *about, struct money amount);

#endif
